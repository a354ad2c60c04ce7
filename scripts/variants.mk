# Variants: all of it built another way, in a tree of its own, build/$(VARIANT).
KNOWN := trace sanitize
ifneq ($(filter-out $(KNOWN),$(VARIANT)),)
$(error VARIANT is '$(VARIANT)'; there are: $(KNOWN))
endif

# The host code under AddressSanitizer and UndefinedBehaviorSanitizer.
ifeq ($(VARIANT),sanitize)
CXXFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all
endif
