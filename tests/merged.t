#!/usr/bin/env bash
# examples/scripts where the catalogue lets proposals be merged without a person: they merge the commit that was judged, or nothing.
. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world
yq -y '.merge = {set: ["github:path:internal-level-1"], clear: true} | .allowed = {"github:path:internal-level-1": ["ann"]}' \
	"$RING_CATALOG" >ring.yaml && mv ring.yaml "$RING_CATALOG"

merged() { gitops_pulls 'map(select(.merged_at)) | length == $n' --argjson n "$1"; }
open_one() { gitops_pulls 'map(select(.state == "open")) | length == 1'; }
# nothing_moves SENTENCE WHY: the proposal stays open, and the comment says why
nothing_moves() {
	ok "$1" eval "exits 0 && merged 0 && open_one && is '' tenants_on $commit && says 120 '$2'"
}
# meanwhile REQUEST CONDITION COMMAND ...: converge, but when the condition holds, hold the first such request until the command is done
meanwhile() {
	state '.slow = [{match: $match, until: $file}]' --arg match "$1" --arg file "$tmp/go"
	rm -f "$tmp/go"
	: >"$github_log"
	{ for _ in {1..1200}; do ! "$2" >/dev/null 2>&1 || break; sleep 0.1; done
		"${@:3}" && touch "$tmp/go"; } >"$tmp/aside" 2>&1 &
	converge $ring
	wait $! || cat "$tmp/aside"
}
is_made() { jq -es 'any(.[]; .method == "POST" and (.path | test("/gitops/pulls$")))' "$github_log"; }
is_asked() { jq -es 'any(.[]; .method == "GET" and (.path | test("/gitops/pulls/[0-9]+$")))' "$github_log"; }
is_pushed() { git -C gitops.git rev-parse -q --verify refs/heads/release/atlas/$ring; }

new_ring $ring $one
at_first=$(git -C gitops.git rev-parse main)

merges() {
	converge $ring
	ok 'a proposal of a cohort that is listed is merged in the run that makes it' eval "exits 0 && merged 1 && is '$first' tenants_on $commit"
	ok '... as a merge of exactly that commit onto the tip of the base' \
		is "$at_first" git -C gitops.git rev-parse main^2^
	ok '... by us' gitops_pulls 'map(select(.merged_at))[0].head.sha == $sha' --arg sha "$(git -C gitops.git rev-parse main^2)"
	ok '... which says that it was unattended' is auto git -C gitops.git log -1 --format='%(trailers:key=Merge,valueonly,separator=%x2C)' main^2
	ok "... and so does the comment on the ring's pull request" says 120 '**Merged** without a person'
	converge $ring
	ok 'the next run finds nothing to do' eval "exits 0 && merged 1 && says 120 '5 tenants have an image of this ring'"
	push $ring && build $ring success && converge $ring
	ok 'the next commit is merged, too' eval "exits 0 && merged 2 && is '$first' tenants_on $commit"
	# a person says no
	git -C people/gitops fetch -q origin && git -C people/gitops checkout -q main && git -C people/gitops merge -q --ff-only origin/main
	tick
	git -C people/gitops checkout -q "$at_first" -- tenants/acme/application.yaml && git -C people/gitops commit -qm 'Not acme' && git -C people/gitops push -q origin main
	converge $ring
	ok 'what a person has reverted stays so' eval "is 'corvid delta ember fjord' tenants_on $commit && says 120 reverted-by-hand"
	close_pull $ring && converge $ring
	ok 'a closed ring is cleared without a person' eval "exits 0 && is '' held_tenants"
	ok '... and every manifest is what it was' as_it_was
}
asks_a_person() {
	label $ring cohort:tenant:name:juniper && converge $ring
	ok 'a tenant of another cohort makes it a review' eval "exits 0 && merged 0 && open_one && says 120 'A person merges it.' && says 120 'juniper: cohort'"
	unlabel $ring cohort:tenant:name:juniper && converge $ring
	ok '... which is merged once it is gone' eval "exits 0 && merged 1 && is '$first' tenants_on $commit"
}
protected() {
	state '.repositories["atlanhq/gitops"].reviewed = ["main"]'
	: >"$github_log"
	converge $ring
	nothing_moves 'a branch that requires a review is not forced' 'a check or a review that its branch requires is missing'
	ok '... and no merge is tried' is 0 jq -s 'map(select(.method == "PUT")) | length' "$github_log"
	state '(.repositories["atlanhq/gitops"].pulls[] | select(.state == "open")).approved = true'
	converge $ring
	ok '... once it is approved, it is merged' eval "exits 0 && merged 1"
}
pending() {
	state '.repositories["atlanhq/gitops"].unknown = 20'
	converge $ring
	nothing_moves 'GitHub is not asked for ever whether it can be merged' 'GitHub does not know yet'
	state '.repositories["atlanhq/gitops"] |= (.unknown = 1 | .checks = {(.pulls[] | select(.state == "open") | .head.sha): "pending"})'
	converge $ring
	nothing_moves 'a check that is not done is waited for' 'a check has not passed'
	state 'del(.repositories["atlanhq/gitops"].checks)'
	converge $ring
	ok '... and the next run merges' eval "exits 0 && merged 1"
}
# a person's commit on the proposal, while the run decides
pushes() {
	git -C people/gitops fetch -q origin && git -C people/gitops checkout -q --detach origin/release/atlas/$ring &&
		echo '# mine' >>people/gitops/tenants/acme/application.yaml && git -C people/gitops commit -qam Mine &&
		git -C people/gitops push -q origin HEAD:release/atlas/$ring
}
changed() {
	meanwhile 'GET .*/gitops/pulls/[0-9]+$' is_made pushes
	nothing_moves 'a commit that a person pushes in the meantime is not merged' 'it has another commit in the meantime'
	converge $ring
	ok '... nor by the next run' eval "exits 1 && merged 0 && says 120 foreign-commit"
}
late() {
	meanwhile 'PUT .*/gitops/pulls/[0-9]+/merge$' is_asked pushes
	nothing_moves '... not even after the last look: GitHub is given the id of the one that was judged' 'Head branch was modified'
}
moves() {
	tick && git -C people/gitops fetch -q origin && git -C people/gitops checkout -q -B main origin/main &&
		git -C people/gitops commit -q --allow-empty -m 'Something else' && git -C people/gitops push -q origin main
}
base_moves() {
	meanwhile 'POST .*/gitops/pulls$' is_pushed moves
	nothing_moves 'if the base has moved, what was judged is not what would be merged' 'main has changed in the meantime'
	converge $ring
	ok '... and the next run judges again' eval "exits 0 && merged 1 && is '$first' tenants_on $commit"
}
anothers() {
	tick && git -C people/gitops fetch -q origin
	yq -y 'del(.merge)' "$RING_CATALOG" >without && cp "$RING_CATALOG" with && cp without "$RING_CATALOG"
	converge $ring
	ok 'without merge in the catalogue nothing is merged' eval "exits 0 && merged 0 && open_one && not says 120 'without a person'"
	cp with "$RING_CATALOG"
	state '(.repositories["atlanhq/gitops"].pulls[] | select(.state == "open")).user = "mallory"'
	converge $ring
	ok "another author's pull request is not merged" eval "merged 0 && is '' tenants_on $commit"
}
refuses() {
	state '.broken = [{match: "PUT .*/gitops/pulls/[0-9]+/merge", status: 405, message: "Merge commits are not allowed on this repository.", times: 1}]'
	converge $ring
	nothing_moves 'what GitHub refuses is reported' 'Merge commits are not allowed on this repository.'
	state '.broken = [{match: "PUT .*/gitops/pulls/[0-9]+/merge", status: 502, times: 1}]'
	converge $ring
	ok '... and what fails is an error' eval "not exits 0 && merged 0 && says 120 'HTTP 502'"
	converge $ring
	ok '... until the next run' eval "exits 0 && merged 1"
}
dry() {
	no_writes_yet
	tick && script release -n atlas $ring
	ok 'a dry run merges nothing' eval "exits 0 && is '' writes"
}

for part in merges asks_a_person protected pending changed late base_moves anothers refuses dry; do
	aside $part
	commit=$(git -C service.git rev-parse $ring)
done
ok 'the stand-in has understood every request' understood
finish
