# What the fuzzers have found, once more: nothing of it does any harm now.

. "$(dirname "$0")/lib.sh"
cd "$top" || exit
export FUZZ_STRICT=1

for target in edit read-fast read; do
	found=("tests/fuzz/corpus/$target"/*)
	[ $target != read-fast ] || found=(tests/fuzz/corpus/*/*)	# any text will do
	run "${RINGKIT_BIN%/bin}/replay/$target" "${found[@]}" tests/shapes/*
	ok "$target: each input is read, edited or refused" exits 0
done

finish
