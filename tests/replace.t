#!/usr/bin/env bash
# Images that a tenant has already are replaced under marks: set, changed by others, taken over, cleared, byte for byte.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 1

# catalogue CHART-FORM: with the service cart, in $RING_CATALOG
catalogue() {
	cat >ring.yaml <<-E
		manifests: "tenants/{tenant}/app.yaml"
		umbrella: {chart: shop}
		services:
		  cart:
		    image: "ghcr.io/shop/cart-{ring}"
		    tag: "{sha:7}"
		    charts: {cart: $1}
		  till:
		    image: "ghcr.io/shop/till-{ring}"
		    tag: "{sha:7}"
		    charts: {till: image}
	E
}
export RING_CATALOG=$tmp/ring.yaml
full='{repository: image/repository, tag: image/tag, digest: image/digest, replace: true}'
# application INDENTED-VALUES: an Application on standard output
application() { printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata: {name: acme}' 'spec:' '  source:' \
	'    repoURL: https://charts.example.com' '    chart: shop' '    targetRevision: 1.4.0' '    helm:' '      valuesObject:' && sed 's/^/        /'; }
# start: a new repository whose tenant acme has the manifest on standard input
start() {
	rm -rf gitops && mkdir -p gitops/tenants/acme && cat >gitops/tenants/acme/app.yaml && cp gitops/tenants/acme/app.yaml before &&
		git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm 'As it was'
}
manifest=gitops/tenants/acme/app.yaml
tenant() { echo '{"type":"tenant","tenant":"acme"}' | framed cohort-resolve; }
apply() { applypatch -C gitops --branch main --update-worktree; }
patch_for() { tenant | mkpatch -C gitops --service "${service:-cart}" --ring "$1" "${@:2}"; }
# set_ring RING TAG; clear_ring RING [OPTION ...]
set_ring() { patch_for "$1" --tag "$2" | apply; }
clear_ring() { patch_for "$1" --remove "${@:2}" | apply; }
# edit SED-SCRIPT: what another author commits
edit() { sed -i "$1" $manifest && git -C gitops commit -qam "${2:-A person}"; }
has() { grep -qF -- "$1" $manifest; }
lacks() { ! has "$1"; }
comes_back() { diff -u before $manifest; }
refused_as() { jq -e -s --arg c "$1" '[.[] | select(.type == "refused")] | length == 1 and .[0].code == $c' out >/dev/null; }
listed() { jq -c 'select(.type == "override") | del(.type, .tenant, .path, .service, .chart, .target_revision)' out; }

# All forms

catalogue "$full"
application <<'E' | start
cart:
  image:
    repository: ghcr.io/shop/cart # ours
    tag: "1.4.2"   # pinned by ops
    digest: 'sha256:abc'
    pullPolicy: Always
E
run set_ring ring-fast 5e0c1f7
ok 'an image that is there is replaced' exits 0
ok 'the comment says what the repository was' has 'repository: ghcr.io/shop/cart-ring-fast  # ringkit: cart/ring-fast 8bfdd3b1 was "ghcr.io/shop/cart" # ours'
ok '... the tag, with its quotes, before the comment of the line' has '  # ringkit: cart/ring-fast 936c4668 was "\"1.4.2\""   # pinned by ops'
ok '... and the digest, which is empty now' has $'digest: \'\'  # ringkit: cart/ring-fast'
run ringls -C gitops
ok 'the override is listed, with the tag that a clear gives back' diff <(listed) - <<'E'
{"ring":"ring-fast","image":{"repository":"ghcr.io/shop/cart-ring-fast","tag":"5e0c1f7"},"commit":"5e0c1f7","ga_tag":"1.4.2"}
E
run set_ring ring-slow 6e0c1f7
ok 'another ring is refused' refused_as held-by-another-ring
run set_ring ring-fast 5e0c1f7
ok 'setting the image again changes nothing' test "$(git -C gitops rev-list --count HEAD)" -eq 2
run set_ring ring-fast 7e0c1f7
ok 'a later image keeps what was there first' has ' was "\"1.4.2\""   # pinned by ops'
run clear_ring ring-fast
ok 'a clear gives every byte back' comes_back

# form NAME FORM VALUES: set, change, clear
form() {
	catalogue "$2"
	application <<<"$3" | start
	run set_ring ring-fast 5e0c1f7
	ok "$1: the image is set" test "$(ringls -C gitops | jq -c 'select(.ring).image')" = '{"repository":"ghcr.io/shop/cart-ring-fast","tag":"5e0c1f7"}'
	ok '... and marked' has '# ringkit: cart/ring-fast '
	run set_ring ring-fast 6e0c1f7
	run clear_ring ring-fast
	ok '... and comes back' comes_back
}
form 'repository and tag' '{repository: image/repository, tag: image/tag, replace: true}' $'cart:\n  image:\n    tag: v1\n    repository: ghcr.io/shop/cart'
form 'with a registry' '{registry: image/registry, repository: image/repository, tag: image/tag, replace: true}' \
	$'cart:\n  image:\n    registry: docker.io\n    repository: shop/cart\n    tag: v1'
form 'with a registry that is right already' '{registry: image/registry, repository: image/repository, tag: image/tag, replace: true}' \
	$'cart:\n  image:\n    registry: "ghcr.io"\n    repository: shop/cart\n    tag: v1'
form 'a reference' '{reference: image, replace: true}' $'cart:\n  image: ghcr.io/shop/cart:v1'
form 'a tag without a repository' "$full" $'cart:\n  image:\n    tag: v1'
form 'a tag that is null' "$full" $'cart:\n  image:\n    tag:\n    repository: ghcr.io/shop/cart'
form 'a digest without a repository' "$full" $'cart:\n  image:\n    digest: sha256:abc'
form 'nothing there' "$full" $'other: 1'
form 'an image without these keys' "$full" $'cart:\n  image:\n    pullPolicy: Always'
form 'two blank lines and a comment at the end' "$full" $'cart:\n  image:\n    tag: v1 #x\n    repository: r\n\n  # end\n'
catalogue_by_tag() {
	catalogue "$1"
	sed -i '5,6{s/cart-{ring}/cart/; s/"{sha:7}"/"{ring}-{sha:7}"/}' ring.yaml
}
for f in '{tag: image/tag, replace: true}' '{repository: image/repository, tag: image/tag, replace: true}'; do
	catalogue_by_tag "$f"
	application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
	run set_ring ring-fast ring-fast-5e0c1f7
	ok "a tag that names the ring, $f: it is set" has 'tag: ring-fast-5e0c1f7  # ringkit: cart/ring-fast '
	run clear_ring ring-fast
	ok '... and comes back' comes_back
	run set_ring ring-fast ring-fast-5e0c1f7
	edit 's/ring-fast-5e0c1f7/1.4.3/'
	run ringls -C gitops
	ok 'when it is written over, the ring has only a mark' out_has '"code":"half-bumped"'
	run clear_ring ring-fast
	ok '... which a clear takes away' diff <(sed 's/1.4.2/1.4.3/' before) $manifest
done

# Strings that hold values

catalogue "$full"
for style in '|' '>-'; do
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata: {name: acme}' 'spec:' '  source:' '    chart: shop' \
		'    targetRevision: 1.4.0' '    helm:' "      values: $style" '        cart:' '          image:' '            tag: v1' '            repository: r' | start
	if [ "$style" = '|' ]; then
		run set_ring ring-fast 5e0c1f7
		ok "a string of values ($style) is edited" has 'tag: 5e0c1f7'
	fi
	run clear_ring ring-fast
	ok '... and comes back' comes_back
done

# What cannot be marked

application <<<'cart: {image: {repository: r, tag: v1}}' | start
run patch_for ring-fast --tag 5e0c1f7
ok 'a value in a flow map is not replaced' refused_as no-mark
application <<<'cart: {image: {pullPolicy: Always}}' | start
run set_ring ring-fast 5e0c1f7
ok 'an image is added to a flow map without a mark' lacks '# ringkit'
run clear_ring ring-fast
ok '... and comes back' comes_back
application <<<$'cart:\n  image:\n    repository: r\n    tag: &t v1\nx: *t' | start
run patch_for ring-fast --tag 5e0c1f7
ok 'a value with an anchor is not replaced' refused_as no-mark
catalogue '{repository: image/repository, tag: image/tag}'
application <<<$'cart:\n  image:\n    repository: r\n    tag: v1' | start
run patch_for ring-fast --tag 5e0c1f7
ok 'without replace an image that is there is refused, as ever' refused_as foreign-override
catalogue "$full"
printf '%s' '{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","spec":{"source":{"chart":"shop","helm":{"valuesObject":{"cart":{"image":{"tag":"v1"}}}}}}}' | start
run patch_for ring-fast --tag 5e0c1f7
ok 'a value in JSON is not replaced' refused_as no-mark
run patch_for ring-fast --tag 5e0c1f7 --rfc6902
ok 'a plain JSON Patch cannot replace' test "$status" -ne 0

# Other authors

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
run set_ring ring-fast 5e0c1f7
edit 's/tag: 5e0c1f7/tag: 1.4.3/'
run ringls -C gitops
ok 'a tag that was written over is listed' diff <(listed) - <<'E'
{"ring":"ring-fast","image":{"repository":"ghcr.io/shop/cart-ring-fast","tag":"1.4.3"},"ga_tag":"1.4.3","code":"half-bumped"}
E
run ringlint -C gitops
ok '... and a finding' out_has '"code":"half-bumped"'
run clear_ring ring-fast
ok 'a clear leaves it, without the mark' diff <(sed 's/1.4.2/1.4.3/' before) $manifest
git -C gitops reset -q --hard HEAD~1
run set_ring ring-fast 6e0c1f7
ok 'a set takes it as what was there' has 'was "1.4.3"'
run clear_ring ring-fast
ok '... and a clear gives it back' diff <(sed 's/1.4.2/1.4.3/' before) $manifest

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
run set_ring ring-fast 5e0c1f7
edit 's/tag: 5e0c1f7 .*/tag: abcdef1/'
run clear_ring ring-fast
ok 'a tool that drops the comment and writes a commit is another author' diff <(sed 's/1.4.2/abcdef1/' before) $manifest

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
run set_ring ring-fast 5e0c1f7
edit "s/tag: 5e0c1f7/tag: '5e0c1f7'/"
run clear_ring ring-fast
ok 'a formatter that changes the quotes is not another author' comes_back
run set_ring ring-fast 5e0c1f7
edit 's/  # ringkit/ # ringkit/'
run clear_ring ring-fast
ok 'nor is one that changes the blanks before the comment' comes_back

application <<<$'other: 1' | start
run set_ring ring-fast 5e0c1f7
edit 's/^\( *\)image: .*/&\n\1  pullPolicy: Always/'
run clear_ring ring-fast
ok "what a person adds to a map of ours stays, without our marks" diff <(cat before <(printf '%s\n' '        cart:' '          image:' '            pullPolicy: Always')) $manifest

# Lost marks

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
run set_ring ring-fast 5e0c1f7
edit 's/ *# ringkit.*//'
run patch_for ring-fast --remove
ok 'a clear refuses an image whose marks are gone' refused_as mark-lost
run set_ring ring-fast 6e0c1f7
ok 'a set may change it' has 'tag: 6e0c1f7'
run patch_for ring-fast --remove
ok '... and a clear still refuses it' refused_as mark-lost
run clear_ring ring-fast --to 1.4.3
ok 'a clear with --to ends it' diff <(sed 's/1.4.2/1.4.3/' before) $manifest
git clone -q --depth 1 "file://$tmp/gitops" shallow
run ringls -C gitops
ok '... so that no override is listed' out_lines 1

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
run set_ring ring-fast 5e0c1f7
edit 's/\(repository: [^ ]*\) .*/\1/'
run patch_for ring-fast --tag 6e0c1f7
ok 'if some marks are gone, a set refuses' refused_as mark-lost
run patch_for ring-fast --remove
ok '... and a clear' refused_as mark-lost
git -C gitops reset -q --hard HEAD~1
run clear_ring ring-fast --to 1.5.0
ok '--to writes the tag with the marks there, too' diff <(sed 's/1.4.2/1.5.0/' before) $manifest
git -C gitops reset -q --hard HEAD~1
run clear_ring ring-fast --keep-value
ok '--keep-value takes the marks away and nothing else' diff <(sed 's#shop/cart#&-ring-fast#; s/1.4.2/5e0c1f7/' before) $manifest
catalogue '{reference: image, replace: true}'
application <<<$'cart:\n  image: ghcr.io/shop/cart:1.4.2' | start
run set_ring ring-fast 5e0c1f7
run clear_ring ring-fast --to 1.5.0
ok '--to writes the tag of a reference' diff <(sed 's/1.4.2/1.5.0/' before) $manifest
application <<<$'cart:\n  image: ghcr.io/shop/cart-ring-fast:5e0c1f7' | start
run patch_for ring-fast --remove --to 1.5.0
ok '... whose repository a mark must keep' refused_as mark-lost
catalogue "$full"
application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2\n    digest: sha256:abc' | start
run set_ring ring-fast 5e0c1f7
run clear_ring ring-fast --to 1.5.0
ok '... and leaves the digest empty, which would take precedence' diff <(sed "s/1.4.2/1.5.0/; s/sha256:abc/\"\"/" before) $manifest
run mkpatch --to 1.2.3 --service cart --ring ring-fast --tag 5e0c1f7 </dev/null
ok '--to requires --remove' exits 2
run patch_for ring-fast --remove --to 1.2.3 --keep-value
ok '... and excludes --keep-value' exits 2
run patch_for ring-fast --remove --to 'a b'
ok '... and takes a tag' exits 2

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart-ring-fast\n    tag: 5e0c1f7' | start
git clone -q --depth 1 "file://$tmp/gitops" shallow.2
edit '$a # a comment'
rm -rf shallow && git clone -q --depth 1 "file://$tmp/gitops" shallow
tenant | run mkpatch -C shallow --service cart --ring ring-fast --remove
ok 'without the history a clear of an image without marks is refused' refused_as too-shallow
run clear_ring ring-fast
ok '... with it, an image that was set without marks is removed' lacks cart-ring-fast

# Forged marks

application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2' | start
run set_ring ring-fast 5e0c1f7
cp $manifest marked
git -C gitops branch marked
forge() { git -C gitops reset -q --hard marked && edit "$2" && run patch_for ring-fast --remove; }
forge 'another ring' 's,tag: \(.*\)cart/ring-fast,tag: \1cart/ring-slow,'
ok 'a mark of another ring is not followed' refused_as bad-mark
run patch_for ring-fast --tag 6e0c1f7
ok '... nor when the image is set' refused_as bad-mark
forge 'another service' 's,tag: \(.*\)cart/ring-fast,tag: \1till/ring-fast,'
ok 'a mark of another service is not followed' refused_as bad-mark
forge 'no sum' 's,cart/ring-fast [0-9a-f]* was,cart/ring-fast was,'
ok 'a mark without a sum is refused' refused_as bad-mark
forge 'two lines' 's,was "1.4.2",was "1.4.2\\nx: 1",'
ok 'a mark whose value has two lines is refused' refused_as bad-mark
forge 'a map' 's,was "1.4.2",was "{a: 1}",'
ok 'a mark whose value is a map is refused' refused_as bad-mark
forge 'made' 's,\(tag.*ring-fast\) .*,\1 made,'
ok 'a scalar that says it was made is refused' refused_as bad-mark
forge 'another value' 's,was "1.4.2",was "9.9.9",'
apply <out >/dev/null
ok 'a mark with another value changes that leaf only' diff <(sed 's/1.4.2/9.9.9/' before) $manifest
git -C gitops reset -q --hard marked
edit 's,ring-fast [0-9a-f]* was "1.4.2",ring-fast 00000000 was "1.4.2",'
run clear_ring ring-fast
ok 'a wrong sum makes the value that of another author' has 'tag: 5e0c1f7'
ok '... and the mark goes' lacks '# ringkit'

# A ring takes over

# release RING SUPERSEDED-RING COMMIT: a release record of tag 6e0c1f7 in release.json
release() {
	printf '{"type":"release","action":"set","service":"cart","repository":"shop/cart","ring":"%s","image":{"repository":"ghcr.io/shop/cart-%s","tag":"6e0c1f7"},"supersedes":[{"ring":"%s","commit":"%s"}]}\n' \
		"$1" "$1" "$2" "$3" | framed ringcheck >release.json
}
take_over() { tenant | mkpatch -C gitops --release "$tmp/release.json"; }
sed -i 's#^  cart:#&\n    repository: shop/cart#' ring.yaml
lower=5e0c1f7000000000000000000000000000000000
for how in marked plain; do
	if [ $how = plain ]; then
		sed -i 's/, replace: true//' ring.yaml
		application <<<$'cart:\n  image:\n    pullPolicy: Always' | start
	else
		application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart # r\n    tag: 1.4.2 # t\n' | start
	fi
	run set_ring ring-a 5e0c1f7
	cp $manifest below
	release ring-b ring-a "$lower"
	run take_over
	ok "a ring takes a tenant over, $how" out_has '"took_over":"ring-a"'
	apply <out >results
	ok '... and says so when it is done' grep -q '"took_over":"ring-a"' results
	ok '... and has its image there' has 'tag: 6e0c1f7'
	cp $manifest over
	run ringls -C gitops
	ok '... both are listed' diff <(listed | jq -r '[.ring, .image.tag, .over // "", .under // ""] | join(" ")') - <<-'E'
		ring-a 5e0c1f7  ring-b
		ring-b 6e0c1f7 ring-a 
	E
	release ring-c ring-b 6e0c1f7000000000000000000000000000000000
	run take_over
	ok '... a third ring does not' refused_as held-by-another-ring
	run clear_ring ring-b
	ok 'a clear gives the other ring its image back, byte for byte' diff below $manifest
	run clear_ring ring-a
	ok '... and the clear of that ring the rest' comes_back
	git -C gitops reset -q --hard HEAD~2
	ok 'the image is taken over again' diff over $manifest
	run clear_ring ring-a
	ok 'when the ring below is cleared first, its image is forgotten' lacks cart-ring-a
	ok '... and the image that took it over stays' has 'tag: 6e0c1f7'
	run clear_ring ring-b
	ok '... until it is cleared, too' comes_back
	git -C gitops reset -q --hard HEAD~2
	ringls -C gitops | mkpatch -C gitops --remove | run apply
	ok 'both can be cleared at once' comes_back
	git -C gitops reset -q --hard HEAD~2
	release ring-b ring-a 5e0c1f8000000000000000000000000000000000
	run take_over
	ok 'a tenant that runs another commit is not taken over' refused_as held-by-another-ring
done

# Several authors at one image

catalogue "$full"
sed -i 's#^  cart:#&\n    repository: shop/cart\n    values: {file: "{ring}.yaml", allow: [cart/env]}#' ring.yaml
start_two() { application <<<$'cart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2\n    digest: sha256:abc' | start; }
# with_values VALUES: ring-a has its image, and these
with_values() { tenant | mkpatch -C gitops --service cart --ring ring-a --tag 5e0c1f7 --values <(echo "$1") | apply >/dev/null; }
start_two
run set_ring ring-a 5e0c1f7
release ring-b ring-a "$lower"
take_over | apply >/dev/null
run take_over
ok 'a ring that took over an image without a digest can be released again' jq -se '.[0].edits == []' out
ok '... and the empty digest is its own' has 'digest: ""  # ringkit: cart/ring-b 12ae32cb over ring-a "\"\"" was "sha256:abc"'
edit 's/tag: 6e0c1f7/tag: 1.4.3/'
run clear_ring ring-a
ok 'the clear of the ring below leaves a tag that a tool wrote over the other one, without the mark' grep -qx ' *tag: 1.4.3' $manifest
ok '... and nothing of that ring' lacks ring-a
run clear_ring ring-b
ok '... and the clear of the other ring the rest' diff <(sed 's/1.4.2/1.4.3/' before) $manifest

start_two
run set_ring ring-a 5e0c1f7
edit 's/tag: 5e0c1f7.*/tag: abcdef1/'
run ringls -C gitops
ok 'a commit that a tool wrote without the comment is not the ring'"'"'s' diff <(listed) - <<'E'
{"ring":"ring-a","image":{"repository":"ghcr.io/shop/cart-ring-a","tag":"abcdef1"},"ga_tag":"abcdef1","code":"half-bumped"}
E
release ring-b ring-a abcdef1000000000000000000000000000000000
run take_over
ok '... and such an image is not taken over' refused_as held-by-another-ring

start_two
run set_ring ring-a 5e0c1f7
cp $manifest without
with_values 'cart: {env: {LEVEL: debug, X: 1}}'
release ring-b ring-a "$lower"
run take_over
ok 'a ring that has values beside its image is not superseded' refused_as held-by-another-ring
ok '... for that reason' out_has 'ring-a has values beside its image, so it cannot be taken over: clear that ring'
with_values ''
ok '... until they are taken back' diff without $manifest
run take_over
ok '... and then it is' out_has '"took_over":"ring-a"'
with_values 'cart: {env: {LEVEL: debug, X: 1}}'
edit 's/\(LEVEL\|X\): .*/\1: mine/'
run clear_ring ring-a
ok 'the mark of a map whose values have lost theirs goes with a clear' \
	diff <(cat before <(printf '%s\n' '          env:' '            LEVEL: mine' '            X: mine')) $manifest

# An open proposal that is made again for a ring that is kept

catalogue "$full"
sed -i 's#^  cart:#&\n    repository: shop/cart#' ring.yaml
start_two
run set_ring ring-a 5e0c1f7
digest=sha256:$(printf '%064d' 7)
release ring-b ring-a "$lower"
sed -i "s/\"tag\":\"6e0c1f7\"/&,\"digest\":\"$digest\"/" release.json
take_over >patches
ok 'a digest is written' grep -qF "\"value\":\"$digest\"" patches
applypatch -q -C gitops --branch release/cart/ring-b --onto main <patches >/dev/null
echo '{"type":"release","action":"keep","service":"cart","repository":"shop/cart","ring":"ring-b","labels":[],"reasons":["running"],"warnings":[]}' |
	framed ringcheck >keep.json
# the marks of an edit have no order
edits() { jq -sc '.[0] | [.took_over, (.edits | map(.marks |= sort_by(.path)))]' "$1"; }
tenant | mkpatch -C gitops --release keep.json --proposals . >kept
ok 'a kept proposal has its digest, and takes the tenant over again' test "$(edits kept)" = "$(edits patches)"
run set_ring ring-a 7e0c1f7
tenant | run mkpatch -C gitops --release keep.json --proposals .
ok '... unless that runs another commit now' refused_as held-by-another-ring

catalogue '{pullPolicy: x}'
sed -i 's#charts: {cart:.*#charts: {shop/cart: FORM}#; s#charts: {till:.*#charts: {shop/till: FORM}#; s#FORM#{repository: image/repository, tag: image/tag, replace: true}#' ring.yaml
application <<<'other: 1' | start
run set_ring ring-a 5e0c1f7
service=till run set_ring ring-a 6e0c1f7
ok 'two services have a ring of one name, in a map that one of them made' test "$(grep -c '# ringkit: .* made' $manifest)" = 5
ringls -C gitops | mkpatch -C gitops --remove | run apply
ok '... and a clear of both at once leaves no empty map' comes_back

catalogue '{repository: image/repository, tag: version/tag, replace: true}'
application <<<$'cart:\n  version: {x: 1}' | start
run patch_for ring-a --tag 5e0c1f7
ok 'an image of which only a part would have a mark is refused' refused_as no-mark

finish
