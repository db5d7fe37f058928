#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

repo gitops
cd "$tmp" || exit 1
cp "$examples/releases/ring.yaml" .
export RING_CATALOG=$tmp/ring.yaml
ringls -C gitops --since >overrides
tag=7d1e0c2b9a4f5836e1d0c7b2a9f4e8d3c6b5a102
image=ghcr.io/atlanhq/atlas-metastore-ring-search-fix
beta=$tmp/gitops/tenants/beta/application.yaml
lumen=$tmp/gitops/tenants/lumen/application.yaml
since=$(jq -r 'select(.tenant == "beta").since' overrides | head -n 1)
runs='status["summary"]["images"].append("'$image:$tag'")'

object() { python3 "$top/tests/live/object.py" "$@"; }
live() { ringlive --as-of 2026-11-01T10:20:00Z --apps apps.json "$@" <overrides; }
state() { jq -r --arg tenant "$1" 'select(.tenant == $tenant).live | "\(.state): \(.reason)"' "$tmp/out" | sort -u; }

# is_state SENTENCE STATE REASON CHANGE ...: what is said of beta after these changes of its object
is_state() {
	local sentence=$1 expected="$2: $3"
	shift 3
	object "$beta" "$runs" "$@" >apps.json
	run live
	ok "$sentence" test "$(state beta)" = "$expected"
}

is_state 'a tenant runs the ring if it is synced and healthy, and the image runs' running \
	'Argo CD says Synced and Healthy, and the image runs'
ok "... with what Argo CD says of it" test "$(jq -c 'select(.chart == "atlas").live' "$tmp/out")" = \
	'{"state":"running","sync":"Synced","health":"Healthy","revision":"1.4.0","images":["docker.io/library/redis:7","'$image:$tag'"],"healthy_since":"2026-11-01T10:00:00Z","finished":"2026-11-01T09:59:00Z","reason":"Argo CD says Synced and Healthy, and the image runs"}'
ok 'what the object is for does not change: other tenants are absent' test "$(state lumen)" = 'absent: there is no object of this name'
ok 'the stream is complete' out_has '{"type":"end","by":"ringlive","records":3,"refused":0}'
ok 'all else in a record stays as it was' test "$(jq -c 'del(.live) | select(.type != "end")' "$tmp/out")" = \
	"$(jq -c 'select(.type != "end")' overrides)"

is_state 'an object without a status says nothing' unknown 'the object has no status' 'del o["status"]'
is_state '... nor does one that was not compared for 15 minutes' unknown 'Argo CD compared it last at 2026-11-01T10:04:59Z' \
	'status["reconciledAt"] = "2026-11-01T10:04:59Z"'
is_state 'after 15 minutes it still says something' running 'Argo CD says Synced and Healthy, and the image runs' \
	'status["reconciledAt"] = "2026-11-01T10:05:00Z"'
is_state 'the live spec has another tag: it is pending' pending 'the live object does not have this image yet' \
	'for c in o["spec"]["source"]["helm"]["valuesObject"].values(): [v["image"].update(tag="1.4.0") for v in c.values() if isinstance(v, dict) and "image" in v]' \
	'status["sync"]["comparedTo"]["source"] = o["spec"]["source"]'
is_state 'the status is of the spec before: it is pending' pending 'its status is of an earlier spec' \
	'status["sync"]["comparedTo"]["source"] = {"chart": "atlan"}'
is_state '... or one of two sources is: it is pending' pending 'its status is of an earlier spec' \
	'o["spec"]["sources"] = [o["spec"].pop("source"), {"repoURL": "x"}]' \
	'status["sync"]["comparedTo"] = {"source": {"repoURL": ""}, "sources": o["spec"]["sources"][:1]}'
is_state 'the status is of both: the tenant runs the ring' running 'Argo CD says Synced and Healthy, and the image runs' \
	'o["spec"]["sources"] = [o["spec"].pop("source"), {"repoURL": "x"}]' \
	'status["sync"]["comparedTo"] = {"source": {"repoURL": ""}, "sources": o["spec"]["sources"]}'
is_state 'a sync runs: it is pending' pending 'a sync runs' 'status["operationState"]["phase"] = "Running"'
is_state 'it is out of sync' out-of-sync 'Argo CD says OutOfSync' 'status["sync"]["status"] = "OutOfSync"'
is_state 'it is degraded, and why' degraded 'Argo CD says Degraded: back-off 5m' \
	'status["health"] = {"status": "Degraded", "message": "back-off 5m"}'
is_state 'something is missing' degraded 'Argo CD says Missing' 'status["health"] = {"status": "Missing"}'
is_state 'it progresses' progressing 'Argo CD says Progressing' 'status["health"] = {"status": "Progressing"}'
is_state 'a health that is not known says nothing' unknown 'Argo CD says Unknown' 'status["health"] = {"status": "Unknown"}'
is_state 'the image does not run: the override is ignored' ignored \
	"$image:$tag is not among the images that run: nothing reads the override" 'status["summary"]["images"].pop()'
is_state 'an object that does not name images' unknown 'the object does not name the images that run' 'del status["summary"]'
is_state 'two charts have the image, and an older one runs, too' unknown \
	"$image:old runs, too, and several charts of the object have this image" "status['summary']['images'].append('$image:old')"
ok '... with a code' test "$(jq -r 'select(.tenant == "beta").live.code' "$tmp/out" | sort -u)" = charts-not-told-apart
is_state "a message of the cluster is one line, without a terminal's escapes" degraded 'Argo CD says Degraded: a\n\x1b[2Jb' \
	'status["health"] = {"status": "Degraded", "message": "a\n\x1b[2Jb"}'

# The forms in which the objects arrive

object "$beta" "$runs" >one
object "$lumen" 'status["summary"]["images"].append("ghcr.io/atlanhq/heracles-ring-audit-log:e83b0f4c1d2a59678b9c0d1e2f3a4b5c6d7e8f90@sha256:"+64*"0")' >two
both=$'running\nrunning\nrunning'
states() { jq -r 'select(.live).live.state' "$tmp/out"; }
jq -s '{apiVersion: "v1", items: ., kind: "List", metadata: {resourceVersion: ""}}' one two >apps.json
run live
ok "kubectl's list is read" test "$(states)" = "$both"
jq -s 'map(del(.kind, .apiVersion))' one two >apps.json
run live
ok "argocd's array of objects without a kind is read" test "$(states)" = "$both"
cat one two >apps.json
run live
ok 'one object after the other is read' test "$(states)" = "$both"
cp one apps.json
run live --apps two
ok 'two files are read' test "$(states)" = "$both"
cat one one two >apps.json
run live
ok 'two objects of one name say nothing' test "$(states)" = $'unknown\nunknown\nrunning'
jq -s '{items: []}' /dev/null >apps.json
run live
ok 'an empty list is one' test "$(states)" = $'absent\nabsent\nabsent'
jq -c '.live = {state: "running"}' overrides | sed 's/,"live":{[^}]*}\(,"records"\)/\1/' | grep -v '"end"' >forged
{ cat forged && tail -n 1 overrides; } >all
run ringlive --apps apps.json <all
ok 'a state that a pipe brings is not believed' test "$(states)" = $'absent\nabsent\nabsent'

object "$beta" "$runs" | jq -c '{status, spec, metadata, kind}' >apps.json
run live
ok 'the order of members does not matter' test "$(state beta)" = 'running: Argo CD says Synced and Healthy, and the image runs'
object "$beta" "$runs" | jq -S '.status.sync.comparedTo.source.helm |= (.x = 1 | del(.x))' | jq '.spec.source |= (to_entries | reverse | from_entries)' >apps.json
run live
ok '... nor in what Argo CD has compared' test "$(state beta)" = 'running: Argo CD says Synced and Healthy, and the image runs'
python3 - one >apps.json <<'P'
import json, sys
o = json.load(open(sys.argv[1]))
o['status']['resources'] *= 200
print('{"apiVersion": "v1", "items": [')
for i in range(600):
    print(json.dumps({**o, 'metadata': {**o['metadata'], 'name': f'other-{i}'}}, indent=4) + ',')
print(json.dumps(o), ']}')
P
ok 'a list of hundreds is large' test "$(stat -c %s apps.json)" -gt 15000000
# AddressSanitizer reserves address space
if ! grep -q __asan_init "$RINGKIT_BIN/ringlive"; then
	run bash -c 'ulimit -v 40000; "$1/ringlive" --as-of 2026-11-01T10:20:00Z --apps apps.json <overrides' - "$RINGKIT_BIN"
else
	run live
fi
ok '... and read in little memory' test "$(state beta)" = 'running: Argo CD says Synced and Healthy, and the image runs'

# Flux names no images: it is ready, and released after the override was committed

mkdir -p flux/tenants/acme
cat >flux/tenants/acme/release.yaml <<'Y'
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: acme
  namespace: argocd
spec:
  chart:
    spec:
      chart: atlan
      version: 1.4.0
      sourceRef: {kind: HelmRepository, name: charts}
  values:
    heracles:
      image:
        repository: ghcr.io/atlanhq/heracles-ring-x
        tag: 5e0c1f7
Y
git init -q flux && git -C flux add -A && GIT_COMMITTER_DATE='2026-11-01T09:50:00Z' git -C flux commit -qm release
sed 's#^manifests:.*#manifests: tenants/{tenant}/release.yaml#' ring.yaml >flux.yaml
ringls -c flux.yaml -C flux --since >released

# is_flux SENTENCE STATE REASON CHANGE ...
is_flux() {
	local sentence=$1 expected="$2: $3"
	shift 3
	object flux/tenants/acme/release.yaml "$@" >apps.json
	run ringlive -c flux.yaml --apps apps.json <released
	ok "$sentence" test "$(state acme)" = "$expected"
}
is_flux 'a HelmRelease that is ready runs the ring' running 'Flux says that it is ready'
is_flux 'its status is of the generation before: it is pending' pending 'its status is of an earlier spec' 'o["metadata"]["generation"] = 4'
is_flux 'it was released before the override was committed: it is pending' pending \
	'Flux has not released it since the override was committed, 2026-11-01T09:50:00Z' 'status["history"][0]["lastDeployed"] = "2026-11-01T09:49:59Z"'
is_flux 'without a history, the condition says when' pending \
	'Flux has not released it since the override was committed, 2026-11-01T09:50:00Z' 'del status["history"]' \
	'status["conditions"][1]["lastTransitionTime"] = "2026-11-01T09:49:59Z"'
is_flux 'it is suspended: it is out of sync' out-of-sync 'reconciliation is suspended' 'o["spec"]["suspend"] = True'
is_flux 'it is not ready: it is degraded, and why' degraded 'Flux says that it is not ready: upgrade retries exhausted' \
	'status["conditions"][1].update(status="False", message="upgrade retries exhausted")'
is_flux 'it is being released: it progresses' progressing 'Flux says that it is not ready yet' \
	'status["conditions"][1]["status"] = "Unknown"'
is_flux 'without the condition it says nothing' unknown 'the object has no status' 'status["conditions"].pop()'

# Values in files beside the spec

object "$beta" "$runs" 'o["spec"]["source"]["helm"] = {"valueFiles": ["$values/beta.yaml"]}' \
	'status["sync"]["comparedTo"]["source"] = o["spec"]["source"]' >apps.json
run ringlive --as-of 2026-11-01T10:20:00Z --apps apps.json < <(sed 's/"since":"[^"]*"/"since":"2026-11-01T10:00:00Z"/' overrides)
ok 'values from a file are judged by the images' test "$(state beta)" = 'running: Argo CD says Synced and Healthy, and the image runs'
run live
ok '... once Argo CD has compared them' test "$(state beta)" = \
	"pending: Argo CD has not compared it since the override was committed, $since"

# Where the object is

sed 's#^applications:.*#applications: other/{tenant}-app#' ring.yaml >other.yaml
jq -s '{items: map(.metadata.name += "-app" | .metadata.namespace = "other")}' one two >apps.json
run live -c other.yaml
ok 'applications names namespace and name' test "$(states)" = "$both"
sed '/^manifests:/d; 1i manifests: [{path: "tenants/{tenant}/application.yaml", applications: "other/{tenant}-app"}]' ring.yaml >entry.yaml
run live -c entry.yaml
ok "... and an entry of manifests, for its own" test "$(states)" = "$both"
sed '/^applications:/d' ring.yaml >none.yaml
run live -c none.yaml
ok 'without applications the catalogue is at fault' exits 78
ok '... and says so' err_has 'missing "applications"'
jq -c '.service = "gone"' overrides | sed 's/,"service":"gone"}$/}/' >gone
run ringlive --apps apps.json <gone
ok 'a service that the catalogue no longer has is unknown' test "$(states | sort -u)" = unknown

{ printf '{"type":"refused","by":"ringls","code":"bad-yaml","reason":"x","tenant":"omega"}\n' && tail -n 1 overrides | sed 's/"records":3,"refused":0/"records":1,"refused":1/'; } >refused
run ringlive --apps apps.json <refused
ok 'a refusal of an earlier filter gives the status 1' exits 1
ok '... and passes' out_has '"tenant":"omega"'

# Bad input

echo '{"kind": "Pod", "metadata": {"name": "a", "namespace": "b"}, "spec": {}}' >apps.json
run live
ok 'other objects are refused' exits 65
ok '... by name' err_has 'expected Applications of Argo CD, or HelmReleases of Flux, got Pod'
for text in '{"items": [' '{"items": [{}' '{"items"' '{"a": 1,}' '{1: 2}' '{"a": 1, "a": 2}' '' '"a"' '{"items": [1]}'; do
	echo "$text" >apps.json
	run live
	ok "no JSON of objects: $text" exits 65
	ok '... and nothing is written' out_empty
done
run ringlive <overrides
ok '--apps is required' exits 2
run ringlive --apps none <overrides
ok 'a file that is not there' exits 66
run live --max-age 15
ok 'a length of time has a unit' exits 2
run live --as-of yesterday
ok 'a time is one of UTC' exits 2
head -n 2 overrides >short
object "$beta" >apps.json
run ringlive --apps apps.json <short
ok 'an input that was cut short is refused' exits 65
ok '... before anything is written' out_empty
run ringlive --unframed --apps apps.json <short
ok '... and accepted with --unframed' eval 'exits 0 && out_has "\"type\":\"override\""'
finish
