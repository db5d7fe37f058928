#!/usr/bin/env bash
# From GitHub's pull requests and builds to the manifests: ringcheck, labels2json, cohort-resolve, mkpatch --release and
# applypatch, on real repositories, through the life of a pull request.
. "$(dirname "$0")/lib.sh"

payloads=$top/tests/payloads
cd "$tmp" || exit 1
repo gitops
repo releases
export RING_CATALOG=releases/ring.yaml
ring='ring-leangraph'

git init -q -b master service
push() { git -C service commit -q --allow-empty -m "${1-A change}" && git -C service rev-parse HEAD; }
push >first && git -C service checkout -q -b $ring

# GitHub's answers: a pull request and its builds, each changed by a jq program
pr() { sed "s/HEAD/$head/" "$payloads/gh-pr-list.json" | jq '.[1] |= ('"${1-.}"')' >prs.json; }
build() { jq -n --argjson old "$(cat runs.json 2>/dev/null || echo '[]')" --arg c "$head" --arg r "$1" --argjson id "$((++id))" '$old + [{databaseId: $id,
	attempt: 1, event: "push", headBranch: "ring-leangraph", headSha: $c, workflowName: "Java CI with Maven",
	status: (if $r == "" then "in_progress" else "completed" end), conclusion: $r}]' >next && mv next runs.json; }
id=0

# converge APPLYPATCH-OPTION ...: as examples/scripts/release does it, without pushing
proposal=release/atlas/$ring
converge() {
	ringls -C gitops -r main --service atlas --ring $ring >held.jsonl
	ringcheck --service atlas --runs runs.json --held held.jsonl -C service <prs.json >release.json &&
		labels2json <release.json | cohort-resolve -C releases |
		mkpatch -C gitops -r main --release release.json --reconcile --proposal $proposal |
			applypatch -C gitops --partial "$@"
}
action() { jq -r 'select(.type == "release") | "\(.action) \(.reasons | join(" "))"' release.json; }
# holds TENANTS COMMIT [REV]
holds() { ringls -C gitops -r "${3-main}" --service atlas --ring $ring | jq -r 'select(.chart == "atlas") | "\(.tenant) \(.commit)"' | diff - <(for t in $1; do echo "$t $2"; done); }
commits() { [ "$(git -C gitops rev-list --count "$before..main")" -eq "$1" ]; }
step() {
	before=$(git -C gitops rev-parse main)
	run converge --branch main
}
# propose: the same as a proposal; proposed OUTCOME: its outcome
propose() { before=$(git -C gitops rev-parse -q --verify $proposal || true) && run converge --branch $proposal --onto main; }
proposed() { [ "$(jq -r 'select(.type == "end").proposal' out)" = "$1" ]; }
same_proposal() { [ "$(git -C gitops rev-parse $proposal)" = "$before" ]; }
no_proposal() { ! git -C gitops rev-parse -q --verify $proposal; }
git -C gitops checkout -q --detach
start=$(git -C gitops rev-parse main)
level1=$(labels2json <"$examples/labels.json" | cohort-resolve -C releases | jq -r 'select(.type == "tenant").tenant' | sort | xargs)

head=$(push 'Half the heap') one=$head && echo '[]' >runs.json && pr
step
ok 'the build is missing: nothing is released' eval '[ "$(action)" = "keep missing" ] && holds "" && commits 0 && exits 0'
build '' && step
ok 'it is in progress: nothing is released' eval '[ "$(action)" = "keep running" ] && holds "" && commits 0'
build success && step
ok 'it is green: the cohort gets the image, in one commit' eval '[ "$(action)" = "set " ] && holds "$level1" "$one" && commits 1'
ok '... that names the pull request' eval 'git -C gitops log -1 --format="%(trailers:key=Pull-Request,valueonly)" main | grep -qx "atlanhq/atlas-metastore#123"'
step
ok 'another run changes nothing' eval 'holds "$level1" "$one" && commits 0'

head=$(push 'A third') two=$head && pr && step
ok 'a push: the cohort keeps its image' eval '[ "$(action)" = "keep missing" ] && holds "$level1" "$one" && commits 0'
ok '... and is reported as unchanged' test "$(jq -r 'select(.type == "result").status' out | sort -u)" = unchanged
ok 'F4: the newest build of the branch, of another commit, is green' jq -e '.[-1].conclusion == "success"' runs.json
build failure && step
ok 'its build fails: the image stays' eval '[ "$(action)" = "keep failed" ] && holds "$level1" "$one" && commits 0'
pr '.labels |= map(select(.name == "bug")) + [{name: "cohort:tenant:name:acme"}]' && step
ok 'F7: a label is removed while the build is red: its tenants are cleared, others stay' eval '[ "$(action)" = "keep failed" ] && holds acme "$one" && commits 1'
pr '.labels += [{name: "cohort:tenant:name:halcyon"}]' && step
ok 'F7: a label is added: no tenant is added' eval 'holds acme "$one"'
build success && step
ok 'the build is green: the tag changes, and the new cohort is added' eval 'holds "$(xargs -n1 <<<"halcyon $level1" | sort | xargs)" "$two"'

git -C service checkout -q master && push >master && run ringsync -C service --from master <<<$ring
ok 'ringsync merges the default branch into the ring' out_has '"status":"merged"'
git -C service checkout -q $ring && head=$(git -C service rev-parse HEAD) && pr && build success && step
ok 'a merge by ringsync with a green build: nothing is released' holds "$level1" "$two"
ok '... and the record says why' jq -se '.[0].action == "set" and .[0].warnings == [{code: "sync-only"}]' release.json
pr '.isDraft = true' && step
ok 'a draft is kept' eval '[ "$(action)" = "keep draft" ] && holds "$level1" "$two" && commits 0'
pr '.labels[1].name = "cohort:github:path"' && step
ok 'a malformed label clears no tenant' eval 'holds "$level1" "$two" && commits 0 && exits 1 && err_has selection-incomplete'

cp prs.json kept.json
pr '.isCrossRepository = true' && jq 'map(select(.number != 98))' prs.json >next && mv next prs.json && step
ok 'only pull requests from forks: nothing changes' eval '[ "$(action)" = "none fork" ] && holds "$level1" "$two" && commits 0'
ok '... and no stream is complete: the status is not 0' not exits 0
pr 'del(.labels)' && step
ok 'an answer without labels decides nothing' eval 'holds "$level1" "$two" && commits 0 && err_has "missing \"labels\""'

pr '.state = "MERGED"' && step
ok 'merged: all stay' eval '[ "$(action)" = "hold merged" ] && holds "$level1" "$two" && commits 0'
pr '.state = "CLOSED"' && step
ok 'closed without being merged: all are cleared' eval '[ "$(action)" = "clear closed" ] && holds "" && commits 1'
ok '... and every manifest is as at first' git -C gitops diff --quiet "$start" main

# The same with a proposal, which is merged in between

both='halcyon '$level1
both=$(xargs -n1 <<<"$both" | sort | xargs)
head=$(push 'Another') one=$head && echo '[]' >runs.json && pr
propose
ok 'the build is missing: nothing is proposed' eval 'proposed none && no_proposal'
build success && propose
ok 'it is green: the cohort is proposed' eval 'proposed created && holds "$level1" "$one" $proposal && holds ""'
propose
ok 'another run: the proposal stays' eval 'proposed unchanged && same_proposal'
head=$(push 'And one more') two=$head && pr && propose
ok 'a push while it is open: the proposal is neither withdrawn nor extended' eval '[ "$(action)" = "keep missing" ] && proposed unchanged && same_proposal'
build '' && pr '.labels += [{name: "cohort:tenant:name:halcyon"}]' && propose
ok '... nor with another label while the build is in progress' eval 'proposed unchanged && same_proposal'
pr '.labels |= map(select(.name == "bug")) + [{name: "cohort:tenant:name:acme"}]' && propose
ok 'a label is removed while the build is in progress: its tenants leave the proposal' eval 'proposed updated && holds acme "$one" $proposal'
pr '.labels = [{name: "cohort:tenant:name:acme"}, {name: "cohort:nonsense"}]' && propose
ok 'a malformed label removes nothing' eval 'holds acme "$one" $proposal && exits 1'
pr '.labels += [{name: "cohort:tenant:name:halcyon"}]' && build success && propose
ok 'the build is green: the proposal is updated' eval 'proposed updated && holds "$both" "$two" $proposal'
pr '.state = "MERGED"' && propose
ok 'the pull request is merged before the proposal: it is withdrawn' eval 'proposed withdrawn && no_proposal && holds ""'
pr '.labels += [{name: "cohort:tenant:name:halcyon"}]' && propose
ok '... and when it is reopened, proposed again' eval 'proposed created && holds "$both" "$two" $proposal'
pr '.labels = []' && propose
ok 'the last label is removed: it is withdrawn' eval 'proposed withdrawn && no_proposal'
pr && propose && git -C gitops branch -qf main $proposal
ok 'the proposal is merged' holds "$level1" "$two"
propose
ok '... and there is no proposal left' eval 'proposed none || proposed withdrawn'
head=$(push 'The next') three=$head && pr && propose
ok 'a push: nothing is proposed' eval 'no_proposal && holds "$level1" "$two"'
pr '.labels = [{name: "cohort:tenant:name:acme"}]' && propose
ok 'a label is removed: clearing its tenants is proposed' eval 'proposed created && holds acme "$two" $proposal && holds "$level1" "$two"'
pr && propose
ok 'it is added again: the proposal is withdrawn' eval 'proposed withdrawn && no_proposal'
build success && propose
ok 'green: the new tag is proposed' eval 'proposed created && holds "$level1" "$three" $proposal'
head=$(push 'The last') && pr && propose
ok 'a push: the proposal stays' eval 'proposed unchanged && same_proposal'
pr '.state = "CLOSED"' && propose
ok 'closed: clearing all is proposed' eval 'proposed updated && holds "" "" $proposal'
ok '... and every manifest is then as at first' git -C gitops diff --quiet "$start" $proposal

finish
