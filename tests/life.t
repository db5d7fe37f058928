# The whole life of a release, on real repositories, through the scripts that CI runs.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

two=cohort:github:path:enterprise-level-1
both='acme corvid delta ember fjord juniper lumen mistral'

# A release can be abandoned at any step: the pull request is closed, or a person clears its overrides after the merge.
by_hand() {
	ringls -C gitops.git -r main --ring $ring | mkpatch -C gitops.git -r main --remove |
		applypatch -C gitops.git --branch by-hand --onto main >"$tmp/by-hand" && [ -s "$tmp/by-hand" ] || return
	git -C gitops.git rev-parse -q --verify by-hand >"$tmp/tip" || return 0
	merge_proposal by-hand
}
gone() {
	close_pull $ring && converge && merge_proposals && converge && exits 0 && is '' proposals && as_it_was && sound
}
cleared() { by_hand && clean_up && converge && is '' held_tenants && is '' proposals && as_it_was && sound; }
abandon_here() { aside ok "abandoned $1, every manifest is what it was" gone; }

world
push $ring
old=$commit
open_pull $ring bug
converge $ring
ok 'a pull request without a cohort releases nothing' eval 'exits 0 && is "" proposals'
abandon_here 'before its first build'

label $ring $one
build $ring running
converge $ring
ok '... nor does one whose build is running' eval 'exits 0 && is "" proposals'
build $ring success
converge $ring
ok 'a commit with a green build is proposed' eval "exits 0 && is release/atlas/$ring proposals"
ok '... to its cohort' is "$first" tenants_on "$old" release/atlas/$ring
ok '... and no tenant has it yet' is '' held_tenants
ok '... in one pull request, which names the ring' gitops_pulls \
	'[.[] | select(.state == "open")] | length == 1 and .[0].head.ref == $b and (.[0].title | contains("ring-leangraph"))' \
	--arg b release/atlas/$ring
ok "... and reported in one comment on the ring's pull request" eval 'comment 120 | grep -q acme'
before=$(git -C gitops.git rev-parse release/atlas/$ring)
converge $ring
converge $ring
ok 'two more runs change nothing' is "$before" git -C gitops.git rev-parse release/atlas/$ring
abandon_here 'while it is proposed'

merge_proposals
converge $ring
ok 'when the proposal is merged, the cohort has the image' is "$first" tenants_on "$old"
ok '... and nothing is left to propose' is '' proposals

abandon_here 'in its cohort'

label $ring $two
converge $ring
ok 'a second cohort is proposed' is "$both" tenants_on "$old" release/atlas/$ring
abandon_here 'while a second cohort is proposed'

push $ring
new=$commit
build $ring running
before=$(git -C gitops.git rev-parse release/atlas/$ring)
converge $ring
ok 'a fix whose build is running moves nothing' is "$before" git -C gitops.git rev-parse release/atlas/$ring
abandon_here 'while its fix is built'

build $ring success
converge $ring
ok 'when its build is green, the tag moves for all of them' is "$both" tenants_on "$new" release/atlas/$ring
merge_proposals
ok '... and on the target branch once the proposal is merged' is "$both" tenants_on "$new"

abandon_here 'in two cohorts'

push $ring
build $ring success
newer=$commit
converge $ring
ok 'the next commit is proposed' is "$both" tenants_on "$newer" release/atlas/$ring
unlabel $ring $one
unlabel $ring $two
label $ring cohort:tenant:name:acme
converge $ring
ok 'labels removed before the merge: the proposal is for the remaining tenants' is acme tenants_on "$newer" release/atlas/$ring
ok '... and clears the others' is acme held_tenants release/atlas/$ring
abandon_here 'when labels were removed'

unlabel $ring cohort:tenant:name:acme
label $ring $one
label $ring $two
converge $ring
ok 'labels added again: the proposal is what it was' is "$both" tenants_on "$newer" release/atlas/$ring
merge_proposals
abandon_here 'when labels were added again'

unlabel $ring $two
push $ring
build $ring failure
converge $ring
ok 'a label removed while the build is red: its tenants are cleared' is "$first" held_tenants release/atlas/$ring
ok '... and the others keep their overrides' is "$first" tenants_on "$newer" release/atlas/$ring
merge_proposals

abandon_here 'after a red build'

git -C people/service reset -q --hard "$newer" && git -C people/service push -qf origin $ring
merge_pull $ring
converge $ring
ok 'when the ring is merged, its tenants keep their overrides' eval "is '' proposals && is '$first' tenants_on $newer"
clean_up
ok '... and the gate holds them' eval "exits 0 && is '' proposals && is '$first' held_tenants"
aside ok 'cleared by hand after the merge, every manifest is what it was' cleared
ga 1.5.0 "$merged"
upgrade 1.5.0 acme corvid
clean_up
ok 'clearing the tenants whose GA version has the commit is proposed' eval "exits 0 && is cleanup/atlas proposals"
ok '... and the other tenants stay' is 'delta ember fjord' held_tenants cleanup/atlas
merge_proposals
aside ok 'cleared by hand when some tenants have passed the gate, every manifest is what it was' cleared
upgrade 1.5.0 delta ember fjord juniper
clean_up
merge_proposals
ok 'the other tenants are cleared when they have it too' is '' held_tenants
clean_up
ok '... and nothing is left to do' is '' proposals
ok 'every manifest is, byte for byte, what it was' as_it_was
ok 'every repository is sound' sound
ok 'GitHub knows every request of the scripts' understood

finish
