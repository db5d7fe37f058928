# The HTML report in a real Chromium: build/board has its pages and pictures of them.
NPM_BOARD = puppeteer-core@24.8.2 axe-core@4.10.3 html-validate@9.0.0

check-board:
	@sh .ci/packages $(CHECK_NEEDS) chromium:chromium fonts-dejavu-core npm:npm ca-certificates
	@$(MAKE) -s $(PARALLEL) all
	@$(call npm_install,board) $(NPM_BOARD)
	@cp tests/board/board.mjs build/npm/board
	@RINGKIT_BIN=$(CURDIR)/$(BUILD)/bin bash tests/board/pages.sh build/board
	@node build/npm/board/board.mjs build/board

.PHONY: check-board
