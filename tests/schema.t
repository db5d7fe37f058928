# The JSON Schema of the catalogue, for editors, agrees with the loader, as far as a schema can.

. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
mkdir good bad beyond nowhere

# The catalogues: "##" begins one, with what it is (good, bad, or beyond a schema) and its name.
# "$S" stands for one whole service.
awk -v service='services: {atlas: {image: "ghcr.io/o/atlas-{ring}", charts: {atlas: atlas/image}' '
	/^## / { file = $2 "/" substr($0, length($2) + 5); next }
	{ if (i = index($0, "$S")) $0 = substr($0, 1, i - 1) service substr($0, i + 2); print >file }' <<'END'
## good an empty map
{}
## good everything
cohorts: cohorts/{value}.yaml
manifests: ["tenants/{tenant}/application.yaml", "clusters/*/a-{tenant}-*.yaml"]
max-tenants: 1000000
ring: rollout/{name}
proposals: ["deploy/{service}/{ring}", "{ring}/of/{service}/v1"]
umbrella: {chart: atlan, path: charts/atlan, revision: "atlan-{version}"}
services:
  heracles:
    repository: o/heracles
    branch: main
    build-workflow: [main.yml, Build]
    image: ["ghcr.io/o/heracles-{ring}", "localhost:5000/heracles/{ring}"]
    tag: "v{sha:7}"
    charts:
      one: image
      two: [a/b.c/image, {repository: r, tag: t}, {repository: r, tag: t, digest: d}, {reference: x/y}]
    ga-tag: '([0-9a-f]{7,40})$'
    ga-version: '-master\.([0-9a-f]{7,40})abcd$'
    chart-paths: [helm/]
    manifests: "{tenant}.yaml"
## good a string instead of a list
$S, build-workflow: main.yml, chart-paths: helm/, manifests: "t/{tenant}"}}
## good a tag with the commit twice
$S, tag: "{sha:7}_{sha}"}}
## good an empty map of services
services: {}
## good a host with a ring in it
services: {a: {image: "{ring}.Example.com/x", charts: {b: c}}}
## good an image without a host
services: {a: {image: "o_x/a--b.c__{ring}", charts: {b: c}}}
## good who may label
allowed:
  github:path:enterprise-level-1: [ann, shop/release-managers, "renovate[bot]"]
  github:path:*: shop/releases
  tenant:name:*: ann_shop
## good who may label what, for no label
allowed: {}
## bad who may label, in a list
allowed: [ann]
## bad who may label what, in a cohort of another source
allowed: {"gihtub:path:a": ann}
## bad who may label, with the prefix of the label
allowed: {"cohort:github:path:a": ann}
## bad who may label what, by a pattern
allowed: {"github:path:a*": ann}
## bad no one who may label
allowed: {"github:path:a": []}
## bad who may label, in words
allowed: {"github:path:a": "ann and bob"}
## bad who may label, as people write it
allowed: {"github:path:a": "@ann"}
## bad a team of a team
allowed: {"github:path:a": o/t/s}
## beyond cohorts that differ in case only
allowed: {"github:path:a": ann, "github:path:A": bob}
## bad a list
[1, 2]
## bad an unknown key
cohort: cohorts/{value}.yaml
## bad an unknown key of the umbrella
umbrella: {chrat: x}
## bad an unknown key of a service
$S, imgae: x}}
## good a registry
services: {a: {image: "ghcr.io/x/{ring}", charts: {b: {registry: r, repository: x, tag: t}}}}
## bad a registry and a reference
services: {a: {image: "ghcr.io/x/{ring}", charts: {b: {registry: r, reference: x}}}}
## good images that may be replaced
services: {a: {image: "ghcr.io/x/{ring}", charts: {b: {registry: r, repository: x, tag: t, replace: true},
  c: [{reference: r, replace: false}, {repository: x, tag: t, digest: d, replace: true}]}}}
## good a tag that may be replaced
services: {a: {image: x/y, tag: "{ring}-{sha}", charts: {b: {tag: t, replace: true}}}}
## bad an image that may be replaced in words
services: {a: {image: "ghcr.io/x/{ring}", charts: {b: {reference: r, replace: "true"}}}}
## bad an image that may be replaced, without paths
services: {a: {image: "ghcr.io/x/{ring}", charts: {b: {replace: true}}}}
## good values
$S, values: {file: "deploy/{ring}.yaml", allow: [atlas/atlas/leangraph, atlas/atlas/env]}}}
## good values at one path, and in a file for each ring's directory
$S, values: {file: "{ring}/v.json", allow: atlas/a.b/c}}}
## good values that are allowed nowhere
$S, values: {file: "deploy/{ring}"}}}
## good values beside an image, though not the members that say which it is
$S, values: {file: "d/{ring}", allow: atlas/atlas/image/pullPolicy}}}
## bad values without a file
$S, values: {allow: atlas/a}}}
## bad values in a file of all rings
$S, values: {file: deploy/values.yaml, allow: atlas/a}}}
## bad values in a file by an unknown placeholder
$S, values: {file: "deploy/{ring}/{sha}.yaml", allow: atlas/a}}}
## bad values outside of the repository
$S, values: {file: "../{ring}.yaml", allow: atlas/a}}}
## bad values in a hidden directory
$S, values: {file: ".github/{ring}.yaml", allow: atlas/a}}}
## bad values by an absolute path
$S, values: {file: "/{ring}.yaml", allow: atlas/a}}}
## bad values in a list
$S, values: [{file: "{ring}.yaml"}]}}
## bad values with an unknown key
$S, values: {file: "{ring}.yaml", alow: atlas/a}}}
## bad values at no path
$S, values: {file: "{ring}.yaml", allow: []}}}
## bad values at an empty path
$S, values: {file: "{ring}.yaml", allow: ""}}}
## bad values at a path with an empty component
$S, values: {file: "{ring}.yaml", allow: [atlas//a]}}}
## bad values at a path that ends in a slash
$S, values: {file: "{ring}.yaml", allow: [atlas/a/]}}}
## beyond values of a whole chart
$S, values: {file: "{ring}.yaml", allow: other/a}}}
## beyond values of the umbrella's dependencies
services: {a: {image: "x/{ring}", charts: {tags: b}, values: {file: "{ring}.yaml", allow: tags/a}}}
## beyond values above an image
$S, values: {file: "{ring}.yaml", allow: atlas/atlas}}}
## beyond values at an image
$S, values: {file: "{ring}.yaml", allow: [atlas/env, atlas/atlas/image/tag]}}}
## beyond values below an image
$S, values: {file: "{ring}.yaml", allow: atlas/atlas/image/tag/x}}}
## bad a registry without a tag
services: {a: {image: "ghcr.io/x/{ring}", charts: {b: {registry: r, repository: x}}}}
## beyond a registry, and an image without a host
services: {a: {image: "x/{ring}", charts: {b: {registry: r, repository: x, tag: t}}}}
## bad an unknown key of a chart's image
services: {a: {image: "x/{ring}", charts: {b: {repository: r, tag: t, digset: d}}}}
## bad cohorts with an unknown placeholder
cohorts: a/{name}
## bad cohorts with a second placeholder
cohorts: a/{name}/{value}
## bad cohorts without a placeholder
cohorts: a/b.yaml
## bad cohorts outside of the directory
cohorts: ../{value}
## bad cohorts in a hidden directory
cohorts: a/.b/{value}
## bad cohorts by an absolute path
cohorts: /etc/{value}
## bad cohorts with an empty component
cohorts: a//{value}
## bad cohorts that end in a slash
cohorts: "a/{value}/"
## bad cohorts with an asterisk
cohorts: a/*/{value}
## bad cohorts with a blank
cohorts: a b/{value}
## bad cohorts in a list
cohorts: ["a/{value}"]
## bad cohorts that are null
cohorts: null
## good manifests in maps
manifests: [{path: "a/{tenant}"}, {path: "b/*/{tenant}.yaml", optional: true}, "c/{tenant}"]
## good one manifest in a map
manifests: {path: "a/{tenant}", optional: false}
## good values in any file
manifests: [{path: "a/{tenant}", values: /helm/values, version: "/a~1b/~0"}, {path: "*/{tenant}", values: ""}]
## good elements of a list
manifests: {path: a/b.yaml, elements: /spec/generators/0/list/elements, tenant: name, values: /values, version: /v, optional: true}
## bad elements in a path for one tenant
manifests: {path: "a/{tenant}", elements: /a, tenant: name, values: /values}
## bad elements in a path with an asterisk
manifests: {path: "a/*", elements: /a, tenant: name, values: /values}
## bad elements without values
manifests: {path: a, elements: /a, tenant: name}
## bad elements without a tenant
manifests: {path: a, elements: /a, values: /values}
## bad a tenant without elements
manifests: {path: "a/{tenant}", tenant: name}
## bad values that are not a pointer
manifests: {path: "a/{tenant}", values: helm/values}
## bad a version with an invalid escape
manifests: {path: "a/{tenant}", version: /a~2}
## bad a manifest without a path
manifests: [{optional: true}]
## bad a manifest with an unknown key
manifests: {path: "a/{tenant}", optinal: true}
## bad a manifest that is optional in words
manifests: {path: "a/{tenant}", optional: "true"}
## bad a manifest in a map without a placeholder
manifests: {path: a}
## bad manifests in an empty list
manifests: []
## bad manifests with half a placeholder
manifests: a/{tenant
## bad manifests with the other half
manifests: a/{tenant}}
## bad manifests without a placeholder
manifests: a/b
## bad manifests one of which lacks the placeholder
manifests: ["a/{tenant}", "a/b"]
## bad manifests outside of the repository
manifests: a/../{tenant}
## bad manifests with two dots in a name
manifests: a..b/{tenant}
## bad manifests that start with a dash
manifests: -a/{tenant}
## good one name of proposals
proposals: "x/{service}-/{ring}"
## bad proposals without a service
proposals: release/{ring}
## bad proposals without a ring
proposals: ["release/{service}"]
## bad proposals with a ring twice
proposals: "{ring}/{service}/{ring}"
## bad proposals with a service twice
proposals: "{service}/{ring}/{service}"
## bad proposals without a slash between the two
proposals: release/{service}-{ring}
## bad proposals with an unknown placeholder
proposals: "{service}/{name}/{ring}"
## bad proposals with half a placeholder
proposals: "{service}/{/{ring}"
## bad proposals in an empty list
proposals: []
## beyond proposals with names that no branch can have
proposals: "release/{service}/{ring}.lock"
## beyond proposals that end with a dot
proposals: "release/{service}/{ring}."
## beyond proposals with two slashes
proposals: "release//{service}/{ring}"
## beyond proposals that start with a dash
proposals: "-{service}/{ring}"
## bad ring without {name}
ring: ring-x
## bad ring with two characters before {name}
ring: r-{name}
## bad ring with {name} twice
ring: ring-{name}-{name}
## bad ring with a capital
ring: Ring-{name}
## bad max-tenants in words
max-tenants: many
## bad max-tenants of 0
max-tenants: 0
## bad max-tenants that is too large
max-tenants: 1000001
## bad max-tenants with a fraction
max-tenants: 1.5
## bad a number instead of a string
umbrella: {chart: 1.2}
## bad an empty string
umbrella: {chart: ""}
## bad an umbrella that is not a map
umbrella: atlan
## bad a revision without its placeholder
umbrella: {revision: v1}
## bad a revision with another placeholder
umbrella: {revision: "{version}-{sha}"}
## bad a list of services
services: []
## bad a service's name with a blank
services: {a b: {image: "x/{ring}", charts: {b: c}}}
## bad a service's name that starts with a dot
services: {.a: {image: "x/{ring}", charts: {b: c}}}
## bad a service's name with two dots
services: {a..b: {image: "x/{ring}", charts: {b: c}}}
## bad a service that is null
services: {a: null}
## bad a service without charts
services: {a: {image: "x/{ring}"}}
## bad a service without an image
services: {a: {charts: {b: image}}}
## bad a service with an empty map of charts
services: {a: {image: "x/{ring}", charts: {}}}
## bad charts in a list
services: {a: {image: "x/{ring}", charts: [b]}}
## good a chart in a wrapper chart
services: {a: {image: "x/{ring}", charts: {shop/cart: c}}}
## bad a chart's name with an empty component
services: {a: {image: "x/{ring}", charts: {shop//cart: c}}}
## bad a chart without a name
services: {a: {image: "x/{ring}", charts: {"": b}}}
## bad a chart with an empty list
services: {a: {image: "x/{ring}", charts: {b: []}}}
## bad a chart's path with an empty component
services: {a: {image: "x/{ring}", charts: {b: x//y}}}
## bad a chart's path that is absolute
services: {a: {image: "x/{ring}", charts: {b: {reference: /x}}}}
## bad only a tag's path
services: {a: {image: "x/{ring}", charts: {b: {tag: t}}}}
## good the ring in the tag
services: {a: {image: x, tag: "{ring}-{sha:7}", charts: {b: c, d: {tag: t}, e: [{tag: t, digest: d}, image]}}}
## good the ring in both
services: {a: {image: ["x/{ring}", x], tag: "v{sha}_{ring}", charts: {b: {tag: t}}}}
## bad one of the images without a ring
services: {a: {image: ["x/{ring}", x], charts: {b: c}}}
## bad only a tag's path in a list
services: {a: {image: "x/{ring}", tag: "{sha}", charts: {b: [image, {tag: t}]}}}
## bad a registry and a tag
services: {a: {image: g.io/x, tag: "{ring}-{sha}", charts: {b: {registry: r, tag: t}}}}
## bad a tag with only hexadecimal digits between ring and commit
services: {a: {image: x, tag: "{ring}a0{sha}", charts: {b: c}}}
## bad the commit directly before the ring
services: {a: {image: x, tag: "{sha:7}{ring}", charts: {b: c}}}
## bad a tag with a ring and no commit
services: {a: {image: x, tag: "{ring}", charts: {b: c}}}
## bad a reference and a tag
services: {a: {image: "x/{ring}", charts: {b: {reference: r, tag: t}}}}
## bad an empty map of paths
services: {a: {image: "x/{ring}", charts: {b: {}}}}
## bad an image in capitals
services: {a: {image: "UPPER/{ring}", charts: {b: c}}}
## bad an image without the ring
services: {a: {image: x, charts: {b: c}}}
## bad an image with a tag
services: {a: {image: "x/{ring}:latest", charts: {b: c}}}
## bad an image that ends in a dash
services: {a: {image: "x/{ring}-", charts: {b: c}}}
## bad an image with an empty component
services: {a: {image: "x//{ring}", charts: {b: c}}}
## bad an image with three low lines
services: {a: {image: "x/a___{ring}", charts: {b: c}}}
## bad an image with an invalid host
services: {a: {image: "a_b.c/{ring}", charts: {b: c}}}
## bad an image with an invalid port
services: {a: {image: "a.b:x/{ring}", charts: {b: c}}}
## bad images of which the second is invalid
services: {a: {image: ["x/{ring}", "x/{tenant}"], charts: {b: c}}}
## bad a tag without the commit
$S, tag: v1}}
## bad a tag with blanks
$S, tag: "a b {sha}"}}
## bad a tag that starts with a dash
$S, tag: "-{sha}"}}
## bad a tag with zero characters of the commit
$S, tag: "{sha:0}"}}
## bad a tag with another placeholder
$S, tag: "{sha}{ring}"}}
## bad a regular expression without a group
$S, ga-tag: "x"}}
## bad an invalid regular expression
$S, ga-version: null}}
## bad a number in a list of strings
$S, chart-paths: [1]}}
## good waves
waves: [{cohort: github:path:internal-level-1, soak: 24h}, {cohort: tenant:name:acme}]
## good one wave
waves: {cohort: "github:path:x", soak: 0s}
## bad waves without a cohort
waves: [{soak: 24h}]
## bad an empty list of waves
waves: []
## bad a wave with another key
waves: [{cohort: github:path:x, label: y}]
## bad a wave of a cohort without a source
waves: [{cohort: internal-level-1}]
## bad a soak without a unit
waves: [{cohort: github:path:x, soak: "24"}]
## bad a soak that is a number
waves: [{cohort: github:path:x, soak: 24}]
## good freezes
freeze: [{from: "2026-12-20", to: "2027-01-02"}, {from: "2027-02-28", to: "2027-02-28"}]
## good one freeze
freeze: {from: '2026-12-20', to: "2027-01-02"}
## bad a freeze without an end
freeze: {from: "2026-12-20"}
## bad a freeze of a time
freeze: {from: "2026-12-20T00:00:00Z", to: "2027-01-02"}
## bad a month that is none
freeze: {from: "2026-13-20", to: "2027-01-02"}
## bad an empty list of freezes
freeze: []
## beyond a day that is none
freeze: {from: "2026-02-29", to: "2027-01-02"}
## beyond a freeze that ends before it begins
freeze: {from: "2026-12-20", to: "2026-12-19"}
## good several GitOps repositories
gitops: [{repository: org/gitops-eu, tenants: "eu-*"}, {repository: org/gitops-us, tenants: ["us-*", acme]}]
## good one GitOps repository
gitops: {repository: org/gitops, tenants: "*"}
## bad a GitOps repository without tenants
gitops: [{repository: org/gitops}]
## bad a GitOps repository without a repository
gitops: [{tenants: "*"}]
## bad an empty list of GitOps repositories
gitops: []
## bad a GitOps repository without an owner
gitops: [{repository: gitops, tenants: "*"}]
## bad a GitOps repository in a folder
gitops: [{repository: a/b/c, tenants: "*"}]
## bad a pattern of tenants with a slash
gitops: [{repository: a/b, tenants: "eu/*"}]
## bad an empty list of tenants
gitops: [{repository: a/b, tenants: []}]
## bad another key of a GitOps repository
gitops: [{repository: a/b, tenants: "*", branch: main}]
## beyond a GitOps repository in two entries
gitops: [{repository: a/b, tenants: "x"}, {repository: A/b, tenants: "y"}]
## good a policy of merges
$S, values: {file: "{ring}.yaml", allow: atlas/a}}}
merge: {set: [github:path:x, tenant:name:acme], clear: true, values: [atlas/atlas/leangraph], per-day: 50}
## good a policy of one cohort and one path
$S}}
merge: {set: github:path:x, values: atlas/atlas/a/b}
## good an empty policy
merge: {}
## bad a policy for a cohort without a source
merge: {set: [x]}
## bad a policy without cohorts in its list
merge: {set: []}
## bad a policy for a whole chart
$S}}
merge: {values: atlas/atlas}
## bad a policy for an empty key
$S}}
merge: {values: atlas/atlas/}
## bad a policy that is a list
merge: [set]
## bad clear as a string
merge: {clear: "yes"}
## bad no tenant on a day
merge: {per-day: 0}
## bad another key of a policy
merge: {auto: true}
## beyond a policy for values of an unknown service
merge: {values: other/atlas/a}
## beyond a policy for an image
$S}}
merge: {values: atlas/atlas/atlas/image}
## beyond two waves of a cohort
waves: [{cohort: github:path:x, soak: 24h}, {cohort: github:path:x}]
## beyond duplicate cohorts
cohorts: a/{value}
cohorts: b/{value}
## beyond a duplicate service
services:
  a: {image: "x/{ring}", charts: {b: c}}
  a: {image: "x/{ring}", charts: {b: c}}
## beyond a duplicate chart
services: {a: {image: "x/{ring}", charts: {b: c, b: d}}}
## beyond a regular expression with an open group
$S, ga-tag: "x("}}
## beyond a regular expression with two groups
$S, ga-tag: "(x)(y)"}}
## beyond an integer with a fraction of zero
max-tenants: 20.0
## beyond a chart's name that YAML reads as a number
services: {a: {image: "x/{ring}", charts: {1: c}}}
## beyond a path with a component of 129 characters
manifests: "{tenant}/ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
END

# The status of the loader: 0, or 78 for an invalid catalogue
load() { cohort-resolve --unframed -q -C nowhere -c "$1" </dev/null; }

# The answer of the schema, a line for each file: its name, "accepts" or "refuses"
cat >schema.py <<'END'
import json, sys, jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
for file in sys.argv[2:]:
    print(file + ": " + ("accepts" if validator.is_valid(yaml.safe_load(open(file))) else "refuses"))
END
cp "$examples/releases/ring.yaml" 'good/the catalogue of the examples'
run python3 schema.py "$examples/ring.schema.json" good/* bad/* beyond/*
ok 'the schema is valid' exits 0
cp out verdicts
says() { grep -qxF "$1" verdicts; }
for file in good/*; do
	run load "$file"
	ok "${file#*/}: the loader accepts it" exits 0
	ok "... and so does the schema" says "$file: accepts"
done
for file in bad/*; do
	run load "$file"
	ok "${file#*/}: the loader refuses it" exits 78
	ok "... and so does the schema" says "$file: refuses"
done
for file in beyond/*; do
	run load "$file"
	ok "${file#*/}: the loader refuses it" exits 78
	ok '... which a schema cannot express' says "$file: accepts"
done

finish
