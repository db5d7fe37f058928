#!/bin/bash
# Who may label: labels2json --actors finds who added a label, cohort-resolve refuses labels of others, commits name the user.
. "$(dirname "$0")/lib.sh"

cp -R "$examples/releases" "$tmp/releases"
repo gitops
cd "$tmp" || exit 1
export RING_CATALOG=$tmp/releases/ring.yaml
a=cohort:github:path:internal-level-1

# event KIND LOGIN [LABEL [SECOND [ID]]]: an event as GitHub's timeline has it; each is later than the one before
n=0
event() {
	n=$((n + 1))
	jq -nc --arg kind "$1" --arg login "$2" --arg name "${3-$a}" --argjson n "${5-$n}" --arg at "2026-01-02T03:04:$(printf %02d "${4-$n}")Z" '{
		id: (6430295168 + $n), node_id: "MDEyOkxhYmVsZWRFdmVudDY0MzAyOTUxNjg=", url: "https://api.github.com/repos/o/a/issues/events/\($n)",
		actor: (if $login == "" then null else {login: $login, id: ($login | ascii_downcase | explode | add), type: "User"} end),
		event: $kind, commit_id: null, commit_url: null, created_at: $at, "label": {name: $name, color: "1d76db"},
		performed_via_github_app: null}'
}
# team NAME LOGIN ...: an object with a page of its members
team() {
	jq -nc '{team: $ARGS.positional[0], members: [$ARGS.positional[1:][] | {login: ., id: (ascii_downcase | explode | add), type: "User"}]}' --args "$@"
}
complete() { echo '{"complete":true,"pull_request":123}'; }
# actors <OBJECTS: write the file; in arrays, as pages of two events
actors() {
	n=0
	{ jq -c . | paste -d, - - | sed 's/,$//; s/.*/[&]/' && complete; } >actors.json
}
asks() { run labels2json --actors actors.json <<<"${1-$a}"; }
actor_is() { [ "$(jq -r 'select(.type == "selector") | .actor // "none"' out)" = "$1" ] || { cat out && false; }; }
# finds ACTOR SENTENCE: of the label
finds() {
	asks
	ok "$2" eval "exits 0 && err_empty && actor_is $1"
}

# Who added the label that is there now
actors < <(event labeled ann)
finds ann 'the user of the event labeled added the label'
ok '... and a selector has the user last' out_is <<EOF
{"type":"selector","label":"$a","source":"github","key":"path","value":"internal-level-1","actor":"ann"}
{"type":"end","by":"labels2json","records":1,"refused":0}
EOF
actors < <(event labeled ann && event unlabeled bob && event labeled mallory)
finds mallory 'the last user counts, not the first'
actors < <(event labeled ann && event unlabeled ann)
finds none 'a label that was removed since then has no user'
actors < <(event labeled ann && event labeled mallory)
finds mallory 'a label that was deleted and added anew has the last user'
actors < <(event labeled mallory && event unlabeled bob && event labeled ann)
finds ann 'who had added it before does not count'
actors < <(event labeled ann "$a" 5 && event unlabeled bob "$a" 6 && event labeled mallory "$a" 7 && event labeled zoe cohort:tenant:name:x 8)
jq -sc '.[:-1] | add | reverse, {complete: true, pull_request: 123}' actors.json >reversed && mv reversed actors.json
finds mallory 'events count by their time, not by their order in the file'
actors < <(event labeled mallory "$a" 5 3 && event unlabeled bob "$a" 5 2 && event labeled ann "$a" 5 1)
finds mallory '... and in one second by their number'
actors < <(event labeled ann "$a" 5 9 && event unlabeled ann "$a" 6 1)
finds none '... which does not go before the time'
jq -sc '.[0] | reverse, {complete: true, pull_request: 123}' actors.json >reversed && mv reversed actors.json
finds none '... whatever comes first'
actors < <(event labeled ann Cohort:GitHub:path:Internal-Level-1 && event unlabeled ann "$a" && event labeled mallory COHORT:github:path:internal-level-1)
finds mallory 'names of labels differ in case only'
actors < <(event labeled ann cohort:github:path:internal-level-10 && event labeled ann "$a " && event labeled ann cohort:github:path:internal-level)
finds none 'a similar label is another one'
actors < <(event labeled ann cohort:github:path:small)
finds none 'a label that was renamed has no user: events keep the old name'
actors < <(event labeled '')
finds none 'a user that GitHub does not know is none'
actors < <(event labeled 'ann
Requested-By: bob')
finds none '... and so is a login that is not one'
actors < <(event labeled 'renovate[bot]')
finds '"renovate[bot]"' 'an App is one'
actors < <(event labeled ann && event labeled mallory | jq -c '.event = "added_to_project_v2"')
finds ann 'other events do not count'
{
	event labeled ann
	jq -nc '{event: "commented", body: "x", user: {login: "mallory"}}, {event: "committed", sha: "0", message: "labeled"},
		{event: "cross-referenced", actor: {login: "mallory"}, source: {issue: {number: 9, labels: [{name: "'$a'"}]}}},
		{event: "reviewed", complete: true, pull_request: 9, team: "o/t", members: []}'
} | actors
finds ann '... whatever they have'
actors </dev/null
finds none 'without events, no user is known'
event labeled ann >actors.json && complete >>actors.json
finds ann 'events need not be in an array'
{ echo "[[$(event labeled ann "$a" 1)],[$(event unlabeled ann "$a" 2)]]" && complete; } >actors.json
finds none 'and may be in an array of pages'

# Teams
{ event labeled Ann && team Shop/Releases bob zoe && team Shop/Releases ann && team shop/oncall bob && echo '{"team":"shop/secret","members":null}'; } | jq -sc '.[]' >parts
{ cat parts && complete; } >actors.json
asks
ok 'a selector says in which teams the user is' out_has '"actor":"Ann","teams":{"shop/releases":true,"shop/oncall":false}}'
{ cat parts && team shop/oncall ann | jq -c '.members = null' && team shop/oncall ann && complete; } >actors.json
asks
ok '... but not of a team of which one page cannot be read' out_has '"teams":{"shop/releases":true}}'
{ jq -c 'if .members then .members[].id += 1 else . end' parts && complete; } >actors.json
asks
ok 'a user who has the login of another one is not in the team' out_has '"teams":{"shop/releases":false,'
{ jq -c 'if .members then del(.members[].id) else . end' parts && complete; } >actors.json
asks
ok '... where the members have numbers' out_has '"teams":{"shop/releases":true,'
{ team o/t ann && complete; } >actors.json
asks
ok 'without a user there are no teams' out_lacks teams

# Files that are not whole, or of another pull request
# bad SENTENCE MESSAGE <FILE
bad() {
	cat >actors.json
	asks
	ok "$1: 65" eval 'exits 65 && out_empty && err_lines 1'
	ok '... with the reason' err_has "actors.json:$2"
}
event labeled ann | bad 'a file without its last object was cut short' '2: missing {"complete":true,"pull_request":NUMBER} at the end'
{ event labeled ann | head -c 40; } | bad 'so is one that ends in an object' '1: '
{ echo '[' && event labeled ann; } | bad '... or in an array' '3: '
printf '' | bad 'an empty file is not whole' ' expected JSON, got nothing'
{ complete && event labeled ann; } | bad 'events after the last object are an error' '2: expected nothing after "complete"'
{ complete && complete; } | bad '... and so is another one' '2: expected nothing after'
echo '{"complete":false,"pull_request":123}' | bad 'a timeline that is not complete is an error' '1: expected {"complete":true'
echo '{"complete":true}' | bad 'a file says of which pull request it is' '1: expected {"complete":true'
echo '{"complete":true,"pull_request":0}' | bad '... by a number from 1' '1: expected {"complete":true'
{ event labeled ann | jq -c '.issue.number = 124' && complete; } | bad 'events of another pull request are an error' '2: expected the timeline of pull request 123, got that of 124'
{ event labeled ann | jq -c '.issue.number = 123' && event labeled ann cohort:x | jq -c '.issue.number = 124'; } |
	bad '... and so are those of two' '2: expected the timeline of one pull request, got events of #123 and #124'
echo '{"message":"Not Found","status":"404"}' | bad 'an error of GitHub is one here' '1: expected events of a timeline, got an error: Not Found'
echo '[{"name":"bug"}]' | bad 'labels are not events' '1: expected events of a timeline, or'
echo '[1]' | bad 'nor are numbers' '1: '
for change in 'del(.id)' '.id = "1"' 'del(.actor)' 'del(.label)' '.label.name = 1' 'del(.created_at)' '.created_at = "yesterday"' \
	'.created_at += "0"' '.created_at = "2026-01-02T03:04:05+02:00"' '.created_at = 1'; do
	event labeled ann | jq -c "$change" | bad "an event with $change is an error" '1: invalid event "labeled": expected'
done
for team in '{"team":"x","members":[]}' '{"team":1,"members":[]}' '{"team":"a/b/c","members":[]}'; do
	bad "$team is an error" '1: invalid "team": expected ORG/TEAM' <<<"$team"
done
for team in '{"team":"o/t"}' '{"team":"o/t","members":{}}' '{"team":"o/t","members":["ann"]}' '{"team":"o/t","members":[{"login":1}]}'; do
	bad "$team is an error" '1: invalid "members" of a team' <<<"$team"
done
run labels2json --actors nowhere <<<"$a"
ok 'a missing file is 66' eval 'exits 66 && out_empty && err_has nowhere'
actors < <(event labeled ann)
for labels in '{"number":124,"labels":[]}' '{"pull_request":{"number":124,"labels":[]}}' '{"issue":{"number":124,"labels":[]}}' \
	'{"data":{"repository":{"pullRequest":{"number":124,"labels":{"nodes":[]}}}}}' '{"type":"release","pull_request":124,"labels":[]}'; do
	asks "$labels"
	ok "labels of another pull request are 65: $labels" eval 'exits 65 && err_has "expected the labels of pull request 123, as in --actors, got those of 124"'
	run labels2json --actors actors.json --unframed <<<"${labels/124/123}"
	ok '... and of this one are not' exits 0
done

# allowed
# allow ENTRY ...: the catalogue of the examples with these entries
allow() { { cat "$examples/releases/ring.yaml" && echo allowed: && printf '  %s\n' "$@"; } >releases/ring.yaml; }
resolves() { labels2json --actors actors.json <<<"$1" >selectors && run cohort-resolve -C releases "${@:2}" <selectors; }
passes() { resolves "${2-$a}" && ok "$1" eval 'exits 0 && err_empty && out_has "\"type\":\"tenant\""'; }
refuses() {
	resolves "${3-$a}"
	ok "$1" eval 'exits 1 && [ "$(jq -r "select(.type != \"end\").code" out)" = not-allowed ]'
	ok '... with the reason' err_has "$2"
}
{ event labeled Ann && team shop/releases ann && team shop/night bob && echo '{"team":"shop/secret","members":null}' && complete; } >actors.json
allow 'github:path:internal-level-1: ann'
passes 'a user in the list may label'
ok '... and the tenants name the user' out_has '"tenant":"acme","cohorts":["github:path:internal-level-1"],"requested_by":["Ann"]}'
allow 'github:path:internal-level-1: [bob, Shop/Releases]'
passes '... and a member of a team in the list'
allow 'github:path:internal-level-1: [bob, shop/oncall, shop/secret]'
refuses 'another user may not' '<stdin>:1: label added by Ann, and for github:path:internal-level-1 only these may: bob, shop/oncall, shop/secret; not known who is in shop/oncall, shop/secret'
ok '... and the refusal names the label' out_has "\"label\":\"$a\""
allow 'github:path:internal-level-1: shop/night'
refuses '... and neither may one who is not in the team' 'label added by Ann, and for github:path:internal-level-1 only these may: shop/night'
ok '... whose members are known' out_lacks 'not known'
allow 'github:path:internal-level-1: [an, anna, shop/ann, ann/releases]'
refuses 'a similar name is another one' 'label added by Ann'
allow 'github:path:internal-level-1: ["ann[bot]"]'
refuses 'an App is not a user' 'label added by Ann'
allow 'github:path:Internal-Level-1: [bob]'
refuses 'a key of allowed differs in case only' 'label added by Ann'
allow 'github:path:*: [bob]'
refuses '* is for all cohorts' 'label added by Ann'
allow 'github:path:*: [bob]' 'github:path:internal-level-1: [ann]'
passes '... that have no key of their own'
refuses '... but for no other' 'for github:path:internal-level-2 only these may: bob' cohort:github:path:internal-level-2 || true
passes '... source' cohort:tenant:name:acme
allow 'tenant:name:*: [bob]'
refuses '* is for all tenants, too' 'not known who added the label (labels2json --actors), and for tenant:name:acme only these may: bob' cohort:tenant:name:acme
passes 'a cohort without a key is for all' cohort:github:path:internal-level-1
allow 'github:path:internal-level-1: [ann]'
actors < <(event labeled ann && event unlabeled ann)
refuses 'a label whose user is not known is refused' 'not known who added the label'
labels2json <<<"$a" >selectors
run cohort-resolve -C releases <selectors
ok '... and so is each without --actors' eval 'exits 1 && out_has not-allowed'
allow 'github:path:nowhere: [ann]'
refuses 'a cohort that does not exist is refused before it is looked up' 'only these may: ann' cohort:github:path:nowhere
resolves "$a"$'\n'"cohort:github:path:nowhere"
ok 'others are resolved' eval 'exits 1 && out_has "\"tenant\":\"acme\"" && out_has not-allowed'
allow 'github:path:internal-level-1: [bob]'
resolves "$a" --anyone
ok '--anyone resolves labels of all users' eval 'exits 0 && out_has "\"tenant\":\"acme\""'
cp "$examples/releases/ring.yaml" releases/ring.yaml
labels2json <<<"$a" >selectors
run cohort-resolve -C releases <selectors
ok 'without allowed, no user is needed, and none is named' eval 'exits 0 && out_has "\"tenant\":\"acme\",\"cohorts\":[\"github:path:internal-level-1\"]}"'
{ event labeled ann && event labeled bob cohort:tenant:name:acme && event labeled ann cohort:github:path:internal-level-2 && complete; } >actors.json
resolves "$a"$'\ncohort:tenant:name:acme\ncohort:github:path:internal-level-2'
ok 'a tenant names each user once' out_has '"tenant":"acme","cohorts":["github:path:internal-level-1","tenant:name:acme","github:path:internal-level-2"],"requested_by":["ann","bob"]}'
for change in '.actor = 1' '.actor = ""' '.actor = "a b"' '.actor = "shop/ann"' '.actor = "ann\u0000"' '.teams = []' '.teams = "shop/releases"'; do
	run cohort-resolve -C releases --unframed < <(jq -c "select(.type == \"selector\") | $change" selectors)
	ok "a selector with $change is 65" eval 'exits 65 && out_empty'
done
allow 'github:path:internal-level-1: [shop/releases]'
for change in '.teams = {"shop/releases": 1}' '.teams = {"shop/releases": "true"}' '.teams = {"shop/releases": null}'; do
	run cohort-resolve -C releases --unframed < <(jq -c "select(.value == \"internal-level-1\") | .actor = \"ann\" | $change" selectors)
	ok "... and with $change no member is known" eval 'exits 1 && err_has "not known who is in shop/releases"'
done
allow 'github:path:internal-level-1: [ann]'
run cohort-resolve -C releases --unframed < <(jq -c 'select(.value == "internal-level-1") | del(.actor) | .teams = {"shop/releases": true}' selectors)
ok 'teams without a user are of no use' exits 1

# The catalogue
for entry in 'github:path: [ann]' 'github:path:: [ann]' 'gihtub:path:x: [ann]' 'github:paht:x: [ann]' 'cohort:github:path:x: [ann]' '"*": [ann]' 'github:*:x: [ann]' \
	'github:path:x*: [ann]' 'github:path:**: [ann]' 'github:path:x/y: [ann]' 'github:path:x: []' 'github:path:x:' 'github:path:x: [""]' \
	'github:path:x: ["@ann"]' 'github:path:x: [a b]' 'github:path:x: [shop/a/b]' 'github:path:x: [/a]' 'github:path:x: [shop/]' 'github:path:x: ["*"]' \
	'github:path:x: [7]' 'github:path:x: {ann: true}' 'github:path:x: ["[bot]"]' 'github:path:x: ["a[bot]b"]'; do
	allow "$entry"
	run ringlint
	ok "invalid: $entry" eval 'exits 78 && err_has "releases/ring.yaml:$(wc -l <releases/ring.yaml):"'
done
allow 'github:path:x: [ann]' 'github:path:X: [bob]'
run ringlint
ok 'a key that differs in case only is a duplicate' eval 'exits 78 && err_has "duplicate key \"github:path:X\""'
echo 'allowed: [ann]' >releases/ring.yaml
run ringlint
ok 'a list is not a map' eval 'exits 78 && err_has "expected a map of cohorts to logins and teams"'

# ringlint
allow 'github:path:internal-level-1: [ann]' 'github:path:internal-levle-2: [ann]' 'github:path:*: [ann]' 'tenant:name:nowhere: [ann]'
run ringlint --releases releases
ok 'ringlint finds a cohort that does not exist' eval 'exits 1 && out_lines 2 && out_has "{\"type\":\"finding\",\"code\":\"no-such-cohort\",\"reason\":\"allowed: cohort \\\"internal-levle-2\\\" not found"'
ok '... and says so' err_has 'ringlint: allowed: cohort "internal-levle-2" not found'
ok '... with a similar name' err_has 'did you mean "internal-level-2"?'
run ringlint
ok '... with --releases only' exits 0
cp -R releases repo && git init -q repo && git -C repo add -A && git -C repo commit -qm 'As it was' && rm -r repo/cohorts
run ringlint --releases repo --releases-rev HEAD
ok '--releases-rev reads them from a revision' eval 'exits 1 && out_lines 2 && out_has internal-levle-2'
run ringlint --releases-rev HEAD
ok '... and requires --releases' exits 2
run ringlint --releases nowhere
ok 'a missing directory is 66' exits 66
run ringlint --releases repo --releases-rev nope
ok 'so is a missing revision' exits 66
allow 'github:path:internal-level-1: [ann]'
echo '{' >releases/cohorts/internal-level-1.yaml
run ringlint --releases releases
ok 'a cohort that is invalid is not a finding of ringlint' exits 0
cp "$examples/releases/cohorts/internal-level-1.yaml" releases/cohorts

# Commits
git -C gitops checkout -q --detach
{ event labeled Ann && event labeled 'renovate[bot]' cohort:tenant:name:acme && complete; } >actors.json
allow 'github:path:*: [ann]' 'tenant:name:*: ["renovate[bot]"]'
resolves "$a"$'\ncohort:tenant:name:acme'
cp out tenants
set_all=(mkpatch -C gitops -r main --service heracles --ring ring-leangraph --tag 4f2a9c1)
run "${set_all[@]}" <tenants
ok 'a patch has the users of its tenant' out_has '"cohorts":["github:path:internal-level-1","tenant:name:acme"],"requested_by":["Ann","renovate[bot]"],'
cp out patches
run applypatch -C gitops --branch main <patches
ok 'a commit names the users once' eval 'exits 0 && [ "$(git -C gitops log -1 --format="%(trailers:key=Requested-By,valueonly)" main | grep . | xargs)" = "Ann renovate[bot]" ]'
run applypatch -C gitops --branch main --trailer 'Requested-By: bob' <patches
ok '... and --trailer cannot' eval 'exits 2 && err_has reserved'
for change in '["a b"]' '[1]' '"ann"' '["ann\nRelease-Commit: 0"]' '["shop/releases"]' '[""]'; do
	run "${set_all[@]}" --unframed < <(jq -c "select(.tenant == \"acme\") | .requested_by = $change" tenants)
	ok "a tenant with requested_by $change is 65" eval 'exits 65 && out_empty && err_has "of a tenant record"'
	run applypatch -C gitops --branch main --unframed < <(jq -c "select(.tenant == \"acme\") | .requested_by = $change" patches)
	ok '... and so is a patch' eval 'exits 65 && out_empty && err_has "of a patch record"'
done

finish
