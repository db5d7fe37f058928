#!/bin/sh
# completions.sh DIRECTORY PROGRAM ...
# Write completions of the programs for bash, zsh and fish, from the options that their --help prints, to DIRECTORY/bash/NAME,
# DIRECTORY/zsh/_NAME and DIRECTORY/fish/NAME.fish.
set -eu
here=$(dirname "$0")
out=$1
shift
mkdir -p "$out/bash" "$out/zsh" "$out/fish"

# write SHELL PROGRAM FILE: the shell's functions, then the program's options
write() {
	{
		[ "$1" != zsh ] || echo "#compdef ${2##*/}"
		echo "# Completion of ${2##*/} for $1, written by \"make completions\""
		echo
		cat "$here/completions.$1"
		echo
		"$2" --help | awk -v shell="$1" -v program="${2##*/}" -f "$here/completions.awk"
	} >"$3.new"
	mv "$3.new" "$3"
}

for program; do
	name=${program##*/}
	write bash "$program" "$out/bash/$name"
	write zsh "$program" "$out/zsh/_$name"
	write fish "$program" "$out/fish/$name.fish"
done
