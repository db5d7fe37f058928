# The edge cases of a release, from the labels to the bytes, with the real programs on the examples.
# The GitOps repository is bare, so that the tests read what was committed.

. "$(dirname "$0")/lib.sh"

sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a other=0123456789abcdef0123456789abcdef01234567
lean=ghcr.io/atlanhq/atlas-metastore-ring-leangraph
repo gitops && repo releases || exit
mv "$tmp/gitops" "$tmp/work" && git clone -q --bare "$tmp/work" "$tmp/gitops" && cp -R "$tmp/gitops" "$tmp/pristine"
cd "$tmp" || exit
export RING_CATALOG=$tmp/releases/ring.yaml

# afresh: the examples again, as they were; their first commit
afresh() {
	rm -rf gitops releases work && cp -R pristine gitops && cp -R "$examples/releases" . && git clone -q gitops work
	first=$(git -C gitops rev-parse main)
}
# put PATH: standard input becomes this file of the GitOps repository, in another author's commit
put() {
	git -C work pull -q --ff-only && mkdir -p "work/$(dirname "$1")" && cat >"work/$1" &&
		git -C work add -A && git -C work commit -qm "$1" && git -C work push -q && first=$(git -C work rev-parse HEAD)
}
cohorts() { printf 'cohort:github:path:%s\n' "$@" | labels2json | cohort-resolve -C releases; }
tenants() { printf 'cohort:tenant:name:%s\n' "$@" | labels2json | cohort-resolve -C releases; }
# patches RING TAG [OPTION ...], and release with the same arguments: for the service atlas and the tenants on standard input
patches() { mkpatch -q -C gitops -r main --service "${service:-atlas}" --ring "$1" --tag "$2" "${@:3}"; }
release() { patches "$@" | tee patches | applypatch -q -C gitops --branch main $partial; }
partial=

tip() { git -C gitops rev-parse main; }
unmoved() { [ "$(tip)" = "$1" ] && [ "$(git -C gitops for-each-ref | wc -l)" -eq 1 ]; }
file() { git -C gitops cat-file blob "$1:$2"; }
manifest() { file "$1" "tenants/$2/application.yaml"; }
as_it_was() { for tenant; do diff <(manifest "$first" "$tenant") <(manifest main "$tenant") || return; done; }
changed() { git -C gitops diff --name-only "${1:-$first}" main | cut -d/ -f2; }
changed_are() { diff <(changed) <(printf '%s\n' "$@"); }
# refused CODE TENANT: there is one such refusal in the output, and no patch of that tenant
refused() {
	jq -es --arg c "$1" --arg t "$2" '[.[] | select(.type == "refused" and .code == $c and .tenant == $t)] | length == 1' out &&
		! jq -e --arg t "$2" 'select(.type == "patch" and .tenant == $t)' patches
}
# lists RING: the tenants and charts that ringls finds
lists() { ringls -q -C gitops -r main --ring "$1" | jq -r 'select(.type == "override") | "\(.tenant) \(.chart) \(.image.tag)"'; }
images() { grep -c "repository: $lean\$"; }

# Both charts or neither

afresh
tenants acme delta | run release ring-leangraph $sha
ok 'both charts of a service are set in one commit' test "$(git -C gitops rev-list --count $first..main)" -eq 1
for tenant in acme delta; do
	ok "... in $tenant" test "$(manifest main $tenant | images)" -eq 2
done
afresh
sed '/^    helm:/,$d' work/tenants/delta/application.yaml >pinned &&
	printf '    helm:\n      valuesObject:\n        atlas-read:\n          atlas:\n            image: {repository: example.com/pinned, tag: x}\n' >>pinned
put tenants/delta/application.yaml <pinned
partial=--partial
tenants acme delta | run release ring-leangraph $sha
ok "a chart that another author has pinned refuses the service's other chart too" refused foreign-override delta
ok '... with status 1' exits 1
ok '... and not a byte of that manifest changes' as_it_was delta
ok '... while the other tenant gets both' test "$(manifest main acme | images)" -eq 2
partial=
git -C gitops update-ref refs/heads/main "$first"
tenants acme delta | run release ring-leangraph $sha
ok '... or no tenant, when the release is all or nothing' unmoved "$first"
tenants acme | release ring-leangraph $sha >results
sed "/^        atlas-read:/,\$s/tag: $sha/tag: $other/" <(manifest main acme) | put tenants/acme/application.yaml
ok 'another author has changed one of the two' test "$(lists ring-leangraph)" = "acme atlas $sha
acme atlas-read $other"
tenants acme | run patches ring-leangraph $sha
ok '... a release brings both to the same tag again' test "$(jq -r 'select(.type == "patch").edits[0].patch[] | select(.op == "replace") | .path' out)" = \
	/spec/source/helm/valuesObject/atlas-read/atlas/image/tag
tenants acme | mkpatch -C gitops -r main --service atlas --ring ring-leangraph --remove | applypatch -C gitops --branch main >results
ok '... and a clearing clears both' test -z "$(lists ring-leangraph)"

# Two rings on one tenant

afresh
tenants acme delta | release ring-leangraph $sha >results
held=$(tip)
tenants acme ember | run release ring-search-fix $other
ok 'a tenant that one ring holds is refused to the second' refused held-by-another-ring acme
ok '... with the images of both' out_has "expected ghcr.io/atlanhq/atlas-metastore-ring-search-fix, got $lean"
ok '... with status 1' exits 1
ok '... and nothing is written for any tenant' unmoved "$held"
partial=--partial
tenants acme ember | run release ring-search-fix $other
ok 'with --partial the second ring gets the tenants that are free' test "$(changed "$held")" = ember
ok '... and the first keeps its own' test "$(lists ring-leangraph)" = "acme atlas $sha
acme atlas-read $sha
delta atlas $sha
delta atlas-read $sha"
partial=
afresh
run applypatch -q -C gitops --branch main < <(tenants acme | patches ring-leangraph $sha && tenants acme | patches ring-search-fix $other)
ok 'two rings that ask for one tenant in one stream are refused as stale' out_has '"code":"stale"'
ok '... and nothing is written' unmoved "$first"
tenants acme | patches ring-search-fix $other >late
tenants acme | release ring-leangraph $sha >results
held=$(tip)
run applypatch -q -C gitops --branch main <late
ok 'a ring that was overtaken by another is stale' out_has '"code":"stale"'
ok '... with status 75, because another run may succeed' exits 75
ok '... and the first ring stays' unmoved "$held"
tenants acme | mkpatch -C gitops -r main --service atlas --ring ring-leangraph --remove | applypatch -C gitops --branch main >results
tenants acme | run release ring-search-fix $other
ok 'when the first is cleared, the second gets it' test "$(lists ring-search-fix | grep -c '^acme ')" -eq 2

# A label removed

afresh
cohorts internal-level-1 enterprise-level-1 | release ring-leangraph $sha --reconcile >results
held=$(tip)
ok 'two labels release to the tenants of both' changed_are acme corvid delta ember fjord juniper lumen mistral
cohorts internal-level-1 | run release ring-leangraph $sha --reconcile
ok 'a label removed clears its tenants' as_it_was juniper lumen mistral
ok '... in one commit' test "$(git -C gitops rev-list --count "$held"..main)" -eq 1
ok '... and touches no other' test "$(changed "$held" | xargs)" = 'juniper lumen mistral'
ok '... so that the first commit and the second differ in the tenants of the other label' changed_are acme corvid delta ember fjord
ok '... and the other ring still holds its own' test "$(lists ring-search-fix | cut -d' ' -f1 | sort -u)" = beta
ok '... with status 0' exits 0
held=$(tip)
cohorts internal-level-1 | run release ring-leangraph $sha --reconcile
ok '... and the next run has nothing to do' unmoved "$held"
cohorts internal-level-1 enterprise-level-1 | release ring-leangraph $sha --reconcile >results
ok 'the label, added again, gives its tenants the image again' test "$(changed | xargs)" = 'acme corvid delta ember fjord juniper lumen mistral'

# An empty selection

held=$(tip)
labels2json </dev/null | cohort-resolve -C releases | run release ring-leangraph $sha --reconcile
ok 'an empty selection clears nothing' unmoved "$held"
ok '... with status 0' exits 0
ok '... and says so' grep -q -- '--allow-empty' <(labels2json </dev/null | cohort-resolve -C releases | mkpatch -C gitops -r main --service atlas --ring ring-leangraph --tag $sha --reconcile 2>&1 >results)
labels2json </dev/null | cohort-resolve -C releases | run release ring-leangraph $sha --reconcile --allow-empty
ok 'with --allow-empty it clears all, and all is as it was' test -z "$(changed)"

# A cohort file renamed, or over its limit

afresh
cohorts internal-level-1 enterprise-level-1 | release ring-leangraph $sha --reconcile >results
held=$(tip)
mv releases/cohorts/enterprise-level-{1,2}.yaml
partial=--partial
cohorts internal-level-1 enterprise-level-1 2>err | run release ring-leangraph $sha --reconcile
ok 'a cohort file renamed clears nothing' unmoved "$held"
ok '... and is refused as no-such-cohort' out_has '"code":"no-such-cohort"'
ok '... with status 1' exits 1
cohorts internal-level-1 enterprise-level-1 2>err | run release ring-leangraph $other --reconcile
ok '... and the tenants of the other label are released' test "$(changed "$held" | xargs)" = 'acme corvid delta ember fjord'
git -C gitops update-ref refs/heads/main "$held"
mv releases/cohorts/enterprise-level-{2,1}.yaml
sed -i 's/^max-tenants: .*/max-tenants: 4/' releases/ring.yaml
cohorts internal-level-1 enterprise-level-1 2>err | run release ring-leangraph $sha --reconcile
ok 'a cohort over its limit clears nothing' unmoved "$held"
ok '... and is refused as too-many-tenants' out_has '"code":"too-many-tenants"'
cohorts internal-level-1 2>err | run release ring-leangraph $sha --reconcile
ok '... also if it is the only one' unmoved "$held"
partial=
cohorts internal-level-1 enterprise-level-1 2>err | run release ring-leangraph $other --reconcile
ok 'a release that is all or nothing then does nothing' unmoved "$held"

# The catalogue's image changed while a ring is released

afresh
cohorts internal-level-1 | release ring-leangraph $sha --reconcile >results
held=$(tip)
lists ring-leangraph >before
image='ghcr.io/atlanhq/atlas-metastore-{ring}'
sed -i "s,image: $image,image: [\"registry.example.com/atlas-{ring}\"\, \"$image\"]," releases/ring.yaml
ok "when the catalogue's image changes, a released ring is still listed" same before <(lists ring-leangraph)
tenants acme | run release ring-leangraph $sha --reconcile
ok '... and still cleared' test "$(changed | xargs)" = acme
ok '... tenants that stay selected get the new image' test "$(manifest main acme | grep -c 'repository: registry.example.com/atlas-ring-leangraph$')" -eq 2
ok '... is listed with it' test "$(lists ring-leangraph | wc -l)" -eq 2
tenants acme | mkpatch -C gitops -r main --service atlas --ring ring-leangraph --remove | applypatch -C gitops --branch main >results
ok '... and cleared from it' as_it_was acme
git -C gitops update-ref refs/heads/main "$held"
ringls -C gitops -r main --ring ring-leangraph | mkpatch -C gitops -r main --remove | run applypatch -C gitops --branch main
ok 'all that is listed can be cleared' test -z "$(changed)"
git -C gitops update-ref refs/heads/main "$held"
cp releases/ring.yaml both.yaml
sed -i 's,image: \["registry.*,image: registry.example.com/atlas-{ring},' releases/ring.yaml
tenants acme | run release ring-leangraph $sha
ok "an image that the catalogue no longer has is refused" refused foreign-override acme
ok '... and stays' unmoved "$held"

# Several manifests of one tenant

several() {
	afresh
	sed -i 's,^manifests: .*,manifests: ["tenants/{tenant}/application.yaml"\, "clusters/*/{tenant}.yaml"],' releases/ring.yaml
	for cluster in eu us; do
		sed "s/^  name: acme/&-$cluster/" "$examples/gitops/tenants/acme/application.yaml" | put clusters/$cluster/acme.yaml
	done
}
paths() { jq -r "select(.type == \"$1\") | \"\\(.tenant) \\(.path)\"" "$2"; }
all_of_acme='acme tenants/acme/application.yaml
acme clusters/eu/acme.yaml
acme clusters/us/acme.yaml'
several
tenants acme | run release ring-leangraph $sha
ok 'several manifests of one tenant have one patch record each' test "$(paths patch patches)" = "$all_of_acme"
ok '... one result each' test "$(paths result out)" = "$all_of_acme"
ok '... and one commit' test "$(git -C gitops rev-list --count "$first"..main)" -eq 1
for path in tenants/acme/application.yaml clusters/eu/acme.yaml clusters/us/acme.yaml; do
	ok "... which sets $path" test "$(file main $path | images)" -eq 2
done
ok 'ringls lists them all' test "$(lists ring-leangraph | wc -l)" -eq 6
tenants corvid | run release ring-leangraph $sha
ok 'a pattern that matches nothing for a selected tenant is no-manifest' refused no-manifest corvid
ok '... which names the missing path' out_has 'clusters/*/corvid.yaml'
ok '... and nothing is written for it' as_it_was corvid
tenants acme | mkpatch -C gitops -r main --service atlas --ring ring-leangraph --remove | applypatch -C gitops --branch main >results
ok 'cleared, all are as they were' test -z "$(changed)"
tenants acme | release ring-leangraph $sha >results
manifest main delta | sed 's/delta/delta-eu/' | put clusters/eu/delta.yaml
tenants delta | run release ring-leangraph $sha --reconcile
ok 'no longer selected, all of them are cleared' test "$(paths patch patches | grep acme)" = "$all_of_acme"
ok '... in the one commit that sets another tenant' test "$(git -C gitops diff --name-only "$first" main | xargs)" = \
	'clusters/eu/acme.yaml clusters/eu/delta.yaml clusters/us/acme.yaml tenants/acme/application.yaml tenants/delta/application.yaml'
ok '... to the bytes that they had before' same <(file main clusters/us/acme.yaml) <(sed 's/^  name: acme/&-us/' "$examples/gitops/tenants/acme/application.yaml")

several
sed 's/^  name: acme/&-us/; s/chart: atlan/chart: another/' "$examples/gitops/tenants/acme/application.yaml" | put clusters/us/acme.yaml
before=$(tip)
partial=--partial
tenants acme | run release ring-leangraph $sha
ok 'one manifest that is refused refuses the tenant' refused other-chart acme
ok '... in none of its manifests is a byte changed' unmoved "$before"
several
tenants acme | patches ring-leangraph $sha >late
sed "s/^  name: acme/&-us/; s,^        heracles:,        atlas: {atlas: {image: {repository: $lean\, tag: y}}}\n&," \
	"$examples/gitops/tenants/acme/application.yaml" | put clusters/us/acme.yaml
before=$(tip)
run applypatch -q -C gitops --branch main --partial <late
ok 'one that its patch no longer applies to withholds the others' unmoved "$before"
ok '... is refused as stale' out_has '"code":"stale"'
several
tenants acme | release ring-leangraph $sha >results
file main clusters/eu/acme.yaml | sed "s/ring-leangraph/ring-search-fix/" | put clusters/eu/acme.yaml
before=$(tip)
tenants acme | run release ring-leangraph $other
ok 'one that another ring holds refuses the tenant' refused held-by-another-ring acme
ok '... and the others keep the image they have' unmoved "$before"
partial=

# Manifests per service

several
sed -i 's,^manifests: .*,manifests: tenants/{tenant}/application.yaml,; s,^  heracles:,&\n    manifests: "clusters/*/{tenant}.yaml",' releases/ring.yaml
tenants acme | run release ring-leangraph $sha
ok "a service without manifests of its own has the catalogue's" test "$(paths patch patches)" = 'acme tenants/acme/application.yaml'
service=heracles
tenants acme | run release ring-leangraph $sha
ok 'one with its own has these' test "$(paths patch patches)" = $'acme clusters/eu/acme.yaml\nacme clusters/us/acme.yaml'
tenants corvid | run release ring-leangraph $sha
ok "... and the catalogue's do not count for it" refused no-manifest corvid
ok 'ringls looks for each service in its own' test "$(ringls -C gitops -r main --ring ring-leangraph | jq -r 'select(.type == "override") | "\(.service) \(.path)"' | sort -u)" = \
	'atlas tenants/acme/application.yaml
heracles clusters/eu/acme.yaml
heracles clusters/us/acme.yaml'
manifest main corvid | put clusters/eu/corvid.yaml
tenants corvid | release ring-leangraph $sha --reconcile >results
ok 'a reconcile of the one clears nothing of the other' test "$(lists ring-leangraph | cut -d' ' -f1,2 | sort)" = $'acme atlas\nacme atlas-read\ncorvid heracles'

ok 'at the end the repository passes git fsck' git -C gitops fsck --strict
finish
