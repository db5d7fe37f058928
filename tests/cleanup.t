# examples/scripts/cleanup: by ring and by pull request, with and without the gate, and what it says on rings' pull requests.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world
release_it() {
	new_ring "$@"
	converge "$1"
	merge_proposals
}
release_it $ring $one
release_it ring-other cohort:tenant:name:juniper

# a squash merge, the branch deleted, and the last commit of the ring a merge that sync made
squashed() {
	git -C people/service checkout -q master && echo '// theirs' >>people/service/Other.java
	git -C people/service add -A && git -C people/service commit -qm Theirs && git -C people/service push -q origin master
	script sync atlas
	ok 'a merge by sync is the head of the ring' eval "exits 0 && git -C service.git log -1 --format=%B $ring | grep -q ^Ring-Sync:"
	merge_pull $ring squash
	git -C service.git branch -q -D $ring
	git -C people/service push -q origin :ring-none 2>/dev/null
	rm -rf service && clone_from converge-service $repository service
	clean_up
	ok 'after a squash merge, the gate holds the tenants' eval "exits 0 && is '' proposals"
	ok "... and the ring's pull request says so" says 120 '**Held** until the chart contains the change: 5 tenants.'
	ok '... only once' writes_nothing clean_up
	ga 1.5.0 "$merged"
	upgrade 1.5.0 acme corvid
	clean_up
	ok '... and opens for those that have it, although the branch is deleted' eval "exits 0 && is 'delta ember fjord' held_tenants cleanup/atlas"
	ok "... and the ring's pull request has the link" eval \
		"says 120 '**Clean-up proposed:** 2 tenants' && says 120 '(http://github.localhost/atlanhq/gitops/pull/3)' && says 120 '3 tenants.'"
	ok '... only once' writes_nothing clean_up
	upgrade 1.5.0 delta ember fjord
	clean_up
	merge_proposals
	clean_up
	ok 'when the clean-up is merged, the pull request of the ring says so' says 120 '**Cleared** with [atlanhq/gitops#3]'
	ok '... only once' writes_nothing clean_up
	ok '... and the ring that is not merged is left' is juniper held_tenants main ring-other
	ok '... without a word' eval "not says 121 'Clean-up'"
}
aside squashed

by_ring() {
	script cleanup --ring $ring --without-gate atlas
	ok 'a ring whose labels select tenants is not cleared' eval "exits 1 && err_has 'remove the labels' && is '' proposals"
	merge_pull $ring
	fork_pull service atlas-metastore master $ring
	script cleanup --ring $ring atlas
	ok 'a ring is cleaned up by its name: the gate holds it' eval "exits 0 && is '' proposals && says 120 '**Held**'"
	script cleanup -n --pull 120 --without-gate atlas
	ok 'a dry run without the gate lists the tenants' eval "exits 0 && out_has planned && is '' proposals"
	script cleanup --pull 120 --without-gate atlas
	ok 'by its pull request and without the gate, its tenants are cleared' eval \
		"exits 0 && is cleanup-ring/atlas/$ring proposals && is '' held_tenants cleanup-ring/atlas/$ring"
	ok '... and those of no other ring' is juniper held_tenants cleanup-ring/atlas/$ring ring-other
	ok '... which its pull request says' says 120 '**Clean-up proposed:** 5 tenants'
	ok "... and not a fork's" is '' comments 122
	clean_up
	ok 'a run for all rings leaves this proposal' is cleanup-ring/atlas/$ring proposals
	by_hand=$(ringls -C gitops.git -r main --ring $ring | mkpatch -C gitops.git -r main --remove |
		applypatch -C gitops.git --branch main)
	clean_up
	ok '... until nothing is left to clear' eval "is '' proposals && is '' held_tenants"
}
aside by_ring

wrong() {
	script cleanup --without-gate atlas
	ok '--without-gate needs a ring' exits 2
	script cleanup --ring $ring --pull 120 atlas
	ok 'a ring and a pull request cannot both be given' exits 2
	script cleanup --ring no-ring atlas
	ok 'a name that is not a ring is refused' exits 2
	script cleanup --pull x atlas
	ok '... and so is a number that is not one' exits 2
	script cleanup --pull 999 atlas
	ok '... or that no pull request has' not exits 0
	merge_pull $ring
	CLEANUP=main script cleanup --ring $ring --without-gate atlas
	ok 'the first part of the names of branches can be chosen' eval "exits 0 && has_branch main-ring/atlas/$ring"
	CLEANUP=main script cleanup atlas
	ok '... and is refused where Git cannot have such a branch' eval "exits 2 && err_has 'cannot be created beside'"
}
has_branch() { git -C gitops.git rev-parse --verify -q "refs/heads/$1"; }
aside wrong

moved() {
	merge_pull $ring
	ga 1.5.0 "$merged"
	upgrade 1.5.0 acme corvid delta ember fjord
	mkdir -p people/gitops/archive && git -C people/gitops mv tenants/acme archive/acme
	git -C people/gitops commit -qm Move && git -C people/gitops push -q origin main
	clean_up
	ok 'an override in a manifest that was moved is cleared, too' eval "exits 0 && is '' eval 'everywhere cleanup/atlas'"
}
everywhere() { ringls -C gitops.git -r "$1" --service atlas --ring $ring --everywhere | jq -r 'select(.type == "override").path'; }
aside moved

# a tenant has a value of the ring that the chart does not have
valued() {
	local acme=people/gitops/tenants/acme/application.yaml
	merge_pull $ring
	ga 1.5.0 "$merged"
	upgrade 1.5.0 acme corvid delta ember fjord
	sed -i "0,/^ *atlas:/s/^\( *\)atlas:.*/&\n\1  ringOnly: 1  # ringkit: atlas\/$ring $(printf 1 | sha256sum | head -c 8)/" $acme
	git -C people/gitops commit -qam 'A value of the ring' && git -C people/gitops push -q origin main
	clean_up
	ok 'a tenant whose chart lacks a value of the ring is held' eval "exits 0 && is acme held_tenants cleanup/atlas"
	ok '... with the reason' grep -qF 'the chart does not have `/ringOnly`: 1' "$tmp/out"
	script cleanup --drop-values atlas
	ok '... until --drop-values is given' eval "exits 0 && is '' held_tenants cleanup/atlas"
	ok '... which takes the value back' eval "not git -C gitops.git grep -q ringOnly cleanup/atlas"
}
aside valued

ok 'GitHub knows every request of the scripts' understood
finish
