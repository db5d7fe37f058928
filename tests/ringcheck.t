#!/usr/bin/env bash
# From GitHub's payloads (tests/payloads, with the page that documents each) and a real service repository to the one
# record that says what to do with a ring.
. "$(dirname "$0")/lib.sh"

payloads=$top/tests/payloads
cd "$tmp" || exit 1
export RING_CATALOG=$examples/releases/ring.yaml
ring='ring-leangraph'

# The service's repository: the default branch, and a ring that was created from it
git init -q -b master service
s() { git -C service "$@"; }
tick=0
# commit MESSAGE [FILE CONTENT]: on the branch that is checked out; prints its id
commit() {
	tick=$((tick + 60))
	[ $# -lt 2 ] || { mkdir -p "service/$(dirname "$2")" && echo "$3" >"service/$2"; }
	s add -A
	GIT_COMMITTER_DATE="@$((1767225600 + tick)) +0000" GIT_AUTHOR_DATE="@$((1767225600 + tick)) +0000" \
		s commit -q --allow-empty -m "$1" && s rev-parse HEAD
}
# sync [TRAILER-KEY [OID]]: merge the default branch into the ring, as ringsync does; prints the merge
sync() {
	local into
	s checkout -q master && commit "more on master" >/dev/null && into=$(s rev-parse HEAD)
	s checkout -q $ring
	tick=$((tick + 60))
	GIT_COMMITTER_DATE="@$((1767225600 + tick)) +0000" s merge -q --no-ff -m "Merge master

${1-Ring-Sync}: ${2-$into}" master && s rev-parse HEAD
}
base=$(commit 'As it was' pom.xml 1)
s checkout -q -b $ring
first=$(commit 'Half the heap' graph.java 1)
head=$(commit 'A third' graph.java 2)

# The payloads, with the head in place of HEAD; each edit is a jq program
at=$head
payload() { sed "s/HEAD/$at/" "$payloads/$1" | jq "${2-.}" || { status=255 && rm -f "$tmp/out" && false; }; }
prs() { payload gh-pr-list.json "$@" >prs.json; }
pr() { payload gh-pr-view.json "$@" >prs.json; }
runs() { payload gh-run-list.json "$@" >runs.json; }
check() { run ringcheck --service atlas --runs runs.json "$@" <prs.json; }
held() {
	for one in "$@"; do
		printf '{"type":"override","tenant":"acme","path":"tenants/acme/application.yaml","service":"atlas","chart":"atlas","ring":"%s","image":{"repository":"x","tag":"y"},"commit":"%s"}\n' $ring "$one"
	done | framed ringls >held.jsonl
}
is() { jq -se --arg a "$1" --arg r "${2-}" '.[0].action == $a and ((.[0].reasons | join(" ")) == $r)' "$tmp/out" >/dev/null && exits 0 && err_empty; }
commit_is() { [ "$(jq -r 'select(.type == "release").commit' "$tmp/out")" = "$1" ]; }
warns() { [ "$(jq -rc 'select(.type == "release").warnings | map(.code) | join(" ")' "$tmp/out")" = "${1-}" ]; }
fails() { exits 65 && err_lines 1 && out_empty && err_has "$1"; }

# The record

pr && runs
check
ok 'an open pull request with a label and a green build is set' out_is <<E1
{"type":"release","action":"set","service":"atlas","repository":"atlanhq/atlas-metastore","ring":"$ring","proposal":"release/atlas/$ring","older_proposals":[],"pull_request":123,"labels":["cohort:github:path:internal-level-1"],"commit":"$head","image":{"repository":"ghcr.io/atlanhq/atlas-metastore-$ring","tag":"$head"},"reasons":[],"warnings":[]}
{"type":"end","by":"ringcheck","records":1,"refused":0}
E1
ok '... with status 0 and no message' eval 'exits 0 && err_empty'
cp out set
for shape in gh-pr-list.json rest-pull.json rest-pulls.json; do
	payload $shape >prs.json
	check
	ok "$shape gives the same" same set out
done
payload rest-pulls.json '[.[0:1], .[1:]]' >prs.json && check
ok 'so do pages of a list' same set out
{ payload rest-pulls.json '.[0:1]' && payload rest-pulls.json '.[1:]'; } >prs.json && check
ok '... one after the other' same set out
pr
payload rest-runs.json >runs.json && check
ok 'rest-runs.json gives the same' same set out
payload rest-runs.json '.workflow_runs' >runs.json && check
ok 'so does only its list' same set out
payload rest-runs.json '[(.workflow_runs |= .[0:1]), (.workflow_runs |= .[1:])]' >runs.json && check
ok '... or its pages' same set out
{ payload rest-runs.json '.workflow_runs |= .[0:1]' && payload rest-runs.json '.workflow_runs |= .[1:]'; } >runs.json && check
ok '... one after the other' same set out
runs
sed 's/tag: "{sha}"/tag: "x-{sha:7}"/' "$RING_CATALOG" >short.yaml && check -c short.yaml
ok "the tag is made by the catalogue's template" out_has "\"tag\":\"x-${head:0:7}\""
{ echo 'proposals: ["deploy/{service}/{ring}", "{ring}/of/{service}", "release/{service}/{ring}"]' && cat "$RING_CATALOG"; } >names.yaml
check -c names.yaml
ok "the record has the names of the ring's proposals" \
	out_has "\"proposal\":\"deploy/atlas/$ring\",\"older_proposals\":[\"$ring/of/atlas\",\"release/atlas/$ring\"],"
check --service heracles
ok '... which it does not without a ring' out_lacks proposal
ok 'a pull request to another branch than the service has does not count' is none other-base

# The values that a ring brings

sed 's#^    chart-paths:.*#&\n    values: {file: "deploy/{ring}.yaml", allow: [atlas/atlas/leangraph, atlas/atlas/env]}#' "$RING_CATALOG" >values.yaml
# brings CONTENT: the ring's head has this file of values; then ringcheck
brings() {
	at=$(commit 'Its values' "deploy/$ring.yaml" "$1")
	pr && runs && check -c values.yaml -C service
}
has_values() { is set && [ "$(jq -c 'select(.type == "release").values' "$tmp/out")" = "$1" ]; }
is_bad() { is keep "$1 deploy/$ring.yaml$2"; }
check -c values.yaml -C service
ok 'a commit without the file has no values' has_values '{}'
check -C service
ok '... and without a key in the catalogue, the record has none' out_lacks '"values"'
check -c values.yaml
ok 'without the repository, a ring that may have values is kept' is_bad bad-values ': not read: give the service'"'"'s repository (-C)'
brings 'atlas: {atlas: {leangraph: {enabled: true}, env+: [{name: A, value: "1"}]}}'
ok 'the values of the commit are in the record' has_values '{"atlas":{"atlas":{"leangraph":{"enabled":true},"env+":[{"name":"A","value":"1"}]}}}'
cp out valued
old=$at && commit 'Later' "deploy/$ring.yaml" 'atlas: {atlas: {leangraph: 2}}' >/dev/null && check -c values.yaml -C service
ok '... of the commit that is released, whatever the branch has since' same valued out
pr '.labels = []' && check -c values.yaml -C service
ok '... only with set' eval "is clear no-label && out_lacks '\"values\"'"
brings '# nothing'
ok 'an empty file has no values' has_values '{}'
brings 'atlas: {atlas: {leangraph: 1}'
ok 'a file that is not YAML is kept' is_bad bad-values ':2:1: not YAML: missing comma in flow mapping'
pr '.state = "CLOSED"' && check -c values.yaml -C service
ok '... which does not stop a withdrawal' is clear closed
brings 'atlas: {atlas: {image: {tag: "1"}}}'
ok 'a path that is not allowed is kept' is_bad 'bad-values foreign-values' ':1:30: /atlas/atlas/image/tag: not at or below a path that "allow" in the catalogue has'
brings "atlas: {atlas: {leangraph: $(printf '%65536s' x)}}"
ok 'a file of more than 64 KiB is kept' is_bad bad-values ': larger than 65536 bytes'
brings 'version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345'
ok 'a Git LFS pointer is kept' is_bad 'bad-values foreign-values' ': a Git LFS pointer, not the file itself'
echo 'deploy/* filter=lfs' >service/.gitattributes && brings 'atlas: {}'
ok '... a file that a filter converts' eval 'is keep "$(jq -r "select(.type == \"release\").reasons | join(\" \")" out)" && out_has "\"bad-values\",\"foreign-values\"" && out_has filter'
rm service/.gitattributes "service/deploy/$ring.yaml" && ln -s ../pom.xml "service/deploy/$ring.yaml" && at=$(commit 'A link') && pr && runs && check -c values.yaml -C service
ok '... a symbolic link' is_bad 'bad-values foreign-values' ': a symbolic link, which is not followed, not a regular file'
rm -r service/deploy && ln -s . service/deploy && at=$(commit 'A link to a directory') && pr && runs && check -c values.yaml -C service
ok '... a link along the path' eval 'out_has "\"bad-values\",\"foreign-values\",\"deploy/$ring.yaml: \\\"deploy\\\" is a symbolic link"'
s rm -q --cached deploy && rm service/deploy && s update-index --add --cacheinfo "160000,$head,deploy/$ring.yaml" && at=$(GIT_COMMITTER_DATE='@1767226000 +0000' s commit-tree -p HEAD -m 'A submodule' "$(s write-tree)") && pr && runs && check -c values.yaml -C service
ok '... a submodule' is_bad 'bad-values foreign-values' ': a submodule, not a regular file'
s reset -q --hard "$head" && at=$head && pr && runs
run mkpatch -c values.yaml -C service -r HEAD --release valued <<<'{"type":"end","by":"x","records":0,"refused":0}'
ok 'mkpatch takes the values that the catalogue allows' exits 0
run mkpatch -C service -r HEAD --release valued <<<'{"type":"end","by":"x","records":0,"refused":0}'
ok '... and no others' eval "exits 77 && err_has 'values in the release record: /atlas/atlas/leangraph/enabled: not at or below'"

# The digest of the image

d1=sha256:$(printf '%064d' 1) d2=sha256:$(printf '%064d' 2) d3=sha512:$(printf '%0128d' 3)
digests() { printf '%s\n' "$@" >digests && check --digests digests; }
digests '# from the build' '' "$first $d2" "$head $d1"
ok "the digest of the commit's image is beside the tag" \
	eval 'is set && out_has "\"tag\":\"$head\",\"digest\":\"$d1\"}"'
cp out digested
digests "$head	$d1" "$head  $d1"$'\r'
ok '... also with tabs, carriage returns, or given twice' same digested out
printf '%s' "$head $d3" >digests && check --digests digests
ok '... of another algorithm, without a final newline' out_has "\"digest\":\"$d3\""
digests "$first $d2"
ok 'a commit without a digest is kept' eval 'is keep no-digest && out_lacks "\"digest\""'
: >digests && check --digests digests
ok '... and with an empty file' is keep no-digest
digests "$head $d1" "$head $d2"
ok 'two digests for a commit are 65' fails 'digests:2: a second digest for the commit'
digests "$first $d1" "$first $d2" "$head $d1"
ok '... unless it is another commit' same digested out
for line in "${head:0:39} $d1" "$head" "$head ${d1%1}" "$head ${d1}1" "$head $d1 x" " $head $d1" "$head sha1:$head" "$head x@$d1" "${head^^} $d1"; do
	digests "# one" "$line"
	ok "\"$line\" is 65" fails 'digests:2: expected a commit'"'"'s whole id and a digest'
done
check --digests nowhere
ok 'a file that is not there is 66' exits 66
pr '.labels = []' && check --digests nowhere
ok '... and is not read where nothing is set' is clear no-label
pr

# Rings that this one contains

# others RING COMMIT...: what other rings and services hold, in held.jsonl
others() {
	while [ $# -gt 1 ]; do
		printf '{"type":"override","tenant":"acme","path":"tenants/acme/application.yaml","service":"%s","chart":"atlas","ring":"%s","image":{"repository":"x","tag":"y"},"commit":"%s"}\n' "${service_is-atlas}" "$1" "$2"
		shift 2
	done | framed ringls >held.jsonl
}
supersedes() { [ "$(jq -rc 'select(.type == "release").supersedes // [] | map(.ring + " " + .commit) | join(" ")' "$tmp/out")" = "${1-}" ] && is set; }
over() { check -C service --held held.jsonl "$@"; }
others ring-low "$first" && over
ok 'a ring whose commit is an ancestor is superseded' supersedes "ring-low $first"
others ring-low "${first:0:7}" && over
ok '... by the start of its id' supersedes "ring-low $first"
others ring-low "$first" ring-low "${first:0:9}" ring-b "$base" ring-low "$base" && over
ok '... once for each ring and commit' supersedes "ring-low $first ring-low $base ring-b $base"
others ring-low "$head" && over
ok 'a ring with the same commit is not' supersedes
check --held held.jsonl
ok '... nor any, without the repository' supersedes
others $ring "$first" && over
ok '... nor the ring itself' supersedes
service_is=heracles others ring-low "$first" && over
ok '... nor a ring of another service' supersedes
others ring-low 1234567 ring-low xyz ring-b "$(printf '%040d' 5)" && over
ok '... nor one whose commit is unknown' supersedes
s checkout -q -b ring-side "$base" && side=$(commit 'Beside' side.java 1) && s checkout -q $ring
others ring-side "$side" && over
ok '... nor one that has another commit' supersedes
s checkout -q -b ring-next "$head" && next=$(commit 'After' next.java 1) && s checkout -q $ring
others ring-next "$next" && over
ok '... nor one that contains this one' supersedes
git clone -q --depth 1 --no-single-branch "file://$tmp/service" short -b $ring
sed '/chart-paths/d' "$RING_CATALOG" >pathless.yaml
others ring-low "$base" && check -c pathless.yaml -C service --held held.jsonl
ok 'the default branch is superseded as well, if a ring deploys it' supersedes "ring-low $base"
check -c pathless.yaml -C short --held held.jsonl
ok '... nor any that the history of a shallow clone does not show' supersedes

# merged [EDIT]: ring-side's pull request was merged by squash, as a commit that the ring contains
s checkout -q $ring && squash=$(commit 'Beside (#9)' side.java 1) && after=$(commit 'After it' graph.java 3)
merged() { jq -n --arg c "$side" --arg m "$squash" "[{number: 9, headRefName: \"ring-side\", headRefOid: \$c, isCrossRepository: false, state: \"MERGED\", mergeCommit: {oid: \$m}}] | ${1-.}" >merged.json && over --merged merged.json; }
at=$after && pr && runs && others ring-side "$side"
over
ok 'without --merged, a ring that was merged by squash is not superseded' supersedes
merged
ok 'with it, it is' supersedes "ring-side $side"
others ring-side "${side:0:8}" && merged
ok '... by the start of its id' supersedes "ring-side $side"
others ring-side "$base" && merged
ok '... and an older commit of it is an ancestor anyway' supersedes "ring-side $base"
others ring-side "$side"
for edit in '.[0].headRefName = "ring-other"' '.[0].isCrossRepository = true' '.[0].state = "OPEN" | .[0].mergeCommit = null' \
	".[0].mergeCommit.oid = \"$next\"" ".[0].mergeCommit.oid = \"$after\"" ".[0].mergeCommit.oid = \"$(printf '%040d' 6)\"" \
	".[0].headRefOid = \"$base\"" ".[0].headRefOid = \"$(printf '%040d' 6)\"" '[]'; do
	merged "$edit"
	ok "... but not with $edit" supersedes
done
s checkout -q ring-side && later=$(commit 'And more' side.java 2) && s checkout -q $ring
others ring-side "$later" && merged
ok '... nor with a commit that was pushed after the merge' supersedes
lost=$(printf '%040d' 7) && others ring-side "$lost" && merged ".[0].headRefOid = \"$lost\""
ok 'the head of a merged pull request counts although the repository lost it' supersedes "ring-side $lost"
merged '.[0] |= del(.isCrossRepository)'
ok 'a merged pull request without a member that counts is 65' fails 'isCrossRepository'
merged '.[0].mergeCommit.oid = "HEAD"'
ok '... and with an id that is none' fails 'invalid commit of a merged pull request'
check --merged merged.json
ok '--merged requires --held' eval "exits 2 && err_has '--merged requires --held'"
s reset -q --hard "$head" && at=$head && pr && runs

# The service

run ringcheck --runs runs.json < <(payload rest-pull.json)
ok 'without --service, the repository gives the service' same set out
run ringcheck --runs runs.json < <(payload gh-pr-view.json '.url = "https://github.com/AtlanHQ/atlas-metastore/pull/123"')
ok "... or gh's url, in any case" same set out
run ringcheck --runs runs.json < <(payload gh-pr-view.json)
ok 'a pull request without its repository is 65' fails 'name the service with --service'
run ringcheck --runs runs.json <<<'[]'
ok '... and so is an empty list' fails 'name the service with --service'
run ringcheck --runs runs.json < <(payload rest-pull.json '.base.repo.full_name = "atlanhq/other" | .head.repo.full_name = "atlanhq/other"')
ok '... a repository that is not in the catalogue' fails 'no service in'
sed 's#atlanhq/heracles#atlanhq/atlas-metastore#' "$RING_CATALOG" >two.yaml
run ringcheck -c two.yaml --runs runs.json < <(payload rest-pull.json)
ok '... and one that two services have' fails 'the services heracles and atlas both have'
payload rest-pull.json '.base.repo.full_name = "atlanhq/other" | .head.repo.full_name = "atlanhq/other"' >prs.json && check
ok 'with --service, the pull request of another repository does not count' is none other-repository

# What the pull request implies

pr '.labels = []' && check
ok 'open without a label is clear' is clear no-label
ok '... and the record has an empty list' out_has '"labels":[],"reasons"'
pr '.labels |= .[0:1]' && check
ok 'other labels do not count' is clear no-label
pr '.labels |= map(.name |= ascii_upcase)' && check
ok '... nor do those in other case' is clear no-label
pr '.labels = [] | .isDraft = true' && check
ok 'a draft without a label is also clear' is clear no-label
pr '.state = "CLOSED"' && check
ok 'closed without being merged is clear, labels or not' is clear closed
pr '.state = "MERGED" | .mergeCommit = {oid: "2a1d8b6c4e0f9a7b5d3c1e2f406b8c0d9e7f5a31"}' && check
ok 'merged is hold' is hold merged
pr '.isDraft = true' && check
ok 'a draft is kept' is keep draft
pr '.labels[1].name = "cohort:github"' && check
ok 'a malformed label is a label: labels2json refuses it' eval "is set && out_has '\"labels\":[\"cohort:github\"]'"
cp out mistake
run labels2json <mistake
ok '... and it does, with the status of a refusal' eval 'exits 1 && out_has malformed-label'
payload rest-pull.json '.state = "closed"' >prs.json && check
ok "REST's closed is clear without merged_at" is clear closed
payload rest-pull.json '.state = "closed" | .merged_at = "2026-03-02T10:00:00Z"' >prs.json && check
ok '... and hold with it' is hold merged

echo '[]' >prs.json && check
ok 'no pull request is none' is none no-pull-request
ok '... without labels' out_has '"labels":[]'
pr '.isCrossRepository = true' && check
ok "a pull request from a fork is none" is none fork
payload rest-pulls.json '.[0:1]' >prs.json && check
ok '... also from a deleted one' is none fork
payload rest-pull.json '.head.repo.full_name = "stranger/atlas-metastore"' >prs.json && check
ok '... and in the shape of REST' is none fork
pr '.baseRefName = "develop"' && check
ok 'a pull request to another branch is none' is none other-base
for name in leangraph ring- Ring-x ring-X 'ring-a/b' 'ring-a..b' 'ring-a
b' "ring-$(printf '%0130d' 0)" '../ring-x'; do
	pr ".headRefName = $(jq -n --arg n "$name" '$n')" && check
	ok "a branch that is not a ring is none: ${name:0:20}" is none no-ring
	ok '... and its name is not in the record' out_lacks '"ring":'
done
pr '.isCrossRepository = true | .labels = [] | .state = "CLOSED"' && check
ok 'none takes precedence over clear' is none fork

# Several: an open one decides, else the one that was updated last

prs '.[1].state = "CLOSED" | .[2].updatedAt = "2026-03-01T09:00:00Z"' && check
ok 'of closed ones, the one updated last decides' is clear closed
prs '.[1].state = "CLOSED" | .[2].updatedAt = "2026-03-03T09:00:00Z"' && check
ok '... whatever its state' is hold merged
prs '.[2].updatedAt = "2026-03-03T09:00:00Z"' && check
ok 'an open one decides, however old' eval 'is set && out_has "\"pull_request\":123"'
prs 'reverse' && check
ok '... and in any order' is set
prs '.[0].labels = [] | .[0].state = "CLOSED"' && check
ok "a fork's does not count" is set
prs '.[1].state = "CLOSED" | .[2].updatedAt = .[1].updatedAt | .[2].number = 124' && check
ok 'of two updated at the same time, the one with the higher number decides' is hold merged
prs '.[2].headRefName = "ring-other"' && check
ok 'pull requests of two rings are 65' fails 'expected pull requests of one ring'

# A missing member is an error, never a decision

for member in number state isDraft isCrossRepository headRefName headRefOid baseRefName labels; do
	pr "del(.$member)" && check
	ok "without $member nothing is decided" fails "missing \"$member\""
done
for member in number state draft head.ref head.sha head.repo base.ref labels; do
	payload rest-pull.json "del(.$member)" >prs.json && check
	ok "nor without REST's $member" fails 'missing "'
done
payload rest-pull.json '.state = "closed" | del(.merged_at)' >prs.json && check
ok 'nor with a closed one without merged_at' fails 'missing "state" (REST: state and merged_at)'
prs 'del(.[].updatedAt) | .[1].state = "CLOSED"' && check
ok 'nor with several without updatedAt' fails 'missing "updatedAt"'
pr
for member in databaseId attempt conclusion event headBranch headSha status workflowName; do
	runs "map(del(.$member))" && check
	case $member in
	databaseId | attempt) ok "gh lists a run once: without $member it is decided" is set ;;
	*) ok "without a run's $member nothing is decided" fails "runs.json:" ;;
	esac
done
runs '[.[], .[2]] | del(.[].attempt)' && check
ok 'without the attempts of a run that is listed twice nothing is decided' fails 'missing "attempt"'
for member in conclusion event head_branch head_sha status; do
	payload rest-runs.json "del(.workflow_runs[].$member)" >runs.json && check
	ok "nor without REST's $member" fails 'missing "'
done
runs

# The build that counts

runs '.[0].headSha = "'$first'" | map(select(.databaseId != 9002))' && check
ok 'runs of another workflow, event or commit are not builds of this one' is keep missing
runs 'map(select(.databaseId == 9001)) | .[0].conclusion = "success" | .[0].databaseId = 9999' && check
ok 'F4: the newest green run of another commit of the branch is not its own' is keep missing
ok '... and there is no image' out_lacks '"image"'
ok '... but the commit whose build is missing' commit_is "$head"
runs '[.[2] | .conclusion = "failure"] + [.[3] | .conclusion = "success" | .databaseId = 9999]' && check
ok 'F4: nor is it when its own has failed' is keep failed
runs '.[2].status = "in_progress" | .[2].conclusion = ""' && check
ok 'a run in progress is not green' is keep running
runs '.[2].conclusion = "failure" | [.[2], (.[2] | .databaseId = 9009 | .status = "queued")]' && check
ok '... nor is a failed one with one in progress' is keep running
runs '.[2].conclusion = "failure" | [.[2], (.[2] | .databaseId = 9009 | .conclusion = "success")]' && check
ok 'one green run of several is enough' is set
runs '[.[2], (.[2] | .databaseId = 9009 | .conclusion = "failure")]' && check
ok '... also if a later one has failed' is set
runs '[.[2], (.[2] | .attempt = 2 | .conclusion = "failure")]' && check
ok 'of one run the latest attempt counts' is keep failed
runs '[(.[2] | .attempt = 2), (.[2] | .conclusion = "failure")]' && check
ok '... in any order' is set
for conclusion in failure cancelled skipped neutral timed_out action_required startup_failure stale; do
	runs ".[2].conclusion = \"$conclusion\"" && check
	ok "$conclusion is not a success" is keep failed
done
runs '.[2].status = "queued" | .[2].conclusion = "success"' && check
ok 'a run that is not completed is not a success' is keep running
runs '.[2].event = "workflow_dispatch"' && check
ok 'a manual run is not a push' is keep missing
runs '.[2].headBranch = "ring-other"' && check
ok 'a push to another branch does not count' is keep missing
runs '.[2].workflowName = "java ci with maven"' && check
ok "a workflow's name is compared as it is" is keep missing
echo '[]' >runs.json && check
ok 'without runs, the build is missing' is keep missing
echo '{"total_count":0,"workflow_runs":[]}' >runs.json && check
ok "... also in the shape of REST" is keep missing
payload rest-runs.json '.workflow_runs[2].head_repository.full_name = "stranger/atlas-metastore"' >runs.json && check
ok "a run of a fork does not count" is keep missing
payload rest-runs.json '.workflow_runs[2].head_repository = null' >runs.json && check
ok '... nor does one of a deleted fork' is keep missing
payload rest-runs.json '.workflow_runs[2].name = "Anything"' >runs.json && check
ok "if the file's name is known, the workflow's does not matter" is set
payload rest-runs.json '.workflow_runs[2].path = ".github/workflows/mine.yml"' >runs.json && check
ok '... and another file with that name is another workflow' is keep missing
payload rest-runs.json '.total_count = 230 | .workflow_runs |= .[0:2]' >runs.json && check
ok 'if the list of runs is not complete, the reason says so' is keep 'missing the list of runs is not complete: give all pages, or those of the commit (head_sha)'
payload rest-runs.json '.total_count = 230' >runs.json && check
ok '... but not if the build is listed' is set
sed 's/build-workflow: \[maven.yml, .*/build-workflow: maven.yml/' "$RING_CATALOG" >file.yaml
runs && check -c file.yaml
ok 'if runs and catalogue cannot be compared, the reason says so' eval "exits 0 && out_has '\"reasons\":[\"missing\",\"cannot tell which runs are of build-workflow'"
payload rest-runs.json >runs.json && check -c file.yaml
ok "REST's runs have the file's name" is set
runs '.[2].workflowName = ".github/workflows/maven.yml"' && check -c file.yaml
ok 'and so has a workflow without a name' is set
runs

# Deployed commits, and merges of the default branch

held "$head" && check --held held.jsonl -C service
ok 'a deployed commit is set again' eval 'is set && commit_is "$head"'
runs '.[2].conclusion = "failure"' && check --held held.jsonl -C service
ok '... but not if its build has failed since' is keep failed
merge=$(sync) && at=$merge && pr && runs
check -C service --held held.jsonl
ok 'a merge by ringsync releases nothing: the deployed commit stays' eval 'is set && commit_is "$head"'
ok '... with a warning' warns sync-only
ok '... with the image of that commit' out_has "\"tag\":\"$head\""
echo '[]' >runs.json && check -C service --held held.jsonl
ok '... and its build is no longer required' eval 'is set && commit_is "$head" && warns sync-only'
runs && check
ok 'without -C it cannot be recognised' eval 'is set && commit_is "$merge" && warns'
merge2=$(sync) && at=$merge2 && pr && runs && check -C service --held held.jsonl
ok 'the chain goes through two of them' eval 'is set && commit_is "$head" && warns sync-only'
held "${head:0:9}" && check -C service --held held.jsonl
ok 'a short id is enough' eval 'is set && commit_is "$head" && warns sync-only'
held "$merge" "$head" && check -C service --held held.jsonl
ok 'of several deployed commits the newest stays' eval 'is set && commit_is "$merge" && warns sync-only'
held "$merge2" && check -C service --held held.jsonl
ok 'if the head is deployed, there is no warning' eval 'is set && commit_is "$merge2" && warns'
held "$first" && check -C service --held held.jsonl
ok 'a deployed commit outside the chain does not count' eval 'is set && commit_is "$merge2" && warns'
check -C service
ok 'without a deployed commit, the newest with a green build is used' eval 'is set && commit_is "$merge2"'
runs '.[2].headSha = "'$head'"' && check -C service
ok '... down to the first that is not such a merge' eval 'is set && commit_is "$head" && warns'
runs '.[2].headSha = "'$first'"' && check -C service
ok '... and no further' eval 'is keep missing && commit_is "$merge2"'
runs '[.[2] | .headSha = "'$merge'" | .conclusion = "failure"]' && check -C service
ok '... if one is green' is keep failed
s checkout -q $ring
for trailer in 'Sync' "Ring-Sync $base"; do
	keep=$(s rev-parse HEAD)
	at=$(sync $trailer) && pr && runs && held "$merge2" && check -C service --held held.jsonl
	ok "a merge that does not name its second parent is not one of them: $trailer" eval 'is set && commit_is "$at" && warns'
	s reset -q --hard "$keep"
done
at=$(commit "A commit

Ring-Sync: $base") && pr && runs && check -C service --held held.jsonl
ok 'nor is a commit with one parent' eval 'is set && commit_is "$at" && warns'
new=$at
s reset -q --hard "$first" && at=$first && pr && runs && held "$new" && check -C service --held held.jsonl
ok 'an ancestor of the deployed commit is older' eval 'is keep older && commit_is "$first"'
pr '.isDraft = true' && runs '[]' && check -C service --held held.jsonl
ok '... and all reasons are given' is keep 'draft older missing'
pr && runs && check --held held.jsonl
ok '... which cannot be seen without -C' is set
held 0123456789abcdef0123456789abcdef01234567 && check -C service --held held.jsonl
ok 'a deployed commit that is not in the repository is ignored' is set
sed "s/$ring/ring-other/" held.jsonl >other.jsonl && held "$new" && tail -n +1 held.jsonl | sed "s/\"atlas\",\"chart\"/\"heracles\",\"chart\"/" >service.jsonl
for file in other service; do
	check -C service --held $file.jsonl
	ok "overrides of another $file are ignored" is set
done
jq -c 'del(.commit)' held.jsonl >no-commit.jsonl && check -C service --held no-commit.jsonl
ok 'so is an override without a commit' is set
git clone -q --depth 1 --no-single-branch "file://$tmp/service" shallow
held "$new" && run ringcheck --service atlas --runs runs.json -C shallow --held held.jsonl <prs.json
ok 'if the history is too short to tell what the ring changed, it is 66' eval 'exits 66 && out_empty && err_has "git fetch --unshallow"'
sed '/chart-paths/d' "$RING_CATALOG" >no-paths.yaml && check -c no-paths.yaml -C shallow --held held.jsonl
ok '... and also if it is too short to tell what is older' eval 'exits 66 && out_empty && err_has "git fetch --unshallow"'
check -c no-paths.yaml -C shallow
ok '... but not if nothing depends on it' is set
at=0123456789abcdef0123456789abcdef01234567 && pr && runs && check -C service
ok 'a head that is not in the repository is 66' eval 'exits 66 && out_empty && err_has "git fetch"'

# What the image does not carry

s checkout -q $ring
at=$(commit 'Chart' helm/atlas/statefulset.yaml 1) && pr && runs && check -C service
ok 'a chart file that the ring changed is a warning' eval "is set && out_has '\"warnings\":[{\"code\":\"not-carried-by-image\",\"paths\":[\"helm/atlas/statefulset.yaml\"]}]'"
check
ok '... which requires the repository' warns
runs '[]' && check -C service
ok '... also with keep' eval 'is keep missing && warns not-carried-by-image'
pr '.labels = []' && check -C service
ok '... but not with clear' eval 'is clear no-label && warns'
s checkout -q master && commit 'Chart' helm/other.yaml 1 >/dev/null && s checkout -q $ring
pr && runs && check -C service
ok 'later changes of the default branch are not changes of the ring' out_lacks other.yaml
at=$(sync) && pr && runs && check -C service
ok '... also after a merge into the ring' eval 'out_lacks other.yaml && warns not-carried-by-image'
at=$(commit 'Next to it' helmet/x.yaml 1) && pr && runs && check -C service
ok 'a path with the same beginning is another path' out_lacks helmet
git clone -q --bare service bare.git && check -C bare.git
ok 'a bare repository works too' warns not-carried-by-image
git clone -q service clone && git -C clone checkout -q $ring && git -C clone branch -q -D master 2>/dev/null
check -C clone
ok 'the default branch is the remote-tracking one, if it exists' warns not-carried-by-image
git -C clone branch -q master origin/$ring && check -C clone
ok '... even if there is a local one' warns not-carried-by-image
git -C clone update-ref -d refs/remotes/origin/master && check -C clone
ok '... else the local one' eval 'is set && warns'
git -C clone branch -q -D master && check -C clone
ok 'without either it is 66' eval 'exits 66 && err_has "git fetch origin master"'
for i in $(seq 120); do echo >service/helm/x$i.yaml; done && at=$(commit 'Many') && pr && runs && check -C service
ok 'of many paths, a hundred are listed, and the others are counted' \
	jq -se '.[0].warnings[0] | (.paths | length) == 100 and .more == 21' out
printf x >"$(printf 'service/helm/a\nb\377')" && at=$(commit 'A name') && pr && runs && check -C service
ok 'a path that is not UTF-8 is escaped' eval 'is set && out_has "a\\\\nb\\\\xff"'

# Hostile and invalid input

at=$head && pr && runs
for input in '' ' ' '{' '[' 'x' '1' '"x"' 'null' '[1]' '[null]' '{}' '[{}]' '[[[]]]' '{"message":"Not Found","documentation_url":"x"}' \
	'{"headRefName":"ring-x","headRefName":"ring-y"}' '{"headRefName":{}}'; do
	run ringcheck --service atlas --runs runs.json < <(printf %s "$input")
	ok "not a pull request: $input" fails 'ringcheck: '
done
run ringcheck --service atlas --runs runs.json <"$examples/webhook.json"
ok "an event's payload is refused" fails 'as old as its event'
for edit in '.number = "123"' '.number = -1' '.state = "NEW"' '.isDraft = "no"' '.isCrossRepository = null' '.headRefOid = "main"' \
	'.headRefOid = "--help"' '.headRefOid |= ascii_upcase' '.labels = "cohort:a:b:c"' '.labels = [null]' '.updatedAt = "now"' \
	'.baseRefName = 1' '.labels = [range(101) | {name: "cohort:a:b:\(.)"}]' '.labels[0].name = "cohort:" + ("x" * 2000)'; do
	pr "$edit" && check
	ok "invalid: $edit" eval 'exits 65 && out_empty && err_lines 1'
done
python3 -c 'print("[" * 100000)' >prs.json && check
ok 'too deep is 65' eval 'exits 65 && out_empty'
{ printf '{"headRefName":"' && head -c 5000000 /dev/zero | tr '\0' x && printf '"}'; } >prs.json && check
ok 'too large is 65' eval 'exits 65 && out_empty && err_lines 1'
pr
for input in '' '{' 'x' '{"workflow_runs":1}' '[1]' '{"message":"Bad credentials"}'; do
	printf %s "$input" >runs.json && check
	ok "not runs: $input" fails 'ringcheck: runs.json'
done
printf '[\n{}]' >runs.json && check
ok '... with the line' err_has 'runs.json:2: a run: missing'
runs
held "$head" && sed -i '$d' held.jsonl && check --held held.jsonl
ok 'overrides without an end record are cut short' fails 'held.jsonl: the stream was cut short'
check --held held.jsonl --unframed
ok '... except with --unframed' is set
: >held.jsonl && check --held held.jsonl
ok 'also an empty file of them' fails 'cut short'
for bad in nonsense 012345; do
	held $bad && check --held held.jsonl
	ok "an invalid commit in an override is 65: $bad" fails 'held.jsonl:1: '
done
echo 'no json' >runs.json && pr '.labels = []' && check
ok 'builds are read only if the decision depends on them' is clear no-label

# Usage, files and streams

pr && runs
for options in '' '--service nope --runs runs.json' '--service' '--runs' '--frob' 'operand'; do
	run ringcheck $options <prs.json
	ok "wrong usage: ringcheck $options" eval 'exits 2 && out_empty && err_lines 1'
done
check --runs nowhere.json
ok 'a missing file of runs is 66' exits 66
check --held nowhere.jsonl
ok 'a missing file of overrides is 66' exits 66
check -C nowhere
ok 'a missing repository is 66' exits 66
check -c nowhere.yaml
ok 'a missing catalogue is 66' exits 66
for key in repository branch build-workflow; do
	sed "/^  atlas:/,\$ {/^    $key:/d}" "$RING_CATALOG" >less.yaml && check -c less.yaml
	ok "a catalogue without $key is 78" eval "exits 78 && out_empty && err_has 'missing \"$key\"'"
done
run full ringcheck --service atlas --runs runs.json <prs.json
ok 'a full disk is 74' exits 74
run no_out ringcheck --service atlas --runs runs.json <prs.json
ok 'a closed standard output is 74' exits 74
run no_in ringcheck --service atlas --runs runs.json
ok 'a closed standard input is 74' exits 74
run ringcheck --help
ok '--help prints the options' out_has '--held FILE'
run ringcheck --version
ok '--version prints the version' out_has 'ringcheck (ringkit) '

finish
