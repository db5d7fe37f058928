#!/usr/bin/env bash
# A release goes from wave to wave, as fast as its tenants are seen to run it.

. "$(dirname "$0")/lib.sh"

repo gitops
cd "$tmp" || exit 1
cp -R "$examples/releases" .
git -C gitops checkout -q -b other
export RING_CATALOG=$tmp/releases/ring.yaml
commit=1111111111111111111111111111111111111111
image=ghcr.io/atlanhq/heracles-ring-x:$commit
cat >waves <<'END'
waves:
  - {cohort: github:path:internal-level-1, soak: 1h}
  - {cohort: github:path:internal-level-2, soak: 2h}
  - cohort: github:path:enterprise-level-1
END
cat waves >>releases/ring.yaml

framed </dev/null >nothing
printf '{"type":"tenant","tenant":"%s"}\n' acme corvid delta ember fjord beta halcyon indigo juniper lumen mistral kestrel |
	framed cohort-resolve >tenants
cp nothing held

wave() { ringwave -C releases --held held "$@" <tenants; }
release() { wave --service heracles --ring ring-x --tag "$commit" "$@"; }
passes() { test "$(jq -r 'select(.type == "tenant").tenant' "$tmp/out" | xargs)" = "$1"; }
# says TENANT: what a tenant waits for
says() { jq -r --arg tenant "$1" 'select(.type == "waiting" and .tenant == $tenant) | "\(.code) \(.until): \(.reason)"' "$tmp/out"; }
waits() { test "$(says "$1")" = "$2" || { says "$1" && false; }; }
# put TIME TENANT ...: commit the release for tenants
put() {
	local time=$1
	shift
	printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed |
		mkpatch -C gitops -r main --service heracles --ring ring-x --tag "$commit" |
		SOURCE_DATE_EPOCH=$(date -d "$time" +%s) applypatch -C gitops --branch main >results || exit
}
# look HEALTHY TENANT ...: what a cluster says that runs main, whose tenants are healthy since then
look() {
	local healthy=$1 tenant
	shift
	for tenant; do
		git -C gitops show "main:tenants/$tenant/application.yaml" >manifest.yaml
		python3 "$top/tests/live/object.py" manifest.yaml "status['summary']['images'].append('$image')" \
			"status['health']['lastTransitionTime'] = '$healthy'" "status['reconciledAt'] = '2026-11-05T00:00:00Z'" "${change[@]}"
	done
}
# hold: list what the tenants hold, with what apps.json says of them
hold() {
	ringls -C gitops -r main --since | ringlive --apps apps.json --as-of 2026-11-05T00:00:00Z >held || exit
}
change=()

# The first wave

run release
ok 'the first wave goes at once' passes 'acme corvid delta ember fjord'
ok '... the others wait for it' waits beta \
	'earlier-wave null: acme of github:path:internal-level-1 does not have the release yet, and 4 more'
ok '... a tenant of no wave, too' waits kestrel \
	'earlier-wave null: acme of github:path:internal-level-1 does not have the release yet, and 4 more'
ok 'who waits is not refused' test "$(tail -n 1 out)$status" = '{"type":"end","by":"ringwave","records":12,"refused":0}0'
ok 'a waiting record says what waits for what' test "$(jq -c 'select(.tenant == "lumen")' out)" = \
	'{"type":"waiting","code":"earlier-wave","tenant":"lumen","reason":"acme of github:path:internal-level-1 does not have the release yet, and 4 more","service":"heracles","ring":"ring-x"}'
jq -c 'if .tenant then .cohorts = ["tenant:name:\(.tenant)"] else . end' tenants >named
run ringwave -C releases --held held --service heracles --ring ring-x --tag $commit <named
ok '... and the labels that select the tenant' test "$(jq -c 'select(.tenant == "lumen").cohorts' out)" = '["tenant:name:lumen"]'

put 2026-11-01T09:00:00Z acme corvid delta ember
look 2026-11-01T10:00:00Z acme corvid delta ember >apps.json
hold
run release --as-of 2026-11-01T12:00:00Z
ok 'a wave is over when all tenants of its cohort run the release, whether they are selected or not' waits beta \
	'earlier-wave null: fjord of github:path:internal-level-1 does not have the release yet'

put 2026-11-01T09:30:00Z fjord
look 2026-11-01T10:00:00Z acme corvid delta ember >apps.json
look 2026-11-01T10:10:00Z fjord >>apps.json
hold
run release --as-of 2026-11-01T11:09:59Z
ok 'it must soak, from the time at which the last of them became healthy' waits beta \
	'soaking 2026-11-01T11:10:00Z: the tenants of github:path:internal-level-1 have run the release for 59 of 60 minutes'
ok '... and only the next wave waits for that' waits lumen \
	'earlier-wave null: the tenants of github:path:internal-level-1 have run the release for 59 of 60 minutes'
run release --as-of 2026-11-01T11:10:00Z
ok 'after that the second wave goes' passes 'acme corvid delta ember fjord beta halcyon indigo'
ok '... and the third waits for it' waits lumen \
	'earlier-wave null: beta of github:path:internal-level-2 does not have the release yet, and 2 more'

# The times from which a soak counts
look 2026-11-01T08:00:00Z acme corvid delta ember fjord >apps.json
hold
run release --as-of 2026-11-01T10:00:00Z
ok 'a soak counts from the end of the last sync, if that is later' waits beta \
	'soaking 2026-11-01T10:59:00Z: the tenants of github:path:internal-level-1 have run the release for 1 of 60 minutes'
change=("status['operationState']['finishedAt'] = '2026-11-01T08:00:00Z'")
look 2026-11-01T08:00:00Z acme corvid delta ember fjord >apps.json
hold
run release --as-of 2026-11-01T10:00:00Z
ok '... and from the commit' waits beta \
	'soaking 2026-11-01T10:30:00Z: the tenants of github:path:internal-level-1 have run the release for 30 of 60 minutes'
change=("del status['health']['lastTransitionTime']")
look 2026-11-01T08:00:00Z acme corvid delta ember fjord >apps.json
hold
run release --as-of 2026-12-01T10:00:00Z
ok 'where a time is not known, it soaks for ever' waits beta \
	'soaking null: acme of github:path:internal-level-1 runs the release, but it is not known since when it is healthy, and 4 more'
change=()

# What goes wrong

# is_wrong SENTENCE WHAT CHANGE: with this change of delta's object
is_wrong() {
	look 2026-11-01T10:00:00Z acme corvid ember fjord >apps.json
	change=("$3")
	look 2026-11-01T10:00:00Z delta >>apps.json
	change=()
	hold
	run release --as-of 2026-11-02T00:00:00Z
	ok "$1" waits beta "$2"
}
is_wrong 'a tenant that is degraded stops the release, and since when' \
	'unhealthy null: delta of github:path:internal-level-1 is degraded since 2026-11-01T10:00:00Z: Argo CD says Degraded: back-off' \
	'status["health"].update(status="Degraded", message="back-off")'
ok '... for all waves after it' waits mistral \
	'earlier-wave null: delta of github:path:internal-level-1 is degraded since 2026-11-01T10:00:00Z: Argo CD says Degraded: back-off'
is_wrong 'one that is out of sync does, too' \
	'unhealthy null: delta of github:path:internal-level-1 is out-of-sync since 2026-11-01T10:00:00Z: Argo CD says OutOfSync' \
	'status["sync"]["status"] = "OutOfSync"'
is_wrong 'one that ignores the override does, too' \
	"unhealthy null: delta of github:path:internal-level-1 is ignored since 2026-11-01T10:00:00Z: $image is not among the images that run: nothing reads the override" \
	'status["summary"]["images"].pop()'
is_wrong 'one of which nothing is known has not run it' \
	'unhealthy null: delta of github:path:internal-level-1 is unknown: the object has no status' 'del o["status"]'
is_wrong 'one that is absent has not run it' \
	'unhealthy null: delta of github:path:internal-level-1 is absent: there is no object of this name' 'o["metadata"]["name"] = "other"'
is_wrong 'one that is being synced does not run it yet' \
	'earlier-wave null: delta of github:path:internal-level-1 is pending: a sync runs' 'status["operationState"]["phase"] = "Running"'
is_wrong 'one that progresses does not, either' \
	'earlier-wave null: delta of github:path:internal-level-1 is progressing: Argo CD says Progressing' \
	'status["health"]["status"] = "Progressing"'
ringls -C gitops -r main --since >held
run release
ok 'overrides without a live state stop it' waits beta \
	'unhealthy null: acme of github:path:internal-level-1 is unknown: its override has no live state, and 4 more'

# The second wave

put 2026-11-01T12:00:00Z beta halcyon indigo
look 2026-11-01T12:30:00Z acme corvid delta ember fjord beta halcyon indigo >apps.json
hold
run release --as-of 2026-11-01T14:29:00Z
ok 'each wave has its own soak' waits juniper \
	'soaking 2026-11-01T14:30:00Z: the tenants of github:path:internal-level-2 have run the release for 119 of 120 minutes'
run release --as-of 2026-11-01T14:30:00Z
ok 'without a soak it is enough that a wave runs' waits kestrel \
	'earlier-wave null: juniper of github:path:enterprise-level-1 does not have the release yet, and 2 more'
cp held healthy

look 2026-11-01T12:30:00Z corvid delta ember fjord beta halcyon indigo >apps.json
hold
run release --as-of 2026-11-02T00:00:00Z
ok 'a wave that was over can fail later: nothing goes further' passes 'acme corvid delta ember fjord beta halcyon indigo'
ok '... and tenants that hold this commit keep it' waits juniper \
	'earlier-wave null: acme of github:path:internal-level-1 is absent: there is no object of this name'
cp healthy held

run wave --service heracles --ring ring-x --tag 2222222222222222222222222222222222222222
ok 'another commit begins again' passes 'acme corvid delta ember fjord'
run wave --service heracles --ring ring-y --tag $commit
ok 'another ring begins again' passes 'acme corvid delta ember fjord'
run wave --service atlas --ring ring-x --tag $commit
ok 'another service begins again' passes 'acme corvid delta ember fjord'
jq -c 'select(.type == "override"), (select(.tenant == "acme") | .service = "atlas" | .image.tag = "x")' healthy | framed >held
run release --as-of 2026-11-02T00:00:00Z
ok '... and its overrides do not count, whatever they are' passes 'acme corvid delta ember fjord beta halcyon indigo juniper lumen mistral'
jq -c 'if .tenant == "acme" then .code = "half-bumped" else . end' healthy >held
run release --as-of 2026-11-02T00:00:00Z
ok 'a tenant that was half bumped does not have the release' waits juniper \
	'earlier-wave null: acme of github:path:internal-level-1 does not have the release yet'
jq -c 'if .tenant == "acme" then .under = "ring-z" else . end' healthy >held
run release --as-of 2026-11-02T00:00:00Z
ok 'nor does one that another ring has taken over' waits juniper \
	'earlier-wave null: acme of github:path:internal-level-1 does not have the release yet'
cp healthy held

# A service of two charts
jq -c 'select(.type == "override") | .service = "atlas" | .image.repository = "x" | (.chart = "atlas"), (.chart = "atlas-read")' healthy |
	framed >held
run wave --service atlas --ring ring-x --tag $commit --as-of 2026-11-02T00:00:00Z
ok 'all charts of a service must run' passes 'acme corvid delta ember fjord beta halcyon indigo juniper lumen mistral'
cp held both
jq -c 'if .tenant == "corvid" then .live.state = "degraded" | del(.live.healthy_since, .live.reason) else . end' both >held
run wave --service atlas --ring ring-x --tag $commit --as-of 2026-11-02T00:00:00Z
ok '... and a tenant counts once, whatever its charts' waits juniper 'earlier-wave null: corvid of github:path:internal-level-1 is degraded'
cp both held
grep -v '"tenant":"corvid".*"chart":"atlas-read"' held | grep -v '"end"' | framed >fewer && mv fewer held
run wave --service atlas --ring ring-x --tag $commit --as-of 2026-11-02T00:00:00Z
ok 'half a release is none' waits juniper \
	'earlier-wave null: corvid of github:path:internal-level-1 does not have the release yet'
cp healthy held

# By a release record

record() {
	printf '{"type":"release","action":"%s","service":"heracles","repository":"atlanhq/heracles","ring":"ring-x","commit":"%s","labels":[]%s}\n' \
		"$1" "${2-$commit}" "${3-}" | framed ringcheck >release
}
set_image=',"image":{"repository":"ghcr.io/atlanhq/heracles-ring-x","tag":"'$commit'"}'
record set $commit "$set_image"
run wave --release release --as-of 2026-11-01T14:30:00Z
ok 'a release record says what is released' passes 'acme corvid delta ember fjord beta halcyon indigo juniper lumen mistral'
record set $commit "${set_image/ring-x/ring-y}"
run wave --release release
ok '... of an image that the catalogue gives the ring' exits 77
record keep 3333333333333333333333333333333333333333
run wave --release release --as-of 2026-11-01T14:30:00Z
ok 'with keep, what the first wave has counts' passes 'acme corvid delta ember fjord beta halcyon indigo juniper lumen mistral'
cp nothing held
run wave --release release
ok '... and if that is nothing, the others wait' passes 'acme corvid delta ember fjord'
record clear
run wave --release release
ok 'a clear concerns no wave' passes "$(jq -r 'select(.tenant).tenant' tenants | xargs)"
cp healthy held

# What mkpatch does

record set $commit "$set_image"
git -C gitops branch -q before main
base=$(git -C gitops rev-parse main)
# the first wave has the release; beta has an older one, and lumen only in the open proposal
git -C gitops update-ref refs/heads/main other
put 2026-11-01T09:00:00Z acme corvid delta ember fjord
printf '{"type":"tenant","tenant":"beta"}\n' | framed |
	mkpatch -C gitops -r main --service heracles --ring ring-x --tag 0000000000000000000000000000000000000000 |
	applypatch -C gitops --branch main >results
printf '{"type":"tenant","tenant":"%s"}\n' acme corvid delta ember fjord juniper | framed |
	mkpatch -C gitops -r main --release release |
	applypatch -C gitops --branch release/heracles/ring-x --onto main >results
ringls -C gitops -r main --since >held
printf '{"type":"tenant","tenant":"%s"}\n' acme corvid delta ember fjord beta juniper | framed |
	ringwave -C releases --held held --release release >waiting
run mkpatch -C gitops -r main --release release --reconcile <waiting
ok 'a tenant that waits keeps what it has, and gains nothing' \
	test "$(jq -r 'select(.type == "patch") | "\(.tenant) \(.edits | length)"' out | xargs)" = \
	'acme 0 corvid 0 delta 0 ember 0 fjord 0'
ok '... and is passed on' same <(grep waiting waiting) <(grep waiting out)
ok '... without a refusal' exits 0
cp out patches
run applypatch -C gitops --branch release/heracles/ring-x --onto main <patches
ok '... to the results' same <(grep waiting waiting) <(grep waiting out)
ok 'what the open proposal would give it is taken out' \
	test "$(git -C gitops rev-parse -q --verify release/heracles/ring-x)" = ''
cp out results
run ringreport <results
ok 'a report shows who waits, and for what' out_has \
	'| `beta` | `unhealthy` | acme of `github:path:internal-level-1` is unknown: its override has no live state, and 4 more |'
ok '... and how many' out_has '2 waiting, 5 unchanged.'
record keep
run mkpatch -C gitops -r main --release release --reconcile <waiting
ok 'with keep it keeps what it has, too' test "$(jq -r 'select(.type == "patch").tenant' out | xargs)" = 'acme corvid delta ember fjord'
git -C gitops update-ref refs/heads/main "$base"
run mkpatch -C gitops -r main --service heracles --ring ring-x --tag $commit --rfc6902 < <(grep waiting waiting | framed)
ok 'a JSON Patch has no place for it' out_empty
printf '{"type":"waiting","tenant":"../x"}\n' | framed >bad
run mkpatch -C gitops -r main --service heracles --ring ring-x --tag $commit <bad
ok 'a waiting record is not trusted' exits 65

# The waves of the catalogue

cp healthy held
sed -i '/^waves/,$d' releases/ring.yaml
run release
ok 'without waves all go at once' passes "$(jq -r 'select(.tenant).tenant' tenants | xargs)"
echo 'waves: {cohort: github:path:nowhere}' >>releases/ring.yaml
run release
ok 'a cohort that does not exist has not run it' waits juniper \
	'earlier-wave null: the wave github:path:nowhere has no tenants: cohort "nowhere" not found (have: enterprise-level-1, internal-level-1, internal-level-2, partner-level-1)'
ok '... and refuses none of the tenants' exits 0
sed -i 's/github:path:nowhere/tenant:name:kestrel/' releases/ring.yaml
run release
ok 'one tenant can be a wave' passes 'acme corvid delta ember fjord beta halcyon indigo kestrel'
git -C releases init -q && git -C releases add -A && git -C releases commit -qm x
rm releases/cohorts/*
sed -i '/^waves/,$d' releases/ring.yaml && cat waves >>releases/ring.yaml
run release -r HEAD --as-of 2026-11-01T14:30:00Z
ok 'cohorts can be read from a revision' passes 'acme corvid delta ember fjord beta halcyon indigo juniper lumen mistral'

# is_bad WAVES MESSAGE
is_bad() {
	sed -i '/^waves/,$d' releases/ring.yaml && echo "waves: $1" >>releases/ring.yaml
	run release
	ok "waves: $1 is refused" exits 78
	ok "... $2" err_has "$2"
}
is_bad '[{soak: 1h}]' 'missing "cohort" of a wave'
is_bad '[{cohort: internal}]' 'invalid cohort "internal"'
is_bad '[{cohort: tenant:name:a, soak: 24}]' 'expected a string (quote the value)'
is_bad '[{cohort: tenant:name:a, soak: long}]' 'soak: expected a length of time such as 90s, 15m, 24h or 7d, got "long"'
is_bad '[{cohort: tenant:name:a}, {cohort: tenant:name:a}]' 'the cohort "tenant:name:a" is in two waves'
is_bad '[]' 'expected at least one item, got an empty list'
sed -i '/^waves/,$d' releases/ring.yaml

# What is given

touch -d '11 minutes ago' held
run release
ok 'overrides of an earlier run are refused' exits 65
ok '... and why' err_has 'held: its overrides were listed 11 minutes ago, more than 10: list them in this run'
ok '... without a tenant' out_lacks '"tenant"'
touch -d '9 minutes ago' held
run release
ok 'those of 9 minutes ago are not' exits 0
head -n 1 healthy >held
run release
ok 'a file that was cut short is refused' exits 65
run release --unframed
ok '... unless --unframed is given' exits 0
run ringwave -C releases --held held --service heracles --ring ring-x --tag $commit --unframed < <(grep tenant tenants)
ok '... for the input, too' exits 0
rm held
run release
ok 'a file that is missing is reported' exits 66
cp healthy held
run ringwave -C releases --service heracles --ring ring-x --tag $commit <tenants
ok '--held is required' exits 2
run ringwave -C releases --held held --service heracles --ring ring-x <tenants
ok '... and what is released' exits 2
run ringwave -C releases --held held --release release --ring ring-x <tenants
ok '... said once' exits 2
run ringwave -C releases --held held --service heracles --ring main --tag $commit <tenants
ok 'a ring has the name of one' exits 2
run ringwave -C releases --held held --service hera --ring ring-x --tag $commit <tenants
ok 'a service must be in the catalogue' exits 2
run ringwave -C releases --held held --service heracles --ring ring-x --tag $commit < <(echo '{"type":"tenant"}' | framed)
ok 'a tenant record has a tenant' exits 65
run release --as-of yesterday
ok 'a time is a time' exits 2
{ echo '{"type":"refused","code":"no-such-cohort","reason":"x"}' && grep acme tenants; } | framed >refused
run ringwave -C releases --held held --service heracles --ring ring-x --tag $commit <refused
ok 'a refusal passes' out_is <<'END'
{"type":"refused","code":"no-such-cohort","reason":"x"}
{"type":"tenant","tenant":"acme"}
{"type":"end","by":"ringwave","records":2,"refused":1}
END
ok '... with its status' exits 1

finish
