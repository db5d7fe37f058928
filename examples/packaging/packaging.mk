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

# Programs that need no library, not even libc, for any image; the linker's warning is of getpwuid_r(3), which libgit2 calls where HOME
# is not set
STATIC = $(patsubst bin/%.c,$(BUILD)/static/bin/%,$(wildcard bin/*.c))
STATIC_NAME = ringkit-$(VERSION)-linux-$(shell uname -m)

$(BUILD)/static/bin/%: $(BUILD)/obj/bin/%.o $(LINKED) $(BUILD)/obj/examples/packaging/no_network.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static-pie -s -Wl,-z,relro,-z,now,--as-needed,--gc-sections,--no-warnings \
		-o $@ $^ $(shell $(PKG_CONFIG) --static --libs $(PKGS))

static:
	@sh .ci/packages $(BUILD_NEEDS)
	@$(MAKE) -s $(PARALLEL) $(STATIC)
	@rm -rf $(BUILD)/static/root
	@$(MAKE) -s install PROGS='$(STATIC)' DESTDIR=$(CURDIR)/$(BUILD)/static/root PREFIX=/$(STATIC_NAME)
	@sh examples/packaging/static.sh $(STATIC_NAME) $(DIST) $(BUILD)/static/root

.PHONY: deb dist static
