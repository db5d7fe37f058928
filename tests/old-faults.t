# The faults of the system before this one, each tested from GitHub's answers to the state of the repositories.
# F1 to F11 are the names that ringkit's design gives to these faults.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world

# release_it: the ring, labelled and built, proposed and merged
release_it() {
	new_ring $ring $one
	converge $ring
	merge_proposals
}

f1() {
	release_it
	git -C gitops.git log -1 --format='%(trailers:only,unfold)' main^2 >trailers
	git -C gitops.git diff --stat main^1 main >stat
	ok 'F1: an override is a commit in the GitOps repository, so a sync of the parent application keeps it' \
		is "$first" tenants_on "$commit"
	ok '... that was reviewed as a pull request' gitops_pulls '.[0].merged_at != null and .[0].base.ref == "main"'
	ok '... and names its service, ring and pull request' diff <(grep -E '^(Service|Ring|Pull-Request): ' trailers | sort) \
		<(printf '%s\n' 'Pull-Request: atlanhq/atlas-metastore#120' "Ring: $ring" 'Service: atlas')
	ok '... and changes only the manifests of its tenants' is 5 grep -c tenants/ stat
}

f2() {
	sed -i 's,atlas: atlas/image,atlas: image,' releases/ring.yaml
	run ringlint -C gitops -c releases/ring.yaml --charts charts
	ok 'F2: ringlint finds a path that no chart has' eval 'exits 1 && out_has no-such-path'
	cp "$examples/releases/ring.yaml" releases
	git -C people/gitops checkout -q main
	sed -i 's,^\( *\)helm:$,&\n\1  parameters:\n\1    - {name: atlas.atlas.image.tag\, value: pinned},' \
		people/gitops/tenants/acme/application.yaml
	git -C people/gitops commit -qam 'A parameter' && git -C people/gitops push -q origin main
	release_it
	ok '... and an override that a parameter would hide is refused' out_has shadowed
	ok '... only for that tenant' is 'corvid delta ember fjord' tenants_on "$commit"
}

# rest PATH: what the REST API answers
rest() { as_person GET "repos/$repository/$1" && cat "$tmp/answer"; }

f3() {
	push $ring
	open_pull $ring $one
	build $ring success
	rest pulls/120 >rest.json
	rest actions/runs >runs.json
	run ringcheck --runs runs.json <rest.json
	ok 'F3: the catalogue names the service of a repository, whatever the repository is called' \
		jq -es --arg sha "$commit" '.[0] | .action == "set" and .service == "atlas" and
			.image == {repository: "ghcr.io/atlanhq/atlas-metastore-ring-leangraph", tag: $sha}' "$tmp/out"
}

f4() {
	push $ring
	local older=$commit
	open_pull $ring $one
	build $ring success
	push $ring
	build $ring failure
	tick
	# the newest completed run of the branch is green, but it is a second run for the previous commit
	state '.repositories["atlanhq/atlas-metastore"].runs |= . + [.[0] | .id = 9999 | .run_attempt = 2 | .head_sha = $sha]' \
		--arg sha "$older"
	converge $ring
	ok "F4: another commit's green build releases nothing" eval "exits 0 && is '' proposals"
	build $ring success
	converge $ring
	ok "... and the commit's own green build does" is "$first" tenants_on "$commit" release/atlas/$ring
}

f5() {
	git -C people/gitops checkout -q main
	sed -i '/values: |/{n;s,^\( *\).*,\1atlas-read: {atlas: {image: {repository: example.com/mine\, tag: pinned}}}\n&,}' \
		people/gitops/tenants/corvid/application.yaml
	git -C people/gitops commit -qam 'One chart pinned' && git -C people/gitops push -q origin main
	release_it
	ok "F5: both charts of the service get the ring's image in one commit" is 'acme delta ember fjord' tenants_on "$commit"
	ok '... or neither does, if a person has pinned one of them' is '' runs corvid
	ok '... and the reason is reported' out_has foreign-override
}

f6() {
	release_it
	push ring-other
	open_pull ring-other $one cohort:tenant:name:lumen
	build ring-other success
	converge ring-other
	ok 'F6: a second ring is refused for the tenants of the first' is lumen held_tenants release/atlas/ring-other ring-other
	ok '... which keep their overrides' is "$first" held_tenants main
	ok '... and the refusal on its pull request names both rings' eval \
		"comment 121 | grep -q held-by-another-ring && comment 121 | grep -q ring-leangraph && comment 121 | grep -q ring-other"
	label $ring cohort:tenant:name:juniper
	converge $ring
	label ring-other cohort:tenant:name:juniper
	converge ring-other
	ok '... and a proposal that is not merged yet holds its tenants too' eval \
		"is lumen held_tenants release/atlas/ring-other ring-other && comment 121 | grep -q claimed-by-another-ring"
}

f7() {
	release_it
	local held=$commit
	push $ring
	build $ring failure
	unlabel $ring $one
	label $ring cohort:tenant:name:acme
	converge $ring
	ok 'F7: tenants of a label that was removed are cleared, whatever the build does' is acme held_tenants release/atlas/$ring
	ok '... and the tenants that are still selected keep their overrides' is acme tenants_on "$held" release/atlas/$ring
}

f8() {
	release_it
	local held=$commit
	merge_pull $ring
	converge $ring
	clean_up
	ok 'F8: after the merge of a ring, every tenant keeps its override' eval "is '' proposals && is '$first' tenants_on $held"
	ga 1.5.0 "$merged"
	upgrade 1.5.0 delta
	clean_up
	ok '... until its own chart contains the commit' is 'acme corvid ember fjord' held_tenants cleanup/atlas
}

f9() {
	push $ring helm/atlas/templates/statefulset.yaml
	open_pull $ring $one
	build $ring success
	converge $ring
	ok 'F9: a ring that changes the chart gets a warning on its pull request' eval \
		'comment 120 | grep -q not-carried-by-image && comment 120 | grep -q helm/atlas/templates/statefulset.yaml'
}

f10() {
	release_it
	git -C people/service checkout -q master && sed -i '1s/.*/class Graph { int theirs; }/' people/service/src/Graph.java
	git -C people/service commit -qam 'Theirs' && git -C people/service push -q origin master
	git -C people/service checkout -q $ring && sed -i '1s/.*/class Graph { int ours; }/' people/service/src/Graph.java
	push $ring
	script sync atlas
	ok "F10: what a merge into a ring discards is reported on the ring's pull request" eval \
		"exits 0 && comment_of 120 sync | grep -q 'int theirs'"
	ok '... and the ring keeps its own lines' eval "git -C service.git show $ring:src/Graph.java | grep -q 'int ours'"
	ok '... and contains the default branch' git -C service.git merge-base --is-ancestor master $ring
}
comment_of() { comments "$1" | jq -r --arg what "$2" 'select(contains($what))'; }

f11() {
	push $ring
	open_pull $ring $one
	build $ring success
	# a late event still has the label, which has been removed since
	# https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
	rest pulls/120 | jq '{action: "labeled", number, label: .labels[0], pull_request: ., repository: .base.repo}' >event.json
	rest actions/runs >runs.json
	unlabel $ring $one
	run ringcheck --service atlas --runs runs.json <event.json
	ok 'F11: the payload of an event is refused' eval 'exits 65 && out_empty'
	converge $ring
	ok '... and the run that it starts acts on the current state' eval "exits 0 && is '' proposals"
	label $ring $one
	converge
	ok '... and so does a scheduled run when an event was lost' is "$first" tenants_on "$commit" release/atlas/$ring
	local before
	before=$(git -C gitops.git rev-parse release/atlas/$ring)
	converge $ring
	ok '... and an event that comes twice changes nothing more' is "$before" git -C gitops.git rev-parse release/atlas/$ring
}

for fault in ${FAULTS:-f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11}; do
	aside $fault
done
ok 'GitHub knows every request of the scripts' understood
finish
