# Benchmarks: what something costs beside other tools, in one run

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

# An edit of COUNT manifests, beside other editors of YAML
COUNT = 10000

bench-edit:
	@sh .ci/packages $(CHECK_NEEDS) npm:npm valgrind:valgrind
	@$(MAKE) -s $(PARALLEL) $(BUILD)/bench/edit $(HELM) $(NPM_YAML)
	@bash tests/bench/edit.sh $(BUILD)/bench/edit build/helm/kubectl/kubectl $(COUNT)

# One commit beside git fast-import, plumbing and a work tree, in repositories of up to 100,000 manifests
bench-commit: all
	@sh .ci/packages git:git python3
	@$(MAKE) -s $(BUILD)/bench/commit $(BUILD)/bench/pack
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/bench/commit.sh $(BUILD)/bench/commit

# ringls beside a plain reader of the same blobs, in repositories of up to 100,000 manifests
bench-scan: all
	@sh .ci/packages time git:git python3
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/bench/scan.sh

# ringsync beside a work tree and git merge-tree: 100 rings of 20,000 files
bench-sync: all
	@sh .ci/packages time git:git python3
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/bench/sync.sh

.PHONY: bench-commit bench-edit bench-scan bench-sync
