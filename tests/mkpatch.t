#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

catalog=$examples/releases/ring.yaml
sha=0123456789abcdef0123456789abcdef01234567
repo gitops
cd "$tmp" || exit 1
export RING_CATALOG=$catalog

# tenants NAME ...: a whole stream of tenant records
tenants() { printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed cohort-resolve; }
atlas() { mkpatch -C gitops --service atlas --ring ring-leangraph --tag "$sha" "$@"; }
heracles() { mkpatch -C gitops --service heracles --ring ring-leangraph --tag "$sha" "$@"; }
# edits TENANT: the edits of its patch record
edits() { jq -c --arg t "$1" 'select(.type == "patch" and .tenant == $t).edits' "$tmp/out"; }
edits_are() { diff <(edits "$1") <(cat); }
# put TENANT: commit standard input as the tenant's manifest
put() { cat >new && mkdir -p "gitops/tenants/$1" && mv new "gitops/tenants/$1/application.yaml" && git -C gitops add -A && git -C gitops commit -qm "$1"; }
# application TENANT [HELM-LINE ...]: commit an Application with this helm block
application() {
	{
		printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' "metadata: {name: $1}" 'spec:' '  source:' \
			'    repoURL: https://charts.example.com' '    chart: atlan' '    targetRevision: 1.4.0'
		shift
		[ $# -eq 0 ] || printf '    %s\n' "$@"
	} | put "$1"
}
refused_as() {
	jq -e -s --arg t "$1" --arg c "$2" '[.[] | select(.type == "refused")] | length == 1 and .[0].tenant == $t and .[0].code == $c' "$tmp/out" >/dev/null &&
		[ "$status" -eq 1 ] && err_lines 1
}
image='{"repository":"ghcr.io/atlanhq/atlas-metastore-ring-leangraph","tag":"'$sha'"}'

# The place of the image

run heracles < <(tenants acme)
ok 'the image is added to the values of a chart' edits_are acme <<E1
[{"at":"","patch":[{"op":"add","path":"/spec/source/helm/valuesObject/heracles/image","value":{"repository":"ghcr.io/atlanhq/heracles-ring-leangraph","tag":"$sha"}}]}]
E1
ok 'the record names the blob of the manifest' out_has "\"blob\":\"$(git -C gitops rev-parse HEAD:tenants/acme/application.yaml)\""
ok 'the status is 0' exits 0

run atlas < <(tenants acme)
ok 'both charts of the service are in one record' edits_are acme <<E1
[{"at":"","patch":[{"op":"add","path":"/spec/source/helm/valuesObject/atlas","value":{"atlas":{"image":$image}}},{"op":"add","path":"/spec/source/helm/valuesObject/atlas-read","value":{"atlas":{"image":$image}}}]}]
E1

run atlas < <(tenants delta)
ok 'without a helm block, one is added, once for both charts' edits_are delta <<E1
[{"at":"","patch":[{"op":"add","path":"/spec/source/helm","value":{"valuesObject":{"atlas":{"atlas":{"image":$image}},"atlas-read":{"atlas":{"image":$image}}}}}]}]
E1

run atlas < <(tenants corvid)
ok 'a values string is edited inside' edits_are corvid <<E1
[{"at":"/spec/source/helm/values","patch":[{"op":"add","path":"/atlas/atlas/image","value":$image},{"op":"add","path":"/atlas-read","value":{"atlas":{"image":$image}}}]}]
E1

run atlas < <(tenants ember)
ok 'of several sources, that of the umbrella is changed' edits_are ember <<E1
[{"at":"","patch":[{"op":"add","path":"/spec/sources/1/helm/valuesObject","value":{"atlas":{"atlas":{"image":$image}},"atlas-read":{"atlas":{"image":$image}}}}]}]
E1

run atlas < <(tenants fjord)
ok 'other members of the image stay' edits_are fjord <<E1
[{"at":"","patch":[{"op":"add","path":"/spec/source/helm/valuesObject/atlas/atlas/image","value":$image},{"op":"add","path":"/spec/source/helm/valuesObject/atlas-read/atlas/image/repository","value":"ghcr.io/atlanhq/atlas-metastore-ring-leangraph"},{"op":"add","path":"/spec/source/helm/valuesObject/atlas-read/atlas/image/tag","value":"$sha"}]}]
E1

run atlas < <(tenants mistral)
ok 'of several documents, the Application is changed' out_has '"document":1'

application empty-string 'helm: {releaseName: x, values: ""}'
run heracles < <(tenants empty-string)
ok 'an empty values string does not count' out_has '"path":"/spec/source/helm/valuesObject"'
application both 'helm:' '  valuesObject: {}' '  values: "a: 1"'
run heracles < <(tenants both)
ok 'a valuesObject takes precedence over values, even if it is empty' out_has '"path":"/spec/source/helm/valuesObject/heracles"'
application null-object 'helm:' '  valuesObject:' '  values: "a: 1"'
run heracles < <(tenants null-object)
ok 'a null valuesObject does not' out_has '"at":"/spec/source/helm/values"'

release() {
	printf '%s\n' "apiVersion: helm.toolkit.fluxcd.io/$2" 'kind: HelmRelease' "metadata: {name: $1}" 'spec:' \
		'  chart: {spec: {chart: atlan}}' "${@:3}" | put "$1"
}
for version in v2 v2beta1 v2beta2; do
	release flux $version
	run heracles < <(tenants flux)
	ok "a HelmRelease $version has its values in spec.values" out_has '"path":"/spec/values","value":{"heracles":{"image"'
done
reference() {
	printf '%s\n' 'apiVersion: helm.toolkit.fluxcd.io/v2' 'kind: HelmRelease' 'metadata: {name: shop}' 'spec:' \
		"  chartRef: {kind: OCIRepository, name: $1}" '  values: {a: b}' | put reference
	run heracles < <(tenants reference)
}
reference heracles
ok 'a chartRef with the name of the chart deploys it by itself' out_has '"path":"/spec/values/image","value":{"repository"'
for name in atlan shop; do
	reference $name
	ok "a chartRef with the name $name deploys the umbrella" out_has '"path":"/spec/values/heracles","value":{"image"'
done
put values <<<'global: {domain: x}'
run heracles < <(tenants values)
ok 'a file without a kind is a values file' out_has '"path":"/heracles","value":{"image"'
put values <<<'{}'
run heracles < <(tenants values)
ok 'also an empty map' out_has '"path":"/heracles"'
put values </dev/null
run heracles < <(tenants values)
ok '... and an empty file' out_has '"path":"/heracles","value":{"image"'
run heracles --rfc6902 < <(tenants values)
ok '... which a plain JSON Patch makes a map first' test "$(jq -c '[.[] | .op, .path]' out)" = '["add","","add","/heracles"]'
put values <<<'null # none'
run heracles < <(tenants values)
ok 'but not null' refused_as values null-parent
ok '... with the file and the remedy' err_has 'tenants/values/application.yaml: the root is null: write {} there'
{
	printf 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n-\n'
	sed 's/^/  /' gitops/tenants/halcyon/application.yaml
} | put list
run heracles < <(tenants list)
ok 'of a List, the Application is changed' out_has '"path":"/items/1/spec/source/helm/valuesObject/heracles"'
put dry <<<$'apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  sourceHydrator:\n    drySource: {repoURL: x, path: charts/atlan, targetRevision: HEAD}\n    syncSource: {}'
run heracles < <(tenants dry)
ok "a source hydrator's dry source is changed" out_has '"path":"/spec/sourceHydrator/drySource/helm"'
sed 's/^  source:/  sources: []\n&/' gitops/tenants/acme/application.yaml | put no-sources
run heracles < <(tenants no-sources)
ok 'empty sources do not count' out_has '"path":"/spec/source/helm/valuesObject/heracles/image"'

# One Application for each chart

sed 's#^manifests:.*#manifests: "charts/{tenant}/*.yaml"#' "$catalog" >each.yaml
mkdir -p gitops/charts/solo
for chart in atlas atlas-read; do
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'spec:' "  source: {repoURL: x, chart: $chart}" >gitops/charts/solo/$chart.yaml
done
git -C gitops add -A && git -C gitops commit -qm solo
run atlas -c each.yaml < <(tenants solo)
ok "in a chart's own Application, the image is at the root of the values" test "$(jq -c 'select(.type == "patch") | [.path, .edits[].patch[].value.valuesObject]' out)" = \
	"[\"charts/solo/atlas-read.yaml\",{\"atlas\":{\"image\":$image}}]"$'\n'"[\"charts/solo/atlas.yaml\",{\"atlas\":{\"image\":$image}}]"
git -C gitops rm -q charts/solo/atlas-read.yaml && git -C gitops commit -qm 'One is missing'
run atlas -c each.yaml < <(tenants solo)
ok 'one chart without the other is refused' refused_as solo no-chart

# Existing images

run mkpatch -C gitops --service atlas --ring ring-search-fix --tag 7d1e0c2b9a4f5836e1d0c7b2a9f4e8d3c6b5a102 < <(tenants beta)
ok 'an image that is set already gives a patch without edits' edits_are beta <<'E1'
[]
E1
ok '... and status 0' exits 0

run mkpatch -C gitops --service atlas --ring ring-search-fix --tag new < <(tenants beta)
ok 'a new tag replaces the one that was seen, and nothing is added' \
	test "$(edits beta | jq -r '.[0].patch[] | "\(.op) \(.path | split("/")[-1]) \(.value)"' | sort | uniq -c | tr -s ' \n' ' ')" = \
	' 2 replace tag new 2 test repository ghcr.io/atlanhq/atlas-metastore-ring-search-fix 2 test tag 7d1e0c2b9a4f5836e1d0c7b2a9f4e8d3c6b5a102 '

application half 'helm:' '  valuesObject:' '    atlas:' '      atlas:' '        image:' '          repository: ghcr.io/atlanhq/atlas-metastore-ring-leangraph'
run atlas < <(tenants half)
ok 'a half-set service of the same ring is completed' test "$(edits half | jq -r '.[0].patch[] | select(.op == "add").path')" = \
	$'/spec/source/helm/valuesObject/atlas/atlas/image/tag\n/spec/source/helm/valuesObject/atlas-read'

# Refusals

run atlas < <(tenants beta acme)
ok 'a tenant that another ring holds is refused' refused_as beta held-by-another-ring
ok '... with the images of both' out_has '"reason":"tenants/beta/application.yaml: image already overridden for service atlas: expected ghcr.io/atlanhq/atlas-metastore-ring-leangraph, got ghcr.io/atlanhq/atlas-metastore-ring-search-fix'
ok '... also on standard error' err_has 'mkpatch: <stdin>:1: beta: '
ok '... and other tenants are released' out_has '"type":"patch","tenant":"acme"'
ok '... and the end record counts both' out_has '{"type":"end","by":"mkpatch","records":2,"refused":1}'

run atlas < <(tenants gamma)
ok "an image that a person has set is refused" refused_as gamma foreign-override
application tag-only 'helm:' '  valuesObject:' '    heracles:' '      image: {tag: x}'
run heracles < <(tenants tag-only)
ok 'a tag without its repository is refused' refused_as tag-only tag-without-repository
application null-map 'helm:' '  valuesObject:' '    heracles:'
run heracles < <(tenants null-map)
ok 'a null parent is refused' refused_as null-map null-parent
ok '... with the remedy' err_has '/spec/source/helm/valuesObject/heracles is null: write {} there'
application null-helm 'helm:'
run heracles < <(tenants null-helm)
ok 'a null helm block is also refused' refused_as null-helm null-parent
application flow 'helm: {valuesObject: {heracles: {}}}'
run heracles < <(tenants flow)
ok 'an empty map in a flow map is refused' refused_as flow empty-flow
for name in heracles.image.tag heracles heracles.image.tag.x 'heracles.image'; do
	application "shadow" 'helm:' '  parameters:' '    - name: global.x' '      value: y' "    - {name: '$name', value: y}"
	run heracles < <(tenants shadow)
	ok "a parameter that takes precedence is refused: $name" refused_as shadow shadowed
done
application shadow 'helm: {fileParameters: [{name: heracles.image.repository, path: x}]}'
run heracles < <(tenants shadow)
ok 'also one from a file' refused_as shadow shadowed
for name in 'heracles\.image.tag' heracles.images 'heracles[0].x.image' heracles.replicas; do
	application "shadow" 'helm:' '  parameters:' "    - {name: '$name', value: y}"
	run heracles < <(tenants shadow)
	ok "a parameter for another path is accepted: $name" exits 0
done
annotated() {
	{
		printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata:' '  annotations:' \
			"    argocd-image-updater.argoproj.io/$2" 'spec:' '  source: {repoURL: x, chart: atlan}'
	} | put "$1"
}
annotated updated 'image-list: a=x/y, her=ghcr.io/atlanhq/heracles-ring-leangraph:~1'
run heracles < <(tenants updated)
ok 'an image that Argo CD Image Updater updates is refused' refused_as updated shadowed
annotated updated 'her.helm.image-tag: heracles.image.tag'
run heracles < <(tenants updated)
ok 'also a path that it writes' refused_as updated shadowed
annotated updated 'image-list: her=ghcr.io/atlanhq/heracles-ring-leangraph-x'
run heracles < <(tenants updated)
ok 'another image that it updates is accepted' exits 0
release rendered v2 '  postRenderers:' '    - kustomize: {images: [{name: ghcr.io/atlanhq/heracles-ring-leangraph, newTag: x}]}'
run heracles < <(tenants rendered)
ok 'an image that a post-renderer replaces is refused' refused_as rendered shadowed
release marked v2 '  values:' '    heracles:' '      image:' '        pullPolicy: Always # {"$imagepolicy": "a:b:tag"}'
run heracles < <(tenants marked)
ok "a map that Flux's image automation writes is refused" refused_as marked shadowed
release marked v2 '  values:' '    heracles:' '      image:' '        pullPolicy: Always' '    other: x # {"$imagepolicy": "a:b:tag"}'
run heracles < <(tenants marked)
ok 'a marker in another map is accepted' exits 0
application text 'helm:' '  valuesObject:' '    heracles: no'
run heracles < <(tenants text)
ok 'a string instead of a map is refused' refused_as text not-a-map
application alias 'helm:' '  valuesObject:' '    base: &b {image: {}}' '    heracles: *b'
run heracles < <(tenants alias)
ok 'a path through an alias is refused' refused_as alias through-alias
application merge 'helm:' '  valuesObject:' '    base: &b {image: {}}' '    heracles:' '      <<: *b'
run heracles < <(tenants merge)
ok 'a path through a merge key is refused' refused_as merge through-merge-key
application twice 'helm:' '  valuesObject:' '    heracles: {a: 1}' '    heracles: {b: 1}'
run heracles < <(tenants twice)
ok 'a duplicate key is refused' refused_as twice duplicate-key
application template 'helm:' '  values: |' '    a: {{ .Values.x }}: [' '    b: 1'
run heracles < <(tenants template)
ok 'a values string that is not YAML is refused' refused_as template bad-values
run heracles < <(tenants nobody)
ok 'a tenant without a manifest is refused' refused_as nobody no-manifest
put broken <<<'a: [1'
run heracles < <(tenants broken)
ok 'a manifest that is not YAML is refused' refused_as broken bad-yaml
ok '... with its path and position' err_has 'tenants/broken/application.yaml:2:1: '
put deployment <<<$'apiVersion: apps/v1\nkind: Deployment'
run heracles < <(tenants deployment)
ok 'a manifest of another kind is refused' refused_as deployment not-an-application
put set <<<$'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {}'
run heracles < <(tenants set)
ok 'an ApplicationSet is refused' refused_as set application-set
{ cat gitops/tenants/acme/application.yaml && echo --- && cat gitops/tenants/acme/application.yaml; } | put double
run heracles < <(tenants double)
ok 'two documents that deploy the chart are refused' refused_as double ambiguous
sed 's/chart: atlan/chart: other/' gitops/tenants/acme/application.yaml | put other
run heracles < <(tenants other)
ok 'another chart is refused' refused_as other other-chart
sed 's/    chart: atlan/    path: manifests/; /helm:/,/enabled: true/d' gitops/tenants/acme/application.yaml | put plain
run heracles < <(tenants plain)
ok 'a source that is not a chart is refused' refused_as plain not-helm
rm -r gitops/tenants/{broken,double,set} && git -C gitops commit -qam 'Without those'

# Claims of open proposals

git -C gitops checkout -qb release/heracles/ring-other
sed 's/^        heracles:/&\n          image: {repository: ghcr.io\/atlanhq\/heracles-ring-other, tag: x}/' gitops/tenants/acme/application.yaml | put acme
git -C gitops checkout -q main && echo >gitops/README && git -C gitops add -A && git -C gitops commit -qm 'Main goes on'
pending() { heracles --pending 'release/*' "$@"; }
run pending < <(tenants acme delta)
ok 'a tenant that an open proposal gives to another ring is refused' refused_as acme claimed-by-another-ring
ok '... with the names of both and of the branch' out_has 'service heracles is claimed by ring-other in the open proposal release/heracles/ring-other, not by ring-leangraph'
ok '... and other tenants are released' out_has '"type":"patch","tenant":"delta"'
# closed: heracles, where the directory of the proposals cannot be opened; leaks cannot be looked for under strace
closed() {
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 run strace -qqq -f -o "$tmp/trace" -e trace=openat -P "$PWD/gitops/.git/refs/heads/release/" -P "$PWD/gitops/.git/refs/heads/release" \
		-e inject=openat:error="$1" mkpatch -C gitops --service heracles --ring ring-leangraph --tag x --pending 'release/*' < <(tenants acme)
}
closed EACCES
ok 'a claim in a directory that cannot be read is not overlooked' eval 'exits 74 && out_lines 0 && err_has "refs/heads/release/: Permission denied"'
closed ENOMEM
ok '... nor if memory is short'        eval 'exits 71 && out_lines 0'
run mkpatch -C gitops --service heracles --ring ring-other --tag y --pending 'release/*' < <(tenants acme)
ok "a ring's own proposal is not a claim against it" exits 0
run atlas --pending 'release/*' < <(tenants acme)
ok "nor is a proposal for another service" exits 0
run heracles --pending 'review/*' < <(tenants acme)
ok 'a missing branch claims nothing' exits 0
run heracles < <(tenants acme)
ok 'without --pending only merged overrides count' exits 0
run pending < <(tenants lumen)
ok 'an override on main is not a claim' refused_as lumen held-by-another-ring
git -C gitops checkout -qb release/x && sed 's/tag: e83b.*/tag: x/' gitops/tenants/lumen/application.yaml | put lumen && git -C gitops checkout -q main
run pending < <(tenants lumen)
ok '... nor is another tag for it' refused_as lumen held-by-another-ring
git -C gitops checkout -q release/x && sed 's/ring-audit-log/ring-x/' gitops/tenants/lumen/application.yaml | put lumen && git -C gitops checkout -q main
run pending < <(tenants lumen)
ok '... but another ring in its place is one' refused_as lumen claimed-by-another-ring
git -C gitops checkout -q release/x && put lumen <<<'a: [1 # ghcr.io/atlanhq/heracles-ring-x' && git -C gitops checkout -q main
run pending < <(tenants delta)
ok '... and an invalid manifest is none' exits 0
git -C gitops branch -qD release/x && git -C gitops symbolic-ref refs/heads/release/x refs/heads/nowhere
run pending < <(tenants delta)
ok 'a symbolic ref to a missing branch claims nothing' exits 0
git -C gitops symbolic-ref -d refs/heads/release/x
: >gitops/.git/refs/heads/release/x
run pending < <(tenants delta)
ok 'a damaged ref could be a claim: nothing is released'      eval 'exits 74 && err_has "refs/heads/release/x"'
run heracles --pending 'review/*' < <(tenants acme)
ok '... except if it does not count' exits 0
rm gitops/.git/refs/heads/release/x
# --proposals: by the names in the catalogue; --open: only those with an open pull request
run heracles --proposals . < <(tenants acme delta)
ok 'a proposal is found by its name, too' refused_as acme claimed-by-another-ring
{ echo 'proposals: ["deploy/{service}/{ring}"]' && cat "$RING_CATALOG"; } >deploy.yaml
run heracles -c deploy.yaml --proposals . < <(tenants acme)
ok '... but not by another name than the catalogue has' exits 0
sed -i 's/^proposals: ./&"{service}-{ring}", /' deploy.yaml && run heracles -c deploy.yaml --proposals . < <(tenants acme)
ok 'an invalid name is 78' exits 78
sed -i 's/"{service}-{ring}"/"x\/{service}\/{ring}", "release\/{service}\/{ring}"/' deploy.yaml && run heracles -c deploy.yaml --proposals . < <(tenants acme)
ok 'older names count' refused_as acme claimed-by-another-ring
git clone -q gitops remote && git -C remote checkout -q main
run mkpatch -C remote --service heracles --ring ring-leangraph --tag x --proposals origin < <(tenants acme)
ok "a remote's branches are named without it" refused_as acme claimed-by-another-ring
run mkpatch -C remote --service heracles --ring ring-leangraph --tag x --proposals . < <(tenants acme)
ok '... and are not those of the repository' exits 0
run mkpatch -C remote --service heracles --ring ring-leangraph --tag x --proposals orig < <(tenants acme)
ok 'a remote that is not there is an error: its proposals might have claimed the tenant' exits 66
ok '... which names it' err_has 'remote "orig" not found'
git -C remote remote add orig ../gitops
run mkpatch -C remote --service heracles --ring ring-leangraph --tag x --proposals orig < <(tenants acme)
ok '... nor of a remote with a similar name' exits 0
open() { jq -n --arg b "$1" "{headRefName: \$b, state: \"OPEN\", isCrossRepository: false} | ${2-.}" | jq -s . >open.json; }
open release/heracles/ring-other
for options in '-C gitops --proposals .' '-C remote --proposals origin' '-C gitops --pending release/*' '-C remote --pending origin/release/*' \
	'-C remote --pending refs/remotes/origin/release/*'; do
	run mkpatch $options --service heracles --ring ring-leangraph --tag x --open open.json < <(tenants acme)
	ok "a branch with an open pull request counts: $options" refused_as acme claimed-by-another-ring
done
for edit in '.state = "CLOSED"' '.state = "MERGED"' '.isCrossRepository = true' '.headRefName = "other"' '.headRefName = "heracles/ring-other"'; do
	open release/heracles/ring-other "$edit" && run heracles --proposals . --open open.json < <(tenants acme)
	ok "... and without one does not: $edit" exits 0
done
echo '[]' >open.json && run heracles --proposals . --open open.json < <(tenants acme)
ok '... nor if there is none' exits 0
for bad in '' 'x' '[{"headRefName":"x"}]' '[{"headRefName":"x","state":"OPEN"}]'; do
	echo "$bad" >open.json && run heracles --proposals . --open open.json < <(tenants acme)
	ok "not open pull requests: $bad" eval 'exits 65 && out_empty && err_lines 1 && err_has open.json'
done
run heracles --proposals . --open nowhere.json < <(tenants acme)
ok 'a missing file of them is 66' exits 66
rm -rf remote
git -C gitops checkout -q --orphan release/stray && git -C gitops commit -qm stray && git -C gitops checkout -qf main
run pending < <(tenants acme)
ok 'a branch without common history is 66' exits 66
git clone -q --depth 1 --no-single-branch "file://$tmp/gitops" remote
run mkpatch -C remote --service heracles --ring ring-leangraph --tag x --pending origin/release/heracles/ring-other < <(tenants acme)
ok '... and in a shallow clone the message says what to do' eval 'exits 66 && err_has "git fetch --unshallow"'
rm -rf remote
git -C gitops branch -qD release/stray release/heracles/ring-other

# Clearing

sha_held=7d1e0c2b9a4f5836e1d0c7b2a9f4e8d3c6b5a102
held='{"repository":"ghcr.io/atlanhq/atlas-metastore-ring-search-fix","tag":"'$sha_held'"}'
beta_cleared='[{"op":"test","path":"/spec/source/helm/valuesObject/atlas","value":{"atlas":{"image":'$held'}}},{"op":"remove","path":"/spec/source/helm/valuesObject/atlas"},{"op":"test","path":"/spec/source/helm/valuesObject/atlas-read","value":{"atlas":{"image":'$held'}}},{"op":"remove","path":"/spec/source/helm/valuesObject/atlas-read"}]'
run mkpatch -C gitops --remove --service atlas --ring ring-search-fix < <(tenants beta)
ok 'a clear also removes maps that become empty, after a test of each value' edits_are beta <<<"[{\"at\":\"\",\"patch\":$beta_cleared}]"
run mkpatch -C gitops --remove --service atlas --ring ring-leangraph < <(tenants beta gamma acme)
ok 'images of other rings or of no ring stay' test "$(jq -c 'select(.type == "patch").edits' out)" = $'[]\n[]\n[]'
ok '... which is not a refusal' exits 0

override='{"type":"override","tenant":"beta","path":"tenants/beta/application.yaml","service":"atlas","chart":"%s","ring":"ring-search-fix","image":'$held',"target_revision":"1.4.0"%s}\n'
run mkpatch -C gitops --remove < <({ printf "$override" atlas '' && printf "$override" atlas-read ''; } | framed ringls)
ok 'the overrides of one manifest are one change, which tests the target revision' edits_are beta <<<"[{\"at\":\"\",\"patch\":[{\"op\":\"test\",\"path\":\"/spec/source/targetRevision\",\"value\":\"1.4.0\"}]},{\"at\":\"\",\"patch\":$beta_cleared}]"
run mkpatch -C gitops --remove < <({ printf "$override" atlas '' && printf "$override" atlas-read '' | sed 's/ring-search-fix/ring-x/'; } | framed ringls)
ok '... but those of two rings are two' test "$(jq -r 'select(.type == "patch").ring' out | paste -sd' ')" = 'ring-search-fix ring-x'
printf "$override" atlas ',"gate":"held","reason":"not yet"' | framed ringgate >held
run mkpatch -C gitops --remove <held
ok 'an override that ringgate holds is passed on' test "$(head -n 1 out)" = "$(head -n 1 held)"
ok '... and nothing is cleared' out_lines 2
run mkpatch -C gitops --remove < <(printf "$override" atlas '' | sed 's/"service":"atlas"/"service":"hermes"/' | framed ringls)
ok 'an override of an unknown service is refused' refused_as beta no-such-service
run mkpatch -C gitops --remove < <(printf "$override" atlas '' | sed 's#tenants/beta#../../etc#' | framed ringls)
ok "an override whose path is outside the repository is 65" exits 65
run mkpatch -C gitops --remove < <(tenants acme)
ok 'to clear tenants, service and ring are required' exits 2

# Reconciliation

search() { mkpatch -C gitops --service atlas --ring ring-search-fix --tag "$sha_held" --reconcile "$@"; }
run search < <(tenants acme)
ok 'a tenant that is no longer selected is cleared' test "$(jq -r 'select(.type == "patch") | "\(.tenant) \(.action)"' out)" = $'acme set\nbeta clear'
run search < <(tenants beta)
ok 'a selected one is not cleared' test "$(jq -r 'select(.type == "patch") | "\(.tenant) \(.action)"' out)" = 'beta set'
run search < <(tenants beta beta)
ok 'a tenant that is selected twice counts once' out_lines 2
run mkpatch -C gitops --service atlas --ring ring-x --tag "$sha_held" < <(tenants acme acme corvid)
ok '... also without --reconcile' eval 'exits 0 && [ "$(jq -r "select(.type == \"patch\").tenant" out | xargs)" = "acme corvid" ]'
run search < <(framed cohort-resolve </dev/null)
ok 'an empty selection clears nothing' out_is <<<'{"type":"end","by":"mkpatch","records":0,"refused":0}'
ok '... with a message' err_has '--allow-empty'
ok '... and status 0' exits 0
run search --allow-empty < <(framed cohort-resolve </dev/null)
ok '--allow-empty clears all' out_has '"tenant":"beta"'
printf '%s\n' '{"type":"refused","by":"cohort-resolve","code":"no-such-cohort","reason":"no"}' '{"type":"tenant","tenant":"acme"}' | framed cohort-resolve >incomplete
run search <incomplete
ok 'an incomplete selection clears nothing' out_lacks '"action":"clear"'
ok '... with a message' err_has 'selection-incomplete'
ok '... and the refusal is passed on' test "$(head -n 1 out)" = "$(head -n 1 incomplete)"
ok '... and sets status 1' exits 1
run search --max-clear 0 < <(tenants acme)
ok 'more tenants than --max-clear are refused, in one record' out_has '"code":"too-many-to-clear"'
ok '... and none is cleared' out_lacks '"action":"clear"'
ok '... with status 1' exits 1
sed 's/tag: 7d1e.*/&\n            broken: [/' gitops/tenants/beta/application.yaml | put beta
printf 'a: [ \\n\n' | put unrelated
run search < <(tenants acme)
ok 'an invalid manifest that may hold the ring is refused' refused_as beta bad-yaml
ok 'an invalid manifest that cannot hold it is ignored' out_lacks unrelated
git -C gitops reset -q --hard HEAD~2
sed 's/repository: ghcr.io/repository: "gh\\x63r.io/; s/search-fix/&"/' gitops/tenants/beta/application.yaml | put beta
run search < <(tenants acme)
ok 'an image with escapes in a quoted string is found' out_has '"tenant":"beta"'
git -C gitops reset -q --hard HEAD~1
{ cat gitops/tenants/delta/application.yaml && echo '# was ghcr.io/atlanhq/atlas-metastore-ring-search-fix'; } | put delta
run search < <(tenants acme)
ok 'an image in a comment is none' test "$(jq -r 'select(.type == "patch") | "\(.tenant) \(.action)"' out)" = $'acme set\nbeta clear'
git -C gitops reset -q --hard HEAD~1
sed 's#^manifests:.*#manifests: ["{tenant}/a.yaml", "{tenant}/b.yaml"]#' "$catalog" >each.yaml && mkdir gitops/solo
echo 'a: [1 # ghcr.io/atlanhq/atlas-metastore-ring-search-fix' >gitops/solo/a.yaml && cp gitops/tenants/beta/application.yaml gitops/solo/b.yaml
git -C gitops add -A && git -C gitops commit -qm solo
run mkpatch -C gitops -c each.yaml --service atlas --ring ring-search-fix --tag x --reconcile --allow-empty < <(framed cohort-resolve </dev/null)
ok 'a tenant with two manifests, one of them invalid, is refused once and as a whole' eval 'refused_as solo bad-yaml && out_lines 2'
git -C gitops reset -q --hard HEAD~1

# Set, then clear, for all tenants of the examples and of the above

git -C gitops rm -qr tenants/half && git -C gitops commit -qm 'Nothing of the ring is there'
git -C gitops checkout -q --detach
before=$(git -C gitops rev-parse HEAD)
for service in atlas heracles; do
	mapfile -t names < <(git -C gitops ls-tree --name-only HEAD:tenants)
	mkpatch -q -C gitops --service $service --ring ring-leangraph --tag 1e3 < <(tenants "${names[@]}") >patches
	run applypatch -C gitops --branch main --partial <patches
	ok "$service: set for all tenants that are not refused" exits 1
	mapfile -t changed < <(git -C gitops diff --name-only "$before" main | cut -d/ -f2)
	ok "$service: in many manifests" test "${#changed[@]}" -ge 18
	run mkpatch -C gitops -r main --remove --service $service --ring ring-leangraph < <(tenants "${changed[@]}")
	applypatch -C gitops --branch main <out >results
	for tenant in "${changed[@]}"; do
		ok "$service in $tenant: set, then clear, restores the bytes" git -C gitops diff --quiet "$before" main -- "tenants/$tenant"
	done
	run mkpatch -C gitops -r main --reconcile --allow-empty --max-clear 100 --service $service --ring ring-leangraph --tag x < <(framed </dev/null)
	ok "$service: and nothing is left to clear" out_lines 1
done

# Release records

git -C gitops checkout -q main && git -C gitops reset -q --hard "$before"
ring='ring-leangraph' old=1111111111111111111111111111111111111111
git -C gitops checkout -q --detach
mkpatch -C gitops -r main --service atlas --ring $ring --tag $old < <(tenants acme delta ember) | applypatch -C gitops --branch main >results
held=$(git -C gitops rev-parse main)
# order ACTION [JQ]: write release.json
order() {
	jq -nc --arg a "$1" --arg r "$ring" --arg t "$sha" '{type: "release", action: $a, service: "atlas", repository: "atlanhq/atlas-metastore",
		ring: $r, pull_request: 123, labels: ["cohort:github:path:internal-level-1"], commit: $t, reasons: [], warnings: []}
		| if $a == "set" then .image = {repository: "ghcr.io/atlanhq/atlas-metastore-\($r)", tag: $t} else . end | '"${2-.}" |
		framed ringcheck >release.json
}
ordered() { run mkpatch -C gitops -r main --release release.json "$@"; }
does() { diff <(jq -r 'select(.type == "patch") | "\(.tenant) \(.action) \(.image.tag // "-") \(.edits | length)"' out | sort) <(printf '%s\n' "$@" | grep . | sort); }
order set
ordered --reconcile < <(tenants acme fjord)
ok 'set: selected tenants get the image, others that the ring holds are cleared' does "acme set $sha 1" "fjord set $sha 1" 'delta clear - 1' 'ember clear - 1'
ok '... and each record names the pull request' test "$(jq -r 'select(.type == "patch").pull_request' out | sort -u)" = 'atlanhq/atlas-metastore#123'
order set 'del(.pull_request)' && ordered < <(tenants acme)
ok 'a release record without a pull request gives none' out_lacks pull_request
ok 'without --reconcile, only the selected' does "acme set $sha 1"

order keep
ordered --reconcile < <(tenants acme fjord)
ok 'keep: selected tenants stay as they are, others are cleared, none is added' does "acme set $old 0" 'delta clear - 1' 'ember clear - 1'
ordered < <(tenants acme fjord)
ok '... without --reconcile, none is cleared' does "acme set $old 0"
ordered --reconcile --proposal origin/release/atlas/$ring < <(tenants acme delta ember)
ok 'a proposal that does not exist proposes nothing' does "acme set $old 0" "delta set $old 0" "ember set $old 0"
git -C gitops branch -q release/atlas/$ring main
git -C gitops branch -q other main
mkpatch -C gitops -r main --service atlas --ring $ring --tag $sha < <(tenants acme fjord halcyon) | applypatch -C gitops --branch release/atlas/$ring >results
mkpatch -C gitops -r main --service atlas --ring $ring --remove < <(tenants ember) | applypatch -C gitops --branch release/atlas/$ring >results
proposed() { ordered --reconcile --proposal release/atlas/$ring "$@"; }
proposed < <(tenants acme delta ember fjord halcyon indigo)
ok "keep: what the ring's open proposal sets is set again" does "acme set $sha 1" "fjord set $sha 1" "halcyon set $sha 1" "delta set $old 0" "ember set $old 0"
proposed < <(tenants acme delta fjord halcyon indigo)
applypatch -C gitops --branch other <out >results
ok '... so that the proposal stays the same' git -C gitops diff --quiet other release/atlas/$ring
proposed < <(tenants acme delta)
ok '... except for tenants that are no longer selected' does "acme set $sha 1" "delta set $old 0" 'ember clear - 1'
{ echo '{"type":"refused","by":"cohort-resolve","code":"no-such-cohort","reason":"no"}' && echo '{"type":"tenant","tenant":"acme"}'; } | framed >short.jsonl
proposed <short.jsonl
ok 'an incomplete selection takes nothing away, also not from the proposal' does "acme set $sha 1" "fjord set $sha 1" "halcyon set $sha 1"
ok '... with a message' err_has selection-incomplete
ok '... with the status of the refusal' exits 1
proposed --max-clear 0 < <(tenants acme)
ok 'too many clears are refused' out_has '"code":"too-many-to-clear"'
proposed < <(framed </dev/null)
ok 'an empty selection clears nothing' eval 'does "" && err_has --allow-empty'
git -C gitops checkout -q --detach main && put kestrel <<<'a: [1 # ring-leangraph ghcr.io/atlanhq/atlas-metastore-ring-leangraph' && git -C gitops branch -qf main HEAD
proposed < <(tenants acme delta ember kestrel)
ok 'an invalid manifest that may hold the ring is refused' refused_as kestrel bad-yaml
git -C gitops branch -qf main "$held" && git -C gitops checkout -q --detach main
proposed < <(tenants acme beta gamma nobody delta ember)
ok 'tenants that do not and cannot hold the ring stay' eval 'does "acme set $sha 1" "delta set $old 0" "ember set $old 0" && exits 0'
git -C gitops update-ref refs/remotes/origin/release/atlas/$ring release/atlas/$ring
mkpatch -C gitops -r main --service atlas --ring ring-other --tag x < <(tenants halcyon) | applypatch -C gitops --branch release/atlas/ring-other --onto main >results
ordered --reconcile --proposals . < <(tenants acme delta ember halcyon)
ok '... also if another ring claims one of them' does "acme set $sha 1" "halcyon set $sha 1" "delta set $old 0" "ember set $old 0"
git -C gitops branch -qD release/atlas/ring-other
for options in '--proposals .' "--proposal release/atlas/$ring --open open.json" '--proposals . --open open.json' "--proposal origin/release/atlas/$ring --open open.json"; do
	open release/atlas/$ring && ordered --reconcile $options < <(tenants acme delta ember)
	ok "the proposal is found: $options" does "acme set $sha 1" "delta set $old 0" "ember set $old 0"
done
for options in "--proposal release/atlas/$ring" '--proposals .' "--proposal origin/release/atlas/$ring"; do
	open release/atlas/ring-other && ordered --reconcile $options --open open.json < <(tenants acme delta ember)
	ok "... which counts for nothing without an open pull request: $options" does "acme set $old 0" "delta set $old 0" "ember set $old 0"
	order keep '.rejected_proposal = 7 | .reasons = ["rejected"]' && ordered --reconcile $options < <(tenants acme delta ember)
	ok '... or if it was rejected' does "acme set $old 0" "delta set $old 0" "ember set $old 0"
	order keep
done
# says MESSAGE PARENT ...: the release of the patches that keep what such a commit of a proposal has
says() {
	local parents=("${@:2}")
	git -C gitops branch -qf said "$(printf "$1\n" | git -C gitops commit-tree "${parents[@]/#/-p}" "release/atlas/$ring^{tree}")"
	ordered --proposal said < <(tenants acme)
	jq -cr 'select(.type == "patch").release | "\(.commit) \(.kept)"' out
}
ok 'a proposal says what it releases' test "$(says "x\n\nRelease-Commit: $sha" main)" = "$sha true"
ok '... also after a merge' test "$(says x said main)" = "$sha true"
ok '... but not after another commit' test "$(says x said)" = 'null null'
ok '... nor if that is not a commit' test "$(says 'x\n\nRelease-Commit: 1' main)" = 'null null'
ok '... nor by another trailer' test "$(says "x\n\nRelease: $sha" main)" = 'null null'
git -C gitops branch -qD said
git -C gitops checkout -q release/atlas/$ring && { cat gitops/tenants/delta/application.yaml && echo '# By hand'; } | put delta && git -C gitops checkout -q --detach main
mkpatch -C gitops -r main --service atlas --ring $ring --tag $sha < <(tenants delta) | applypatch -C gitops --branch main >results
proposed < <(tenants acme delta ember)
ok 'what the proposal leaves as it was is not set back' does "acme set $sha 1" "delta set $sha 0" "ember set $old 0"
git -C gitops checkout -q release/atlas/$ring && git -C gitops show main:tenants/acme/application.yaml | sed '/ tag: /d' | put acme && git -C gitops checkout -q --detach main
proposed < <(tenants acme delta ember)
ok 'an image without a tag proposes nothing' does "acme set $old 0" "delta set $sha 0" "ember set $old 0"
git -C gitops checkout -q main && sed "0,/tag: .*$old/!s/$old/$sha/" gitops/tenants/acme/application.yaml | put acme && git -C gitops checkout -q --detach main
mkpatch -C gitops -r main --service atlas --ring $ring --tag $sha < <(tenants acme) | applypatch -C gitops --branch half --onto main >results
ordered --reconcile --proposal half < <(tenants acme delta ember)
ok 'a new tag for one of two charts is proposed' does "acme set $sha 1" "delta set $sha 0" "ember set $old 0"
git -C gitops branch -qf main "$held" && git -C gitops branch -qf release/atlas/$ring release/atlas/$ring~2
git -C gitops branch -qD half
git -C gitops update-ref -d refs/remotes/origin/release/atlas/$ring
git -C gitops branch -q deploy/atlas/$ring "release/atlas/$ring" && git -C gitops branch -qf release/atlas/$ring "main"
{ echo 'proposals: ["new/{service}/{ring}", "deploy/{service}/{ring}"]' && cat "$RING_CATALOG"; } >deploy.yaml
ordered --reconcile -c deploy.yaml --proposals . < <(tenants acme delta ember)
ok 'a proposal with an older name is kept' does "acme set $sha 1" "delta set $old 0" "ember set $old 0"
mkpatch -C gitops -r main --service atlas --ring $ring --tag x < <(tenants acme) | applypatch -C gitops --branch new/atlas/$ring --onto main >results
ordered --reconcile -c deploy.yaml --proposals . < <(tenants acme delta ember)
ok '... and that with the first name takes precedence' does "acme set x 1" "delta set $old 0" "ember set $old 0"
git -C gitops branch -qD new/atlas/$ring
git -C gitops branch -qf release/atlas/$ring deploy/atlas/$ring && git -C gitops branch -qD deploy/atlas/$ring
order set && proposed < <(tenants acme)
ok 'with set the proposal is not read' does "acme set $sha 1" 'delta clear - 1' 'ember clear - 1'
proposed <short.jsonl
ok '... also if the selection is incomplete' does "acme set $sha 1"
git -C gitops checkout -q --orphan stray && git -C gitops commit -qm stray && git -C gitops checkout -qf --detach main
order keep && ordered --proposal stray < <(tenants acme)
ok 'a proposal without common history is 66' exits 66

order clear
ordered --reconcile < <(tenants acme fjord)
ok 'clear: all tenants that the ring holds are cleared, selected or not' does 'acme clear - 1' 'delta clear - 1' 'ember clear - 1'
ordered --reconcile --max-clear 0 <short.jsonl
ok '... however many, also with an incomplete selection' does 'acme clear - 1' 'delta clear - 1' 'ember clear - 1'
ordered --reconcile < <(framed </dev/null)
ok '... or empty' eval 'does "acme clear - 1" "delta clear - 1" "ember clear - 1" && exits 0 && err_empty'
ordered < <(tenants acme)
ok '... without --reconcile, none is' does ''
order clear '.reasons = ["retargeted"]'
ordered --reconcile --max-clear 2 < <(framed </dev/null)
ok 'if the ring was retargeted, no more than --max-clear' eval 'does "" && exits 1 && out_has "\"code\":\"too-many-to-clear\""'
ok '... and the refusal names the option that clears them' out_has '(--max-clear 3 clears them)'
ordered --reconcile --max-clear 3 < <(framed </dev/null)
ok '... which does' eval 'does "acme clear - 1" "delta clear - 1" "ember clear - 1" && exits 0'
order hold
for options in --reconcile ''; do
	ordered $options < <(tenants acme fjord)
	ok "hold: all stay, and none is added ${options:-without --reconcile}" eval 'does "" && exits 0 && out_lines 1'
done
order none '.reasons = ["fork"]' && ordered --reconcile < <(tenants acme)
ok 'none: status 77, without an end record' eval 'exits 77 && out_empty && err_lines 1 && err_has fork'
ordered --reconcile < <(tenants acme)
applypatch -C gitops --branch main <out 2>err >results
ok '... so that the next filter sees a stream that was cut short' test $? -eq 65

order set '.image.repository = "ghcr.io/stranger/atlas-metastore-ring-leangraph"' && ordered < <(tenants acme)
ok "an image that is not the catalogue's for that ring is 77" eval 'exits 77 && out_empty && err_lines 1'
order set '.ring = "ring-search-fix"' && ordered < <(tenants acme)
ok "... as is another ring's" eval 'exits 77 && out_empty'
order keep '.image = {repository: "x", tag: "y"}' && ordered < <(tenants acme)
ok '... also with keep' eval 'exits 77 && out_empty'
order clear '.repository = "stranger/atlas-metastore"' && ordered --reconcile < <(tenants acme)
ok "a repository that is not the catalogue's for the service is 77" eval 'exits 77 && out_empty'
order clear '.service = "nope"' && ordered --reconcile < <(tenants acme)
ok '... and so is an unknown service' eval 'exits 77 && out_empty'
sed '/^ *repository: /d' "$RING_CATALOG" >none.yaml && order clear && ordered -c none.yaml --reconcile < <(tenants acme)
ok '... and a service without a repository' eval 'exits 77 && out_empty && err_has "expected none by the catalogue"'
for member in action service repository ring image; do
	order set "del(.$member)" && ordered < <(tenants acme)
	ok "a release record requires \"$member\"" eval 'exits 65 && out_empty && err_lines 1 && err_has "\"$member\""'
done
for edit in '.action = "go"' '.ring = "main"' '.ring = "ring-a/b"' 'del(.image.tag)' '.image.tag = "-x"' '.image.tag = "a b"' \
	'.pull_request = "1"' '.pull_request = 0' '.labels = {}' '.labels = [1]' '.rejected_proposal = "7"' '.rejected_proposal = 0' '.commit = "x"'; do
	order set "$edit" && ordered < <(tenants acme)
	ok "an invalid release record is 65: $edit" eval 'exits 65 && out_empty && err_lines 1 && err_has release.json'
done
order set '.rejected_proposal = 7' && ordered < <(tenants acme)
ok 'only what is kept was rejected' test "$(jq -c 'select(.type == "patch").release.rejected' out)" = null
order set && sed -i '$d' release.json && ordered < <(tenants acme)
ok 'a release file without its end record was cut short' eval 'exits 65 && out_empty && err_has release.json'
ordered --unframed < <(tenants acme)
ok '... except with --unframed' does "acme set $sha 1"
: >release.json && ordered < <(tenants acme)
ok 'also an empty file' exits 65
framed </dev/null >release.json && ordered < <(tenants acme)
ok 'a file without a release record is 65' eval 'exits 65 && err_has "expected one release record, got none"'
{ order set && cat release.json release.json; } >two.json && mv two.json release.json && ordered < <(tenants acme)
ok 'also one with two' eval 'exits 65 && err_has "got a second one"'
rm release.json && ordered < <(tenants acme)
ok 'a missing file is 66' exits 66
order set
for options in '--service atlas --ring ring-x --tag x' '--tag x' '--remove' '--max-clear 1'; do
	ordered $options </dev/null
	ok "wrong usage: --release with $options" eval 'exits 2 && out_empty && err_lines 1'
done
run mkpatch -C gitops --service atlas --ring ring-x --tag x --proposal main </dev/null
ok 'wrong usage: --proposal without --release' exits 2
git -C gitops checkout -q main && git -C gitops reset -q --hard "$before"

# The plain patch

run heracles --rfc6902 < <(tenants acme)
ok '--rfc6902 writes one JSON Patch instead of records' test "$(jq -c '[.[].op]' out)" = '["add"]'
run heracles --rfc6902 < <(tenants corvid)
ok '... in which a values string is replaced as a whole, after a test' test "$(jq -c '[.[] | [.op, .path]]' out)" = '[["test","/spec/source/helm/values"],["replace","/spec/source/helm/values"]]'
run heracles --rfc6902 < <(tenants acme delta)
ok 'two manifests are wrong usage' exits 2
ok '... and nothing is written' out_empty
run heracles --rfc6902 < <(tenants beta lumen)
run heracles --rfc6902 < <(tenants lumen)
ok 'after a refusal the output is empty' out_empty
sed 's/chart: atlan/chart: atlas/' "$examples/gitops/tenants/acme/application.yaml" | put one-chart
run atlas --rfc6902 < <(tenants one-chart)
ok '... also none of a tenant that deploys one of two charts' eval 'exits 1 && out_empty && err_has "no manifest of the tenant deploys atlas-read"'
ok '... and the status is 1' exits 1

# Options, input and output

for options in '' '--service atlas' '--service atlas --ring ring-x' '--service atlas --ring Ring --tag x' \
	'--service atlas --ring ring-x --tag -x' '--service nope --ring ring-x --tag x' '--remove --tag x' \
	'--remove --reconcile' '--remove --pending x' '--remove --proposals x' '--service atlas --ring ring-x --tag x --open x' \
	'--service atlas --ring ring-x --tag x --proposals . --pending x' '--release release.json --proposals . --proposal x' '--service atlas --ring ring-x --tag x --max-clear 1' \
	'--service atlas --ring ring-x --tag x --reconcile --max-clear x' '--frob' 'operand'; do
	run mkpatch -C gitops $options </dev/null
	ok "wrong usage: mkpatch $options" exits 2
	ok '... is reported in one line, and nothing is written' eval 'err_lines 1 && out_empty'
done
run mkpatch -C gitops --servcie atlas </dev/null
ok 'for a mistyped option, a similar one is suggested' err_has 'did you mean --service?'
run mkpatch --help
ok '--help prints the options' out_has '--max-clear N'
run mkpatch --version
ok '--version prints the version' out_has 'mkpatch (ringkit) '
run heracles -q < <(tenants lumen)
ok '--quiet reports a refusal only in the stream' eval 'err_empty && out_has held-by-another-ring'
run heracles -v < <(tenants acme)
ok '--verbose reports each manifest' err_has 'acme: '
ok '... with status 0' exits 0

run heracles </dev/null
ok 'empty input is a stream that was cut short' exits 65
ok '... and the message names --unframed' err_has '--unframed'
run heracles --unframed </dev/null
ok 'with --unframed it is complete' exits 0
run heracles < <(tenants acme | head -n 1)
ok 'a stream without its end record is 65' exits 65
ok '... and the output has no end record' out_lacks '"type":"end"'
run heracles < <(tenants acme delta | sed 1d)
ok 'a wrong count is 65' exits 65
run heracles < <(tenants acme | head -c 20)
ok 'half a record is 65' exits 65
run heracles < <(tenants acme && tenants delta)
ok 'whole streams can be concatenated' out_has '"records":2'
run heracles --unframed <<<'{"type":"tenant"}'
ok 'a tenant record without a tenant is 65' exits 65
for name in ../../etc 'a b'; do
	run heracles --unframed <<<"{\"type\":\"tenant\",\"tenant\":\"$name\"}"
	ok "also one with this name: $name" exits 65
done
run heracles --unframed <<<'{"type":"note","x":  1.50}'
ok 'records of other types are passed on byte for byte' out_has '{"type":"note","x":  1.50}'
tenants acme >in
heracles <in >/dev/full 2>err
ok 'a full disk is 74' test $? -eq 74
heracles <in >&- 2>err
ok 'a closed standard output is 74' test $? -eq 74
run heracles <&-
ok 'a closed standard input is 74' exits 74
run mkpatch -C nowhere --service atlas --ring ring-x --tag x <in
ok 'a missing repository is 66' exits 66
run heracles -r nope <in
ok 'a missing revision is 66' exits 66
run heracles -c nope.yaml <in
ok 'a missing catalogue is 66' exits 66
echo 'services: 1' >wrong.yaml
run heracles -c wrong.yaml <in
ok 'an invalid catalogue is 78' exits 78
ok '... in one line with its position' err_has 'wrong.yaml:1:11: '
git clone -q --bare gitops bare.git
run mkpatch -C bare.git --service heracles --ring ring-leangraph --tag "$sha" <in
ok 'a bare repository works too' exits 0

finish
