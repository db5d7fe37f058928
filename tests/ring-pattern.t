#!/usr/bin/env bash
# A catalogue whose rings are called rollout/NAME, from the pull request to the commit and back.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit
repo gitops
sed '3a ring: rollout/{name}' "$examples/releases/ring.yaml" >ring.yaml
export RING_CATALOG=$tmp/ring.yaml
sha=0123456789abcdef0123456789abcdef01234567
was=$(git -C gitops rev-parse 'HEAD^{tree}')
git -C gitops branch -m main
git -C gitops checkout -q --detach
tenants() { printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed cohort-resolve; }
atlas() { run mkpatch -C gitops -r main --service atlas --ring "$1" --tag "$sha" "${@:2}"; }
apply() { cp out patches && run applypatch -C gitops --branch main <patches; }

atlas rollout/lean < <(tenants acme)
apply
ok 'a tenant gets the image of its ring, with "-" for "/"' test \
	"$(git -C gitops show main | sed -n 's/^+ *\(repository: \)/\1/p' | sort -u)" = 'repository: ghcr.io/atlanhq/atlas-metastore-rollout-lean'
run ringls -C gitops -r main --tenant acme
ok 'ringls lists the ring by its branch' test "$(jq -r 'select(.type == "override").ring' out | sort -u)" = rollout/lean
run ringls -C gitops -r main --ring rollout/lean
ok '--ring takes the name of the branch' test "$(jq -r 'select(.type == "override").tenant' out | sort -u)" = acme
run ringls -C gitops -r main
ok 'an image of another pattern belongs to no ring' test "$(jq -r 'select(.type == "override").tenant' out | sort -u)" = acme
atlas rollout/other < <(tenants acme)
ok 'another ring is refused the tenant' out_has '"code":"held-by-another-ring"'
atlas rollout/lean < <(tenants beta)
ok 'an image of another pattern is foreign' out_has '"code":"foreign-override"'
run mkpatch -C gitops -r main --service atlas --ring rollout/lean --remove < <(tenants acme)
apply
ok 'clearing gives back the bytes' test "$(git -C gitops rev-parse 'main^{tree}')" = "$was"
for wrong in ring-lean rollout-lean rollout/ rollout/a/b main rollout/Lean rollout/-a; do
	atlas "$wrong" < <(tenants acme)
	ok "\"$wrong\" is not a ring: 2" exits 2
done
ok 'the message names the catalogue' err_has '--ring'

# The ring in the tag

sed 's/^    image: .*metastore.*/    image: ghcr.io\/atlanhq\/atlas-metastore/; /^  atlas:/,$s/^    tag: .*/    tag: "{ring}.x{sha:7}"/' ring.yaml >tag.yaml
run mkpatch -C gitops -r main -c tag.yaml --service atlas --ring rollout/lean --tag rollout-lean.x0123456 < <(tenants acme)
apply
ok 'in a tag, too, "-" is written for "/"' test \
	"$(git -C gitops show main | sed -n 's/^+ *\(tag: \)/\1/p' | sort -u)" = 'tag: rollout-lean.x0123456'
run ringls -C gitops -r main -c tag.yaml --tenant acme
ok 'ringls finds ring and commit in the tag' test \
	"$(jq -r 'select(.type == "override") | "\(.ring) \(.commit)"' out | sort -u)" = 'rollout/lean 0123456'
run mkpatch -C gitops -r main -c tag.yaml --service atlas --ring rollout/lean --remove < <(tenants acme)
apply
ok '... and clearing gives back the bytes' test "$(git -C gitops rev-parse 'main^{tree}')" = "$was"

# The service's repository

git init -q -b master service
(
	cd service && echo 1 >a && git add a && git commit -qm base && git branch rollout/lean && git branch ring-a &&
		git branch rollout/a/b 2>branches || git branch rollout/b
	echo 2 >b && git add b && git commit -qm more
	git checkout -q --detach
)
run ringsync -C service --service atlas --all
ok 'ringsync --service --all merges into the rings of the pattern only' test \
	"$(jq -r 'select(.type == "sync") | "\(.branch) \(.status)"' out | grep -v '/b' | sort)" = 'rollout/lean merged'
run ringsync -C service --service atlas < <(echo ring-a)
ok 'another branch is not a ring' out_has '"code":"not-a-ring"'
run ringsync -C service --from master < <(printf '%s\n' ring-a rollout/lean)
ok 'without a catalogue, the names of rings start with "ring-"' test \
	"$(jq -r 'select(.branch) | "\(.branch) \(.status // .code)"' out | sort)" = $'ring-a merged\nrollout/lean not-a-ring'

head=$(git -C service rev-parse rollout/lean)
payload() { sed "s/HEAD/$head/; s,ring-leangraph,$1,g" "$top/tests/payloads/$2"; }
payload rollout/lean gh-run-list.json >runs.json
run ringcheck --service atlas --runs runs.json < <(payload rollout/lean gh-pr-view.json)
ok 'ringcheck counts the pull request of a ring of the pattern' test \
	"$(jq -r 'select(.type == "release") | "\(.action) \(.ring) \(.image.repository)"' out)" = 'set rollout/lean ghcr.io/atlanhq/atlas-metastore-rollout-lean'
payload ring-lean gh-run-list.json >runs.json
run ringcheck --service atlas --runs runs.json < <(payload ring-lean gh-pr-view.json)
ok '... and no other' test "$(jq -r 'select(.type == "release") | "\(.action) \(.reasons[0])"' out)" = 'none no-ring'

# The catalogue

for wrong in '{name}' 'ri{name}' 'ring-' 'ring-{name}{name}' 'Ring-{name}' 'ring-{other}' '/ring-{name}' '[ring-{name}]'; do
	sed "3a ring: '$wrong'" "$examples/releases/ring.yaml" >wrong.yaml
	run ringls -C gitops -c wrong.yaml
	ok "the pattern $wrong is invalid: 78" eval 'exits 78 && err_lines 1'
done
sed '3a ring: mas{name}' "$examples/releases/ring.yaml" >wrong.yaml
run ringls -C gitops -c wrong.yaml
ok 'a pattern that matches the branch of a service is invalid' eval 'exits 78 && err_has "matches the branch"'
finish
