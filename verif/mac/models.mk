$(eval $(call model,mac,mac_1,rh_mac))
$(eval $(call model,mac,mac_1_tree,rh_mac,-GCompressor="1'b1"))
$(eval $(call model,mac,mac_1_tree_cs,rh_mac,-GCompressor="1'b1" -GCarrySave="1'b1"))
$(eval $(call model,mac,mac_4_cs,rh_mac,-GLanes=4 -GCarrySave="1'b1"))
$(eval $(call model,mac,mac_16_tree,rh_mac,-GLanes=16 -GCompressor="1'b1"))

# $(call mac_block,NAME,PARAMETERS[,FLAGS]): a cell of block formats.
mac_block = $(eval $(call model,mac,$(1),rh_mac,-GSignMagnitude="1'b1" $(addprefix -G,$(2)) $(3)))
TREE := -GCompressor="1'b1"
FAST := -GFastSim="1'b1"
M1L2 := Lanes=2 Width=2 AccW=8 ExponentAW=1 ExponentBW=1 MaxShift=2
$(call mac_block,mac_m1l2,$(M1L2))
$(call mac_block,mac_m1l2_tree,$(M1L2),$(TREE))
$(call mac_block,mac_m1l2_fast,$(M1L2),$(FAST))
M2L16 := Lanes=16 Width=3 AccW=40 ExponentAW=3 ExponentBW=3 MaxShift=14
$(call mac_block,mac_m2l16,$(M2L16))
$(call mac_block,mac_m2l16_tree,$(M2L16),$(TREE))
$(call mac_block,mac_m2l16_fast,$(M2L16),$(FAST))
# Of the tree, the gates, too.
$(eval $(call gates,build/netlist/rh_mac_m2l16.v,rh_mac,SignMagnitude=1 Compressor=1 $(M2L16)))
$(eval $(call model,mac,mac_m2l16_gates,rh_mac,$(NETLIST_FLAGS),-O1,build/netlist/rh_mac_m2l16.v))
$(call mac_block,mac_m2l16_88,Lanes=16 Width=3 AccW=88 ExponentAW=5 ExponentBW=5 MaxShift=62,$(TREE))
# MaxShift takes the offsets of chunks of codes of 8 bits.
$(call mac_block,mac_m2l16_passes,Lanes=16 Width=3 AccW=40 ExponentAW=5 ExponentBW=3 MaxShift=26,$(FAST))
M4L16 := Lanes=16 Width=5 AccW=48 ExponentAW=4 ExponentBW=3 MaxShift=22
$(call mac_block,mac_m4l16_tree,$(M4L16),$(TREE))
$(call mac_block,mac_m4l16_fast,$(M4L16),$(FAST))
M8L1 := Lanes=1 Width=9 AccW=40 ExponentAW=3 ExponentBW=3 MaxShift=14
$(call mac_block,mac_m8l1,$(M8L1))
$(call mac_block,mac_m8l1_fast,$(M8L1),$(FAST))
FP32 := AccW=32 ExponentAW=11 ExponentBW=8
$(call mac_block,mac_m2l16_fp32_tree,Lanes=16 Width=3 $(FP32),$(TREE) -GFp32="1'b1")
$(call mac_block,mac_m2l16_fp32_fast,Lanes=16 Width=3 $(FP32),$(FAST) -GFp32="1'b1")
$(call mac_block,mac_m8l1_fp32,Lanes=1 Width=9 $(FP32),-GFp32="1'b1")
