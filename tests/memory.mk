# Each allocation fails once, and hostile input in each place, in scenarios over all filters

# Loaded in front of a program's libc, so it is never sanitized
$(BUILD)/memory/fail.so: tests/memory/fail.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 $(WARN) -O2 -fPIC -shared $(LDFLAGS) -o $@ $< -ldl

# EVERY: only each so many-th, of what fails and of the inputs.  Without REST only one allocation fails; with REST=1 all later ones as well
EVERY = 1
REST =
POINTS = 200000

check-memory: all $(BUILD)/memory/fail.so
	@sh .ci/packages $(CHECK_NEEDS)
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" /usr/bin/python3 tests/memory/memory.py --jobs $(JOBS) --every $(EVERY) \
		$(if $(REST),--rest) --least $$(($(POINTS) / $(EVERY)))

# Inputs of SIZE bytes: what each costs in processor time and memory is bounded
SIZE = 1048576
INPUTS = 38000

check-bounds: all
	@sh .ci/packages $(CHECK_NEEDS) time
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" /usr/bin/python3 tests/bounds/bounds.py --jobs $(JOBS) --every $(EVERY) --size $(SIZE) \
		--least $$(($(INPUTS) / $(EVERY)))

.PHONY: check-bounds check-memory
