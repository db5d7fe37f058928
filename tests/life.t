# The whole life of a release, on real repositories, through the scripts that CI runs.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

ring='ring-leangraph'
one=cohort:github:path:internal-level-1
two=cohort:github:path:enterprise-level-1
first='acme corvid delta ember fjord'
both='acme corvid delta ember fjord juniper lumen mistral'

# Abandoned here, wherever that is: the pull request is closed, or after its merge a person clears what it holds
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
ok 'nor does one whose build is running' eval 'exits 0 && is "" proposals'
build $ring success
converge $ring
ok 'a green build is proposed' eval "exits 0 && is release/atlas/$ring proposals"
ok '... to its cohort' is "$first" tenants_on "$old" release/atlas/$ring
ok '... and nobody has it yet' is '' held_tenants
ok '... as one pull request, which names the ring' jq -e --arg b release/atlas/$ring \
	'[.[] | select(.state == "OPEN")] | length == 1 and .[0].headRefName == $b and (.[0].title | contains("ring-leangraph"))' \
	"$GH_STATE/$gitops_repository/pulls.json"
ok "... and told in one comment on the ring's" eval 'comment 120 | grep -q acme'
before=$(git -C gitops.git rev-parse release/atlas/$ring)
converge $ring
ok 'the same again changes nothing' is "$before" git -C gitops.git rev-parse release/atlas/$ring
abandon_here 'while it is proposed'

merge_proposals
converge $ring
ok 'merged, it runs for the cohort' is "$first" tenants_on "$old"
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
ok 'green, it moves the tag for all of them' is "$both" tenants_on "$new" release/atlas/$ring
merge_proposals
ok '... when it is merged' is "$both" tenants_on "$new"

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
ok 'labels gone before the merge: the proposal is for who is left' is acme tenants_on "$newer" release/atlas/$ring
ok '... and clears the others' is acme held_tenants release/atlas/$ring
abandon_here 'when labels were taken away'

unlabel $ring cohort:tenant:name:acme
label $ring $one
label $ring $two
converge $ring
ok 'the labels back: the proposal is what it was' is "$both" tenants_on "$newer" release/atlas/$ring
merge_proposals
abandon_here 'when it was widened again'

unlabel $ring $two
push $ring
build $ring failure
converge $ring
ok 'a red build, and a label removed: its tenants go' is "$first" held_tenants release/atlas/$ring
ok '... and the others stay' is "$first" tenants_on "$newer" release/atlas/$ring
merge_proposals

abandon_here 'after a red build'

git -C people/service reset -q --hard "$newer" && git -C people/service push -qf origin $ring
of $ring '.headRefOid = $head' --arg head "$newer"
merge_pull $ring
converge $ring
ok 'the ring is merged: its tenants stay' eval "is '' proposals && is '$first' tenants_on $newer"
clean_up
ok 'the gate holds them' eval "exits 0 && is '' proposals && is '$first' held_tenants"
aside ok 'cleared by hand after the merge, every manifest is what it was' cleared
ga 1.5.0 "$merged"
upgrade 1.5.0 acme corvid
clean_up
ok 'who has the general release is proposed to be cleared' eval "exits 0 && is cleanup/atlas proposals"
ok '... and nobody else' is 'delta ember fjord' held_tenants cleanup/atlas
merge_proposals
aside ok 'cleared by hand when some are through, every manifest is what it was' cleared
upgrade 1.5.0 delta ember fjord juniper
clean_up
merge_proposals
ok 'the rest follows' is '' held_tenants
clean_up
ok '... and nothing is left to do' is '' proposals
ok 'every manifest is, byte for byte, what it was' as_it_was
ok 'every repository is sound' sound

finish
