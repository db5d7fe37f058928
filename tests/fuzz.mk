# Fuzzing.  A target is a function in tests/fuzz/NAME.c, listed in tests/fuzz/targets.def.

TARGETS = $(shell sed -n 's/^TARGET(.*"\(.*\)")$$/\1/p' tests/fuzz/targets.def)
REPLAYS = $(BUILD)/replayer
ALL_TARGETS := $(TARGETS)

# All targets with a main of ours, for any compiler: make check gives them what is in tests/fuzz/corpus.
$(BUILD)/replayer: $(ALL_TARGETS:%=$(BUILD)/obj/tests/fuzz/%.o) $(BUILD)/obj/tests/fuzz/fuzz.o $(BUILD)/obj/tests/fuzz/replay.o \
		$(LINKED)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

# One target with libFuzzer's main
$(BUILD)/fuzzer/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/fuzz.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -Wl,--defsym=LLVMFuzzerTestOneInput=fuzz_$(subst -,_,$*) -o $@ $^ $(PKG_LIBS)

# SECONDS of fuzzing for each of TARGETS, under both sanitizers; make fuzz-corpus then makes its corpus of what was found.
SECONDS = 600
FUZZ_MAKE = $(MAKE) -s $(PARALLEL) CC='$(FUZZ_CC)' SAN=1 BUILD=build/fuzz CFLAGS='-O2 -g1' \
	SANITIZE='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all'
FUZZ_CC = clang

check-fuzz:
	@sh .ci/packages $(CHECK_NEEDS) libclang-rt-dev
	@$(FUZZ_MAKE) $(TARGETS:%=build/fuzz/fuzzer/%)
	@bash tests/fuzz/run.sh fuzz $(SECONDS) $(TARGETS)

fuzz-corpus:
	@$(FUZZ_MAKE) $(TARGETS:%=build/fuzz/fuzzer/%)
	@bash tests/fuzz/run.sh corpus $(TARGETS)

.PHONY: check-fuzz fuzz-corpus
