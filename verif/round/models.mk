$(eval $(call model,round,round_12_6_5_4,rh_round,-GInW=12 -GDropW=6 -GOutW=5 -GNoiseW=4))
$(eval $(call model,round,round_8_2_7_5,rh_round,-GInW=8 -GDropW=2 -GOutW=7 -GNoiseW=5))
$(eval $(call model,round,round_48_24_24_8,rh_round,-GInW=48 -GDropW=24 -GOutW=24 -GNoiseW=8))
