# ringkit(7): its pipelines run as a reader copies them from the terminal, with the real gh against the stand-in for GitHub.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

# block HEADING N: the N-th block of commands after a heading, as the page shows it
block() {
	mandoc -T utf8 "$top/man/ringkit.7" | sed $'s/.\b//g' | awk -v heading="$1" -v n="$2" '
		/^ ? ? ?[^ ]/ { on = index($0, heading) > 0 }
		on && /^           / && $0 !~ /^ *$/ { if (!inside) { inside = 1; seen++ } if (seen == n) print; next }
		!/^ *$/ { inside = 0 }'
}
# The page has the names of examples/shop, and the stand-in for GitHub those of the other examples.
in_world() { sed -E -e 's,shop/cart,atlanhq/atlas-metastore,g' -e 's/\bcart\b/atlas/g' -e 's/ring-fast-checkout/ring-leangraph/g' -e 's/path:early/path:internal-level-1/' -e 's/- alder/- acme/'; }
# copied HEADING N: run it as it is, except for these names, in a shell without the variables of the tests
copied() {
	block "$@" | in_world >"$tmp/block"
	GH_TOKEN=converge-service run env -u RING_CATALOG -u GITOPS_REPOSITORY -u CHARTS bash "$tmp/block"
}
world
credentials gitops converge-gitops
git -C service config user.name Ann
push ring-leangraph
open_pull ring-leangraph cohort:github:path:internal-level-1
build ring-leangraph success

copied 'Converge: ' 1
ok 'converge makes a proposal' eval 'exits 0 && is release/atlas/ring-leangraph proposals'
ok '... for the tenants of the cohort' is 'acme corvid delta ember fjord' tenants_on "$commit" release/atlas/ring-leangraph
ok '... and prints a report' out_has committed
copied 'Converge: ' 1
ok '... and again finds nothing to do' eval 'exits 0 && out_lacks committed && is release/atlas/ring-leangraph proposals'

merge_proposals
git -C people/service checkout -q master
merge_pull ring-leangraph squash
git -C people/service push -q origin :ring-leangraph
ga 1.5.0 "$merged"
upgrade 1.5.0 acme corvid
copied 'Clean up: ' 1
ok 'clean up proposes to clear what GA has reached, although the ring was squashed and deleted' eval \
	'exits 0 && is cleanup/atlas proposals'
ok '... and only that' is 'delta ember fjord' held_tenants cleanup/atlas

mkdir "$tmp/try" && cd "$tmp/try" || exit
git -C "$tmp/world/gitops.git" branch -q other && git -C "$tmp/world/gitops.git" update-ref refs/heads/main "$(cat "$tmp/world/as-it-was")"
git clone -q --single-branch "file://$tmp/world/gitops.git" gitops && cp -R "$examples/releases" .
SHA=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
export SHA
copied 'A first try' 1
ok 'a first try prints the change, in a clone that has only main' eval \
	"exits 0 && out_has '+              tag: $SHA' && is main eval 'git -C gitops for-each-ref --format=\"%(refname:lstrip=2)\" refs/heads'"
copied 'By hand' 1
ok 'by hand, there is a commit on a branch of its own' eval "exits 0 && is 1 git -C gitops rev-list --count main..release"
copied 'By hand' 2
ok '... and the tenants are cleared' eval "exits 0 && git -C gitops diff --quiet main release -- tenants/fjord tenants/acme"

mkdir "$tmp/move" "$tmp/bin" && cd "$tmp/move" || exit
python3 "$top/tests/live/cluster.py" . && cp -R "$examples/releases" .
git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm 'As it was' && git -C gitops checkout -q --detach
jq '.items += [{apiVersion: "argoproj.io/v1alpha1", kind: "Application", metadata: {name: "tenants", namespace: "argocd"},
	spec: {source: {repoURL: "x", path: "tenants"}, syncPolicy: {automated: {prune: true}}},
	status: {resources: [{kind: "Application", name: "map-0"}]}}]' apps.json >"$tmp/cluster.json"
printf '#!/bin/sh\n[ "$*" = "get applications.argoproj.io -A -o json" ] && cat %s\n' "$tmp/cluster.json" >"$tmp/bin/kubectl" && chmod +x "$tmp/bin/kubectl"
PATH=$tmp/bin:$PATH copied 'From live patches to Git' 1
ok 'live patches become one commit on a branch' eval "exits 1 && is 1 git -C gitops rev-list --count main..adopt"
ok '... what deploys the objects is listed, and how it is synced' out_has 'tenants: {"prune":true}'
ok '... and so are the two that are refused, with what to do' eval 'out_has "2 refused, 16 committed" && out_has foreign-override && out_has live-differs'
git -C gitops branch -qf main adopt && git -C gitops branch -qD adopt
PATH=$tmp/bin:$PATH copied 'From live patches to Git' 1
ok '... and after the merge there is nothing left to adopt' eval 'out_has "2 refused, 16 unchanged" && is 0 git -C gitops rev-list --count main..adopt'
ok 'no other block of commands is in the page' is 6 eval "grep -c '^set -o pipefail' '$top/man/ringkit.7'"
ok 'GitHub knows every request' understood

finish
