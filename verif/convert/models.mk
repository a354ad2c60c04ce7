$(eval $(call model,convert,convert_scale,rh_convert_scale))
$(eval $(call model,convert,convert_int8_1,rh_convert_int8,-GLanes=1))
$(eval $(call model,convert,convert_int8_3,rh_convert_int8,-GLanes=3))
$(eval $(call model,convert,convert_int8_8,rh_convert_int8,-GLanes=8))
# Block converters: at run time with everything, then fixed ones (rh_pkg::block_config_t).
$(eval $(call model,convert,bfp_all,rh_convert_bfp,-GLanes=4 "-GBump=1'b1" "-GMostNegative=1'b1"))
$(eval $(call model,convert,bfp_fast,rh_convert_bfp,-GLanes=4 "-GBump=1'b1" \
  "-GMostNegative=1'b1" "-GFastSim=1'b1"))
# The gates of one that can do everything run the same tests.
$(eval $(call gates,build/netlist/rh_convert_bfp_2.v,rh_convert_bfp,Lanes=2 Bump=1 MostNegative=1))
$(eval $(call model,convert,bfp_gates,rh_convert_bfp,$(NETLIST_FLAGS),-O1,build/netlist/rh_convert_bfp_2.v))
$(eval $(call model,convert,bfp_bf16,rh_convert_bfp,-GLanes=3 -GSource=1 -GNoiseW=5 \
  "-GBump=1'b1" "-GOutputRegister=1'b0"))
$(eval $(call model,convert,bfp_fp16,rh_convert_bfp,-GLanes=2 -GSource=2 -GNoiseW=11 -GRadix=2 \
  "-GMostNegative=1'b1" "-GOutputRegister=1'b0"))
$(eval $(call model,convert,bfp_integer,rh_convert_bfp,-GLanes=5 -GMagnitudeW=4 "-GMinifloat=1'b0"))
$(eval $(call model,convert,bfp_one,rh_convert_bfp,-GLanes=1 -GMagnitudeW=3 -GNoiseW=1 \
  "-GMinifloat=1'b0" "-GBump=1'b1"))
$(eval $(call model,convert,fixed_rceil,rh_convert_bfp,-GLanes=2 -GMagnitudeW=7 \
  "-GRunTime=1'b0" "-GConfig=45'h728e7e8fe81"))
$(eval $(call model,convert,fixed_e5m2,rh_convert_bfp,-GLanes=2 -GMagnitudeW=7 \
  "-GRunTime=1'b0" "-GConfig=45'h427d7bffe81"))
$(eval $(call model,convert,fixed_nearest,rh_convert_bfp,-GLanes=32 -GSource=1 -GMagnitudeW=4 \
  "-GRunTime=1'b0" "-GConfig=45'h40800f0fe81"))
$(eval $(call model,convert,fixed_even,rh_convert_bfp,-GLanes=3 -GMagnitudeW=4 \
  "-GOutputRegister=1'b0" \
  "-GRunTime=1'b0" "-GConfig=45'h40800f0fe81"))
$(eval $(call model,convert,fixed_fast,rh_convert_bfp,-GLanes=3 -GMagnitudeW=4 \
  "-GOutputRegister=1'b0" "-GFastSim=1'b1" \
  "-GRunTime=1'b0" "-GConfig=45'h40800f0fe81"))
$(eval $(call model,convert,fixed_away,rh_convert_bfp,-GLanes=3 -GSource=1 -GMagnitudeW=8 \
  -GRadix=3 \
  "-GRunTime=1'b0" "-GConfig=45'h8100ff0fe81"))
$(eval $(call model,convert,fixed_fp16,rh_convert_bfp,-GLanes=2 -GSource=2 -GMagnitudeW=4 \
  "-GOutputRegister=1'b0" \
  "-GRunTime=1'b0" "-GConfig=45'hc0800f0fe81"))
$(eval $(call model,convert,fixed_fp16_e8,rh_convert_bfp,-GLanes=2 -GSource=2 -GMagnitudeW=4 \
  "-GOutputRegister=1'b0" "-GRunTime=1'b0" "-GConfig=45'hc0800f0fef1"))
$(eval $(call model,convert,fixed_fp16_e6,rh_convert_bfp,-GLanes=2 -GSource=2 -GMagnitudeW=4 \
  "-GOutputRegister=1'b0" "-GRunTime=1'b0" "-GConfig=45'hc0800f03ff1"))
$(eval $(call model,convert,fixed_fp16_e5,rh_convert_bfp,-GLanes=2 -GSource=2 -GMagnitudeW=4 \
  "-GOutputRegister=1'b0" "-GRunTime=1'b0" "-GConfig=45'hc0800f01ff0"))
$(eval $(call model,convert,fixed_stream,rh_convert_bfp,-GLanes=3 -GMagnitudeW=4 -GNoiseW=3 \
  "-GBackpressure=1'b0" "-GUnderflow=1'b0" \
  "-GRunTime=1'b0" "-GConfig=45'h100800f0fe81"))
$(eval $(call model,convert,fixed_bump,rh_convert_bfp,-GLanes=2 -GMagnitudeW=4 "-GBump=1'b1" \
  "-GRunTime=1'b0" "-GConfig=45'h48800f0fe81"))
$(eval $(call model,convert,fixed_ceil,rh_convert_bfp,-GLanes=2 -GMagnitudeW=4 \
  "-GMostNegative=1'b1" \
  "-GRunTime=1'b0" "-GConfig=45'h14800f0fe81"))
$(eval $(call model,convert,fixed_narrow,rh_convert_bfp,-GLanes=2 -GMagnitudeW=4 \
  "-GRunTime=1'b0" "-GConfig=45'h40800f00f81"))
# Counters so narrow that tensors of a test count beyond them.
$(eval $(call model,convert,tensor_all,rh_convert_tensor,"-GBump=1'b1" -GCounterW=5))
$(eval $(call model,convert,tensor_stochastic,rh_convert_tensor,-GMagnitudeW=4 -GCounterW=5 \
  "-GRunTime=1'b0" "-GOutputRegister=1'b0" "-GConfig=45'hc0800f0fe81"))
