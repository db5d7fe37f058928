# Completions for bash, zsh and fish, from the options that the programs print: build/completions/bash/NAME, zsh/_NAME, fish/NAME.fish
completions: $(PROGS)
	@sh examples/packaging/completions.sh build/completions $^

.PHONY: completions
