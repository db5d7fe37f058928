#!/usr/bin/env bash
# Which proposals are merged without a person: merge in ring.yaml, in patch records and in the end record.
. "$(dirname "$0")/lib.sh"

repo gitops
cd "$tmp" || exit 1
git -C gitops checkout -q --detach
export RING_CATALOG=$tmp/ring.yaml
base=$(git -C gitops rev-parse main)
today=2026-11-20
internal='github:path:internal-level-1'
partner='github:path:partner-level-1'

# policy [YAML]: the catalogue, with that as merge
policy() {
	yq -y --argjson merge "$(yq . <<<"$1")" '.merge = $merge | .allowed = {"github:path:internal-level-1": ["ann"]}
		| .services.heracles.values = {"file": "rings/{ring}.yaml", "allow": ["heracles/leangraph", "heracles/mode"]}' \
		"$examples/releases/ring.yaml" >ring.yaml
}
# tenants COHORT[,COHORT] TENANT ...
tenants() {
	local cohorts
	cohorts=$(jq -cR 'split(",")' <<<"$1")
	printf "{\"type\":\"tenant\",\"tenant\":\"%s\",\"cohorts\":$cohorts}\n" "${@:2}" | framed
}
# release [JQ FILTER]: a release record of ring-x
release() {
	jq -nc --arg sha 5e0c1f7000000000000000000000000000000000 '{type: "release", action: "set", service: "heracles", repository: "atlanhq/heracles",
		ring: "ring-x", pull_request: 7, labels: ["cohort:github:path:internal-level-1"], commit: $sha,
		image: {repository: "ghcr.io/atlanhq/heracles-ring-x", tag: $sha}, values: {}, reasons: [], warnings: []} | '"${1:-.}" | framed >release.json
}
patch() { mkpatch -C gitops -r main --release release.json --as-of "$today"T10:00:00Z "$@"; }
propose() { applypatch -q -C gitops --branch release/heracles/ring-x --onto main "$@"; }
# judged TENANT auto | WORD: how are its patches merged?
judged() {
	jq -se --arg t "$1" --arg w "$2" '[.[] | select(.type == "patch" and .tenant == $t)] | length > 0 and
		all(if $w == "auto" then .merge == "auto" and (has("review") | not) else .merge == "review" and .review == $w end)' out
}
# end_has MERGE: does the end record say so, and name the branch's commit?
end_has() {
	jq -se --arg m "$1" --arg head "$(git -C gitops rev-parse release/heracles/ring-x)" 'last | .merge == $m and .head == $head' out
}
trailer() { git -C gitops log -1 --format='%(trailers:key=Merge,valueonly,separator=%x2C)' "$1"; }
whole='{set: [github:path:internal-level-1], clear: true, values: [heracles/heracles/leangraph], per-day: 50}'

# Patches

release
policy "$whole"
run patch < <(tenants $internal acme)
ok 'a tenant of a cohort that is listed is merged unattended' eval 'exits 0 && judged acme auto'
run patch < <(tenants GitHub:path:internal-level-1 acme)
ok '... the cohort is compared without case, as its label is' eval 'exits 0 && judged acme auto'
run patch < <(tenants $partner acme)
ok 'another cohort is for a person' judged acme cohort
run patch < <(tenants $internal,$partner acme)
ok '... also if a listed one selects the tenant, too' judged acme cohort
run patch < <(printf '{"type":"tenant","tenant":"acme"}\n' | framed)
ok '... and a tenant of which no cohort is known' judged acme cohort
policy "{set: [$internal, $partner]}"
run patch < <(tenants $partner acme)
ok 'a cohort whose label all may add is for a person' judged acme not-protected
run patch < <(tenants $internal acme)
ok 'one that only some may add is not' judged acme auto
policy '{clear: true}'
run patch < <(tenants $internal acme)
ok 'without set nothing is set unattended' judged acme cohort
yq -y 'del(.merge)' ring.yaml >without.yaml
run patch -c without.yaml < <(tenants $internal acme)
ok 'without merge in the catalogue no record says who merges' eval 'exits 0 && ! grep -q "\"merge\"\|\"review\"" out'
cp out patches
run propose -n <patches
ok '... nor does the end record' eval 'exits 0 && ! grep -q "\"merge\"\|\"head\"" out'

# Values
policy "$whole"
release '.values = {heracles: {leangraph: {on: true, size: 3}}}'
run patch < <(tenants $internal acme)
ok 'values that are listed, or below one that is, are merged unattended' judged acme auto
release '.values = {heracles: {leangraph: {on: true}, mode: "fast"}}'
run patch < <(tenants $internal acme)
ok 'one that is not listed is for a person' judged acme values
release '.values = {heracles: {mode: "fast", leangraph: {on: true}}}'
run patch < <(tenants $internal acme)
ok '... in any order' judged acme values
release '.values = {heracles: {mode: "fast"}}'
policy "{set: $internal}"
run patch < <(tenants $internal acme)
ok 'without values in merge every value is' judged acme values

# What the release is
policy "$whole"
release '.warnings = [{code: "moved-back"}]'
run patch < <(tenants $internal acme)
ok 'a branch that was moved back is for a person' judged acme moved-back
release '.rejection_ignored = true'
run patch < <(tenants $internal acme)
ok '... and so is a rejection that a person ignores' judged acme rejection-ignored
release
patch -q < <(tenants $internal acme beta) | applypatch -q -C gitops --branch main >/dev/null
release 'del(.image, .values, .commit) | .action = "clear" | .reasons = ["closed"]'
run patch --reconcile </dev/null --unframed
ok 'a ring that is closed is cleared unattended' eval 'judged acme auto && judged beta auto'
release 'del(.image, .values, .commit) | .action = "clear" | .reasons = ["retargeted"]'
run patch --reconcile --unframed </dev/null
ok 'one that is retargeted is for a person' judged acme retargeted
policy "{set: $internal}"
release 'del(.image, .values, .commit) | .action = "clear" | .reasons = ["closed"]'
run patch --reconcile --unframed </dev/null
ok 'without clear every clear is' judged acme clear
policy "$whole"
release
run patch --reconcile < <(tenants $internal acme)
ok 'what is no longer selected is cleared unattended' eval 'judged acme auto && judged beta auto'
release '.ring = "ring-y" | .image.repository = "ghcr.io/atlanhq/heracles-ring-y" | .supersedes = [{ring: "ring-x", commit: .commit}]'
run patch < <(tenants $internal acme)
ok 'a tenant that is taken over from another ring is for a person' eval 'grep -q "\"took_over\":\"ring-x\"" out && judged acme took-over'

# Clears of overrides
ringls -q -C gitops -r main >overrides
run mkpatch -C gitops -r main --remove < <(jq -c 'if .type == "override" then .gate = "open" else . end' overrides)
ok 'an override that ringgate opens is cleared unattended' judged acme auto
run mkpatch -C gitops -r main --remove <overrides
ok 'without the gate it is for a person' judged acme without-gate
run mkpatch -C gitops -r main --remove < <(jq -c 'if .type == "override" then .gate = "open" | .code = "half-bumped" else . end' overrides)
ok '... as it is if another author has written over the image' judged acme half-bumped
run mkpatch -C gitops -r main --remove < <(jq -c 'if .type == "override" then .gate = "open" | .code = "stray-override" else . end' overrides)
ok '... or if the catalogue does not match its path' judged acme stray-override
git -C gitops show main:tenants/acme/application.yaml >live.yaml
python3 "$top/tests/live/object.py" live.yaml >apps.json
run mkpatch -C gitops -r "$base" --adopt < <(ringls --apps apps.json)
ok 'an adoption is for a person' judged acme adopted

# The proposal
git -C gitops branch -qf main "$base"
release
patch -q < <(tenants $internal acme) >patches
run propose <patches
ok 'a proposal whose patches say so is merged unattended' eval 'exits 0 && end_has auto'
ok '... and its commit says so' test "$(trailer release/heracles/ring-x)" = auto
auto=$(git -C gitops rev-parse release/heracles/ring-x)
run propose <patches
ok 'the same again is the same commit' eval 'exits 0 && end_has auto && test "$(git -C gitops rev-parse release/heracles/ring-x)" = "$auto"'
run propose -n <patches
ok 'a dry run names no commit' eval 'exits 0 && ! grep -q "\"head\"" out && grep -q "\"merge\":\"auto\"" out'
git -C gitops branch -qf main "$(git -C gitops commit-tree -p "$base" -m 'Another change' "$base^{tree}")"
run propose <patches
ok 'a proposal that is out of date is made again on the tip' eval 'exits 0 && end_has auto && test "$(git -C gitops rev-parse release/heracles/ring-x^)" = "$(git -C gitops rev-parse main)"'
{ jq -c 'select(.type == "patch")' patches; patch -q < <(tenants $partner beta) | jq -c 'select(.type == "patch")'; } | framed >both
run propose <both
ok 'one patch for a person makes the whole proposal one' eval 'exits 0 && end_has review && test "$(trailer release/heracles/ring-x)" = ""'
jq -c 'select(.type == "patch") | if .tenant == "beta" then .edits = [] else . end' both | framed >one
run propose <one
ok '... unless that one changes nothing' end_has auto
{ jq -c 'select(.type == "patch")' patches; echo '{"type":"refused","by":"mkpatch","code":"frozen","reason":"x","tenant":"beta"}'; } | framed >refused
run propose --partial <refused
ok '... and so does a refusal' eval 'exits 1 && jq -se "last | .merge == \"review\"" out'
run propose < <(jq -c 'select(.type == "patch") | .merge = "auto" | .review = "values"' patches | framed)
ok 'review beside auto does not count' end_has auto
run propose < <(jq -c 'del(.merge)' patches)
ok 'records that do not say who merges are merged by a person' eval 'exits 0 && ! grep -q "\"merge\"" out'
for wrong in '.merge = "now"' '.merge = true' '.review = "A b"' '.review = 1'; do
	run propose < <(jq -c "if .type == \"patch\" then $wrong else . end" patches)
	ok "a record with $wrong is 65" exits 65
done

git -C gitops branch -qD release/heracles/ring-x
propose < <(jq -c 'del(.merge)' patches) >/dev/null
without=$(git -C gitops rev-parse release/heracles/ring-x)
run propose <patches
ok 'a commit that does not say so is made again' eval 'exits 0 && end_has auto && test "$(trailer release/heracles/ring-x)" = auto && test "$(git -C gitops rev-parse release/heracles/ring-x)" != $without'
ours=$(git -C gitops rev-parse release/heracles/ring-x)
git -C gitops branch -qf release/heracles/ring-x "$(git -C gitops log -1 --format=%B "$ours" | git -C gitops commit-tree -p main -p "$ours" "$ours^{tree}")"
run propose <patches
ok '... and so is a merge' eval 'exits 0 && end_has auto && test "$(git -C gitops log -1 --format=%P release/heracles/ring-x)" = "$(git -C gitops rev-parse main)"'
release 'del(.image, .values, .commit) | .action = "keep" | .reasons = ["running"]'
run patch --proposal release/heracles/ring-x < <(tenants $internal acme)
ok 'what a proposal keeps while nothing is set is for a person' judged acme kept
release

# A person's commit on the branch
propose <patches >/dev/null
ours=$(git -C gitops rev-parse release/heracles/ring-x)
git -C gitops branch -qf release/heracles/ring-x "$(git -C gitops commit-tree -p "$ours" -m 'Mine' "$ours^{tree}")"
run propose <patches
ok "a person's commit on the branch is not merged" eval 'exits 1 && out_has foreign-commit && ! grep -q "\"merge\"" out'
git -C gitops branch -qf release/heracles/ring-x "$ours"
run applypatch -q -C gitops --branch release/heracles/ring-x --onto main --trailer 'Merge: auto' <patches
ok 'the trailer cannot be given' exits 2

# The day
policy "${whole/50/2}"
git -C gitops branch -qf main "$base"
GIT_COMMITTER_DATE=${today}T09:00:00Z GIT_AUTHOR_DATE=${today}T09:00:00Z
export GIT_COMMITTER_DATE GIT_AUTHOR_DATE
git -C gitops branch -qD release/heracles/ring-x
patch -q < <(tenants $internal acme) | propose >/dev/null
git -C gitops branch -qf main release/heracles/ring-x
run patch < <(tenants $internal acme beta)
ok 'as many tenants as per-day are merged unattended' eval 'judged acme auto && judged beta auto'
run patch < <(tenants $internal acme beta gamma)
ok 'one more is for a person' eval 'judged beta auto && judged gamma daily-cap'
run patch --as-of 2026-11-21T00:00:00Z < <(tenants $internal beta gamma)
ok 'the next day begins at midnight UTC' eval 'judged beta auto && judged gamma auto'
run patch --as-of 2026-11-19T23:59:59Z < <(tenants $internal beta gamma)
ok '... and the day before ends there' eval 'judged beta auto && judged gamma auto'
git -C gitops commit-tree -p "$base" -m 'Release heracles ring-x to 2 tenants

delta: set x:1
epsilon: set x:1

Service: heracles
Merge: manual' "$base^{tree}" >by-person
git -C gitops branch -qf main "$(cat by-person)"
run patch < <(tenants $internal acme beta)
ok 'what a person has merged does not count' eval 'judged acme auto && judged beta auto'
git -C gitops branch -qf main "$(git -C gitops commit-tree -p "$base" -m 'Release heracles ring-y to 2 tenants

delta: set x:1
epsilon: set x:1

Service: heracles
Merge: auto' "$base^{tree}")"
run patch < <(tenants $internal acme)
ok 'what other rings have changed counts' judged acme daily-cap
git -C gitops branch -qf main "$(git -C gitops commit-tree -p "$base" -p "$(git -C gitops rev-parse main)" -m 'Merge' "$base^{tree}")"
run patch < <(tenants $internal acme)
ok '... also if it came by a merge' judged acme daily-cap
git clone -q --depth 1 "file://$tmp/gitops" shallow 2>/dev/null
run mkpatch -C shallow --release release.json --as-of "$today"T10:00:00Z < <(tenants $internal acme)
ok 'where the history does not say how many, it is for a person' judged acme daily-cap

git -C gitops branch -qf main "$base"
patch -q < <(tenants $internal acme) | applypatch -q -C gitops --branch main >/dev/null
run patch < <(tenants $internal acme beta gamma)
ok 'a tenant that is up to date does not count' eval 'judged beta auto && judged gamma auto'

# The report
git -C gitops branch -qD release/heracles/ring-x
git -C gitops branch -qf main "$base"
patch -q < <(tenants $partner acme beta) >patches
run ringreport --format text <patches
ok 'a report of patches says why a person is to merge them' eval 'exits 0 && err_lines 0 && grep -q "review *acme: cohort" out && grep -q "explained in mkpatch" out'
run ringreport --format text < <(propose <patches)
ok '... and so does one of results, and of the end' eval 'exits 0 && grep -q "review *beta: cohort" out && grep -q "Merge *review" out'
git -C gitops branch -qD release/heracles/ring-x
patch -q < <(tenants $internal acme) >patches
run ringreport --format text < <(propose <patches)
ok 'what is merged unattended has no such line' eval 'exits 0 && ! grep -q "review" out && grep -q "Merge *auto" out'

# The catalogue
wrong() {
	policy "$1"
	run patch < <(tenants $internal acme)
	ok "merge: $1 is 78" eval "exits 78 && err_has $(printf %q "$2")"
}
wrong '{set: [acme]}' 'invalid cohort "acme"'
wrong '{clear: maybe}' 'true or false'
wrong '{per-day: 0}' 'expected an integer from 1 to 1000000'
wrong '{values: [heracles]}' 'expected SERVICE/CHART/KEY'
wrong '{values: [no/heracles/x]}' 'expected SERVICE/CHART/KEY'
wrong '{values: [heracles/heracles]}' 'expected a path below a chart'
wrong '{values: [heracles/heracles/image]}' 'an image of the service'
wrong '{sets: []}' 'unknown key'

finish
