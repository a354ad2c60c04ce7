$(eval $(call model,convert,convert_scale,rh_convert_scale))
$(eval $(call model,convert,convert_int8_1,rh_convert_int8,-GLanes=1))
$(eval $(call model,convert,convert_int8_3,rh_convert_int8,-GLanes=3))
$(eval $(call model,convert,convert_int8_8,rh_convert_int8,-GLanes=8))
