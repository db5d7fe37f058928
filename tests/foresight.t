#!/usr/bin/env bash
# Whatever applypatch would refuse of a record, mkpatch refuses: a refusal that comes late stops all tenants of the stream.
# Every YAML and JSON file of the tests, the examples and the corpus is a manifest, in which any chart is the umbrella.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
export RING_CATALOG=$tmp/ring.yaml
cat >ring.yaml <<'END'
manifests: tenants/{tenant}
max-tenants: 100000
umbrella: {}
services:
  root: {image: "ghcr.io/acme/root-{ring}", charts: {fresh: image}}
  deep: {image: "ghcr.io/acme/deep-{ring}", charts: {global: a/b/image, atlas: {reference: spec/image}}}
  here: {image: "ghcr.io/acme/here-{ring}", charts: {a: b, checkout: image, redis: {repository: image/name, tag: image/version}}}
END
files() { find "$top/tests" "$examples" "$corpus" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \) 2>&- | sort; }
mkdir -p text/tenants
n=0
files | while IFS= read -r file; do cp "$file" "text/tenants/t$((n += 1))"; done
/usr/bin/python3 "$top/tests/manifests.py" 300 3 made
for n in $(seq 0 299); do cp "made/tenants/t$n/application.yaml" "text/tenants/m$n"; done
# and a filter converts one of them
echo 'tenants/m7 filter=secret' >text/.gitattributes
repo manifests text
git -C manifests checkout -q --detach
tree() { git -C manifests rev-parse 'main^{tree}'; }
tenants() { git -C manifests ls-tree --name-only main tenants/ | sed 's/.*/{"type":"tenant","tenant":"&"}/; s|tenants/||' | framed; }
# release OPTION ...: for all tenants and the service $service
release() {
	tenants | mkpatch -q -C manifests -r main --service "$service" --ring ring-a "$@" | tee patches |
		applypatch -q -C manifests --branch main --partial >results
	of_mkpatch=$(jq -r 'select(.type == "refused" and .by == "mkpatch").tenant' results | wc -l)
	late=$(jq -c 'select(.type == "refused" and .by == "applypatch")' results)
	changed=$(jq -r 'select(.status == "committed").tenant' results | wc -l)
	echo "# $service $1: $changed changed, $of_mkpatch refused by mkpatch"
}
none_late() { [ -z "$late" ] || { printf '%s\n' "$late" && false; }; }

before=$(tree) all=0
for service in root deep here; do
	release --tag 1e3
	ok "$service: applypatch makes every change that mkpatch writes" none_late
	all=$((all + changed))
	release --remove
	ok "$service: ... and every one that clears" none_late
	ok "$service: set, then clear, restores every byte" test "$(tree)" = "$before"
	git -C manifests diff --stat "$before" main | head -n 5 | sed 's/^/# /'
	git -C manifests branch -qf main HEAD
done
echo "# $(tenants | wc -l) manifests, $all changes"
ok 'at least 1,000 manifests were changed' test "$all" -ge 1000

finish
