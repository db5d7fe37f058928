# Functions that the scripts in this directory share.  They are configured by environment variables:
#
#   GITOPS, RELEASES, SERVICE	clones of the three repositories (default: gitops, releases, service)
#   GITOPS_REPOSITORY		OWNER/NAME of the GitOps repository on GitHub
#   GITOPS_TOKEN		a token that may write to that repository (default: GH_TOKEN)
#   CHARTS			a clone of the umbrella chart's repository, for cleanup (default: none)
#
# Each clone has the remote "origin".  RELEASES has ring.yaml and the cohorts.  Nothing in SERVICE is executed.
# shellcheck shell=bash

set -euo pipefail
# One assignment a line: the shell ignores a failed command substitution if another follows on the same line.
export LC_ALL=C.UTF-8
GITOPS=$(realpath -e "${GITOPS:-gitops}")
RELEASES=$(realpath -e "${RELEASES:-releases}")
SERVICE=$(realpath -e "${SERVICE:-service}")
CHARTS=${CHARTS:+$(realpath -e "$CHARTS")}
RING_CATALOG=$(realpath -e "${RING_CATALOG:-$RELEASES/ring.yaml}")
export RING_CATALOG

prog=${0##*/}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
worst=0

die() {
	printf '%s: %s\n' "$prog" "$*" >&2
	exit 2
}

# each NAME COMMAND ...: run the command in a directory of its own; a failure is reported and kept in $worst, and does
# not end the script
each() {
	local status name=$1
	shift
	mkdir -p "$work/$name"
	set +e
	(set -e && cd "$work/$name" && "$@")
	status=$?
	set -e
	[ "$status" -eq 0 ] || printf '%s: %s: failed with status %s\n' "$prog" "$name" "$status" >&2
	[ "$worst" -ge "$status" ] || worst=$status
}

# tolerate COMMAND ...: run the command; status 1 is a success, because the output has the refused records
tolerate() {
	local status=0
	"$@" || status=$?
	[ "$status" -le 1 ] || return "$status"
}

# require_service NAME: check that the catalogue has the service, and set $repository
require_service() {
	[[ ${1:-} =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || die "invalid service name: ${1:-}"
	repository=$(catalog "$1" repository)
	[ "$repository" != null ] || die "$RING_CATALOG: missing repository of service $1"
}

# catalog SERVICE KEY: print a string of the catalogue
catalog() {
	yq -r ".services.\"$1\".\"$2\"" "$RING_CATALOG"
}

# default_branch DIR: print the remote's default branch, as origin/NAME
default_branch() {
	git -C "$1" symbolic-ref --quiet --short refs/remotes/origin/HEAD 2>/dev/null ||
		{ git -C "$1" remote set-head origin --auto >/dev/null && git -C "$1" symbolic-ref --short refs/remotes/origin/HEAD; }
}

# set_base: set $base to the branch of the GitOps repository that Argo CD follows
set_base() {
	[ -n "${GITOPS_REPOSITORY:-}" ] || die 'GITOPS_REPOSITORY is not set: expected OWNER/NAME of the GitOps repository'
	base=$(default_branch "$GITOPS")
	base=${base#origin/}
}

# refresh DIR: fetch all branches of the remote
refresh() { git -C "$1" fetch --quiet --prune --no-tags origin '+refs/heads/*:refs/remotes/origin/*'; }

gitops_gh() { GH_TOKEN=${GITOPS_TOKEN:-${GH_TOKEN:-}} gh "$@"; }

# stamp STREAM [TIP]: print a hidden line for the end of the stream's report, the same as long as the report would say the
# same: a run that finds the proposal as it is, with TIP, adds nothing to the report of the run that made it so
stamp() {
	{
		jq -cS 'if .type == "result" then del(.commit) | .status |= (if . == "committed" then "unchanged" else . end)
			elif .proposal then .proposal |= IN("created", "updated", "unchanged") else . end' "$1"
		echo "${2:-}"
	} | sha256sum | sed 's/^\(.\{16\}\).*/<!-- ringkit:state \1 -->/'
}

# same FILE: succeed if the "body" of the JSON on standard input has the stamp at the file's end
same() { jq -e --arg stamp "$(tail -n 1 "$1")" '.body // "" | contains($stamp)' >/dev/null; }

# open_proposal BRANCH: print the number, the address, the title and the body of its open pull request as JSON, if there is
# one.  A fork may have a branch of the same name.
open_proposal() {
	gitops_gh pr list -R "$GITOPS_REPOSITORY" --head "$1" --state open --limit 1000 --json number,url,title,body,isCrossRepository \
		--jq '[.[] | select(.isCrossRepository | not)][0] // empty'
}

# propose BRANCH TITLE BODY: create the one open pull request of a proposal, or update it if its stamp has changed; print
# its address
propose() {
	open_proposal "$1" >open.json
	if [ ! -s open.json ]; then
		# gh pr create sends three requests more
		if gitops_gh api --method POST "repos/$GITOPS_REPOSITORY/pulls" -f "head=$1" -f "base=$base" -f "title=$2" -F "body=@$3" \
			>created.json 2>create.err; then
			jq -r .html_url created.json
			return
		fi
		# another run may have created it in the meantime
		open_proposal "$1" >open.json
		[ -s open.json ] || { cat create.err >&2 && return 1; }
	fi
	# gh pr edit of gh 2.23 asks for a field that GitHub has removed
	jq -e --arg title "$2" '.title == $title' open.json >/dev/null && same "$3" <open.json ||
		gitops_gh api --silent --method PATCH "repos/$GITOPS_REPOSITORY/pulls/$(jq .number open.json)" -f "title=$2" -F "body=@$3"
	jq -r .url open.json
}

# find_comment REPOSITORY NUMBER MARKER: write the id and the body of the oldest comment that starts with the marker to
# comment.json
find_comment() {
	gh api --paginate "repos/$1/issues/$2/comments?per_page=100" |
		jq -sc --arg marker "$3" '[.[][] | select(.body | startswith($marker))][0] // empty | {id, body}' >comment.json
}

# answer REPOSITORY NUMBER BODY: write the one comment that starts with the same line, ringreport's marker; if it is there,
# update it if its stamp has changed
answer() {
	local marker mine
	marker=$(head -n 1 "$3")
	find_comment "$1" "$2" "$marker"
	if [ ! -s comment.json ]; then
		mine=$(gh api --method POST "repos/$1/issues/$2/comments" -F "body=@$3" --jq .id)
		# another run may have written one at the same time: the older one stays
		find_comment "$1" "$2" "$marker"
		[ "$(jq .id comment.json)" != "$mine" ] || return 0
		gh api --silent --method DELETE "repos/$1/issues/comments/$mine"
	fi
	same "$3" <comment.json || gh api --silent --method PATCH "repos/$1/issues/comments/$(jq .id comment.json)" -F "body=@$3"
}

# publish FILE: append a report to the job's summary; without a job, print it
publish() {
	if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
		cat "$1" >>"$GITHUB_STEP_SUMMARY"
	else
		cat "$1"
	fi
}
