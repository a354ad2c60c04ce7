# How things are built: objects, the golden library, verilated models, test binaries, engines.
ifndef V
.SILENT:
endif

LIB_SRC := $(wildcard $(foreach d,$(UNITS) tensor train learn engine regress,sw/$(d)/*.cpp))
LIB_SRC := $(filter-out sw/engine/%plugin.cpp,$(LIB_SRC))
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
             $(if $(filter trace,$(VARIANT)),verilated_fst_c.o))
RUNTIME_LIBS := $(if $(filter trace,$(VARIANT)),-lz) -lopenblas -latomic -ldl
CATCH_LIBS   := $(if $(wildcard /usr/include/catch2/catch_all.hpp),-lCatch2)  # version 3

$(B)/libroundhouse.a: $(call OBJ,$(LIB_SRC))
	rm -f $@ && ar rcs $@ $^

# How Verilator reads netlists. Gates are nothing but trees of bit operations, and release 5.006 gets
# some of those wrong where it simplifies them (its issue 4059); they are not ours to lint, either.
NETLIST_FLAGS := -Wno-fatal -Wno-lint -Wno-style -fno-const-bit-op-tree

# $(call gates,FILE,MODULE,PARAMETERS): the Verilog of what synthesis makes of a module.
define gates
$(1): $(RTL) $(wildcard scripts/synth.py scripts/synth/*)
	mkdir -p $$(@D)
	echo "  netlist  $$@"
	scripts/synth.py netlist $(2) $(foreach p,$(3),-p "$(p)") -o $$@
endef

# The same for VARIANT=gates, where several models may want one netlist.
netlist_once = $(if $(filter $(1),$(NETLISTS)),,$(eval NETLISTS += $(1))$(call gates,$(1),$(2),$(call \
                 parameters_of,$(2),$(3))))

# $(call model,UNIT,NAME,TOP,FLAGS[,OPT[,SOURCE]]): verilates TOP as class NAME for the tests of UNIT.
# Only the modules TOP needs are read (-y), so a touched file rebuilds only the models that use it.
# From SOURCE when there is one; for VARIANT=gates from the netlist of TOP.
# NAME.h gets for_each_output(model, f), which calls f with every output port.
define add_outputs
grep -q for_each_output $(1).h || { \
  outputs=$$(sed -n 's/^ *VL_OUT[0-9A-Z]*(&\(\w*\),.*/f(m.\1);/p' $(1).h); \
  sed -i '/^#endif  \/\/ guard/d' $(1).h; \
  echo "template <class F> void for_each_output($(notdir $(1))& m, F f) {" $$outputs "}" >> $(1).h; \
  echo "#endif  // guard" >> $(1).h; }
endef
define model
$(if $(GATES),$(if $(6),,$(call netlist_once,$(call netlist_of,$(3),$(4)),$(3),$(4))))
$(call model_of,$(1),$(2),$(3),$(if $(6),$(4),$(or $(gates_flags),$(4))),$(5),$(or $(6),$(if \
  $(GATES),$(call netlist_of,$(3),$(4)))))
MODEL_OF_$(2) := $(3) $(4)
endef
define model_of
MODELS_$(1) += $(VERILATED)/$(2)/$(2)__ALL.a
$(VERILATED)/$(2)/$(2)__ALL.a: rtl/number/rh_pkg.sv rtl/lint.vlt $$(wildcard verif/$(1)/models.mk) $(6) $(if $(filter build/netlist/%,$(6)),,$(COVERED:%=$(B)/public/$(1).vlt))
	mkdir -p $$(@D)
	echo "  verilate $(2)"
	$(VERILATOR) $(VFLAGS) $(4) --prefix $(2) --top-module $(3) --Mdir $$(@D) \
	  $(if $(filter build/netlist/%,$(6)),,$(COVERED:%=--coverage-line -fno-split -fno-reorder $(B)/public/$(1).vlt)) rtl/lint.vlt rtl/number/rh_pkg.sv $(or $(6),$(3).sv)
	sed -n 's/^.* : /$$(subst /,\/,$$@): /p' $$(@D)/$(2)__ver.d > $$(@D)/$(2).d
	$$(call add_outputs,$$(@D)/$(2))
	$(if $(filter build/netlist/%,$(6)),,$(COVERED:%=$(INSTRUMENT) model $$(@D)))
	+$(MAKE) -s -C $$(@D) -f $(2).mk $(2)__ALL.a CXX=$(CXX) OBJCACHE="$(CCACHE)" \
	  VM_PARALLEL_BUILDS=0 OPT_SLOW=-O0 \
	  OPT_FAST="$(if $(filter trace coverage,$(VARIANT)),-O0,$(or $(5),$(MODEL_OPT)))" \
	  USER_CPPFLAGS="-fPIC -fvisibility=hidden -w$(COVERED:%= -std=c++20 -I$(CURDIR)/verif)" > $$(@D)/log 2>&1 || { cat $$(@D)/log; exit 1; }
-include $(VERILATED)/$(2)/$(2).d
endef

# What `make build` builds beside the program.
ENGINES := $(addprefix $(B)/engine/,rtl_16x16x1.so cell_rtl.so convert_rtl_16x8.so convert_rtl_32x8.so \
             $(addprefix multiply_rtl_16x16x,16_c2_exact64.so 16_c4_exact64.so 16_c2_fp32.so \
               32_c2_fp32.so))

NETLIST_ENGINES := $(addprefix $(B)/engine/,netlist_4x4x1.so convert_netlist_16x8.so \
                     multiply_netlist_2x2x16_c2_exact64.so)

-include $(wildcard verif/*/models.mk)

# One test binary a unit: its tests and laws, its models, the golden library.
$(B)/obj/verif/bench/catch_main.o: CXXFLAGS += -O1
define test_binary
$(call OBJ,$(wildcard verif/$(1)/*.cpp)): | $$(MODELS_$(1))
$(B)/test/$(1): $(call OBJ,$(wildcard verif/$(1)/*.cpp verif/bench/*.cpp)) $$(MODELS_$(1)) \
                $(B)/libroundhouse.a $$(RUNTIME)
	mkdir -p $$(@D)
	$(CXX) $(CXXFLAGS) -o $$@ $$^ $$(RUNTIME_LIBS) $$(CATCH_LIBS)
endef
$(foreach t,$(filter-out $(SCRIPTS),$(TESTS)),$(eval $(call test_binary,$(t))))

# Tests that are scripts around programs; see their heads.
define script_test
$(B)/test/$(1): verif/$(1)/$(1)_test.py
	mkdir -p $$(@D) && ln -sf ../../$$< $$@
endef
$(foreach t,$(SCRIPTS),$(eval $(call script_test,$(t))))
$(B)/test/fault: $(B)/roundhouse $(B)/libroundhouse.a $(RUNTIME)
$(B)/test/fast: $(B)/roundhouse

# The program, and one shared object an engine: the same host code around a verilated rh_gemm, or
# rh_precision_convert.
$(B)/roundhouse: $(call OBJ,$(CLI_SRC)) $(B)/libroundhouse.a
	mkdir -p $(@D)
	echo "  link     $@"
	$(CXX) $(CXXFLAGS) -rdynamic -o $@ $^ -ldl -lopenblas

# ---- bench: the only program that links oneDNN --------------------------------------------------
$(B)/bench: $(call OBJ,$(wildcard sw/bench/*.cpp)) $(B)/libroundhouse.a
	echo "  link     $@"
	$(CXX) $(CXXFLAGS) -o $@ $^ -ldnnl -lopenblas

# ---- oracle: the only program that links libtorch, and why g++ is in its head --------------------
TORCH_API := /usr/include/torch/csrc/api/include
$(B)/obj/verif/oracle/%.o: CXX := g++
$(B)/obj/verif/oracle/%.o: INCLUDES += -isystem $(TORCH_API)
$(B)/oracle: $(call OBJ,$(wildcard verif/oracle/*.cpp)) $(B)/libroundhouse.a
	echo "  link     $@"
	$(CXX) $(CXXFLAGS) -o $@ $^ -ltorch -ltorch_cpu -lc10 -lopenblas -ldl

# Loops over whole tensors: clang++ vectorises them at -O2, g++ at -O3 only.
$(B)/obj/sw/%_fast.o: CXXFLAGS += -O3
# -------------------------------------------------------------------------------------------------

# $(call engine,NAME,ROWS,COLS,LANES[,NETLIST]): build/engine/NAME_RxCxL.so, the host code around a
# verilated rh_gemm. RTL is optimised hard, it is what users wait for; gates are not, compiling them
# is what takes long, so their array has one lane of each kind.
lanes_dividing   = $(firstword $(foreach l,4 3 2 1,$(shell [ $$(($(1) % $(l))) = 0 ] && echo $(l))))
convert_lanes    = $(if $(filter rtl,$(1)),8,1)
requantize_lanes = $(if $(filter rtl,$(1)),$(call lanes_dividing,$(3)),1)
engine_flags     = $(if $(5),$(NETLIST_FLAGS),-GRows=$(2) -GCols=$(3) -GLanes=$(4) \
                     -GConvertLanes=$(convert_lanes) -GRequantizeLanes=$(requantize_lanes) -GFastSim="1'b1")
define engine_rules
$(call model,engine,$(6),rh_gemm,$(engine_flags),$(if $(5),-O1,-O3),$(5))
$(B)/engine/$(6).so: sw/engine/plugin.cpp $(VERILATED)/$(6)/$(6)__ALL.a \
    $(B)/libroundhouse.a $$(RUNTIME)
	mkdir -p $$(@D)
	echo "  engine   $$@"
	$(CCACHE) $(CXX) $(CXXFLAGS) -O3 $(WARN) $(DEFINES) $(INCLUDES) -DRH_TOP=$(6) \
	  -DRH_HEADER='"$(6)/$(6).h"' -DRH_NAME='"$(1)"' -DRH_ROWS=$(2) -DRH_COLS=$(3) -DRH_LANES=$(4) \
	  -DRH_CONVERT_LANES=$(convert_lanes) -DRH_REQUANTIZE_LANES=$(requantize_lanes) \
	  -DRH_CARRY_SAVE=0 -fvisibility=hidden -MD -MP -MF $$(@:.so=.d) -MT $$@ -c $$< -o $$(@:.so=.o)
	$(CXX) $(CXXFLAGS) -shared -o $$@.tmp $$(@:.so=.o) $$(filter %.a %.o,$$^) $$(RUNTIME_LIBS)
	mv $$@.tmp $$@
-include $(B)/engine/$(6).d
endef
engine = $(call engine_rules,$(1),$(2),$(3),$(4),$(5),$(1)_$(2)x$(3)x$(4))

$(eval $(call engine,rtl,16,16,1))
MODEL := rtl_$(or $(ROWS),16)x$(or $(COLS),16)x$(or $(LANES),1)
ifeq ($(filter %/$(MODEL).so,$(ENGINES)),)
$(eval $(call engine,rtl,$(or $(ROWS),16),$(or $(COLS),16),$(or $(LANES),1)))
endif

# The gates of a small rh_gemm, for the engine netlist and for the tests of gemm.
NETLIST := build/netlist/rh_gemm_4x4x1.v
$(eval $(call gates,$(NETLIST),rh_gemm,Rows=4 Cols=4 ConvertLanes=1 RequantizeLanes=1))
$(eval $(call engine,netlist,4,4,1,$(NETLIST)))

# $(call multiplier,NAME,ROWS,COLS,LANES,CHUNK,ACCUMULATE[,NETLIST]):
# build/engine/multiply_NAME_RxCxL_cCHUNK_ACCUMULATE.so, the host code around a verilated rh_gemm_bfp.
# ACCUMULATE is exact64 or exact96, which take exponents of 4 and 5 bits, or fp32, which takes 8.
accumulator_bits      = $(if $(filter fp32,$(1)),32,$(patsubst exact%,%,$(1)))
exponent_bits         = $(if $(filter fp32,$(1)),8,$(if $(filter exact96,$(1)),5,4))
multiplier_parameters = Rows=$(1) Cols=$(2) Lanes=$(3) ChunkW=$(4) ExponentW=$(call exponent_bits,$(5)) \
                          AccW=$(call accumulator_bits,$(5)) Fp32=$(if $(filter fp32,$(5)),1,0)
multiplier_flags      = $(patsubst Fp32=%,"-GFp32=1'b%",$(filter Fp32=%,$(1))) \
                          $(addprefix -G,$(filter-out Fp32=%,$(1))) "-GFastSim=1'b1"
define multiplier_rules
$(call model,engine,$(8),rh_gemm_bfp,$(if $(7),$(NETLIST_FLAGS),$(call \
  multiplier_flags,$(call multiplier_parameters,$(2),$(3),$(4),$(5),$(6)))),$(if $(7)$(filter fp32,$(6)),-O1,-O3),$(7))
$(B)/engine/$(8).so: sw/engine/multiply_plugin.cpp $(VERILATED)/$(8)/$(8)__ALL.a \
    $(B)/libroundhouse.a $$(RUNTIME)
	mkdir -p $$(@D)
	echo "  engine   $$@"
	$(CCACHE) $(CXX) $(CXXFLAGS) -O3 $(WARN) $(DEFINES) $(INCLUDES) -DRH_TOP=$(8) \
	  -DRH_HEADER='"$(8)/$(8).h"' -DRH_NAME='"$(1)"' -DRH_ROWS=$(2) -DRH_COLS=$(3) -DRH_LANES=$(4) \
	  -DRH_CHUNK=$(5) -DRH_EXPONENT=$(call exponent_bits,$(6)) \
	  -DRH_ACCUMULATOR=$(call accumulator_bits,$(6)) \
	  -DRH_FP32=$(if $(filter fp32,$(6)),true,false) \
	  -fvisibility=hidden -MD -MP -MF $$(@:.so=.d) -MT $$@ -c $$< -o $$(@:.so=.o)
	$(CXX) $(CXXFLAGS) -shared -o $$@.tmp $$(@:.so=.o) $$(filter %.a %.o,$$^) $$(RUNTIME_LIBS)
	mv $$@.tmp $$@
-include $(B)/engine/$(8).d
endef
multiplier = $(call multiplier_rules,$(1),$(2),$(3),$(4),$(5),$(6),$(7),multiply_$(1)_$(2)x$(3)x$(4)_c$(5)_$(6))

$(eval $(call multiplier,rtl,16,16,16,2,exact64))
$(eval $(call multiplier,rtl,16,16,16,4,exact64))
$(eval $(call multiplier,rtl,16,16,16,2,fp32))
$(eval $(call multiplier,rtl,16,16,32,2,fp32))
ifneq ($(CHUNK)$(ACCUMULATE),)
ifeq ($(filter exact64 exact96 fp32,$(or $(ACCUMULATE),exact64)),)
$(error ACCUMULATE is '$(ACCUMULATE)': exact64, exact96 or fp32)
endif
MODEL := multiply_rtl_$(or $(ROWS),16)x$(or $(COLS),16)x$(or $(LANES),16)_c$(or $(CHUNK),2)_$(or $(ACCUMULATE),exact64)
ifeq ($(filter %/$(MODEL).so,$(ENGINES)),)
$(eval $(call multiplier,rtl,$(or $(ROWS),16),$(or $(COLS),16),$(or $(LANES),16),$(or \
  $(CHUNK),2),$(or $(ACCUMULATE),exact64)))
endif
endif

# The gates of a small rh_gemm_bfp.
MULTIPLY_NETLIST := build/netlist/rh_gemm_bfp_2x2x16_c2_exact64.v
$(eval $(call gates,$(MULTIPLY_NETLIST),rh_gemm_bfp,$(call multiplier_parameters,2,2,16,2,exact64)))
$(eval $(call multiplier,netlist,2,2,16,2,exact64,$(MULTIPLY_NETLIST)))

# $(call converter,NAME,GROUP,NOISE[,NETLIST]): build/engine/convert_NAME_GROUPxNOISE.so, the host
# code around verilated rh_precision_converts that take their configuration at run time: one for
# every format, and a second one for plain integers, which is faster. rh_precision takes groups of at
# most 64. Of gates it is one rh_convert_tensor.
watched_group   = $(shell [ $(1) -le 64 ] && echo 1 || echo 0)
converter_flags = $(foreach p,Lanes=$(2) NoiseW=$(3) Minifloat=1'b$(1) Bump=1'b$(1) \
                    MostNegative=1'b$(1) FastSim=1'b1 CounterW=0 \
                    Watch=1'b$(call watched_group,$(2)),"-G$(p)")
define converter_rules
ifeq ($(4),)
$(call model,engine,$(5)_watched_all,rh_precision_convert,$(call converter_flags,1,$(2),$(3)),-O3)
$(call model,engine,$(5)_watched_integer,rh_precision_convert,$(call converter_flags,0,$(2),$(3)),-O3)
$(B)/engine/$(5).so: $(VERILATED)/$(5)_watched_integer/$(5)_watched_integer__ALL.a
else
$(call model,engine,$(5)_all,rh_convert_tensor,$(NETLIST_FLAGS),-O1,$(4))
endif
$(B)/engine/$(5).so: sw/engine/convert_plugin.cpp $(VERILATED)/$(6)all/$(6)all__ALL.a \
    $(B)/libroundhouse.a $$(RUNTIME)
	mkdir -p $$(@D)
	echo "  engine   $$@"
	$(CCACHE) $(CXX) $(CXXFLAGS) -O3 $(WARN) $(DEFINES) $(INCLUDES) -DRH_NAME='"$(1)"' \
	  -DRH_GROUP=$(2) -DRH_NOISE=$(3) -DRH_ALL=$(6)all -DRH_ALL_HEADER='"$(6)all/$(6)all.h"' \
	  $(if $(4),,-DRH_INTEGER=$(6)integer -DRH_INTEGER_HEADER='"$(6)integer/$(6)integer.h"') \
	  -fvisibility=hidden -MD -MP -MF $$(@:.so=.d) -MT $$@ -c $$< -o $$(@:.so=.o)
	$(CXX) $(CXXFLAGS) -shared -o $$@.tmp $$(@:.so=.o) $$(filter %.a %.o,$$^) $$(RUNTIME_LIBS)
	mv $$@.tmp $$@
-include $(B)/engine/$(5).d
endef
converter = $(call converter_rules,$(1),$(2),$(3),$(4),convert_$(1)_$(2)x$(3),convert_$(1)_$(2)x$(3)_$(if \
              $(4),,watched_))

$(eval $(call converter,rtl,16,8))
$(eval $(call converter,rtl,32,8))
ifneq ($(GROUP)$(NOISE),)
MODEL := convert_rtl_$(or $(GROUP),16)x$(or $(NOISE),8)
ifeq ($(filter %/$(MODEL).so,$(ENGINES)),)
$(eval $(call converter,rtl,$(or $(GROUP),16),$(or $(NOISE),8)))
endif
endif

include sw/engine/cell.mk

# The gates of a converter of 16 lanes for every format.
CONVERT_NETLIST := build/netlist/rh_convert_tensor_16x8.v
$(eval $(call gates,$(CONVERT_NETLIST),rh_convert_tensor,Bump=1 MostNegative=1))
$(eval $(call converter,netlist,16,8,$(CONVERT_NETLIST)))

# For scripts: a model's module and flags; how things are built; the units.
print-model-%: ; $(info $(MODEL_OF_$*))@:
print-settings: ; $(foreach v,CXX VROOT CATCH_LIBS $(UNITS:%=MODELS_%),$(info $(v)=$($(v))))@:
print-units: ; $(info $(UNITS))@:
.PHONY: print-settings print-units

.PHONY: models
models: $(foreach t,$(TESTS),$(MODELS_$(t)))

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
