# What the fuzzers have found, once more, and inputs that reach much of the code: each property of the targets holds.

. "$(dirname "$0")/lib.sh"
cd "$top" || exit
export FUZZ_STRICT=1

replay() {
	local dir inputs=()
	for dir in tests/fuzz/corpus/*; do
		inputs+=("@${dir##*/}" "$dir"/*)
	done
	"${RINGKIT_BIN%/bin}/replayer" "${inputs[@]}" @edit tests/shapes/* @read tests/shapes/* @read-fast tests/shapes/* \
		tests/fuzz/corpus/{edit,read}/*
}
run replay
tail -n 3 "$tmp/err" >"$tmp/last" && cp "$tmp/last" "$tmp/err"
ok 'each input is accepted or refused, and what its target expects holds' exits 0
for target in $(sed -n 's/^TARGET(.*"\(.*\)")$/\1/p' tests/fuzz/targets.def); do
	ok "$target has a corpus" test -d "tests/fuzz/corpus/$target"
done

finish
