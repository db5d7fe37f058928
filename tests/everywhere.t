# Every node of a file, replaced by values of every kind, removed, and with others added beside it: the new file's values
# are what python-jsonpatch makes of PyYAML's, and every byte outside the touched lines is the same.

. "$(dirname "$0")/lib.sh"
driver=${RINGKIT_BIN%/bin}/unit/edit-property

everywhere() { run python3 "$top/tests/everywhere.py" "$driver" "$@" && grep '^#' "$tmp/out"; }
refused() { sed -n 's/.*refused: //p' "$tmp/out"; }
only() { [ -z "$(refused | grep -oE '[a-z][a-z-]+' | grep -vxFf <(printf '%s\n' "$@"))" ]; }

everywhere all "$top"/tests/shapes/*
ok 'each shape is edited everywhere, and changes nowhere else' exits 0
ok '... and what is refused is an anchor, a tag or a key that stands for more' \
	only anchor-in-use tagged single-pair explicit-key
[ -r "$corpus/SOURCES.md" ] || {
	echo "ok 3 - real manifests # SKIP no corpus at $corpus"
	tests=3
	finish
	exit
}
everywhere "${EVERYWHERE:-some}" "$corpus"/manifests/*
ok 'so are real manifests' exits 0
ok '... and nothing is refused there' test "$(refused)" = '{}'

finish
