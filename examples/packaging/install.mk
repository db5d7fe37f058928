# Installing: programs, pages, completions; in share/ringkit the scripts that run the filters in CI, the workflows that ringkit-init
# copies, and the schema of ring.yaml
SHARE = $(PREFIX)/share/ringkit
SHARED = $(patsubst examples/%,%,examples/ring.schema.json $(wildcard examples/scripts/* examples/github/*/workflows/* examples/github/*/actions/*/*))
# FROM:DIRECTORY, of what "make completions" writes
BASH_DIR ?= $(PREFIX)/share/bash-completion/completions
ZSH_DIR ?= $(PREFIX)/share/zsh/site-functions
FISH_DIR ?= $(PREFIX)/share/fish/vendor_completions.d
COMPLETIONS = build/completions/bash:$(BASH_DIR) build/completions/zsh:$(ZSH_DIR) build/completions/fish:$(FISH_DIR)
NAMES = $(notdir $(PROGS))
COMPLETED = $(NAMES:%=$(BASH_DIR)/%) $(NAMES:%=$(ZSH_DIR)/_%) $(NAMES:%=$(FISH_DIR)/%.fish)
INSTALLED = $(NAMES:%=$(PREFIX)/bin/%) $(SHARED:%=$(SHARE)/%) $(foreach p,$(PAGES),$(MANDIR)/man$(subst .,,$(suffix $p))/$(notdir $p))

install: all $(if $(wildcard examples/packaging/completions*),completions)
	@mkdir -p $(sort $(dir $(INSTALLED:%=$(DESTDIR)%)))
	install -m 755 $(PROGS) $(DESTDIR)$(PREFIX)/bin
	for p in $(PAGES); do install -m 644 $$p $(DESTDIR)$(MANDIR)/man$${p##*.} || exit; done
	for p in $(SHARED); do install -m $$([ -x examples/$$p ] && echo 755 || echo 644) examples/$$p $(DESTDIR)$(SHARE)/$$p || exit; done
	for p in $(COMPLETIONS); do \
		[ ! -d $${p%%:*} ] || { mkdir -p $(DESTDIR)$${p#*:} && install -m 644 $${p%%:*}/* $(DESTDIR)$${p#*:}; } || exit; \
	done

uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED) $(COMPLETED))
	@find $(DESTDIR)$(SHARE) -depth -type d -empty -delete 2>/dev/null || true

.PHONY: install uninstall
