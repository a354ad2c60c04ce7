# The baselines are not units of the kit: their modules are found here, and those of dot as ever.
$(eval $(call model,baseline,baseline_bf16_fma,rh_baseline_bf16_fma,-y verif/baseline))
$(eval $(call model,baseline,baseline_bf16_dot,rh_baseline_bf16_dot,-y verif/baseline))
