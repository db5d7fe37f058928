# make bench: ringkit beside its peers, in one run; writes build/bench.md and plots.  PARTS and SIZES choose, BENCH_QUICK=1 makes it short.

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

PARTS = start edit scan commit pipeline sync
# How many tenants a repository has, and how many of them get a release
SIZES = $(if $(BENCH_QUICK),100 1000,100 1000 10000 100000)

bench:
	@sh .ci/packages $(CHECK_NEEDS) npm:npm gnuplot:gnuplot-nox
	@$(MAKE) -s $(PARALLEL) all $(HELM) $(addprefix $(BUILD)/bench/,measure commit edit pack)
	@/usr/bin/python3 tests/bench/bench.py $(BUILD) $(PARTS) -- $(SIZES)

# tests/bench.t runs it
units: $(BUILD)/bench/measure

.PHONY: bench
