VERSION = 0.1.0
PREFIX ?= /usr/local
BUILD = build$(if $(SAN),/san)

CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PKGS = libfyaml jansson libgit2
WARN = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wwrite-strings -Wundef \
	-Wformat=2 -Wvla -Werror
HARDEN = $(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer, \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
, := ,
OUR_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -DRK_VERSION='"$(VERSION)"' -Ilib -MMD -MP
OUR_CFLAGS = -std=c11 $(WARN) $(HARDEN) $(shell $(PKG_CONFIG) --cflags $(PKGS))
OUR_LDFLAGS = -pie -Wl,-z,relro,-z,now,--as-needed $(if $(SAN),-fsanitize=address$(,)undefined)
# as-needed and an archive: a program links only the libraries that its own rooms call
LIBS = $(shell $(PKG_CONFIG) --libs $(PKGS))

PROGS = $(patsubst bin/%.c,$(BUILD)/bin/%,$(wildcard bin/*.c))
ROOMS = $(patsubst lib/%.c,$(BUILD)/lib/%.o,$(wildcard lib/*.c))
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*.c))

all: $(PROGS)

$(BUILD)/libringkit.a: $(ROOMS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/bin/%: $(BUILD)/bin/%.o $(BUILD)/libringkit.a
	$(CC) $(CFLAGS) $(LDFLAGS) $(OUR_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libringkit.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(OUR_LDFLAGS) -o $@ $^ $(LIBS) $(shell $(PKG_CONFIG) --libs cmocka)

units: $(UNITS)

clean:
	rm -rf build

.PHONY: all units clean
.SECONDARY:
-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)
