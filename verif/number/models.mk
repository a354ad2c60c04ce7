$(eval $(call model,number,number_probe,rh_number_probe,,,verif/number/rh_number_probe.sv))
