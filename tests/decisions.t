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

# A ring that was moved back

held "$head" && pulls && check
ok 'the head is deployed' is set
u branch -qf $ring "$first" && git -C service fetch -q origin "+refs/heads/$ring:refs/remotes/origin/$ring"
was=$head && head=$first && pulls && sed "s/HEAD/$head/" "$payloads/gh-run-list.json" >runs.json && check
ok 'an ancestor of the deployed commit is older' is keep older
check --held-at 2026-01-01T00:00:00Z --head-at 1767225601
ok '... unless it was read after the overrides: then the ring was moved back' is set '' moved-back
ok '... to this commit' out_has "\"commit\":\"$first\",\"image\""
check --held-at 1767225601 --head-at 1767225601
ok 'at the same time is not after' is keep older
check --held-at 1767225602 --head-at 1767225601
ok 'a slow run with an old view of the ring moves no tenant back' is keep older
run ringcheck --service atlas --runs runs.json --held held.jsonl --held-at 1 --head-at 2 <prs.json
ok 'without -C no commit is older' is set
pulls '.[0].isDraft = true' && check --held-at 1 --head-at 2
ok 'a draft is kept, also if it was moved back' is keep draft moved-back
pulls && git -C service update-ref refs/remotes/origin/$ring "$was" && check --held-at 1 --head-at 2
ok 'if the clone has another head, the commit is older' is keep older
git -C service update-ref -d refs/remotes/origin/$ring && check --held-at 1 --head-at 2
ok '... or does not have the branch' is keep older
head=$was && pulls && sed "s/HEAD/$head/" "$payloads/gh-run-list.json" >runs.json && held "$first" && u branch -qf $ring "$head"
git -C service fetch -q origin "+refs/heads/$ring:refs/remotes/origin/$ring" && check --held-at 1 --head-at 2
ok 'a ring that goes forward is not moved back' is set
for options in '--held-at 1' '--head-at 1' '--held-at x --head-at 1' '--held-at 1 --head-at 2026-13-01T00:00:00Z'; do
	check $options
	ok "wrong usage: ringcheck $options" eval 'exits 2 && out_empty && err_lines 1'
done

# Proposals that were closed: made by the filters, and as REST reports them

repo gitops && git -C gitops checkout -q --detach
me='ringkit[bot]' proposal=release/atlas/$ring label=cohort:github:path:internal-level-1
tenant() { for one; do printf '{"type":"tenant","tenant":"%s"}\n' "$one"; done | framed cohort-resolve; }
# propose TENANT ...: carry out the decision
propose() {
	cp out release.json
	tenant "$@" | mkpatch -q -C gitops -r main --release release.json --reconcile --proposal $proposal 2>>log |
		applypatch -q -C gitops --branch $proposal --onto main >result.jsonl 2>>log
}
does() { outcome updated && [ "$(jq -r 'select(.status == "committed") | .tenant + " " + .action' result.jsonl)" = "$1" ]; }
outcome() { [ "$(jq -r 'select(.type == "end").proposal' result.jsonl)" = "$1" ]; }
trailers() { git -C gitops log -1 --format='%(trailers:key=Release-Commit)%(trailers:key=Labels)%(trailers:key=Rejected-Proposal)' $proposal | grep . | paste -sd' '; }
# pull NUMBER STATE [EDIT]: the pull request of the proposal as it is now; "merged" was closed, too
pull() {
	jq -n --argjson n "$1" --arg s "$2" --arg b $proposal --arg c "$(git -C gitops rev-parse $proposal)" --arg me "$me" '
		{number: $n, state: (if $s == "open" then $s else "closed" end), merged_at: (if $s == "merged" then "2026-03-02T10:00:00Z" else null end),
		user: {login: $me}, head: {ref: $b, sha: $c, repo: {full_name: "o/gitops"}}, base: {ref: "main", repo: {full_name: "o/gitops"}},
		body: "Release-Commit: 0", draft: false, labels: [], updated_at: "2026-03-02T10:00:00Z"}'" | ${3-.}" >"pull.$1"
}
issue() { jq -n --argjson n "$1" --argjson by "$2" '{number: $n, closed_by: $by, pull_request: {}}' >"issue.$1"; }
# commits: those of the proposal as pulls/N/commits has them
commits() {
	git -C gitops rev-list --reverse "main..$proposal" | while read -r one; do
		git -C gitops log -1 --format=%B "$one" | jq -Rs --arg c "$one" --arg p "$(git -C gitops log -1 --format=%P "$one")" \
			'{sha: $c, commit: {message: .}, parents: ($p | split(" ") | map({sha: .}))}'
	done | jq -s . >commits.$number
	number=$((number + 1))
}
number=1
# answers FILE ...: all that REST answered; asks [OPTION ...]: decide with them
answers() { jq -s 'flatten' pull.* >proposals.json && cat issue.* commits.* >>proposals.json 2>>log || true; }
asks() { answers && check --proposals proposals.json --me "$me" "$@"; }
forget() { rm -f pull.* issue.* commits.*; }

held && pulls && check && propose acme
ok 'a proposal says which commit and labels it releases' test "$(trailers)" = "Release-Commit: $head Labels: $label"
pull 7 open && commits && asks
ok 'an open proposal does not change the decision' is set
pulls "$elsewhere" && asks
ok 'if the ring was retargeted, an open proposal is something to clear' is clear retargeted
pull 7 open '.user.login = "eve"' && asks
ok '... that of another author is not' is none other-base
pull 7 merged && asks
ok '... nor one that was merged' is none other-base
pulls && pull 7 closed && issue 7 '{"login": "ann"}' && asks
ok 'a proposal that a person closed is rejected: what is deployed is kept' is keep rejected
ok '... and the record names the proposal' out_has '"rejected_proposal":7'
cp out rejected && propose acme
ok '... which counts for nothing: its branch is withdrawn' outcome withdrawn
ok '... and not made again' eval 'propose acme; outcome none'
git -C gitops branch -q $proposal "$(jq -r .head.sha pull.7)"
run ringcheck --service atlas --runs runs.json --proposals proposals.json --me "$me" <prs.json
ok 'no clone is required for it' is keep rejected
asks --ignore-rejection
ok '--ignore-rejection releases it' is set
answers && check --proposals proposals.json --me app/ringkit
ok "gh's name of an App is known" is keep rejected
check --proposals proposals.json --me ringkit
ok 'a user with a similar name is another author' is set
{ echo 'proposals: ["new/{service}/{ring}", "release/{service}/{ring}"]' && cat "$RING_CATALOG"; } >two.yaml && asks -c two.yaml
ok 'a branch with an older name is one of ours' is keep rejected
pull 7 merged && asks
ok 'a merged proposal rejects nothing' is set
pull 7 open && asks
ok 'reopening ends it' is set
pull 7 closed && issue 7 "{\"login\": \"$me\"}" && asks
ok 'our own withdrawals reject nothing' is set
issue 7 null && asks
ok 'a user whom GitHub no longer knows is not we' is keep rejected
issue 7 '{"login": "ann"}'
for edit in '.user.login = "eve"' '.user = null' '.head.repo.full_name = "eve/gitops"' '.head.repo = null' '.head.ref = "release/atlas/ring-other"'; do
	pull 7 closed "$edit" && asks
	ok "a pull request that is not ours rejects nothing: $edit" is set
	pull 7 closed && pull 8 open "$edit" && asks
	ok '... nor does it end a rejection, whatever its number' is keep rejected
	rm pull.8
done
pull 7 closed && pulls '.[0].labels = []' && asks
ok 'a clear is never rejected' is clear no-label
pulls '.[0].isDraft = true' && asks
ok 'a draft is rejected, too' is keep 'draft rejected'
pulls '.[0].labels += [{name: "cohort:tenant:name:acme"}]' && asks
ok 'other labels end it' is set
ok '... and the branch is made again, with the same tenants' eval 'propose acme; outcome updated'
ok '... because it releases something else' test "$(trailers)" = "Release-Commit: $head Labels: $label cohort:tenant:name:acme"
propose acme
ok '... but only once' outcome unchanged
pulls '.[0].labels |= reverse' && asks
ok 'the order of labels and other labels do not matter' is keep rejected
was=$head && head=$first && sed "s/HEAD/$head/" "$payloads/gh-run-list.json" >runs.json && pulls && asks
ok 'another commit ends it' is set
head=$was && sed "s/HEAD/$head/" "$payloads/gh-run-list.json" >runs.json && pulls

# What is proposed while a proposal is rejected does not end that
forget && check && cp out release.json && git -C gitops branch -qD $proposal
tenant delta | mkpatch -q -C gitops -r main --release release.json | applypatch -q -C gitops --branch main >>log
propose acme && pull 7 closed && issue 7 '{"login": "ann"}' && commits && asks
ok 'a proposal that sets one tenant and clears another is rejected' is keep rejected
propose acme
ok '... the clear is proposed again, without the set' does 'delta clear'
ok '... and says what was rejected' test "$(trailers)" = "Release-Commit: $head Labels: $label Rejected-Proposal: 7"
pull 8 open && commits && asks
ok '... which is still rejected while that is open' is keep rejected
ok '... by the first proposal' out_has '"rejected_proposal":7'
pull 8 merged && asks
ok '... or merged' is keep rejected
pull 8 closed && issue 8 '{"login": "ann"}' && asks
ok '... or closed' is keep rejected
ok '... as which it is the one that rejects' out_has '"rejected_proposal":8'
pull 8 closed && issue 8 "{\"login\": \"$me\"}" && asks
ok '... or withdrawn' is keep rejected
pull 8 merged && rm pull.7 && asks
ok '... also if the first is too old for the list' is keep rejected
pull 8 merged && pull 7 open && asks
ok '... until the first is open again' is set
pull 8 merged && pull 7 merged && asks
ok '... or was merged after all' is set

# A merge of the default branch by a forge's button
forget && git -C gitops branch -qD $proposal && check && propose acme
merge=$(git -C gitops commit-tree -p $proposal -p main -m 'Update' "$proposal^{tree}") && git -C gitops branch -qf $proposal "$merge"
propose acme
ok 'a proposal with such a merge is up to date' outcome unchanged
pull 7 closed && issue 7 '{"login": "ann"}' && commits && asks
ok 'the commit before the merge says what was rejected' is keep rejected
for two in '&\\nRelease-Commit: 0' 'Release-Commit: 0\\n&'; do
	sed "s/Release-Commit: [0-9a-f]*/$two/" commits.* >two.commits && answers && cat two.commits >>proposals.json
	check --proposals proposals.json --me "$me"
	ok "two values of one trailer are none: $two" is set
done
merge=$(printf 'Update\n\nRelease-Commit: %s\nLabels: %s\n' "$first" "$label" | git -C gitops commit-tree -p $proposal^ -p main "$proposal^{tree}")
git -C gitops branch -qf $proposal "$merge" && forget && pull 7 closed && issue 7 '{"login": "ann"}' && commits && asks
ok 'a merge that says itself what it releases counts' is set
for trailer in "Labels: $label" "Release-Commit: $head"; do
	git -C gitops branch -qf $proposal "$(printf 'By hand\n\n%s\n' "$trailer" | git -C gitops commit-tree -p main 'main^{tree}')"
	forget && pull 7 closed && issue 7 '{"login": "ann"}' && commits && asks
	ok "a proposal that does not say all that it releases rejects nothing: $trailer" is set
done

# What is not decided
forget && git -C gitops branch -qD $proposal && check && propose acme && pull 7 closed && asks
ok 'without the commits of the proposal nothing is decided' 	eval 'exits 65 && out_empty && err_lines 1 && err_has "proposals.json: missing the commits of the proposal #7" && err_has "pulls/7/commits"'
commits && asks
ok '... nor without who closed it' eval 'exits 65 && out_empty && err_has "missing who closed the proposal #7 (REST: issues/7)"'
rm commits.*
git -C gitops log -1 --format=%B $proposal | jq -Rs --arg c "$(git -C gitops rev-parse $proposal)" '{sha: $c, message: ., parents: [{sha: "0"}]}' >commits.x
issue 7 '{"login": "ann"}' && asks
ok "Git's commit object is as good" is keep rejected
for bad in '' '[1]' '{"message":"Not Found"}' '{"x":1}' '{"number":7,"closed_by":"ann"}' '{"closed_by":null}' '{"sha":"0"}' '{"sha":"0","message":"x","parents":[{}]}' "{\"head\":{\"ref\":\"$proposal\"}}"; do
	printf %s "$bad" >proposals.json && check --proposals proposals.json --me "$me"
	ok "not what became of proposals: $bad" eval 'exits 65 && out_empty && err_lines 1 && err_has proposals.json'
done
for list in '[]' '[{"head":{"ref":"release/atlas/ring-other"}}]'; do
	echo "$list" >proposals.json && check --proposals proposals.json --me "$me"
	ok "nothing is required of other branches: $list" is set
done
check --proposals nowhere.json --me "$me"
ok 'a missing file is 66' exits 66
pulls '.[0].labels = []' && check --proposals nowhere.json --me "$me"
ok '... which is read only if the decision depends on it' is clear no-label
for options in '--proposals proposals.json' '--me x'; do
	check $options
	ok "wrong usage: ringcheck $options" eval 'exits 2 && out_empty && err_lines 1'
done

# What a kept proposal says
pulls && check && propose acme delta ember
was=$head && head=$first && pulls && check && propose acme delta
ok 'a kept proposal goes on without a tenant' does 'acme set'
ok '... and still says which commit it releases' test "$(trailers)" = "Release-Commit: $was Labels: $label"
pulls '.[0].labels += [{name: "cohort:tenant:name:acme"}]' && check && propose acme delta
ok '... which other labels do not change' outcome unchanged
head=$was

# The values that the ring brings are a part of what is rejected
forget && git -C gitops branch -qD $proposal
sed 's#^  atlas:#&\n    values: {file: "deploy/{ring}.yaml", allow: [atlas/graph]}#' "$RING_CATALOG" >valued.yaml
u checkout -q $ring && mkdir upstream/deploy && echo 'atlas: {graph: {size: 1.5, live: true}}' >upstream/deploy/$ring.yaml && u add -A
head=$(commit 'Values') && fetch && sed "s/HEAD/$head/" "$payloads/gh-run-list.json" >runs.json
export RING_CATALOG=$tmp/valued.yaml
held && pulls && check && cp out release.json
tenant delta | mkpatch -q -C gitops -r main --release release.json | applypatch -q -C gitops --branch main >>log
digest() { printf '%s' '{"atlas":{"graph":{"live":true,"size":1.5}}}' | sha256sum | head -c 64; }
values() { git -C gitops log -1 --format='%(trailers:key=Values,valueonly)' $proposal | grep .; }
propose acme
ok 'a proposal says which values it releases' test "$(values)" = "$(digest)"
ok '... and its message shows them' eval 'git -C gitops log -1 --format=%B $proposal | grep -qxF -- "- atlas /graph/size: 1.5"'
pull 7 closed && issue 7 '{"login": "ann"}' && commits && asks
ok 'it is rejected as others are' is keep rejected
propose acme
ok '... and the clear that is proposed again has the same values' eval 'does "delta clear" && test "$(values)" = "$(digest)"'
pull 8 open && commits && asks
ok '... by which it is still rejected' is keep rejected
rm pull.8 && asks -c "$examples/releases/ring.yaml"
ok 'other values end it' is set
pulls '.[0].isDraft = true' && asks
ok 'a draft is rejected with its values, too' is keep 'draft rejected'
pulls && check && propose acme delta && was=$head && head=$(commit 'No green build') && fetch && pulls && check && propose acme
ok 'a kept proposal still says which values it releases' test "$(values)" = "$(digest)"

finish
