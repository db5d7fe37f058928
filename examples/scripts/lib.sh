# What the scripts beside this file share.  They are told by the environment where things are:
#
#   GITOPS, RELEASES, SERVICE	clones of the three repositories (default: gitops, releases, service)
#   GITOPS_REPOSITORY		OWNER/NAME of the first on GitHub
#   GITOPS_TOKEN		a token that may write there, where GH_TOKEN may not
#   CHARTS			a clone of the umbrella chart's repository (cleanup; default: none)
#
# The remote is "origin" in all of them.  RELEASES holds ring.yaml and the cohorts; nothing of SERVICE is executed.
# shellcheck shell=bash

set -euo pipefail
# One line each: of several assignments in one, the shell minds the last command's failure alone.
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

# each NAME COMMAND ...: in a directory of its own; a failure is told, and remembered in $worst, and others go on
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

# tolerate COMMAND ...: 1 is no failure: "some records refused", which the records tell
tolerate() {
	local status=0
	"$@" || status=$?
	[ "$status" -le 1 ] || return "$status"
}

# want_service NAME: it must be in the catalogue
want_service() {
	[[ ${1:-} =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || die "no name of a service: ${1:-}"
	repository=$(catalog "$1" repository)
	[ "$repository" != null ] || die "$RING_CATALOG names no repository of the service $1"
}

# catalog SERVICE KEY: a text of the catalogue
catalog() {
	yq -r ".services.\"$1\".\"$2\"" "$RING_CATALOG"
}

# default_branch DIR: the remote's
default_branch() {
	git -C "$1" symbolic-ref --quiet --short refs/remotes/origin/HEAD 2>/dev/null ||
		{ git -C "$1" remote set-head origin --auto >/dev/null && git -C "$1" symbolic-ref --short refs/remotes/origin/HEAD; }
}

# The branch of the GitOps repository that Argo CD follows
set_base() {
	[ -n "${GITOPS_REPOSITORY:-}" ] || die 'GITOPS_REPOSITORY is not set: OWNER/NAME of the GitOps repository'
	base=$(default_branch "$GITOPS")
	base=${base#origin/}
}

refresh() { git -C "$1" fetch --quiet --prune --no-tags origin '+refs/heads/*:refs/remotes/origin/*'; }

gitops_gh() { GH_TOKEN=${GITOPS_TOKEN:-${GH_TOKEN:-}} gh "$@"; }

# propose BRANCH TITLE BODY: the one open pull request of a proposal, made or brought up to date; prints its address
propose() {
	local number
	number=$(gitops_gh pr list -R "$GITOPS_REPOSITORY" --head "$1" --state open --json number --jq '.[0].number // empty')
	if [ -n "$number" ]; then
		gitops_gh pr edit -R "$GITOPS_REPOSITORY" "$number" --title "$2" --body-file "$3"
	else
		gitops_gh pr create -R "$GITOPS_REPOSITORY" --head "$1" --base "$base" --title "$2" --body-file "$3"
	fi
}

# answer REPOSITORY NUMBER BODY: one comment, found again by its first line, the marker of ringreport(1)
answer() {
	local id marker
	marker=$(head -n 1 "$3")
	id=$(gh api --paginate "repos/$1/issues/$2/comments" |
		jq -r --arg marker "$marker" '.[] | select(.body | startswith($marker)) | .id' | sed -n 1p)
	if [ -n "$id" ]; then
		gh api --silent --method PATCH "repos/$1/issues/comments/$id" -F "body=@$3"
	else
		gh api --silent --method POST "repos/$1/issues/$2/comments" -F "body=@$3"
	fi
}

# publish FILE: on the job's page where there is one, else here
publish() {
	if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
		cat "$1" >>"$GITHUB_STEP_SUMMARY"
	else
		cat "$1"
	fi
}
