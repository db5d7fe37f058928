#!/usr/bin/env bash
# Manifests that have an image already, ours, those of whole repositories, and foreign ones: a ring can be released to nine of
# ten, and cleared without a trace.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 1

# manifests DIR ...: the files in which a chart may get values
manifests() { find "$@" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \) ! -name ring.yaml | sort; }

mkdir ours field
mapfile -t ours < <(manifests "$top/tests/manifests" "$top"/tests/repos/*/gitops "$examples/gitops")
run python3 "$top/tests/ga-images.py" ours "${ours[@]}"
grep -v ' released$' out | sed "s#$top/##; s/^/# /"
ok 'a release changes manifests that have an image, and a clear gives back every byte' exits 0
ok 'a release is refused only for aliases, for Flux that updates the image, and where there is no place for a mark' \
	test -z "$(grep -vE '^files | (released|anchor-in-use|through-alias|through-merge-key|shadowed|no-mark)$' out)"
ok 'there are images in at least 15 of our manifests' test "$(awk '/^files / { print $2 }' out)" -ge 15

if [ ! -d "$corpus/manifests" ]; then
	ok 'a ring can be released to nine of ten # SKIP no corpus' true
else
	mapfile -t foreign < <(manifests "$corpus/manifests" "$corpus/../cases")
	run python3 "$top/tests/ga-images.py" field "${ours[@]}" "${foreign[@]}"
	sed -n 's/^files/# files/p' out
	ok 'a ring can be released to nine of ten, without those whose image is shared by an alias' \
		test "$(awk '/^files / { print ($4 >= 0.9 * ($2 - $6)) }' out)" -eq 1
fi

finish
