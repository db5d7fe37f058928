# The surroundings of a release: the four repositories with bare remotes, pull requests and builds as GitHub has
# them (tests/fake/gh answers from them), and functions for the people who push, label, build and merge.  The scripts of
# examples/scripts do the rest.  A test sources this after lib.sh and calls world, which changes to its directory.

repository=atlanhq/atlas-metastore
gitops_repository=atlanhq/gitops
clock=1772442000

# Each event happens a minute after the previous one.
tick() {
	clock=$((clock + 60))
	export GIT_AUTHOR_DATE="$clock +0000" GIT_COMMITTER_DATE="$clock +0000"
	now=$(date -u -d "@$clock" +%Y-%m-%dT%H:%M:%SZ)
}

world() {
	mkdir "$tmp/world" && cd "$tmp/world" || exit
	export GH_STATE=$tmp/world/github PATH=$top/tests/fake:$PATH GH_TOKEN=none RING_CATALOG=$tmp/world/releases/ring.yaml
	export GITOPS_REPOSITORY=$gitops_repository CHARTS=charts
	tick
	mkdir -p "$GH_STATE/$repository" "$GH_STATE/$gitops_repository" "$GH_STATE/atlanhq/heracles" people
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
	for name in gitops charts service; do
		git clone -q "$PWD/$name.git" $name
	done
	echo "$PWD/gitops.git" >"$GH_STATE/$gitops_repository/git"
	echo '[]' | tee "$GH_STATE/$repository/pulls.json" "$GH_STATE/$repository/runs.json" >"$GH_STATE/$gitops_repository/pulls.json"
	git -C people/gitops rev-parse HEAD >as-it-was
}

# pulls JQ-PROGRAM [ARG ...]: change the service's pull requests
pulls() {
	jq "$1" "$GH_STATE/$repository/pulls.json" --arg now "$now" "${@:2}" >pulls.new && mv pulls.new "$GH_STATE/$repository/pulls.json"
}
# of RING JQ-PROGRAM: change the ring's newest pull request
of() {
	tick
	pulls '(map(select(.headRefName == $ring)) | max_by(.number).number) as $n
		| map(if .number == $n then (.updatedAt = $now | '"$2"') else . end)' --arg ring "$1" "${@:3}"
}

# What people do

# push RING [FILE]: push a commit to the ring, which is created if it is missing; its pull request follows.
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
	of "$ring" '.headRefOid = $head' --arg head "$commit"
}
# open_pull RING LABEL ...
open_pull() {
	tick
	pulls '. + [{number: (120 + length), state: "OPEN", isDraft: false, isCrossRepository: false, headRefName: $ring,
		headRefOid: $head, baseRefName: "master", mergeCommit: null, updatedAt: $now,
		labels: [$ARGS.positional[] | {name: .}]}]' --arg ring "$1" \
		--arg head "$(git -C service.git rev-parse "$1")" --args "${@:2}"
}
label() { of "$1" '.labels += [{name: $name}]' --arg name "$2"; }
unlabel() { of "$1" '.labels -= [{name: $name}]' --arg name "$2"; }
# build RING success|failure|running [COMMIT]
build() {
	tick
	jq --arg ring "$1" --arg how "$2" --arg sha "${3:-$(git -C service.git rev-parse "$1")}" '
		map(select((.head_branch == $ring and .head_sha == $sha) | not)) + [{id: (([.[].id] | max // 9000) + 1), run_attempt: 1,
		name: "Java CI with Maven", path: ".github/workflows/maven.yml", event: "push", head_branch: $ring, head_sha: $sha,
		status: (if $how == "running" then "in_progress" else "completed" end),
		conclusion: (if $how == "running" then null else $how end),
		repository: {full_name: "atlanhq/atlas-metastore"}, head_repository: {full_name: "atlanhq/atlas-metastore"}}]' \
		"$GH_STATE/$repository/runs.json" >runs.new && mv runs.new "$GH_STATE/$repository/runs.json"
}
# merge_pull RING [--squash]
merge_pull() {
	tick
	git -C people/service checkout -q master && git -C people/service pull -q --ff-only origin master
	if [ "${2:-}" = --squash ]; then
		git -C people/service merge -q --squash "$1" >/dev/null && git -C people/service commit -qm "Squash $1"
	else
		git -C people/service merge -q --no-ff -m "Merge $1" "$1"
	fi
	git -C people/service push -q origin master
	merged=$(git -C people/service rev-parse master)
	of "$1" '.state = "MERGED" | .mergeCommit = {oid: $merge}' --arg merge "$merged"
}
close_pull() { of "$1" '.state = "CLOSED"'; }

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
proposals() { git -C gitops.git for-each-ref --format='%(refname:lstrip=2)' refs/heads/release refs/heads/cleanup; }
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
	jq --arg head "$1" 'map(if .headRefName == $head and .state == "OPEN" then .state = "MERGED" else . end)' \
		"$GH_STATE/$gitops_repository/pulls.json" >pulls.new && mv pulls.new "$GH_STATE/$gitops_repository/pulls.json"
}

# What CI does

script() { run "$examples/scripts/$1" "${@:2}"; }
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
# The one comment on a ring's pull request
comment() { jq -r --arg n "$1" '.[$n] | if length == 1 then .[0].body else "\(length) comments" end' "$GH_STATE/$repository/comments.json"; }

# aside COMMAND ...: run it, then restore the world as it was before
aside() {
	cp -a "$tmp/world" "$tmp/before"
	"$@"
	cd "$tmp" && rm -rf world && mv before world && cd world || exit
}
