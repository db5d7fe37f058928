#!/bin/bash
# ring-records(5) against the filters: its samples, the members of what they write, and the codes of refusals.
. "$(dirname "$0")/lib.sh"

page=$top/man/ring-records.5
export RING_CATALOG=$examples/releases/ring.yaml
repo gitops

built() { [ -x "$RINGKIT_BIN/$1" ]; }
samples() { sed 's/\\&//g' "$page" | grep '^{"type":'; }
sample() { samples | grep "^{\"type\":\"$1\""; }
types() { awk '/^\.Sh / { on = $0 == ".Sh THE RECORDS" } on && /^\.Ss / { print $2 }' "$page"; }
# members TYPE: those that the page describes
members() {
	echo type
	awk -v type="$1" '/^\.S[hs] / { on = $0 == ".Ss " type } on && /^\.It Cm / {
		sub(/^\.It Cm /, ""); sub(/ Pq.*/, ""); gsub(/ , /, "\n"); print }' "$page"
}

# Samples
ok 'every record has one sample' diff <(types) <(samples | jq -r .type)
while IFS= read -r record; do
	type=$(jq -r .type <<<"$record")
	ok "the sample of $type is compact, with its type first" \
		test "$record" = "$(jq -c '{type: .type} + .' <<<"$record")"
	ok '... and has no member that is not described' \
		diff /dev/null <(comm -13 <(members "$type" | sort) <(jq -r keys_unsorted[] <<<"$record" | sort))
	ok '... nor in another order' \
		diff <(jq -r keys_unsorted[] <<<"$record") <(members "$type" | grep -xFf <(jq -r keys_unsorted[] <<<"$record"))
done < <(samples)

# Samples, read by the filters
run labels2json --unframed < <(sample release)
ok 'labels2json reads the release' eval 'exits 0 && out_has internal-level-1'
ok '... and makes the selector' out_has "$(sample selector)"
run cohort-resolve -C "$examples/releases" --unframed < <(sample selector)
ok 'cohort-resolve reads the selector' eval 'exits 0 && out_has "\"acme\""'
if built mkpatch; then
	run mkpatch -C "$tmp/gitops" --unframed --service heracles --ring ring-leangraph --tag 4f2a9c1 < <(sample tenant)
	ok 'mkpatch reads the tenant' eval 'exits 0 && out_has "\"type\":\"patch\""'
	run mkpatch -C "$tmp/gitops" --unframed --remove < <(sample override)
	ok 'mkpatch --remove reads the override' eval '[ "$status" -le 1 ] && out_has "\"tenant\":\"beta\""'
fi
if built ringgate; then
	run ringgate -C "$tmp/gitops" --unframed < <(sample override)
	ok 'ringgate reads the override' eval 'exits 0 && out_has "$(sample override | sed "s/}$//"),\"gate\":\"held\",\"reason\":"'
fi
if built applypatch; then
	run applypatch -C "$tmp/gitops" --unframed --dry-run --branch other < <(sample patch)
	ok 'applypatch reads the patch' not exits 65
fi
for type in result sync refused; do
	run cohort-resolve --unframed < <(sample "$type")
	ok "the $type is passed on byte for byte" out_has "$(sample "$type")"
done
run cohort-resolve < <(samples | grep -v '^{"type":"\(end\|selector\)"' | framed)
ok 'with an end record, all of them are a complete stream' eval 'exits 1 && out_lines "$(samples | grep -vc selector)"'

# What the filters write
described() {
	jq -r '.type as $t | keys_unsorted[] | "\($t) \(.)"' "$tmp/out" | sort -u | while read -r type member; do
		members "$type" | grep -x "$member" >/dev/null || echo "$type has an undescribed $member"
	done | diff /dev/null -
}
labels2json <"$examples/labels.json" >"$tmp/selectors"
cohort-resolve -C "$examples/releases" <"$tmp/selectors" >"$tmp/tenants"
run labels2json <<<$'cohort:x\ncohort:tenant:name:acme'
ok 'all that labels2json writes is described' described
run cohort-resolve -C "$examples/releases" < <(cat "$tmp/selectors"; sample selector | sed 's/internal-level-1/blue/g' | framed)
ok 'so is all that cohort-resolve writes' described
if built ringls; then
	run ringls -C "$tmp/gitops" --since
	ok '... what ringls writes' described
	! built ringgate || { cp "$tmp/out" "$tmp/overrides" && run ringgate -C "$tmp/gitops" <"$tmp/overrides"; ok '... what ringgate writes' described; }
fi
if built ringcheck; then
	run ringcheck --runs "$examples/runs.json" --service atlas <"$examples/pulls.json"
	ok '... what ringcheck writes' described
fi
if built ringsync; then
	run ringsync -C "$tmp/gitops" --from main < <(git -C "$tmp/gitops" branch ring-a && printf '%s\n' ring-a ring-none)
	ok '... what ringsync writes' described
fi
if built mkpatch; then
	run mkpatch -C "$tmp/gitops" --service atlas --ring ring-leangraph --tag 4f2a9c1 <"$tmp/tenants"
	ok '... what mkpatch writes' described
fi
if built applypatch; then
	cp "$tmp/out" "$tmp/patches"
	git -C "$tmp/gitops" branch -q other
	run applypatch -C "$tmp/gitops" --branch other --partial <"$tmp/patches"
	ok '... and what applypatch writes' described
fi

# Every code is on the page, has advice, and is used
codes() { sed -n 's/^RK_CODE([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$top/lib/base/codes.def" | sort -u; }
names() { sed -n 's/^RK_CODE(\([A-Z_]*\),.*/\1/p' "$top/lib/base/codes.def"; }
unused() { for name in $(names); do grep -qrw "RK_CODE_$name" "$top"/lib/*/*.c || echo "$name"; done; }
unadvised() { tr '\n' ' ' <"$top/lib/base/codes.def" | grep -oE 'RK_CODE\([A-Z_]+, "[a-z-]+", +"[^"]{0,9}"\)'; }
listed() {
	awk '/^\.Sh / { on = $0 == ".Sh REFUSALS" } on && /^\.It Cm / { sub(/^\.It Cm /, ""); gsub(/ , /, "\n"); print }' "$page" |
		sort -u
}
ok 'the list has codes' test "$(codes | wc -l)" -gt 50
ok 'every code of the list is used' diff /dev/null <(unused)
ok 'every code has advice' diff /dev/null <(unadvised)
ok 'every code is on the page, and no other' diff <(codes) <(listed)

# Its examples
mkdir "$tmp/kit"
cp -R "$tmp/gitops" "$examples/releases" "$examples"/*.json "$tmp/kit"
cd "$tmp/kit" || exit
examples_of_page() {
	awk '/^\.Sh / { on = $0 == ".Sh EXAMPLES" } !on { next }
		/^\.Bd/ { inside = 1; next } /^\.Ed/ { inside = 0; printf "%c", 0; next } inside { gsub(/\\e/, "\\"); print }' "$page"
}
while IFS= read -r -d '' example; do
	[[ $example != *mkpatch* ]] || built mkpatch || continue
	run bash -o pipefail -c "$example"
	ok "this runs: ${example%%$'\n'*}" exits 0
done < <(examples_of_page)

finish
