# Functions of the scripts in this directory, which sets -eu and is run in the top directory.
# shellcheck shell=sh

# Git, whatever the user has configured that changes the bytes of an archive
archive() {
	git -c core.autocrlf=false -c core.attributesFile=/dev/null -c tar.umask=0022 \
		archive --format=tar --prefix="$1/" HEAD
}

# files NAME: the files that are packaged, as a tar archive in which NAME/ precedes each: of the commit HEAD, or in an unpacked
# tarball, which has no repository, those that are here.
files() {
	if [ -e .git ]; then
		git diff --quiet HEAD -- || echo 'note: changes that are not committed are left out' >&2
		archive "$1"
	else
		tar --exclude=./build --exclude=__pycache__ --transform="s,^\.,$1," -c .
	fi
}

# The seconds of the commit, which are those of an unpacked tarball's files
epoch() { if [ -e .git ]; then git log -1 --format=%ct; else stat -c %Y Makefile; fi; }

# sum FILE: write its SHA-256 sum beside it
sum() { (cd "$(dirname "$1")" && sha256sum -- "${1##*/}" >"${1##*/}.sha256"); }
