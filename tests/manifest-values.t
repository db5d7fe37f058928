#!/usr/bin/env bash
# The Helm values that Argo CD or Flux uses for a manifest, and where its chart comes from.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit
# values OPTION ... <MANIFEST
values() { run manifest-values "$@"; }
gives() { exits 0 && diff <(jq -S . <<<"$1") <(jq -S . out); }
refused() { exits 1 && out_empty && err_has "$1"; }
# application: an Argo CD Application, whose source has the lines on standard input
application() {
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata: {name: shop-acme}' 'spec:' \
		'  destination: {namespace: acme}' '  source:' '    chart: shop' '    repoURL: https://charts.example.com' '    targetRevision: 1.2.3'
	sed 's/^/    /'
}

release() { printf '%s\n' 'apiVersion: helm.toolkit.fluxcd.io/v2' 'kind: HelmRelease' 'metadata: {name: shop, namespace: flux}' "spec: {$*}"; }

# By their precedence

values < <(application <<<$'helm:\n  valuesObject: {a: 1}')
ok 'the values of an Application are its valuesObject'              gives '{"a": 1}'
ok '... in one line'                                                out_lines 1
values < <(application <<<$'helm:\n  valuesObject: {a: 1}\n  values: |\n    b: 2')
ok '... which silences its values'                                  gives '{"a": 1}'
values < <(application <<<$'helm:\n  valuesObject: {}\n  values: |\n    b: 2')
ok '... also if it is empty'                                        gives '{}'
values < <(application <<<$'helm:\n  valuesObject: null\n  values: |\n    b: 2')
ok '... but not if it is null'                                      gives '{"b": 2}'
values < <(application <<<$'helm: {values: ""}')
ok 'an empty string has no values'                                  gives '{}'
values < <(application <<<'{}' | sed '$d')
ok '... and so has a source without helm'                           gives '{}'
values < <(application <<<$'helm: {values: "[1]"}')
ok 'a list is not values'                                           refused 'the values are not a map'
values < <(application <<<$'helm: {values: "a: [1"}')
ok 'a string that is not YAML is refused'                           refused 'invalid values string in line'
values < <(application <<<$'helm:\n  valuesObject:\n    base: &b {x: 1}\n    derived: {<<: *b, z: 0644, "on": yes}')
ok 'aliases and merge keys are resolved, by the types of YAML 1.1'  gives '{"base": {"x": 1}, "derived": {"x": 1, "z": 420, "on": true}}'
for key in on y \~ 010 1.0 1_0; do
	values <<<"a: {$key: 1}"
	ok "a key that Helm reads as another is refused: $key"          refused "the key $key in line 1 is not a string to Helm: quote it"
done
values < <(release 'y: &a {n: 1}, values: {a: *a}')
ok '... also in an alias'                                           refused 'the key y in line 4 is not a string to Helm: quote it'
values <<<'a: {10: 1, "on": 2, 2024-01-01: 3, 1e3x: 4}'
ok '... and others are not'                                         gives '{"a": {"10": 1, "on": 2, "2024-01-01": 3, "1e3x": 4}}'
values < <(application <<<$'helm:\n  valuesObject: {a: 1, a: 2}')
ok 'a duplicate key is refused'                                     refused 'duplicate key'

sources() { printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' "$@"; }
values < <(sources 'spec: {source: {chart: old}, sources: [{repoURL: x, ref: v}, {chart: shop, helm: {valuesObject: {a: 1}}}]}')
ok 'sources go before the source'                                   gives '{"a": 1}'
values < <(sources 'spec: {source: {chart: a}, sourceHydrator: {drySource: {path: charts/shop, helm: {valuesObject: {a: 2}}}}}')
ok '... and the drySource of a sourceHydrator before both'          gives '{"a": 2}'
values < <(sources 'spec: {sources: [{chart: a, helm: {}}, {chart: b, helm: {}}]}')
ok 'two charts are ambiguous'                                       refused 'several entries of spec.sources deploy the chart'

values < <(release 'values: {a: 1}, chart: {spec: {chart: shop}}')
ok 'those of a HelmRelease are its values'                          eval "gives '{\"a\": 1}' && err_empty"
values < <(release 'chart: {spec: {chart: shop}}')
ok '... or none'                                                    gives '{}'
values < <(release 'values: {a: 1}, valuesFrom: [{kind: ConfigMap, name: base}, {kind: Secret, name: token, valuesKey: t}]')
ok 'what valuesFrom names has less precedence, and is not there'    gives '{"a": 1}'
ok '... which a warning says' err_has 'warning: the output takes precedence over values that are not in it: valuesFrom ConfigMap base, Secret token'
values -q < <(release 'values: {a: 1}, valuesFrom: [{kind: ConfigMap, name: base}]')
ok '... unless it is asked not to'                                  eval "gives '{\"a\": 1}' && err_empty"
values < <(application <<<$'helm:\n  valueFiles: [base.yaml, $v/prod.yaml]\n  valuesObject: {a: 1}')
ok 'so do valueFiles'                                               err_has 'values that are not in it: valueFiles base.yaml, $v/prod.yaml'
values <<<$'a: 1\n# b: 2'
ok 'a file without a kind is values'                                gives '{"a": 1}'
values </dev/null
ok '... and an empty one has none'                                  gives '{}'
values < <(sources 'kind: ConfigMap' | sed 2d)
ok 'another object has none'                                        refused 'not an Argo CD Application'
values < <(printf 'a: [1\n')
ok 'what is not YAML is refused'                                    refused '<stdin>:2:1: not YAML'
values <<<'a: "##[error]"'
ok 'no command of a workflow is written'                            eval 'gives "{\"a\": \"##[error]\"}" && out_lacks "##["'

# Parameters, as Helm 4.1 reads them: NAME=VALUE, what becomes of {"m": {"k": 1}, "l": [1, {"z": 2}], "n": null}

# parameters NAME=VALUE ...: an Application with them; with a "!" before the name, of a string
parameters() {
	local p force
	printf '%s\n' helm: '  valuesObject: {m: {k: 1}, l: [1, {z: 2}], "n": null}' '  parameters:' >source
	for p; do
		force=false
		[[ $p != '!'* ]] || force=true p=${p#!}
		jq -nc --arg p "$p" --argjson f $force '($p | split("=")) as [$n] | {name: $n, value: $p[$n | length + 1:], forceString: $f}' |
			sed 's/^/  - /' >>source
	done
	application <source
}
while IFS=$'\t' read -r parameter expected; do
	values < <(parameters "$parameter")
	ok "the parameter $parameter" gives "$(jq -nc '{m: {k: 1}, l: [1, {z: 2}], n: null} | '"$expected")"
done <<'END'
m.q=1	.m.q = 1
m=1	.m = 1
m.k=null	.m.k = null
n=1	.n = 1
l[0]=5	.l[0] = 5
l[3]=5	.l = [1, {z: 2}, null, 5]
l[1].y=1	.l[1].y = 1
l[0].y=1	.l[0] = {y: 1}
a[0][1]=2	.a = [[null, 2]]
a[0].b[1].c=x	.a = [{b: [null, {c: "x"}]}]
a[01]=1	.a = [null, 1]
a\.b=1	.["a.b"] = 1
a\\b=1	.["a\\b"] = 1
a]=1	.["a]"] = 1
a=	.a = ""
a= 1	.a = " 1"
a=TRUE	.a = true
a=False	.a = false
a=Null	.a = null
a=0	.a = 0
a=+5	.a = 5
a=-05	.a = -5
a=05	.a = "05"
a=1.5	.a = "1.5"
a=1e3	.a = "1e3"
a=9223372036854775808	.a = "9223372036854775808"
!a=7	.a = "7"
!a=true	.a = "true"
!a={1,x}	.a = ["1", "x"]
a=b,c	.a = "b,c"
a=b\,c	.a = "b,c"
a=b\c	.a = "bc"
a=x{y}	.a = "x{y}"
a=\{x}	.a = "{x}"
a==b	.a = "=b"
a={}	.a = [""]
a={x,1,null}	.a = ["x", 1, null]
a={x\,y,}	.a = ["x,y", ""]
a[0]={1,2}	.a = [[1, 2]]
END
while IFS=$'\t' read -r parameter reason; do
	values < <(parameters "$parameter")
	ok "the parameter $parameter is refused, as Helm fails or ignores it" refused "$reason"
done <<'END'
n.q=1	in another than a map
n[0]=1	in another than a list
l.q=1	in another than a map
m[0]=1	in another than a list
m.k.z=1	in another than a map
l[0][1]=3	in another than a list
a.=1	a key is empty
.a=1	a key is empty
a..b=1	a key is empty
[0]=1	a key is empty
=1	a key is empty
a,b=1	it has "=" or ","
a\=1	it ends with a backslash
a[x]=1	an index is not a number in brackets
a[-1]=1	an index is not a number in brackets
a[]=1	an index is not a number in brackets
a[0=1	an index is not a number in brackets
a[0]b=1	an index is not followed by
a[0]]=1	an index is not followed by
a[1001]=1	an index is greater than 1000
a[99999999999999999999]=1	an index is greater than 1000
a={a}b}	a list does not end with its first "}"
a={x	a list does not end with its first "}"
a={x\	a list does not end with its first "}"
a=x\	it ends with a backslash
a=x\\,y	a comma follows two backslashes
END
levels=$(printf 'a.%.0s' {1..29})
values < <(parameters "${levels}a=1")
ok 'a name may have 30 keys'                                        exits 0
values < <(parameters "${levels}a.a=1")
ok '... and not more'                                               refused 'more than 30 keys and indices'
values < <(parameters m.k=2 m.k=3 '!m.k=4' 'l[0]=x')
ok 'of one name, the last counts; --set-string goes after --set'    gives '{"m": {"k": "4"}, "l": ["x", {"z": 2}], "n": null}'
values < <(parameters '!m.k=4' m.k=3)
ok '... in any order'                                               gives '{"m": {"k": "4"}, "l": [1, {"z": 2}], "n": null}'
values < <(parameters 'a={x' a=1)
ok '... and only the last must be valid'                            gives '{"a": 1, "m": {"k": 1}, "l": [1, {"z": 2}], "n": null}'
values < <(parameters a.b=1 a=2)
ok 'two that set the same value have no order'                      refused 'set the same value, in an order that Argo CD does not keep'
values < <(parameters 'a[1]=1' 'a[01]=2')
ok '... also by other names'                                        refused 'set the same value, in an order that Argo CD does not keep'
values < <(parameters 'a=$ARGOCD_APP_NAME')
ok 'a variable of Argo CD is not known'                             refused 'the parameter "a" has a variable'
values < <(application <<<'helm: {parameters: [{name: a, value: 1}]}')
ok 'a value that is not a string is refused'                        refused 'the value of the parameter "a" is not a string: quote it'
values < <(application <<<'helm: {parameters: [{value: a}]}')
ok '... as is a parameter without a name'                           refused 'a parameter has no name'
values < <(application <<<'helm: {fileParameters: [{name: a, path: x.txt}]}')
ok 'a file of the chart is not known'                               refused 'the file parameter "a" reads a file'
many() { printf 'helm:\n  parameters:\n' && seq -f '  - {name: a%.0f, value: x}' "$1"; }
values < <(many 1000 | application)
ok 'a source may have 1,000 parameters'                             exits 0
values < <(many 1001 | application)
ok '... and not more'                                               refused 'more than 1000 parameters'

# The catalogue says which chart, and where the values are

cat >ring.yaml <<'END'
manifests:
  - tenants/{tenant}/app.yaml
  - {path: "config/{tenant}.json", values: /helm/values, version: /chart/version}
  - {path: set.yaml, elements: /spec/generators/0/list/elements, tenant: name, values: /overrides, version: /chartVersion}
umbrella: {chart: shop}
services: {cart: {image: "ghcr.io/shop/cart-{ring}", charts: {cart: image}}}
END
of() { values -c ring.yaml --service cart "$@"; }
of < <(sources 'spec: {sources: [{chart: a, helm: {}}, {chart: shop, helm: {valuesObject: {a: 1}}}]}')
ok 'of several charts, those of the umbrella'                       gives '{"a": 1}'
of < <(sources 'spec: {source: {chart: a, helm: {}}}')
ok 'another chart is refused'                                       refused 'expected the chart "shop" or one of the service cart, got "a"'
of --path config/acme.json <<<'{"helm": {"values": {"a": 1}}, "chart": {"version": "1.2.3"}}'
ok 'values where an entry says that they are'                       gives '{"a": 1}'
of --path config/acme.json --source <<<'{"helm": {"values": {"a": 1}}, "chart": {"version": "1.2.3"}}'
ok '... and the version'                                            gives '{"tenant": "acme", "chart": "shop", "targetRevision": "1.2.3"}'
of --path config/acme.json <<<'{"helm": {"values": "a: 1"}}'
ok '... in a string'                                                gives '{"a": 1}'
of --path config/acme.json --tenant acme <<<'{}'
ok '... or missing'                                                 gives '{}'
# set PARAMETERS: an ApplicationSet with two elements
set_of() {
	printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: ApplicationSet' 'spec:' '  goTemplate: true' '  generators: [{list: {elements: [' \
		'    {name: acme, chartVersion: 1.2.3, overrides: {a: 1}}, {name: beta, overrides: {b: 2}}]}}]' \
		"  template: {spec: {source: {path: charts/shop, repoURL: 'https://git.example.com/charts.git', helm: {parameters: [${1-}]}}}}"
}
of --path set.yaml --tenant acme < <(set_of)
ok 'the values of an element'                                       gives '{"a": 1}'
of --path set.yaml --tenant acme --source < <(set_of)
ok '... and its source, from the template' \
	gives '{"tenant": "acme", "chart": "shop", "repoURL": "https://git.example.com/charts.git", "path": "charts/shop", "targetRevision": "1.2.3"}'
of --path set.yaml --tenant beta < <(set_of '{name: a.b, value: c}')
ok '... with a parameter of the template'                           gives '{"b": 2, "a": {"b": "c"}}'
of --path set.yaml --tenant beta < <(set_of '{name: a, value: "{{.name}}"}')
ok '... which must be known'                                        refused 'the parameter "a" of the template is not known'
of --path set.yaml --tenant gamma < <(set_of)
ok 'a tenant that has no element is refused'                        refused 'has no element whose name is gamma'
values < <(set_of)
ok 'an ApplicationSet has no values without its entry'              refused 'ApplicationSet'
of --path set.yaml < <(set_of)
ok 'a file for several tenants requires one'                        eval 'exits 2 && err_has "--tenant is required: set.yaml is for several tenants"'
of --path tenants/acme/app.yaml --tenant beta </dev/null
ok '... and another file is for its own'                            eval 'exits 2 && err_has "--tenant: tenants/acme/app.yaml is of the tenant acme"'
of --path other.yaml </dev/null
ok 'a path that no entry matches is refused'                        eval 'exits 2 && err_has "--path: other.yaml matches none of the manifests"'
of --path tenants/acme/app.yaml <<<'kind: ConfigMap'
ok 'a refusal names the path'                                       refused 'manifest-values: tenants/acme/app.yaml: not an Argo CD Application'

# Where the chart comes from

values --source < <(application <<<'helm: {valueFiles: [a.yaml], releaseName: shop}')
ok 'the source of an Application' gives '{"chart": "shop", "repoURL": "https://charts.example.com", "targetRevision": "1.2.3",
	"releaseName": "shop", "namespace": "acme", "valueFiles": ["a.yaml"]}'
values --source < <(sources 'metadata: {name: x}' 'spec: {source: {repoURL: "https://g.example.com/c.git", path: ./charts/shop/, targetRevision: main}}')
ok '... of one in a Git repository' gives '{"repoURL": "https://g.example.com/c.git", "path": "charts/shop", "targetRevision": "main", "releaseName": "x"}'
values --source < <(release 'chart: {spec: {chart: shop, version: 1.x, valuesFiles: [a.yaml], sourceRef: {kind: HelmRepository, name: r}}},
	targetNamespace: prod, valuesFrom: [{kind: Secret, name: s}]')
ok '... of a HelmRelease' gives '{"chart": "shop", "targetRevision": "1.x", "releaseName": "prod-shop", "namespace": "prod",
	"valueFiles": ["a.yaml"], "valuesFrom": ["Secret s"]}'
values --source < <(release 'releaseName: x, chart: {spec: {chart: ./shop, sourceRef: {kind: GitRepository, name: r}}}')
ok '... and why its revision is not known' gives '{"chart": "./shop", "releaseName": "x", "namespace": "flux",
	"reason": "there is no GitRepository \"r\" in the file of the HelmRelease: its branch is not known"}'
of --source <<<'a: 1'
ok '... of a values file'                                           gives '{"chart": "shop"}'

# All manifests of the tests, by another reader of YAML

manifests=$top/tests/manifests
compared=0 refused=0
for manifest in "$manifests"/{argo,flux,values}/*; do
	for service in checkout media; do
		name=${manifest#"$manifests"/}
		python3 "$top/tests/manifest-values.py" "$manifests/ring.yaml" $service "$manifest" >theirs 2>/dev/null || : >theirs
		values -q -c "$manifests/ring.yaml" --service $service <"$manifest"
		if [ "$status" -ne 0 ]; then
			refused=$((refused + 1))
			continue
		fi
		# parameters are tested above, and PyYAML accepts fewer tabs
		! grep -q $'arameters:\\|\t' "$manifest" || continue
		ok "PyYAML reads the same values: $name, $service" eval '[ -s theirs ] && diff <(jq -S . theirs) <(jq -S . out)'
		compared=$((compared + 1))
	done
done
ok 'most manifests were compared'                                   test $compared -gt 150 -a $refused -lt 60

# Errors

run manifest-values --service cart </dev/null
ok '--service requires a catalogue'                                 eval 'exits 2 && err_has "--catalog and --service require each other"'
run manifest-values -c ring.yaml </dev/null
ok '... and the other way round'                                    exits 2
run manifest-values --tenant acme </dev/null
ok '--tenant requires both, and a path'                             eval 'exits 2 && err_has "--tenant requires --catalog and --path"'
run manifest-values -c ring.yaml --service none </dev/null
ok 'an unknown service is wrong usage'                              exits 2
run manifest-values -c none.yaml --service cart </dev/null
ok 'a catalogue that cannot be read is reported'                    exits 66
printf 'services: []\n' >wrong.yaml
run manifest-values -c wrong.yaml --service cart </dev/null
ok '... or is wrong'                                                exits 78
run full manifest-values <<<'a: 1'
ok 'a full disk is reported'                                        exits 74
run no_in manifest-values
ok 'so is a standard input that is closed'                          exits 74
head -c 16777217 /dev/zero | tr '\0' '#' >large
run manifest-values <large
ok 'a manifest of more than 16 MiB is refused'                      eval 'exits 65 && err_has "the manifest is larger than 16777216 bytes"'

finish
