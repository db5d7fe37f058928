# examples/scripts on GitHub as it is: names that are not rings, calls that fail, slow runs, forks, people who close or edit
# what the scripts have written, manifests that were moved, and names that have changed.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world
open_proposals() { gitops_pulls '[.[] | select(.state == "open")] | length == $n' --argjson n "$1"; }

names() {
	new_ring $ring $one
	new_ring ring-other cohort:tenant:name:juniper
	new_ring ring-Foo bug
	new_ring ring-feat/x bug
	new_ring topic cohort:tenant:name:lumen
	new_ring docs bug
	fork_pull service atlas-metastore master ring-Bar
	converge
	ok 'names that are not rings stop no ring' eval "exits 1 && is 'release/atlas/$ring release/atlas/ring-other' eval 'proposals | xargs'"
	ok '... and are reported on their pull requests' eval \
		"says 122 not-a-ring && says 122 ring-Foo && says 123 not-a-ring && says 123 'rename the branch'"
	ok '... and so is another branch with a label of a cohort' says 124 not-a-ring
	ok '... but not one without' is '' comments 125
	ok "... nor a fork's" is '' comments 126
	ok '... only once' writes_nothing converge
	converge 123
	ok '... and the event of one of them ends with an error' exits 1
}

failed_call() {
	new_ring $ring $one
	new_ring ring-other cohort:tenant:name:juniper
	state '.broken = [{match: "GET .*/actions/runs.*branch=ring-leangraph&", status: 502, times: 1}]'
	converge
	ok 'a call that fails stops one ring' eval 'not exits 0 && is release/atlas/ring-other proposals'
	ok '... and is reported on its pull request' eval "says 120 'HTTP 502' && says 120 '**Failed.**'"
	converge
	ok '... until the next run' eval "exits 0 && says 120 '**Proposed:**' && not says 120 'HTTP 502'"
	state '.broken = [{match: "POST .*/gitops/pulls$", status: 502, times: 1}]'
	new_ring ring-third cohort:tenant:name:lumen
	converge
	ok 'a proposal without its pull request is reported, too' eval "not exits 0 && says 122 'HTTP 502'"
	converge
	ok '... and gets it in the next run' eval "exits 0 && says 122 '**Proposed:**' && open_proposals 3"
}

other_rings() {
	sed -i '1iring: rollout/{name}' releases/ring.yaml
	new_ring rollout/graph $one
	state '.broken = [{match: "GET .*/actions/runs.*branch=rollout", status: 502, times: 1}]'
	converge rollout/graph
	ok 'a ring with a "/" in its name is reported' eval "not exits 0 && says 120 'HTTP 502'"
	converge rollout/graph
	ok '... and the next run changes this comment' eval "exits 0 && is 1 eval 'comments 120 | wc -l' && says 120 '**Proposed:**'"
}

all_refused() {
	new_ring $ring cohort:github:path:blue
	converge $ring
	ok 'if all labels are refused, the run is not green' eval "exits 1 && says 120 '**Refused:**' && says 120 no-such-cohort"
	label $ring $one
	converge $ring
	ok '... and it is if one selects a tenant' eval "exits 0 && says 120 '**Proposed:**' && says 120 no-such-cohort"
	merge_proposals
	new_ring ring-other $one
	converge ring-other
	ok 'if all tenants are refused, the run is not green' eval "exits 1 && says 121 '**Refused:**' && says 121 held-by-another-ring"
	ok '... only once' writes_nothing converge ring-other
}

# in the background, on a machine of its own
slowly() {
	cp -a service service.2 && cp -a gitops gitops.2
	credentials service.2 converge-service && credentials gitops.2 converge-gitops
	state '.slow = [{match: "GET .*/actions/runs", until: $file}]' --arg file "$tmp/go"
	rm -f "$tmp/go"
	SERVICE=service.2 GITOPS=gitops.2 GH_TOKEN=converge-service GITOPS_TOKEN=converge-gitops \
		"$examples/scripts/release" atlas $ring >"$tmp/slow" 2>&1 &
	slow=$!
	while ! jq -es 'any(.[]; .query // "" | test("PullRequest"))' "$github_log" >/dev/null; do sleep 0.1; done
	sleep 1
}
go_on() { touch "$tmp/go" && wait $slow || { cat "$tmp/slow" && false; }; }

slow_merged() {
	new_ring $ring $one
	: >"$github_log"
	slowly
	push $ring
	build $ring success
	converge $ring
	ok 'a newer commit is proposed beside a slow run' eval "exits 0 && is '$first' tenants_on $commit release/atlas/$ring"
	merge_proposals
	ok '... which succeeds' go_on
	ok '... and moves no tenant back' eval "is '' proposals && is '$first' tenants_on $commit"
}
slow_proposed() {
	new_ring $ring $one
	: >"$github_log"
	slowly
	push $ring
	build $ring success
	converge $ring
	ok 'a slow run with an old head succeeds' go_on
	ok '... and the proposal of the newer one stays' is "$first" tenants_on "$commit" release/atlas/$ring
}

# another run makes the same proposal after this one has looked, and before it writes
overtaken() {
	new_ring $ring $one
	cp -a service service.2 && cp -a gitops gitops.2
	credentials service.2 converge-service && credentials gitops.2 converge-gitops
	mkdir bin
	cat >bin/applypatch <<-EOF
		#!/bin/bash
		[ -e "$PWD/other" ] || (cd "$PWD" && SERVICE=service.2 GITOPS=gitops.2 "$examples/scripts/release" atlas $ring >other 2>&1)
		exec "$RINGKIT_BIN/applypatch" "\$@"
	EOF
	chmod +x bin/applypatch
	PATH=$PWD/bin:$PATH converge $ring
	ok 'a run that is overtaken by another one succeeds' exits 0
	ok '... and finds the proposal, which it reports as its own' eval "open_proposals 1 && says 120 /gitops/pull/1"
}

theirs() {
	new_ring $ring $one
	fork_pull gitops gitops main release/atlas/$ring
	converge $ring
	ok "a fork's pull request is not taken for the proposal's" eval "exits 0 && says 120 /gitops/pull/2 && open_proposals 2"
	as_person PATCH repos/$gitops_repository/pulls/1 '{"state": "closed"}'
	converge $ring
	ok '... and closing it changes no decision' is "$first" tenants_on "$commit" release/atlas/$ring
	local before
	before=$(git -C gitops.git rev-parse release/atlas/$ring)
	as_person PATCH repos/$gitops_repository/pulls/2 '{"body": "Release-Commit: none\n\nProposal: other\nLabels: none"}'
	converge $ring
	ok 'an edited body changes no decision' eval "exits 0 && is $before git -C gitops.git rev-parse release/atlas/$ring"
	ok '... and is replaced' gitops_pulls 'any(.[]; .number == 2 and .state == "open" and (.body | contains("For atlanhq/atlas-metastore#120.")))'
	as_person POST repos/$repository/issues/120/comments \
		"$(comments 120 | jq '{body: "\(split("\n")[0])\nAll is done."}')"
	state '.repositories["atlanhq/atlas-metastore"].comments |= sort_by(.user)'
	label $ring cohort:tenant:name:juniper
	converge $ring
	ok "a person's comment with our marker is not taken for ours" eval "says 120 'All is done.' && says 120 juniper"
}

persons_pull() {
	new_ring $ring $one
	converge $ring
	aside persons_second
	state '.repositories["atlanhq/gitops"].pulls[0].user = "ann"'
	label $ring cohort:tenant:name:juniper
	converge $ring
	ok "a person's pull request for our branch is left as it is" eval "not exits 0 && says 120 'was opened by ann'"
}

persons_second() {
	as_person PATCH repos/$gitops_repository/pulls/1 '{"state": "closed"}'
	as_person POST repos/$gitops_repository/pulls '{"title": "x", "head": "release/atlas/'$ring'", "base": "main"}'
	converge $ring
	ok "a person's second pull request for our branch does not hide that they have closed ours" eval "exits 0 && says 120 '**Rejected:** atlanhq/gitops#1 was closed.'"
}

retargeted() {
	new_ring $ring $one
	converge $ring
	merge_proposals
	git -C people/service push -q origin origin/master:refs/heads/main
	as_person PATCH repos/$repository/pulls/120 '{"base": "main"}'
	git -C service.git symbolic-ref HEAD refs/heads/main
	git -C service.git branch -q -D master
	converge
	ok 'a default branch that is renamed clears no tenant' eval "is '' proposals && is '$first' held_tenants"
	git -C service.git branch -q master main && git -C service.git symbolic-ref HEAD refs/heads/master
	git -C people/service checkout -q -B later origin/master && git -C people/service commit -q --allow-empty -m Later
	git -C people/service push -q origin later
	as_person PATCH repos/$repository/pulls/120 '{"base": "later"}'
	as_person PATCH repos/$repository/pulls/120 '{"state": "closed"}'
	converge
	ok 'a ring that was retargeted and closed is cleared' eval "exits 0 && is release/atlas/$ring proposals && is '' held_tenants release/atlas/$ring"
}

rejected() {
	new_ring $ring $one
	converge $ring
	as_person PATCH repos/$gitops_repository/pulls/1 '{"state": "closed"}'
	converge $ring
	ok 'a proposal that a person has closed does not come back' eval "exits 0 && is '' proposals && open_proposals 0"
	ok '... and the comment says what to do' says 120 '**Rejected:** atlanhq/gitops#1 was closed. Push a commit'
	converge
	ok '... nor in the next run' eval "exits 0 && is '' proposals && open_proposals 0"
	ok '... which writes nothing' writes_nothing converge
	aside ignored
	push $ring
	build $ring success
	converge
	ok '... until a push' eval "exits 0 && is '$first' tenants_on $commit release/atlas/$ring && open_proposals 1"
}
ignored() {
	script release --ignore-rejection atlas $ring
	ok '... or until a person says so' eval "exits 0 && open_proposals 1"
}

moved_back() {
	new_ring $ring $one
	local older=$commit
	push $ring
	build $ring success
	converge $ring
	merge_proposals
	git -C people/service push -qf origin "$older:$ring"
	converge $ring
	ok 'a ring that a person has moved back is released' eval "exits 0 && is '$first' tenants_on $older release/atlas/$ring"
	ok '... and the comment says so' says 120 moved-back
}

# 25 tenants of two labels
many() {
	local n
	git -C people/gitops checkout -q main
	for n in $(seq 24); do cp -R people/gitops/tenants/acme people/gitops/tenants/t$n; done
	sed -i 's/acme/t1/' people/gitops/tenants/t*/application.yaml
	git -C people/gitops add -A && git -C people/gitops commit -qm Tenants && git -C people/gitops push -q origin main
	seq -f '"t%g"' 12 | jq -s '{tenants: .}' >releases/cohorts/a.yaml
	seq -f '"t%g"' 13 24 | jq -s '{tenants: .}' >releases/cohorts/b.yaml
	new_ring $ring cohort:github:path:a cohort:github:path:b cohort:tenant:name:acme
	converge $ring
	merge_proposals
	ok 'three labels select 25 tenants' is 25 eval 'held_tenants | wc -w'
	unlabel $ring cohort:github:path:a
	unlabel $ring cohort:github:path:b
	converge $ring
	ok 'more to clear than max-tenants clears no tenant' eval "exits 1 && is '' proposals && says 120 too-many-to-clear"
	ok '... and the report names the command and the input' says 120 "\`release --max-clear 24 atlas $ring\`, or the workflow with max-clear 24"
	script release --max-clear 24 atlas $ring
	ok '... which clears them' eval "exits 0 && is acme held_tenants release/atlas/$ring"
	script release --max-clear x atlas $ring
	ok '... and takes only a number' exits 2
}

moved() {
	new_ring $ring $one
	converge $ring
	merge_proposals
	git -C people/gitops fetch -q && git -C people/gitops checkout -q main && git -C people/gitops merge -q --ff-only origin/main
	mkdir -p people/gitops/archive && git -C people/gitops mv tenants/acme archive/acme
	git -C people/gitops commit -qm Move && git -C people/gitops push -q origin main
	converge $ring
	ok 'an override in a manifest that was moved is reported' eval "says 120 stray-override && says 120 archive/acme"
	ok '... and stays while its tenant is selected' is '' proposals
	close_pull $ring
	converge
	ok '... and is cleared with the ring' eval "exits 0 && is '' strays_of release/atlas/$ring"
	merge_proposals
	converge
	ok '... which leaves nothing' eval "exits 0 && is '' proposals && is '' strays_of main"
}
strays_of() { ringls -C gitops.git -r "$1" --service atlas --ring $ring --everywhere | jq -r 'select(.type == "override").path'; }

older_names() {
	new_ring $ring $one
	converge $ring
	sed -i '1iproposals: ["rollout/{service}/{ring}", "release/{service}/{ring}"]' releases/ring.yaml
	new_ring ring-other $one
	script release atlas ring-other
	ok 'a proposal of an older name claims its tenants' eval "exits 1 && says 121 claimed-by-another-ring"
	close_pull ring-other
	converge
	ok 'a proposal of an older name is withdrawn when there is one of the new' eval "exits 0 && is rollout/atlas/$ring proposals"
	ok '... and the comment names the new one' says 120 /gitops/pull/2
	ok '... only once' writes_nothing converge
	sed -i 's/^proposals: .*/proposals: ["main\/{service}\/{ring}", "rollout\/{service}\/{ring}"]/' releases/ring.yaml
	converge
	ok 'a name that Git cannot create is found before anything is written' eval \
		"exits 2 && is rollout/atlas/$ring proposals && says 120 'cannot be created beside'"
}

renamed_service() {
	new_ring $ring $one
	converge $ring
	sed -i 's/^  atlas:/  metastore:/' releases/ring.yaml
	script release metastore
	ok 'a service that was renamed withdraws the proposals of its old name' eval "exits 0 && is release/metastore/$ring proposals"
	ok '... and says so' says 120 'ring.yaml has no service atlas'
	ok '... only once' writes_nothing script release metastore
	git -C people/gitops checkout -q -B foreign origin/main
	git -C people/gitops commit -q --allow-empty -m 'Release' -m "Service: gone
Ring: ring-x
Pull-Request: atlanhq/other#1
Proposal: release/gone/ring-x"
	git -C people/gitops push -q origin foreign:release/gone/ring-x
	script release metastore
	ok "... but not those for another repository" eval "is 'release/gone/ring-x release/metastore/$ring' eval 'proposals | xargs'"
}

base_branch() {
	git -C people/gitops push -q origin origin/main:refs/heads/deployed
	new_ring $ring $one
	GITOPS_BRANCH=deployed converge $ring
	ok 'the branch that is deployed can be another than the default' eval "exits 0 && gitops_pulls '.[0].base.ref == \"deployed\"'"
	GITOPS_BRANCH=nowhere converge $ring
	ok '... and must exist' eval 'exits 2 && err_has "branch nowhere not found"'
}

links() {
	new_ring $ring $one
	export GITHUB_RUN_ID=7 GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=atlanhq/releases
	converge $ring
	ok 'the comment has the link of the run' says 120 '[Run](https://github.com/atlanhq/releases/actions/runs/7)'
	ok '... and of the proposal' eval "says 120 '**Proposed:**' && says 120 'http://github.localhost/atlanhq/gitops/pull/1'"
	merge_proposals
	converge $ring
	ok '... and after the merge' eval "says 120 '**Merged with [#1](http://github.localhost/atlanhq/gitops/pull/1):** 5 tenants'"
	unlabel $ring $one
	converge $ring
	label $ring $one
	converge $ring
	ok 'a withdrawn proposal is not reported as proposed' eval "says 120 '**Merged with [#1]' && says 120 '5 tenants'"
	close_pull $ring
	converge
	merge_proposals
	converge 120
	ok 'the end is reported with its link' says 120 '**Cleared with [#3](http://github.localhost/atlanhq/gitops/pull/3)'
	unset GITHUB_RUN_ID
	new_ring ring-other $one
	converge ring-other
	close_pull ring-other
	converge ring-other
	ok 'a proposal that is withdrawn is reported with its link' says 121 '**Withdrawn:** [#4](http://github.localhost/atlanhq/gitops/pull/4)'
	ok '... only once' writes_nothing converge ring-other
}

# label_as LOGIN RING LABEL ...: label as another user, with the triage role
label_as() {
	state '.tokens[$login] = {login: $login, type: "User", repositories: {"atlanhq/atlas-metastore": {pull_requests: "write", issues: "write"}}}' --arg login "$1"
	tick
	curl -sS --fail-with-body -X POST -H "Authorization: token $1" -o answer "http://api.github.localhost/repos/$repository/issues/$(pull_of "$2")/labels" \
		--data-binary "$(jq -nc '{labels: $ARGS.positional}' --args "${@:3}")"
}
allow() { printf 'allowed:\n' >>releases/ring.yaml && printf '  %s\n' "$@" >>releases/ring.yaml; }
allowed_users() {
	allow 'github:path:internal-level-1: [Ann, atlanhq/releases]' 'tenant:name:lumen: atlanhq/oncall'
	state '.teams = {"atlanhq/releases": ["Zoe", "bob"], "atlanhq/oncall": [range(150) | "user-\(.)"]}'
	new_ring $ring bug
	label_as mallory $ring $one
	converge $ring
	ok 'a label of a user who may not is refused' eval "exits 1 && is '' proposals && says 120 not-allowed && says 120 'label added by mallory' && says 120 '**Refused:**'"
	ok '... only once' writes_nothing converge $ring
	unlabel $ring $one
	label $ring $one
	converge $ring
	ok 'after a user who may has added it, it releases' eval "exits 0 && says 120 '**Proposed:**' && not says 120 not-allowed"
	ok '... and the commit names the user' is ann git -C gitops.git log -1 --format='%(trailers:key=Requested-By,valueonly,separator=%x2C)' release/atlas/$ring
	ok '... only once' writes_nothing converge $ring
	label_as mallory $ring cohort:tenant:name:juniper
	converge $ring
	ok 'a label that all may add is not asked for' eval "exits 0 && is 'acme corvid delta ember fjord juniper' held_tenants release/atlas/$ring"
	label_as mallory $ring cohort:tenant:name:lumen
	converge $ring
	ok 'a label that is not allowed takes nothing away' eval "exits 0 && says 120 not-allowed && is 'acme corvid delta ember fjord juniper' held_tenants release/atlas/$ring"
	merge_proposals
	unlabel $ring $one
	label_as mallory $ring $one
	build $ring success && push $ring && build $ring success
	converge $ring
	ok 'a user who adds the label again is the one who counts' eval "says 120 not-allowed && is juniper tenants_on $commit release/atlas/$ring"
	ok '... and tenants that have the image keep it' is 'acme corvid delta ember fjord juniper' held_tenants
	state '.repositories["atlanhq/atlas-metastore"].pulls[0].events = []'
	converge $ring
	ok 'a label of which GitHub does not say who added it is refused' says 120 'not known who added the label'
	close_pull $ring
	converge $ring
	ok 'clearing asks for no one' eval "exits 0 && not says 120 not-allowed && is '' held_tenants release/atlas/$ring"
}

teams() {
	allow 'github:path:internal-level-1: [atlanhq/releases, atlanhq/oncall]'
	state '.teams = {"atlanhq/releases": ([range(150) | "user-\(.)"] + ["ZOE"])}'
	new_ring $ring bug
	state '.repositories["atlanhq/atlas-metastore"].comments = [range(150) | {id: ., number: 120, user: "eve", body: "x", created_at: "2026-03-02T09:00:00Z",
		updated_at: "2026-03-02T09:00:00Z"}]'
	label_as zoe $ring $one
	state '.broken = [{match: "timeline.*page=2", status: 502, times: 1}]'
	converge $ring
	ok 'a timeline that is cut short stops the ring' eval "not exits 0 && is '' proposals && says 120 'HTTP 502'"
	state '.broken = [{match: "teams/releases/members.*page=2", status: 502, times: 1}]'
	converge $ring
	ok '... and so does a list of members' eval "not exits 0 && is '' proposals && says 120 'HTTP 502'"
	converge $ring
	ok 'a member of a team may label, and another team need not exist' eval "exits 0 && is '$first' tenants_on $commit release/atlas/$ring"
	ok '... but is reported' err_has 'the members of atlanhq/oncall cannot be read: gh: Not Found (HTTP 404)'
	label_as bob $ring cohort:tenant:name:juniper
	state 'del(.tokens["converge-teams"].repositories[].members)'
	converge $ring
	ok 'of a team that cannot be read, no one may' eval "says 120 not-allowed && says 120 'not known who is in \`atlanhq/releases\`, \`atlanhq/oncall\`'"
	ok '... and an open proposal loses the tenants of their labels' is juniper held_tenants release/atlas/$ring
	sed -i '/^allowed:/,$d' releases/ring.yaml
	: >"$github_log"
	converge $ring
	ok 'without allowed, no timeline and no team is read' eval "exits 0 && ! grep -qE 'timeline|teams' '$github_log'"
}

for part in ${PARTS:-allowed_users teams names failed_call other_rings all_refused slow_merged slow_proposed overtaken theirs persons_pull retargeted rejected moved_back many moved older_names \
	renamed_service base_branch links}; do
	aside $part
done
ok 'GitHub knows every request of the scripts' understood
finish
