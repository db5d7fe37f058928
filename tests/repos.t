#!/usr/bin/env bash
# Three whole GitOps repositories (tests/repos), with the neighbours that manifests have, and the whole pipeline on each: what
# each step writes, commits and refuses is in tests/repos/NAME/expected/STEP: the exit status, the records (without their
# reasons, which are for people, and without commit ids of the release branch and of charts) and, if the branch has moved, its
# commit message and diff.  ACCEPT=1 bash tests/repos.t writes the files anew: review them with git diff.
. "$(dirname "$0")/lib.sh"

# start NAME: work in a copy of tests/repos/NAME, whose gitops directory is a repository with the branches main and release
start() {
	name=$1
	cp -R "$top/tests/repos/$name" "$tmp/$name" && cd "$tmp/$name" || exit 1
	export RING_CATALOG=$tmp/$name/releases/ring.yaml
	git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm 'As it was'
	git -C gitops branch -q release && git -C gitops checkout -q --detach
	tip=$(git -C gitops rev-parse release)
}

# tenants LABEL ...: those that the labels of a pull request select
tenants() { printf '%s\n' "$@" | labels2json -q | cohort-resolve -q -C releases; }
# release SERVICE RING TAG [OPTION ...] <tenants: commit what they get
release() { mkpatch -q -C gitops -r release --service "$1" --ring "$2" --tag "$3" "${@:4}" | commit; }
commit() { applypatch -q -C gitops --branch release ${partial:+--partial}; }
clear() { mkpatch -q -C gitops -r release --remove | commit; }
held() { ringls -q -C gitops -r release "$@"; }

# step NAME SENTENCE: what the last run wrote, and did to the branch, is as expected
step() {
	local expected=$top/tests/repos/$name/expected/$1 old=$tip
	tip=$(git -C gitops rev-parse release)
	{
		echo "status $status"
		jq -c 'del(.reason, .blob, .resolved.commit?) | if .type == "result" then del(.commit) else . end' "$tmp/out"
		if [ "$tip" != "$old" ]; then
			printf '\n' && git -C gitops log -1 --format=%B release
			git -C gitops diff --no-color --no-ext-diff --no-renames --abbrev=7 "$old" "$tip"
		fi
	} >"$tmp/got"
	[ -z "${ACCEPT-}" ] || { mkdir -p "${expected%/*}" && cp "$tmp/got" "$expected"; }
	ok "$name: $2" diff -u "$expected" "$tmp/got"
}
as_before() { git -C gitops diff --exit-code --stat main release; }

# One Application a tenant

start applications

# The service's history, with ids that are the same everywhere: the charts name its commits.
hour=0
commit_at() { hour=$((hour + 1)) && GIT_AUTHOR_DATE=2024-05-01T0$hour:00:00Z GIT_COMMITTER_DATE=2024-05-01T0$hour:00:00Z git -C seating "$@"; }
at() { git -C seating rev-parse --short=7 "$1"; }
git init -q seating
commit_at commit -q --allow-empty -m 'Seat map'
git -C seating tag 2.14.0
git -C seating checkout -q -b ring-seatmap
commit_at commit -q --allow-empty -m 'Draw the balcony'
commit_at commit -q --allow-empty -m 'Draw the boxes'
git -C seating checkout -q -b ring-wheelchair main
commit_at commit -q --allow-empty -m 'Seats for wheelchairs'
git -C seating checkout -q main
commit_at merge -q --no-ff -m 'Merge ring-seatmap' ring-seatmap
git -C seating tag 2.15.0
git -C charts init -q && git -C charts add -A && git -C charts commit -qm 'boxoffice 7.3.0' && git -C charts tag boxoffice-7.3.0
sed -i "s/^version: .*/version: 7.4.0/" charts/charts/boxoffice/Chart.yaml
sed -i "s/2\.14\.0-.*/2.15.0-$(at 2.15.0)/" charts/charts/boxoffice/values.yaml
git -C charts commit -qam 'boxoffice 7.4.0' && git -C charts tag boxoffice-7.4.0
ok 'the charts name a commit of the service' git -C charts grep -q -- "2.14.0-$(at 2.14.0)" boxoffice-7.3.0

run ringlint -q --charts charts -C gitops
step lint 'the catalogue fits the charts and the manifests'
run release seating ring-seatmap "$(at ring-seatmap)" < <(tenants cohort:github:path:early cohort:tenant:name:capitol)
step set 'a release to a cohort and a tenant is one commit'
run release seating ring-seatmap "$(at ring-seatmap)" < <(tenants cohort:github:path:early cohort:tenant:name:capitol)
step set-again 'again, it is none'
run release seating ring-wheelchair "$(at ring-wheelchair)" < <(tenants cohort:github:path:everyone)
step refused 'where another ring or an operator holds a tenant, no tenant gets the next ring'
partial=1 run release seating ring-wheelchair "$(at ring-wheelchair)" < <(tenants cohort:github:path:everyone)
step partial '... except with --partial, then those that are free get it'
partial=1 run release pricing ring-rounding 5d1e6a0 < <(tenants cohort:github:path:everyone)
step two-charts 'a service of two charts gets both images, in values of each form'
run held
step held 'ringls lists which ring holds which tenant'
gate() { held --service seating | ringgate -q -C seating --charts charts; }
run gate
step gate 'ringgate opens where the chart of the tenant has what the ring had'
clear_open() { gate | clear; }
run clear_open
step clear-open '... and only those are cleared'
run release seating ring-seatmap "$(at ring-seatmap)" --reconcile < <(tenants cohort:tenant:name:bijou)
step reconcile 'a tenant that is no longer selected loses the ring, the others keep it'
run clear < <(held)
step clear 'what is left of all rings is cleared'
ok "$name: every byte is as before" as_before

# HelmReleases with the GA image in their values

start helmreleases
run ringlint -q -C gitops
step lint 'the catalogue fits the manifests'
run release meter ring-burst 41207e5d0c9b8a7f6e5d4c3b2a190807f6e5d4c3 < <(tenants cohort:github:path:utilities)
step refused 'a GA image in the values is refused, and no tenant gets the ring'
partial=1 run release meter ring-burst 41207e5d0c9b8a7f6e5d4c3b2a190807f6e5d4c3 < <(tenants cohort:github:path:utilities)
step partial '... except with --partial, then those without such an image get it'
partial=1 run release alerts ring-night 0917f3a < <(tenants cohort:github:path:utilities)
step alerts 'a chart whose image is not in the values'
run held
step held 'ringls lists which ring holds which tenant'
run clear < <(held)
step clear 'all of it is cleared'
ok "$name: every byte is as before" as_before

# ApplicationSets, and the files that they read

start applicationsets
run ringlint -q --charts gitops -C gitops
step lint 'the findings about catalogue, charts and manifests'
partial=1 run release tracking ring-route 41207e5 < <(tenants cohort:github:path:shops)
step sets 'an ApplicationSet is not written to'
partial=1 run release printer ring-labels 0917f3a < <(tenants cohort:github:path:carriers cohort:tenant:name:dogwood)
step files 'a file that a set reads has the values where the catalogue says'
run held
step held 'ringls lists which ring holds which tenant'
run clear < <(held)
step clear 'all of it is cleared'
ok "$name: every byte is as before" as_before

finish
