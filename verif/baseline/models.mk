# The baselines are not units of the kit: their modules are found here, and those of dot as ever.
$(eval $(call model,baseline,baseline_bf16_fma,rh_baseline_fma,-y verif/baseline))
$(eval $(call model,baseline,baseline_fp32_fma,rh_baseline_fma,-y verif/baseline -GSignificandW=24))
$(eval $(call model,baseline,baseline_bf16_dot,rh_baseline_bf16_dot,-y verif/baseline))
$(eval $(call model,baseline,baseline_rows_8,rh_baseline_rows,-y verif/baseline -GWidth=8))
$(eval $(call model,baseline,baseline_booth_8,rh_baseline_booth,-y verif/baseline -GWidth=8))
$(eval $(call model,baseline,baseline_booth_6,rh_baseline_booth,-y verif/baseline -GWidth=6))
