# examples/scripts: a run that finds nothing new writes nothing to GitHub, at each stage of a release.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

world

# everything: run all that runs at events and at night
everything() {
	local name
	tick
	for name in sync release cleanup; do
		script $name atlas
		[ "$status" -le "${worst:-0}" ] || { cat "$tmp/err" && return 1; }
	done
}
# settles SENTENCE: after a run of everything, another one writes nothing
settles() {
	ok "$1: everything runs" everything
	no_writes_yet
	ok '... and again' everything
	ok '... and the second run writes nothing' is '' writes
}

push $ring
open_pull $ring $one
build $ring success
push ring-other
open_pull ring-other $one cohort:tenant:name:juniper
build ring-other success
settles 'two rings are proposed, and one is refused for the tenants of the other'
ok '... the comments are those of the runs that made the proposals' eval \
	'comment 120 | grep -q committed && comment 121 | grep -q committed && comment 121 | grep -q juniper'
ok '... and so are the proposals, for those who review them' gitops_pulls 'length == 2 and all(.[]; .body | contains("committed"))'

merge_proposals
git -C people/service checkout -q master && echo 'class Graph { int theirs; }' >people/service/src/Graph.java
git -C people/service commit -qam 'Theirs' && git -C people/service push -q origin master
unlabel ring-other $one
settles 'the proposals are merged, a ring has lost a label, and the default branch has moved'
ok '... and what was discarded is in a comment of its own' is 2 eval 'comments 120 | wc -l'

label $ring cohort:tenant:name:mistral
build $ring success
converge $ring
git -C people/gitops fetch -q origin
git -C people/gitops checkout -q -B mine "origin/release/atlas/$ring"
echo '# mine' >>people/gitops/tenants/acme/application.yaml
git -C people/gitops commit -qam Mine && git -C people/gitops push -q origin "HEAD:release/atlas/$ring"
label $ring cohort:tenant:name:lumen
worst=1 settles 'a proposal has a commit of a person'
ok '... and the comment says so' eval 'comments 120 | grep -q foreign-commit'

merge_pull ring-other
close_pull $ring
merge_proposals
ga 1.5.0 "$merged"
upgrade 1.5.0 juniper
settles 'a ring is merged, and one is closed'
ok '... and their tenants are to be cleared' is 'cleanup/atlas release/atlas/ring-leangraph' eval 'proposals | sort | xargs'

labels() { GH_TOKEN=person run "$examples/scripts/labels" $repository; }
labels
sed -i 's/"gamma", //' releases/cohorts/partner-level-1.yaml
no_writes_yet
labels
ok 'a label is written again if its tenants have changed' is 1 eval 'writes | grep -c PATCH'
no_writes_yet
labels
ok '... and only then' is '' writes

ok 'GitHub knows every request of the scripts' understood
finish
