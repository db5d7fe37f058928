VERSION = 0.1.0
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
BUILD = build$(if $(SAN),/san)
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

# The user's CFLAGS, CPPFLAGS and LDFLAGS are added to ours.
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PKGS = libfyaml jansson libgit2 libmd zlib libseccomp
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
MISSING := $(shell for p in $(PKGS); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done)
# Known versions: those of Debian 12 and 13, on which the tests run, and of Ubuntu 24.04
KNOWN = libfyaml-0.7.12 libfyaml-0.8 jansson-2.14 libgit2-1.5.% libgit2-1.7.% libgit2-1.9.% libmd-1.% zlib-1.% libseccomp-2.5.% libseccomp-2.6.%
VERSIONS := $(join $(addsuffix -,$(PKGS)),$(shell $(PKG_CONFIG) --modversion $(PKGS) 2>/dev/null))
UNKNOWN = $(if $(MISSING),,$(filter-out $(KNOWN),$(VERSIONS)))
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
	-Wformat=2 -Wvla $(WERROR)
# A warning is an error to those who test, not to those who build.
export WERROR ?= $(if $(filter check% lint% coverage,$(MAKECMDGOALS)),-Werror)
# glibc warns if it is to fortify without optimization; a level that the user sets stays.
FORTIFY = $(if $(findstring FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(if $(filter-out -O0,$(filter -O%,$(CFLAGS))), \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
HARDEN = -fPIE -fstack-protector-strong $(if $(SAN),$(SANITIZE) -fno-omit-frame-pointer,$(FORTIFY))
OUR_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -DRK_VERSION='"$(VERSION)"' -Ilib -MMD -MP
OUR_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(PKG_CFLAGS)
# With --as-needed and an archive, a program links only the libraries that its own files call.
OUR_LDFLAGS ?= -pie -Wl,-z,relro,-z,now,--as-needed
LINK = $(CC) $(CFLAGS) $(if $(SAN),$(SANITIZE) $(LEAKY:%=-Wl,--wrap=%)) $(LDFLAGS) $(OUR_LDFLAGS)

# Debian's packages; COMMAND:PACKAGE is installed only if the command is missing.
BUILD_NEEDS = $(firstword $(CC)):gcc libc6-dev $(PKG_CONFIG):pkg-config libfyaml-dev libjansson-dev libgit2-dev libmd-dev zlib1g-dev \
	libseccomp-dev
DEMO_NEEDS = $(BUILD_NEEDS) git:git jq:jq

PROGS = $(patsubst bin/%.c,$(BUILD)/bin/%,$(wildcard bin/*.c))
OBJECTS = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard lib/*/*.c) $(if $(SAN),tests/sanitizers/libgit2.c))
# What each program is linked with
LINKED = $(if $(SAN),$(BUILD)/obj/tests/sanitizers/leaks.o) $(BUILD)/libringkit.a
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))
PAGES = $(wildcard man/*.[157])
SCRIPTS = .ci/run .ci/packages $(wildcard examples/*.sh examples/packaging/*.sh examples/scripts/* tests/*.sh tests/*/*.sh tests/*.t) tests/run

all: $(PROGS)

# Longer runs, in tests/*.mk: lint, coverage, check-board, check-bounds, check-builds, check-clang, check-clock, check-distributions,
# check-fault, check-fuzz, check-helm, check-locales, check-long, check-memory, check-race, check-readings, check-scale, check-scripts,
# check-workflows, bench.  In examples/packaging/*.mk: install, completions, dist, deb, static, check-installed
include $(wildcard tests/*.mk examples/packaging/*.mk)

$(BUILD)/libringkit.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c Makefile | libraries
	@mkdir -p $(@D)
	$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/bin/%: $(BUILD)/obj/bin/%.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LINKED)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(PKG_LIBS) -lcmocka

libraries:
	@$(if $(MISSING),echo 'not found by $(PKG_CONFIG): $(MISSING).  On Debian:' \
		'apt-get install $(foreach n,$(BUILD_NEEDS),$(lastword $(subst :, ,$(n))))' >&2; false)
	@$(if $(UNKNOWN),echo 'warning: no test has seen $(UNKNOWN); known versions: $(subst %,x,$(KNOWN))' >&2)

# The packages first, then a make that finds them.
demo:
	@sh .ci/packages $(DEMO_NEEDS)
	@$(MAKE) -s $(PARALLEL) all
	@PATH="$(CURDIR)/$(BUILD)/bin:$$PATH" bash examples/demo.sh

check:
	@sh .ci/packages $(CHECK_NEEDS)
	@$(MAKE) -s $(PARALLEL) $(CHECKED) lint-quick
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin $(PROVE) \
		$(LONGEST) $(sort $(filter-out $(LONGEST),$(TESTS))) $(UNITS:%=./%)

units: $(UNITS) $(REPLAYS)

# Files that are sourced share names and call functions (SC1090, SC1091, SC2034, SC2153, SC2154, SC2317), jq has variables
# (SC2016), and "A && B || C" and commands that are given the name of their input are meant (SC2015, SC2094).
SHELLCHECK = shellcheck -s bash -S style -e SC1090,SC1091,SC2015,SC2016,SC2034,SC2094,SC2153,SC2154,SC2317

lint-quick:
	mandoc -T lint -W warning $(PAGES)
	$(SHELLCHECK) $(filter-out tests/%.sh tests/%.t,$(SCRIPTS))
	$(SHELLCHECK) -e SC1003,SC2001,SC2013,SC2030,SC2031,SC2046,SC2059,SC2086,SC2119,SC2120,SC2143 \
		$(filter tests/%.sh tests/%.t,$(SCRIPTS))

clean:
	rm -rf build

.PHONY: all demo check units lint-quick clean libraries
.SECONDARY:
-include $(patsubst %.c,$(BUILD)/obj/%.d,$(wildcard bin/*.c lib/*/*.c tests/*/*.c))
