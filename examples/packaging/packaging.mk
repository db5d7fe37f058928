# What a release has: a tarball of the sources, packages, and programs that need no libraries; each with its SHA-256 sum in build/dist

DIST = build/dist

# HEAD, with the same bytes for each who makes it
dist:
	@sh .ci/packages git:git
	@sh examples/packaging/dist.sh $(VERSION) $(DIST)

# A package for the release of Debian that runs here
deb:
	@sh .ci/packages $(BUILD_NEEDS) git:git build-essential debhelper lintian
	@JOBS=$(JOBS) sh examples/packaging/deb.sh $(VERSION) $(DIST)

# Programs that need no library, not even libc, for any image
STATIC = $(patsubst bin/%.c,$(BUILD)/static/bin/%,$(wildcard bin/*.c))
STATIC_NAME = ringkit-$(VERSION)-linux-$(shell uname -m)

$(BUILD)/static/bin/%: $(BUILD)/obj/bin/%.o $(LINKED) $(BUILD)/obj/examples/packaging/no_network.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static-pie -s -Wl,-z,relro,-z,now,--as-needed,--gc-sections \
		-o $@ $^ $(shell $(PKG_CONFIG) --static --libs $(PKGS))

static:
	@sh .ci/packages $(BUILD_NEEDS)
	@$(MAKE) -s $(PARALLEL) $(STATIC)
	@rm -rf $(BUILD)/static/root
	@$(MAKE) -s install PROGS='$(STATIC)' DESTDIR=$(CURDIR)/$(BUILD)/static/root PREFIX=/$(STATIC_NAME)
	@sh examples/packaging/static.sh $(STATIC_NAME) $(DIST) $(BUILD)/static/root

# The tests on what is installed below PREFIX, and each BOUNDS-th input of check-bounds (0: none).  Left out are those of sources, and
# those that need objects, or programs with symbols.
UNINSTALLED = bench calls completions everywhere fuzz marks structure unsafe
BOUNDS = 0
INSTALLED_TESTS = $(filter-out $(UNINSTALLED:%=tests/%.t),$(LONGEST) $(sort $(filter-out $(LONGEST),$(TESTS))) $(SLOW))

installcheck:
	@sh .ci/packages $(filter-out $(BUILD_NEEDS) libcmocka-dev,$(CHECK_NEEDS)) gcc:gcc libc6-dev time
	@bash tests/installed.sh $(PREFIX) $(BOUNDS) $(INSTALLED_TESTS)

# The same in minimal systems of Debian in which the package is installed and nothing of ringkit is built, as root
check-installed:
	@sh .ci/packages debootstrap:debootstrap git:git python3 python3-yaml
	@bash tests/distributions.sh installed $(RELEASES)

.PHONY: check-installed deb dist installcheck static
