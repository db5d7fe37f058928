# Each allocation fails once, in scenarios over all filters

# Loaded in front of a program's libc, so it is never sanitized
$(BUILD)/memory/fail.so: tests/memory/fail.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 $(WARN) -O2 -fPIC -shared $(LDFLAGS) -o $@ $< -ldl

# EVERY: only each so many-th.  Without REST only one allocation fails; with REST=1 all later ones as well
EVERY = 1
REST =
POINTS = 200000

check-memory: all $(BUILD)/memory/fail.so
	@sh .ci/packages $(CHECK_NEEDS)
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" /usr/bin/python3 tests/memory/memory.py --jobs $(JOBS) --every $(EVERY) \
		$(if $(REST),--rest) --least $$(($(POINTS) / $(EVERY)))

.PHONY: check-memory
