#!/usr/bin/env bash
# Each reason for which ringgate holds an override: a case that produces it, its place on the page, and a remedy there.  The
# reasons are those of lib/base/hold.h.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 1

hold=$top/lib/base/hold.h page=$top/man/ringgate.1
# as the page writes them: "..." for what is filled in
formats() { sed -n 's/^#define RK_HOLD_[A-Z_]* "\(.*\)"$/\1/p' "$hold" | sed -E 's/\\"/"/g; s/(%[.*0-9]*[a-z])+/.../g'; }
listed() {
	awk '/^\.Sh / { on = $0 == ".Sh REASONS" } on && sub(/^\.It /, "") { gsub(/\\\(dq/, "\""); gsub(/\\-/, "-"); print }' "$page"
}
# items of the page without a remedy after them
bare() { awk '/^\.Sh / { on = $0 == ".Sh REASONS" } on { if (last ~ /^\.It / && ($0 ~ /^\.(It|El|Bl|S[hs])/)) print last; last = $0 }' "$page"; }
ok 'the list has reasons' test "$(formats | wc -l)" -gt 55
ok 'each is on the page, and no other' diff <(formats | sort) <(listed | sort)
ok '... once' test -z "$(listed | sort | uniq -d)"
ok '... with a remedy' diff /dev/null <(bare)
unused() { sed -n 's/^#define \(RK_HOLD_[A-Z_]*\) .*/\1/p' "$hold" | while read -r name; do grep -qrw --include='*.c' "$name" "$top/lib" || echo "$name"; done; }
ok '... and is used' diff /dev/null <(unused)

# What they are about: a service with a ring, charts with tags and a remote, a catalogue

cat >ring.yaml <<'END'
manifests: "tenants/{tenant}/app.yaml"
umbrella: {chart: shop, path: charts/shop, revision: "shop-{version}"}
services:
  cart: {repository: shop/cart, branch: main, image: "ghcr.io/shop/cart-{ring}", tag: "{sha}", charts: {cart: image}, ga-tag: '([0-9a-f]{7,40})$'}
  till: {image: "ghcr.io/shop/till-{ring}", charts: {till: image}}
  desk: {image: "ghcr.io/shop/desk-{ring}", charts: {cart: image}, ga-version: '-([0-9a-f]{7,40})$'}
END
export RING_CATALOG=$tmp/ring.yaml
git init -q service
service() { git -C service "$@"; }
service commit -q --allow-empty -m one && ga=$(service rev-parse HEAD)
service checkout -q -b ring-fast && service commit -q --allow-empty -m two && deployed=$(service rev-parse HEAD)
service checkout -q main && service commit -q --allow-empty -m three
git init -q --bare charts.git && git clone -q "file://$tmp/charts.git" charts 2>/dev/null
mkdir -p charts/charts/shop
# chart VERSION VALUES [DEPENDENCIES [FILE TEXT ...]]: release the umbrella
chart() {
	local i
	rm -rf charts/charts/shop && mkdir -p charts/charts/shop
	printf 'name: shop\nversion: %s\n%s\n' "$1" "${3-}" >charts/charts/shop/Chart.yaml
	printf '%s\n' "$2" >charts/charts/shop/values.yaml
	for ((i = 4; i < $#; i += 2)); do
		mkdir -p "charts/charts/shop/$(dirname "${!i}")" && printf '%s\n' "${@:i + 1:1}" >"charts/charts/shop/${!i}"
	done
	git -C charts add -A && git -C charts commit -qm "$1" && git -C charts tag "shop-$1"
}
tag() { printf 'cart: {image: {tag: "%s"}}' "$1"; }
chart 1.0.0 "$(tag "main-$ga")"
git -C charts push -q origin HEAD:main HEAD:1.x HEAD:both 2>/dev/null && git -C charts fetch -q origin && git -C charts tag both
printf '%s\n' 1.0.0 2.0.0+a 2.0.0+b 3.0.0-rc.1 >index

# override COMMIT VERSION [SERVICE CHART JQ]
override() {
	jq -cn --arg c "$1" --arg v "$2" --arg s "${3-cart}" --arg t "${4-cart}" '{type: "override", tenant: "ada", path: "tenants/ada/app.yaml", service: $s,
		chart: $t, ring: "ring-fast", image: {repository: "x", tag: $c}, commit: $c, target_revision: $v} | '"${5-.}"
}
# held REASON [OPTION ...] <overrides: the gate is held, for this; the reasons are kept
held() {
	framed | ringgate -q -C "${repo-service}" --charts charts --index index "${@:2}" >out 2>err
	jq -r 'select(.gate == "held").reason' out >>reasons
	ok "held: $1" is_held "$1"
}
is_held() { ! grep -q '"gate":"open"' out && jq -es --arg r "$1" 'any(.[]; .reason // "" | contains($r))' out; }
git_source() { printf '.source = {url: "%s", path: "%s"}' "${1-file://$tmp/charts.git}" "${2-charts/shop}"; }

# The record and its service
override "$deployed" 1.0.0 till till | held 'asked only for the service cart' --service cart
override "$deployed" 1.0.0 none none | held 'service "none" not found in the catalogue'
override "$deployed" 1.0.0 cart none | held 'chart "none" of the service cart not found'
override "$ga" 1.0.0 till till | held 'missing ga-version or ga-tag in the catalogue for the service till'
{ override "$ga" 1.0.0; override "$deployed" 1.0.0; } | held 'which is cleared together with it, is held'
{ override "$ga" 1.0.0; echo '{"type":"refused","by":"ringls","code":"bad-yaml","reason":"broken","tenant":"ada"}'; } | held 'another override of the tenant was refused: broken'

# The commit that the tenant runs
override "$deployed" 1.0.0 cart cart 'del(.commit)' | held "no commit in the image's tag"
override "$(printf %040d 1)" 1.0.0 | held 'deployed commit not found in the repository of cart (shop/cart): '
override "${deployed:0:9}" 1.0.0 cart cart '.ring = "ring-gone"' | held "cannot tell which commit ${deployed:0:9} is"
override "$(printf %09d 1)" 1.0.0 | held 'commit 000000001 is not in the ring ring-fast'
awk 'BEGIN { for (i = 0; i < 30000; i++) printf "commit refs/heads/ring-many\ncommitter A <a@b> %d +0000\ndata 1\nx\n\n", 1700000000 + i }' |
	git -C service fast-import --quiet
two=$(service rev-list ring-many | cut -c 1-7 | sort | uniq -d | sed -n 1p)
override "$two" 1.0.0 cart cart '.ring = "ring-many"' | held "$two is ambiguous: several commits of the ring ring-many"
override "$deployed" 1.0.0 | held "the GA commit ${ga:0:12} does not contain ${deployed:0:12}"
missing=$(printf %040d 2)
jq -n --arg h "$missing" --arg m "$ga" '[{number: 7, headRefName: "ring-fast", headRefOid: $h, mergeCommit: {oid: $m}}]' >merged.json
override "$deployed" 1.0.0 | held "cannot tell whether the GA commit ${ga:0:12} contains ${deployed:0:12}: head 000000000000 of the merged pull request not found" --merged merged.json
jq --arg h "$deployed" --arg m "$missing" '.[0].headRefOid = $h | .[0].mergeCommit.oid = $m' merged.json >lost.json
override "$deployed" 1.0.0 | held 'merge commit 000000000000 of ring-fast not found' --merged lost.json

# The tag that a clear gives back
override "$deployed" 1.0.0 cart cart ".ga_tag = \"main-$ga\" | .over = \"ring-x\"" | held 'a clear gives back the image of ring-x, which was taken over'
override "$deployed" 1.0.0 desk cart '.ga_tag = "1.4.2"' | held 'a clear gives back the tag "1.4.2", and there is no ga-tag in the catalogue for the service desk'
override "$deployed" 1.0.0 cart cart ".ga_tag = \"main-$ga\"" |
	held "a clear gives back the tag \"main-$ga\", which has not been changed since (mkpatch --remove --to): the GA commit ${ga:0:12} does not"
override "$deployed" 1.0.0 cart cart ".ga_tag = \"main-$ga\" | .code = \"half-bumped\"" | held "the GA commit ${ga:0:12} does not contain"
ok '... without the advice, if a tool has changed it' jq -es 'all(.[]; .reason // "" | contains("--to") | not)' out

# The tag that another author has written over it
bumped() { override "$1" 1.0.0 cart cart ".ga_tag = \"main-$1\" | .code = \"half-bumped\" | ${2-del(.commit)}"; }
opens() { jq -es '.[0].gate == "open"' out; }
bumped "$ga" . | held "the GA commit ${ga:0:12} does not contain ${deployed:0:12}"
bumped "$ga" '.ring = "ring-gone"' | held 'the tag was written over, and neither the branch ring-gone nor its merged pull request is here'
bumped "$deployed" | framed | ringgate -q -C service >out
ok 'the gate is open if the tag that was written over the ring has its whole branch' opens
jq '.[0].headRefName = "ring-gone"' merged.json >gone.json
bumped "$ga" '.ring = "ring-gone"' | framed | ringgate -q -C service --merged gone.json >out
ok '... or the merge of its pull request' opens
jq --arg m "$(service rev-parse main)" '.[0].headRefName = "ring-gone" | .[0].mergeCommit.oid = $m' merged.json >later.json
bumped "$ga" '.ring = "ring-gone"' | held "the GA commit ${ga:0:12} does not contain ${missing:0:12}" --merged later.json
override "$deployed" 1.0.0 cart cart ".ga_tag = \"main-$deployed\" | del(.target_revision)" | framed | ringgate -q -C service >out
ok 'the gate is open if the tag has the change, whatever the version of the chart' jq -es '.[0].gate == "open"' out

# The version in the manifest
override "$ga" 1.0.0 cart cart 'del(.target_revision)' | held 'no targetRevision in the manifest'
# source FILE: what ringls and ringgate say of a manifest on standard input
source_of() {
	rm -rf gitops && mkdir -p "gitops/$(dirname "$1")" && cat >"gitops/$1"
	[ $# -lt 3 ] || printf '%s\n' "$3" >"gitops/$(dirname "$1")/Chart.yaml"
	git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm x
	sed "s#tenants/{tenant}/app.yaml#$(sed 's/ada/{tenant}/' <<<"$1")#" ring.yaml >other.yaml
	[ "$1" != set.yaml ] || sed -i 's#^manifests: .*#manifests: [{path: set.yaml, elements: /spec/generators/0/list/elements, tenant: name, values: /overrides, version: /v}]#' other.yaml
	ringls -q -C gitops -r HEAD -c other.yaml >found
	grep '"type":"override"' found | held "the version of the chart is not known: $2" -c other.yaml
}
image="{cart: {image: {repository: ghcr.io/shop/cart-ring-fast, tag: $deployed}}}"
flux() {
	printf 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: n}\nspec:\n  chart: {spec: {chart: shop, version: 1.0.0, sourceRef: {kind: %s, name: c}}}\n  values: %s\n' "$1" "$image"
}
repository() { printf -- '---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: c, namespace: %s}\nspec: {url: "file://%s", ref: {branch: main}}\n' "$1" "$tmp/charts.git"; }
source_of tenants/ada/app.yaml 'the version of a chart in a Flux object Bucket is not in the HelmRelease' < <(flux Bucket)
source_of tenants/ada/app.yaml 'there is no GitRepository "c" in the file of the HelmRelease' < <(flux GitRepository; repository other)
source_of tenants/ada/app.yaml 'several objects in the file are the GitRepository "c"' < <(flux GitRepository; repository n; repository n)
source_of tenants/ada/app.yaml 'without reconcileStrategy: Revision' < <(flux GitRepository; repository n)
source_of tenants/ada/values.yaml 'tenants/ada/Chart.yaml does not have one dependency "shop"' 'name: ada' <<<"$image"
source_of tenants/ada/values.yaml 'tenants/ada/Chart.yaml: the dependency is not from a chart repository' 'dependencies: [{name: shop, version: 1.0.0}]' <<<"$image"
source_of set.yaml 'the repoURL of the source is a template' <<END
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  goTemplate: true
  generators: [{list: {elements: [{name: ada, v: main, overrides: $image}]}}]
  template: {spec: {source: {repoURL: "https://x/{{.name}}", path: charts/shop, targetRevision: "{{.v}}"}}}
END

# The version in the charts' repository
override "$ga" "$(printf %0300d 1)" | held 'the targetRevision is longer than 256 bytes'
ok 'without charts a version is held' eval 'override "$ga" 1.0.0 | framed | ringgate -q -C service | tee out | grep -q "no charts to search (--charts)" && jq -r "select(.reason).reason" out >>reasons'
ok 'without an index a range is held' eval 'override "$ga" "1.*" | framed | ringgate -q -C service --charts charts | tee out | grep -q "no list of the published ones" && jq -r "select(.reason).reason" out >>reasons'
override "$ga" '>=1 <' | held 'the targetRevision ">=1 <" is not a version, and not a range that Helm can read'
override "$ga" '^9' | held 'is a range that no published version satisfies'
override "$ga" '*' | held 'is a range whose highest version, 2.0.0+a, is there with several builds'
override "$ga" '>=1.0.0-0 <9' | held 'is a range that Helm, Argo CD and Flux read differently: as 2.0.0+a, or as 3.0.0-rc.1' --index <(printf '%s\n' 1.0.0 2.0.0+a 3.0.0-rc.1)
override "$ga" 1.4 | held 'the targetRevision "1.4" is not a whole version'
override "$ga" main | held 'the targetRevision "main" is not a version'
override "$ga" 9.9.9 | held 'revision "shop-9.9.9" not found'
override "$ga" main cart cart "$(git_source https://example.com/x)" | held "the source example.com/x is not the charts' repository, whose origin is /"
override "$ga" main cart cart "$(git_source "file://$tmp/charts.git" other/shop)" | held 'the source has the chart at "other/shop", the catalogue at "charts/shop"'
override "$ga" gone cart cart "$(git_source)" | held '"gone" is not a branch or tag'
override "$ga" both cart cart "$(git_source)" | held '"both" is both a branch and a tag'
override "$ga" 1.x cart cart "$(git_source)" | held '"1.x" is a range of versions, and the name of a branch or tag'
override "$ga" "$missing" cart cart "$(git_source)" | held "the charts' commit $missing is not known"
git -C charts remote rename origin other
override "$ga" main cart cart "$(git_source)" | held 'the charts'\'' repository has no remote "origin"'
git -C charts remote rename other origin

# The GA commit
override "$ga" 1.0.0 cart cart '.deploys = "cart"' | held 'the version of the chart cart, which is deployed by itself'
git -C charts rm -qr charts/shop && git -C charts commit -qm x && git -C charts tag shop-2.1.0
override "$ga" 2.1.0 | held 'the umbrella at 2.1.0: charts/shop/Chart.yaml: file not found'
# depends VERSION REASON DEPENDENCIES [FILE TEXT]: a version with these dependencies of the umbrella
depends() {
	chart "$1" "$(tag x)" "dependencies: $3" "${@:4}"
	override "$ga" "$1" desk cart | held "$2"
}
remote='repository: "https://charts.example.com"'
depends 3.0.0 'dependency "cart" not found in the umbrella chart' '[]'
depends 3.0.1 'several dependencies "cart" in the umbrella chart' "[{name: cart, version: 1.0.0-$ga, $remote}, {name: cart, version: 1.0.0-$ga, $remote}]"
depends 3.0.2 'charts/shop/Chart.yaml: the version of the dependency "cart" is not a string' "[{name: cart, version: 1, $remote}]"
depends 3.0.3 'charts/shop/Chart.lock does not fit the dependency "cart"' "[{name: cart, version: ^1, $remote}]" Chart.lock "dependencies: [{name: cart, version: 2.0.0-$ga, $remote}]"
depends 3.0.4 'the dependency "cart" has no repository: it is vendored in charts' "[{name: cart, version: 1.0.0-$ga}]"
depends 3.0.5 'the dependency "cart" is vendored, as charts/shop/charts/cart-*.tgz' "[{name: cart, version: 1.0.0-$ga, $remote}]" charts/cart-1.0.0.tgz x
depends 3.0.6 'the dependency "cart" is vendored in another version, in charts/shop/charts/cart/Chart.yaml' "[{name: cart, version: 1.0.0-$ga, $remote}]" charts/cart/Chart.yaml 'version: 1.0.1'
depends 3.0.7 'the version of the dependency "cart" in the umbrella chart is a range: "^1"' "[{name: cart, version: ^1, $remote}]"
depends 3.0.8 'no GA commit in the subchart'\''s version "1.0.0"' "[{name: cart, version: 1.0.0, $remote}]"
depends 3.0.9 'GA commit of the subchart'\''s version "1.0.0-0000001" not found in the service'\''s repository' "[{name: cart, version: 1.0.0-0000001, $remote}]"
sed 's#charts: {cart: image}#charts: {cart: [{reference: ref}, {repository: image/repository, tag: image/tag, digest: image/digest}]}#' ring.yaml >forms.yaml
# values VERSION REASON VALUES: a version of the umbrella with these values
values() {
	chart "$1" "$3"
	override "$ga" "$1" | held "$2" -c forms.yaml
}
values 4.0.0 'have a digest at /cart/image/digest' 'cart: {image: {tag: x, digest: y}}'
values 4.0.1 "the umbrella's value at /cart/image/tag is not a string (quote it)" 'cart: {image: {tag: 1}}'
values 4.0.2 "the umbrella's value at /cart/ref, \"x\", has no tag, or a digest" 'cart: {ref: x}'
values 4.0.3 "the umbrella's values have two tags for the image of cart: \"a\" and \"b\"" 'cart: {ref: "x:a", image: {tag: b}}'
values 4.0.4 "the umbrella's values have no tag at /cart/ref" 'cart: {}'

# The vendored and locked subcharts that do not hold
# opens SENTENCE VERSION DEPENDENCIES [FILE TEXT]
opens() {
	chart "$2" "$(tag x)" "dependencies: $3" "${@:4}"
	override "$ga" "$2" desk cart | framed | ringgate -q -C service --charts charts >out
	ok "open: $1" grep -q '"gate":"open"' out
}
opens 'a subchart from a repository' 5.0.0 "[{name: cart, version: 1.0.0-$ga, $remote}]"
opens 'a range with a Chart.lock' 5.0.1 "[{name: cart, version: ^1.0.0-0, $remote}]" Chart.lock "dependencies: [{name: cart, version: 1.0.0-$ga, $remote}]"
opens 'a version with the same in Chart.lock' 5.0.2 "[{name: cart, version: 1.0.0-$ga, $remote}]" Chart.lock "dependencies: [{name: cart, version: 1.0.0-$ga, $remote}]"
opens 'the second of two of a name' 5.0.3 "[{name: cart, alias: other, version: ^1.0.0-0, $remote}, {name: cart, version: ^1.0.0-0, $remote}]" Chart.lock \
	"dependencies: [{name: cart, version: 1.0.0-0000001, $remote}, {name: cart, version: 1.0.0-$ga, $remote}]"
opens 'a directory of the same version' 5.0.4 "[{name: cart, version: 1.0.0-$ga, $remote}]" charts/cart/Chart.yaml "version: 1.0.0-$ga"
opens 'a directory that is the repository' 5.0.5 "[{name: cart, version: 1.0.0-$ga, repository: 'file://charts/cart'}]" charts/cart/Chart.yaml 'version: 1.0.0'
opens "another chart's package" 5.0.6 "[{name: cart, version: 1.0.0-$ga, $remote}]" charts/cart-read-1.0.0.tgz x

# The values that the ring has brought

# brings VALUES [JQ]: an override with these values, of a chart at the version that was released last
brings() { override "$ga" "$version" cart cart ".values = $1 | ${2-.}"; }
# kept SENTENCE VALUES [JQ]: the gate is open
kept() {
	brings "${@:2}" | framed | ringgate -q -C service --charts charts >out
	ok "open: $1" grep -q '"gate":"open"' out
}
version=6.0.0
tags="cart: {image: {tag: main-$ga}"
chart $version "$tags, a: 1, list: [1, {b: 2}], none: null, \"p+\": x, flat: 1}
shop: {cart: {v: 1}}" 'dependencies: [{name: cart, version: 1.0.0}]' charts/cart/Chart.yaml 'version: 1.0.0' \
	charts/cart/values.yaml '{a: 2, below: {on: true}, none: {x: 1}, flat: {x: 1}, ratio: 1.0}'
kept "the umbrella's value" '{a: 1}'
kept "the subchart's value" '{below: {on: true}}'
kept 'a number by its value' '{ratio: 1}'
kept 'a list' '{list: [1, {b: 2}]}'
kept 'a key that ends in "+"' '{"p++": "x"}'
kept 'a value that a clear gives back' '{a: 5, b: {c: "x"}}' '.ga_values = {a: 5, b: {c: "x"}}'
brings '{a: 2}' | held 'the chart does not have /a: 2'
brings '{a: "1"}' | held 'the chart does not have /a: "1"'
brings '{below: {on: true, off: 1}}' | held 'the chart does not have /below/off: 1'
brings '{none: {x: 1}}' | held 'the chart does not have /none/x: 1'
brings '{flat: {x: 1}}' | held 'the chart does not have /flat/x: 1'
brings '{list: [1]}' | held 'the chart does not have /list: [1]'
brings '{a: 1}' '.ga_values = {a: 3}' | held 'a clear gives back /a: 3, and the ring has 1'
brings '{a: 1, "list+": [{b: 2}]}' | held 'the tenant has a list of its own at /list, and a clear takes away [{"b":2}]'
ok '--drop-values: they may go' eval 'brings "{a: 2}" | framed | ringgate -q -C service --charts charts --drop-values | grep -q "\"gate\":\"open\""'
brings '{a: 2}' ".ga_tag = \"main-$ga\" | del(.target_revision)" | held 'cannot tell whether the chart has /a: 2: no targetRevision in the manifest'
ok 'without charts they are held' eval "override $ga $ga cart cart '.values = {a: 1}' | framed | ringgate -q -C service | tee out | grep -q 'cannot tell whether the chart has /a: 1: there are no charts to search' && jq -r 'select(.reason).reason' out >>reasons"
override "$ga" "1.0.0-$ga" cart cart '.deploys = "cart" | .values = {a: 1}' | held 'cannot tell whether the chart has /a: 1: the version of the chart cart, which is deployed by itself, does not say what values it has'
# doubt VERSION WHY VALUES DEPENDENCIES [FILE TEXT ...]: a version that does not say whether the chart has a value
doubt() {
	version=$1
	chart "$1" "$tags, a: 1}" "dependencies: $4" charts/cart/values.yaml 'b: 1' "${@:5}"
	kept "what the umbrella itself has, at $1" '{a: 1}'
	brings "$3" | held "cannot tell whether the chart has /b: 1: $2"
}
doubt 6.0.1 'charts/shop/charts/cart/Chart.yaml: file not found' '{b: 1}' "[{name: cart, version: 1.0.0, $remote}]"
doubt 6.0.2 'the dependency "cart" is vendored, as' '{b: 1}' '[{name: cart, version: 1.0.0}]' charts/cart/Chart.yaml 'version: 1.0.0' charts/cart-1.0.0.tgz x
doubt 6.0.3 'the dependency "cart" is vendored in another version' '{b: 1}' "[{name: cart, version: 1.0.0, $remote}]" charts/cart/Chart.yaml 'version: 1.0.1'
doubt 6.0.4 'several dependencies "cart"' '{b: 1}' '[{name: cart, version: 1.0.0}, {name: cart, version: 2.0.0}]' charts/cart/Chart.yaml 'version: 1.0.0'
doubt 6.0.5 'the dependency "till" has import-values, which are not followed' '{b: 1}' '[{name: cart, version: 1.0.0}, {name: till, version: 1.0.0, import-values: [data]}]' charts/cart/Chart.yaml 'version: 1.0.0'
doubt 6.0.6 'charts/shop/charts/cart/values.yaml:2:1: not YAML' '{b: 1}' '[{name: cart, version: 1.0.0}]' charts/cart/Chart.yaml 'version: 1.0.0' charts/cart/values.yaml 'b: [1'

# Each was produced
unproduced() {
	formats | while IFS= read -r format; do
		pattern=$(sed 's/[][\.*^$+?(){}|]/\\&/g; s/\\\.\\\.\\\./.*/g' <<<"$format")
		grep -qE -- "$pattern" reasons || printf '%s\n' "$format"
	done
}
ok 'each reason has a case' diff /dev/null <(unproduced)

finish
