$(eval $(call model,array,array_1x1x1,rh_array,-GRows=1 -GCols=1))
$(eval $(call model,array,array_3x5x1,rh_array,-GRows=3 -GCols=5 -GFastSim="1'b1"))
$(eval $(call model,array,array_5x2x4,rh_array,-GRows=5 -GCols=2 -GLanes=4))
$(eval $(call model,array,array_2x3x16,rh_array,-GRows=2 -GCols=3 -GLanes=16 -GCompressor="1'b1"))
$(eval $(call model,array,array_4x4x1_cs,rh_array,-GRows=4 -GCols=4 -GCompressor="1'b1" -GCarrySave="1'b1"))

# $(call array_block,NAME,PARAMETERS,FLAGS): an array of cells of block formats.
array_block = $(eval $(call model,array,$(1),rh_array,-GSignMagnitude="1'b1" $(addprefix -G,$(2)) $(3)))
$(call array_block,array_1x1_m1l2,Rows=1 Cols=1 Lanes=2 Width=2 AccW=24 ExponentAW=4 ExponentBW=1 MaxShift=16,)
M2L16 := Lanes=16 Width=3 AccW=40 ExponentAW=5 ExponentBW=3 MaxShift=26
$(call array_block,array_3x2_m2l16,Rows=3 Cols=2 $(M2L16),-GCompressor="1'b1")
$(call array_block,array_2x5_m2l16_fast,Rows=2 Cols=5 $(M2L16),-GFastSim="1'b1")
$(call array_block,array_2x1_m4l5_fast,Rows=2 Cols=1 Lanes=5 Width=5 AccW=56 ExponentAW=5 ExponentBW=4 MaxShift=38,-GFastSim="1'b1")
FP32 := AccW=32 ExponentAW=11 ExponentBW=8
$(call array_block,array_2x3_m2l16_fp32,Rows=2 Cols=3 Lanes=16 Width=3 $(FP32),-GFp32="1'b1")
$(call array_block,array_4x2_m4l3_fp32_fast,Rows=4 Cols=2 Lanes=3 Width=5 $(FP32),-GFp32="1'b1" -GFastSim="1'b1")
