# All that the scripts in this directory ask of GitHub and write there.  For another forge, write these functions anew.
#
#   GH_TOKEN		a token for the service's repository
#   GITOPS_TOKEN	a token for the GitOps repository (default: GH_TOKEN)
#   TEAMS_TOKEN		a token that may read who is in the teams that "allowed" of ring.yaml names (default: GH_TOKEN)
#   RINGKIT_LOGIN	who writes: comments and proposals of other authors are never changed or taken for ours
#			(default: the owner of GH_TOKEN; that of a GitHub App is called SLUG[bot])
# shellcheck shell=bash

# gh makes a table of character widths for its prompts at each start, which takes longer than the rest of the start
export TCELL_MINIMIZE=1

gitops_gh() { GH_TOKEN=${GITOPS_TOKEN:-${GH_TOKEN:-}} gh "$@"; }

# forge_login: print who writes
forge_login() {
	# an App's token may not ask REST for its user
	[ -s "$work/login" ] || printf '%s\n' "${RINGKIT_LOGIN:-$(gh api graphql -f 'query={viewer{login}}' --jq .data.viewer.login)}" \
		>"$work/login"
	cat "$work/login"
}

# forge_run: print the address of the run of the workflow, if this is one
forge_run() {
	[ -z "${GITHUB_RUN_ID:-}" ] || printf '%s/%s/actions/runs/%s\n' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"
}

# forge_open_pulls REPOSITORY: print the number, the branch and the labels of its open pull requests, each as a line of JSON.
# Those of forks are left out.
forge_open_pulls() {
	repository=$1 gh api --paginate "repos/$1/pulls?state=open&per_page=100" --jq '.[]
		| select((.head.repo.full_name // "" | ascii_downcase) == (env.repository | ascii_downcase))
		| {number, branch: .head.ref, labels: [.labels[].name]}'
}

# forge_pulls REPOSITORY BRANCH: print all pull requests of a branch, for ringcheck
forge_pulls() {
	gh pr list -R "$1" --head "$2" --state all --limit 100 --json \
		number,state,isDraft,isCrossRepository,headRefName,headRefOid,baseRefName,labels,mergeCommit,updatedAt
}

# forge_all_pulls REPOSITORY: print the newest pull requests of all branches, for ringgate
forge_all_pulls() {
	gh pr list -R "$1" --state all --limit 1000 --json number,state,isCrossRepository,headRefName,headRefOid,mergeCommit
}

# forge_builds REPOSITORY BRANCH: print the builds of a branch, for ringcheck
forge_builds() {
	# REST has the workflow's file and the attempt; gh run list of gh 2.23 does not
	gh api --paginate "repos/$1/actions/runs?branch=$2&event=push&per_page=100"
}

# forge_branch REPOSITORY NUMBER: print the branch of a pull request
forge_branch() { gh api "repos/$1/pulls/$2" --jq .head.ref; }

# forge_label_events REPOSITORY NUMBER: print who has added and removed labels of a pull request, for labels2json --actors
forge_label_events() {
	gh api --paginate "repos/$1/issues/$2/timeline?per_page=100" --jq '.[] | select(.event == "labeled" or .event == "unlabeled")' \
		>events || return
	cat events
}

# forge_members ORG/TEAM: print the members of a team, for labels2json --actors.  If GitHub does not show them, say so: then no one
# of them is allowed.
forge_members() {
	local status=0
	team=$1 GH_TOKEN=${TEAMS_TOKEN:-${GH_TOKEN:-}} gh api --paginate "orgs/${1%%/*}/teams/${1#*/}/members?per_page=100" \
		--jq '{team: env.team, members: .}' >members 2>members.err || status=$?
	[ "$status" -ne 0 ] || { cat members && return; }
	printf '%s: the members of %s cannot be read: %s\n' "$prog" "$1" "$(tail -n 1 members.err)" >&2
	grep -qE '\(HTTP 40[34]\)' members.err || return "$status"
	jq -nc --arg team "$1" '{$team, members: null}'
}

# forge_proposals BRANCH: print the pull requests of a branch of the GitOps repository as REST has them, newest first.
# A fork may have a branch of the same name.
forge_proposals() {
	repository=$GITOPS_REPOSITORY branch=$1 gitops_gh api \
		"repos/$GITOPS_REPOSITORY/pulls?state=all&head=${GITOPS_REPOSITORY%%/*}:$1&per_page=100" --jq '[.[]
		| select(.head.ref == env.branch and (.head.repo.full_name // "" | ascii_downcase) == (env.repository | ascii_downcase))]'
}

# forge_open_proposals: print the open pull requests of the GitOps repository, for mkpatch --open
forge_open_proposals() { gitops_gh api --paginate "repos/$GITOPS_REPOSITORY/pulls?state=open&per_page=100"; }

# forge_history BRANCH ...: print the pull requests of the branches, and the commits of our last one and, if it was closed
# without being merged, who closed it, for ringcheck --proposals
forge_history() {
	local me branch number state
	me=$(forge_login)
	for branch; do
		forge_proposals "$branch"
	done >history.json
	cat history.json
	jq -rs --arg me "$me" 'add | map(select(.user.login == $me)) | max_by(.number) // empty
		| "\(.number) \(if .merged_at then "merged" else .state end)"' history.json >last
	read -r number state <last || return 0
	gitops_gh api --paginate "repos/$GITOPS_REPOSITORY/pulls/$number/commits?per_page=100"
	[ "$state" != closed ] || gitops_gh api "repos/$GITOPS_REPOSITORY/issues/$number"
}

# ours: of the pull requests on standard input, print those that we made
ours() {
	local me
	me=$(forge_login)
	jq -c --arg me "$me" 'map(select(.user.login == $me))'
}

# forge_propose FILE BRANCH BASE TITLE BODY: create the one open pull request of a branch, or update it if its stamp has
# changed; print its number and address.  FILE has the branch's pull requests, from forge_proposals.
forge_propose() {
	local me number='' url login same
	me=$(forge_login)
	open_one "$@" <"$1" >open
	if [ ! -s open ]; then
		# gh pr create sends three requests more
		if gitops_gh api --method POST "repos/$GITOPS_REPOSITORY/pulls" -f "head=$2" -f "base=$3" -f "title=$4" -F "body=@$5" \
			--jq '"\(.number) \(.html_url)"' >created 2>create.err; then
			cat created
			return
		fi
		# another run may have created it in the meantime
		forge_proposals "$2" | open_one "$@" >open
		[ -s open ] || { cat create.err >&2 && return 1; }
	fi
	read -r number url login same <open
	if [ "$login" != "$me" ]; then
		printf 'pull request #%s of %s was opened by %s: close it, and the next run opens its own\n' "$number" "$2" "$login" >&2
		return 1
	fi
	# gh pr edit of gh 2.23 asks for a field that GitHub has removed
	[ "$same" = true ] || gitops_gh api --silent --method PATCH "repos/$GITOPS_REPOSITORY/pulls/$number" -f "title=$4" \
		-f "base=$3" -F "body=@$5"
	printf '%s %s\n' "$number" "$url"
}

# open_one FILE BRANCH BASE TITLE BODY: of the pull requests on standard input, print the number, the address and the author of
# the open one, and whether it is as these say
open_one() {
	jq -r --arg base "$3" --arg title "$4" --arg stamp "$(tail -n 1 "$5")" 'map(select(.state == "open"))[0] // empty
		| "\(.number) \(.html_url) \(.user.login) \(.title == $title and .base.ref == $base and (.body // "" | contains($stamp)))"'
}

# forge_merge NUMBER COMMIT BASE: merge our pull request, of exactly that commit, into BASE.  Print what is in its way, if something
# is: then it stays open, and the next run tries again.  Nothing is forced, and a later commit is not merged.
forge_merge() {
	local me way='' try
	me=$(forge_login)
	for try in 1 2 3 4; do
		gitops_gh api "repos/$GITOPS_REPOSITORY/pulls/$1" >pull || return
		# GitHub finds out in the background whether a pull request can be merged
		[ "$(jq -r .mergeable_state pull)" = unknown ] || break
		sleep "$try"
	done
	way=$(jq -r --arg me "$me" --arg commit "$2" --arg base "$3" --arg repository "$GITOPS_REPOSITORY" '
		{blocked: "a check or a review that its branch requires is missing", behind: "its branch is out of date",
			unstable: "a check has not passed", dirty: "it has conflicts"} as $states
		| if .state != "open" or .draft then "it is not open"
		elif .user.login != $me then "it was opened by \(.user.login)"
		elif (.head.repo.full_name // "" | ascii_downcase) != ($repository | ascii_downcase) then "it is from another repository"
		elif .head.sha != $commit then "it has another commit in the meantime"
		elif .base.ref != $base then "it is for another branch"
		elif .mergeable_state | IN("clean", "has_hooks") | not then
			$states[.mergeable_state] // "GitHub does not know yet whether it can be merged"
		else empty end' pull) || return
	[ -z "$way" ] || { echo "$way" && return; }
	gitops_gh api --silent --method PUT "repos/$GITOPS_REPOSITORY/pulls/$1/merge" -f "sha=$2" -f merge_method=merge 2>merge.err || {
		grep -qE '\(HTTP (405|409)\)' merge.err || { cat merge.err >&2 && return 1; }
		tail -n 1 merge.err
	}
}

# find_comment REPOSITORY NUMBER MARKER STRING: print the id of our oldest comment that starts with the marker, and whether the
# string is in it
find_comment() {
	local me
	me=$(forge_login)
	me=$me marker=$3 string=$4 gh api --paginate "repos/$1/issues/$2/comments?per_page=100" --jq '.[]
		| select(.user.login == env.me and (.body | startswith(env.marker))) | "\(.id) \(.body | contains(env.string))"' >comments
	head -n 1 comments
}

# forge_comment REPOSITORY NUMBER BODY: write the one comment that starts with the same line; if it is there, update it if
# its stamp has changed
forge_comment() {
	local marker stamp id='' same='' mine
	marker=$(head -n 1 "$3")
	stamp=$(tail -n 1 "$3")
	find_comment "$1" "$2" "$marker" "$stamp" >comment
	if [ ! -s comment ]; then
		mine=$(gh api --method POST "repos/$1/issues/$2/comments" -F "body=@$3" --jq .id)
		# another run may have written one at the same time: the older one stays
		find_comment "$1" "$2" "$marker" "$stamp" >comment
		read -r id same <comment
		[ "$id" != "$mine" ] || return 0
		gh api --silent --method DELETE "repos/$1/issues/comments/$mine"
	fi
	read -r id same <comment
	[ "$same" = true ] || gh api --silent --method PATCH "repos/$1/issues/comments/$id" -F "body=@$3"
}

# forge_our_comments REPOSITORY TIME: print our comments that have changed since then: id, address and body, each as a line of
# JSON
forge_our_comments() {
	local me
	me=$(forge_login)
	me=$me gh api --paginate "repos/$1/issues/comments?since=$2&sort=updated&per_page=100" --jq '.[]
		| select(.user.login == env.me) | {id, url: .html_url, body}'
}

# forge_edit_comment REPOSITORY ID BODY: replace the body of a comment
forge_edit_comment() { gh api --silent --method PATCH "repos/$1/issues/comments/$2" -F "body=@$3"; }

# forge_labels REPOSITORY: print the names and the descriptions of its labels
forge_labels() { gh api --paginate "repos/$1/labels?per_page=100" --jq '.[] | "\(.name)\t\(.description)"'; }

# forge_label REPOSITORY NAME DESCRIPTION: create a label, or change its description
forge_label() { gh label create -R "$1" "$2" --force --color 1d76db --description "$3"; }
