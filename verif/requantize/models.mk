$(eval $(call model,requantize,requantize_1,rh_requantize,-GLanes=1))
$(eval $(call model,requantize,requantize_2,rh_requantize,-GLanes=2))
$(eval $(call model,requantize,requantize_5,rh_requantize,-GLanes=5))
