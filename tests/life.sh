# The surroundings of a release: the four repositories, pull requests and builds as GitHub has them (tests/github answers
# for it), and functions for the people who push, label, build and merge.  The scripts of examples/scripts do the rest, with
# the real gh and git, and with the permissions that the example workflows ask for.  A test sources this after lib.sh and
# calls world, which changes to its directory.

. "$top/tests/github.sh"
repository=atlanhq/atlas-metastore
gitops_repository=atlanhq/gitops
clock=1772442000

# The ring, label and tenants of most tests
ring='ring-leangraph'
one=cohort:github:path:internal-level-1
first='acme corvid delta ember fjord'

# Each event happens a minute after the previous one.
tick() {
	clock=$((clock + 60))
	export GIT_AUTHOR_DATE="$clock +0000" GIT_COMMITTER_DATE="$clock +0000"
	echo $clock >"$tmp/world/clock"
}

world() {
	mkdir "$tmp/world" && cd "$tmp/world" || exit
	export RING_CATALOG=$tmp/world/releases/ring.yaml GITOPS_REPOSITORY=$gitops_repository CHARTS=charts
	tick
	mkdir people
	local name
	cp -R "$examples/releases" releases
	for name in gitops charts service; do
		if [ $name = service ]; then
			mkdir people/service && mkdir people/service/src && echo 'class Graph {}' >people/service/src/Graph.java
		else
			cp -R "$examples/$name" people/$name
		fi
		git -c init.defaultBranch="$([ $name = service ] && echo master || echo main)" init -q people/$name
		git -C people/$name add -A && git -C people/$name commit -qm 'As it was'
		git clone -q --bare people/$name $name.git
		git -C people/$name remote add origin "$PWD/$name.git"
		git -C people/$name fetch -q origin
	done
	ga 1.4.0 "$(git -C people/service rev-parse master)"
	git init -q --bare heracles.git
	python3 "$top/tests/github/tokens.py" atlanhq repository=atlas-metastore gitops=gitops releases=releases charts=charts |
		jq '{tokens: ., repositories: {
			"atlanhq/atlas-metastore": {git: "service.git", first: 120}, "atlanhq/gitops": {git: "gitops.git"},
			"atlanhq/charts": {git: "charts.git"}, "atlanhq/heracles": {git: "heracles.git"}}}' >github.json
	github_start "$tmp/world/github.json"
	clone_from converge-service $repository service
	clone_from converge-gitops $gitops_repository gitops
	clone_from cleanup-releases atlanhq/charts charts
	git -C people/gitops rev-parse HEAD >as-it-was
}

# pull_of RING: the number of the ring's newest pull request
pull_of() {
	jq --arg ring "$1" '[.repositories["atlanhq/atlas-metastore"].pulls[] | select(.head.ref == $ring).number] | max' github.json
}

# What people do

# push RING [FILE]: push a commit to the ring, which is created if it is missing.
# The commit's id depends only on its ancestors, not on what else has happened.
push() {
	local ring=$1 file=${2:-src/Graph.java} n
	tick
	n=$(git -C people/service rev-list --count --all)
	export GIT_AUTHOR_DATE="$((1772442000 + n * 60)) +0000" GIT_COMMITTER_DATE="$((1772442000 + n * 60)) +0000"
	git -C people/service checkout -q "$ring" 2>/dev/null || git -C people/service checkout -qb "$ring" origin/master
	mkdir -p "people/service/$(dirname "$file")"
	echo "// $ring $n" >>"people/service/$file"
	git -C people/service add -A && git -C people/service commit -qm "Work on $ring"
	git -C people/service push -q origin "$ring"
	commit=$(git -C people/service rev-parse HEAD)
}
# open_pull RING LABEL ...
open_pull() {
	tick
	as_person POST repos/$repository/pulls '{"title": "'"$1"'", "head": "'"$1"'", "base": "master"}' && label "$@"
}
# new_ring RING LABEL ...: a ring with an open pull request and a green build
new_ring() {
	push "$1"
	open_pull "$@"
	build "$1" success
}
# label RING LABEL ..., unlabel RING LABEL
label() {
	tick
	as_person POST "repos/$repository/issues/$(pull_of "$1")/labels" "$(jq -nc '{labels: $ARGS.positional}' --args "${@:2}")"
}
unlabel() {
	tick
	as_person DELETE "repos/$repository/issues/$(pull_of "$1")/labels/$2"
}
# build RING success|failure|running [COMMIT]
build() {
	tick
	state '.repositories["atlanhq/atlas-metastore"].runs |=
		(map(select((.head_branch == $ring and .head_sha == $sha) | not)) + [{id: (([.[]?.id] | max // 9000) + 1), run_attempt: 1,
		name: "Java CI with Maven", path: ".github/workflows/maven.yml", event: "push", head_branch: $ring, head_sha: $sha,
		status: (if $how == "running" then "in_progress" else "completed" end),
		conclusion: (if $how == "running" then null else $how end),
		repository: {full_name: "atlanhq/atlas-metastore"}, head_repository: {full_name: "atlanhq/atlas-metastore"}}])' \
		--arg ring "$1" --arg how "$2" --arg sha "${3:-$(git -C service.git rev-parse "$1")}"
}
# merge_pull RING [METHOD]
merge_pull() {
	tick
	as_person PUT "repos/$repository/pulls/$(pull_of "$1")/merge" '{"merge_method": "'"${2:-merge}"'"}'
	git -C people/service fetch -q origin
	merged=$(git -C people/service rev-parse origin/master)
}
close_pull() {
	tick
	as_person PATCH "repos/$repository/pulls/$(pull_of "$1")" '{"state": "closed"}'
}

# fork_pull DIR NAME BASE BRANCH: a pull request from zoe's fork of a repository, whose branch has the same name as one of ours
fork_pull() {
	local fork=fork-$1.git
	git clone -q --bare "$1.git" "$fork"
	git -C "$fork" update-ref "refs/heads/$4" "$(git -C "$fork" commit-tree -p "$3" -m Theirs "$3^{tree}")"
	state '.repositories["zoe/" + $name] = {git: $fork, parent: ("atlanhq/" + $name)}' --arg name "$2" --arg fork "$fork"
	as_person POST "repos/atlanhq/$2/pulls" '{"title": "x", "head": "zoe:'"$4"'", "base": "'"$3"'"}'
}

# ga VERSION COMMIT: release the umbrella chart with this commit of the service
ga() {
	tick
	sed -i "s/^version: .*/version: $1/; s/-master\.[0-9a-f]*abcd/-master.${2:0:12}abcd/" people/charts/charts/atlan/Chart.yaml
	git -C people/charts commit -qam "$1" --allow-empty && git -C people/charts tag "atlan-$1"
	git -C people/charts push -q origin main "atlan-$1"
}
# upgrade VERSION TENANT ...: upgrade tenants to a GA version, in the GitOps repository
upgrade() {
	local tenant
	tick
	git -C people/gitops checkout -q main && git -C people/gitops pull -q --ff-only origin main
	for tenant in "${@:2}"; do
		sed -i -E "s/^( *\"?targetRevision\"?: *['\"]?(atlan-)?)1\.[0-9]+\.0/\1$1/" "people/gitops/tenants/$tenant/application.yaml"
	done
	git -C people/gitops commit -qam "Upgrade to $1"
	git -C people/gitops push -q origin main
}

# proposals: the branches of the open proposals
proposals() { git -C gitops.git for-each-ref --format='%(refname:lstrip=2)' refs/heads/{release,rollout,cleanup,cleanup-ring}; }
# merge_proposals: merge them all, as a reviewer does
merge_proposals() {
	local branch
	for branch in $(proposals); do
		merge_proposal "$branch" || return
	done
}
merge_proposal() {
	tick
	git -C people/gitops fetch -q --prune origin && git -C people/gitops checkout -q main &&
		git -C people/gitops merge -q --ff-only origin/main &&
		git -C people/gitops merge -q --no-ff -m "Merge $1" "origin/$1" &&
		git -C people/gitops push -q origin main ":$1"
}

# What CI does

# script NAME [ARG ...]: run a script with the tokens of its workflow
script() {
	local workflow=${1/release/converge}
	credentials service "$workflow-service"
	credentials gitops "${workflow/sync/converge}-gitops"
	GH_TOKEN=$workflow-service GITOPS_TOKEN=$workflow-gitops TEAMS_TOKEN=$workflow-teams run "$examples/scripts/$1" "${@:2}"
}
converge() { tick && script release atlas "$@"; }
clean_up() { tick && script cleanup atlas; }

# What the results are

# runs TENANT [REV]: the tags of atlas and of atlas-read that its manifest asks for
runs() {
	ringls -C gitops.git -r "${2:-main}" --service atlas --tenant "$1" |
		jq -r 'select(.type == "override") | "\(.chart) \(.image.tag)"'
}
# tenants_on TAG [REV]: the tenants that have both charts at this tag
tenants_on() {
	ringls -C gitops.git -r "${2:-main}" --service atlas |
		jq -rs --arg tag "$1" '[.[] | select(.type == "override" and .image.tag == $tag)] | group_by(.tenant)
			| map(select(length == 2)[0].tenant) | join(" ")'
}
held_tenants() {
	ringls -C gitops.git -r "${1:-main}" --service atlas |
		jq -rs --arg ring "${2:-ring-leangraph}" '[.[] | select(.type == "override" and .ring == $ring).tenant] | unique | join(" ")'
}
# is EXPECTED COMMAND ...: compare what the command prints
is() {
	local got
	got=$("${@:2}") || return
	[ "$got" = "$1" ] || { echo "it is \"$got\", not \"$1\"" && false; }
}
# The manifests are byte for byte what they were, except the versions that upgrade has changed
as_it_was() {
	diff <(git -C gitops.git archive "$(cat as-it-was)" | tar xO | sed -E "s/1\.[0-9]+\.0/V/") \
		<(git -C gitops.git archive main | tar xO | sed -E "s/1\.[0-9]+\.0/V/")
}
sound() { git -C gitops.git fsck --strict --no-dangling && git -C service.git fsck --strict --no-dangling; }
# comments NUMBER: the bodies on a ring's pull request, each as a line of JSON
comments() { jq -c --argjson n "$1" '.repositories["atlanhq/atlas-metastore"].comments[]? | select(.number == $n).body' github.json; }
# comment NUMBER: the one comment on a ring's pull request
comment() { comments "$1" | jq -rs 'if length == 1 then .[0] else "\(length) comments" end'; }
# says NUMBER STRING: a comment on a ring's pull request has the string
says() { comments "$1" | jq -r . | grep -qF -- "$2" || { comments "$1" | jq -r . && false; }; }
# writes_nothing COMMAND ...: it writes nothing to GitHub
writes_nothing() {
	no_writes_yet
	"$@"
	is '' writes
}
# gitops_pulls JQ-PROGRAM [ARG ...]: the program holds for the pull requests of the GitOps repository
gitops_pulls() {
	as_person GET repos/$gitops_repository  # GitHub looks at what was pushed
	jq -e '.repositories["atlanhq/gitops"].pulls | '"$1" github.json "${@:2}"
}

# aside COMMAND ...: run it, then restore the world as it was before
aside() {
	local before
	before=$(mktemp -d "$tmp/before.XXXXXX")
	cp -a "$tmp/world" "$before"
	"$@"
	cd "$tmp" && rm -rf world && mv "$before/world" world && cd world || exit
}
