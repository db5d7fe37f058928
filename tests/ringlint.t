#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

catalog=$examples/releases/ring.yaml
cp -R "$examples/charts" "$tmp/charts"
repo gitops
cd "$tmp" || exit 1

# catalog SED-COMMAND: the examples' catalogue, changed
catalog() { sed "$1" "$catalog" >ring.yaml; }
# finds CODE STRING: there is this one finding, and the status is 1
finds() {
	jq -e -s --arg c "$1" --arg t "$2" '[.[] | select(.type == "finding")] | length == 1 and .[0].code == $c and (.[0].reason | contains($t))' out >/dev/null &&
		[ "$status" -eq 1 ] && err_lines 1
}
put() { mkdir -p "gitops/tenants/$1" && cat >"gitops/tenants/$1/application.yaml" && git -C gitops add -A && git -C gitops commit -qm "$1"; }

run ringlint -c "$catalog" --charts charts -C gitops
ok "the examples' catalogue agrees with their charts and manifests" out_is <<<'{"type":"end","by":"ringlint","records":0,"refused":0}'
ok '... with status 0' exits 0

catalog 's/atlas: atlas\/image/atlas: {repository: image\/repository, tag: atlas\/image\/tag}/'
run ringlint --charts charts
ok 'a path one level too shallow is found' finds no-such-path '/image/repository not found in charts/atlan/charts/atlas/values.yaml'
catalog 's/heracles: image/heracles: [image, gone]/'
run ringlint --charts charts
ok 'only the path that is written must exist' exits 0
catalog 's/heracles: image/heracels: image/'
run ringlint --charts charts
ok 'a chart that is not in the umbrella is found' finds unknown-chart 'dependency "heracels" not found in the umbrella chart (have: heracles, atlas, atlas-read)'
catalog ''
rm charts/charts/atlan/charts/heracles/values.yaml
run ringlint --charts charts
ok 'a subchart without values.yaml is found' finds no-values 'charts/atlan/charts/heracles/values.yaml not found'
echo 'a: [' >charts/charts/atlan/charts/heracles/values.yaml
run ringlint --charts charts
ok 'also with an invalid one' finds no-values 'charts/atlan/charts/heracles/values.yaml:2:1: '
mkdir charts/elsewhere && echo 'image: {repository: x, tag: y}' >charts/elsewhere/values.yaml
sed -i 's#file://charts/heracles#file://../../elsewhere#' charts/charts/atlan/Chart.yaml
run ringlint --charts charts
ok 'a file:// dependency is read from its path' exits 0
sed -i 's#file://../../elsewhere#file://../../../elsewhere#' charts/charts/atlan/Chart.yaml
run ringlint --charts charts
ok '... but never outside of the repository' finds no-values "is outside of the charts' repository"

rm -rf charts && cp -R "$examples/charts" charts
catalog "s/^    ga-tag:.*/    ga-tag: 'v([0-9]+)$'/"
run ringlint --charts charts
ok 'a regular expression that finds no GA commit is found' finds no-ga-commit 'no GA commit in the umbrella'"'s tag"
catalog "s/^    ga-version:.*/    ga-version: 'main\\\\.([0-9a-f]+)$'/"
run ringlint --charts charts
ok '... for each chart' test "$(jq -r 'select(.type == "finding") | "\(.code) \(.service) \(.chart)"' out)" = \
	$'no-ga-commit atlas atlas\nno-ga-commit atlas atlas-read'

catalog 's/heracles-{ring}/atlas-metastore-{ring}/'
run ringlint
ok 'two services with the same image are found' test "$(jq -r 'select(.type == "finding") | "\(.code) \(.service)"' out)" = \
	$'same-image heracles\nsame-image atlas'
catalog 's#image: ghcr.io/atlanhq/heracles-{ring}#image: ["ghcr.io/a/heracles-{ring}", "ghcr.io/atlanhq/atlas-metastore-{ring}"]#'
run ringlint
ok 'also if one of them only recognises the image' finds same-image 'is also one of the service heracles'

catalog 's#^manifests:.*#manifests: ["tenants/{tenant}/application.yaml", "clusters/*/{tenant}.yaml"]#'
run ringlint -C gitops
ok 'a pattern that matches nothing is found' test "$(jq -r 'select(.type == "finding") | "\(.service) \(.code) \(.path)"' out)" = \
	$'heracles no-manifest clusters/*/{tenant}.yaml\natlas no-manifest clusters/*/{tenant}.yaml'
catalog ''
for helm in '{valuesObject: {heracles: {pod: {image: ghcr.io/atlanhq/heracles-ring-a:x}}}}' \
	'{parameters: [{name: x, value: ghcr.io/atlanhq/heracles-ring-a}]}' \
	'{valuesObject: {}, values: "heracles: {image: {repository: ghcr.io/atlanhq/heracles-ring-a}}"}'; do
	put stray <<<$'apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    chart: atlan\n    helm: '"$helm"
	run ringlint -C gitops
	ok "a ring's image where the catalogue does not look is found: $helm" finds stray-override 'ghcr.io/atlanhq/heracles-ring-a'
done
put stray <<<$'apiVersion: v1\nkind: ConfigMap\ndata:\n  image: ghcr.io/atlanhq/heracles-ring-a'
run ringlint -C gitops
ok '... also in a manifest of another kind' finds stray-override 'is at /data/image'
run ringlint -C gitops -r HEAD~4
ok '... and not in an earlier revision' exits 0
put stray <<<'a: [ghcr.io/atlanhq/heracles-ring-a'
run ringlint -C gitops
ok 'an invalid manifest is found' finds bad-yaml 'tenants/stray/application.yaml:'
run ringlint -q -C gitops
ok '--quiet reports it only in the stream' eval 'err_empty && exits 1'

# Comments that another tool reads

git -C gitops reset -q --hard HEAD~1
# commented HELM: a tenant whose helm block is this
commented() {
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'spec:' '  source:' '    chart: atlan' '    helm:' "$1" | put stray
	run ringlint -C gitops
}
object() { printf '      valuesObject:\n        heracles:\n          image:\n%s\n' "$1"; }
for comment in '# renovate: datasource=docker' '# {"$imagepolicy": "flux-system:cart:tag"}' '# x-release-please-version' '# kpt-set: ${tag}' \
	'# {"$kpt-set": "tag"}' '# {"$openapi":"tag"}' '#@ data.values.tag' '# yamllint disable-line rule:quoted-strings' '#yamllint enable' \
	'# checkov:skip=CKV_K8S_14' '# nosemgrep' '# gitleaks:allow' '# pragma: allowlist secret' '# our tag; renovate: depName=x'; do
	commented "$(object "            repository: ghcr.io/o/heracles
            tag: \"v1\"  $comment")"
	ok "a comment for another tool is found: $comment" finds comment-directive \
		"/heracles/image/tag has a comment for $(case $comment in *renovate*) echo Renovate ;; *polic*) echo Flux ;; *release-p*) echo release-please ;;
			*openapi*) echo kustomize ;; *kpt*) echo kpt ;; '#@'*) echo ytt ;; *yamll*) echo yamllint ;; *check*) echo Checkov ;; *semgrep*) echo Semgrep ;;
			*gitleaks*) echo Gitleaks ;; *) echo detect-secrets ;; esac)"
	ok '... and quoted' test "$(jq -r 'select(.type == "finding").reason' out)" = "$(jq -r 'select(.type == "finding").reason' out | sed 's/: ".*//'): \"$comment\""
done
ok '... with the place' jq -e -s '.[0] | [.service, .chart, .tenant, .path] == ["heracles", "heracles", "stray", "tenants/stray/application.yaml"]' out
nl=$'\n' pad='            '
for helm in "$(object "${pad}tag: v1 # x$nl$pad# renovate: a${nl}${pad}repository: x")" "$(object "${pad}repository: a #@ x${nl}${pad}pullPolicy: Always")" \
	"$(object "${pad}{tag: v1, pullPolicy: \"#\"} # renovate: a")" "$(object "${pad}{tag: v1, repository: 'it''s'} #@ a")" "$(object "${pad}tag:  # renovate: a$nl$pad  v1")" \
	"$(object "${pad}tag: >-  # renovate: a$nl$pad  v1")" "$(object "${pad}tag: &a v1 # renovate: a${nl}${pad}x: *a")" "$(object "${pad}tag: v1 # renovate: a"$'\r')" \
	"      values: |${nl}        heracles:${nl}          image:${nl}            tag: v1  # renovate: a"; do
	commented "$helm"
	ok "it is found once in $(printf %q "${helm#*image:}")" finds comment-directive 'has a comment for'
done
for helm in "$(object "${pad}tag: v1 # our tag")" "$(object "${pad}tag: v1 # see the renovate team, not yamllint")" "$(object "${pad}tag: 'v1 # renovate: a'")" \
	"$(object "${pad}tag: v1${nl}${pad}pullPolicy: Always # renovate: a")" "$(object "$pad{tag: v1, a: 'b # renovate: a'}")" "$(object "${pad}tag: v1 # xrenovate: a")" \
	"$(object "${pad}tag: |-$nl$pad  v1 # renovate: a")" "$(object "${pad}# renovate: a${nl}${pad}pullPolicy: Always$nl${pad}tag: v1")"; do
	commented "$helm"
	ok "there is none in $(printf %q "${helm#*image:}")" exits 0
done

# Options and output

for options in --frob operand '--charts'; do
	run ringlint $options
	ok "wrong usage: ringlint $options" exits 2
	ok '... is reported in one line, and nothing is written' eval 'err_lines 1 && out_empty'
done
run ringlint --help
ok '--help prints the options' out_has '--charts DIR'
run ringlint --version
ok '--version prints the version' out_has 'ringlint (ringkit) '
ringlint >/dev/full 2>err
ok 'a full disk is 74' test $? -eq 74
ringlint >&- 2>err
ok 'a closed standard output is 74' test $? -eq 74
run ringlint -C nowhere
ok 'a missing repository is 66' exits 66
run ringlint --charts nowhere
ok 'a missing directory of charts is 66' exits 66
run ringlint --charts gitops
ok 'a missing umbrella chart is 66' exits 66
run ringlint -C gitops -r nope
ok 'a missing revision is 66' exits 66
run ringlint -c nope.yaml
ok 'a missing catalogue is 66' exits 66
catalog 's/^max-tenants.*/max-tenants: x/'
run ringlint -v
ok 'an invalid catalogue is 78' exits 78
catalog '/path: charts/d'
run ringlint --charts charts
ok 'also one without umbrella.path' exits 78

finish
