$(eval $(call model,gemm,gemm_1x1x1,rh_gemm,-GRows=1 -GCols=1 -GConvertLanes=1 -GRequantizeLanes=1))
$(eval $(call model,gemm,gemm_3x5x1,rh_gemm,-GRows=3 -GCols=5 -GConvertLanes=3 -GRequantizeLanes=5 -GFastSim="1'b1"))
$(eval $(call model,gemm,gemm_5x4x4,rh_gemm,-GRows=5 -GCols=4 -GLanes=4 -GConvertLanes=2 -GRequantizeLanes=2 -GOperandDepth=5 -GCompressor="1'b1"))
$(eval $(call model,gemm,gemm_2x2x1_cs,rh_gemm,-GRows=2 -GCols=2 -GConvertLanes=2 -GRequantizeLanes=1 -GCompressor="1'b1" -GCarrySave="1'b1"))
# The gates of the engine netlist run the tests of the RTL.
MODELS_gemm += $(B)/model/netlist_4x4x1/netlist_4x4x1__ALL.a
