#!/bin/bash
# installed.sh PREFIX EVERY TEST ...
# Run the tests on the programs, pages, scripts and examples that are installed below PREFIX; then give the programs each EVERY-th
# of the hostile inputs of check-bounds, unless EVERY is 0.  No program is built: this happens in build/installed, a copy of this
# directory in which all that can be installed is what is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$1 every=$2
shift 2
copy=$PWD/build/installed

die() {
	echo "error: $*" >&2
	exit 1
}
# take FILE PATH: have the installed file, which may be compressed, as PATH
take() {
	rm -f "$2"
	if [ -e "$1.gz" ]; then gzip -dc "$1.gz" >"$2"; else cp -L "$1" "$2"; fi || die "$1 is not installed"
}

rm -rf "$copy"
mkdir -p "$copy/build/bin"
for name in .ci .github LICENSE Makefile README.md bin examples lib man tests; do
	[ ! -e "$name" ] || cp -a "$name" "$copy"
done
for page in man/*.[157]; do
	take "$prefix/share/man/man${page##*.}/${page#man/}" "$copy/$page"
done
for script in examples/scripts/*; do
	take "$prefix/share/ringkit/${script#examples/}" "$copy/$script"
done
take "$prefix/share/ringkit/ring.schema.json" "$copy/examples/ring.schema.json"
if [ -d "$prefix/share/doc/ringkit/examples" ]; then
	cp -RL "$prefix/share/doc/ringkit/examples/." "$copy/examples"
fi
# Links, so that tests find the programs and no others in their directory
for source in bin/*.c; do
	program=$(basename "$source" .c)
	[ -x "$prefix/bin/$program" ] || die "$prefix/bin/$program is not installed"
	ln -s "$prefix/bin/$program" "$copy/build/bin"
done

cd "$copy"
# Libraries that tests load in front of libc
make -s build/confine/escape.so build/fault/close.so build/memory/fail.so
RINGKIT_BIN=$copy/build/bin prove --directives -j"$(nproc)" --exec 'sh tests/run' "$@"
if [ "$every" -gt 0 ]; then
	PATH=$copy/build/bin:$PATH /usr/bin/python3 tests/bounds/bounds.py --jobs "$(nproc)" --every "$every" --least $((38000 / every))
fi
[ -z "$(find build -name '*.o' -o -name 'lib*.a')" ] || die 'something was built'
for program in build/bin/*; do
	[ "$(readlink "$program")" = "$prefix/bin/${program##*/}" ] || die "$program is not the one that is installed"
done
