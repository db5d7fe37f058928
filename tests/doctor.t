# examples/scripts/doctor: it finds nothing where all is set up, and each thing that is not, with what to do about it.

. "$(dirname "$0")/lib.sh"
. "$top/tests/github.sh"

mkdir "$tmp/world" && cd "$tmp/world" || exit
services='atlas-metastore heracles'
mkdir made
# commands N: the N-th block of commands in examples/README.md
commands() { awk -v n="$1" '/^```sh/ { on = ++seen == n; next } /^```/ { on = 0 } on' "$examples/README.md"; }
cp -R "$examples" examples && mkdir releases && (cd examples && commands 1 | bash -e) && mv releases from-readme

# make_one NAME [DIR]: a repository on GitHub with the files of a directory and the example workflows, and a clone
make_one() {
	mkdir "made/$1"
	[ -z "${2-}" ] || cp -R "$2/." "made/$1"
	[ -d "made/$1/.github" ] || cp -R "$examples/github/$1" "made/$1/.github"
	grep -rlE '0{40}' "made/$1" | xargs -r sed -i -E 's/0{40}.*/9d1f0e6f1b7c2f1e0c55a3a53b0c2f2e8f5f3f4c/'
	git -c init.defaultBranch="$([ "$1" = atlas-metastore ] && echo master || echo main)" init -q "made/$1"
	git -C "made/$1" add -A && git -C "made/$1" commit -qm 'As it was' && git -C "made/$1" branch -q as-it-was && git clone -q --bare "made/$1" "$1.git"
}
make_one gitops "$examples/gitops" && make_one charts "$examples/charts" && make_one releases from-readme
for name in $services; do make_one $name; done

mapfile -t cohorts < <(cd "$examples/releases/cohorts" && printf '%s\n' * | sed 's/\..*//')

# The state of GitHub in which all is set up
jq -n '
	{type: "User", repositories: {"*": ({contents: "write", pull_requests: "write", issues: "write", actions: "write",
		environments: "write", secrets: "read"})}} as $person
	| ["RINGKIT_CLIENT_ID", "RINGKIT_PRIVATE_KEY"] as $names
	| def repository($name; $branch): {git: "\($name).git",
		settings: {private: true, archived: false, allow_squash_merge: true, allow_merge_commit: true, allow_rebase_merge: false,
			squash_merge_commit_message: "COMMIT_MESSAGES"},
		protected: [], rules: [{branches: $branch, type: "pull_request", ruleset_id: 7}],
		documents: {
			"actions/permissions": {enabled: true, allowed_actions: "all"},
			"actions/permissions/access": {access_level: "organization"},
			"rulesets/7": {id: 7, bypass_actors: []},
			"environments/ringkit": {name: "ringkit", protection_rules: [{type: "branch_policy"}],
				deployment_branch_policy: {protected_branches: false, custom_branch_policies: true}},
			"environments/ringkit/deployment-branch-policies": {total_count: 1, branch_policies: [{name: $branch}]},
			"environments/ringkit/secrets": {total_count: 2, secrets: [$names[] | {name: .}]}}};
	{tokens: {person: ($person + {login: "ann", owner_of: ["atlanhq"]}), other: ($person + {login: "zoe"}),
			reader: {login: "bob", type: "User", repositories: {"*": {contents: "read", pull_requests: "read"}}}},
		installations: [{app_slug: "other", app_id: 1, permissions: {}},
			{app_slug: "ringkit", app_id: 42, suspended_at: null, repository_selection: "all",
			permissions: {metadata: "read", actions: "read", contents: "write", pull_requests: "write", workflows: "write"}}],
		repositories: ([["gitops", "main"], ["releases", "main"], ["charts", "main"], ["heracles", "main"], ["atlas-metastore", "master"]]
			| map({key: "atlanhq/\(.[0])", value: repository(.[0]; .[1])}) | from_entries)}
	| (.repositories["atlanhq/heracles", "atlanhq/atlas-metastore"].labels) = [$ARGS.positional[]
		| {name: "cohort:github:path:\(.)", color: "1d76db", description: ""}]' \
	--args "${cohorts[@]}" >github.json
github_start "$tmp/world/github.json"
for name in gitops releases charts; do clone_from person atlanhq/$name $name; done
export GITOPS=gitops RELEASES=releases CHARTS=charts
unset GITOPS_TOKEN
doctor() { GH_TOKEN=person run "$examples/scripts/doctor" "$@"; }

doctor
ok 'where all is set up, there is nothing to mend' eval 'exits 0 && out_empty && err_has "5 repositories checked, nothing to mend"'
is() { [ "$("${@:2}")" = "$1" ]; }
ok '... and nothing was written' is '' writes


# What examples/README.md says
state 'del(.repositories["atlanhq/gitops"].documents["environments/ringkit"])'
echo 'a key' >ringkit.private-key.pem
commands 2 | GH_TOKEN=person run bash -e
ok 'the commands of README.md make an environment' exits 0
state '.repositories["atlanhq/releases"].documents["actions/permissions/access"].access_level = "none"'
sed -n 's/^ *`\(gh api .*actions.permissions.access.*\)`\.$/\1/p' "$examples/README.md" | GH_TOKEN=person run bash -e
ok '... and let other repositories use the workflows' exits 0
commands 3 | GH_TOKEN=person run env -u CHARTS -u GITOPS -u RELEASES bash -e
ok '... and doctor, run as it says there, finds nothing' eval 'exits 0 && out_empty && err_has "nothing to mend"'
no_writes_yet

kept=$tmp/kept
cp github.json "$kept"
g='.repositories["atlanhq/gitops"]' r='.repositories["atlanhq/releases"]' a='.repositories["atlanhq/atlas-metastore"]'
h='.repositories["atlanhq/heracles"]' c='.repositories["atlanhq/charts"]'

# sick JQ-PROGRAM: change GitHub's state, without a run
sick() { state "$1"; }
# found SENTENCE WHERE WHAT HOW: the last run says so in one line
found() {
	expected=$((expected + 1))
	ok "$1" eval 'grep -F "$where: " "$tmp/out" | grep -F -- "$what" | grep -qF -- "$how" || { cat "$tmp/out"; false; }'
}
finds() {
	where=$2 what=$3 how=$4
	found "$1"
}
# diagnose: run it on what was changed; recovered: it found nothing else, and GitHub is set up again
diagnose() {
	expected=0
	doctor
}
recovered() {
	ok "... and nothing else ($expected)" eval "exits 1 && out_lines $expected && err_has '$expected to mend'"
	cp "$kept" github.json
}

sick "$g.settings.squash_merge_commit_message = \"BLANK\""
sick "$g.rules = [{branches: \"release/*\", type: \"required_signatures\"}, {branches: \"cleanup/a*\", type: \"creation\"}]"
sick "$a.rules += [{branches: \"ring-*\", type: \"required_linear_history\"}]"
sick "del($g.documents[\"environments/ringkit\"])"
sick "$a.documents[\"environments/ringkit\"].deployment_branch_policy = null"
sick "$h.documents[\"environments/ringkit/deployment-branch-policies\"].branch_policies += [{name: \"ring-*\"}]"
sick "$r.documents[\"environments/ringkit/secrets\"].secrets |= .[:1]"
sick "$c.documents[\"environments/ringkit\"].protection_rules += [{type: \"required_reviewers\"}]"
sick "$a.secrets = [\"OTHER\", \"RINGKIT_PRIVATE_KEY\"]"
sick "$r.documents[\"actions/permissions/access\"].access_level = \"none\""
sick "$a.labels |= .[1:]"
sick 'del(.installations[1].permissions.workflows) | .installations[1].permissions.contents = "read"'
diagnose
finds 'a squash merge that drops the trailers is found' atlanhq/gitops BLANK 'commit details'
finds '... and a branch that is deployed and not protected' atlanhq/gitops 'main is not protected' 'requires a pull request'
finds '... and a rule that demands signatures on proposals' atlanhq/gitops 'required_signatures applies to release/atlas/ring-doctor' bypass
finds '... and a rule against the branches of clean-ups' atlanhq/gitops 'creation applies to cleanup/atlas' bypass
finds '... and a rule against merges on rings' atlanhq/atlas-metastore 'required_linear_history applies to rings' 'exclude ring-*'
finds '... and a missing environment' atlanhq/gitops 'environment ringkit is missing' 'only for the branch main'
finds '... and an environment for every branch' atlanhq/atlas-metastore 'admits other branches' 'only master'
finds '... and an environment for rings, too' atlanhq/heracles 'admits main, ring-*' 'only the branch main'
finds '... and an environment without the key' atlanhq/releases 'lacks RINGKIT_PRIVATE_KEY' 'add it'
finds '... and an environment that waits for a reviewer' atlanhq/charts 'makes each run wait' 'remove its reviewers'
finds '... and the key as a secret of the repository' atlanhq/atlas-metastore 'every branch can read RINGKIT_PRIVATE_KEY' 'move it into the environment'
finds '... and workflows that other repositories may not use' atlanhq/releases 'may not use its workflows' Access
finds '... and a label that is missing' atlanhq/atlas-metastore 'labels missing: cohort:github:path:enterprise-level-1' 'run labels atlanhq/atlas-metastore'
finds '... and an App without a permission' ringkit 'lacks the permission workflows: write' accept
finds '... and an App that may only read' ringkit 'lacks the permission contents: write' accept
recovered

sick "$g.settings.squash_merge_commit_message = \"PR_BODY\" | $g.rules += [{branches: \"main\", type: \"required_signatures\"}]"
sick "$a.documents[\"environments/ringkit\"].deployment_branch_policy = {protected_branches: true, custom_branch_policies: false}"
sick "$g.organization_secrets = [\"RINGKIT_PRIVATE_KEY\"]"
sick "$h.documents[\"actions/permissions\"].enabled = false | $c.documents[\"actions/permissions\"].allowed_actions = \"local_only\""
sick "$h.settings.archived = true"
sick 'del(.installations[1])'
git -C gitops symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/as-it-was
git -C atlas-metastore.git branch main && git -C atlas-metastore.git symbolic-ref HEAD refs/heads/main
sick "$a.documents[\"environments/ringkit/deployment-branch-policies\"].branch_policies = [{name: \"main\"}]"
git -C gitops.git branch release/heracles main
sed -i 's/maven.yml/mavn.yml/' releases/ring.yaml
diagnose
finds 'a squash merge with the description is found' atlanhq/gitops PR_BODY 'commit details'
finds '... and a deployed branch that demands signatures' atlanhq/gitops 'main requires signed commits' 'only squash merges'
finds '... and an environment for protected branches' atlanhq/atlas-metastore 'admits other branches' 'only main'
finds '... and the key as a secret of the organization' atlanhq/gitops 'one of its organization-secrets' 'move it'
finds '... and Actions that are turned off' atlanhq/heracles 'turned off' 'allow them'
finds '... and actions of others that are not allowed' atlanhq/charts 'only actions of this organization' 'docker/*'
finds '... and an archived repository' atlanhq/heracles archived unarchive
finds '... and a clone that does not know the default branch' gitops 'origin/HEAD is not main' 'git remote set-head'
finds '... and an App that is not installed' atlanhq 'the App ringkit is not installed' '--app'
finds '... and another default branch' atlanhq/atlas-metastore 'its default branch is main, in ring.yaml it is master' 'correct branch of atlas'
finds '... and a branch in the way of the proposals' atlanhq/gitops 'the branch release/heracles is in the way' 'rename it'
finds '... and a build-workflow that does not exist' atlanhq/atlas-metastore '.github/workflows/mavn.yml' 'have: maven.yml ring-sync.yml ring.yml'
recovered
git -C releases checkout -q . && git -C gitops.git branch -q -D release/heracles
git -C gitops symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
git -C atlas-metastore.git symbolic-ref HEAD refs/heads/master && git -C atlas-metastore.git branch -q -D main

sick "$g.settings.allow_squash_merge = false | $g.settings.squash_merge_commit_message = \"BLANK\""
sick "$g.rules += [{branches: \"*/*\", type: \"required_signatures\", ruleset_id: 8}]
	| $g.documents[\"rulesets/8\"] = {bypass_actors: [{actor_type: \"Integration\", actor_id: 42, bypass_mode: \"always\"}]}"
sick "$r.documents[\"actions/permissions/access\"].access_level = \"none\" | $r.settings.private = false"
doctor
ok 'squash merging that is turned off, a rule that the App may bypass, and a public repository need nothing' eval 'exits 0 && out_empty'
cp "$kept" github.json

# Who may label
cp releases/ring.yaml ring.before
printf '%s\n' 'allowed:' '  github:path:internal-level-1: [Ann, "renovate[bot]", atlanhq/releases]' '  tenant:name:*: atlanhq/releases' >>releases/ring.yaml
sick '.tokens.person.repositories["*"].members = "read" | .teams = {"atlanhq/releases": ["ann"]} | .users = ["Ann", "renovate[bot]"]
	| .installations[1].permissions.members = "read"'
doctor
ok 'users and teams that may label need nothing' eval 'exits 0 && out_empty'
printf '%s\n' '  github:path:internal-levle-2: [Anne, atlanhq/oncall]' >>releases/ring.yaml
sick 'del(.installations[1].permissions.members)'
diagnose
finds 'a user that may label and does not exist is found' ring.yaml 'allowed: the user Anne not found (HTTP 404)' 'correct the login'
finds '... and a team' ring.yaml 'allowed: cannot read who is in the team atlanhq/oncall (HTTP 404), so no one of it may label' read:org
finds '... and a cohort' ring.yaml 'no-such-cohort: allowed: cohort "internal-levle-2" not found' 'ringlint(1)'
finds '... and an App that may not read teams' ringkit 'lacks the permission members: read' accept
recovered
mv ring.before releases/ring.yaml

# Who merges
cp releases/ring.yaml ring.before
printf '%s\n' 'allowed:' '  github:path:*: [Ann]' '  tenant:name:acme: [Ann]' \
	'merge: {set: ["github:path:internal-level-1", "Tenant:name:Acme", "tenant:name:beta"]}' >>releases/ring.yaml
sick ".users = [\"Ann\"] | $g.settings.allow_merge_commit = false | $g.settings.allow_rebase_merge = true"
diagnose
finds 'a cohort whose label all may add is found' ring.yaml 'merge: tenant:name:beta has no entry in allowed' 'add one'
finds '... and a branch on which nothing is checked' atlanhq/gitops 'merge: main requires no check that the App cannot bypass' 'add a rule'
finds '... and a repository that allows no merge commits' atlanhq/gitops 'merge: merge commits are not allowed' 'allow them'
recovered
sed -i 's/, "tenant:name:beta"//' releases/ring.yaml
sick ".users = [\"Ann\"] | $g.rules += [{branches: \"main\", type: \"required_status_checks\", ruleset_id: 7}]"
doctor
ok 'a required check is enough' eval 'exits 0 && out_empty'
cp "$kept" github.json
sick ".users = [\"Ann\"] | $g.documents[\"branches/main/protection\"] = {required_status_checks: {contexts: [\"render\"]}}"
doctor
ok '... also one of the older kind of rule' eval 'exits 0 && out_empty'
cp "$kept" github.json
mv ring.before releases/ring.yaml

# The workflows
workflow() { # REPOSITORY SED FILE: change a workflow on GitHub
	sed -i -E "$2" "made/$1/.github/workflows/$3" && git -C "made/$1" commit -qam Change && git -C "made/$1" push -q "../../$1.git" HEAD
}
workflow heracles 's/@9d1f.*/@0000000000000000000000000000000000000000/' ring-sync.yml
workflow heracles 's/workflows: \[Package Docker Image\]/workflows: [Build]/' ring.yml
sed -i -E 's/(default: )9d1f.*/\10000000000000000000000000000000000000000/' made/releases/.github/actions/ringkit/action.yml
git -C made/releases commit -qam Change && git -C made/releases push -q ../../releases.git HEAD
workflow gitops 's/cleanup\.yml/other.yml/' cleanup.yml
sick '.installations[1].suspended_at = "2026-01-01T00:00:00Z"'
sick '.installations[1].permissions |= (.pull_requests = "read" | del(.actions))'
sick "del($g.settings.allow_squash_merge)"
sick "$g.documents[\"branches/main/protection\"] = {required_signatures: {enabled: true}}"
sick "$a as \$a | del($a) | .repositories[\"atlanhq/atlas\"] = \$a"
sed -i 's/- acme/- acme: {}/; s/^# Internal.*//' releases/cohorts/internal-level-1.yaml
sed -i 's,path: charts/atlan,path: charts/atlas,' releases/ring.yaml
mv releases/cohorts/partner-level-1.yaml "releases/cohorts/partners-of-the-first-hour-and-the-second.yaml"
sick "$h.labels += [{name: \"cohort:github:path:partners-of-the-first-hour-and-the-second\", color: \"1d76db\", description: \"\"}]"
diagnose
finds 'zeros in a workflow, in place of a commit, are found' atlanhq/heracles 'ring-sync.yml has zeros in place of a commit' 'replace them'
finds '... or a checksum in the action that installs ringkit' atlanhq/releases 'action.yml has zeros in place of a commit or a checksum' 'replace them'
finds '... and a workflow that does not wait for the build' atlanhq/heracles 'does not wait for the build "Package Docker Image"' workflow_run
finds '... and a repository without its workflow' atlanhq/gitops 'no workflow calls cleanup.yml' 'examples/github'
finds '... and an App that is suspended' ringkit 'suspended' 'unsuspend it'
finds '... and may only read pull requests' ringkit 'lacks the permission pull_requests: write' accept
finds '... and may not read the builds' ringkit 'lacks the permission actions: read' accept
finds '... and settings that a person may not see' atlanhq/gitops 'cannot read how it merges' 'log in'
finds '... and a branch protection that demands signatures' atlanhq/gitops 'main requires signed commits' squash
finds '... and a repository that does not exist' atlanhq/atlas-metastore 'does not show it (HTTP 404)' 'correct the name'
finds '... and a cohort file that cannot be read' cohort:github:path:internal-level-1 'internal-level-1.yaml' 'correct the cohort file'
finds '... and one that includes it' cohort:github:path:internal-level-2 'internal-level-1.yaml' 'correct the cohort file'
finds '... and the path of the charts' ring.yaml 'charts/atlas' 'correct ring.yaml'
finds "... and a label that is too long" cohort:github:path:partners-of-the-first-hour-and-the-second "longer than GitHub's 50 characters" 'or its name'
recovered
git -C releases checkout -q . && git -C releases clean -fdq
for name in heracles gitops releases; do git -C made/$name push -qf "../../$name.git" "as-it-was:main"; done

# What a person may not read
mapfile -t refused < <(printf '%s\n' heracles/rules/branches/ring-doctor heracles/labels gitops/branches/main heracles/actions/permissions \
	gitops/actions/secrets heracles/environments/ringkit atlas-metastore/environments/ringkit/deployment-branch-policies \
	charts/environments/ringkit/secrets releases/actions/permissions/access)
state '.broken = [$ARGS.positional[] | {match: "^GET /repos/atlanhq/\(.)([?]|$)", status: 403, times: 1, message: "Forbidden"}]' --args "${refused[@]}"
diagnose
finds 'what a person may not read is found: rules' atlanhq/heracles 'cannot read the rules of ring-doctor (HTTP 403)' 'log in'
finds '... and labels' atlanhq/heracles 'cannot read its labels (HTTP 403)' 'log in'
finds '... and the branch that is deployed' atlanhq/gitops 'cannot read its branch main (HTTP 403)' 'log in'
finds '... and the settings of Actions' atlanhq/heracles 'cannot read the settings of Actions (HTTP 403)' 'log in'
finds '... and the names of secrets' atlanhq/gitops 'cannot read the names of its secrets (HTTP 403)' 'log in'
finds '... and environments' atlanhq/heracles 'cannot read its environments (HTTP 403)' 'log in'
finds '... and their branches' atlanhq/atlas-metastore 'cannot read the branches of its environment (HTTP 403)' 'log in'
finds '... and their secrets' atlanhq/charts "cannot read the names of its environment's secrets (HTTP 403)" 'log in'
finds '... and who may use the workflows' atlanhq/releases 'cannot read who may use its workflows (HTTP 403)' 'log in'
recovered

# The person who runs it
http_proxy=http://127.0.0.1:1 doctor
ok 'if GitHub does not answer, doctor says so' eval 'exits 2 && out_empty && err_has "GitHub does not answer: run doctor again"'
GH_TOKEN=expired run "$examples/scripts/doctor"
ok 'a token that has expired is found' eval 'exits 1 && out_lines 1 && out_has "gh: GitHub does not accept the token (HTTP 401): run gh auth login"'
GH_TOKEN=other run "$examples/scripts/doctor"
ok '... and a login of a person without the rights of an owner' eval 'exits 1 && out_lines 1 && out_has "atlanhq: cannot read which Apps are installed (HTTP 403): log in"'
GH_TOKEN=reader run timeout 300 "$examples/scripts/doctor" --workflows none
ok '... and a token that may not read the builds' eval \
	'exits 1 && out_lines 2 && out_has "atlanhq/heracles (HTTP 403): give it Pull requests: read and Actions: read"'
GH_TOKEN=person GITOPS_TOKEN=reader run "$examples/scripts/doctor" --workflows none
ok '... and a token that may not push to the GitOps repository' eval 'exits 1 && out_lines 1 && out_has "GITOPS_TOKEN: may not push to atlanhq/gitops: give it"'
sick 'del(.installations)'
sick "del($g.documents[\"environments/ringkit\"])"
doctor --workflows none
ok 'without the workflows, their settings do not matter' eval 'exits 0 && out_empty'
cp "$kept" github.json

# The tools, and the catalogue
mkdir bin
printf '#!/bin/sh\necho "Error: unknown command"\nexit 1\n' >bin/yq
printf '#!/bin/sh\necho "ringls (ringkit) 0.0.9"\n' >bin/ringls
printf '#!/bin/sh\n[ "$1" = version ] || exec %s "$@"\necho "git version 2.37.1 (Apple)"\n' "$(command -v git)" >bin/git
chmod +x bin/*
PATH=$PWD/bin:$PATH doctor
ok 'another yq is found, and filters of another version' eval \
	'exits 1 && out_lines 3 && out_has "yq: not the one that takes programs of jq: install" && out_has "several versions: 0.0.9 0.1.0: install them"'
ok '... and an old git' out_has 'git: older than 2.38: install a newer one'
mkdir few && for name in bash dirname mktemp realpath git jq yq gh rm sed; do ln -s "$(command -v $name)" few/$name; done
PATH=$PWD/few doctor
ok '... and filters that are missing' eval 'exits 1 && out_lines 12 && out_has "ringlint: not found: install it, or add its directory to PATH"'
echo 'services: [atlas]' >releases/ring.yaml
doctor
ok '... and a catalogue that does not load, with its line, and nothing that follows from it' eval \
	'exits 1 && out_lines 1 && out_has "ring.yaml:1:11: expected a map of services" && out_has "ring.yaml(5) describes it"'
git -C releases checkout -q .
sed -i '/build-workflow: \[main/d' releases/ring.yaml
doctor --workflows none
ok '... and a service without its build-workflow' eval 'exits 1 && out_lines 1 && out_has "service heracles lacks build-workflow: add it"'
git -C releases checkout -q .
sed -i 's/^\( *\)atlas-read:/\1atlas-raed:/' releases/ring.yaml
doctor --workflows none
ok '... and a chart that does not exist' eval 'exits 1 && out_has unknown-chart && out_has "ringlint(1) describes it"'
git -C releases checkout -q .

doctor --nothing x
ok 'an unknown option is refused' eval 'exits 2 && err_has usage'
doctor --app 'a b'
ok '... and a name that no App has' eval 'exits 2 && err_has "a b"'
GITOPS=nowhere doctor
ok '... and a clone that is missing' eval 'exits 2 && err_has "nowhere: directory not found: set GITOPS"'
# Several GitOps repositories
cp releases/ring.yaml before.yaml
echo 'gitops: [{repository: atlanhq/Charts, tenants: "*"}, {repository: atlanhq/nowhere, tenants: x}]' >>releases/ring.yaml
doctor
finds 'a GitOps repository that gitops does not have is found' ring.yaml 'gitops does not have atlanhq/gitops' 'GITOPS_REPOSITORY'
finds '... and one that is not there' atlanhq/nowhere 'GitHub does not show it (HTTP 404)' 'correct the name'
echo 'gitops: [{repository: atlanhq/Charts, tenants: x}, {repository: AtlanHQ/gitops, tenants: "*"}]' | cat before.yaml - >releases/ring.yaml
doctor
ok 'nothing is found if it has them' not grep -q gitops "$tmp/out"
cp before.yaml releases/ring.yaml

# Waves, and the cluster
echo 'waves: [{cohort: github:path:internal-level-1}]' | cat before.yaml - | sed '/^applications:/d' >releases/ring.yaml
doctor
finds 'a catalogue with waves and without applications is found' ring.yaml 'missing applications' 'ringlive'
finds '... and that no objects of a cluster are asked for' LIVE 'later waves wait' 'set LIVE'
echo 'waves: [{cohort: github:path:internal-level-1}]' | cat before.yaml - >releases/ring.yaml
mkdir objects
LIVE=objects doctor
finds '... and that there are none' "$PWD/objects" 'no objects of a cluster' 'script live'
touch -d '16 minutes ago' objects/applications.json
LIVE=objects doctor
finds '... and that they are old' "$PWD/objects" 'older than 15 minutes' 'before each run'
touch objects/applications.json
LIVE=objects doctor
ok '... and nothing else' not grep -qE 'objects|LIVE|applications' "$tmp/out"
cp before.yaml releases/ring.yaml

ok 'nothing was written in all these runs' is '' writes
ok 'GitHub knows every request' understood

finish
