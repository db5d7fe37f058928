#!/usr/bin/env bash
# The gate for tenants whose version is named in each way: on a branch, a range, a Flux HelmRelease, a Chart.yaml beside the
# values, an element of a list.  Whole repositories, cloned over file://, because a local clone has what a squash merge loses.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 1

cat >ring.yaml <<'END'
manifests:
  - {path: "tenants/{tenant}/application.yaml", optional: true}
  - {path: "flux/{tenant}/release.yaml", optional: true}
  - {path: "plain/{tenant}/values.yaml", optional: true, values: /shop}
  - {path: sets/shops.yaml, optional: true, elements: /spec/generators/0/list/elements, tenant: name, values: /overrides, version: /chartVersion}
umbrella: {chart: shop, path: charts/shop, revision: "shop-{version}"}
services:
  cart:
    repository: shop/cart
    branch: main
    image: ghcr.io/shop/cart-{ring}
    tag: "{sha}"
    charts: {cart: image}
    ga-tag: '([0-9a-f]{7,40})$'
END
export RING_CATALOG=$tmp/ring.yaml

# The service: ring-fast is released, then gets main by the nightly sync, is squashed into main, and its branch is deleted

origin=file://$tmp/cart.git
git init -q --bare cart.git && git clone -q "$origin" work 2>/dev/null
work() { git -C work "$@"; }
commit() { echo "$1" >>"work/$2" && work add "$2" && work commit -qm "$1" && work rev-parse HEAD; }
first=$(commit 'The cart' a) && work push -q origin HEAD:main && work branch -q -M main
work checkout -q -b ring-fast
deployed=$(commit 'Be fast' b)
fixed=$(commit 'Be faster' b)
work push -q origin ring-fast
work checkout -q main
other=$(commit 'Something else' a) && work push -q origin main
ringsync -q -C work --from main --remote origin --push <<<ring-fast >synced
ok 'the nightly sync is the head of the ring' test "$(jq -r 'select(.type == "sync").status' synced)" = merged
git -C work fetch -q origin
head=$(work rev-parse origin/ring-fast)
ok '... a commit that was never released' test "$head" != "$fixed"
work merge -q --squash origin/ring-fast >/dev/null && work commit -qm 'Be fast (#7)' && work push -q origin main
squash=$(work rev-parse HEAD)
git -C cart.git update-ref refs/pull/7/head "$head"
work push -q origin --delete ring-fast
jq -n --arg h "$head" --arg m "$squash" '[{number: 7, headRefName: "ring-fast", headRefOid: $h, isCrossRepository: false, mergeCommit: {oid: $m}}]' >merged.json

# The charts: 1.4.0 has the commit before the squash, 1.5.0 has it

git init -q --bare charts.git && git clone -q "file://$tmp/charts.git" build 2>/dev/null
mkdir -p build/charts/shop
# chart VERSION COMMIT: commit the umbrella with this image
chart() {
	printf 'apiVersion: v2\nname: shop\nversion: %s\n' "$1" >build/charts/shop/Chart.yaml
	printf 'cart:\n  image:\n    tag: main-%s\n' "$2" >build/charts/shop/values.yaml
	git -C build add -A && git -C build commit -qm "shop $1"
}
publish() { git -C build tag "shop-$1" && git -C build push -q --tags origin HEAD:main; }
git -C build checkout -q -b main
chart 1.4.0 "$other" && publish 1.4.0

# The tenants

mkdir -p gitops/tenants/{ada,bob,hal} gitops/flux/{cyd,dan} gitops/plain/eve gitops/sets
# application TENANT SOURCE
application() {
	cat >"gitops/tenants/$1/application.yaml" <<END
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: $1}
spec:
  source:
    $2
    helm:
      valuesObject:
        cart:
          size: 1
END
}
git_source() { printf '%s\n    path: charts/shop\n    targetRevision: %s' "repoURL: file://$tmp/charts.git" "$1"; }
application ada "$(git_source main)"
application hal "$(git_source HEAD)"
application bob $'repoURL: https://charts.example.com\n    chart: shop\n    targetRevision: "1.*"'
# release TENANT VERSION
release() {
	cat >"gitops/flux/$1/release.yaml" <<END
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: $1, namespace: shops}
spec:
  chart:
    spec:
      chart: shop
      version: "$2"
      sourceRef: {kind: HelmRepository, name: charts}
  values:
    cart:
      size: 1
END
}
release cyd 1.x
cat >gitops/flux/dan/release.yaml <<END
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: charts, namespace: shops}
spec:
  url: file://$tmp/charts.git
  ref: {branch: main}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: dan, namespace: shops}
spec:
  chart:
    spec:
      chart: ./charts/shop
      version: "9.9.9"
      reconcileStrategy: Revision
      sourceRef: {kind: GitRepository, name: charts}
  values:
    cart:
      size: 1
END
printf 'apiVersion: v2\nname: eve\nversion: 0.0.0\ndependencies:\n- {name: shop, version: ^1.0, repository: "https://charts.example.com"}\n' >gitops/plain/eve/Chart.yaml
printf 'dependencies:\n- {name: shop, version: 1.4.0, repository: "https://charts.example.com"}\ndigest: sha256:x\n' >gitops/plain/eve/Chart.lock
printf 'shop:\n  cart:\n    size: 1\n' >gitops/plain/eve/values.yaml
cat >gitops/sets/shops.yaml <<'END'
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shops}
spec:
  goTemplate: true
  generators:
  - list:
      elements:
      - name: fay
        chartVersion: ">=1.4 <2"
        overrides:
          cart:
            size: 1
  template:
    spec:
      source: {repoURL: https://charts.example.com, chart: shop, targetRevision: "{{.chartVersion}}"}
END
git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm 'As it was' && git -C gitops branch release && git -C gitops checkout -q --detach
for tenant in ada bob cyd dan eve fay hal; do printf '{"type":"tenant","tenant":"%s"}\n' $tenant; done | framed |
	mkpatch -q -C gitops -r release --service cart --ring ring-fast --tag "$deployed" | applypatch -q -C gitops --branch release >results
ok 'seven tenants run the ring' test "$(jq -r 'select(.status == "committed").tenant' results | sort -u | xargs)" = 'ada bob cyd dan eve fay hal'

# versions TENANT ...: what ringls says of each
run ringls -q -C gitops -r release
versions() { jq -r 'select(.type == "override") | "\(.tenant) \(.target_revision)"' out | sort; }
ok 'ringls tells the version of each, wherever it is' test "$(versions)" = $'ada main\nbob 1.*\ncyd 1.x\ndan refs/heads/main\neve 1.4.0\nfay >=1.4 <2\nhal HEAD'
ok '... and the source, if it is a Git repository' test "$(jq -r 'select(.source) | "\(.tenant) \(.source.url) \(.source.path)"' out | sort)" = \
	"$(printf "%s file://$tmp/charts.git charts/shop\n" ada dan hal)"

# The clean-up, each time in new clones

fetch() {
	rm -rf cart charts
	git clone -q --single-branch --branch main "$origin" cart
	[ $# -eq 0 ] || git -C cart fetch -q --prune origin '+refs/heads/*:refs/remotes/origin/*' "$1"
	git clone -q "file://$tmp/charts.git" charts
}
printf '1.4.0\n' >index
gate() { ringls -q -C gitops -r release | run ringgate -q -C cart --charts charts --index index --merged merged.json "$@"; }
open() { jq -r 'select(.gate == "open").tenant' out | sort | xargs; }
reason() { jq -r --arg t "$1" 'select(.tenant == $t).reason' out; }
resolved() { jq -r --arg t "$1" 'select(.tenant == $t).resolved.version' out; }

fetch '+refs/pull/*/head:refs/remotes/origin/pull/*/head'
gate
ok 'before GA all are held' test "$(jq -r 'select(.gate == "held").tenant' out | sort | xargs)" = 'ada bob cyd dan eve fay hal'
for tenant in ada bob cyd dan eve fay hal; do
	ok "... because the chart does not have the change: $tenant" test "$(reason $tenant)" = "the GA commit ${other:0:12} does not contain ${deployed:0:12}"
	ok "... with the version that it deploys" test "$(resolved $tenant)" = 1.4.0
done

chart 1.5.0 "$squash" && publish 1.5.0
fetch
gate
ok 'after GA, in a clone without refs/pull, the commit is unknown' eval 'test -z "$(open)" && [[ "$(reason ada)" == "deployed commit not found in the repository of cart (shop/cart): commit $deployed not found" ]]'
for refspec in '+refs/pull/*/head:refs/remotes/origin/pull/*/head' '+refs/pull/*/head:refs/pull/*/head'; do
	fetch "$refspec"
	gate
	ok "with $refspec those on the branch are open" test "$(open)" = 'ada dan hal'
	ok '... whose version is that of the branch' test "$(resolved ada) $(resolved hal) $(resolved dan)" = '1.5.0 1.5.0 1.5.0'
	git -C cart fetch -q --prune origin '+refs/heads/*:refs/remotes/origin/*' "$refspec"
	gate
	ok '... and fetching again with --prune keeps them' test "$(open)" = 'ada dan hal'
done
gate --index /dev/null
ok 'those on a range wait for the published version' test "$(reason bob)" = 'the targetRevision "1.*" is a range that no published version satisfies'
ringls -q -C gitops -r release | run ringgate -q -C cart --charts charts --merged merged.json
ok '... and are held without a list of them' test "$(reason bob)" = 'the targetRevision "1.*" is a range of versions, and there is no list of the published ones (--index)'
cat >index <<'END'
apiVersion: v1
entries:
  other:
  - version: 9.0.0
  shop:
  - {name: shop, version: 1.4.0, urls: [shop-1.4.0.tgz]}
  - {name: shop, version: 1.5.0, urls: [shop-1.5.0.tgz]}
  - {name: shop, version: 1.6.0-rc.1, urls: [shop-1.6.0-rc.1.tgz]}
END
gate
ok "when Helm's index has it, they are open" test "$(open)" = 'ada bob cyd dan fay hal'
ok '... at the highest version, which is not the pre-release' test "$(resolved bob) $(resolved cyd) $(resolved fay)" = '1.5.0 1.5.0 1.5.0'
ok '... and the one with a Chart.lock still has the version that is locked' test "$(resolved eve) $(reason eve)" = "1.4.0 the GA commit ${other:0:12} does not contain ${deployed:0:12}"
clear_open() { mkpatch -q -C gitops -r release --remove <out | applypatch -q -C gitops --branch release >results; }
clear_open
ok 'they are cleared' test "$(jq -r 'select(.status == "committed").tenant' results | sort | xargs)" = 'ada bob cyd dan fay hal'
ok '... and their files are as before, byte for byte' test "$(git -C gitops diff --name-only main release)" = plain/eve/values.yaml

# A version that is not in the manifest is compared when it is cleared

git -C gitops checkout -q release && sed -i 's/1\.4\.0/1.5.0/' gitops/plain/eve/Chart.lock && git -C gitops commit -qam 'eve gets 1.5.0' && git -C gitops checkout -q --detach
gate
ok 'with the new Chart.lock the tenant is open' test "$(open) $(resolved eve)" = 'eve 1.5.0'
cp out opened
git -C gitops checkout -q release && sed -i 's/1\.5\.0/1.4.0/' gitops/plain/eve/Chart.lock && git -C gitops commit -qam 'eve goes back' && git -C gitops checkout -q --detach
run mkpatch -q -C gitops -r release --remove <opened
ok 'if Chart.lock has changed since, the tenant is refused' eval 'exits 75 && out_has "\"code\":\"stale\"" && out_has "the version of the chart, which was 1.5.0, is now 1.4.0"'
git -C gitops reset -q --hard && git -C gitops checkout -q release && sed -i 's/1\.4\.0/1.5.0/' gitops/plain/eve/Chart.lock && git -C gitops commit -qam 'eve gets 1.5.0' && git -C gitops checkout -q --detach
cp opened out && clear_open
ok '... and cleared if it has not' test "$(jq -r 'select(.status == "committed").tenant' results)" = eve
ok '... with everything as before' test "$(git -C gitops diff --name-only main release)" = plain/eve/Chart.lock
# chart_yaml LINE: what ringls says of eve, if the dependency in Chart.yaml is this, and there is no Chart.lock
chart_yaml() {
	rm -rf eve && mkdir -p eve/plain/eve && printf 'name: eve\nversion: 0.0.0\ndependencies:\n%s\n' "$1" >eve/plain/eve/Chart.yaml
	printf 'shop:\n  cart:\n    image: {repository: ghcr.io/shop/cart-ring-fast, tag: %s}\n' "$deployed" >eve/plain/eve/values.yaml
	[ $# -lt 2 ] || printf '%s\n' "$2" >eve/plain/eve/Chart.lock
	git -C eve init -q && git -C eve add -A && git -C eve commit -qm eve
	run ringls -q -C eve -r HEAD
}
says() { test "$(jq -r 'select(.type == "override") | .target_revision // .source.fault // "nothing"' out)" = "$1"; }
chart_yaml '- {name: shop, version: ^1.0, repository: "https://charts.example.com"}'
ok 'without Chart.lock the version is that of Chart.yaml' says '^1.0'
chart_yaml '- {name: shop, alias: x, version: 1.4.0, repository: "oci://ghcr.io/shop"}'
ok '... from an OCI registry, too' says 1.4.0
chart_yaml '- {name: shop, version: ^1.0, repository: "https://charts.example.com"}' 'dependencies: [{name: shop, version: 2.0.0, repository: "https://charts.example.com"}]'
ok 'a Chart.lock that does not fit is a fault' says 'plain/eve/Chart.lock does not fit the dependency "shop" of Chart.yaml (helm dependency update)'
chart_yaml '- {name: shop, version: 1.4.0, repository: "https://charts.example.com"}' 'dependencies: [{name: shop, version: 1.4.0, repository: "https://other.example.com"}]'
ok '... and so is one of another repository' says 'plain/eve/Chart.lock does not fit the dependency "shop" of Chart.yaml (helm dependency update)'
chart_yaml '- {name: shop, version: 1.4.0, repository: "https://charts.example.com"}' 'a: [' 
ok '... and an invalid one' eval 'jq -r "select(.type == \"override\").source.fault" out | grep -q "plain/eve/Chart.lock:2:1: "'
chart_yaml '- {name: other, version: 1.4.0, repository: "https://charts.example.com"}'
ok 'a Chart.yaml without the umbrella is a fault' says 'plain/eve/Chart.yaml does not have one dependency "shop"'
chart_yaml $'- &a {name: shop, version: 1.4.0, repository: "https://charts.example.com"}\n- {name: shop, alias: b, version: 1.5.0, repository: "https://charts.example.com"}'
ok '... and so is one with two' says 'plain/eve/Chart.yaml does not have one dependency "shop"'
chart_yaml '- {name: shop, version: 1.4.0, repository: "file://../../charts/shop"}'
ok '... and one from a directory' says 'plain/eve/Chart.yaml: the dependency is not from a chart repository, so its version does not say what is deployed'
chart_yaml '- {name: shop, version: 1.4, repository: "https://charts.example.com"}'
ok '... and one whose version is a number' says 'plain/eve/Chart.yaml: the version of the dependency "shop" is not a string'

# Abbreviated ids: they count within the ring

sed 's/"{sha}"/"{sha:9}"/' ring.yaml >short.yaml
fetch '+refs/pull/*/head:refs/remotes/origin/pull/*/head'
# one COMMIT [OPTION ...]: a tenant of 1.5.0 that runs this commit
one() {
	printf '{"type":"override","tenant":"ada","path":"x","service":"cart","chart":"cart","ring":"ring-fast","commit":"%s","target_revision":"1.5.0"}\n' "$1" |
		framed | run ringgate -q -C cart -c short.yaml --charts charts "${@:2}"
}
opens() { test "$(jq -r 'select(.type == "override").gate' out)" = open; }
because() { test "$(jq -r .reason out | sed -n 1p)" = "$1"; }
one "${deployed:0:9}" --merged merged.json
ok 'an abbreviated id of the pull request is open' opens
one "${fixed:0:7}" --merged merged.json
ok '... and so is a shorter one of the next commit' opens
one "${first:0:9}" --merged merged.json
ok '... and one of the commits from which the ring started' opens
one "${deployed:0:9}"
ok 'without the list of pull requests it is not known which commit it is' because \
	"cannot tell which commit ${deployed:0:9} is: fetch refs/pull/*/head, because neither the branch ring-fast nor the head of its pull request is here"
jq '.[0].headRefName = "ring-slow"' merged.json >slow.json
one "${deployed:0:9}" --merged slow.json
ok "... nor with another ring's" because "cannot tell which commit ${deployed:0:9} is: fetch refs/pull/*/head, because neither the branch ring-fast nor the head of its pull request is here"
jq '.[0].isCrossRepository = true' merged.json >fork.json
one "${deployed:0:9}" --merged fork.json
ok "... nor with a fork's pull request from a branch of the ring's name" because "cannot tell which commit ${deployed:0:9} is: fetch refs/pull/*/head, because neither the branch ring-fast nor the head of its pull request is here"
late=$(git -C cart commit-tree -p "$squash" -m 'After it' "$squash^{tree}") && git -C cart update-ref refs/heads/late "$late"
one "${late:0:9}" --merged merged.json
ok 'a commit that is not in the ring is held, though the repository has it' because "commit ${late:0:9} is not in the ring ring-fast, its pull request or its merge"
git -C cart update-ref refs/pull/7/head "$late"
one "${late:0:9}" --merged merged.json
ok '... until the head of the pull request has it: refs/pull/7/head' eval 'because "the GA commit ${squash:0:12} does not contain ${late:0:12}"'
git -C cart update-ref -d refs/pull/7/head && git -C cart update-ref refs/remotes/origin/pull/7/head "$late"
one "${late:0:9}" --merged merged.json
ok '... or refs/remotes/origin/pull/7/head' eval 'because "the GA commit ${squash:0:12} does not contain ${late:0:12}"'

# Of several commits with one short id, the ring's

awk 'BEGIN { for (i = 0; i < 30000; i++) printf "commit refs/heads/many\ncommitter A <a@b> %d +0000\ndata 1\nx\n\n", 1700000000 + i }' |
	git -C cart fast-import --quiet
two=$(git -C cart rev-list many | cut -c 1-7 | sort | uniq -d | sed -n 1p)
older=$(git -C cart rev-list many | grep "^$two" | tail -n 1) newer=$(git -C cart rev-list many | grep "^$two" | head -n 1)
git -C cart branch ring-fast "$older"
one "$two"
ok 'of two commits with an abbreviated id the only one in the ring counts' because "the GA commit ${squash:0:12} does not contain ${older:0:12}"
git -C cart branch -f ring-fast "$newer"
one "$two"
ok '... and if the ring has both, neither does' because "$two is ambiguous: several commits of the ring ring-fast start with it; give more digits"
git -C charts commit -q --allow-empty -m x && sed -i "s/main-.*/main-$two/" charts/charts/shop/values.yaml && git -C charts commit -qam x && git -C charts tag -f shop-1.5.0 >/dev/null
one "$older"
ok 'a GA commit that is ambiguous is held' eval 'jq -r .reason out | grep -q "$two is ambiguous: several ids start with it"'
git -C cart update-ref refs/remotes/origin/main "$older" && git -C cart update-ref refs/heads/main "$older"
one "$older"
ok "... and counts if it is the only one in the service's branch" opens
git -C cart update-ref refs/remotes/origin/main "$newer"
one "$older"
ok '... and is held if that has both' eval 'jq -r .reason out | grep -q "$two is ambiguous: several ids start with it"'

# Git sources: names, URLs and paths

git -C build checkout -q main && chart 1.6.0 "$squash" && git -C build push -q origin HEAD:main HEAD:deep/name && git -C build tag -a -m x v1 && git -C build push -q origin v1
fetch '+refs/pull/*/head:refs/remotes/origin/pull/*/head'
# at NAME [URL [PATH]]: a tenant of a Git source
at() {
	printf '{"type":"override","tenant":"ada","path":"x","service":"cart","chart":"cart","ring":"ring-fast","commit":"%s","target_revision":"%s","source":{"url":"%s","path":"%s"}}\n' \
		"$deployed" "$1" "${2-file://$tmp/charts.git}" "${3-charts/shop}" | framed | run ringgate -q -C cart --charts charts --merged merged.json
}
tip=$(git -C charts rev-parse origin/main)
for name in main HEAD deep/name refs/heads/main v1 refs/tags/v1 "$tip" "${tip:0:8}" shop-1.5.0; do
	at "$name"
	ok "a Git source: $name" opens
done
ok 'the version is the one of the chart there' test "$(at main && jq -r 'select(.resolved).resolved | "\(.version) \(.commit)"' out)" = "1.6.0 $tip"
for name in gone refs/heads/v1 refs/tags/main origin/main refs/remotes/origin/main main:x 'main@{0}'; do
	at "$name"
	ok "... and not: $name" because "\"$name\" is not a branch or tag in the charts' repository (git fetch origin)"
done
at 1.5.0
ok "... nor a version, which is not a tag's name there" because "\"1.5.0\" is not a branch or tag in the charts' repository (git fetch origin)"
git -C charts tag 1.4.0 shop-1.4.0 && git -C charts tag 1.5.0 shop-1.5.0 && git -C charts tag 1.6.0-rc.1 shop-1.4.0
at '1.*'
ok 'a range of a Git source is the highest of its tags' eval 'opens && [ "$(jq -r "select(.resolved).resolved.commit" out)" = "$(git -C charts rev-parse shop-1.5.0)" ]'
at '~1.4.0'
ok '... or a lower one' because "the GA commit ${other:0:12} does not contain ${deployed:0:12}"
same=0
while read -r ours theirs; do
	git -C charts remote set-url origin "$ours"
	at main "$theirs"
	ok "the same repository: $ours $theirs" opens
	same=$((same + 1))
done <<'END'
https://github.com/shop/charts https://github.com/shop/charts.git
https://x-access-token:secret@github.com/shop/charts https://github.com/Shop/Charts/
git@github.com:shop/charts.git https://github.com/shop/charts
ssh://git@github.com/shop/charts git@github.com:shop/charts
https://git.example.com:443/a/b https://git.example.com/a/b
ssh://git@git.example.com:22/a/b.git git@git.example.com:a/b
/srv/charts.git file:///srv/charts
END
while read -r ours theirs; do
	git -C charts remote set-url origin "$ours"
	at main "$theirs"
	ok "another repository: $ours $theirs" eval 'jq -r .reason out | grep -q "is not the charts. repository, whose origin is" && ! jq -r .reason out | grep -q secret'
	same=$((same + 1))
done <<'END'
https://github.com/shop/charts https://github.com/shop/chart
https://x-access-token:secret@github.com/shop/charts https://token:secret@gitlab.com/shop/charts
https://git.example.com:8443/a/b https://git.example.com/a/b
git@github.com:shop/charts https://evil.example.com/github.com/shop/charts
https://github.com/shop/charts https://github.com.evil.example.com/shop/charts
https://github.com/shop/charts https://evil.example.com/?@github.com/shop/charts
https://github.com/shop/charts https://github.com/shop/charts.git.git
END
ok 'all of them were compared' test $same -eq 14
git -C charts remote set-url origin "file://$tmp/charts.git"
for path in charts/shop/ ./charts/shop .//charts/shop; do
	at main "file://$tmp/charts.git" "$path"
	ok "the same path: $path" opens
done
for path in '' . charts charts/shop/x ../charts/shop; do
	at main "file://$tmp/charts.git" "$path"
	ok "another path: '$path'" because "the source has the chart at \"$path\", the catalogue at \"charts/shop\""
done

# The index

# with INDEX [RANGE]: what the range is resolved to, with this file
with() {
	printf '%s' "$1" >list
	printf '{"type":"override","tenant":"ada","path":"x","service":"cart","chart":"cart","ring":"ring-fast","commit":"%s","target_revision":"%s"}\n' "$deployed" "${2-*}" |
		framed | run ringgate -q -C cart --charts charts --merged merged.json --index list
}
is() { test "$(jq -r 'select(.type == "override").resolved.version' out)" = "$1"; }
with $'1.4.0\n1.5.0'
ok 'a list of versions needs no last line break' is 1.5.0
with $'# published\n\n1.5.0\r\n1.4.0 \nlatest\nsha256-ab.sig\n'
ok '... may have comments, blank lines and other tags' is 1.5.0
with '{"apiVersion": "v1", "entries": {"shop": [{"version": "1.4.0"}, {"version": "1.5.0"}, {"name": "shop"}, {"version": 2}]}}'
ok "... and Helm's index may be JSON" is 1.5.0
for wrong in 'entries: [' 'a: b' 'entries: {other: []}' '[1]' 'entries: x' $'1.5.0\n1.6.0 or so!\n'; do
	with "$wrong"
	ok "a file that is neither is 65: ${wrong//[$'\n']/ }" eval 'exits 65 && err_has list && err_lines 1 && out_lacks end'
done
with $'1.5.0\n' 1.4.0
ok 'a version does not need to be in it' is 1.4.0
run ringgate -q -C cart --charts charts --index nowhere </dev/null
ok 'one that cannot be read is 66' exits 66
run ringgate -q -C cart --index list </dev/null
ok '--index requires --charts' eval 'exits 2 && err_has "--index requires --charts"'

finish
