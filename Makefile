# Roundhouse: the front door. `make help` lists what it does.
#
# VARIANT=NAME builds all of it another way, in a tree of its own, build/NAME: trace (or TRACE=1)
# writes FST waves; scripts/variants.mk has the others. V=1 shows the commands.
# CXX=g++ works too; clang++ is the default because verilated models run up to twice as fast so.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash -o pipefail
.DELETE_ON_ERROR:
Q := $(if $(V),,@)
# Builds use every core unless told: make -j1 test.
SUB := $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
VARIANT ?= $(if $(TRACE),trace)
B := build$(addprefix /,$(VARIANT))

# The units, in the order of the data path: each has a folder in rtl/, sw/, verif/ and docs/.
UNITS := number float round noise convert chunk dot accumulate mac array normalize requantize precision gemm
CHOSEN = $(or $(UNIT),$(UNITS))
SCRIPTS := fault formal synth fast
TESTS := $(UNITS) baseline tensor train learn cli $(SCRIPTS)

CXX       := $(if $(filter default,$(origin CXX)),clang++,$(CXX))
CCACHE    := $(shell command -v ccache 2>/dev/null)
VERILATOR ?= verilator
VROOT     := /usr/share/verilator/include
VERILATED := $(B)/model
RTL       := $(shell sed -n '/^rtl/p' rtl/rtl.f)
WARN      := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
CXXFLAGS  := -std=c++20 -O2 -g1 -fPIC -ffp-contract=off -pthread
INCLUDES   = -Isw -Iverif -isystem $(VERILATED) -isystem $(VROOT) -isystem $(VROOT)/vltstd
DEFINES   := $(if $(filter trace,$(VARIANT)),-DRH_TRACE)
VFLAGS     = --cc -O3 -Wall --assert --x-assign $(START) --x-initial $(START) --no-timing \
             $(if $(filter trace,$(VARIANT)),--trace-fst) $(addprefix -y ,$(sort $(dir $(RTL))))
MODEL_OPT ?= -O1
NIGHTLY   := test sanitize fuzz mutate mutate-golden coverage formal unknown gates regress farm \
             train-rtl fast

include scripts/variants.mk scripts/rules.mk scripts/farm/farm.mk
include verif/mutate/golden.mk verif/fuzz/fuzz.mk


.PHONY: help setup $(shell sed -n 's/^\([a-z][a-z-]*\):.*\#\# .*/\1/p' Makefile) $(TESTS:%=test-%)
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /  make \1 \t/p' Makefile | expand -t 24
	@echo "  make test-<unit>      one unit's tests: $(TESTS)"

run: setup ## train, evaluate in FP32, golden and RTL, synthesise; table in build/report/
	+$(Q)$(SUB) build synth-run
	$(Q)scripts/run.sh

test: setup ## every test in parallel; JUnit in build/junit/
	+$(Q)$(SUB) lint build $(TESTS:%=$(B)/test/%)
	$(Q)scripts/test.py --build $(B) $(TESTS)

build: $(B)/roundhouse $(ENGINES) ## build/roundhouse and its engines

model: $(B)/engine/$(MODEL).so ## engine rtl: ROWS= COLS= LANES=; and CHUNK= ACCUMULATE=; GROUP= NOISE=

netlist: $(NETLIST_ENGINES) ## the engine netlist

synth: ## area, cells and minimum period of every unit (Yosys, ABC, OpenSTA, nextpnr)
	+$(Q)scripts/synth.py all

synth-run:
	+$(Q)scripts/synth.py report

fast: build ## the claims of FAST in miniature: table, curves, map; build/report/fast/ (long)
	$(Q)scripts/fast.py $(ARGS)

train-rtl: build ## trainings whose every product ran on the RTL: the golden model's weights
	$(Q)scripts/train_rtl.py $(ARGS)

bench: build ## speed of the golden model and of the verilated array, with memcpy and oneDNN beside
	$(Q)scripts/bench.sh

oracle: setup ## losses, gradients, optimizers and short trainings of learn against libtorch
	$(Q)scripts/setup.sh libtorch-dev
	+$(Q)$(SUB) $(B)/oracle
	$(Q)$(B)/oracle $(ARGS)

regress: setup ## random cases by seed on every engine, 100 a configuration; SEEDS=0:7999 SHARDS=N
	+$(Q)$(SUB) regress-shards

farm: ## a part of them as a Slurm job array, equal to the local run; FARM='--seeds 0:559 --shards 8'
	$(Q)scripts/setup.sh slurm-wlm munge parallel
	+$(Q)$(SUB) build
	$(Q)scripts/farm.sh --program $(B)/roundhouse $(FARM)

formal: setup ## prove the list of properties; build/evidence/formal/
	$(Q)verif/formal/formal.py $(ARGS)

lint: ## verilator -Wall on every module, Yosys reads every module, one word per unit
	$(Q)scripts/lint.sh

mutate: setup ## faults in the netlists of every unit, and the tests that must notice them (long)
	+$(Q)scripts/mutate.py $(UNIT:%=--unit %) $(ARGS)

gates: setup ## the tests of every unit on its gates (long); UNIT=round
	+$(Q)$(SUB) VARIANT=gates $(CHOSEN:%=build/gates/test/%)
	$(Q)scripts/test.py --build build/gates $(CHOSEN)

unknown: setup ## the tests of every unit from 20 random starts; no x on an output (long); UNIT=round
	+$(Q)$(SUB) VARIANT=unknown $(CHOSEN:%=build/unknown/test/%)
	$(Q)for seed in {1..20}; do RH_UNKNOWN=$$seed scripts/test.py --build build/unknown \
	  --junit build/unknown/junit/$$seed $(CHOSEN) || exit 1; done
	$(Q)scripts/setup.sh iverilog && scripts/unknown.py $(UNIT:%=--unit %)

coverage: setup ## lines, branches, bits, bins that tests reach; proofs for the rest; UNIT=round
	$(Q)scripts/setup.sh llvm-14
	+$(Q)$(SUB) VARIANT=coverage $(CHOSEN:%=build/coverage/test/%)
	+$(Q)verif/coverage/coverage.py $(UNIT:%=--unit %) $(ARGS)

evidence: ## build/report/evidence.html and docs/evidence.md from what the other targets left
	$(Q)scripts/evidence.py --docs

sanitize: setup ## every test once under AddressSanitizer and UndefinedBehaviorSanitizer
	+$(Q)$(SUB) build models && $(SUB) VARIANT=sanitize sanitized

fuzz: setup ## every reader and parser against RUNS= inputs (100000) under the sanitizers; fuzz-<name>
	+$(Q)$(SUB) VARIANT=fuzz fuzzed

nightly: ## all of the evidence anew: every long target, then evidence
	$(Q)for target in $(NIGHTLY); do echo "== make $$target"; $(MAKE) --no-print-directory $$target \
	  || failed="$$failed $$target"; done; $(MAKE) --no-print-directory evidence; \
	  [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

setup:
	$(Q)scripts/setup.sh

$(TESTS:%=test-%): test-%: setup
	+$(Q)$(SUB) $(B)/test/$*
	$(Q)$(B)/test/$* --warn NoAssertions --rng-seed 1 $(ARGS)

mutate-golden: ## mutants of the golden headers, killed by the laws or proved equivalent; UNIT=round
	$(Q)scripts/setup.sh python3-clang-14
	+$(Q)$(SUB) golden-mutants

clean: ## remove build/
	rm -rf build
