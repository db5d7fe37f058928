#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

export RING_CATALOG=$examples/releases/ring.yaml
cd "$tmp" || exit 1

# The service's repository

git init -qb master service
at() { git -C service rev-parse "$1"; }
# commit BRANCH FILE: one commit, and its id
commit() {
	git -C service checkout -q "$1" 2>/dev/null || git -C service checkout -qb "$1" master 2>/dev/null  # or it is unborn
	echo "$RANDOM" >>"service/$2" && git -C service add "$2" && git -C service commit -qm "$1 $2" && at HEAD
}
RANDOM=5
old=$(commit master a)
before=$(commit master a)
first=$(commit ring-merged b)
head=$(commit ring-merged b)
squashed_first=$(commit ring-squashed c)
squashed=$(commit ring-squashed c)
open_ring=$(commit ring-open d)
git -C service checkout -q master
git -C service merge -q --no-ff -m 'Merge ring-merged' ring-merged
merge=$(at HEAD)
later=$(commit master a)
git -C service merge -q --squash ring-squashed >/dev/null 2>&1 && git -C service commit -qm 'Squash ring-squashed (#7)'
squash=$(at HEAD)
newest=$(commit master a)

# The charts' repository: atlan-VERSION runs the service at COMMIT
cp -R "$examples/charts" charts && git -C charts init -q
# chart VERSION COMMIT [SED-COMMAND FILE]
chart() {
	sed "s/^version: .*/version: $1/; s/-master\..*/-master.${2:0:12}abcd/" "$examples/charts/charts/atlan/Chart.yaml" >charts/charts/atlan/Chart.yaml
	sed "s/main-.*/main-$2/" "$examples/charts/charts/atlan/values.yaml" >charts/charts/atlan/values.yaml
	[ $# -lt 3 ] || sed -i "$3" "charts/charts/atlan/$4"
	git -C charts add -A && git -C charts commit -qm "$1" && git -C charts tag "atlan-$1"
}
chart 1.3.0 "$before"
chart 1.4.0 "$merge"
chart 1.5.0 "$later"
chart 1.6.0 "$squash"
chart 1.7.0 "$newest"

# override TENANT SERVICE CHART COMMIT VERSION [RING [PATH]]
override() {
	printf '{"type":"override","tenant":"%s","path":"tenants/%s/%s.yaml","service":"%s","chart":"%s","ring":"%s","image":{"repository":"x","tag":"%s"},"commit":"%s","target_revision":"%s"}\n' \
		"$1" "$1" "${7-application}" "$2" "$3" "${6-ring-merged}" "$4" "$4" "$5"
}
gate() { framed | run ringgate -C service --charts charts "$@"; }
# one COMMIT VERSION [OPTION ...]: heracles, of one chart
one() { override acme heracles heracles "$1" "$2" | gate "${@:3}"; }
opens() { [ "$(jq -r 'select(.type == "override").gate' out | sort -u)" = open ] && out_lacks '"reason"' && exits 0; }
holds() { [ "$(jq -r 'select(.type == "override").gate' out | sort -u)" = held ] && exits 0 &&
	jq -es --arg r "$1" 'any(.[]; .reason // "" | contains($r))' out; }

# By ancestry

one "$head" 1.4.0
ok 'an override whose commit GA contains is open' opens
# resolved VERSION: what the gate says of it, as members of a record
resolved() { printf '"resolved":{"version":"%s","commit":"%s"}' "$1" "$(git -C charts rev-parse "atlan-$1^{commit}")"; }
ok 'the record is unchanged, followed by its gate' out_is <<END
$(override acme heracles heracles "$head" 1.4.0 | sed "s/}$/,$(resolved 1.4.0),\"gate\":\"open\"}/")
{"type":"end","by":"ringgate","records":1,"refused":0}
END
ok 'and standard error is empty' err_empty
one "$first" 1.5.0
ok "so is an ancestor of the ring's head, at a later version" opens
one "$merge" 1.4.0
ok 'and the GA commit itself' opens
one "$head" 1.3.0
ok 'an older version holds' holds "the GA commit ${before:0:12} does not contain ${head:0:12}"
ok 'with the reason after the gate' out_is <<END
$(override acme heracles heracles "$head" 1.3.0 | sed "s/}\$/,$(resolved 1.3.0),\"gate\":\"held\",\"reason\":\"the GA commit ${before:0:12} does not contain ${head:0:12}\"}/")
{"type":"end","by":"ringgate","records":1,"refused":0}
END
one "$open_ring" 1.7.0
ok 'a ring that was not merged is held' holds 'does not contain'
override acme heracles heracles "$first" 1.7.0 | gate
ok 'the GA commit of an umbrella version counts for tenants that deploy the umbrella' opens
override acme heracles heracles "$first" 1.7.0 | sed 's/}$/,"deploys":"heracles"}/' | gate
ok '... and not for those that deploy a chart of the same version by itself' holds 'the version of the chart heracles, which is deployed by itself'
one "${head:0:7}" 1.4.0
ok 'a short id is enough' opens
one "${head:0:7}" 1.3.0
ok '... and is held like the whole one' holds "does not contain ${head:0:12}"
git -C service revert -m 1 --no-edit "$merge" >/dev/null && chart 1.8.0 "$(at HEAD)"
one "$head" 1.8.0
ok 'a reverted merge is in the history, so the gate is open' opens

# After a squash merge

cat >merged.json <<END
[{"headRefName":"ring-other","headRefOid":"$head","mergeCommit":{"oid":"$merge"}},
{"headRefName":"ring-squashed","headRefOid":"$squashed","mergeCommit":{"oid":"$squash"}}]
END
one "$squashed" 1.6.0
ok 'a squash merge is not in the history' holds 'does not contain'
one "$squashed" 1.6.0 --merged merged.json
ok '--merged lists it' opens
one "$squashed_first" 1.7.0 --merged merged.json
ok "... and covers an ancestor of the pull request's head" opens
one "$squashed" 1.5.0 --merged merged.json
ok 'a version before the merge holds' holds 'does not contain'
one "$open_ring" 1.7.0 --merged merged.json
ok 'as does a commit without a pull request' holds 'does not contain'
after=$(commit ring-squashed c)
one "$after" 1.7.0 --merged merged.json
ok 'or a commit after the head that was merged' holds 'does not contain'
jq 'map({number: 7, state: "closed", merged_at: "2026-03-02T09:00:00Z", head: {ref: .headRefName, sha: .headRefOid}, merge_commit_sha: .mergeCommit.oid})' merged.json >rest.json
one "$squashed" 1.6.0 --merged rest.json
ok "REST's list works as well" opens
jq 'map(.merged_at = null)' rest.json >closed.json
one "$squashed" 1.6.0 --merged closed.json
ok 'a pull request closed without merging has a merge commit there, which does not count' holds 'does not contain'
jq 'map(.mergeCommit = null)' merged.json >null.json
one "$squashed" 1.6.0 --merged null.json
ok "nor does a pull request of gh without merge commit" holds 'does not contain'
echo '[]' >none.json
one "$head" 1.4.0 --merged none.json
ok 'an empty list is accepted' opens
git clone -q --single-branch --branch master "file://$tmp/service" single
override acme heracles heracles "$squashed" 1.6.0 ring-squashed | framed | run ringgate -C single --charts charts --merged merged.json
ok "if the ring's branch is deleted, the head's whole id is enough" opens
override acme heracles heracles "${squashed:0:12}" 1.6.0 ring-squashed | framed | run ringgate -C single --charts charts --merged merged.json
ok '... a short one is not' holds "cannot tell which commit ${squashed:0:12} is: fetch refs/pull/*/head"
override acme heracles heracles "$squashed_first" 1.6.0 ring-squashed | framed | run ringgate -C single --charts charts --merged merged.json
ok '... nor is an ancestor, which is unknown there' holds "commit $squashed_first not found"
ok '... and the reason names the service and its repository' holds 'deployed commit not found in the repository of heracles (atlanhq/heracles)'
jq --arg h "$squashed" --arg u "$(printf %040d 1)" 'map(if .headRefOid == $h then .headRefOid = $u else . end)' merged.json >unknown.json
override acme heracles heracles "$squashed_first" 1.6.0 ring-squashed | gate --merged unknown.json
ok "if the head of the ring's own pull request is missing, the reason has the remedy" holds 'fetch refs/pull/*/head'
jq --arg h "$squashed" --arg u "$(printf %040d 1)" 'map(if .headRefOid == $h then .mergeCommit.oid = $u else . end)' merged.json >unknown.json
override acme heracles heracles "$squashed" 1.6.0 ring-squashed | gate --merged unknown.json
ok '... and also for its merge commit' holds 'merge commit 000000000000 of ring-squashed not found'

# Doubts hold

one "$(printf %040d 1)" 1.4.0
ok 'an unknown commit is held' holds 'commit 0000000000000000000000000000000000000001 not found'
one "$(git -C service rev-parse 'HEAD^{tree}')" 1.4.0
ok 'an object that is not a commit is held' holds '(atlanhq/heracles): commit '
one 123 1.4.0
ok 'an invalid id is held' holds "expected a commit id of 7 to 40 hexadecimal digits"
override acme heracles heracles x 1.4.0 | jq -c 'del(.commit)' | gate
ok 'an image without a commit is held' holds "no commit in the image's tag"
override acme heracles heracles "$head" 1.4.0 | jq -c 'del(.target_revision)' | gate
ok 'a manifest without targetRevision is held' holds 'no targetRevision in the manifest'
awk 'BEGIN { for (i = 0; i < 30000; i++) printf "commit refs/heads/many\ncommitter A <a@b> %d +0000\ndata 1\nx\n\n", 1700000000 + i }' |
	git -C service fast-import --quiet
two=$(git -C service rev-list many | cut -c 1-7 | sort | uniq -d | sed -n 1p)
git -C service branch ring-many many
override acme heracles heracles "$two" 1.4.0 ring-many | gate
ok 'the start of two ids is held' holds "$two is ambiguous: several commits of the ring ring-many start with it"
one "$two" 1.4.0
ok '... and that of an id of another ring' holds "commit $two is not in the ring ring-merged"
chart 2.0.1 "$two"
one "$head" 2.0.1
ok '... in the GA version too' holds "$two is ambiguous: several ids start with it"
git -C service branch -qD many ring-many
chart 2.0.2 "$(printf %040d 1)"
one "$head" 2.0.2
ok 'an unknown GA commit is held' holds "GA commit of the umbrella's tag \"main-0000000000000000000000000000000000000001\" not found in the service's repository"
git clone -q --depth 2 --branch master "file://$tmp/service" shallow
shallow() { framed | run ringgate -C shallow --charts charts; }
chart 2.1.0 "$(git -C shallow rev-parse HEAD)"
override acme heracles heracles "$head" 2.1.0 | shallow
ok 'a shallow clone that lacks the commit holds' holds "commit $head not found"
ok '... with the remedy' holds 'git fetch --unshallow'
git -C shallow fetch -q --depth 1 origin ring-open:ring-open
override acme heracles heracles "$open_ring" 2.1.0 | shallow
ok '... and so does one whose history ends too early' holds 'the history in this clone ends too early to know: git fetch --unshallow'
override acme heracles heracles "$(git -C shallow rev-parse HEAD^)" 2.1.0 | shallow
ok 'for a commit that it has, the gate opens' opens
for range in '1.x' '1.4.x' 'v1.X' '^1' '~1.4' '*' '>=1.4.0' '1.4.0 - 1.6.0' '1.4.0 || 1.5.0' '<2' '=1.4.0' '!=1.4.0' '1.4,1.5' \
	">=1.4.0-main-$merge" "1.x-main-$merge"; do
	one "$head" "$range"
	ok "without the published versions, a range is held: '$range'" holds 'is a range of versions, and there is no list of the published ones'
done
for branch in main HEAD latest atlan-main "$(printf %0300d 1)"; do
	one "$head" "$branch"
	ok "so is a name that is not a version: ${branch:0:12}" holds 'targetRevision'
done
for missing in 9.9.9 1.4 "1.4-2-g$(git -C charts rev-parse --short=7 atlan-1.4.0)" '1.4.0^' 1.4.0:x '1.4.0@{0}'; do
	one "$head" "$missing"
	ok "a version that the charts lack is held: $missing" holds "$missing"
done
override acme nobody nobody "$head" 1.4.0 | gate
ok 'a service that is not in the catalogue is held' holds 'service "nobody" not found'
override acme heracles other "$head" 1.4.0 | gate
ok 'a chart that is not in the catalogue is held' holds 'chart "other" of the service heracles not found in the catalogue'
grep -v 'ga-tag' "$RING_CATALOG" >no-ga.yaml
one "$head" 1.4.0 -c no-ga.yaml
ok 'a service without ga-tag and ga-version is held' holds 'missing ga-version or ga-tag in the catalogue for the service heracles'
override acme heracles heracles "$head" 1.4.0 | framed | run ringgate -C service
ok 'without --charts, a plain version is held' holds '(--charts)'

# Where the GA commit is found

pinned() { override acme atlas atlas "$1" "$2"; override acme atlas atlas-read "$1" "$2"; }
pinned "$head" 1.4.0 | gate
ok 'ga-version: in the version of the subchart, and of its alias' opens
pinned "$head" 1.3.0 | gate
ok '... and an older version holds' holds 'does not contain'
override acme atlas atlas "$head" "2.1.0-master.${merge:0:12}abcd" | framed | run ringgate -C service
ok 'in the targetRevision itself, if the pattern matches' opens
override acme atlas atlas "$head" "2.1.0-master.${before:0:12}abcd" | gate
ok '... and an older version holds' holds 'does not contain'
override acme heracles heracles "$head" "1.4.0-$merge" | framed | run ringgate -C service
ok '... for ga-tag too' opens
override acme atlas atlas "$head" "2.1.0-master.0000000abcd" | framed | run ringgate -C service
ok '... and an unknown one is held' holds 'GA commit of the targetRevision "2.1.0-master.0000000abcd" not found in the service'\''s repository: commit 0000000 not found'
one "$head" atlan-1.4.0
ok "of a Git source, the targetRevision is the version's revision" opens
one "$head" "$(git -C charts rev-parse atlan-1.4.0)"
ok "... or a commit of the charts' repository" opens
one "$head" "$(git -C charts rev-parse atlan-1.3.0)"
ok '... and an older version holds' holds 'does not contain'
git -C charts tag -am annotated atlan-3.0.0 atlan-1.4.0
one "$head" 3.0.0
ok 'an annotated tag is a revision' opens
git clone -q --bare charts bare.git
override acme heracles heracles "$head" 1.4.0 | framed | run ringgate -C service/.git --charts bare.git
ok 'bare repositories work too' opens
# changed VERSION SED-COMMAND FILE: atlan-VERSION with a change
changed() { chart "$1" "$merge" "$2" "$3"; }
changed 4.0.0 's/2.1.0-master.*/^2.1.0/' Chart.yaml
pinned "$head" 4.0.0 | gate
ok "a subchart's range of versions is held" holds 'the version of the dependency "atlas" in the umbrella chart is a range: "^2.1.0"'
changed 4.0.1 's/-master.*abcd//' Chart.yaml
pinned "$head" 4.0.1 | gate
ok 'a subchart without a commit in its version is held' holds 'no GA commit in the subchart'\''s version'
changed 4.0.2 's/alias: atlas-read/alias: other/' Chart.yaml
override acme atlas atlas-read "$head" 4.0.2 | gate
ok 'an umbrella without the subchart is held' holds 'dependency "atlas-read" not found in the umbrella chart'
changed 4.0.3 '/alias:/d' Chart.yaml
override acme atlas atlas "$head" 4.0.3 | gate
ok 'an umbrella with two of that name is held' holds 'several dependencies "atlas" in the umbrella chart'
changed 4.0.4 's/tag:.*/tag: 1234567/' values.yaml
one "$head" 4.0.4
ok 'a tag that is a number is held' holds 'is not a string (quote it)'
changed 4.0.5 's/tag:.*/other: x/' values.yaml
one "$head" 4.0.5
ok 'an umbrella without the tag is held' holds "the umbrella's values have no tag at /heracles/image/tag"
changed 4.0.6 's/tag:.*/tag: latest/' values.yaml
one "$head" 4.0.6
ok 'a tag without a commit is held' holds "no GA commit in the umbrella's tag \"latest\""
changed 4.0.7 's/^heracles:/a: [/' values.yaml
one "$head" 4.0.7
ok 'invalid values are held' holds 'charts/atlan/values.yaml:3:15: '
changed 4.0.8 's/^dependencies:/dependencies: {}\n&/' Chart.yaml
pinned "$head" 4.0.8 | gate
ok 'a chart with a duplicate key is held' holds 'charts/atlan/Chart.yaml:7:1: '
chart 4.0.10 "$merge"
git -C charts rm -q charts/atlan/values.yaml && git -C charts commit -qm x && git -C charts tag atlan-4.0.9
one "$head" 4.0.9
ok 'a chart without values is held' holds 'charts/atlan/values.yaml: file not found'
git -C charts rm -qr charts/atlan && git -C charts commit -qm x && git -C charts tag atlan-4.1.0
one "$head" 4.1.0
ok 'a revision without the umbrella is held' holds 'Chart.yaml: file not found'
mkdir -p charts/charts && cp -R "$examples/charts/charts/atlan" charts/charts
sed 's/heracles: image/heracles: {repository: image\/repository, tag: image\/tag, digest: image\/digest}/' "$RING_CATALOG" >digest.yaml
changed 4.2.0 's/tag:.*/&\n    digest: sha256:1234/' values.yaml
one "$head" 4.2.0 -c digest.yaml
ok 'a digest beside the tag is held' holds 'have a digest at /heracles/image/digest'
one "$head" 1.4.0 -c digest.yaml
ok '... and without one the tag counts' opens
sed 's/heracles: image/heracles: {reference: image}/' "$RING_CATALOG" >reference.yaml
changed 4.3.0 's/^  image:.*/  image: registry.example.com:5000\/heracles:main-'"$merge"'/; /^    /d' values.yaml
one "$head" 4.3.0 -c reference.yaml
ok 'the tag of an image in one string is found' opens
changed 4.3.1 's/^  image:.*/  image: registry.example.com:5000\/heracles/; /^    /d' values.yaml
one "$head" 4.3.1 -c reference.yaml
ok '... and held if it has none' holds 'has no tag'
changed 4.3.2 's/^  image:.*/  image: heracles:main-'"$merge"'@sha256:12345678/; /^    /d' values.yaml
one "$head" 4.3.2 -c reference.yaml
ok '... or if it has a digest' holds 'has no tag, or a digest'
sed 's/heracles: image/heracles: [image, pod]/' "$RING_CATALOG" >forms.yaml
changed 4.4.0 's/^  image:/  pod:/' values.yaml
one "$head" 4.4.0 -c forms.yaml
ok "of a list of paths, the one that exists counts" opens
changed 4.4.1 's/^  image:/  pod: {tag: '"$old"'}\n&/' values.yaml
one "$head" 4.4.1 -c forms.yaml
ok '... and two that differ are held' holds 'have two tags for the image of heracles'
sed "s/ga-tag:.*/&\n    ga-version: '-([0-9a-f]{7,40})\$'/" "$RING_CATALOG" >both.yaml
changed 4.5.0 "s/3.2.0/3.2.0-$merge/" Chart.yaml
one "$head" 4.5.0 -c both.yaml
ok 'with ga-tag and ga-version, both must contain it' opens
changed 4.5.1 "s/3.2.0/3.2.0-$before/" Chart.yaml
one "$head" 4.5.1 -c both.yaml
ok '... and holds if one does not' holds "${before:0:12} does not contain"
chart 4.5.2 "$before" "s/3.2.0/3.2.0-$merge/" Chart.yaml
one "$head" 4.5.2 -c both.yaml
ok '... whichever of the two' holds "${before:0:12} does not contain"
chart 4.5.3 "$merge" "s/3.2.0/3.2.0-$merge/" Chart.yaml
sed -i 's/tag:/other:/' charts/charts/atlan/values.yaml && git -C charts commit -qam x && git -C charts tag -f atlan-4.5.3 >/dev/null
one "$head" 4.5.3 -c both.yaml
ok '... as does one without a tag' holds "the umbrella's values have no tag"
one "$head" 1.4.0 -c both.yaml
ok '... as does one that is not found' holds 'no GA commit in'

# Together

{ pinned "$head" 1.4.0; override beta atlas atlas "$open_ring" 1.4.0; override beta atlas atlas-read "$head" 1.4.0
	override beta heracles heracles "$head" 1.4.0; } | gate
gates() { jq -r 'select(.type == "override") | "\(.tenant) \(.chart) \(.gate)"' out; }
ok 'one held chart holds the others of its service in its tenant, and no other' test "$(gates)" = \
	$'acme atlas open\nacme atlas-read open\nbeta atlas held\nbeta atlas-read held\nbeta heracles open'
ok '... and the reason says which, and why' test "$(jq -r 'select(.tenant == "beta" and .chart == "atlas-read").reason' out)" = \
	"atlas (tenants/beta/application.yaml), which is cleared together with it, is held: the GA commit ${merge:0:12} does not contain ${open_ring:0:12}"
{ override acme atlas atlas "$head" 1.4.0; override beta atlas atlas "$head" 1.4.0; override beta heracles heracles "$head" 1.4.0
	override acme atlas atlas-read "$head" 1.3.0 ring-merged reads; } | gate
ok '... also in another manifest, and later in the stream' test "$(gates)" = $'acme atlas held\nbeta atlas open\nbeta heracles open\nacme atlas-read held'
{ override acme atlas atlas "$head" 1.4.0; override acme atlas atlas-read "$open_ring" 1.4.0 ring-open; } | gate
ok '... and of another ring' test "$(gates)" = $'acme atlas held\nacme atlas-read held'
refused='{"type":"refused","by":"ringls","code":"bad-yaml","reason":"tenants/acme/reads.yaml:1:1: broken","tenant":"acme"}'
{ pinned "$head" 1.4.0; override beta heracles heracles "$head" 1.4.0; echo "$refused"; } | gate
ok 'a refused manifest may have another override: its tenant is held' test "$(gates)" = \
	$'acme atlas held\nacme atlas-read held\nbeta heracles open'
ok '... with the reason of the refusal' out_has '"reason":"another override of the tenant was refused: tenants/acme/reads.yaml:1:1: broken"'
ok '... and the refusal is passed on, and counts in the status' eval 'out_has "$refused" && exits 1 && out_has "\"records\":4,\"refused\":1"'
strange='{"type": "strange",  "x":1}'
{ echo "$strange"; override beta heracles heracles "$head" 1.4.0; } | gate
ok 'other records are passed on, byte for byte' eval 'out_has "$strange" && exits 0'
override acme heracles heracles "$head" 1.4.0 | jq -c '. + {gate: "held", reason: "x", since: "y"}' | gate
ok 'a gate is replaced, after the other members' out_has '"since":"y",'"$(resolved 1.4.0)"',"gate":"open"}'
override acme heracles heracles "$open_ring" 1.4.0 | jq -c '{gate: "open"} + .' | gate
ok '... whatever the record had' eval 'holds "does not contain" && out_lacks "\"open\""'

# Several services, each with its repository

git init -qb main other && git -C other commit -q --allow-empty -m x
{ pinned "$head" 1.4.0; override acme heracles heracles "$(git -C other rev-parse HEAD)" 1.4.0; } >several
framed <several | run ringgate -C service --charts charts
ok 'a commit of another repository is held' test "$(gates)" = $'acme atlas open\nacme atlas-read open\nacme heracles held'
framed <several | run ringgate -C service --charts charts --service atlas
ok '--service decides on its own, and holds what has no decision yet' eval 'out_has "the gate was asked only for the service atlas"'
cp out stage && chart 5.0.0 "$(git -C other rev-parse HEAD)"
sed 's/"1.4.0"/"5.0.0"/' stage >stage5 && sed -i '/heracles/!s/"5.0.0"/"1.4.0"/' stage5
ringgate -C other --charts charts --service heracles <stage5 >two
cp two out
ok 'so that one run can follow another' test "$(gates)" = $'acme atlas open\nacme atlas-read open\nacme heracles open'

# The whole clean-up, on the examples' manifests: only tenants that GA has reached

repo gitops && cp -R gitops pristine
sed -i "s/1\.4\.0/1.3.0/" gitops/tenants/corvid/application.yaml && git -C gitops commit -qam 'corvid waits for its chart'
git -C gitops branch release
printf 'cohort:tenant:name:%s\n' acme corvid ember juniper | labels2json | cohort-resolve -C "$examples/releases" |
	mkpatch -C gitops -r release --service atlas --ring ring-merged --tag "$head" | applypatch -C gitops --branch release >results
ok 'four tenants run the ring' test "$(jq -r 'select(.status == "committed").tenant' results | xargs)" = 'acme corvid ember juniper'
cleanup() {
	ringls -C gitops -r release | ringgate -C service --charts charts | tee gated |
		mkpatch -C gitops -r release --remove | applypatch -C gitops --branch release
}
run cleanup
ok 'tenants whose chart has the change are cleared' test "$(jq -r 'select(.status == "committed").tenant' out | xargs)" = 'acme ember juniper'
ok '... and the others keep the ring, with status 0' eval 'exits 0 && [ "$(ringls -C gitops -r release --ring ring-merged | jq -r "select(.chart) | .tenant + .chart" | xargs)" = "corvidatlas corvidatlas-read" ]'
ok "... also another ring's override, whose commit is unknown" eval 'grep "\"tenant\":\"beta\"" gated | grep -q "\"gate\":\"held\""'
git -C gitops checkout -q release && sed -i 's/1\.3\.0/1.4.0/' gitops/tenants/corvid/application.yaml && git -C gitops commit -qam "corvid's chart"
git -C gitops checkout -q main
run cleanup
ok 'the last one is cleared when its chart has the change' test "$(jq -r 'select(.status == "committed").tenant' out | xargs)" = corvid
ok '... and every manifest is as before, byte for byte' diff <(git -C pristine rev-parse 'HEAD^{tree}') <(git -C gitops rev-parse 'release^{tree}')
run cleanup
ok 'another run changes nothing' eval 'exits 0 && out_lacks committed'

# Scale: one walk for each different question

for i in {1..2000}; do override "t$i" heracles heracles "$head" 1.4.0; done | framed >many
run ringgate -C service --charts charts <many
ok 'many tenants, one answer' eval 'opens && out_lines 2001'

# Streams

run ringgate -C service </dev/null
ok 'empty input is a stream that was cut short' exits 65
framed </dev/null | run ringgate -C service
ok 'an empty stream is complete' out_is <<<'{"type":"end","by":"ringgate","records":0,"refused":0}'
head -n 5 many | run ringgate -C service --charts charts
ok 'a stream without its end record is 65' exits 65
ok '... and nothing is written: a tenant cut in half could look open' out_empty
head -n 5 many | run ringgate -C service --charts charts --unframed
ok '--unframed accepts it' eval 'exits 0 && out_lines 6'
for member in tenant path service ring chart; do
	override acme heracles heracles "$head" 1.4.0 | jq -c "del(.$member)" | gate
	ok "an override without its $member is 65" eval "exits 65 && err_has 'missing \"$member\"'"
done
override acme heracles heracles "$head" 1.4.0 | jq -c '.target_revision = 1.4' | gate
ok 'an override whose targetRevision is not a string is 65' exits 65
override ../x heracles heracles "$head" 1.4.0 | gate
ok 'an override with an invalid tenant is 65' exits 65

# --merged

for wrong in '' '[' '{"message":"Not Found"}' '[1]' '[{"headRefName":"ring-a","mergeCommit":{"oid":"'"$merge"'"}}]' \
	'[{"headRefName":"ring-a","headRefOid":"x","mergeCommit":{"oid":"'"$merge"'"}}]'; do
	printf %s "$wrong" >wrong.json
	one "$head" 1.4.0 --merged wrong.json
	ok "an invalid list of merged pull requests is 65: ${wrong:0:40}" eval 'exits 65 && err_has wrong.json && err_lines 1 && out_lacks end'
done
one "$head" 1.4.0 --merged nowhere.json
ok 'a list that cannot be read is 66' exits 66

# options and output

for options in '--frob' operand '--service nope' '--charts'; do
	run ringgate -C service $options </dev/null
	ok "wrong usage: ringgate $options" exits 2
	ok 'is reported in one line, and nothing is written' eval 'err_lines 1 && out_empty'
done
run ringgate --help
ok '--help prints the options' out_has '--merged FILE'
run ringgate --version
ok '--version prints the version' out_has 'ringgate (ringkit) '
ringgate -C service --charts charts <many >/dev/full 2>err
ok 'a full disk is 74' test $? -eq 74
ringgate -C service --charts charts <many >&- 2>err
ok 'a closed standard output is 74' test $? -eq 74
for options in '-C nowhere' '-C service --charts nowhere' '-C service -c nope.yaml'; do
	run ringgate $options <many
	ok "an unreadable input is 66: $options" eval 'exits 66 && out_lacks end'
done
grep -v 'revision:' "$RING_CATALOG" >no-revision.yaml
run ringgate -q -v -C service -c no-revision.yaml --charts charts <many
ok 'a catalogue without umbrella.revision is 78' eval 'exits 78 && err_has umbrella.revision'
run ringgate -C service -c no-revision.yaml <many
ok '... only if charts are read' exits 0

finish
