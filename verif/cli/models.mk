# The test runs the program, with the engine it ships and with one that is wrong on purpose.
$(B)/test/cli: | $(B)/roundhouse $(ENGINES) $(B)/test/cli_faulty.so $(B)/test/cli_io.so
$(B)/test/cli_faulty.so: $(B)/obj/verif/cli/plugin/faulty_engine.o $(B)/libroundhouse.a
	mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) -shared -o $@ $^

# It stands between the program and the system.
$(B)/test/cli_io.so: $(B)/obj/verif/cli/plugin/io_fault.o
	mkdir -p $(@D)
	$(CXX) -shared -o $@ $^ -ldl
# Preloaded into the shell's child alone, before any sanitizer of the program.
$(B)/obj/verif/cli/plugin/io_fault.o: CXXFLAGS += -fno-sanitize=all
