#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
python3 "$top/tests/live/cluster.py" .
git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm 'As it was'
before=$(git -C gitops rev-parse main)
git -C gitops checkout -q --detach
cp "$examples/releases/ring.yaml" .
export RING_CATALOG=$tmp/ring.yaml
adopt() { ringls --apps "${1:-apps.json}" | mkpatch -C gitops -r main --adopt >patches; }
codes() { jq -r 'select(.type == "refused") | "\(.tenant) \(.code)"' "$1" | sort; }
reason() { jq -r 'select(.type == "refused").reason' "$1"; }
# one NAME [FILTER]: the live object of a tenant, changed by a filter of jq
one() { jq ".items[] | select(.metadata.name == \"$1\") | ${2:-.}" apps.json; }

# What live objects have

run ringls --apps apps.json
ok 'the overrides of live objects are listed' out_has '"records":20,"refused":0'
ok '... as those in Git, with the object and its values' test "$(jq -c 'select(.tenant == "map-0") | .helm_values |= length' out)" = \
	'{"type":"override","tenant":"map-0","path":"tenants/map-0/application.yaml","service":"heracles","chart":"heracles","ring":"ring-x","image":{"repository":"ghcr.io/atlanhq/heracles-ring-x","tag":"5e0c1f7"},"commit":"5e0c1f7","target_revision":"1.4.0","object":"argocd/map-0","helm_values":64}'
cp out listed
jq -c '.items[]' apps.json >'split'
head -n 3 split | jq -s . >first && tail -n +4 split >rest
run ringls --apps first --apps rest
ok 'several files, a list and single objects, give the same' same listed out
run ringls --apps apps.json --service atlas --tenant two-1
ok 'a service and a tenant can be chosen' eval 'out_lines 3 && out_has "\"chart\":\"atlas-read\""'
run ringls --apps apps.json --ring ring-y
ok '... and a ring' out_lines 1
one map-0 '.metadata.namespace = "other"' >other
run ringls --apps other
ok "an object that is not a tenant's is left out" out_lines 1
one map-0 '.spec.source.helm.valuesObject.heracles = [1]' >bad
one map-1 >>bad
run ringls --apps bad
ok 'other services do not matter to a broken one' eval 'out_has "\"tenant\":\"map-1\"" && exits 0'
one map-0 '.spec.source.helm.parameters = [{name: "a", value: "$X"}]' >bad
run ringls --apps bad
ok 'values that are not known are refused' eval 'exits 1 && out_has "\"code\":\"shadowed\"" && out_has "\"tenant\":\"map-0\""'
ok '... with the object' out_has '"reason":"argocd/map-0: '
one map-0 '.spec.source.helm.valueFiles = ["a.yaml"]' >files
run ringls --apps files
ok 'values from files beside the object have no digest' eval 'out_has argocd/map-0 && out_lacks helm_values'
echo '{"kind": "Pod"}' >bad
run ringls --apps bad
ok 'other objects are refused' eval 'exits 65 && err_has "bad:1: expected Applications"'
run ringls --apps none
ok 'a file that is not there' exits 66
sed '/^applications:/d' ring.yaml >none.yaml
run ringls -c none.yaml --apps apps.json
ok 'without applications the catalogue is at fault' exits 78
for option in '--proposals .' --since --everywhere; do
	run ringls --apps apps.json $option
	ok "--apps cannot be combined with $option" exits 2
done

# Adoption

run adopt
ok 'what cannot be adopted as it is, is refused' test "$(codes patches)" = $'foreign foreign-override\nhalf live-differs'
ok '... with the chart that another image runs in' test "$(reason patches | grep half)" = \
	'argocd/half: chart atlas-read has another image than ghcr.io/atlanhq/atlas-metastore-ring-x:5e0c1f7, which the manifest would give it'
run applypatch -C gitops --branch main --partial <patches
ok 'all others become one commit' test "$(git -C gitops rev-parse main^) $(jq -r 'select(.status == "committed").tenant' out | wc -l)" = "$before 16"
ok '... of the manifests that had no override' test "$(git -C gitops diff --name-only "$before" main | wc -l)" -eq 16
ok 'nothing is removed from them' eval '! git -C gitops diff "$before" main | grep "^-[^-]"'

# values_of COMMIT TENANT, live_values TENANT: what Helm gets
values_of() { git -C gitops show "$1:tenants/$2/application.yaml" | manifest-values | jq -S .; }
live_values() { one "$1" | manifest-values | jq -S .; }
differ=
for name in map-{0..9} string-{0..3} two-{0,1}; do
	diff <(values_of main "$name") <(live_values "$name") >/dev/null || differ+=" $name"
done
ok 'Helm gets of each manifest what it gets of the live object' test -z "$differ"
differ=
for name in map-{0..9} string-{0..3} two-{0,1}; do
	diff <(values_of "$before" "$name") <(live_values "$name") >/dev/null && differ+=" $name"
done
ok '... which is not what it had' test -z "$differ"

after=$(git -C gitops rev-parse main)
run adopt
applypatch -C gitops --branch main --partial <patches >results
ok 'a second run adopts nothing' test "$(git -C gitops rev-parse main) $(jq -r '.status // empty' results | sort | uniq -c | tr -s ' ')" = "$after  16 unchanged"

# Nothing that runs changes

git -C gitops branch -q again "$before"
# refused SENTENCE CODE REASON TENANT FILTER [FILTER]: is the object refused that these change?
refused() {
	one "$4" "$5" >object
	ringls --apps object | run mkpatch -C gitops -r again --adopt
	ok "$1" test "$(codes "$tmp/out")" = "$4 $2"
	ok '... and why' test "$(reason "$tmp/out")" = "$3"
}
values=.spec.source.helm.valuesObject
refused 'another live change is not adopted, nor what is beside it' live-differs \
	'argocd/map-0: tenants/map-0/application.yaml would give Helm other values than the live object: manifest-values shows both' \
	map-0 "$values.heracles.replicas = 5"
refused '... nor are values in a map that hide those of a string' live-differs \
	'argocd/string-0: tenants/string-0/application.yaml would give Helm other values than the live object: manifest-values shows both' \
	string-0 "$values = {heracles: {image: {repository: \"ghcr.io/atlanhq/heracles-ring-x\", tag: \"5e0c1f7\"}}}"
refused 'a live parameter that the manifest lacks' live-differs \
	'argocd/map-0: tenants/map-0/application.yaml would give Helm other values than the live object: manifest-values shows both' \
	map-0 '.spec.source.helm.parameters = [{name: "heracles.debug", value: "true"}]'
refused 'a digest, which takes precedence over the tag' live-differs \
	'argocd/map-0: tenants/map-0/application.yaml would give Helm other values than the live object: manifest-values shows both' \
	map-0 "$values.heracles.image.digest = \"sha256:$(printf '0%.0s' {1..64})\""
refused 'an image without a tag' live-differs 'argocd/map-0: the image of chart heracles has no tag' map-0 "del($values.heracles.image.tag)"
refused 'a tag that is not one' bad-values 'argocd/map-0: the tag of chart heracles is invalid: it starts with "." or "-"' map-0 \
	"$values.heracles.image.tag = \"-x\""
refused 'two charts of a service with two tags' live-differs \
	'argocd/two-0: the charts have different images: ghcr.io/atlanhq/atlas-metastore-ring-x:5e0c1f7, and ghcr.io/atlanhq/atlas-metastore-ring-x:5e0c1f8 of chart atlas-read' \
	two-0 "${values}[\"atlas-read\"].atlas.image.tag = \"5e0c1f8\""
refused 'one of two charts with an image of another author' live-differs \
	'argocd/two-0: chart atlas-read has another image than ghcr.io/atlanhq/atlas-metastore-ring-x:5e0c1f7, which the manifest would give it' \
	two-0 "${values}[\"atlas-read\"].atlas.image = {repository: \"ghcr.io/ann/x\", tag: \"1\"}"
sed 's#image: ghcr.io/atlanhq/heracles-{ring}#image: ["registry.example.com/heracles-{ring}", "ghcr.io/atlanhq/heracles-{ring}"]#' ring.yaml >moved.yaml
one map-0 >object
ringls -c moved.yaml --apps object | run mkpatch -C gitops -r again -c moved.yaml --adopt
ok 'a repository that the catalogue has only for the past' test "$(reason "$tmp/out")" = \
	'argocd/map-0: ghcr.io/atlanhq/heracles-ring-x runs, and the manifest would get registry.example.com/heracles-ring-x'
one map-0 '.metadata.name = "nemo"' >object
ringls --apps object | run mkpatch -C gitops -r again --adopt
ok 'a tenant without a manifest' test "$(codes "$tmp/out")" = 'nemo no-manifest'
one map-0 "del($values.global.ratio) | $values.global.ratio = 1" >object
ringls --apps object | run mkpatch -C gitops -r again --adopt
ok 'numbers may be written in other ways, and members in another order' eval 'exits 0 && out_has "\"tenant\":\"map-0\""'
one map-0 '.spec.source.helm.valueFiles = ["a.yaml"]' >object
ringls --apps object | run mkpatch -C gitops -r again --adopt
ok 'without a digest only images are compared' eval 'exits 0 && out_has "\"action\":\"set\""'
git -C gitops checkout -q again && sed -i 's/^    helm:/&\n      parameters: [{name: heracles.image.tag, value: x}]/' gitops/tenants/map-0/application.yaml
git -C gitops commit -qam parameter
one map-0 '.spec.source.helm.parameters = [{name: "heracles.image.tag", value: "x"}]' >object
ringls --apps object | run mkpatch -C gitops -r again --adopt
ok 'a parameter of both that takes precedence' test "$(codes "$tmp/out")" = 'map-0 shadowed'
git -C gitops checkout -qb large "$before" && head -c 524288 /dev/zero | tr '\0' x | sed 's/^/# /' >>gitops/tenants/map-0/application.yaml
git -C gitops commit -qam large
one map-0 >object
ringls --apps object | run mkpatch -C gitops -r large --adopt
ok 'a manifest of more than 512 KiB, which cannot be compared in little memory' test "$(codes "$tmp/out")" = 'map-0 too-large'

# Other layouts

sed 's#heracles: image$#heracles: {repository: image/repository, tag: image/tag, replace: true}#' ring.yaml >replace.yaml
git -C gitops branch -q base "$before"
one foreign >object
ringls -c replace.yaml --apps object | mkpatch -C gitops -r base -c replace.yaml --adopt | applypatch -q -C gitops --branch replaced --onto base >/dev/null
run git -C gitops show replaced:tenants/foreign/application.yaml
ok 'with replace, an image in Git is replaced under a mark' out_has '# ringkit: heracles/ring-x 6d7a1c5f was "mine"'
ok '... and Helm gets what the live object has' test "$(values_of replaced foreign)" = "$(live_values foreign)"

mkdir -p flux/tenants/acme
cat >flux/tenants/acme/release.yaml <<'Y'
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: acme, namespace: argocd}
spec:
  chart:
    spec: {chart: atlan, version: 1.4.0, sourceRef: {kind: HelmRepository, name: charts}}
  values:
    heracles:
      replicas: 2
Y
git -C flux init -q && git -C flux add -A && git -C flux commit -qm release
sed 's#^manifests:.*#manifests: tenants/{tenant}/release.yaml#' ring.yaml >flux.yaml
python3 "$top/tests/live/object.py" flux/tenants/acme/release.yaml \
	'o["spec"]["values"]["heracles"]["image"] = {"repository": "ghcr.io/atlanhq/heracles-ring-x", "tag": "5e0c1f7"}' >object
ringls -c flux.yaml --apps object | run mkpatch -C flux -c flux.yaml --adopt
ok 'a HelmRelease is adopted' eval 'exits 0 && out_has "\"path\":\"tenants/acme/release.yaml\"" && out_has "\"op\":\"add\""'

mkdir list && printf 'tenants:\n  - name: map-0\n    values:\n      x: 1\n' >list/list.yaml
git -C list init -q && git -C list add -A && git -C list commit -qm list
sed '/^umbrella:/,/^$/d; s#^manifests:.*#manifests: [{path: list.yaml, elements: /tenants, tenant: name, values: /values}]#' ring.yaml >list-ring.yaml
one map-0 >object
ringls -c list-ring.yaml --apps object | run mkpatch -C list -c list-ring.yaml --adopt
ok 'an element of a list is adopted; only a part of the object is there, so that its values are not compared' eval \
	'exits 0 && out_has "\"path\":\"/tenants/0/values/heracles\""'

# Live objects without a manifest in Git

git clone -q gitops bare-of && git -C bare-of checkout -q -b lost "$before" && git -C bare-of rm -qr tenants/map-0 tenants/string-0 tenants/two-0 &&
	git -C bare-of commit -qm lost
odd='.metadata += {uid: "x", resourceVersion: "1", managedFields: [{}], labels: {"on": "yes"}, annotations: {"kubectl.kubernetes.io/last-applied-configuration": "{}", a: "b\\nc"}}
	| .spec.source.helm.valuesObject += {odd: {"y": "1e3", "x: y": ["no", [1.5, null], {a: {}}, []], "0": "a\\tb\\n", "t": "x\\n y\\n\\nz", "e": "", "s": " a\\nb\\n", "u": "a\\u2028b\\nc\\n", "c": "a\\r\\nb\\n", "é": "ü\\n2\\n"}}'
{ one map-0 "$odd"; one string-0; one two-0; one map-1; } >lost.json
export_lost() { GITOPS=bare-of RELEASES=. run "$examples/scripts/export" "$@"; }
export_lost -n lost.json
ok 'objects without a manifest are found' eval 'exits 0 && [ "$(xargs <out)" = "tenants/map-0/application.yaml tenants/string-0/application.yaml tenants/two-0/application.yaml" ]'
ok '... and with -n not written' test -z "$(git -C bare-of status --short)"
export_lost lost.json
ok 'they are written into the work tree' eval 'exits 0 && [ "$(git -C bare-of status --short | wc -l)" -eq 3 ]'
ok '... without what the cluster adds' eval '! grep -rE "uid|resourceVersion|managedFields|status|last-applied" bare-of/tenants/map-0'
differ=
while read -r name; do
	diff <(jq -S "select(.metadata.name == \"$name\").spec" lost.json) <(python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)["spec"]))' \
		<"bare-of/tenants/$name/application.yaml" | jq -S .) >/dev/null || differ+=" $name"
	diff <(jq "select(.metadata.name == \"$name\")" lost.json | manifest-values | jq -S .) <(manifest-values <"bare-of/tenants/$name/application.yaml" | jq -S .) >/dev/null ||
		differ+=" $name"
done < <(printf '%s\n' map-0 string-0 two-0)
ok '... and are to Helm and another reader what they are in the cluster' test -z "$differ"
ok 'a string of values is a literal block' grep -q '^      values: |$' bare-of/tenants/string-0/application.yaml
git -C bare-of add -A && git -C bare-of commit -qm exported
ringls --apps lost.json | run mkpatch -C bare-of --adopt
ok 'once they are committed, only the others are adopted' test "$(jq -r 'select(.edits != []).tenant // empty' "$tmp/out")" = map-1
export_lost lost.json
ok '... and there is nothing to write' eval 'exits 0 && out_empty'
git -C bare-of rm -q tenants/map-0/application.yaml && git -C bare-of commit -qm again && mkdir -p bare-of/tenants/map-0 && touch bare-of/tenants/map-0/application.yaml
export_lost lost.json
ok 'a file that is there is not replaced' eval 'exits 1 && err_has "does not exist" && ! [ -s bare-of/tenants/map-0/application.yaml ]'
rm bare-of/tenants/map-0/application.yaml
one map-0 '.spec.source.helm.valuesObject.n = 12345678901234567890' >big.json
export_lost big.json
ok 'a number that jq would change is not exported' eval 'exits 1 && err_has "a number that jq would change"'
{ one map-0; one map-0; } >twice.json
export_lost twice.json
ok 'nor are two objects of one name' eval 'exits 1 && err_has "2 objects of this name"'
export_lost
ok 'a file is required' exits 2

# Streams

one map-0 | ringls --apps /dev/stdin >stream
jq -c 'del(.object)' stream | run mkpatch -C gitops --adopt
ok 'overrides in Git are not adopted' eval 'exits 65 && err_has "expected a record of ringls --apps"'
jq -c 'if .type == "override" then .service = "gone" else . end' stream | run mkpatch -C gitops --adopt
ok 'a service that the catalogue does not have' test "$(codes "$tmp/out")" = 'map-0 no-such-service'
head -n 1 stream | run mkpatch -C gitops --adopt
ok 'a stream that was cut short is refused' exits 65
ok '... before anything is written' out_empty
run mkpatch --adopt --service atlas --ring ring-x </dev/null
ok '--adopt cannot be combined with what says what is released' exits 2
framed ringls </dev/null | run mkpatch -C gitops --adopt
ok 'nothing to adopt is not an error' eval 'exits 0 && out_lines 1'
finish
