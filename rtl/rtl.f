rtl/number/rh_pkg.sv
rtl/round/rh_round.sv
