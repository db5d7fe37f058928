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
refused() { jq -e -s --arg c "$1" 'map(select(.type == "refused").code) == [$c]' out && unchanged; }
reason() { jq -r 'select(.type == "refused").reason' out | grep -qF -- "$1"; }
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

for values in 'cart: {}' $'# GA\ncart:\n  image:\n    pullPolicy: Always' '{"cart": {"a": 1}}' $'other: 1\ncart:\n  image: {a: b}'; do
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

finish
