#!/bin/bash
# make demo: release a change to a few tenants, follow it to the chart, and clear it again, in the repositories of examples/shop.
#
# demo.sh [DIRECTORY]	works in DIRECTORY (default: build/demo), which it deletes and makes again.
# Exits with 0 only if each command had the expected status and each check succeeded.

set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
demo=${1:-build/demo}
rm -rf "$demo"
mkdir -p "$demo"
cd "$demo"

# A fixed author and a fixed date give the same commit ids in every run.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_AUTHOR_NAME='Ann Example' GIT_AUTHOR_EMAIL=ann@example.com GIT_AUTHOR_DATE='2026-03-02 09:00:00 +0000'
export GIT_COMMITTER_NAME='Ann Example' GIT_COMMITTER_EMAIL=ann@example.com GIT_COMMITTER_DATE='2026-03-02 09:00:00 +0000'
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

say() { echo && printf '%s\n' "$@"; }
title() { printf '\n\n%s\n%s\n' "$1" "${1//?/=}"; }

# show STATUS COMMAND: print the command and its output, in 100 columns; it must exit with STATUS
show() {
	local status=0
	printf '\n$ %s\n' "$2"
	bash -o pipefail -c "$2" >out 2>err || status=$?
	fold -s -w 96 err | indent
	sed -E -e 's/^(.*"tenant":"[^"]*"),"path":.*,("edits"|"action")/\1, ... \2/' -e 's/^(.{94}).{4,}$/\1 .../' out | indent
	[ "$status" -eq 0 ] || echo "  (status $status)"
	[ "$status" -eq "$1" ] || fail "expected status $1, got $status: $2"
}
indent() { sed 's/^./  &/'; }
# check COMMAND ...: the command must succeed
check() { "$@" >/dev/null || fail "check failed: $*"; }
fail() {
	echo "demo: $*" >&2
	exit 1
}
# commit REPOSITORY MESSAGE: commit all files
commit() {
	git -C "$1" add -A
	git -C "$1" commit -qm "$2"
}
# merge BRANCH: merge a proposal, as a person does with a button
merge() { git -C gitops merge -q --no-ff -m "Merge $1" "$1" && git -C gitops branch -qD "$1"; }
open_proposals() { [ "$(git -C gitops branch --list 'release/*' 'cleanup/*' | wc -l)" -eq "$1" ]; }

for repository in gitops releases charts; do
	cp -R "$here/shop/$repository" .
done
for repository in gitops releases charts service; do
	git -c init.defaultBranch=main init -q $repository
done
commit gitops 'As it was'
commit releases 'As it was'
git -C gitops branch before
export RING_CATALOG=releases/ring.yaml

# The service: 1.4.0 is in the chart; the ring makes the checkout faster.
printf 'def total(cart):\n    return sum(line.price for line in cart)\n' >service/cart.py
printf 'TIMEOUT = 30\n' >service/settings.py
commit service 'Cart 1.4.0'
sed -i "s/1\.4\.0-.*/1.4.0-$(git -C service rev-parse --short=7 main)/" charts/charts/shop/values.yaml
commit charts 'shop 1.4.0'
git -C charts tag shop-1.4.0
git -C service checkout -qb ring-fast-checkout
printf 'def total(cart):\n    return cart.cached_total()\n' >service/cart.py
commit service 'Keep the total with the cart'
sha=$(git -C service rev-parse HEAD)
git -C service checkout -q main

# What GitHub would say of the ring: "gh pr list" and "gh run list"
pull() {
	jq -n --arg sha "$(git -C service rev-parse ring-fast-checkout)" --arg state "$1" --arg merge "${2-}" '[{number: 41, state: $state,
		headRefName: "ring-fast-checkout", baseRefName: "main", headRefOid: $sha, isCrossRepository: false, isDraft: false,
		labels: [{name: "enhancement"}, {name: "cohort:github:path:early"}], updatedAt: "2026-03-02T09:00:00Z",
		mergeCommit: (if $merge == "" then null else {oid: $merge} end)}]' >pulls.json
}
builds() {
	jq -n --arg sha "$(git -C service rev-parse ring-fast-checkout)" --arg conclusion "$1" '[{databaseId: 9001, attempt: 1, workflowName: "Build",
		event: "push", headBranch: "ring-fast-checkout", headSha: $sha, status: "completed", $conclusion}]' >runs.json
}
pull OPEN
builds success

title 'The repositories'
say 'Six tenants.  Each is an Argo CD Application in the GitOps repository:'
show 0 'ls -m gitops/tenants'
say 'A cohort is a list of tenants that get a change first.  It is in the releases repository:'
show 0 'cat releases/cohorts/early.yaml'
say 'The change is on a branch of the service, the ring.  A label on its pull request names the cohort:'
show 0 "jq -c '.[] | [.headRefName, .state, .labels[].name]' pulls.json"

title 'One filter after the other'
say 'ringcheck looks at the pull request and its builds, and decides.  The build is green, so: set.' \
	'(A record is one line of JSON.  Long lines are cut here.)'
show 0 "ringcheck --service cart --runs runs.json <pulls.json | tee release.json | jq -c 'del(.labels)'"
say 'labels2json and cohort-resolve turn the labels into tenants:'
show 0 'labels2json <release.json | cohort-resolve -C releases | tee tenants.jsonl'
say 'mkpatch computes what must change in the manifest of each tenant:'
show 0 'mkpatch -C gitops -r main --release release.json --reconcile <tenants.jsonl | tee patches.jsonl'
say 'applypatch makes one commit of all patches, or none, on a branch for review: the proposal.'
show 0 'applypatch -C gitops --branch release/cart/ring-fast-checkout --onto main <patches.jsonl |
    tee result.jsonl'
check open_proposals 1

title 'The proposal'
say 'Its pull request would have this commit, and this report:'
show 0 'git -C gitops log -1 --stat --format=%B release/cart/ring-fast-checkout'
show 0 'ringreport --format=text <result.jsonl'
say 'Each manifest keeps its style.  Only the lines of the image are new:'
show 0 'git -C gitops diff main release/cart/ring-fast-checkout -- tenants/alder tenants/birch'
say 'A second run finds the proposal as it is.  converge is the whole pipeline:'
cat >converge <<'END'
# converge [OPTION of applypatch ...]: propose what the pull request says now
set -o pipefail
ringls -C gitops -r main --service cart --ring ring-fast-checkout >held.jsonl
ringcheck --service cart --runs runs.json --held held.jsonl -C service <pulls.json >release.json
labels2json <release.json |
	cohort-resolve -C releases |
	mkpatch -C gitops -r main --release release.json --reconcile --pending 'release/*' |
	applypatch -C gitops --branch release/cart/ring-fast-checkout --onto main "$@" |
	tee result.jsonl | ringreport --format=text
END
show 0 'cat converge'
show 0 'bash converge'
check open_proposals 1
say 'A person reviews the proposal and merges it.  ringls lists who holds what:'
merge release/cart/ring-fast-checkout
show 0 "ringls -C gitops -r main --service cart |
    jq -r 'select(.tenant) | \"\(.tenant)  \(.chart)  \(.ring)\"'"

title 'Refusals'
say 'Another ring holds hazel, a tenant of the cohort "next".  It is refused, and so nothing is proposed:'
sed -i 's/path:early/path:next/' pulls.json
show 1 'bash converge'
check open_proposals 0
say 'With --partial, the others are:'
show 1 'bash converge --partial'
check open_proposals 1
say 'If a stream was cut short, its end record is missing, and nothing is changed:'
show 65 'head -n 3 patches.jsonl |
    applypatch -C gitops --branch release/cart/ring-fast-checkout --onto main'
say 'The label is changed back.  Nothing is left to change, so the proposal is withdrawn:'
sed -i 's/path:next/path:early/' pulls.json
show 0 'bash converge'
check open_proposals 0

title 'The default branch moves on'
printf 'TIMEOUT = 10\n' >service/settings.py
printf 'def total(cart):\n    return round(sum(line.price for line in cart), 2)\n' >service/cart.py
commit service 'Round the total; shorter timeout'
say 'ringsync merges it into the ring.  Both have changed one line of cart.py: that of the ring stays,' \
	'and ringsync says which change of the default branch was discarded:'
show 0 'echo ring-fast-checkout | ringsync -C service --from main |
    tee sync.jsonl | jq "select(.discarded) | {status, discarded}"'
show 0 'git -C service diff main ring-fast-checkout'

title 'GA: the chart has the change'
git -C service merge -q --no-ff -m 'Merge pull request 41' ring-fast-checkout
merged=$(git -C service rev-parse main)
pull MERGED "$merged"
sed -i "s/1\.4\.0-.*/1.5.0-$(git -C service rev-parse --short=7 main)/" charts/charts/shop/values.yaml
sed -i '1,/^version/s/^version: .*/version: 1.5.0/' charts/charts/shop/Chart.yaml
commit charts 'shop 1.5.0'
git -C charts tag shop-1.5.0
sed -i 's/targetRevision: 1\.4\.0/targetRevision: 1.5.0/' gitops/tenants/alder/application.yaml
commit gitops 'alder: shop 1.5.0'
say 'The ring is merged, and the chart 1.5.0 has it.  alder is upgraded, birch and cedar are not.' \
	'ringgate says which tenants may go back to their chart, and why the others may not:'
cat >gate <<'END'
set -o pipefail
ringls -C gitops -r main --service cart --ring ring-fast-checkout |
	ringgate -C service --charts charts --merged pulls.json
END
show 0 'cat gate'
show 0 "bash gate | jq -r 'select(.gate) | \"\(.tenant) \(.chart): \(.gate) \(.reason // \"\")\"'"
say 'Only what is open is cleared, by another proposal:'
show 0 'bash gate | mkpatch -C gitops -r main --remove |
    applypatch -C gitops --branch cleanup/cart --onto main | ringreport --format=text'
merge cleanup/cart
say 'Later, all tenants are upgraded, and cleared:'
sed -i 's/targetRevision: 1\.4\.0/targetRevision: 1.5.0/' gitops/tenants/{birch,cedar}/application.yaml
commit gitops 'birch, cedar: shop 1.5.0'
show 0 'bash gate | mkpatch -C gitops -r main --remove |
    applypatch -C gitops --branch cleanup/cart --onto main | ringreport --format=text'
merge cleanup/cart
say 'Every manifest is what it was before, byte for byte, with the new version of the chart:'
show 0 'git -C gitops diff -U0 before main'
check test "$(git -C gitops diff --numstat before main | cut -f 1,2 | sort -u)" = "$(printf '1\t1')"
check git -C gitops fsck --full --strict

say "Done: everything worked.  The repositories are in $demo."
