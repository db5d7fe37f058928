#!/usr/bin/env bash
# Set, then clear, changes nothing: on generated manifests of every kind, compared by the ids of the trees.
# MANIFESTS and SEED choose how many and which; `make check-long` uses 10,000.
. "$(dirname "$0")/lib.sh"

count=${MANIFESTS:-200} seed=${SEED:-1}
export RING_CATALOG=$examples/releases/ring.yaml
cd "$tmp" || exit 1
/usr/bin/python3 "$top/tests/manifests.py" "$count" "$seed" text
repo made text
git -C made checkout -q --detach
tree() { git -C made rev-parse "main^{tree}"; }
tenants() { seq -f '{"type":"tenant","tenant":"t%.0f"}' 0 $((count - 1)) | framed; }
set_all() { tenants | mkpatch -q -C made -r main --service "$1" --ring ring-leangraph --tag "$2" | applypatch -C made --branch main --partial >results; }
clear_all() { tenants | mkpatch -q -C made -r main --service "$1" --ring ring-leangraph --remove | applypatch -C made --branch main --partial >results; }
# look WHAT: remember the tree in $set and how many were committed, and print what became of the manifests
look() {
	set=$(tree)
	echo "# $1:"
	counted result status
	counted refused code
	committed=$(jq -s '[.[] | select(.status == "committed")] | length' results)
}
counted() { jq -r "select(.type == \"$1\").$2" results | sort | uniq -c | sort -rn | sed 's/^/# /'; }

before=$(tree)
for service in atlas heracles; do
	set_all $service 1e3
	look "$service in $count manifests (seed $seed)"
	ok "$service: at least two thirds are set" test $((committed * 3)) -ge $((count * 2))
	ok "$service: the others are refused by one of the rules" test -z "$(jq -r 'select(.type == "refused").code' results |
		grep -vx -e null-parent -e empty-flow -e not-a-map -e bad-values)"
	set_all $service 1e3
	ok "$service: a second set changes nothing" test "$(tree)" = "$set"
	clear_all $service
	ok "$service: no clear is refused" not grep -q '"refused"' <(grep -v '"type":"end"' results)
	ok "$service: set, then clear, restores every byte" test "$(tree)" = "$before"
	git -C made diff --stat "$before" main | head -n 5 | sed 's/^/# /'
	set_all $service 1e3
	ok "$service: so does clear, then set" test "$(tree)" = "$set"
	set_all $service 0644
	set_all $service 1e3
	ok "$service: so does another tag and back again" test "$(tree)" = "$set"
	git -C made branch -qf main HEAD
done

# Values that are a string, in every style
count=$(/usr/bin/python3 "$top/tests/strings.py" strings)
repo strung strings
git -C strung checkout -q --detach
rm -rf made && mv strung made
before=$(tree)
set_all heracles 1e3
look "$count strings in every style"
ok 'strings: at least 3,000 are set' test "$committed" -ge 3000
ok 'strings: the others are refused by one of the rules' test -z "$(jq -r 'select(.type == "refused") | "\(.by) \(.code)"' results |
	grep -vx -e 'mkpatch null-parent' -e 'mkpatch empty-flow' -e 'mkpatch string-style' -e 'mkpatch not-a-map')"
clear_all heracles
ok 'strings: no clear is refused' not grep -q '"refused"' <(grep -v '"type":"end"' results)
ok 'strings: set, then clear, restores every byte' test "$(tree)" = "$before"
git -C made diff --stat "$before" main | head -n 5 | sed 's/^/# /'
set_all heracles 1e3
ok 'strings: so does clear, then set' test "$(tree)" = "$set"

# Images that the tenants have already, replaced under marks; IMAGES chooses how many
count=${IMAGES:-200}
rm -rf text made
/usr/bin/python3 "$top/tests/manifests.py" "$count" "$seed" text images
repo made text
git -C made checkout -q --detach
form() { printf '{repository: %s/repository, tag: %s/tag, digest: %s/digest, replace: true}' "$1" "$1" "$1"; }
sed -E "s#^( +(heracles|atlas|atlas-read)): ((atlas/)?image)\$#\1: @\3@#; s#@atlas/image@#$(form atlas/image)#; s#@image@#$(form image)#" \
	"$RING_CATALOG" >ring.yaml
RING_CATALOG=$tmp/ring.yaml
# refusals SERVICE: set $others to how many are refused, except for no-mark in JSON and flow style, as PyYAML sees that
refusals() {
	jq -r 'select(.type == "refused" and .code == "no-mark") | "text/tenants/\(.tenant)/application.yaml"' results >unmarked
	xargs /usr/bin/python3 "$top/tests/flow.py" "$1" <unmarked | sort | uniq -c | sed 's/^/# no-mark:/' | tee styles
	others=$(($(jq -s '[.[] | select(.type == "refused")] | length' results) - $(awk '$4 != "block" { n += $3 } END { print n + 0 }' styles)))
}
before=$(tree)
for service in atlas heracles; do
	set_all $service 1e3
	look "$service in $count manifests with images (seed $seed)"
	refusals $service
	ok "$service over images: at most 3 % are refused that are not JSON or in flow style" test $((others * 100)) -le $((count * 3))
	ok "$service over images: the others are refused by one of the rules" test -z "$(jq -r 'select(.type == "refused").code' results |
		grep -vx -e null-parent -e empty-flow -e not-a-map -e bad-values -e no-mark -e foreign-override)"
	set_all $service 1e3
	ok "$service over images: a second set changes nothing" test "$(tree)" = "$set"
	set_all $service 0644
	clear_all $service
	ok "$service over images: no clear is refused" not grep -q '"refused"' <(grep -v '"type":"end"' results)
	ok "$service over images: set, change, clear restores every byte" test "$(tree)" = "$before"
	git -C made diff --stat "$before" main | head -n 5 | sed 's/^/# /'
	set_all $service 1e3
	ok "$service over images: so does clear, then set" test "$(tree)" = "$set"
	git -C made branch -qf main HEAD
done
ok 'the repository is sound' git -C made fsck --strict

finish
