#!/usr/bin/env bash
# examples/scripts/render, with a stand-in for Helm: what a change of the GitOps repository changes in the cluster.
# tests/helm.sh runs it with the real one.
. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

cd "$tmp" || exit
repo gitops && repo releases && repo charts
for name in gitops charts; do
	git clone -q --bare $name $name.git && git -C $name remote add origin "$tmp/$name.git" && git -C $name fetch -q origin
done
git -C charts tag atlan-1.4.0
mkdir bin
cat >bin/helm <<'END'
#!/bin/sh
# helm template --namespace=NS [-f FILE] ... -- NAME CHART: print these, and the values in YAML
[ ! -e "$0.fails" ] || { cat "$0.fails" >&2; exit 1; }
printf '%s\n' ---  '# Source: atlan/templates/all.yaml' "kind: ConfigMap" "arguments: $*" | sed 's# /[^ ]*/# #g'
env | cut -d = -f 1 | sort | xargs echo environment:
while [ "$1" != -- ]; do
	[ "$1" != -f ] || jq -S . "$2" 2>/dev/null || cat "$2"
	shift
done
printf '%s\n' --- '# Source: atlan/templates/secret.yaml' 'apiVersion: v1' 'kind: Secret' 'data:'
[ "$1" != -f ] || exit
printf '  password: %s\n' "$(date +%N)"
END
chmod +x bin/helm
export PATH=$tmp/bin:$PATH GITOPS=gitops RELEASES=releases CHARTS=charts
render() { run "$examples/scripts/render" "$@"; }
# set_ring TENANT ...: the branch head is main with a ring's image for them
set_ring() {
	git -C gitops branch -qf head main
	printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed |
		mkpatch -q -C gitops -r main -c releases/ring.yaml --service heracles --ring ring-x --tag 41f7c2d |
		applypatch -q -C gitops --branch head >/dev/null
}
# change PATH <<<TEXT: the branch head is main with this file
change() {
	git -C gitops checkout -q --detach main && mkdir -p "gitops/$(dirname "$1")" && cat >"gitops/$1"
	git -C gitops add -A && git -C gitops commit -qm 'Change' && git -C gitops branch -qf head && git -C gitops checkout -q --detach main
}
changes() { [ "$(grep '^[-+]' out | grep -v '^---\|^+++')" = "$1" ]; }

set_ring acme delta
render heracles main head
ok 'the tenants that change are rendered'                           exits 0
commit=$(git -C charts rev-parse --short=12 HEAD)
ok '... each with the chart of its version' \
	test "$(grep '^===' out)" = "=== acme: chart charts/atlan of commit $commit"$'\n'"=== delta: chart charts/atlan of commit $commit"
ok '... and only what changes is shown' \
	test "$(sed '/^=== delta/,$d' out | grep '^[-+]')" = "--- acme before
+++ acme after
+    \"image\": {
+      \"repository\": \"ghcr.io/atlanhq/heracles-ring-x\",
+      \"tag\": \"41f7c2d\"
+    },"
ok 'what a Secret holds is not shown'                               out_lacks password
render heracles main main
ok 'nothing changes, nothing is shown'                              eval 'exits 0 && out_empty'
render --lines 5 heracles main head
ok 'a long difference is cut, which is said' test "$(grep -c '^\.\.\. more lines are not shown$' out)" -eq 2
ok '... after so many lines'                                        out_lines 14

git -C gitops checkout -q main && sed -i 's/beta.example.com/later.example.com/' gitops/tenants/beta/application.yaml
git -C gitops commit -qam 'Later' && git -C gitops checkout -q --detach
render heracles main head
ok 'a base that has moved does not count'                           eval 'exits 0 && [ "$(grep -c ^=== out)" -eq 2 ]'

change README.md <<<'Not a manifest'
render heracles main head
ok 'other files are not rendered'                                   eval 'exits 0 && out_empty'
change tenants/acme/application.yaml <<<'kind: ConfigMap'
render heracles main head
ok 'a manifest that cannot be read is named, with the reason'       eval 'exits 1 && out_has "=== acme: not rendered: not an Argo CD"'
# application [LINE ...]: an Application, whose source has these lines
application() {
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata: {name: new}' 'spec:' '  source:' \
		'    repoURL: https://charts.example.com' "$@"
}
change tenants/new/application.yaml < <(application '    chart: atlan' '    targetRevision: 1.4.0')
render heracles main head
ok 'a new tenant is all new'                                        eval 'exits 0 && out_has "=== new: chart" && ! grep -q "^-[^-]" out'
change tenants/new/application.yaml < <(application '    chart: atlan' '    targetRevision: 9.9.9')
render heracles main head
ok 'a version that is not there is said'                            eval 'exits 1 && out_has "=== new: not rendered: the chart'"'"'s revision \"9.9.9\" was not found"'
render --chart-revision HEAD heracles main head
ok '... unless a revision is given for it'                          eval 'exits 0 && out_has "=== new: chart"'
change tenants/new/application.yaml < <(application '    path: charts/atlan' '    targetRevision: main' '    helm: {releaseName: --post-renderer=x}')
render heracles main head
ok 'a name from a manifest is not an option of Helm'                eval 'exits 0 && out_has "-- --post-renderer=x atlan"'
ok '... and Helm sees no token'                                     out_has 'environment: HOME PATH'
change tenants/new/application.yaml < <(application "    path: ../../../${tmp##*/}/charts/charts/atlan" '    targetRevision: main')
render heracles main head
ok 'nor does its chart leave the charts repository'                 eval 'exits 1 && out_has "not rendered: "'
change tenants/new/application.yaml < <(application '    path: charts/none' '    targetRevision: main' '    helm: {}')
render heracles main head
ok 'a chart that is not there is said'                              eval 'exits 1 && out_has "not rendered: "'
echo 'fromFile: 1' >"$tmp/secret.yaml"
change tenants/new/application.yaml < <(application '    chart: atlan' '    targetRevision: 1.4.0' \
	"    helm: {valueFiles: [Chart.yaml, none.yaml, ../../../../../../../../../../../$tmp/secret.yaml]}")
render heracles main head
ok 'the value files of the chart are used'                          out_has '+description: The product'
ok '... others are named'                                           out_has ', without the values of none.yaml,../'
ok '... and no file of the machine is read'                         out_lacks fromFile
change tenants/new/application.yaml < <(application '    chart: atlan' '    targetRevision: 1.4.0')
echo 'Error: no such thing in Chart.yaml' >bin/helm.fails
render heracles main head
ok 'a chart that Helm refuses is said'                              eval 'exits 1 && out_has "=== new: not rendered: Error: no such thing in Chart.yaml"'
rm bin/helm.fails

# One file for several tenants
sed 's#^manifests:.*#manifests: {path: set.yaml, elements: /spec/list, tenant: name, values: /overrides, version: /v}#' \
	releases/ring.yaml >ring.yaml
export RING_CATALOG=$tmp/ring.yaml
element() { printf '  - {name: %s, v: 1.4.0, overrides: {heracles: {replicas: %s}}}\n' "$@"; }
{ printf 'spec:\n  list:\n'; element acme 1; element beta 1; } | change set.yaml && git -C gitops branch -qf main head
{ printf 'spec:\n  list:\n'; element acme 1; element beta 2; } | change set.yaml
render heracles main head
ok 'of a file for several tenants, those that change'               eval 'exits 0 && [ "$(grep -c ^=== out)" -eq 1 ] && out_has "=== beta: "'
ok '... with what does'                                             changes $'-    "replicas": 1\n+    "replicas": 2'
unset RING_CATALOG

# What ringreport shows of it
set_ring acme
render heracles main head
cp out rendered
run ringreport --rendered rendered </dev/null --unframed
ok 'a report folds it'                                              eval 'exits 0 && out_has "<summary>What changes in the cluster, by line: "'
ok '... as a difference'                                            out_has '```diff'

# release: what the proposal shows
unset GITOPS RELEASES CHARTS
world
push $ring
open_pull $ring cohort:tenant:name:acme
build $ring success
script release atlas $ring
ok 'release renders nothing if it is not asked to'                  gitops_pulls 'length == 1 and (.[0].body | contains("in the cluster") | not)'
no_writes_yet
RENDER=1 HELM=$tmp/none script release atlas $ring
ok 'without Helm, the release goes on'                              eval 'exits 0 && err_has "$tmp/none: not found"'
ok '... and its proposal says so'                                   gitops_pulls '.[0].body | contains("not rendered: render: ")'
RENDER=1 script release atlas $ring
ok 'with it, the proposal has the difference'                       exits 0
ok '... of its tenant, folded' gitops_pulls '.[0].body | contains("<summary>What changes in the cluster") and contains("=== acme: chart charts/atlan of commit")
	and test("\n[+] *\"repository\": \"ghcr.io/atlanhq/atlas-metastore-ring-leangraph\"")'
ok '... and the comment of the ring has not'                        eval '! comment 120 | grep -q "in the cluster"'
no_writes_yet
RENDER=1 script release atlas $ring
ok 'a second run writes nothing'                                    is '' writes
echo 'Error: broken' >"$tmp/bin/helm.fails"
RENDER=1 script release atlas $ring
ok 'a chart that Helm refuses does not stop the release'            exits 0
ok '... and its proposal says so'                                   gitops_pulls '.[0].body | contains("=== acme: not rendered: Error: broken")'
rm "$tmp/bin/helm.fails"

# release gives mkpatch the charts, so that a ring can bring a list
sed -i 's#^  atlas:#&\n    values: {file: "deploy/{ring}.yaml", allow: [atlas/extra]}#' "$RING_CATALOG"
git -C people/service checkout -q $ring && mkdir people/service/deploy && echo 'atlas: {extra: [a]}' >people/service/deploy/$ring.yaml
push $ring
build $ring success
script release atlas $ring
ok 'a list of the ring is in its proposal'                          eval 'exits 0 && git -C gitops.git show "release/atlas/$ring:tenants/acme/application.yaml" | grep -q -- "- a  # ringkit: atlas/$ring "'
ok '... whose description shows it'                                 gitops_pulls '.[0].body | contains("`/extra`")'
CHARTS='' script release atlas $ring
ok '... which requires the charts'                                  eval 'exits 1 && out_has no-list || comment 120 | grep -q no-list'
cd "$tmp" && export GITOPS=gitops RELEASES=releases CHARTS=charts && unset RING_CATALOG

# Wrong usage
render heracles main
ok 'a revision is missing'                                          eval 'exits 2 && err_has "usage: render"'
render --lines x heracles main head
ok 'a number is one'                                                exits 2
render heracles main nowhere
ok 'a revision is there'                                            eval 'exits 2 && err_has "nowhere: not a commit"'
HELM=$tmp/none render heracles main head
ok 'without Helm it says so'                                        eval 'exits 2 && err_has "$tmp/none: not found: install Helm, or set HELM"'
CHARTS='' render heracles main head
ok '... and without charts'                                         eval 'exits 2 && err_has "CHARTS is not set"'

finish
