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

# propose BRANCH TITLE BODY: create or update the one open pull request of a proposal; print its address
propose() {
	local number
	number=$(gitops_gh pr list -R "$GITOPS_REPOSITORY" --head "$1" --state open --json number --jq '.[0].number // empty')
	if [ -n "$number" ]; then
		gitops_gh pr edit -R "$GITOPS_REPOSITORY" "$number" --title "$2" --body-file "$3"
	else
		gitops_gh pr create -R "$GITOPS_REPOSITORY" --head "$1" --base "$base" --title "$2" --body-file "$3"
	fi
}

# answer REPOSITORY NUMBER BODY: write or replace the one comment that starts with the same line, ringreport's marker
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

# publish FILE: append a report to the job's summary; without a job, print it
publish() {
	if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
		cat "$1" >>"$GITHUB_STEP_SUMMARY"
	else
		cat "$1"
	fi
}
