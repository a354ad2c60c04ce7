# libFuzzer harnesses: verif/fuzz/<name>_fuzz.cpp is build/fuzz/fuzz/<name>. Docs: docs/input.md.
FUZZERS := $(patsubst verif/fuzz/%_fuzz.cpp,%,$(wildcard verif/fuzz/*_fuzz.cpp))
RUNS    ?= 100000

.PHONY: fuzzed $(FUZZERS:%=fuzz-%)
ifeq ($(VARIANT),fuzz)
# The program without its main(), for harnesses that call what it calls.
$(B)/obj/sw/cli/run.o: $(B)/obj/sw/cli/main.o
	objcopy --redefine-sym main=roundhouse_main $< $@
$(B)/libcommands.a: $(filter-out %/main.o,$(call OBJ,$(CLI_SRC))) $(B)/obj/sw/cli/run.o
	rm -f $@ && ar rcs $@ $^

$(FUZZERS:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/obj/verif/fuzz/%_fuzz.o $(B)/libcommands.a \
    $(B)/libroundhouse.a
	mkdir -p $(@D)
	echo "  link     $@"
	$(CXX) $(CXXFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ -lopenblas -ldl
.SECONDARY: $(FUZZERS:%=$(B)/obj/verif/fuzz/%_fuzz.o)

fuzzed: $(FUZZERS:%=$(B)/fuzz/%)
	verif/fuzz/fuzz.py --runs $(RUNS) $(FUZZERS)
$(FUZZERS:%=fuzz-%): fuzz-%: $(B)/fuzz/%
	verif/fuzz/fuzz.py --runs $(RUNS) $*
else
$(FUZZERS:%=fuzz-%): setup
	+$(Q)$(SUB) VARIANT=fuzz $@
endif
