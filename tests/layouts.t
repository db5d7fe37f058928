#!/usr/bin/env bash
# Layouts of a GitOps repository that the catalogue can describe: what is set in each, and what is refused.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
export RING_CATALOG=$tmp/ring.yaml
tag=41207e5

# start: an empty GitOps repository
start() {
	rm -rf gitops
	git init -q gitops && git -C gitops commit -q --allow-empty -m 'Empty' && git -C gitops checkout -q --detach
}
# put PATH <<<TEXT: a file of the next commit
put() { mkdir -p "gitops/$(dirname "$1")" && cat >"gitops/$1"; }
# commit: all files that were put become the branch main
commit() { git -C gitops add -A && git -C gitops commit -qm 'As it was' && git -C gitops branch -f main && before=$(tree); }
tree() { git -C gitops rev-parse 'main^{tree}'; }
show() { git -C gitops show "main:$1"; }
tenants() { printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed; }
patches() { mkpatch -q -C gitops -r main --service cart --ring "${ring:-ring-fast}" "$@"; }
apply() { applypatch -q -C gitops --branch main --partial; }
# set_ring TENANT ..., clear_ring TENANT ...: one commit
set_ring() { tenants "$@" | patches --tag "$tag" | apply; }
clear_ring() { tenants "$@" | patches --remove | apply; }
# refused CODE: the only tenant of the last run was refused with this code, and nothing has changed
refused() { [ "$(sed -n 's/.*"type":"refused".*"code":"\([^"]*\)".*/\1/p' out)" = "$1" ] && unchanged; }
reason() { grep -qF -- "$1" <(sed -n '/"type":"refused"/ { s/.*"reason":"//; s/\\\(.\)/\1/g; p; }' out); }
unchanged() { [ "$(tree)" = "$before" ]; }
changed() { ! unchanged; }
# is PATH JQ-EXPRESSION: what a YAML file of main says
is() { show "$1" | yq -e "$2"; }

# Files that are not for Helm

# charts for the umbrella's values
umbrella() {
	cat <<-END
		manifests: $1
		umbrella: {chart: shop}
		services: {cart: {image: "ghcr.io/shop/cart-{ring}", charts: {cart: image}}}
	END
}
application() { printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' "metadata: {name: shop}" 'spec:' '  source:' \
	'    chart: shop' '    helm:' '      valuesObject:' '        cart:' '          image:' '            pullPolicy: Always'; }

n=0
# not_helm NAME TEXT: it is refused when the catalogue names the file, when a pattern matches it, and beside values
not_helm() {
	n=$((n + 1))
	start
	printf '%b' "$2" | put "tenants/acme/$1"
	commit
	umbrella "tenants/{tenant}/$1" >ring.yaml
	run set_ring acme
	ok "not for Helm: $1 with $(printf %q "$2")" refused not-helm
	umbrella 'tenants/{tenant}/*' >ring.yaml
	run set_ring acme
	ok '... also where a pattern matches it' refused not-helm
	application | put tenants/acme/app.yaml
	commit
	run set_ring acme
	ok '... and beside an Application, only that is changed' test "$(git -C gitops diff --name-only HEAD main)" = tenants/acme/app.yaml
	run clear_ring acme
	ok '... and cleared' unchanged
}
not_helm kustomization.yaml 'cart: {}\n'
not_helm kustomization.yml 'namespace: acme\n'
not_helm kustomization.json '{"cart": {"image": {}}}\n'
not_helm kustomization.yaml ''
not_helm kustomization.yaml '# nothing yet\n'
not_helm Kustomization 'resources: [cart.yaml]\ncart: {}\n'
not_helm Chart.yaml 'name: cart\nversion: 1.0.0\ncart: {}\n'
not_helm Chart.lock 'dependencies: []\ncart: {}\n'
not_helm fleet.yaml 'defaultNamespace: acme\nhelm: {chart: shop}\ncart: {}\n'
not_helm values.schema.json '{"cart": {"image": {"type": "object"}}}\n'
not_helm cart.schema.json '{}'
not_helm base.yaml 'resources: [cart.yaml]\nnamePrefix: acme-\ncart: {}\n'
not_helm overlay.yaml 'resources:\n- ../base\nimages:\n- {name: ghcr.io/shop/cart, newTag: v1}\ncart: {image: {}}\n'
not_helm patched.yml 'cart: {}\npatches: []\nresources: []\n'
not_helm chart.yaml 'apiVersion: v2\nname: cart\ncart: {}\n'
not_helm config.yaml 'cart: {image: {}}\napiVersion: example.com/v1\n'
not_helm config.json '{"apiVersion": "v1", "cart": {}}'
not_helm pod.yml 'apiVersion: v1\nmetadata: {name: cart}\n'
not_helm two.yaml 'apiVersion: v1\nmetadata: {name: a}\n---\napiVersion: v1\ncart: {}\n'
not_helm any.yaml 'apiVersion: ""\ncart: {}\n'
ok 'twenty names and shapes were tried' test $n -eq 20

# neighbour NAME TEXT: it does not hinder a release, and stays as it is
neighbour() {
	start
	application | put tenants/acme/app.yaml
	printf '%b' "$2" | put "tenants/acme/$1"
	commit
	run set_ring acme
	ok "beside an Application: $1" is tenants/acme/app.yaml '.spec.source.helm.valuesObject.cart.image.tag == "'$tag'"'
	ok '... stays as it is' test "$(git -C gitops diff --name-only HEAD main)" = tenants/acme/app.yaml
	run clear_ring acme
	ok '... and is not in the way of a clear' unchanged
}
umbrella 'tenants/{tenant}/*.yaml' >ring.yaml
neighbour namespace.yaml 'apiVersion: v1\nkind: Namespace\nmetadata: {name: acme}\n'
neighbour aaa.yaml 'replicas: 3\n'
neighbour list.yaml '- a\n- b\n'

# refuses NAME CODE TEXT SENTENCE: it refuses the tenant
refuses() {
	start
	application | put tenants/acme/app.yaml
	printf '%b' "$3" | put "tenants/acme/$1"
	commit
	run set_ring acme
	ok "$4" refused "$2"
}
refuses namespace.yaml not-an-application 'apiVersion: v1\nkind: Namespace\nmetadata: {name: ghcr.io/shop/cart-ring-slow}\n' \
	"a neighbour that has a ring's image refuses the tenant"
refuses broken.yaml bad-yaml 'a: [\n' '... and one that cannot be read'
refuses set.yaml application-set 'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {template: {}}\n' '... and an ApplicationSet'
refuses redis.yaml other-chart 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {chart: redis, helm: {}}}\n' \
	'... and an Application of another chart'
umbrella '["tenants/{tenant}/app.yaml", "tenants/{tenant}/namespace.yaml"]' >ring.yaml
refuses namespace.yaml not-an-application 'apiVersion: v1\nkind: Namespace\n' '... and a file that the catalogue names without "*"'
umbrella 'tenants/{tenant}/*.yaml' >ring.yaml
start
put tenants/acme/namespace.yaml <<<$'apiVersion: v1\nkind: Namespace'
commit
run set_ring acme
ok 'a tenant that has only neighbours is refused' refused not-an-application
run set_ring globex
ok 'a tenant without a file is refused' refused no-manifest

for values in $'cart:\n  a: |+\n    x\n\n\nb: 1' $'cart:\n  image:\n    a: |+\n      x\n\n# c\n\nb: 1\n' $'a: |+\n  x\n\ncart:\n  b: |+\n    y\n\n  # c\n\n' \
	$'cart:\n  a: |+\n\n\n    x\n  \n\n' $'cart: # c\n  a: >+\n    x\n\n\n  b:\n  - |+\n    y\n\n\nc: 1' 'cart: {}' $'# GA\ncart:\n  image:\n    pullPolicy: Always' '{"cart": {"a": 1}}' $'other: 1\ncart:\n  image: {a: b}'; do
	start
	put tenants/acme/values.yaml <<<"$values"
	commit
	run set_ring acme
	ok "a pattern finds values that have the chart: $(printf %q "$values")" is tenants/acme/values.yaml '.cart.image.tag == "'$tag'"'
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
done

# Entries that may be missing

start
umbrella '["a/{tenant}.yaml", {path: "b/{tenant}.yaml", optional: true}, {path: "c/{tenant}.yaml", optional: false}]' >ring.yaml
put a/acme.yaml <<<'cart: {}'
commit
run set_ring acme
ok 'an entry that is not optional must match' refused no-manifest
ok '... and the reason names it' reason 'c/acme.yaml not found'
umbrella '["a/{tenant}.yaml", {path: "b/{tenant}.yaml", optional: true}]' >ring.yaml
run set_ring acme
ok 'one that is optional need not' is a/acme.yaml '.cart.image.tag == "'$tag'"'
put b/acme.yaml <<<'x: 1'
put a/acme.yaml <<<'cart: {}'
commit
run set_ring acme
ok '... and counts where it is present' is b/acme.yaml '.cart.image.tag == "'$tag'"'
umbrella '[{path: "a/{tenant}.yaml", optional: true}, {path: "b/{tenant}.yaml", optional: true}]' >ring.yaml
run set_ring globex
ok 'at least one entry must match' eval "out_has no-manifest && reason 'no other manifest of the tenant'"
start
cat >ring.yaml <<'END'
manifests: [{path: "a/{tenant}.yaml", optional: true}, {path: "b/{tenant}.yaml", optional: true}]
services: {cart: {image: "ghcr.io/shop/cart-{ring}", charts: {cart: image, worker: image}}}
END
put a/acme.yaml <<<$'apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {chart: cart}}'
commit
run set_ring acme
ok 'optional never relaxes that all charts are released together' refused no-chart

# Registries

# registry CHARTS: a catalogue of one service, whose image has a host
registry() {
	cat >ring.yaml <<-END
		manifests: tenants/{tenant}.yaml
		umbrella: {chart: shop, path: charts/shop}
		services: {cart: {image: "ghcr.io/shop/cart-{ring}", charts: {cart: $1}}}
	END
}
# shadowed VALUES WHERE SENTENCE: these values are refused
shadowed() {
	start
	put tenants/acme.yaml <<<"$1"
	commit
	run set_ring acme
	ok "$3" refused shadowed
	ok '... and the reason says where it is' reason "which is at $2, before"
	run ringlint -q -C gitops
	ok '... and ringlint finds it' jq -e -s '[.[] | select(.type == "finding") | [.code, .chart, .path]] == [["shadowed", "cart", "tenants/acme.yaml"]]' out
}
registry image
shadowed $'cart:\n  image:\n    registry: docker.io' /cart/image/registry 'a registry that the catalogue does not name is refused'
shadowed $'cart:\n  image: {pullPolicy: Always, "registry": docker.io}' /cart/image/registry '... in each style'
shadowed $'x: &r {registry: docker.io}\ncart:\n  image:\n    pullPolicy: Always\n    registry: docker.io' /cart/image/registry '... beside an anchor'
shadowed $'x: &r docker.io\ncart:\n  image:\n    pullPolicy: Always\n    registry: *r' /cart/image/registry '... through an alias'
shadowed $'global:\n  imageRegistry: mirror.example\ncart: {image: {a: b}}' /global/imageRegistry '... and one of all charts'
shadowed $'global: {image: {registry: mirror.example}}\ncart: {image: {a: b}}' /global/image/registry '... in its other form'
shadowed $'cart:\n  global:\n    imageRegistry: mirror.example' /cart/global/imageRegistry "... and one of all the chart's own"
shadowed $'x: &x {imageRegistry: mirror.example}\nglobal: {<<: *x}\ncart: {image: {a: b}}' /global/imageRegistry '... through a merge key'
registry '{reference: image/name}'
shadowed $'cart: {image: {registry: docker.io}}' /cart/image/registry '... and before an image that is one string'
registry '{registry: image/registry, repository: image/repository, tag: image/tag}'
shadowed $'global:\n  imageRegistry: mirror.example\ncart: {image: {a: b}}' /global/imageRegistry \
	'a registry of all charts is refused also where the catalogue names another'

# written VALUES JQ SENTENCE: they are set, and cleared
written() {
	start
	put tenants/acme.yaml <<<"$1"
	commit
	run set_ring acme
	ok "$3" is tenants/acme.yaml "$2"
	run ringls -q -C gitops -r main
	ok '... ringls finds it' jq -e -s '.[0] | .image == {repository: "ghcr.io/shop/cart-ring-fast", tag: "'$tag'"} and .ring == "ring-fast"' out
	run ringlint -q -C gitops -r main
	ok '... and ringlint nothing to complain of' exits 0
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
}
ours='.cart.image == {registry: "ghcr.io", repository: "shop/cart-ring-fast", tag: "'$tag'"}'
written $'cart:\n  replicas: 1' "$ours" 'a registry that the catalogue names is written, and the rest as repository'
written $'global:\n  imageRegistry: ""\n  image: {registry: null}\ncart:\n  replicas: 1' "$ours" 'an empty registry of all charts is none'
written $'global:\n  imageRegistry: ghcr.io\ncart:\n  replicas: 1' "$ours" 'the same registry for all charts is not in the way'
registry image
written $'cart:\n  image:\n    registry: ""' '.cart.image.repository == "ghcr.io/shop/cart-ring-fast"' 'an empty registry is none'
written $'registry: docker.io\nother: {image: {registry: docker.io}}\ncart:\n  a: b' '.cart.image.tag == "'$tag'"' \
	'registries of other maps are not in the way'

registry '{registry: image/registry, repository: image/repository, tag: image/tag}'
start
put tenants/acme.yaml <<<$'cart:\n  image:\n    registry: ghcr.io'
commit
run set_ring acme
ok 'a registry without a repository is of another author' refused foreign-override
start
put tenants/acme.yaml <<<$'cart:\n  image:\n    registry: docker.io\n    repository: shop/cart\n    tag: v1'
commit
run set_ring acme
ok '... and so is a whole image' refused foreign-override
ok '... that is named with its registry' reason 'got docker.io/shop/cart'
start
put tenants/acme.yaml <<<$'cart:\n  image:\n    registry: ghcr.io\n    repository: shop/cart-ring-slow\n    tag: v1'
commit
run set_ring acme
ok 'another ring is recognised' refused held-by-another-ring
for image in 'repository: ghcr.io/shop/cart-ring-fast' 'repository: shop/cart-ring-fast'; do
	start
	put tenants/acme.yaml <<<$'cart:\n  a: b\n  image:\n    '"$image"$'\n    tag: v1'
	commit
	run ringls -q -C gitops -r main
	ok "an override without its registry is found: $image" out_has '"ring":"ring-fast"'
	run set_ring acme
	ok '... and brought up to date' is tenants/acme.yaml "$ours"
	run clear_ring acme
	ok '... and cleared' is tenants/acme.yaml '.cart == {a: "b"}'
done
registry '[{registry: image/registry, repository: image/repository, tag: image/tag}, image]'
written $'cart:\n  replicas: 1' "$ours" 'a second form at the same path does no harm'
registry '[image, {registry: image/registry, repository: image/repository, tag: image/tag}]'
start
put tenants/acme.yaml <<<$'cart:\n  a: b\n  image:\n    registry: ghcr.io\n    repository: shop/cart-ring-fast\n    tag: v1'
commit
run ringls -q -C gitops -r main
ok 'a form that is no longer written is recognised' out_has '"ring":"ring-fast"'
run clear_ring acme
ok '... and cleared' is tenants/acme.yaml '.cart == {a: "b"}'

# The charts' own registries
mkdir -p charts/charts/shop/charts/cart
printf '%s\n' 'name: shop' 'dependencies: [{name: cart}]' >charts/charts/shop/Chart.yaml
# finds WHERE: ringlint finds this registry of the charts, and nothing else
finds() { jq -e -s --arg w "$1" '[.[] | select(.type == "finding")] | length == 1 and .[0].code == "shadowed" and (.[0].reason | contains($w))' out; }
for registries in 'image/image: {registry: docker.io, repository: a, tag: b}/{}//image/registry' \
	'image/image: {repository: a, tag: b}/cart: {image: {registry: docker.io}}//cart/image/registry' \
	'image/{image: {repository: a, tag: b}, global: {imageRegistry: m}}/{}//global/imageRegistry' \
	'image/image: {repository: a, tag: b}/global: {image: {registry: m}}//global/image/registry'; do
	IFS=/ read -r form values umbrella where <<<"$registries"
	registry "$form"
	echo "$values" >charts/charts/shop/charts/cart/values.yaml
	echo "$umbrella" >charts/charts/shop/values.yaml
	run ringlint -q --charts charts
	ok "ringlint finds a registry of the charts: $where" finds "$where"
done
registry '{registry: image/registry, repository: image/repository, tag: image/tag}'
echo 'image: {registry: docker.io, repository: a, tag: b}' >charts/charts/shop/charts/cart/values.yaml
echo 'cart: {image: {registry: mirror.example}}' >charts/charts/shop/values.yaml
run ringlint -q --charts charts
ok '... and none that the catalogue names' exits 0

# Files beside a manifest that Argo CD merges into an Application's source

umbrella 'tenants/{tenant}/app.yaml' >ring.yaml
# beside MANIFEST NAME TEXT: a tenant with this file beside its manifest
beside() {
	start
	$1 | put tenants/acme/app.yaml
	put "tenants/acme/$2" <<<"$3"
	commit
	run set_ring acme
}
values() { printf '%s\n' 'cart:' '  image:' '    pullPolicy: Always'; }
in_string() { printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata: {name: shop}' 'spec:' '  source:' \
	'    chart: shop' '    helm:' '      values: |' '        cart: {image: {pullPolicy: Always}}'; }
release() { printf '%s\n' 'apiVersion: helm.toolkit.fluxcd.io/v2' 'kind: HelmRelease' 'metadata: {name: shop}' 'spec: {}'; }
for file in \
	'application/.argocd-source.yaml/helm: {parameters: [{name: cart.image.tag, value: v1}]}' \
	'application/.argocd-source-shop.yaml/helm: {parameters: [{name: cart.image.repository, value: v1}]}' \
	'application/.argocd-source-shop.yaml/helm: {fileParameters: [{name: cart.image, path: v1}]}' \
	'application/.argocd-source-shop.yaml/helm: {valuesObject: {cart: {image: {tag: v1}}}}' \
	'application/.argocd-source-shop.yaml/helm: {valuesObject: {cart: null}}' \
	'application/.argocd-source-shop.yaml/helm: {valuesObject: null}' \
	'in_string/.argocd-source.yaml/helm: {values: "a: b"}' \
	'in_string/.argocd-source.yaml/helm: {valuesObject: {a: b}}' \
	'values/.argocd-source-acme.yaml/helm: {parameters: [{name: cart.image.tag, value: v1}]}' \
	'values/.argocd-source.yaml/helm: {values: "cart: {image: {tag: v1}}"}' \
	'values/.argocd-source.yaml/x: &h {valuesObject: {cart: {image: {tag: v1}}}}
helm: *h'; do
	IFS=/ read -r -d '' manifest name text <<<"$file"
	text=${text%$'\n'}
	beside "$manifest" "$name" "$text"
	ok "beside $manifest, $name is refused with ${text//$'\n'/; }" refused shadowed
	ok '... and the reason names the file' reason "tenants/acme/$name: "
done
for file in \
	'application/.argocd-source.yaml/helm: {parameters: [{name: cart.replicas, value: v1}]}' \
	'application/.argocd-source.yaml/helm: {valuesObject: {cart: {replicas: 1}}, values: "cart: {image: {tag: v1}}"}' \
	'application/.argocd-source-other.yaml/helm: {parameters: [{name: cart.image.tag, value: v1}]}' \
	'application/.argocd-source.yaml/kustomize: {images: [a=b]}' \
	'application/.argocd-source.yaml/# nothing' \
	'in_string/.argocd-source.yaml/helm: {valuesObject: null}' \
	'values/.argocd-source.yaml/helm: {values: "cart: {replicas: 1}"}' \
	'values/.argocd-source.yaml/helm: {values: ""}' \
	'release/.argocd-source.yaml/helm: {parameters: [{name: cart.image.tag, value: v1}]}' \
	'release/.argocd-source-shop.yaml/helm: {parameters: [{name: cart.image.tag, value: v1}]}'; do
	IFS=/ read -r manifest name text <<<"$file"
	beside "$manifest" "$name" "$text"
	ok "beside $manifest, $name is not in the way with $text" changed
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
done
beside application .argocd-source.yaml 'helm: ['
ok 'such a file that cannot be read is refused' refused bad-yaml
beside application .argocd-source.yaml 'helm: {parameters: [{name: cart.image.tag, value: v1}]}'
run clear_ring acme
ok 'it does not hinder a clear' exits 0
git -C gitops checkout -q main
run mkpatch -q -C gitops -c ring.yaml --unframed --service cart --ring ring-fast --tag $tag <<<'{"type":"tenant","tenant":"acme"}'
ok 'mkpatch reads it in a directory, too' out_has '"code":"shadowed"'
umbrella '"{tenant}.yaml"' >ring.yaml
start
application | put acme.yaml
put .argocd-source-shop.yaml <<<'helm: {parameters: [{name: cart.image.tag, value: v1}]}'
commit
run set_ring acme
ok 'the file is also found at the top of the repository' refused shadowed

# Wrapper charts: a chart in a chart in the umbrella

cat >ring.yaml <<'END'
manifests: tenants/{tenant}/app.yaml
umbrella: {chart: umb, path: charts/umb, revision: "umb-{version}"}
services: {cart: {image: "ghcr.io/shop/cart-{ring}", charts: {shop/cart: image}, ga-version: '-([0-9a-f]{7,40})$'}}
END
# deployed CHART VALUES-PATH DEPLOYS: an Application of this chart has the override there
deployed() {
	start
	put tenants/acme/app.yaml <<-END
		apiVersion: argoproj.io/v1alpha1
		kind: Application
		metadata: {name: shop}
		spec:
		  source:
		    chart: $1
		    targetRevision: 1.0.0
	END
	commit
	run set_ring acme
	ok "an Application of $1 has the image at ${2:-the root}" is tenants/acme/app.yaml \
		'.spec.source.helm.valuesObject'"$2"'.image == {repository: "ghcr.io/shop/cart-ring-fast", tag: "'$tag'"}'
	run ringls -q -C gitops -r main
	ok '... ringls names chart and place' jq -e -s '.[0] | [.chart, .deploys] == ["shop/cart", '"$3"']' out
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
}
deployed umb .shop.cart null
deployed shop .cart '"shop"'
deployed cart '' '"cart"'
deployed mirror/shop .cart '"shop"'
for name in umb:umb umb:shopcharts/umb shopcharts/umb:shopcharts/umb shopcharts/umb:mirror/shopcharts/umb; do
	sed -i "s#umbrella: {chart: [^,]*#umbrella: {chart: ${name%%:*}#" ring.yaml
	deployed "${name#*:}" .shop.cart null
done
# other CHART: it is neither the umbrella nor one of the charts
other() {
	start
	application | sed "s#chart: .*#chart: $1#" | put tenants/acme/app.yaml
	commit
	run set_ring acme
	ok "$1 is not ${2:-shopcharts/umb}" refused other-chart
}
other umb
other xshopcharts/umb
other shopcharts/umb2
sed -i 's#umbrella: {chart: [^,]*#umbrella: {chart: umb#' ring.yaml
start
put tenants/acme/app.yaml <<<$'# only values\nshop:\n  cart:\n    replicas: 1'
commit
run set_ring acme
ok 'a values file has it in the wrapper' is tenants/acme/app.yaml '.shop.cart.image.tag == "'$tag'"'
run clear_ring acme
ok '... and clearing gives back every byte' unchanged
for place in global shop.global shop.cart.global; do
	start
	{ echo 'shop: {cart: {replicas: 1}}' && echo "# $place"; } | yq -y ".$place.imageRegistry = \"m.example\"" | put tenants/acme/app.yaml
	commit
	run set_ring acme
	ok "a registry in $place is refused" refused shadowed
done
start
application | sed 's/chart: shop/chart: cart/; s/^        cart:/        a: b/; /image:$/d; /pullPolicy/d' | put tenants/acme/app.yaml
commit
sed 's#charts: {shop/cart: image}#charts: {cart: image, shop/cart: image}#' ring.yaml >twice.yaml
RING_CATALOG=twice.yaml run set_ring acme
ok 'a chart of the umbrella and of a wrapper, deployed by itself, is set' is tenants/acme/app.yaml '.spec.source.helm.valuesObject.image.tag == "'$tag'"'
RING_CATALOG=twice.yaml tag=0917f3a run set_ring acme
ok '... and given another tag' is tenants/acme/app.yaml '.spec.source.helm.valuesObject.image.tag == "0917f3a"'
RING_CATALOG=twice.yaml run clear_ring acme
ok '... and cleared once' unchanged

# The charts of a wrapper
rm -rf charts
mkdir -p charts/charts/umb/charts/shop/charts/cart
printf '%s\n' 'name: umb' 'version: 1.0.0' 'dependencies: [{name: shop, version: 1.0.0}]' >charts/charts/umb/Chart.yaml
printf '%s\n' 'name: shop' 'dependencies: [{name: trolley, alias: cart, version: 1.0.0-1234567, repository: "file://charts/cart"}]' \
	>charts/charts/umb/charts/shop/Chart.yaml
echo 'image: {repository: a, tag: b}' >charts/charts/umb/charts/shop/charts/cart/values.yaml
run ringlint -q --charts charts
ok 'ringlint finds the values of a chart in a wrapper' exits 0
echo 'image: {repository: a}' >charts/charts/umb/charts/shop/charts/cart/values.yaml
run ringlint -q --charts charts
ok '... and what is missing there' out_has '/image/tag not found in charts/umb/charts/shop/charts/cart/values.yaml'
sed -i 's/alias: cart, //' charts/charts/umb/charts/shop/Chart.yaml
run ringlint -q --charts charts
ok '... and a dependency that the wrapper does not have' out_has '"reason":"dependency \"shop/cart\" not found in the umbrella chart (have: trolley)"'
rm charts/charts/umb/charts/shop/Chart.yaml
run ringlint -q --charts charts
ok '... and a wrapper that is not unpacked' out_has '"code":"no-values"'

# The gate of a wrapper
git init -q cart
git -C cart commit -q --allow-empty -m 'GA' && git -C cart branch ring-fast && ga=$(git -C cart rev-parse --short=7 HEAD)
printf '%s\n' 'name: shop' "dependencies: [{name: cart, version: 1.0.0-$ga, repository: \"file://charts/cart\"}]" >charts/charts/umb/charts/shop/Chart.yaml
git -C charts init -q && git -C charts add -A && git -C charts commit -qm 'umb 1.0.0' && git -C charts tag umb-1.0.0
start
application | sed 's/chart: shop/chart: umb\n    targetRevision: 1.0.0/' | put tenants/acme/app.yaml
commit
tag=$ga run set_ring acme
ringls -q -C gitops -r main | run ringgate -q -C cart --charts charts
ok 'ringgate finds the GA commit in the version of a chart in a wrapper' out_has '"gate":"open"'

# The ring in the tag

# by_tag CHARTS [IMAGE [TAG]]: the image has no ring, its tag has
by_tag() {
	cat >ring.yaml <<-END
		manifests: tenants/{tenant}.yaml
		umbrella: {chart: shop, path: charts/shop}
		services: {cart: {image: "${2:-ghcr.io/shop/cart}", tag: "${3:-{ring\}-{sha:7\}}", charts: {cart: $1}}}
	END
}
both='{repository: "ghcr.io/shop/cart", tag: "ring-fast-41207e5"}'
tag=ring-fast-41207e5
# at VALUES JQ [REPOSITORY]: set, found, checked and cleared
at() {
	start
	put tenants/acme.yaml <<<"$1"
	commit
	run set_ring acme
	ok "the ring is in the tag: $(tr '\n' ' ' <ring.yaml | sed 's/.*charts: {cart/cart/'), $(printf %q "$1")" is tenants/acme.yaml "$2"
	run ringls -q -C gitops -r main
	ok '... ringls finds ring and commit' jq -e -s '.[0] | [.ring, .commit, .image] == ["ring-fast", "41207e5",
		{repository: "'"${3:-ghcr.io/shop/cart}"'", tag: "ring-fast-41207e5"}]' out
	run ringlint -q -C gitops -r main
	ok '... ringlint knows it' exits 0
	ring=ring-slow tag=ring-slow-41207e5 run set_ring acme
	ok '... another ring is refused' out_has '"code":"held-by-another-ring"'
	ok '... and the reason names the one that holds it' reason 'ring-fast'
	tag=ring-fast-0917f3a run set_ring acme
	ok '... another commit of the ring is set' changed
	ring=ring-slow run clear_ring acme
	ok '... another ring has nothing to clear' changed
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
}
# claimed: an open proposal of the ring claims the tenant
claimed() {
	start
	put tenants/acme.yaml <<<'cart: {replicas: 1}'
	commit
	tenants acme | patches --tag "$tag" | applypatch -q -C gitops --branch release/fast --onto main >/dev/null
	ring=ring-slow run mkpatch -q -C gitops -r main --unframed --service cart --ring ring-slow --tag ring-slow-0917f3a \
		--pending 'release/*' <<<'{"type":"tenant","tenant":"acme"}'
	ok 'an open proposal claims a tenant by the tag' out_has '"code":"claimed-by-another-ring"'
}
by_tag image
at 'cart: {replicas: 1}' ".cart.image == $both"
at $'cart:\n  image:\n    pullPolicy: Always' ".cart.image.tag == \"$tag\""
claimed
by_tag '{reference: image}'
at 'cart: {replicas: 1}' '.cart.image == "ghcr.io/shop/cart:ring-fast-41207e5"'
by_tag '{registry: image/registry, repository: image/repository, tag: image/tag}'
at 'cart: {replicas: 1}' '.cart.image == {registry: "ghcr.io", repository: "shop/cart", tag: "ring-fast-41207e5"}'
by_tag '{tag: image/tag}'
at 'cart: {replicas: 1}' '.cart.image == {tag: "ring-fast-41207e5"}'
at $'cart:\n  image:\n    repository: ghcr.io/shop/cart' ".cart.image == $both"
at $'cart:\n  image:\n    repository: shop/cart' '.cart.image.tag == "ring-fast-41207e5"' shop/cart
at $'cart:\n  image:\n    registry: ghcr.io\n    repository: shop/cart' '.cart.image.tag == "ring-fast-41207e5"'
claimed
by_tag '{tag: image/tag, digest: image/digest}'
at $'cart:\n  image:\n    digest: ""' '.cart.image.tag == "ring-fast-41207e5"'
by_tag image 'ghcr.io/shop/cart-{ring}'
at 'cart: {replicas: 1}' '.cart.image.tag == "ring-fast-41207e5"' ghcr.io/shop/cart-ring-fast
# by_tag's braces end in quotes; other templates
for template in '{sha:7}-{ring}' 'v{ring}_{sha}' '{ring}-g{sha:7}'; do
	by_tag image ghcr.io/shop/cart "$template"
	tag=${template/\{ring\}/ring-a-b.c0ffee}
	tag=${tag/\{sha*\}/0123abc}
	start
	put tenants/acme.yaml <<<'cart: {replicas: 1}'
	commit
	ring=ring-a-b.c0ffee run set_ring acme
	ok "a tag by the template $template is set" is tenants/acme.yaml ".cart.image.tag == \"$tag\""
	run ringls -q -C gitops -r main
	ok '... and read' jq -e -s '.[0] | [.ring, .commit] == ["ring-a-b.c0ffee", "0123abc"]' out
done
tag=ring-fast-41207e5

# by_another VALUES CODE REASON
by_another() {
	start
	put tenants/acme.yaml <<<"$1"
	commit
	run set_ring acme
	ok "$(tr '\n' ' ' <ring.yaml | sed 's/.*charts: {cart/cart/') refuses $1" refused "$2"
	ok '... with the reason' reason "$3"
}
by_tag image
by_another 'cart: {image: {repository: ghcr.io/shop/cart, tag: "1.4.2"}}' foreign-override 'got ghcr.io/shop/cart:1.4.2'
by_another 'cart: {image: {repository: ghcr.io/shop/cart, tag: "ring-fast-zzzzzzz"}}' foreign-override ring-fast-zzzzzzz
by_another 'cart: {image: {repository: ghcr.io/shop/cart}}' foreign-override 'got ghcr.io/shop/cart'
by_another 'cart: {image: {tag: ring-fast-41207e5}}' tag-without-repository /cart/image/tag
by_tag '{tag: image/tag}'
by_another 'cart: {image: {tag: "1.4.2"}}' foreign-override 'at /cart/image/tag, not by a ring: expected ghcr.io/shop/cart:ring-fast-41207e5, got 1.4.2'
by_another 'cart: {image: {tag: {a: b}}}' foreign-override /cart/image/tag
by_another 'cart: {image: {repository: ghcr.io/fork/cart}}' foreign-override 'expected ghcr.io/shop/cart, got ghcr.io/fork/cart'
by_another 'cart: {image: {registry: docker.io, repository: shop/cart}}' foreign-override 'got docker.io/shop/cart'
by_another 'cart: {image: {registry: docker.io}}' shadowed /cart/image/registry
by_another 'cart: {image: {tag: ring-slow-41207e5}}' held-by-another-ring 'got ghcr.io/shop/cart:ring-slow-41207e5'
by_tag '{tag: image/tag, digest: image/digest}'
by_another 'cart: {image: {digest: "sha256:00"}}' foreign-override 'digest already set'

by_tag image
start
put tenants/acme.yaml <<<$'cart: {replicas: 1}\npod: {image: "ghcr.io/shop/cart:ring-fast-41207e5"}\nother: {name: ghcr.io/shop/cart, version: ring-slow-0917f3a}\nga: {name: ghcr.io/shop/cart, version: v1}'
commit
run ringlint -q -C gitops
ok "ringlint finds a ring's tag where the catalogue does not look" test "$(jq -r 'select(.type == "finding").reason' out | cut -d, -f1)" = \
	$'ghcr.io/shop/cart:ring-fast-41207e5 is at /pod/image\nghcr.io/shop/cart is at /other/name'
for wrong in 41207e5 ring-slow-41207e5 ring-fast- ring-fast-41207e5-x; do
	tag=$wrong run set_ring acme
	ok "mkpatch refuses the tag $wrong, which would not be found again" eval 'exits 65 && unchanged'
done
run mkpatch -C gitops -r main --unframed --service cart --ring ring-fast --tag 41207e5 <<<'{"type":"tenant","tenant":"acme"}'
ok '... as wrong usage' eval 'exits 2 && out_empty'
ok '... and says which tag it expects' err_has 'tag "41207e5" is not one of ring-fast (template in the catalogue: "{ring}-{sha:7}")'

# The decision
cat >ring.yaml <<'END'
services:
  cart: {repository: o/cart, branch: main, build-workflow: main.yml, image: ghcr.io/shop/cart, tag: "{ring}-{sha}", charts: {cart: {tag: image/tag}}}
END
sha=41207e5d0c9b8a7f6e5d4c3b2a190807f6e5d4c3
# decide RING: of its open pull request with a green build
decide() {
	jq -n --arg r "$1" --arg s $sha '[{number: 1, state: "open", merged_at: null, draft: false, labels: [{name: "cohort:github:path:a"}],
		head: {ref: $r, sha: $s, repo: {full_name: "o/cart"}}, base: {ref: "main", repo: {full_name: "o/cart"}}}]' >pulls.json
	jq -n --arg r "$1" --arg s $sha '{total_count: 1, workflow_runs: [{path: ".github/workflows/main.yml", name: "main", head_branch: $r, head_sha: $s,
		event: "push", status: "completed", conclusion: "success", created_at: "2024-01-01T00:00:00Z", run_number: 1, run_attempt: 1, id: 1}]}' >runs.json
	ringcheck --service cart --runs runs.json <pulls.json
}
run decide ring-fast
ok 'ringcheck writes the ring into the tag' jq -e -s '.[0].image == {repository: "ghcr.io/shop/cart", tag: "ring-fast-'$sha'"}' out
cp out release.json
long=ring-$(printf 'x%.0s' {1..90})
run decide "$long"
ok 'a tag of more than 128 characters keeps what is there' jq -e -s '.[0] | .action == "keep" and .reasons == ["name-too-long"]' out
start
put tenants/acme.yaml <<<'cart: {replicas: 1}'
commit
sed -i '1i manifests: tenants/{tenant}.yaml' ring.yaml
run mkpatch -q -C gitops -r main --release release.json < <(tenants acme)
ok 'mkpatch takes that release' out_has "\"tag\":\"ring-fast-$sha\""
sed "s/ring-fast-$sha/ring-slow-$sha/" release.json >forged.json
run mkpatch -q -C gitops -r main --release forged.json < <(tenants acme)
ok "... and none with another ring's tag" eval 'exits 77 && out_empty'
tag=41207e5

# Values where the catalogue says that they are

# anywhere ENTRY: one entry of manifests
anywhere() { printf '%s\n' "manifests: [$1]" 'umbrella: {chart: shop}' 'services: {cart: {image: "ghcr.io/shop/cart-{ring}", charts: {cart: image}}}' >ring.yaml; }
# lies FILE TEXT JQ VERSION: set at JQ, listed with the version, cleared
lies() {
	start
	put "$1" <<<"$2"
	commit
	run set_ring acme
	ok "$(sed -n '1s/manifests: //p' ring.yaml) finds the values of $1: $(printf %q "$2")" is "$1" "$3 == {repository: \"ghcr.io/shop/cart-ring-fast\", tag: \"$tag\"}"
	run ringls -q -C gitops -r main
	ok '... ringls finds them, and the version' jq -e -s '.[0] | [.tenant, .ring, .target_revision] == ["acme", "ring-fast", '"$4"']' out
	run ringlint -q -C gitops -r main
	ok '... ringlint knows the place' exits 0
	ringls -q -C gitops -r main | mkpatch -q -C gitops -r main --remove | apply >results
	ok '... and clearing gives back every byte' unchanged
}
anywhere '{path: "config/{tenant}.json", values: /helm/values, version: /chart/version}'
lies config/acme.json '{"chart": {"version": "3.7.0"}, "helm": {"values": {"a": 1}}}' .helm.values.cart.image '"3.7.0"'
lies config/acme.json $'{\n  "helm": {\n    "values": {\n      "a": 1\n    }\n  }\n}' .helm.values.cart.image null
lies config/acme.json $'{\n  "chart": {"version": "3.7.0"},\n  "helm": {"a": 1}\n}' .helm.values.cart.image '"3.7.0"'
lies config/acme.json '{"helm": {"values": "{\"cart\": {\"replicas\": 1}}"}}' '.helm.values | fromjson | .cart.image' null
anywhere '{path: "config/{tenant}.yaml", values: "", version: /chart~1version}'
lies config/acme.yaml $'chart/version: "1"\napiVersion: x/v1\ncart:\n  replicas: 1' .cart.image '"1"'
anywhere '{path: "config/*-{tenant}.yaml", values: /v}'
lies config/a-acme.yaml $'kind: Anything\nv:\n  replicas: 1' .v.cart.image null
anywhere '{path: "{tenant}.yaml", version: /metadata/labels/version}'
lies acme.yaml $'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {labels: {version: "2"}}\nspec:\n  source:\n    chart: shop' \
	.spec.source.helm.valuesObject.cart.image '"2"'

anywhere '{path: "{tenant}.yaml", values: /helm/values, version: /version}'
# not_there CODE TEXT
not_there() {
	start
	put acme.yaml <<<"$2"
	commit
	run set_ring acme
	ok "$1 refuses $(printf %q "$2")" refused "$1"
}
not_there null-parent 'helm: {values: null}'
not_there null-parent 'helm:'
not_there bad-values 'helm: {values: [a]}'
not_there bad-values 'helm: {values: 3}'
not_there empty-flow '{"helm": {"values": {}}}'
not_there not-a-map 'helm: 3'
not_there ambiguous $'helm: {a: b}\n---\nhelm: {a: b}'
start
put acme.yaml <<<$'version: 1.0.0\nhelm:\n  values:\n    a: b'
commit
run set_ring acme
ringls -q -C gitops -r main >held
sed -i 's/1\.0\.0/1.0.1/' gitops/acme.yaml
git -C gitops show main:acme.yaml | sed 's/1\.0\.0/1.0.1/' >gitops/acme.yaml
commit
run mkpatch -q -C gitops -r main --remove <held
applypatch -q -C gitops --branch main <out >results
ok 'a clear for another version is stale' eval "grep -q '\"code\":\"stale\"' results && unchanged"

# One file for many tenants

anywhere '{path: set.yaml, elements: /spec/generators/0/list/elements, tenant: name, values: /overrides, version: /chartVersion}'
# set_of GO-TEMPLATE ELEMENT ...: an ApplicationSet
set_of() {
	printf '%s\n' '# the fleet' 'apiVersion: argoproj.io/v1alpha1' 'kind: ApplicationSet' 'spec:' "  goTemplate: $1" '  generators:' '  - list:' '      elements:'
	printf '      %s\n' "${@:2}"
	printf '%s\n' '  template:' '    spec:' '      source:' '        chart: shop' '        helm: {values: "{{ .overrides }}"}'
}
element='.spec.generators[0].list.elements'
start
set_of true '- name: globex' '  overrides: {cart: {a: b}}' '- name: acme  # ours' '  chartVersion: 1.2.3' '- {name: initech, overrides: {x: y}}' | put set.yaml
commit
run set_ring acme
ok 'an element gets its values, where another has some' is set.yaml "$element"'[1].overrides.cart.image.tag == "'$tag'"'
ok '... and the other elements nothing' is set.yaml "$element"' | .[0].overrides == {cart: {a: "b"}} and .[2].overrides == {x: "y"}'
run ringls -q -C gitops -r main
ok '... ringls names the tenant' jq -e -s 'map(select(.type == "override")) | length == 1 and (.[0] | [.tenant, .path, .target_revision] == ["acme", "set.yaml", "1.2.3"])' out
run set_ring globex initech
ok 'two other tenants of the file are set in one commit' is set.yaml "$element"' | map(.overrides.cart.image.tag) | unique == ["'$tag'"]'
run ringlint -q -C gitops -r main
ok '... and ringlint takes none for a stray' exits 0
run clear_ring acme globex initech
ok '... and clearing gives back every byte' unchanged
for go in false true; do
	start
	set_of $go '- name: acme' "  overrides: 'cart: {replicas: 1}'" '- name: globex' "  overrides: ''" '  chartVersion: ""' '- name: initech' '  overrides: |' '    cart:' '      a: b' | put set.yaml
	commit
	run set_ring acme initech
	ok "with goTemplate $go a string is edited" eval 'git -C gitops diff main HEAD | grep -q "^-.*repository: ghcr.io/shop/cart-ring-fast" && exits 0'
	run ringls -q -C gitops -r main
	ok '... and found' test "$(jq -r 'select(.type == "override").tenant' out)" = $'acme\ninitech'
	run clear_ring acme initech
	ok '... and clearing gives back every byte' unchanged
done
# not_in CODE GO-TEMPLATE ELEMENT ...
not_in() {
	start
	set_of "${@:2}" | put set.yaml
	commit
	run set_ring acme
	ok "$1 with goTemplate $2 refuses ${*:3}" refused "$1"
}
not_in no-manifest true '- {name: globex, overrides: {a: b}}'
not_in no-manifest true '- [acme]'
not_in ambiguous true '- {name: acme, overrides: {a: b}}' '- {name: acme, overrides: {a: b}}'
not_in bad-values false '- {name: acme, overrides: {a: b}}'
not_in no-such-path false '- {name: acme}' "- {name: globex, overrides: 'a: b'}"
not_in no-such-path true '- {name: acme}' "- {name: globex, overrides: 'a: b'}"
not_in no-such-path true '- {name: acme}'
not_in bad-values true '- {name: acme, overrides: [a]}'
start
set_of true '- {name: 0123, overrides: {a: b}}' '- {name: on, overrides: {a: b}}' | put set.yaml
commit
for name in 0123 on; do
	run set_ring $name
	ok "the name $name that is not a string is ambiguous" refused ambiguous
done
start
application | put set.yaml
commit
run set_ring acme
ok 'a file without the list is refused' refused no-such-path
start
set_of true '- {name: acme, overrides: {a: b}}' | sed 's/chart: shop/&\n        helm: {parameters: [{name: cart.image.tag, value: v1}]}/; /helm: {values/d' | put set.yaml
commit
run set_ring acme
ok 'a parameter in the template of the set takes precedence' refused shadowed
# template SPEC [GENERATOR-TEMPLATE]: a set with one element and this template
template() {
	start
	jq -n --argjson spec "$1" --argjson template "${2:-null}" '{apiVersion: "argoproj.io/v1alpha1", kind: "ApplicationSet", spec: {goTemplate: true,
		generators: [{list: {elements: [{name: "acme", overrides: {a: "b"}}], template: $template}}], template: {spec: $spec}}}' | yq -y . | put set.yaml
	commit
	run set_ring acme
}
parameter='{parameters: [{name: "cart.image.tag", value: "v1"}]}'
of() { jq -cn "$1"; }
for spec in "{sources: [{ref: \"values\"}, {chart: \"shop\", helm: $parameter}]}" "{sources: [{chart: \"redis\"}, {chart: \"{{ .chart }}\", helm: $parameter}]}" \
	"{sources: [{path: \"charts/{{ .name }}\", helm: $parameter}]}" "{sources: [{repoURL: \"oci://{{ .host }}/x\", helm: $parameter}], source: {chart: \"shop\"}}" \
	"{sourceHydrator: {drySource: {helm: $parameter}}}" "{sources: [], source: {helm: $parameter}}" "{source: {helm: {fileParameters: [{name: \"cart.image\", path: \"a\"}]}}}" \
	"{sources: [{chart: \"shop\", helm: {valueFiles: [\"a\"]}}, {chart: \"cart\", helm: $parameter}]}"; do
	template "$(of "$spec")"
	ok "a parameter in a template takes precedence: $spec" refused shadowed
	template '{}' "$(of "{spec: $spec}")"
	ok "... also in the generator's" refused shadowed
done
for spec in "{sources: [{chart: \"shop\"}, {chart: \"redis\", helm: $parameter}]}" "{sources: [{chart: \"shop\"}], source: {helm: $parameter}}" \
	"{sources: [{chart: \"shop\", helm: {parameters: [{name: \"cart.replicas\", value: \"1\"}]}}]}" \
	"{sources: [{chart: \"shop\", helm: \"x\"}]}" "{sources: \"x\"}" "{sources: [\"x\"], source: null}" \
	"{sources: [{chart: \"shop\"}, {repoURL: \"https://a/b\", path: \"x\", kustomize: {a: 1}, helm: $parameter}]}"; do
	template "$(of "$spec")" "$(of "{spec: $spec}")"
	ok "it is not in the way of $spec" changed
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
done
template '{}' "$(of "{metadata: {name: \"x\"}}")"
ok 'a template of a generator without a source is not in the way' changed
anywhere '{path: list.json, elements: /tenants, tenant: id, values: /values}'
lies list.json $'{"tenants": [{"id": "globex"}, {"id": "acme", "values": {"a": 1}}]}' '.tenants[1].values.cart.image' null
anywhere '{path: set.yaml, elements: /spec/generators/0/list/elements, tenant: name, values: /overrides, version: /chartVersion}'

# What mkpatch tries with a part of a long list
# long ELEMENT [NUMBER]: a list of eleven whose sixth tenant is acme, with NUMBER after it
long() {
	start
	set_of true $(seq -f '-_{name:_t%.0f,_overrides:_{a:_b}}' 0 4) "$1" $(seq -f '-_{name:_u%.0f,_overrides:_{a:_b}}' 0 3) "${2:-- {name: z\}}" | tr _ ' ' | put set.yaml
	commit
	run set_ring acme
}
nl=$'\n        '
long "- name: acme${nl}overrides: {a: b}"
ok 'an element among others is set' is set.yaml "$element"'[5].overrides.cart.image.tag == "'$tag'"'
run clear_ring acme
ok '... and clearing gives back every byte' unchanged
long "- name: acme${nl}overrides: &o {cart: {image: {a: b}}}" '- {name: z, overrides: *o}'
ok 'an alias in another element is seen' eval 'refused anchor-in-use && out_has "\"by\":\"mkpatch\""'
long "- name: acme${nl}overrides: >-${nl}  cart:${nl}${nl}    image:${nl}${nl}      a: b"
ok 'what cannot be edited is refused' eval 'refused string-style && out_has "\"by\":\"mkpatch\""'
for text in $'-\n        name: acme\n        overrides: {a: b}' "-   name: acme  # ours${nl}  overrides: {a: b}" "- !!map${nl}name: acme${nl}overrides:${nl}  a: |+${nl}    x$nl$nl"; do
	long "$text"
	ok "it is set in $(printf %q "$text")" is set.yaml "$element"'[5].overrides.cart.image.tag == "'$tag'"'
	run clear_ring acme
	ok '... and clearing gives back every byte' unchanged
done

# Two hundred tenants
start
set_of true $(seq -f '-_{name:_t%.0f,_overrides:_{cart:_{replicas:_1}}}' 0 199) | tr _ ' ' | put set.yaml
commit
run set_ring t17
git -C gitops diff HEAD main | grep '^[-+][^-+]' >lines
ok 'of two hundred elements, one changes' test "$(cut -c-28 lines)" = $'-      - {name: t17, overrid\n+      - {name: t17, overrid'
ok '... and all else is as it was' python3 - "$(show set.yaml)" "$(cat gitops/set.yaml)" <<'END'
import sys, yaml
new, old = (yaml.safe_load(text) for text in sys.argv[1:])
element = new["spec"]["generators"][0]["list"]["elements"][17]
assert element["overrides"]["cart"].pop("image") == {"repository": "ghcr.io/shop/cart-ring-fast", "tag": "41207e5"}
assert new == old
END
run clear_ring t17
ok '... and clearing gives back every byte' unchanged
seq -f 't%.0f' 0 199 | xargs printf '{"type":"tenant","tenant":"%s"}\n' | framed | patches --tag $tag | apply >results
ok 'all two hundred are set in one commit' test "$(grep -c committed results)" -eq 200
run ringls -q -C gitops -r main
ok '... and found' test "$(grep -c '"ring":"ring-fast"' out)" -eq 200
tenants t17 | mkpatch -q -C gitops -r main --service cart --ring ring-fast --tag $tag --reconcile --max-clear 500 | apply >results
ok '... and those that are not selected are cleared' test "$(git -C gitops show main:set.yaml | grep -c ring-fast)" -eq 1

# A stale index
# moved SED-COMMAND SENTENCE: after the patch was made, the list changes so
moved() {
	git -C gitops checkout -q --detach "$start" && git -C gitops branch -f main
	tenants t17 | patches --tag $tag >one.json
	sed -i "$1" gitops/set.yaml
	commit
	run apply <one.json
	ok "$2" refused stale
	run apply < <(sed -E 's/"blob":"[0-9a-f]*"/"blob":"'"$(git -C gitops rev-parse main:set.yaml)"'"/' one.json)
	ok '... also if the patch names the new file' refused stale
}
start=$(git -C gitops rev-parse HEAD)
moved '/name: t16,/d' 'an index that has moved down is stale'
moved 's/^\( *\)- {name: t3,/\1- {name: new, overrides: {a: b}}\n&/' '... and one that has moved up'
moved '/name: t17,/d' '... and one whose element has gone'
moved '/name: t17,/{h;p;x}' '... and a name that is there twice'
moved 's/name: t150,/name: t17,/' '... also after it'
moved 's/name: t17,/name: !!str t17x,/' '... and another name'
git -C gitops checkout -q --detach "$start" && git -C gitops branch -f main
tenants t17 | patches --tag $tag >one.json
sed -i 's/name: t16, overrides: {/&new: 1, /' gitops/set.yaml
commit
run apply <one.json
ok 'another tenant that has changed is not in the way' changed

# Claims in a file for many tenants
git -C gitops checkout -q --detach "$start" && git -C gitops branch -f main
tenants t5 t7 | patches --tag $tag | applypatch -q -C gitops --branch release/fast --onto main >/dev/null
tenants t5 t6 | run mkpatch -q -C gitops -r main --service cart --ring ring-slow --tag $tag --pending 'release/*'
ok 'an open proposal claims its own elements only' test "$(jq -r '"\(.type) \(.tenant) \(.code)"' out | head -n 2)" = \
	$'refused t5 claimed-by-another-ring\npatch t6 null'

# Every layout: set, then clear, changes nothing

for layout in '' config set; do
	python3 "$top/tests/manifests.py" "${MANIFESTS:-50}" "${SEED:-1}" "made$layout" $layout
done
# identity SENTENCE SED-COMMAND [TAG [LAYOUT]]: of the examples' catalogue
identity() {
	rm -rf gitops && mkdir gitops && cp -R "made${4-}"/. gitops && git -C gitops init -q && git -C gitops checkout -q --detach 2>/dev/null
	git -C gitops add -A && git -C gitops commit -qm 'As it was' && git -C gitops checkout -q --detach && git -C gitops branch -f main
	before=$(tree)
	sed "$2" "$examples/releases/ring.yaml" >ring.yaml
	for service in atlas heracles; do
		all() { seq -f '{"type":"tenant","tenant":"t%.0f"}' 0 $((${MANIFESTS:-50} - 1)) | framed; }
		all | mkpatch -q -C gitops -r main --service $service --ring ring-fast --tag "${3:-$tag}" | apply >results
		ok "$1: $service is set in half of the generated manifests" test \
			$((2 * $(jq -s '[.[] | select(.status == "committed")] | length' results))) -ge "${MANIFESTS:-50}"
		ok '... and applypatch refuses none' not grep -q '"refused".*"by":"applypatch"' results
		ringls -q -C gitops -r main | jq -r 'select(.type == "override" and .ring == "ring-fast").tenant' | sort -u >held
		ok '... ringls lists each of them' diff held <(jq -r 'select(.status == "committed").tenant' results | sort -u)
		all | mkpatch -q -C gitops -r main --service $service --ring ring-fast --remove | apply >results
		ok '... and clearing gives back every byte' unchanged
	done
}
identity 'registry' 's#: \(.*image\)$#: {registry: \1/registry, repository: \1/repository, tag: \1/tag}#'
identity 'a wrapper' 's#heracles: image#wrap/heracles: image#; s#atlas: atlas/image#atlas/atlas: image#'
identity 'the ring in the tag' 's#-{ring}#-x#; s#{sha}#{ring}-{sha:7}#' ring-fast-41207e5
identity 'only a tag' 's#-{ring}#-x#; s#{sha}#{ring}-{sha:7}#; s#: \(.*image\)$#: {tag: \1/tag}#' ring-fast-41207e5
identity 'values in any file' 's#^manifests:.*#manifests: {path: "tenants/{tenant}/application.yaml", values: /helm/values}#' $tag config
identity 'elements of a list' \
	's#^manifests:.*#manifests: {path: set.yaml, elements: /spec/generators/0/list/elements, tenant: name, values: /overrides}#' $tag set

finish
