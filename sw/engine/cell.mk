# build/engine/cell_rtl.so: single cells, rh_mac as it is synthesised. The shapes are those of
# sw/engine/cell.hpp.
cell = $(eval $(call model,engine,rh_cell_$(1),rh_mac,-GCompressor="1'b1" $(addprefix -G,$(2)) $(3),-O2))
CELL_BLOCK := -GSignMagnitude="1'b1"
$(call cell,int8,Lanes=1)
$(call cell,int8_cs,Lanes=1,-GCarrySave="1'b1")
$(call cell,int8_16,Lanes=16)
$(call cell,m2,Lanes=16 Width=3 AccW=40 ExponentAW=3 ExponentBW=3 MaxShift=14,$(CELL_BLOCK))
$(call cell,m4,Lanes=16 Width=5 AccW=40 ExponentAW=3 ExponentBW=3 MaxShift=14,$(CELL_BLOCK))
$(call cell,m2_fp32,Lanes=16 Width=3 AccW=32 ExponentAW=11 ExponentBW=8,$(CELL_BLOCK) -GFp32="1'b1")

CELLS := $(foreach c,int8 int8_cs int8_16 m2 m4 m2_fp32,$(VERILATED)/rh_cell_$(c)/rh_cell_$(c)__ALL.a)
$(B)/engine/cell_rtl.so: sw/engine/cell_plugin.cpp $(CELLS) $(B)/libroundhouse.a $(RUNTIME)
	mkdir -p $(@D)
	echo "  engine   $@"
	$(CCACHE) $(CXX) $(CXXFLAGS) $(WARN) $(DEFINES) $(INCLUDES) -fvisibility=hidden \
	  -MD -MP -MF $(@:.so=.d) -MT $@ -c $< -o $(@:.so=.o)
	$(CXX) $(CXXFLAGS) -shared -o $@.tmp $(@:.so=.o) $(filter %.a %.o,$^) $(RUNTIME_LIBS)
	mv $@.tmp $@
-include $(B)/engine/cell_rtl.d
