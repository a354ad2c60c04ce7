# OpenSTA 2.0: the worst path of a netlist whose ports all end in flip-flops.
# Environment: LIBRARY, NETLIST. Clock period 1000 ns; scripts/synth.py subtracts the slack from it.
read_liberty $::env(LIBRARY)
read_verilog $::env(NETLIST)
link_design rh_synth_registered
create_clock -name clk_i -period 1000 [get_ports clk_i]
report_checks -path_delay max -format full_clock_expanded -fields {slew cap fanout} -digits 4
