# Coverage of lib/ and bin/ by the unit tests, the replayed corpora and the tests of the filters: the ten worst files, the totals,
# and at least so many per cent of lines and branches.  build/coverage/report.txt has each line and branch that is not reached.
LINES = 97
BRANCHES = 90

# A program counts in a file that its processes share: tests/coverage/counters.c
COUNTERS = build/coverage/counters
COVERAGE_MAKE = $(MAKE) -s BUILD=build/coverage CFLAGS='-O0 -g --coverage -fprofile-update=atomic -fdata-sections' \
	LDFLAGS='--coverage -Wl,--wrap=__gcov_exit -Wl,-T,tests/coverage/counters.ld build/coverage/counters.o'

# Left out are long tests of example scripts, and tests that look at sources and pages, or run other programs.
COVERAGE_TESTS = $(filter-out $(patsubst %,tests/%.t,build cleanup doctor everywhere fleet-life github guide install-action life notify old-faults order \
	packaging pages rerun rfc6902 schema scripts structure trouble unattended-life unsafe workflows),$(wildcard tests/*.t))

build/coverage/counters.o: tests/coverage/counters.c tests/coverage.mk
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) -O2 -fPIE -c -o $@ $<

coverage: build/coverage/counters.o
	@sh .ci/packages $(CHECK_NEEDS) gcovr:gcovr
	@$(MAKE) -s $(BUILD)/confine/escape.so
	@$(MAKE) -s BUILD=build/coverage $(addprefix build/coverage/,calls/calls.so fault/close.so memory/fail.so)
	@$(COVERAGE_MAKE) $(PARALLEL) all units
	@rm -rf $(COUNTERS) && mkdir $(COUNTERS) && find build/coverage -name '*.gcda' -delete
	@RINGKIT_BIN=$(CURDIR)/build/coverage/bin $(PROVE) \
		$(COVERAGE_TESTS) $(patsubst tests/unit/%.c,./build/coverage/unit/%,$(wildcard tests/unit/*.c))
	@for program in build/coverage/bin/* build/coverage/unit/* build/coverage/replayer; do RINGKIT_COUNTERS_READ=1 $$program || exit; done
	@python3 tests/coverage/report.py build/coverage $(LINES) $(BRANCHES)

.PHONY: coverage
