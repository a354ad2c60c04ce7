# make mutate-golden: source-level mutants of the golden headers against the laws of their units.
# UNIT=round mutates one unit, JOBS=1 runs one mutant at a time. scripts/mutate_golden.py --help has
# the rest; docs/mutation.md says what is measured.
golden-mutants: $(B)/libroundhouse.a $(call OBJ,$(wildcard verif/bench/*.cpp)) $(RUNTIME)
	scripts/mutate_golden.py --build $(B) $(if $(JOBS),--jobs $(JOBS)) $(or $(UNIT),all)
.PHONY: golden-mutants
