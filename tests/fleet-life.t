# The life of a release to tenants that are spread over two GitOps repositories: one job for each, one report of both.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"
. "$top/tests/waves.sh"

world
cat >>"$RING_CATALOG" <<-'EOF'
	gitops:
	  - {repository: atlanhq/gitops-eu, tenants: [a*, b*, c*, d*]}
	  - {repository: atlanhq/gitops-us, tenants: [e*, f*, g*, h*, i*, j*, k*, l*, m*]}
EOF
# spread NAME TENANT ...: a GitOps repository without these tenants
spread() {
	git clone -q "$tmp/world/people/gitops" "people/$1"
	git -C "people/$1" rm -qr "${@:2}" && git -C "people/$1" commit -qm 'Its own tenants'
	git clone -q --bare "people/$1" "$1.git"
	git -C "people/$1" remote set-url origin "$PWD/$1.git"
	git -C "people/$1" rev-parse HEAD >"$1-as-it-was"
	state '.repositories["atlanhq/\($name)"] = {git: "\($name).git"}
		| .tokens["converge-\($name)"] = (.tokens["converge-gitops"] | .repositories |= with_entries(.key = "atlanhq/\($name)"))
		| .tokens["cleanup-\($name)"] = (.tokens["cleanup-gitops"] | .repositories |= with_entries(.key = "atlanhq/\($name)"))' --arg name "$1"
	clone_from "converge-$1" "atlanhq/$1" "$1"
}
spread gitops-eu tenants/{ember,fjord,gamma,halcyon,indigo,juniper,kestrel,lumen,mistral}
spread gitops-us tenants/{acme,beta,corvid,delta}

# job NAME SCRIPT [ARG ...]: what the job of a GitOps repository does
job() {
	local workflow=${2/release/converge}
	credentials service "$workflow-service"
	credentials "$1" "$workflow-$1"
	GITOPS=$1 GITOPS_REPOSITORY=atlanhq/$1 OUTCOME=outcome GH_TOKEN=$workflow-service GITOPS_TOKEN=$workflow-$1 \
		run "$examples/scripts/$2" "${@:3}"
}
# jobs [ARG ...]: what the workflow does
jobs() {
	local name
	statuses=''
	rm -rf outcome
	tick
	for name in gitops-eu gitops-us; do
		job "$name" release "$@" atlas
		statuses+="$status "
		[ "$status" -le 1 ] || cat "$tmp/err" >&2
	done
	report
}
report() { GH_TOKEN=converge-report run "$examples/scripts/join" atlas outcome; }
held() { ringls -C "$1.git" -r main --service atlas --ring $ring | jq -r 'select(.type == "override").tenant' | sort -u | xargs; }
# merge NAME BRANCH: merge a proposal, as a reviewer does
merge() {
	tick
	git -C "people/$1" fetch -q origin && git -C "people/$1" checkout -q main && git -C "people/$1" merge -q --ff-only origin/main &&
		git -C "people/$1" merge -q --no-ff -m "Merge $2" "origin/$2" && git -C "people/$1" push -q origin main ":$2"
	as_person GET "repos/atlanhq/$1"
}
branch=release/atlas/$ring

new_ring $ring $one
jobs
ok 'the job of each repository proposes its tenants' eval 'is "0 0 " echo "$statuses" && exits 0'
ok '... in a proposal of its own' eval 'git -C gitops-eu.git rev-parse -q --verify $branch && git -C gitops-us.git rev-parse -q --verify $branch'
ok '... with nothing of the other' eval 'is "tenants/acme/application.yaml tenants/corvid/application.yaml tenants/delta/application.yaml" \
	eval "git -C gitops-eu.git diff --name-only main $branch | xargs" && is "tenants/ember/application.yaml tenants/fjord/application.yaml" \
	eval "git -C gitops-us.git diff --name-only main $branch | xargs"'
ok 'the pull request of the ring has one comment' eval 'comment 120 >comment.md && ! grep -x "2 comments" comment.md'
ok '... with the proposal of each repository' eval 'grep -qF "**atlanhq/gitops-eu:** **Proposed:** tenants change when [atlanhq/gitops-eu#1]" comment.md &&
	grep -qF "**atlanhq/gitops-us:** **Proposed:** tenants change when [atlanhq/gitops-us#1]" comment.md'
ok '... and all tenants' eval 'for tenant in $first; do grep -q "$tenant" comment.md || exit 1; done'
ok 'the same again writes nothing' writes_nothing jobs

# only comments of the last week are sent, by the clock
state '.repositories["atlanhq/atlas-metastore"].comments = []'
rm clock
report
SLACK_WEBHOOK=http://127.0.0.1:1/ GH_TOKEN=converge-report GITOPS=none run "$examples/scripts/notify" -n atlas
ok 'the message has what is in each repository' eval 'exits 0 && jq -es "length == 1 and (.[0].text | contains(\"atlanhq/gitops-eu: Proposed\") and contains(\"atlanhq/gitops-us: Proposed\"))" "$tmp/out"'

merge gitops-us $branch
jobs
ok 'each repository has its own state' eval 'says 120 "**atlanhq/gitops-us:** **Merged with" && says 120 "**atlanhq/gitops-eu:** **Proposed:**"'
merge gitops-eu $branch

# a job that did not end
rm -rf outcome
tick
job gitops-eu release atlas
report
ok 'a job that did not end is reported' eval 'exits 70 && err_has "atlanhq/gitops-us: its run did not end" && says 120 "**atlanhq/gitops-us:** **Failed.**"'
ok '... beside what the others have done' says 120 '**atlanhq/gitops-eu:** **Merged with'
tick
job gitops-us release atlas
report
ok '... until it does' eval 'exits 0 && says 120 "**atlanhq/gitops-us:** **Merged with" && is "acme corvid delta" held gitops-eu && is "ember fjord" held gitops-us'

# moved: a manifest of the other repository that is not where the catalogue looks
moved() {
	git -C people/gitops-us checkout -q main && git -C people/gitops-us pull -q --ff-only origin main
	git -C people/gitops-us mv tenants/fjord old && git -C people/gitops-us commit -qm 'Move' && git -C people/gitops-us push -q origin main
	jobs
	ok 'an override in a manifest that was moved is cleared, as tenants of another repository are selected' eval \
		'is "old/application.yaml tenants/ember/application.yaml" eval "git -C gitops-us.git diff --name-only main $branch | xargs"'
}

# the last tenant of a repository
unlabel $ring $one
label $ring cohort:tenant:name:acme
aside moved
jobs
ok 'the last tenant of a repository is cleared, as others are selected' eval 'is "ember fjord" eval \
	"git -C gitops-us.git diff --name-only main $branch | xargs dirname | xargs basename -a | xargs"'
merge gitops-us $branch && merge gitops-eu $branch
jobs
ok '... byte for byte' git -C gitops-us.git diff --quiet "$(cat gitops-us-as-it-was)" main
ok '... and says so' eval 'says 120 "**atlanhq/gitops-us:** **Cleared with" && is acme held gitops-eu'

# waved: the second wave is in another repository than the first
waved() {
	local name
	commit=$(git -C service.git rev-parse $ring)
	printf '%s\n' 'waves: [{cohort: tenant:name:acme, soak: 1h}, {cohort: tenant:name:ember}]' >>"$RING_CATALOG"
	label $ring cohort:tenant:name:ember
	cluster_of gitops-eu live-eu acme "$(ago '61 minutes')"
	mkdir live-us && echo '{"kind": "List", "items": []}' >live-us/applications.json
	jobs
	ok 'a wave waits while it is not known what another repository runs' eval 'says 120 "**Waiting:** 1 tenant, for acme of tenant:name:acme" &&
		not git -C gitops-us.git rev-parse -q --verify $branch'
	mkdir held-files
	for name in eu us; do
		export GITOPS=gitops-$name GITOPS_REPOSITORY=atlanhq/gitops-$name
		credentials gitops-$name converge-gitops-$name
		LIVE=live-$name "$examples/scripts/held" atlas >held-files/"$("$examples/scripts/held" --name)" || return
	done
	export HELD=held-files
	ok 'held says what a repository runs' eval 'jq -es ".[0].live.state == \"running\" and .[-1].type == \"end\"" "held-files/atlanhq%2Fgitops-eu.jsonl"'
	jobs
	ok '... by which the next wave is proposed' is ember eval 'git -C gitops-us.git diff --name-only main $branch | xargs dirname | xargs basename -a'
	touch -d '11 minutes ago' held-files/atlanhq%2Fgitops-eu.jsonl
	jobs
	ok '... not if that is old' eval 'says 120 "**Waiting:** 1 tenant," && not git -C gitops-us.git rev-parse -q --verify $branch'
	touch held-files/*
	sed -i '$d' held-files/atlanhq%2Fgitops-eu.jsonl
	jobs
	ok '... nor if it was cut short' says 120 '**Waiting:** 1 tenant,'
	unset HELD
}
aside waved

# more than may be cleared at once, in all
label $ring $one
jobs
merge gitops-us $branch && merge gitops-eu $branch
unlabel $ring $one
jobs --max-clear 3
ok 'each repository may clear its share' eval 'is "1 1 " echo "$statuses" && says 120 too-many-to-clear && says 120 "release --max-clear 4 atlas $ring"'
jobs --max-clear 4
ok '... and does, with the number that the report says' eval 'is "0 0 " echo "$statuses"'

# a person at a terminal
OUTCOME='' job gitops-eu release atlas
tick
GITOPS=gitops-eu GITOPS_REPOSITORY=atlanhq/gitops-eu GH_TOKEN=converge-service GITOPS_TOKEN=converge-gitops-eu run "$examples/scripts/release" atlas $ring
ok 'without OUTCOME, a repository has a comment of its own' eval 'exits 0 && is 2 eval "comments 120 | wc -l" && says 120 "gitops=atlanhq/gitops-eu -->"'
GITOPS=gitops GITOPS_REPOSITORY=$gitops_repository GH_TOKEN=converge-service GITOPS_TOKEN=converge-gitops run "$examples/scripts/release" atlas
ok 'a repository that the catalogue does not have is named' eval 'exits 2 && err_has "gitops does not have atlanhq/gitops"'

# GA, and the end
merge gitops-us $branch && merge gitops-eu $branch
merge_pull $ring
ga 1.5.0 "$merged"
for name in gitops-eu gitops-us; do
	git -C "people/$name" checkout -q main && git -C "people/$name" pull -q --ff-only origin main
	sed -i -E "s/^( *\"?targetRevision\"?: *['\"]?(atlan-)?)1\.[0-9]+\.0/\11.5.0/" people/"$name"/tenants/*/application.yaml
	git -C "people/$name" commit -qam 'Upgrade to 1.5.0' && git -C "people/$name" push -q origin main
	tick
	job "$name" cleanup atlas
	[ "$status" -le 1 ] || cat "$tmp/err" >&2
	if git -C "$name.git" rev-parse -q --verify cleanup/atlas >/dev/null; then merge "$name" cleanup/atlas; fi
done
ok 'GA clears the tenants of each repository' eval 'is "" held gitops-eu && is "" held gitops-us'
for name in gitops-eu gitops-us; do
	ok "... and $name is as it was" diff <(git -C $name.git archive "$(cat $name-as-it-was)" | tar xO | sed -E "s/1\.[0-9]+\.0/V/") \
		<(git -C $name.git archive main | tar xO | sed -E "s/1\.[0-9]+\.0/V/")
done

ok 'GitHub knows every request of the scripts' understood

finish
