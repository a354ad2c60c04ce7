# GroupsW and CounterW are so small that tests fill the sums and count beyond the counters.
precision_model = $(call model,precision,precision_$(1),rh_precision,$(patsubst %,-G%,$(2)))
$(eval $(call precision_model,tiny,Lanes=1 MagnitudeW=2 DropW=1 ExponentW=1 Window=1 GroupsW=2 \
  ThresholdW=3 FractionW=2))
$(eval $(call precision_model,follow,Lanes=1 MagnitudeW=2 DropW=1 ExponentW=3 Window=2 GroupsW=2 \
  ThresholdW=2 FractionW=1))
$(eval $(call precision_model,e3,ExponentW=3 Window=7 GroupsW=12))
$(eval $(call precision_model,e4,GroupsW=4))
$(eval $(call precision_model,e5,ExponentW=5 Window=31 GroupsW=3))
$(eval $(call precision_model,e8,Lanes=5 ExponentW=8 Window=31 GroupsW=3))
$(eval $(call precision_model,far,Lanes=3 ExponentW=8 Window=3 GroupsW=2 ThresholdW=4 FractionW=5))
$(eval $(call precision_model,wide,Lanes=3 MagnitudeW=8 GroupsW=4 ThresholdW=24 \
  FractionW=26))
$(eval $(call precision_model,half,Lanes=2 MagnitudeW=8 DropW=4 ExponentW=2 Window=3 GroupsW=1 \
  ThresholdW=1 FractionW=4))
$(eval $(call model,precision,convert_watched,rh_precision_convert,"-GBump=1'b1" \
  "-GMostNegative=1'b1" -GCounterW=4 -GGroupsW=2))
$(eval $(call model,precision,convert_far,rh_precision_convert,-GLanes=3 -GMagnitudeW=4 \
  "-GRunTime=1'b0" "-GOutputRegister=1'b0" "-GConfig=45'hc0800f0fe81" -GExponentW=8 -GWindow=3 \
  -GCounterW=4 -GGroupsW=2 -GThresholdW=4 -GFractionW=5))
$(eval $(call model,precision,convert_unwatched,rh_precision_convert,-GLanes=2 -GCounterW=4 \
  "-GWatch=1'b0"))
