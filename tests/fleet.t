#!/bin/bash
# Tenants that are spread over several GitOps repositories: each job releases to those of one, and clears only those of one.
. "$(dirname "$0")/lib.sh"

cp -R "$examples/releases" "$tmp/releases"
cd "$tmp" || exit 1
export RING_CATALOG=$tmp/releases/ring.yaml
cat >>"$RING_CATALOG" <<-'EOF'
	gitops:
	  - {repository: shop/gitops-eu, tenants: [a*, "k*"]}
	  - {repository: shop/gitops-us, tenants: [corvid, e*, j*]}
EOF
cat >releases/cohorts/all.txt <<-'EOF'
	acme
	kestrel
	corvid
	ember
	juniper
EOF
sed -i 's#cohorts/{value}.yaml#cohorts/{value}.txt#' "$RING_CATALOG"
# fleet NAME TENANT ...: a GitOps repository with these tenants
fleet() {
	repo "$1" "$examples/gitops"
	find "$1/tenants" -mindepth 1 -maxdepth 1 $(printf '! -name %s ' "${@:2}") -exec rm -r {} +
	git -C "$1" commit -qam 'Only its own tenants' && git -C "$1" branch before && git -C "$1" checkout -q --detach
}
fleet eu acme kestrel
fleet us corvid ember juniper
sha=$(printf '%040d' 7)

# selects REPOSITORY LABEL ...: what a job selects
selects() { printf 'cohort:%s\n' "${@:2}" | labels2json | cohort-resolve -C releases --gitops "$1"; }
tenants_of() { jq -r 'select(.type == "tenant").tenant' "$1" | xargs; }

# Which repository a tenant is in

run selects shop/gitops-eu github:path:all
ok 'only the tenants of one repository are written' eval 'exits 0 && [ "$(tenants_of out)" = "acme kestrel" ]'
ok '... after the number of all' test "$(head -n 1 out)" = '{"type":"selection","repository":"shop/gitops-eu","tenants":5}'
ok '... which the end record counts' test "$(tail -n 1 out)" = '{"type":"end","by":"cohort-resolve","records":3,"refused":0}'
run selects Shop/GitOps-US github:path:all
ok 'the name is compared without case' eval 'exits 0 && [ "$(tenants_of out)" = "corvid ember juniper" ] && out_has "shop/gitops-us"'
run selects shop/gitops github:path:all
ok 'a repository that the catalogue does not have is 2' eval 'exits 2 && out_empty && err_has "GitOps repository \"shop/gitops\" not found in $RING_CATALOG (have: shop/gitops-eu, shop/gitops-us)"'
RING_CATALOG=$examples/releases/ring.yaml run selects shop/gitops-eu tenant:name:acme
ok '... and so is any, without gitops' eval 'exits 2 && err_has "(have: none)"'
run cohort-resolve -C releases < <(printf 'cohort:github:path:all\n' | labels2json)
ok 'without --gitops, the tenants of all are written, and no selection' eval 'exits 0 && [ "$(tenants_of out)" = "acme kestrel corvid ember juniper" ] && out_lacks selection'
for repository in eu us; do
	run selects "shop/gitops-$repository" github:path:all tenant:name:zeta
	ok "a tenant in no repository is refused for $repository" eval 'exits 1 && out_has "\"code\":\"no-repository\"" && out_has "\"tenant\":\"zeta\""'
	ok '... and counts' out_has '"tenants":6}'
done
run cohort-resolve -C releases < <(printf 'cohort:tenant:name:zeta\n' | labels2json)
ok '... also without --gitops' eval 'exits 1 && out_has "\"code\":\"no-repository\""'
sed 's/corvid, e/corvid, acme, e/' "$RING_CATALOG" >two.yaml
for repository in eu us; do
	RING_CATALOG=two.yaml run selects "shop/gitops-$repository" github:path:all
	ok "a tenant in two repositories is refused for $repository" eval 'exits 1 && [ "$(jq -r "select(.type == \"refused\") | \"\(.tenant) \(.code)\"" out)" = "acme ambiguous" ]'
	ok '... and is in neither' eval '! tenants_of out | grep -w acme'
done
sed 's/max-tenants: .*/max-tenants: 4/' "$RING_CATALOG" >few.yaml
grep -q '^max-tenants' few.yaml || echo 'max-tenants: 4' >>few.yaml
RING_CATALOG=few.yaml run selects shop/gitops-eu github:path:all
ok 'max-tenants counts the tenants of all repositories' eval 'exits 1 && out_has "\"code\":\"too-many-tenants\"" && [ -z "$(tenants_of out)" ]'

# What ringlint finds

lints() { run ringlint --releases releases "$@"; }
lints
ok 'ringlint has nothing to say of tenants that have one repository' eval 'exits 0 && [ "$(jq -r .type out)" = end ]'
sed 's#releases/cohorts##; s/e\*, j/acme, j/' "$RING_CATALOG" >wrong.yaml
printf '%s\n' 'waves: [{cohort: github:path:none}, {cohort: tenant:name:acme}]' 'merge: {set: [github:path:nowhere]}' \
	'allowed: {"github:path:neither": ann, "github:path:all": ann}' >>wrong.yaml
lints -c wrong.yaml
ok 'it finds tenants that have none, or two' eval 'exits 1 && [ "$(jq -r "select(.tenant) | \"\(.code) \(.tenant)\"" out | sort | xargs)" = "ambiguous acme no-repository ember" ]'
ok '... and cohorts without a file' test "$(jq -r 'select(.code == "no-such-cohort").reason | split(" (")[0]' out)" = \
	'allowed: cohort "neither" not found
waves: cohort "none" not found
merge: cohort "nowhere" not found'

# Release and clear

# job NAME LABELS [OPTION ...]: what the job of a repository does
job() {
	local name=$1 labels
	read -ra labels <<<"$2"
	selects "shop/gitops-$name" "${labels[@]}" |
		mkpatch -C "$name" -r main --service atlas --ring ring-fast --tag "$sha" --reconcile "${@:3}" |
		applypatch -C "$name" --branch main
}
held() { ringls -C "$1" -r main --service atlas --ring ring-fast | jq -r 'select(.type == "override").tenant' | sort -u | xargs; }

run job eu github:path:all
ok 'a job releases to the tenants of its repository' eval 'exits 0 && [ "$(held eu)" = "acme kestrel" ]'
run job us github:path:all
ok '... and so does the next' eval 'exits 0 && [ "$(held us)" = "corvid ember juniper" ]'
run job eu github:path:all
ok 'tenants of another repository are not missed' eval 'exits 0 && out_lacks committed && [ "$(held eu)" = "acme kestrel" ]'
run job us 'tenant:name:acme tenant:name:zeta' --max-clear 100
ok 'while it is not known where a tenant is, no job clears' eval 'exits 1 && err_has selection-incomplete && [ "$(held us)" = "corvid ember juniper" ]'
run job us tenant:name:acme --max-clear 5
ok 'each repository may clear its share of --max-clear' eval 'exits 1 && out_has "3 tenants of ring-fast are to be cleared, more than 2, the share of this repository: none is cleared (--max-clear 6 clears them)"'
ok '... and clears none beyond it' test "$(held us)" = 'corvid ember juniper'
run job us tenant:name:acme --max-clear 6
ok 'the last tenant of a repository is cleared if tenants of others are selected' eval 'exits 0 && [ -z "$(held us)" ]'
ok '... byte for byte' git -C us diff --quiet before main
run job eu tenant:name:acme
ok 'the other repository goes on' test "$(held eu)" = acme
labels2json </dev/null | cohort-resolve -C releases --gitops shop/gitops-eu >none
ok 'a selection of no tenant at all says so' test "$(head -n 1 none)" = '{"type":"selection","repository":"shop/gitops-eu","tenants":0}'
run mkpatch -C eu -r main --service atlas --ring ring-fast --tag "$sha" --reconcile <none
ok '... and clears nothing' eval 'exits 0 && err_has "no tenant is selected" && out_is <<<"{\"type\":\"end\",\"by\":\"mkpatch\",\"records\":0,\"refused\":0}"'

# Selections that are damaged

set_with() { run mkpatch -C eu -r main --service atlas --ring ring-fast --tag "$sha" --reconcile < <(framed cohort-resolve); }
for record in '{"type":"selection"}' '{"type":"selection","tenants":1}' '{"type":"selection","repository":"a/b"}' \
	'{"type":"selection","repository":"a/b","tenants":-1}' '{"type":"selection","repository":"a/b","tenants":"1"}'; do
	set_with <<<"$record"
	ok "$record is 65" eval 'exits 65 && err_has "invalid selection record" && out_empty'
done
set_with <<<$'{"type":"selection","repository":"a/b","tenants":1}\n{"type":"selection","repository":"a/c","tenants":1}'
ok 'selections of two repositories are 65' eval 'exits 65 && err_has "two selections: of a/b, and of a/c"'
set_with <<<$'{"type":"selection","repository":"a/b","tenants":1}\n{"type":"selection","repository":"a/b","tenants":1}\n{"type":"tenant","tenant":"acme"}'
ok 'the same selection may come again' exits 0

finish
