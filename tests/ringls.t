#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

export RING_CATALOG=$examples/releases/ring.yaml
repo gitops
cd "$tmp" || exit 1
first=$(git -C gitops rev-parse HEAD)

# listed FIELD ...: these fields of the override records, in order
listed() { jq -r "select(.type == \"override\") | [$(printf '.%s,' "$@" | sed 's/,$//')] | join(\" \")" "$tmp/out"; }
commit() { git -C gitops add -A && git -C gitops commit -qm "$@"; }

run ringls -C gitops
ok "every image of a ring is listed, by chart" test "$(listed tenant service chart ring)" = \
	$'beta atlas atlas ring-search-fix\nbeta atlas atlas-read ring-search-fix\nlumen heracles heracles ring-audit-log'
ok 'a record has its members in order' out_has '{"type":"override","tenant":"lumen","path":"tenants/lumen/application.yaml","service":"heracles","chart":"heracles","ring":"ring-audit-log","image":{"repository":"ghcr.io/atlanhq/heracles-ring-audit-log","tag":"e83b0f4c1d2a59678b9c0d1e2f3a4b5c6d7e8f90"},"commit":"e83b0f4c1d2a59678b9c0d1e2f3a4b5c6d7e8f90","target_revision":"atlan-1.4.0","source":{"url":"https://git.example.com/platform/charts.git","path":"charts/atlan"}}'
ok 'the end record counts them' out_has '{"type":"end","by":"ringls","records":3,"refused":0}'
ok "an image that a person has set is not listed" out_lacks gamma
ok 'the status is 0' exits 0

run ringls -C gitops --service heracles
ok '--service lists only its overrides' test "$(listed tenant)" = lumen
run ringls -C gitops --ring ring-search-fix
ok '--ring lists only its overrides' test "$(listed tenant)" = $'beta\nbeta'
run ringls -C gitops --tenant lumen
ok '--tenant lists only its overrides' test "$(listed tenant)" = lumen
run ringls -C gitops --tenant acme
ok 'without overrides the stream is empty, and complete' out_is <<<'{"type":"end","by":"ringls","records":0,"refused":0}'

# Overrides that are easily missed

put() { cat >new && mkdir -p "gitops/tenants/$1" && mv new "gitops/tenants/$1/application.yaml" && commit "$1"; }
sed 's/repository: ghcr.io/repository: "\\x67hcr.io/; s/search-fix/&"/' gitops/tenants/beta/application.yaml | put escaped
run ringls -C gitops --tenant escaped
ok 'images with escapes in quoted strings are listed' out_lines 3
put nested <<'Y'
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    chart: atlan
    helm:
      values: "heracles:\n  image: {repository: \"ghcr.io\\x2fatlanhq/heracles-\\\n    ring-a\", tag: x}\n"
Y
run ringls -C gitops --tenant nested
ok 'also with those of a string in a string' test "$(listed ring)" = ring-a
ok 'a tag without a commit gives no "commit"' out_lacks '"commit"'
put silenced <<'Y'
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    chart: atlan
    helm:
      valuesObject: {}
      values: "heracles: {image: {repository: ghcr.io/atlanhq/heracles-ring-a, tag: x}}"
Y
run ringls -C gitops --tenant silenced
ok 'an image in values that are not read is not an override' out_lines 1
sed 's/image: ghcr.io\/atlanhq\/heracles-{ring}/image: ["registry.example.com\/heracles-{ring}", "ghcr.io\/atlanhq\/heracles-{ring}"]/; s/heracles: image/heracles: [img, image]/' "$RING_CATALOG" >moved.yaml
run ringls -C gitops -c moved.yaml --tenant lumen
ok "after the catalogue's image and path have changed, the override is still listed" test "$(listed ring)" = ring-audit-log
run ringls -C gitops --tenant lumen
cp out held
run mkpatch -C gitops -c moved.yaml --remove <held
ok '... and still cleared' out_has '{"op":"remove","path":"/spec/source/helm/valuesObject/heracles"}'

sed 's/^spec:/spec: [/' gitops/tenants/beta/application.yaml | put broken
printf 'a: [' | put unrelated
run ringls -C gitops
ok 'an invalid manifest that may hold an override is refused' eval 'out_has "\"code\":\"bad-yaml\"" && out_has "\"tenant\":\"broken\""'
ok '... in one line with its position' eval 'err_lines 1 && err_has "ringls: broken: tenants/broken/application.yaml:"'
ok 'an invalid manifest that cannot is ignored' out_lacks unrelated
ok '... and the others are listed' test "$(listed tenant | sort -u | tr '\n' ' ')" = 'beta escaped lumen nested '
ok '... with status 1' exits 1
run ringls -q -C gitops
ok '--quiet reports it only in the stream' eval 'err_empty && out_has "\"refused\""'

{ cat gitops/tenants/beta/application.yaml && head -c 17M /dev/zero | tr '\0' '#'; } | put large
run ringls -C gitops --tenant large
ok 'a manifest that is too large is refused' eval 'out_has "\"code\":\"bad-yaml\"" && err_has "larger than 16777216 bytes"'
git -C gitops rm -qr tenants/large && commit 'Without it'

# --since

run ringls -C gitops -r "$first" --since --tenant lumen
ok 'an override in the first commit is of that commit' test "$(listed since_commit)" = "$first"
sed -i 's/ring-audit-log/ring-audit-log # still/' gitops/tenants/lumen/application.yaml
GIT_COMMITTER_DATE='2026-01-02T03:04:05Z' commit 'A comment'
run ringls -C gitops --since --tenant lumen
ok 'a changed comment does not count' test "$(listed since_commit)" = "$first"
git -C gitops checkout -qb side
sed -i 's/tag: e83b.*/tag: 0000000/' gitops/tenants/lumen/application.yaml
GIT_COMMITTER_DATE='2026-02-02T03:04:05Z' commit 'Another tag

Pull-Request: atlanhq/heracles#7'
side=$(git -C gitops rev-parse HEAD)
git -C gitops checkout -q main
echo >gitops/README && commit 'Something else'
git -C gitops merge -q --no-ff -m 'Merge side' side
run ringls -C gitops --since --tenant lumen
ok 'another tag does, also through a merge' test "$(listed since_commit since pull_request)" = "$side 2026-02-02T03:04:05Z atlanhq/heracles#7"
git -C gitops reset -q --hard HEAD^
git -C gitops merge -q --squash side >/dev/null 2>&1 && GIT_COMMITTER_DATE='2026-03-02T03:04:05Z' commit 'Squashed'
run ringls -C gitops --since --tenant lumen
ok 'a squash merge without the trailers counts' test "$(listed since since_commit)" = "2026-03-02T03:04:05Z $(git -C gitops rev-parse HEAD)"
ok '... and gives no pull request' out_lacks pull_request
git clone -q --depth 1 "file://$tmp/gitops" shallow
run ringls -C shallow --since --tenant lumen
ok 'a history that is too short to tell is 66' exits 66
ok '... with the remedy' err_has 'git fetch --unshallow'
ok '... and without an end record' out_lacks '"type":"end"'
run ringls -C shallow --tenant lumen
ok 'without --since it does not matter' exits 0

# Options and output

for options in '--ring Ring' '--tenant ../x' '--service nope' '--frob' operand; do
	run ringls -C gitops $options
	ok "wrong usage: ringls $options" exits 2
	ok '... is reported in one line, and nothing is written' eval 'err_lines 1 && out_empty'
done
run ringls --help
ok '--help prints the options' out_has '--since'
run ringls --version
ok '--version prints the version' out_has 'ringls (ringkit) '
ringls -C gitops >/dev/full 2>err
ok 'a full disk is 74' test $? -eq 74
ringls -C gitops >&- 2>err
ok 'a closed standard output is 74' test $? -eq 74
run ringls -C nowhere
ok 'a missing repository is 66' exits 66
run ringls -C gitops -r nope
ok 'a missing revision is 66' exits 66
run ringls -C gitops -c nope.yaml
ok 'a missing catalogue is 66' exits 66
echo 'services: 1' >wrong.yaml
run ringls -C gitops -c wrong.yaml
ok 'an invalid catalogue is 78' exits 78
git clone -q --bare gitops bare.git
run ringls -v -C bare.git
ok 'a bare repository works too' out_has '"tenant":"beta"'

# A chart that is deployed by itself
sed 's#^manifests:.*#manifests: "alone/{tenant}.yaml"#' "$RING_CATALOG" >alone.yaml
mkdir -p gitops/alone
cat >gitops/alone/solo.yaml <<'END'
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    chart: heracles
    targetRevision: 3.2.0
    helm:
      valuesObject:
        image: {repository: ghcr.io/atlanhq/heracles-ring-a, tag: 5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a}
END
git -C gitops add -A && git -C gitops commit -qm Alone
run ringls -C gitops -c alone.yaml
ok 'a chart that is deployed by itself is named: its version is not one of the umbrella' \
	test "$(jq -r 'select(.type == "override") | .target_revision + " " + .deploys' out)" = '3.2.0 heracles'

# Manifests that were moved

repo moved "$examples/gitops"
cd moved || exit 1
mkdir -p old/tenants retired deep
git mv tenants/beta old/tenants/beta
git mv tenants/lumen/application.yaml retired/application.yml
cp old/tenants/beta/application.yaml gamma.yaml
printf 'image: ghcr.io/atlanhq/heracles-ring-a:1\n' >deep/values.yaml
printf '{"image": "ghcr.io/atlanhq/heracles-ring-b:1"}\n' >deep/data.json
printf 'image: [ghcr.io/atlanhq/heracles-ring-a:1\n' >deep/broken.yaml
printf 'image: ghcr.io/atlanhq/heracles-ring-a:1\n' >deep/values.txt
printf '{"name": "spring-boot"}\n' >deep/other.json
ln -s values.yaml deep/link.yaml
cd .. && git -C moved add -A && git -C moved commit -qm 'Move manifests'

run ringls -C moved
ok 'without --everywhere, manifests that were moved are not listed' out_is <<<'{"type":"end","by":"ringls","records":0,"refused":0}'
run ringls -C moved --everywhere
ok 'with it, they are, with the tenant that the path suggests' test "$(listed tenant path chart code)" = \
"gamma gamma.yaml atlas stray-override
gamma gamma.yaml atlas-read stray-override
beta old/tenants/beta/application.yaml atlas stray-override
beta old/tenants/beta/application.yaml atlas-read stray-override
retired retired/application.yml heracles stray-override"
ok 'images that are not at a chart path are findings' test "$(jq -r 'select(.type == "finding") | "\(.code) \(.path)"' out)" = \
"bad-yaml deep/broken.yaml
stray-override deep/data.json
stray-override deep/values.yaml"
ok 'the status is 1' exits 1
ok 'standard error says where they are' err_has "ghcr.io/atlanhq/heracles-ring-b:1 is at /image, where the catalogue does not look"
run ringls -C moved --everywhere --ring ring-audit-log
ok '--ring lists only what the ring holds' test "$(listed tenant)" = retired
ok 'the status is 0 if all of it can be cleared' exits 0
run ringls -C moved --everywhere --tenant beta --service atlas
ok '--tenant and --service list only theirs' test "$(listed tenant)" = $'beta\nbeta'
run ringls -C moved --everywhere --tenant beta --since
ok '--since finds the commit that moved it' test "$(listed since_commit)" = \
	"$(git -C moved rev-parse HEAD)"$'\n'"$(git -C moved rev-parse HEAD)"

ringls -q -C moved --everywhere >strays
mkpatch -q -C moved --remove <strays >patches
git -C moved branch cleared
run applypatch -C moved --branch cleared <patches
ok 'mkpatch --remove and applypatch clear them by their paths' test "$(git -C moved diff --name-only HEAD cleared)" = \
"gamma.yaml
old/tenants/beta/application.yaml
retired/application.yml"
run ringls -C moved -r cleared --everywhere
ok 'and then none is left' test "$(listed path)" = ""

ringls -C gitops -r "$first" >patterns
run ringls -C gitops -r "$first" --everywhere
ok 'where nothing was moved, the records are the same' out_is <patterns

# a tree of 600 directories, one in the other
deep=$(printf 'image: x\n' | git -C moved hash-object -w --stdin)
deep=$(printf '100644 blob %s\tx.yaml\n' "$deep" | git -C moved mktree)
for ((i = 0; i < 600; i++)); do deep=$(printf '040000 tree %s\td\n' "$deep" | git -C moved mktree); done
git -C moved branch -f deep "$(git -C moved commit-tree -m deep "$deep")"
run ringls -C moved -r deep --everywhere
ok 'more than 512 nested directories are an error' exits 65
ok '... and it says so' err_has 'more than 512 nested directories'

# The branches of proposals

git -C gitops branch release/atlas/ring-x && git -C gitops branch release/gone/ring-x && git -C gitops branch release/atlas/other && git -C gitops branch release/atlas-ring-z
git -C gitops branch deploy/atlas/ring-y && git -C gitops branch deploy/heracles/ring-x && git -C gitops tag release/heracles/ring-t
git clone -q gitops proposals
{ echo 'proposals: ["deploy/{service}/{ring}", "release/{service}/{ring}"]' && cat "$RING_CATALOG"; } >two.yaml
run ringls -c two.yaml -C gitops --proposals .
ok 'the branches of proposals are listed, with what their names say' out_is <<'E9'
{"type":"proposal","branch":"deploy/atlas/ring-y","service":"atlas","ring":"ring-y","state":"current"}
{"type":"proposal","branch":"deploy/heracles/ring-x","service":"heracles","ring":"ring-x","state":"current"}
{"type":"proposal","branch":"release/atlas/ring-x","service":"atlas","ring":"ring-x","state":"older"}
{"type":"proposal","branch":"release/gone/ring-x","service":"gone","ring":"ring-x","state":"unknown-service"}
{"type":"end","by":"ringls","records":4,"refused":0}
E9
cp out all
git -C proposals update-ref refs/remotes/origen/deploy/atlas/ring-z HEAD && git -C proposals update-ref refs/remotes/origin-deploy/atlas/ring-z HEAD
git -C proposals branch -q deploy/atlas/ring-z
run ringls -c two.yaml -C proposals --proposals origin
ok '... also those of a remote, and not those of another with a similar name' same out all
run ringls -c two.yaml -C proposals --proposals .
ok '... nor its own, which are others' eval 'out_lines 2 && out_has "\"branch\":\"deploy/atlas/ring-z\""'
run ringls -c two.yaml -C gitops --proposals . --service atlas --ring ring-x
ok '... of one service and ring' eval 'out_lines 2 && out_has "release/atlas/ring-x"'
run ringls -C gitops --proposals .
ok '... by the default name' eval 'out_lines 3 && out_has "\"ring\":\"ring-x\",\"state\":\"current\"" && out_has unknown-service'
: >gitops/.git/refs/heads/release/atlas/ring-w
run ringls -C gitops --proposals .
ok '... also if its ref is damaged' eval 'out_lines 4 && out_has "\"ring\":\"ring-w\",\"state\":\"current\""'
rm gitops/.git/refs/heads/release/atlas/ring-w
sed 's/^proposals.*/ring: "rr\/{name}\/v"\nproposals: ["{ring}\/of\/{service}", "a\/{service}b\/c{ring}\/d"]/' two.yaml >slash.yaml
for branch in rr/x/v/of/atlas a/atlasb/crr/y/v/d rr/x/of/atlas a/b/crr/y/v/d a/atlasb/crr/z/v/e; do git -C gitops branch "$branch" 2>/dev/null; done
run ringls -c slash.yaml -C gitops --proposals .
ok '... also if rings have a slash' test "$(jq -r 'select(.branch) | "\(.service) \(.ring)"' out | paste -sd,)" = 'atlas rr/y/v,atlas rr/x/v'
run ringls -C gitops --proposals . --tenant acme
ok '--proposals lists no tenants' exits 2

finish
