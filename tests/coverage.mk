# Coverage of lib/ and bin/ by the unit tests, the replayed corpora and the tests of the filters: the ten worst files, the totals,
# and at least so many per cent of lines and branches.  build/coverage/report.txt has each line and branch that is not reached.
LINES = 95
BRANCHES = 82

# A program that calls one of these writes its counters first: tests/coverage/flush.c.
FLUSHED = _exit abort execvp seccomp_load syscall
COVERAGE_MAKE = $(MAKE) -s BUILD=build/coverage CFLAGS='-O0 -g --coverage' \
	LDFLAGS='--coverage $(FLUSHED:%=-Wl,--wrap=%) build/coverage/flush.o'

# Left out are tests that run example scripts, that look at sources and pages, or that replace or count functions of libc.
COVERAGE_TESTS = $(filter-out $(patsubst %,tests/%.t,build cleanup doctor everywhere fault foresight github guide hang life memory \
	notify old-faults order pages progress race repos rerun rfc6902 schema scripts structure trouble workflows),$(wildcard tests/*.t))

build/coverage/flush.o: tests/coverage/flush.c tests/coverage.mk
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -O2 -fPIE -c -o $@ $<

# A confined program could not write its counters.
coverage: build/coverage/flush.o
	@sh .ci/packages $(CHECK_NEEDS) gcovr:gcovr
	@$(MAKE) -s $(BUILD)/confine/escape.so
	@$(COVERAGE_MAKE) $(PARALLEL) all units
	@find build/coverage -name '*.gcda' -delete
	@RINGKIT_SANDBOX=off RINGKIT_BIN=$(CURDIR)/build/coverage/bin prove --directives -j$(JOBS) --exec 'sh tests/run' \
		$(COVERAGE_TESTS) $(patsubst tests/unit/%.c,./build/coverage/unit/%,$(wildcard tests/unit/*.c))
	@python3 tests/coverage/report.py build/coverage $(LINES) $(BRANCHES)

.PHONY: coverage
