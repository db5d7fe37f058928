#!/usr/bin/env bash
# pages.sh DIRECTORY: make the pages that board.mjs looks at, each by the filters from repositories:
#	board.html	40 tenants, four rings of two services, all states, and a manifest that cannot be read
#	thousand.html	a thousand tenants
#	hostile.html	the same pipeline on names, messages and titles that are markup
#	empty.html release.html merges.html findings.html	reports of other streams
. "$(dirname "$0")/../lib.sh"

out=$1
rm -rf "$out" && mkdir -p "$out" && out=$(cd "$out" && pwd)
cd "$tmp" || exit 1
set -eE
trap 'echo "pages.sh: failed at line $LINENO" >&2' ERR
here=$top/tests/board
now=2026-11-01T10:20:00Z
gitops_repository=atlanhq/gitops

# at DATE: when commits are made
at() { export GIT_AUTHOR_DATE="$1" GIT_COMMITTER_DATE="$1"; }
# commit REPOSITORY BRANCH: a commit on a branch that starts at master, and its id
commit() {
	git -C "$1" checkout -q "$2" 2>/dev/null || git -C "$1" checkout -qb "$2" master
	git -C "$1" commit -q --allow-empty -m "Work on $2" && git -C "$1" rev-parse HEAD
}

# The services, and a chart that has one of their rings

at '2026-01-05T09:00:00Z'
for service in atlas heracles; do
	git init -qb master $service
	git -C $service commit -q --allow-empty -m 'Start'
done
start=$(git -C atlas rev-parse HEAD)
long=ring-incremental-reindex-of-column-level-lineage-for-large-workspaces
declare -A head=(
	[ring-leangraph]=$(commit atlas ring-leangraph) [ring-search-fix]=$(commit atlas ring-search-fix)
	[$long]=$(commit atlas $long) [ring-audit-log]=$(commit heracles ring-audit-log))
git -C atlas checkout -q master && git -C atlas merge -q --no-ff -m 'Merge ring-leangraph' ring-leangraph
cp -R "$examples/charts" charts && git -C charts init -q
chart() {
	sed "s/^version: .*/version: $1/; s/-master\..*/-master.${2:0:12}abcd/" "$examples/charts/charts/atlan/Chart.yaml" >charts/charts/atlan/Chart.yaml
	sed "s/main-.*/main-$2/" "$examples/charts/charts/atlan/values.yaml" >charts/charts/atlan/values.yaml
	git -C charts add -A && git -C charts commit -qm "$1" && git -C charts tag "atlan-$1"
}
chart 1.4.0 "$start"
chart 1.5.0 "$(git -C atlas rev-parse master)"
sed 's/^max-tenants:.*/max-tenants: 2000/' "$examples/releases/ring.yaml" >ring.yaml
export RING_CATALOG=$tmp/ring.yaml

# start N: the GitOps repository of N tenants
start() {
	at '2026-01-05T09:00:00Z'
	rm -rf gitops && git init -qb main gitops
	python3 "$here/tenants.py" manifests gitops "$1"
	git -C gitops add -A && git -C gitops commit -qm 'As it was' && git -C gitops checkout -q --detach
	(cd gitops/tenants && printf '%s\n' *) >tenants
}
# release DATE REPOSITORY RING PULL-REQUEST FIRST LAST: the tenants from FIRST to LAST get the ring's image
release() {
	local service=atlas image=atlas-metastore
	[ "$2" = atlanhq/atlas-metastore ] || service=heracles image=heracles
	at "$1"
	mkdir -p cohorts && sed -n "$5,$6s/^/- /p" tenants >cohorts/board.yaml
	jq -cn --arg service $service --arg repository "$2" --arg ring "$3" --argjson pull "$4" \
		--arg image "ghcr.io/atlanhq/$image-$3" --arg commit "${head[$3]}" '{type: "release", action: "set", service: $service,
		repository: $repository, ring: $ring, proposal: "release/\($service)/\($ring)", older_proposals: [], pull_request: $pull,
		labels: ["cohort:github:path:board"], commit: $commit, image: {repository: $image, tag: $commit}, reasons: [],
		warnings: []}' | framed >release.jsonl
	labels2json <release.jsonl | cohort-resolve -C . | mkpatch -q -C gitops -r main --release release.jsonl |
		applypatch -q -C gitops --branch main >results.jsonl
	git -C gitops checkout -q --detach main
}
# live: what the rings hold, the gate, and what a cluster says
live() {
	ringls -q -C gitops --since >overrides.jsonl || [ $? -eq 1 ]
	python3 "$here/tenants.py" objects gitops overrides.jsonl >apps.json
	{ ringgate -q -C atlas --service atlas --charts charts <overrides.jsonl || [ $? -eq 1 ]; } |
		{ ringgate -q -C heracles --service heracles --charts charts || [ $? -eq 1 ]; } |
		{ ringlive -q --apps apps.json --as-of $now || [ $? -eq 1 ]; }
}
# page NAME [OPTION ...] <STREAM
page() {
	local name=$1
	shift
	ringreport --format=html --now $now "$@" >"$out/$name.html" || [ $? -eq 1 ]
}

# A board as a team has it

start 40
release 2026-02-20T15:04:00Z atlanhq/atlas-metastore ring-search-fix 1184 1 6
release 2026-09-14T08:30:00Z atlanhq/heracles ring-audit-log 97 5 11
release 2026-10-28T11:45:00Z atlanhq/atlas-metastore ring-leangraph 1391 7 20
release 2026-10-30T16:20:00Z atlanhq/atlas-metastore ring-leangraph 1391 21 31
release 2026-11-01T09:58:00Z atlanhq/atlas-metastore $long 1402 32 39
cp results.jsonl released.jsonl
last=$(tail -n 1 tenants)
printf 'image: {repository: ghcr.io/atlanhq/atlas-metastore-ring-leangraph\n' >"gitops/tenants/$last/application.yaml"
at '2026-11-01T10:00:00Z' && git -C gitops commit -qam 'Break a manifest' && git -C gitops branch -qf main
live >board.jsonl
cp board.jsonl "$out"
page board --title 'Rings of production' --gitops $gitops_repository <board.jsonl
page plain <overrides.jsonl
page release --rendered <(git -C gitops show HEAD~1) <released.jsonl
ringreport --format=text --now $now <board.jsonl >"$out/board.txt" || [ $? -eq 1 ]

# Names that are markup: what people can write into manifests, commits and clusters

jq '(.items[].status.health.message | select(.)) = "<script>document.body.remove()</script><img src=x onerror=alert(1)>"' apps.json >bad.json
{ ringlive -q --apps bad.json --as-of $now <overrides.jsonl || [ $? -eq 1 ]; } | jq -c 'if .type == "override" then
	.tenant += "<script>document.body.remove()</script>" | .ring = "\"><img src=x onerror=document.body.remove()>" + .ring |
	.image.tag += "</code><script>document.body.remove()</script>" |
	.reason = "</style></script><script>document.body.remove()</script>" | .gate = "held\" onclick=\"alert(1)" |
	.since = "2026\"><b>" | .pull_request = "javascript:alert(1)//x/y#1" | .since_commit = "\" onmouseover=\"alert(1)"
	else . end' | page hostile --title '</title></style><script>document.body.remove()</script>' --gitops $gitops_repository

# A thousand tenants

start 1000
release 2026-03-02T09:00:00Z atlanhq/atlas-metastore ring-search-fix 1184 1 200
release 2026-09-14T08:30:00Z atlanhq/atlas-metastore ring-leangraph 1391 201 700
release 2026-10-30T16:20:00Z atlanhq/atlas-metastore $long 1402 701 1000
live | page thousand --gitops $gitops_repository

# Other streams

framed </dev/null | page empty
git -C atlas checkout -q master && echo 1 >atlas/a && git -C atlas add a && git -C atlas commit -qm 'Change a'
git -C atlas checkout -q ring-search-fix && echo 2 >atlas/a && git -C atlas add a && git -C atlas commit -qm 'Change a, too'
git -C atlas checkout -q master
printf '%s\n' ring-search-fix ring-leangraph | ringsync -q -C atlas --from master >merges.jsonl 2>sync.err || [ $? -le 1 ] || cat sync.err >&2
page merges <merges.jsonl
sed 's/atlas: atlas\/image/atlas: atlas\/picture/' ring.yaml >faulty.yaml
ringlint -q -c faulty.yaml --charts charts >findings.jsonl 2>lint.err || [ $? -le 1 ] || cat lint.err >&2
page findings <findings.jsonl
