# Random cases in shards: make regress, and make farm with Slurm. docs/regress.md
SEEDS  ?= 0:7999
SHARDS ?= $(shell nproc)

# Engines beside those of make build: small ones, of odd sizes. sw/regress/case.cpp has the names.
SMALL_ENGINES := $(addprefix $(B)/engine/,rtl_1x1x1.so rtl_2x5x3.so convert_rtl_1x1.so \
  convert_rtl_5x3.so multiply_rtl_1x1x1_c1_exact64.so multiply_rtl_2x3x5_c8_exact96.so \
  multiply_rtl_3x2x4_c3_exact64.so multiply_rtl_2x2x8_c4_fp32.so)
ifeq ($(ROWS)$(COLS)$(LANES)$(CHUNK)$(ACCUMULATE)$(GROUP)$(NOISE),)
$(eval $(call engine,rtl,1,1,1))
$(eval $(call engine,rtl,2,5,3))
$(eval $(call converter,rtl,1,1))
$(eval $(call converter,rtl,5,3))
$(eval $(call multiplier,rtl,1,1,1,1,exact64))
$(eval $(call multiplier,rtl,2,3,5,8,exact96))
$(eval $(call multiplier,rtl,3,2,4,3,exact64))
$(eval $(call multiplier,rtl,2,2,8,4,fp32))
endif

# A shard is a file: one that was killed has none, and make runs it alone. A mismatch (exit 1) is
# found again when all are merged.
REGRESS := $(B)/evidence/regress
SHARD_DIR := $(REGRESS)/$(subst :,_,$(SEEDS))
SHARD_FILES := $(patsubst %,$(SHARD_DIR)/%_of_$(SHARDS).json,$(shell seq $(SHARDS)))
$(SHARD_DIR)/%_of_$(SHARDS).json: $(B)/roundhouse $(ENGINES) $(SMALL_ENGINES)
	mkdir -p $(@D)
	echo "  regress  $(SEEDS), shard $*/$(SHARDS)"
	for f in $^; do [ ! $$f -nt $@.part ] || rm -f $@.part; done  # a journal of older engines
	$< regress --engines regress --seeds $(SEEDS) --shard $*/$(SHARDS) --quiet --resume \
	  --json $@ --junit $(@:.json=.xml) || [ $$? = 1 ]

.PHONY: regress-shards small-engines
small-engines: $(SMALL_ENGINES)
regress-shards: $(SHARD_FILES)
	code=0; $(B)/roundhouse merge --json $(SHARD_DIR)/merged.json --junit $(SHARD_DIR)/merged.xml \
	  $^ $(SHARD_FILES:.json=.xml) || code=$$?; \
	[ $$code -gt 1 ] || scripts/farm/summary.py $(SHARD_DIR)/merged.json $^ \
	  --command "make regress SEEDS=$(SEEDS)" -o $(REGRESS)/regress.json && exit $$code
