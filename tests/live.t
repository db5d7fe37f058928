#!/usr/bin/env bash
# examples/scripts/live: what a cluster runs, in files; and what release and notify say with them.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

# A kubectl that prints files: those of $tmp/cluster
mkdir "$tmp/cluster" "$tmp/bin"
cat >"$tmp/bin/kubectl" <<'E2'
#!/bin/bash
echo "$*" >>"$CLUSTER/asked"
[ "$1 $3 $4 $5 $6" = 'get --all-namespaces --request-timeout=120s -o json' ] || exit 64
if [ -e "$CLUSTER/$2" ]; then
	cat "$CLUSTER/$2"
elif [ -e "$CLUSTER/down" ]; then
	echo 'Unable to connect to the server: dial tcp: i/o timeout' >&2 && exit 1
else
	echo "error: the server doesn't have a resource type \"${2%%.*}\"" >&2 && exit 1
fi
E2
chmod +x "$tmp/bin/kubectl"
export CLUSTER=$tmp/cluster PATH=$tmp/bin:$PATH
live() { run "$examples/scripts/live" "$@"; }
list() { jq -s '{apiVersion: "v1", items: ., kind: "List", metadata: {resourceVersion: ""}}' "$@"; }

cd "$tmp" || exit 1
list /dev/null >cluster/applications.argoproj.io
live objects
ok 'the objects of a cluster are fetched' eval 'exits 0 && jq -e ".items == []" objects/applications.json'
ok '... of Flux, too, if it has them' eval 'grep -q "^get helmreleases.helm.toolkit.fluxcd.io " cluster/asked && ! [ -e objects/helmreleases.json ]'
ok '... for their owner only' test "$(stat -c %a objects objects/applications.json | xargs)" = '700 600'
ok '... and nothing else remains' test "$(ls -A objects)" = applications.json
touch -d '1 hour ago' objects/applications.json && touch objects/helmreleases.json
rm cluster/applications.argoproj.io && touch cluster/down
live objects
ok 'if the cluster cannot be reached, what was fetched stays, and grows old' eval \
	'exits 1 && err_has "Unable to connect" && [ -n "$(find objects -name applications.json -mmin +59)" ]'
rm cluster/down
live objects
ok 'a cluster with neither of them is an error' eval 'exits 1 && err_has "neither Applications of Argo CD nor HelmReleases of Flux"'
ok '... and has no objects' test -z "$(ls -A objects)"
echo '{"kind": "Status"}' >cluster/applications.argoproj.io
live objects
ok 'an answer that is not a list is not kept' eval 'exits 1 && [ -z "$(ls -A objects)" ]'
live
ok 'the directory is required' exits 2
KUBECTL=$tmp/none live objects
ok 'without kubectl nothing is fetched' exits 1

# The life of a release

world
push $ring
open_pull $ring cohort:github:path:internal-level-1
build $ring success
converge $ring
merge_proposals
tag=$(ringls -C gitops.git -r main --service atlas --ring $ring | jq -r 'select(.tenant == "acme").image.tag' | head -n 1)

# cluster TENANT CHANGE: what the cluster has of a tenant's manifest now, healthy and synced, with a change
cluster() {
	git -C gitops.git show "main:tenants/$1/application.yaml" >manifest.yaml
	python3 "$top/tests/live/object.py" manifest.yaml "status['summary']['images'].append('ghcr.io/atlanhq/atlas-metastore-$ring:$tag')" \
		"status['reconciledAt'] = '$(date -u +%FT%TZ)'" "${@:2}"
}
# comments of the last week are sent, by the clock
release() { rm -f clock && script release atlas $ring; }
sentence() { comment 120 | sed -n 2p; }
tenants=(acme corvid delta ember fjord)
for name in "${tenants[@]}"; do cluster $name; done | list >"$CLUSTER/applications.argoproj.io"
live objects && release
ok 'without LIVE the comment is as it was' eval 'exits 0 && sentence | grep -q "5 tenants have an image of this ring\.$"'
export LIVE=objects
release
ok 'the comment says how many tenants run the ring' eval 'exits 0 && sentence | grep -q "5 tenants have an image of this ring\. Running on 5 of 5\.$"'
{ cluster acme 'status["health"] = {"status": "Degraded", "message": "back-off"}' && for name in "${tenants[@]:1}"; do cluster $name; done; } |
	list >"$CLUSTER/applications.argoproj.io"
live && release
ok '... and which do not' eval 'sentence | grep -qF "Running on 4 of 5; \`acme\` degraded."'
before=$(comment 120)
release
ok 'as long as nothing changes, it stays' test "$(comment 120)" = "$before"
GH_TOKEN=converge-service run "$examples/scripts/notify" -n atlas
ok 'the message for Slack says it, too' eval 'exits 0 && out_has "degraded: Argo CD says Degraded: back-off"'
touch -d '16 minutes ago' objects/applications.json && release
ok 'objects older than 15 minutes say nothing' eval 'sentence | grep -qF "Running on 0 of 5; \`acme\` unknown, \`corvid\` unknown,"'
echo '{"kind": "Pod"}' >objects/applications.json && release
ok '... nor do others, and the release goes on' eval 'exits 0 && err_has "got Pod" && sentence | grep -qF "\`acme\` unknown,"'
rm objects/applications.json && release
ok '... nor do missing ones' eval 'exits 0 && sentence | grep -qF "\`acme\` unknown,"'
finish
