# Static analysis, each file by itself: gcc's analyzer, clang-tidy and cppcheck find nothing.  .ci/clang-tidy and .ci/cppcheck.xml
# say what they look for.  The suppressions are two of clang-tidy, explained in .ci/clang-tidy, and these:
#
# readdirCalled: one thread reads each directory, and POSIX has withdrawn readdir_r(3).
# cert-env33-c, in tests only: they run Git through a shell, with commands of their own, as its users do.
# cert-err34-c, in tests only: they read numbers that they, or Git, have written.
LINT_NEEDS = $(CHECK_NEEDS) clang-tidy:clang-tidy libclang-rt-dev cppcheck:cppcheck
comma = ,
LINT_CFLAGS = -std=c11 $(filter-out -MMD -MP,$(OUR_CPPFLAGS)) $(PKG_CFLAGS)
ANALYZED = $(wildcard bin/*.c lib/*/*.c tests/*/*.c)
HEADERS = $(wildcard lib/*/*.h lib/*/*.def tests/*/*.h tests/*/*.def)

# The analyzer needs no optimization, and finds less that is untrue without.
$(BUILD)/lint/%.gcc: %.c $(HEADERS) tests/lint.mk
	@mkdir -p $(@D)
	gcc $(LINT_CFLAGS) $(WARN) -Wconversion -O0 -fanalyzer -c -o $@ $<

$(BUILD)/lint/%.tidy: %.c $(HEADERS) tests/lint.mk .ci/clang-tidy
	@mkdir -p $(@D)
	clang-tidy --quiet --config-file=.ci/clang-tidy $(if $(filter tests/%,$<),--checks=-cert-env33-c$(comma)-cert-err34-c) $< -- $(LINT_CFLAGS) >$@.out 2>$@.err || { cat $@.out; exit 1; }
	@mv $@.out $@

lint:
	@sh .ci/packages $(LINT_NEEDS)
	@$(MAKE) -s $(PARALLEL) lint-quick $(ANALYZED:%.c=$(BUILD)/lint/%.gcc) $(ANALYZED:%.c=$(BUILD)/lint/%.tidy)
	@cppcheck --quiet -j$(JOBS) --std=c11 --enable=warning,performance,portability --error-exitcode=1 --suppress=readdirCalled \
		--library=posix --library=.ci/cppcheck.xml $(filter -D% -I%,$(LINT_CFLAGS)) $(ANALYZED)

.PHONY: lint
