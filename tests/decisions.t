#!/usr/bin/env bash
# Decisions on a ring that depend on more than its own pull request: on where the clone's branches are, on what became of
# proposals, and on when the ring was read.
. "$(dirname "$0")/lib.sh"

payloads=$top/tests/payloads
cd "$tmp" || exit 1
export RING_CATALOG=$examples/releases/ring.yaml
ring='ring-leangraph'

# The service's repository on a server, and a clone of it: the default branch, another branch, and a ring
git init -q -b master upstream
u() { git -C upstream "$@"; }
tick=0
# commit MESSAGE [DATE]: on the branch that is checked out; prints its id
commit() {
	tick=$((tick + 60))
	GIT_COMMITTER_DATE=${2-@$((1767225600 + tick)) +0000} u commit -q --allow-empty -m "$1" && u rev-parse HEAD
}
commit 'As it was' >before
u branch old && u checkout -q -b develop && commit 'On develop' >/dev/null
u checkout -q -b $ring master
first=$(commit 'First')
head=$(commit 'Second')
u checkout -q master && commit 'On master' >/dev/null
git clone -q "file://$tmp/upstream" service
fetch() { git -C service fetch -q --prune origin '+refs/heads/*:refs/remotes/origin/*'; }

# pulls [EDIT]: the pull requests, whose head is the ring's; runs: green builds of that head
pulls() { sed "s/HEAD/$head/" "$payloads/gh-pr-list.json" | jq "[.[1]] | ${1-.}" >prs.json; }
sed "s/HEAD/$head/" "$payloads/gh-run-list.json" >runs.json
# held [COMMIT ...]: overrides of the ring; "-" has none
held() {
	for one; do
		printf '{"type":"override","tenant":"acme","path":"tenants/acme/application.yaml","service":"atlas","chart":"atlas","ring":"%s","image":{"repository":"x","tag":"y"},"commit":"%s"}\n' $ring "$one"
	done | sed 's/,"commit":"-"//' | framed ringls >held.jsonl
}
check() { run ringcheck --service atlas --runs runs.json --held held.jsonl -C service "$@" <prs.json; }
# is ACTION [REASONS [WARNINGS]]
is() {
	jq -se --arg a "$1" --arg r "${2-}" --arg w "${3-}" '.[0] | .action == $a and (.reasons | join(" ")) == $r
		and ((.warnings | map(.code) | join(" ")) == $w)' "$tmp/out" >/dev/null && exits 0 && err_empty
}

held "$head" && pulls && check
ok 'the pull request is for the branch of the service' is set

# A pull request to another branch

elsewhere='.[0].baseRefName = "develop"'
pulls "$elsewhere" && check
ok 'a pull request that was retargeted clears the tenants that the ring holds' is clear retargeted
ok '... and the record names it' out_has '"pull_request":123'
held - && check
ok '... also if no image has a commit' is clear retargeted
pulls "$elsewhere | .[0].state = \"CLOSED\"" && check
ok '... also if it was closed then' is clear retargeted
pulls "$elsewhere | .[0].labels = []" && check
ok '... or has no label' is clear retargeted
pulls "$elsewhere | .[0].isDraft = true" && check
ok '... or is a draft' is clear retargeted
pulls ". + [.[0] | .number = 7 | .state = \"CLOSED\"] | $elsewhere" && check
ok '... or if an older one to the branch of the service was closed' is clear retargeted
pulls ". + [.[0] | .number = 7 | .state = \"CLOSED\"] | .[0].state = \"CLOSED\" | $elsewhere" && check
ok 'of closed ones, that to the branch of the service decides' is clear closed
pulls ". + [.[0] | .number = 7 | .state = \"MERGED\"] | $elsewhere" && check
ok '... and so does a merged one' is hold merged
pulls ". + [.[0] | .number = 7] | $elsewhere" && check
ok '... and an open one' is set
pulls ". + [.[0] | .number = 7 | .state = \"CLOSED\" | .headRefName = \"ring-other\"] | $elsewhere" && check
ok 'one of another ring decides nothing about this one' is clear closed
pulls "$elsewhere | .[0].state = \"MERGED\"" && check
ok 'what was merged into another branch is held: it may become GA from there' is hold base-unknown
pulls "$elsewhere"
run ringcheck --service atlas --runs runs.json --held held.jsonl <prs.json
ok 'without -C the tenants are held' is hold base-unknown
run ringcheck --service atlas --runs runs.json -C service <prs.json
ok 'without --held the ring holds none' is none other-base
held && check
ok 'a ring that holds no tenant has nothing to clear' is none other-base
held - && sed -i "s/$ring/ring-other/" held.jsonl && check
ok '... nor does what another ring holds count' is none other-base
held -
pulls "$elsewhere | .[0].isCrossRepository = true" && check
ok 'a pull request from a fork counts for nothing' is none fork
pulls ". + [.[0] | .number = 200 | .isCrossRepository = true] | $elsewhere" && check
ok '... also beside one of the ring' is clear retargeted
pulls "$elsewhere | .[0].baseRefName = \"gone\"" && check
ok 'a base that is not in the clone is unknown' is hold base-unknown
pulls "$elsewhere | .[0].baseRefName = \"old\"" && check
ok 'a base that the ring contains is unknown: it may be a new name of the default branch' is hold base-unknown
pulls "$elsewhere | .[0].headRefOid = \"0123456789012345678901234567890123456789\"" && check
ok 'so is a head that is not in the clone' is hold base-unknown
pulls "$elsewhere | del(.[0].headRefOid)" && check
ok '... or not in the pull request' is hold base-unknown
pulls "$elsewhere"
git clone -q --depth 1 --no-single-branch "file://$tmp/upstream" shallow
run ringcheck --service atlas --runs runs.json --held held.jsonl -C shallow <prs.json
ok '... and a history that is too short to tell' is hold base-unknown
git -C service remote set-head origin develop && check
ok 'if origin/HEAD is another branch, the base is unknown' is hold base-unknown
git -C service remote set-head origin --delete && check
ok '... also if there is no origin/HEAD' is hold base-unknown
git -C service remote set-head origin master && git -C service update-ref -d refs/remotes/origin/master && check
ok '... or the branch of the service is not on origin' is hold base-unknown
run ringcheck --service atlas --runs runs.json --held held.jsonl -C nowhere <prs.json
ok 'a missing repository is 66' exits 66
: >held.jsonl && check
ok 'overrides that were cut short are 65' exits 65
held - && fetch
u branch -m master main
for refresh in : fetch 'git -C service remote set-head origin --auto'; do
	$refresh >/dev/null
	pulls '.[0].baseRefName = "main"' && check
	ok "a default branch that is renamed clears no tenant: $refresh" is hold base-unknown
	pulls '. + [.[0] | .number = 7 | .state = "CLOSED"] | .[0].baseRefName = "main"' && check
	ok '... also if the ring has an older pull request, which was closed and keeps its base' is hold base-unknown
done
u branch -m main master && git -C service fetch -q --prune origin && git -C service remote set-head origin master

finish
