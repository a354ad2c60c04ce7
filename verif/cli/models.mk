# The test runs the program, with the engine it ships and with one that is wrong on purpose.
$(B)/test/cli: | $(B)/roundhouse $(ENGINES) $(B)/test/cli_faulty.so
$(B)/test/cli_faulty.so: $(B)/obj/verif/cli/plugin/faulty_engine.o $(B)/libroundhouse.a
	mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -shared -o $@ $^
