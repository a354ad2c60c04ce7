$(eval $(call model,gemm,gemm_1x1x1,rh_gemm,-GRows=1 -GCols=1 -GConvertLanes=1 -GRequantizeLanes=1))
$(eval $(call model,gemm,gemm_3x5x1,rh_gemm,-GRows=3 -GCols=5 -GConvertLanes=3 -GRequantizeLanes=5 -GFastSim="1'b1"))
$(eval $(call model,gemm,gemm_5x4x4,rh_gemm,-GRows=5 -GCols=4 -GLanes=4 -GConvertLanes=2 -GRequantizeLanes=2 -GOperandDepth=5 -GCompressor="1'b1"))
$(eval $(call model,gemm,gemm_2x2x1_cs,rh_gemm,-GRows=2 -GCols=2 -GConvertLanes=2 -GRequantizeLanes=1 -GCompressor="1'b1" -GCarrySave="1'b1"))
# The gates of the engine netlist run the tests of the RTL.
MODELS_gemm += $(VERILATED)/netlist_4x4x1/netlist_4x4x1__ALL.a
$(eval $(call model,gemm,gemm_block_1x1x2,rh_gemm_bfp,-GRows=1 -GCols=1 -GLanes=2 -GChunkW=1 -GMagnitudeW=2 -GExponentW=2 -GAccW=24))
$(eval $(call model,gemm,gemm_block_3x5x4,rh_gemm_bfp,-GRows=3 -GCols=5 -GLanes=4 -GFastSim="1'b1"))
$(eval $(call model,gemm,gemm_block_4x2x16,rh_gemm_bfp,-GRows=4 -GCols=2 -GChunkW=4 -GExponentW=3 -GAccW=56 -GNormalizeLanes=1 -GCompressor="1'b1"))
$(eval $(call model,gemm,gemm_block_2x2x4,rh_gemm_bfp,-GRows=2 -GCols=2 -GLanes=4 -GChunkW=8 -GExponentW=5 -GAccW=96 -GFastSim="1'b1"))
$(eval $(call model,gemm,gemm_block_2x3x16_fp32,rh_gemm_bfp,-GRows=2 -GCols=3 -GExponentW=8 -GAccW=32 -GFp32="1'b1" -GFastSim="1'b1"))
$(eval $(call model,gemm,gemm_block_3x2x5_fp32,rh_gemm_bfp,-GRows=3 -GCols=2 -GLanes=5 -GChunkW=3 -GMagnitudeW=7 -GExponentW=6 -GAccW=32 -GFp32="1'b1" -GNormalizeLanes=1))
MODELS_gemm += $(VERILATED)/multiply_netlist_2x2x16_c2_exact64/multiply_netlist_2x2x16_c2_exact64__ALL.a
