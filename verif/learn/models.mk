# Trainings are compared with the RTL that is beside the program.
$(B)/test/learn: | $(addprefix $(B)/engine/,rtl_16x16x1.so convert_rtl_16x8.so \
                     multiply_rtl_16x16x16_c2_exact64.so multiply_rtl_16x16x16_c2_fp32.so)
