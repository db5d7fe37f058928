# examples/scripts/ringkit-init: the catalogue that it writes for whole repositories, without a hand edit, gives the diff that
# the catalogue written by hand gives; and what it does with other layouts, with hostile ones, and with directories that exist.

. "$(dirname "$0")/lib.sh"

init() { run "$examples/scripts/ringkit-init" "$@"; }
# start NAME [DIR]: a GitOps repository with the files of DIR or, without one, those of standard input: "== path", then its lines
start() {
	mkdir -p "$tmp/$1" && cd "$tmp/$1" || exit
	if [ $# -gt 1 ]; then
		cp -R "$2/." .
	else
		mkdir gitops
		local line file=''
		while IFS= read -r line; do
			case $line in
			'== '*) file=gitops/${line#== } && mkdir -p "${file%/*}" && : >"$file" ;;
			*) printf '%s\n' "$line" >>"$file" ;;
			esac
		done
	fi
	git -C gitops init -q && git -C gitops add -A && git -C gitops commit -qm 'As it was'
}
# shown: the diff that the run has printed
shown() { sed -n '/^diff --git/,$p' "$tmp/out" | sed '/^$/,$d'; }
# changes CATALOGUE SERVICE TAG TENANT ...: the diff of a release to these tenants
changes() {
	printf 'cohort:tenant:name:%s\n' "${@:4}" | labels2json -q | cohort-resolve -q -c "$1" -C "${1%/*}" |
		mkpatch -q -c "$1" -C gitops --service "$2" --ring ring-fast --tag "$3" |
		applypatch -q -C gitops --branch try --onto main --partial --dry-run --diff
}
# alike SERVICE TENANT ...: both catalogues give the same diff, and it is not empty
alike() {
	local service=$1 own=${own:-$1}
	shift
	changes out/releases/ring.yaml "$own" 5e0c1f7 "$@" >"$tmp/ours"
	changes releases/ring.yaml "$service" 5e0c1f7 "$@" >"$tmp/theirs"
	test -s "$tmp/ours" && diff -u "$tmp/theirs" "$tmp/ours"
}
says() { grep -qE -- "$1" out/releases/ring.yaml || { cat out/releases/ring.yaml && false; }; }
untouched() { [ -z "$(git -C gitops status --porcelain)" ] && [ "$(git -C gitops for-each-ref)" = "$refs" ]; }
files() { (cd "$1" && find . ! -type d | sort); }

# Whole repositories

start applications "$top/tests/repos/applications"
refs=$(git -C gitops for-each-ref)
init --charts charts gitops out
ok 'applications: the catalogue has no findings' eval 'exits 0 && out_has "ringlint: no findings"'
shown >"$tmp/diff"
ok '... the dry run shows the image of a ring, and nothing else' diff -u - "$tmp/diff" <<'END'
diff --git a/tenants/aurora/application.yaml b/tenants/aurora/application.yaml
index e9100b0..a6c0420 100644
--- a/tenants/aurora/application.yaml
+++ b/tenants/aurora/application.yaml
@@ -20,6 +20,9 @@ spec:
           halls: 2
           # the balcony is closed for repairs
           closed: [balcony]
+          image:
+            repository: ghcr.io/footlight/seating-ring-test
+            tag: 0123456789abcdef0123456789abcdef01234567
         quotes:
           engine:
             currency: EUR
END
all='aurora bijou capitol dominion empire forum gaiety hippodrome'
ok '... which is what the catalogue written by hand gives all tenants' alike seating $all
ok '... and so for a service with two charts, whose images have other keys' alike pricing $all
ok 'an image of a tenant is not replaced, and is named' says 'note: empire: the image is in their values'
ok 'the commit of the image is found as it was by hand' says 'ga-tag: "-\(\[0-9a-f\]\{7,40\}\)\$"'
ok 'the clone is as it was' untouched
ok '... and nothing is left beside the directory' test -z "$(find . -maxdepth 1 -name '.ringkit-init*')"
tree() { git -C charts init -q && git -C charts add -A && git -C charts commit -qm x && git -C charts tag boxoffice-7.3.0; }
tree
init --charts charts gitops out2
ok 'a tag of the charts repository shows what released versions are called' eval 'exits 0 && grep -qx "  revision: \"boxoffice-{version}\"" out2/releases/ring.yaml'

start examples "$examples"
init --charts charts gitops out
ok 'examples: the catalogue has no findings' eval 'exits 0 && out_has "ringlint: no findings"'
shown >"$tmp/diff"
ok '... the dry run shows the images of both charts' diff -u - "$tmp/diff" <<'END'
diff --git a/tenants/acme/application.yaml b/tenants/acme/application.yaml
index 2bdfcad..c033496 100644
--- a/tenants/acme/application.yaml
+++ b/tenants/acme/application.yaml
@@ -24,6 +24,16 @@ spec:
 
         redis:
           enabled: true
+        atlas:
+          atlas:
+            image:
+              repository: ghcr.io/atlanhq/atlas-metastore-ring-test
+              tag: 0123456789abcdef0123456789abcdef01234567
+        atlas-read:
+          atlas:
+            image:
+              repository: ghcr.io/atlanhq/atlas-metastore-ring-test
+              tag: 0123456789abcdef0123456789abcdef01234567
 
   destination:
     server: https://kubernetes.default.svc
END
all=$(ls gitops/tenants)
own=atlas-metastore
ok '... which is what the catalogue written by hand gives all tenants' alike atlas $all
own=''
ok '... and so for the other service' alike heracles $all
ok 'tenants that are refused now are comments in the cohort' grep -qx '# - "beta"  # refused now: held-by-another-ring' out/releases/cohorts/first.yaml
ok 'the default branch is in the names of the images' says '^    branch: master$'
ok "the workflows are those of examples/github" diff -r -x ring.yaml -x cohorts -x scripts -x ring.schema.json \
	<(files "$examples/github/releases") <(cd out/releases/.github && files .)
ok '... one of each service waits for its build' grep -q 'workflows: \[Build\] # not decided' out/services/heracles/.github/workflows/ring.yml
ok '... and what is not known of GitHub is said' eval 'out_has "replace OWNER in the workflows" && grep -q "uses: OWNER/releases/" out/gitops/.github/workflows/cleanup.yml'
git -C gitops remote add origin git@github.com:shop/gitops.git
init --charts charts gitops out2
ok "... the organization is that of the clone's remote" grep -q 'uses: shop/releases/' out2/gitops/.github/workflows/cleanup.yml

start helmreleases "$top/tests/repos/helmreleases"
init gitops out
is_two() { [ "$(grep -c '^ringlint: ' "$tmp/out")" -eq 2 ] && [ "$(grep -c "^ringlint: $1: " "$tmp/out")" -eq 2 ]; }
ok 'helmreleases: the only findings are those of the catalogue written by hand' eval 'exits 1 && is_two comment-directive'
shown >"$tmp/diff"
ok '... the dry run shows the image of a chart that has none' diff -u - "$tmp/diff" <<'END'
diff --git a/clusters/north/tenants/amper/helmrelease.yaml b/clusters/north/tenants/amper/helmrelease.yaml
index b7aee72..d9cf9c4 100644
--- a/clusters/north/tenants/amper/helmrelease.yaml
+++ b/clusters/north/tenants/amper/helmrelease.yaml
@@ -24,3 +24,6 @@ spec:
       readers: 4
     alerts:
       channels: [mail, pager]
+      image:
+        repository: registry.gridwatch.example/alerts-ring-test
+        tag: 0123456789abcdef0123456789abcdef01234567
END
ok '... which is what the catalogue written by hand gives all tenants' alike alerts amper biot curie dalton euler farad
ok '... and that its repository is a guess is said' out_has 'alerts: guess: no manifest has this repository'
ok 'images that most tenants have are replaced' says 'meter: \{repository: image/repository, tag: image/tag, replace: true\}'
changes out/releases/ring.yaml meter 5e0c1f7 amper >"$tmp/diff"
ok '... with marks' diff -u - "$tmp/diff" <<'END'
diff --git a/clusters/north/tenants/amper/helmrelease.yaml b/clusters/north/tenants/amper/helmrelease.yaml
index b7aee72..9994f38 100644
--- a/clusters/north/tenants/amper/helmrelease.yaml
+++ b/clusters/north/tenants/amper/helmrelease.yaml
@@ -19,8 +19,8 @@ spec:
   values:
     meter:
       image:
-        repository: registry.gridwatch.example/meter
-        tag: 5.20.1
+        repository: registry.gridwatch.example/meter-ring-fast  # ringkit: meter/ring-fast 9a96fcc1 was "registry.gridwatch.example/meter"
+        tag: 5e0c1f7  # ringkit: meter/ring-fast 6d7a1c5f was "5.20.1"
       readers: 4
     alerts:
       channels: [mail, pager]
END

start applicationsets "$top/tests/repos/applicationsets"
init --image 'registry.parcels.example/{service}-{ring}' gitops out
ok 'applicationsets: the only findings are those of the catalogue written by hand' eval 'exits 1 && is_two no-values'
shown >"$tmp/diff"
ok '... the dry run shows the image in the file that the set reads' diff -u - "$tmp/diff" <<'END'
diff --git a/tenants/alder/config.json b/tenants/alder/config.json
index 84ea751..f683ece 100644
--- a/tenants/alder/config.json
+++ b/tenants/alder/config.json
@@ -6,6 +6,12 @@
       "tracking": {
         "replicas": 2,
         "webhooks": ["https://alder.example/hook"]
+      },
+      "printer": {
+        "image": {
+          "repository": "registry.parcels.example/printer-ring-test",
+          "tag": "0123456789abcdef0123456789abcdef01234567"
+        }
       }
     }
   }
END
ok '... which is what the catalogue written by hand gives all tenants' alike printer alder briar clover
changes out/releases/ring.yaml tracking 5e0c1f7 depot >"$tmp/diff"
ok 'a list of elements is a place for values, too' diff -u - "$tmp/diff" <<'END'
diff --git a/sets/wholesale.yaml b/sets/wholesale.yaml
index 8a096fa..640a65b 100644
--- a/sets/wholesale.yaml
+++ b/sets/wholesale.yaml
@@ -14,6 +14,9 @@ spec:
         overrides:
           tracking:
             replicas: 2
+            image:
+              repository: registry.parcels.example/tracking-ring-fast
+              tag: 5e0c1f7
       - name: harbour
         chartVersion: 3.8.1
         overrides: {}
END
ok '... and so is a string in one' eval 'changes out/releases/ring.yaml tracking 5e0c1f7 se | grep -q "^+.*tracking-ring-fast"'
init gitops out2
ok 'an image that no file has is one that cannot exist' eval \
	'grep -qx "    image: registry.invalid/printer-{ring}" out2/releases/ring.yaml && out_has "printer: guess: no image was found"'

# Other layouts

release() {
	printf '== %s\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: %s, namespace: %s}\n' "$@"
	printf 'spec:\n  chart:\n    spec: {chart: %s, version: 1.0.0, sourceRef: {kind: HelmRepository, name: shop}}\n  values:\n' "$2"
	cat
}
start single < <(
	for tenant in alder birch cedar; do
		release apps/$tenant/cart.yaml cart $tenant <<'END'
    image:
      repository: ghcr.io/shop/cart
      tag: 1.4.2
END
		release apps/$tenant/search.yaml search $tenant <<'END'
    image:
      registry: ghcr.io
      repository: shop/search
      tag: 1.4.2
END
		release apps/$tenant/redis.yaml redis $tenant <<<'    replicas: 2'
	done
)
init gitops out
ok 'a chart of each service by itself: the catalogue has no findings' eval 'exits 0 && out_has "ringlint: no findings"'
ok '... the manifests of each have a pattern' eval 'says "^    manifests: apps/\{tenant\}/cart.yaml" && says "^    manifests: apps/\{tenant\}/search.yaml"'
ok '... a registry is written by itself' says 'search: \{registry: image/registry, repository: image/repository, tag: image/tag, replace: true\}'
changes out/releases/ring.yaml search 5e0c1f7 birch >"$tmp/diff"
is_one() { [ "$(grep -c '^diff ' "$1")" -eq 1 ]; }
ok '... and the diff is that of the service only' eval 'grep -q "^+ *repository: shop/search-ring-fast " "$tmp/diff" && is_one "$tmp/diff" && grep -q "^+++ b/apps/birch/search.yaml" "$tmp/diff"'
ok '... a chart without an image is left out, and named' says 'note: the chart redis is not in this catalogue'

start references < <(
	for tenant in alder birch; do
		release apps/$tenant.yaml cart $tenant <<'END' | sed -e 's/^  chart:/  chartRef: {kind: OCIRepository, name: cart}/' -e '/^    spec:/d'
    image:
      repository: ghcr.io/shop/cart
      tag: 1.4.2
END
	done
)
init gitops out
ok 'of a chartRef, the name is taken as that of the chart' eval 'exits 0 && out_has "2 of 2 tenants can get a ring" && says "^    manifests: apps/\{tenant\}.yaml"'
changes out/releases/ring.yaml cart 5e0c1f7 birch >"$tmp/diff"
ok '... and the diff replaces its image' eval 'grep -q "^+ *repository: ghcr.io/shop/cart-ring-fast " "$tmp/diff" && is_one "$tmp/diff"'

values() { printf '== %s\ncart:\n  image:\n    repository: ghcr.io/shop/cart\n    tag: 1.4.2\nredis:\n  image: {repository: bitnami/redis, tag: 7.2.0}\nworker:\n  image: ghcr.io/shop/worker:1.4.2\n' "$1"; }
start values-files < <(
	cat <<'END'
== shop.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - git: {repoURL: "https://git.shop.example/gitops.git", directories: [{path: "envs/*"}]}
  template:
    metadata: {name: 'shop-{{ .path.basename }}'}
    spec:
      sources:
        - repoURL: https://charts.shop.example
          chart: shop
          targetRevision: 1.4.0
          helm: {valueFiles: [$values/base.yaml, '$values/{{ .path.path }}/values.yaml']}
        - {repoURL: "https://git.shop.example/gitops.git", ref: values}
== base.yaml
cart: {}
END
	for tenant in alder birch cedar; do values envs/$tenant/values.yaml; done
)
init gitops out
ok 'files of values that an ApplicationSet names: the catalogue has no findings' eval 'exits 0 && says "^manifests: envs/\{tenant\}/values.yaml"'
ok '... an image that is one string has its form' says 'worker: \{reference: image, replace: true\}'
ok '... the image of another project is left out, and named' eval 'says "note: redis has the image bitnami/redis" && not says "^  redis:"'
ok '... and a tenant gets the image of a ring' eval 'changes out/releases/ring.yaml worker 5e0c1f7 cedar | grep -q "^+  image: ghcr.io/shop/worker-ring-fast:5e0c1f7 "'
start values-only < <(for tenant in alder birch cedar; do values tenants/values-$tenant.yaml; done)
init gitops out
ok 'files of values that nothing names: so, too' eval 'exits 0 && says "^manifests: tenants/values-\{tenant\}.yaml"'
start none <<'END'
== deployment.yaml
kind: Deployment
END
init gitops out
ok 'without a place for values, it says what it looked for' eval 'exits 2 && err_has "no Application, ApplicationSet, HelmRelease or file of values"'
ok '... and writes nothing' eval 'not test -e out && test -z "$(find . -maxdepth 1 -name ".ringkit-init*")"'

start several < <(
	for environment in prod staging; do
		for tenant in alder birch; do
			release envs/$environment/$tenant/shop.yaml shop $tenant <<'END'
    cart:
      image:
        repository: ghcr.io/shop/cart
        tag: 1.4.2
END
		done
	done
)
init gitops out
is_two_files() { [ "$(shown | grep -c '^diff ')" -eq 2 ]; }
ok 'a tenant that has several manifests is named, because a ring reaches them all' eval \
	'exits 0 && out_has "note: alder has several manifests, as envs/*/{tenant}/shop.yaml has *" && is_two_files'

# Hostile repositories

start hostile < <(
	for tenant in alder birch cedar; do
		release apps/$tenant/shop.yaml shop $tenant <<'END'
    cart:
      image:
        repository: ghcr.io/shop/cart
        tag: 1.4.2
    "x: y\n# guess: z":
      image: {repository: ghcr.io/shop/evil, tag: 1.4.2}
    evil: {picture: {repository: "ghcr.io/shop/e\n    image: x", tag: 1.4.2}}
END
	done
	release 'apps/$(touch run)/shop.yaml' shop x <<<'    cart: {}'
	release "apps/it's/shop.yaml" shop x <<<'    cart: {}'
	release apps/dates/shop.yaml 2024-01-01 x <<<'    cart: {}'
	cat <<'END'
== apps/broken/shop.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec: [
== apps/odd/shop.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: text
spec: text
== bomb.yaml
# argoproj.io/v1alpha1
a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
h: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g, *g]
i: [*h, *h, *h, *h, *h, *h, *h, *h, *h, *h]
== set.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop}
spec:
  generators:
    - git: {files: [{path: "a(*(*(*"}, {path: "****************************.yaml"}]}
    - "x\n- y": {list: {elements: [{name: "a\nb", v: ""}]}}
  template:
    metadata: {name: '{{name}}'}
    spec: {source: {chart: shop, helm: {values: '{{v}}'}}}
END
)
printf 'apiVersion: helm.toolkit.fluxcd.io/v2\n' >$'gitops/new\nline.yaml'
ln -s /etc/passwd gitops/link.yaml
git -C gitops add -A && git -C gitops commit -qm 'More'
init gitops out
ok 'what a hostile repository has does not stop it' eval 'exits 0 && says "^manifests: apps/\{tenant\}/shop.yaml"'
ok '... keys and images that are not names are not in the catalogue' eval 'not says "image: x" && not says "x: y" && not says shop/evil'
ok '... a command in a name has not run' test -z "$(find . -name run)"
ok '... files with odd names are counted' says 'note: 3 YAML or JSON files were not looked at'
ok '... and those that cannot be read' out_has '2 files could not be read as YAML'
ok '... every tenant is a name' eval "! grep -vxE '(# )?- \"[a-z]+\"(  # refused now: [a-z, -]+)?' <(sed 1d out/releases/cohorts/first.yaml)"

start odd <<'END'
== zz.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: text
spec: text
== set.yaml
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: shop}
spec:
  goTemplate: true
  generators:
    - git: {files: [{path: "a(*(*(*"}, {path: "conf/*.yaml"}]}
  template:
    metadata: {name: '{{ .path.filename }}'}
    spec: {source: {chart: shop, helm: {values: '{{ toYaml .values }}'}}}
== conf/alder.yaml
values:
  cart:
    image:
      repository: ghcr.io/shop/cart
      tag: 1.4.2
== conf/birch.yaml
values: {}
END
init gitops out
ok 'documents and patterns in which nothing can be found hide no others' eval \
	'exits 0 && says "path: conf/\{tenant\}.yaml" && says "values: /values" && says "^  cart:"'

# The directory

start directory "$top/tests/repos/helmreleases"
mkdir full && echo mine >full/file
init gitops full
ok 'a directory that is not empty is refused' eval 'exits 2 && err_has "not empty" && [ "$(files full)" = ./file ]'
init --force gitops full
ok '... with --force it is renamed' eval 'exits 1 && [ "$(cat full.old/file)" = mine ] && test -s full/releases/ring.yaml'
init -f gitops full
ok '... but no directory of that name is replaced' eval 'exits 2 && err_has "full.old: exists" && [ "$(cat full.old/file)" = mine ]'
mkdir empty
init gitops empty
ok 'an empty directory is filled' eval 'exits 1 && test -s empty/releases/cohorts/first.yaml'
echo mine >plain
init gitops plain
ok 'a file is refused' eval 'exits 2 && err_has "plain: not a directory" && [ "$(cat plain)" = mine ]'
mkdir "$tmp/fails" && printf '#!/bin/sh\nexit 78\n' >"$tmp/fails/ringlint" && chmod +x "$tmp/fails/ringlint"
PATH=$tmp/fails:$PATH init gitops out
ok 'if a step fails, nothing is written' eval 'exits 2 && not test -e out && test -z "$(find . -maxdepth 1 -name ".ringkit-init*")"'
PATH=$tmp/fails:$PATH init -f gitops full2
ok '... nor anything renamed' not test -e full2
init gitops
ok 'both directories are required' eval 'exits 2 && err_has usage'
init --what gitops out
ok '... and an unknown option is refused' eval 'exits 2 && err_has usage'
init nowhere out
ok '... and so is what is not a repository' eval 'exits 2 && err_has "nowhere: not a Git repository"'
init --image 'ghcr.io/shop/{service}' gitops out
ok '... and an image that is the same for every ring' eval 'exits 2 && err_has "{ring} is in neither"'
init --image 'ghcr.io/shop/{service}' --tag '{ring}-{sha:7}' gitops out
ok '... unless the tag has the ring' eval "exits 1 && grep -q '^+ *tag: ring-test-0123456' '$tmp/out'"
git clone -q --bare gitops bare.git && git -C bare.git update-ref refs/heads/other main
init --rev other bare.git out3
ok 'the clone may be bare, and another revision looked at' eval 'exits 1 && test -s out3/releases/ring.yaml'
mkdir -p installed/scripts && cp "$examples/scripts/"* installed/scripts
run installed/scripts/ringkit-init gitops out4
ok 'without the workflows beside it, it says so' eval 'exits 1 && out_has "not written: the workflows" && not test -e out4/gitops'

finish
