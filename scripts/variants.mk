# Variants: all of it built another way, in a tree of its own, build/$(VARIANT). The tests are the
# same.
KNOWN := trace sanitize fuzz gates unknown coverage
ifneq ($(filter-out $(KNOWN),$(VARIANT)),)
$(error VARIANT is '$(VARIANT)'; there are: $(KNOWN))
endif

# Our C++ under AddressSanitizer, with LeakSanitizer, and UndefinedBehaviorSanitizer. Verilated
# models are generated code and the most of what there is to compile: they are those of the plain
# build.
# Of the scripts, formal and synth run no C++; the faults run a program that is built beside this one.
ifeq ($(VARIANT),sanitize)
CXXFLAGS  += -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
VERILATED := build/model
SANITIZED := $(filter-out $(SCRIPTS),$(TESTS))
.PHONY: sanitized
sanitized: $(B)/roundhouse $(SANITIZED:%=$(B)/test/%)
	scripts/sanitize.py $(SANITIZED)
endif

# The same, with the counters that libFuzzer steers by: docs/input.md.
ifeq ($(VARIANT),fuzz)
CXXFLAGS += -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

# unknown: what nobody has written reads as random bits, other ones with each RH_UNKNOWN (a seed).
START := $(if $(filter unknown,$(VARIANT)),unique,fast)

# gates: a model is verilated from what synthesis makes of its module. FastSim, which says how to
# write the same function for simulators, is nothing to synthesis: those models share a netlist. Only
# a cell of block formats has other ports with it (rh_pkg::codes_width): there it stays.
GATES         := $(filter gates,$(VARIANT))
gates_flags    = $(if $(GATES),$(NETLIST_FLAGS))
unsynthesized  = $(if $(filter rh_mac,$(1)),$(if $(findstring SignMagnitude,$(2)),,FastSim=%),FastSim=%)
parameters_of  = $(sort $(filter-out $(call unsynthesized,$(1),$(2)),$(patsubst -G%,%,$(filter -G%,$(subst \
                   ",,$(2))))))
netlist_of     = build/netlist/$(subst $() ,_,$(strip $(1) $(subst ',,$(subst =,,$(call parameters_of,$(1),$(2)))))).v

# coverage: models count what is reached of the lines, branches and bits of their unit's own modules,
# and so do our objects of C++: docs/coverage.md. Netlists have no lines of ours.
COVERED := $(filter coverage,$(VARIANT))
ifneq ($(COVERED),)
CXXFLAGS += -O1 -fprofile-instr-generate -fcoverage-mapping
INSTRUMENT := verif/coverage/instrument.py
$(B)/public/%.vlt: $(INSTRUMENT) $(RTL)
	mkdir -p $(@D) && $(INSTRUMENT) public $@ $(filter rtl/$*/%,$(RTL))
endif
