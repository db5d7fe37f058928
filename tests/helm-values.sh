#!/usr/bin/env bash
# Check with Helm what the values of a ring do to a workload: they are there after a set, and the rendering is what it was after a
# clear.  jq says what Helm must get.  $HELM is the real program.  Run by `make check-helm`.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
cat >ring.yaml <<'END'
manifests: "{tenant}.yaml"
umbrella: {chart: shop, path: shop, revision: "v{version}"}
services:
  cart:
    repository: shop/cart
    image: ghcr.io/shop/cart-{ring}
    charts: {cart: image}
    values: {file: "deploy/{ring}.yaml", allow: [cart/env, cart/args, cart/volumes, cart/replicas, cart/flags]}
END
export RING_CATALOG=$tmp/ring.yaml
git init -q charts && mkdir -p charts/shop/charts/cart/templates
printf 'apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: cart, version: 1.0.0}]\n' >charts/shop/Chart.yaml
echo '{cart: {flags: {level: info}}}' >charts/shop/values.yaml
printf 'apiVersion: v2\nname: cart\nversion: 1.0.0\n' >charts/shop/charts/cart/Chart.yaml
cat >charts/shop/charts/cart/values.yaml <<'END'
image: {repository: ghcr.io/shop/cart, tag: "1"}
replicas: 1
flags: {level: warn, cache: true}
env: [{name: DEFAULT, value: "1"}]
END
cat >charts/shop/charts/cart/templates/deployment.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: cart
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          args: {{ toJson .Values.args }}
          env: {{ toJson .Values.env }}
      volumes: {{ toJson .Values.volumes }}
  flags: {{ toJson .Values.flags }}
END
git -C charts add -A && git -C charts commit -qm one && git -C charts tag v1.0.0
git init -q -b main gitops
tenant() { printf '{"type":"tenant","tenant":"acme"}\n' | framed; }
commit() { git -C gitops add -A && git -C gitops commit -qm "$1"; }
apply() { applypatch -q -C gitops --branch main --update-worktree <patches >results && git -C gitops reset -q --hard; }
of_manifest() { manifest-values -q -c ring.yaml --service cart <gitops/acme.yaml; }
render() { "$HELM" template x charts/shop -f "$1"; }
rendered() { of_manifest >now.json && render now.json >now; }

# What the ring brings, and what this makes of the values that Helm gets
cat >v.yaml <<'END'
cart:
  env+: [{name: GRAPH, value: "yes"}, {name: OWN, value: "012"}]
  args: [--graph, "1e3", {a: [1.5, null, {}]}]
  volumes: [{name: tmp, emptyDir: {}}, {name: c, configMap: {name: x, items: [{key: "on", path: "no"}]}}]
  replicas: 3
  flags: {level: debug, "on": "off"}
END
brings='.cart.env += [{name: "GRAPH", value: "yes"}] | .cart.args = ["--graph", "1e3", {a: [1.5, null, {}]}] | .cart.replicas = 3
	| .cart.volumes = [{name: "tmp", emptyDir: {}}, {name: "c", configMap: {name: "x", items: [{key: "on", path: "no"}]}}]
	| .cart.flags = {level: "debug", on: "off"} | .cart.image = {repository: "ghcr.io/shop/cart-ring-a", tag: "1111111"}'
cat >w.yaml <<'END'
cart: {env+: [{name: OTHER}, {name: GRAPH, value: "no"}], volumes: [{name: d, emptyDir: {}}, {name: tmp, emptyDir: {}}], flags: {level: trace}}
END
changes='.cart.env += [{name: "OTHER"}, {name: "GRAPH", value: "no"}] | .cart.volumes = [{name: "d", emptyDir: {}}, {name: "tmp", emptyDir: {}}]
	| .cart.flags = {level: "trace"} | .cart.image = {repository: "ghcr.io/shop/cart-ring-a", tag: "1111111"}'

# judge NAME: the manifest of the tenant, before, in and after a release
judge() {
	commit Start && git -C gitops tag -f start >/dev/null 2>&1
	rendered && cp now was && cp now.json was.json
	for step in v w; do
		[ $step = v ] && jq "$brings" was.json >expected.json || jq "$changes" was.json >expected.json
		tenant | mkpatch -q -C gitops --charts charts --service cart --ring ring-a --tag 1111111 --values $step.yaml >patches && apply
		render expected.json >expected && rendered
		ok "$1: the workload has the ring's image and values ($step)" diff expected now
		ok '... and the rendering is another one than before' not cmp -s was now
	done
	tenant | mkpatch -q -C gitops --service cart --ring ring-a --remove >patches && apply
	rendered
	ok '... and after a clear the original one' diff was now
	ok '... from the same bytes' git -C gitops diff --quiet start main
}
values="cart:
  env:   # theirs
  - name: OWN
    value: '012'   # octal?
  replicas: 2 # two
  other: {a: 1}"
head='apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: acme}
spec:
  source:
    repoURL: https://charts.example.com
    chart: shop
    targetRevision: 1.0.0
    helm:'
{ printf '%s\n      valuesObject:\n' "$head" && sed 's/^/        /' <<<"$values"; } >gitops/acme.yaml
judge 'an object'
{ printf '%s\n      values: |\n' "$head" && sed 's/^/        /' <<<"$values"; } >gitops/acme.yaml
judge 'a string'
{
	printf 'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: acme}\nspec:\n'
	printf '  chart: {spec: {chart: shop, version: 1.0.0, sourceRef: {kind: HelmRepository, name: c}}}\n  values:\n' && sed 's/^/    /' <<<"$values"
} | sed 's/$/\r/' >gitops/acme.yaml
judge 'a HelmRelease, with carriage returns'

finish
