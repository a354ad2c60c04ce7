# How things are built: objects, the golden library, verilated models, test binaries, engines.
ifndef V
.SILENT:
endif

LIB_SRC := $(wildcard $(foreach d,$(UNITS) tensor train engine,sw/$(d)/*.cpp))
LIB_SRC := $(filter-out sw/engine/plugin.cpp,$(LIB_SRC))
CLI_SRC := $(wildcard sw/cli/*.cpp)
OBJ      = $(1:%.cpp=$(B)/obj/%.o)

$(B)/obj/%.o: %.cpp
	mkdir -p $(@D)
	echo "  c++      $<"
	$(CCACHE) $(CXX) $(CXXFLAGS) $(WARN) $(DEFINES) $(INCLUDES) -MD -MP -c $< -o $@

# Generated and foreign code: our warnings are not for it.
$(B)/verilated/%.o: $(VROOT)/%.cpp
	mkdir -p $(@D)
	echo "  c++      $(notdir $<)"
	$(CCACHE) $(CXX) $(CXXFLAGS) -w -fvisibility=hidden -I$(VROOT) -I$(VROOT)/vltstd -c $< -o $@
RUNTIME := $(addprefix $(B)/verilated/,verilated.o verilated_threads.o \
             $(if $(TRACE),verilated_fst_c.o))
RUNTIME_LIBS := $(if $(TRACE),-lz) -lopenblas -latomic -ldl

$(B)/libroundhouse.a: $(call OBJ,$(LIB_SRC))
	rm -f $@ && ar rcs $@ $^

# $(call model,UNIT,NAME,TOP,FLAGS[,OPT]): verilates TOP as class NAME for the tests of UNIT.
# Only the modules TOP needs are read (-y), so a touched file rebuilds only the models that use it.
define model
MODELS_$(1) += $(B)/model/$(2)/$(2)__ALL.a
$(B)/model/$(2)/$(2)__ALL.a: rtl/number/rh_pkg.sv rtl/lint.vlt $$(firstword $$(wildcard verif/$(1)/models.mk))
	mkdir -p $$(@D)
	echo "  verilate $(2)"
	$(VERILATOR) $(VFLAGS) $(4) --prefix $(2) --top-module $(3) --Mdir $$(@D) \
	  rtl/lint.vlt rtl/number/rh_pkg.sv $(or $(6),$(3).sv)
	sed -n 's/^.* : /$$(subst /,\/,$$@): /p' $$(@D)/$(2)__ver.d > $$(@D)/$(2).d
	+$(MAKE) -s -C $$(@D) -f $(2).mk $(2)__ALL.a CXX=$(CXX) OBJCACHE="$(CCACHE)" \
	  VM_PARALLEL_BUILDS=0 OPT_FAST="$(or $(5),$(MODEL_OPT))" OPT_SLOW=-O0 \
	  USER_CPPFLAGS="-fPIC -fvisibility=hidden -w" > $$(@D)/log 2>&1 || { cat $$(@D)/log; exit 1; }
-include $(B)/model/$(2)/$(2).d
endef

-include $(wildcard verif/*/models.mk)

# One test binary a unit: its tests and laws, its models, the golden library.
$(B)/obj/verif/bench/catch_main.o: CXXFLAGS += -O1
define test_binary
$(call OBJ,$(wildcard verif/$(1)/*.cpp)): | $$(MODELS_$(1))
$(B)/test/$(1): $(call OBJ,$(wildcard verif/$(1)/*.cpp verif/bench/*.cpp)) $$(MODELS_$(1)) \
                $(B)/libroundhouse.a $$(RUNTIME)
	mkdir -p $$(@D)
	$(CXX) $(CXXFLAGS) -o $$@ $$^ $$(RUNTIME_LIBS)
endef
$(foreach t,$(TESTS),$(eval $(call test_binary,$(t))))

# The program, and one shared object an engine: the same host code around a verilated rh_gemm.
$(B)/roundhouse: $(call OBJ,$(CLI_SRC)) $(B)/libroundhouse.a
	mkdir -p $(@D)
	echo "  link     $@"
	$(CXX) $(CXXFLAGS) -rdynamic -o $@ $^ -ldl -lopenblas

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
