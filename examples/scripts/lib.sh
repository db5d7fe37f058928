# Functions that the scripts in this directory share.  They are configured by environment variables:
#
#   GITOPS, RELEASES, SERVICE	clones of the three repositories (default: gitops, releases, service)
#   GITOPS_REPOSITORY		OWNER/NAME of the GitOps repository on GitHub
#   GITOPS_BRANCH		the branch of it that is deployed (default: its default branch)
#   CHARTS			a clone of the umbrella chart's repository (default: none)
#   DIGESTS			a file with the digests of the rings' images, for ringcheck --digests (default: none)
#   INDEX			a file with the umbrella chart's published versions, for ringgate and mkpatch --index (default: none)
#   LIVE			a directory of a cluster's objects, as "live" fetches them (default: none)
#   CLEANUP			the first part of the names of clean-up branches (default: cleanup)
#   OUTCOME			a directory for what "release" would report, for "join", if there are several GitOps repositories
#			(default: none, it reports itself)
#   HELD			a directory of what the tenants of other GitOps repositories have, as "held" prints it (default: none)
#
# Each clone has the remote "origin".  RELEASES has ring.yaml and the cohorts.  Nothing in SERVICE is executed.
# Tokens are those of github.sh.  A script may set $needs, the clones that it needs, before it sources this file.
# shellcheck shell=bash

set -euo pipefail
# One assignment a line: the shell ignores a failed command substitution if another follows on the same line.
export LC_ALL=C.UTF-8
prog=${0##*/}

die() {
	printf '%s: %s\n' "$prog" "$*" >&2
	exit 2
}

# require_clone NAME: set the variable to the clone's path
require_clone() {
	declare -g "$1=${!1:-${1,,}}"
	[ -d "${!1}" ] || die "${!1}: directory not found: set $1 to the clone of the ${1,,} repository"
	declare -g "$1=$(realpath -e "${!1}")"
}

for clone in ${needs-GITOPS RELEASES SERVICE}; do
	require_clone "$clone"
done
CHARTS=${CHARTS:+$(realpath -e "$CHARTS")}
INDEX=${INDEX:+$(realpath -e "$INDEX")}
DIGESTS=${DIGESTS:+$(realpath -e "$DIGESTS")}
LIVE=${LIVE:+$(realpath -m "$LIVE")}
HELD=${HELD:+$(realpath -e "$HELD")}
OUTCOME=${OUTCOME:+$(realpath -m "$OUTCOME")}
CLEANUP=${CLEANUP:-cleanup}
RING_CATALOG=$(realpath -e "${RING_CATALOG:-$RELEASES/ring.yaml}")
export RING_CATALOG
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
worst=0

. "$(dirname "${BASH_SOURCE[0]}")/github.sh"

# each NAME COMMAND ...: run the command in a directory of its own.  A failure is reported and kept in $worst, and does not
# end the script.  A command that has reported itself leaves a file "reported" there.
each() {
	local dir status name=$1
	shift
	dir=$work/${name//\//%}
	mkdir -p "$dir"
	set +e
	(set -e && cd "$dir" && "$@")
	status=$?
	set -e
	[ "$status" -eq 0 ] || [ -e "$dir/reported" ] || printf '%s: %s: failed with status %s\n' "$prog" "$name" "$status" >&2
	[ "$worst" -ge "$status" ] || worst=$status
}

# tolerate COMMAND ...: run the command; status 1 is a success, because the output has the refused records
tolerate() {
	local status=0
	"$@" || status=$?
	[ "$status" -le 1 ] || return "$status"
}

# any CONDITION FILE: succeed if a record of the file satisfies the condition
any() { jq -es "any(.[]; $1)" "$2" >/dev/null; }

# a program of jq for in_catalog: the names that proposals may have, with {service} and {ring}; the first is written
proposal_names='(.proposals // "release/{service}/{ring}" | if type == "array" then .[] else . end)'

# require_service NAME: check that the catalogue has the service, and set $service, $repository, its $branch, the
# $ring_pattern of its rings' names, and the $proposals, the names that their proposals may have, with {ring}
require_service() {
	service=${1:-}
	[[ $service =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*$ ]] || die "invalid service name: $service"
	in_catalog --arg service "$service" '.services[$service] as $it
		| $it.repository, $it.branch, (.ring // "ring-{name}"), '"$proposal_names" >"$work/service"
	{ read -r repository && read -r branch && read -r ring_pattern && mapfile -t proposals; } <"$work/service"
	proposals=("${proposals[@]//'{service}'/$service}")
	[ "$repository" != null ] || die "$RING_CATALOG: missing repository of service $service"
}

# in_catalog PROGRAM [OPTION ...]: print what the program of jq finds in the catalogue, which is read once
in_catalog() {
	[ -s "$work/catalog.json" ] || yq . "$RING_CATALOG" >"$work/catalog.json" || return
	jq -r "$@" "$work/catalog.json"
}

# allowed KIND: print the logins or the teams that the catalogue's "allowed" names
allowed() {
	in_catalog --arg kind "$1" '[.allowed // {} | .[] | if type == "array" then .[] else . end] | unique[]
		| select(contains("/") == ($kind == "teams"))'
}

# fleet: print the GitOps repositories of the catalogue, if it has several
fleet() { in_catalog '.gitops // [] | if type == "array" then .[] else . end | .repository'; }

# set_fleet: set $gitops to the GitOps repository, if the catalogue has several; else to nothing
set_fleet() {
	fleet >"$work/fleet"
	gitops=''
	[ -s "$work/fleet" ] || return 0
	gitops=$(grep -ixF -- "$GITOPS_REPOSITORY" "$work/fleet") || die "$RING_CATALOG: gitops does not have $GITOPS_REPOSITORY"
}

# uri WORD: print the word as a name of a file
uri() { jq -rn --arg word "$1" '$word | @uri'; }

# default_branch DIR: print the remote's default branch, as origin/NAME
default_branch() {
	git -C "$1" symbolic-ref --quiet --short refs/remotes/origin/HEAD 2>/dev/null ||
		{ git -C "$1" remote set-head origin --auto >/dev/null && git -C "$1" symbolic-ref --short refs/remotes/origin/HEAD; }
}

# set_base: set $base to the branch of the GitOps repository that Argo CD follows
set_base() {
	[ -n "${GITOPS_REPOSITORY:-}" ] || die 'GITOPS_REPOSITORY is not set: expected OWNER/NAME of the GitOps repository'
	base=${GITOPS_BRANCH:-$(default_branch "$GITOPS")}
	base=${base#origin/}
	has_base || { refresh "$GITOPS" && has_base; } || die "$GITOPS_REPOSITORY: branch $base not found"
}
has_base() { git -C "$GITOPS" rev-parse --quiet --verify "refs/remotes/origin/$base^{commit}" >/dev/null; }

# refresh DIR [REFSPEC]: fetch all branches of the remote
refresh() { git -C "$1" fetch --quiet --prune --no-tags origin '+refs/heads/*:refs/remotes/origin/*' ${2:+"$2"}; }

# refresh_service: fetch the rings, and what a squash merge and the deletion of a ring leave of it; follow a default branch
# that was renamed
refresh_service() {
	refresh "$SERVICE" '+refs/pull/*/head:refs/pull/*/head'
	git -C "$SERVICE" remote set-head origin --auto >/dev/null
}

# only_rings <NAMES: print those of the branches that the catalogue calls rings, which ringcheck knows
only_rings() {
	jq -Rc --arg base "$branch" '{number: 1, state: "CLOSED", isCrossRepository: false, headRefName: ., baseRefName: $base,
		labels: [], updatedAt: "2000-01-01T00:00:00Z"}' |
		while IFS= read -r pull; do
			ringcheck --service "$service" --runs /dev/null <<<"$pull"
		done |
		jq -r 'select(.type == "release").ring // empty'
}

# is_ring NAME: succeed if the catalogue calls such a branch a ring
is_ring() { only_rings <<<"$1" | grep -q .; }

# unattended: succeed if the catalogue lets proposals be merged without a person
unattended() { [ "$(in_catalog 'has("merge")')" = true ]; }

# merge_unattended: if result.jsonl says that the proposal needs no person, merge the pull request that the file proposal names,
# unless something is in its way.  Print what became of it: nothing without a policy, else "review", "merged" or why not.
merge_unattended() {
	local merge head number url way tip parent
	jq -r 'select(.type == "end" and .merge) | "\(.merge) \(.head)"' result.jsonl >judged
	read -r merge head <judged || return 0
	[ "$merge" = auto ] || { echo review && return; }
	read -r number url <proposal
	tip=$(git -C "$GITOPS" ls-remote origin "refs/heads/$base" | cut -f 1) || return
	git -C "$GITOPS" cat-file -e "$head^{commit}" 2>/dev/null || git -C "$GITOPS" fetch --quiet --no-tags origin "$head" || return
	parent=$(git -C "$GITOPS" log -1 --format=%P "$head") || return
	[ "$parent" = "$tip" ] || { echo "$base has changed in the meantime" && return; }
	way=$(forge_merge "$number" "$head" "$base") || return
	echo "${way:-merged}"
}

# withdraw BRANCH: delete a proposal that is no longer needed, unless it has a commit of another author
withdraw() {
	printf '{"type":"end","by":"%s","records":0,"refused":0}\n' "$prog" |
		applypatch -C "$GITOPS" --branch "$1" --onto "$base" --push origin ${dry:+"$dry"}
}

# stamp STREAM [WORD ...]: print a hidden line for the end of the stream's report, the same as long as the report would say
# the same: a run that finds the proposal as it is adds nothing to the report of the run that made it so
stamp() {
	{
		jq -cS 'if .type == "result" then del(.commit) | .status |= (if . == "committed" then "unchanged" else . end)
			else del(.proposal, .head) end' "$1"
		printf '%s\n' "${@:2}"
	} | sha256sum | sed 's/^\(.\{16\}\).*/<!-- ringkit:state \1 -->/'
}

# render STREAM MARKER SENTENCE [OPTION ...]: print the report of a stream, as ringreport makes it with the options, with a
# marker and a sentence before it, and the run's address and the stamp after it.  $also is a part of the stamp.
render() {
	local run
	printf '<!-- ringkit:report %s -->\n' "$2"
	[ -z "$3" ] || printf '%s\n\n' "$3"
	# less than GitHub's 65,536, for the lines that are added
	tolerate ringreport --unframed --limit 64000 "${@:4}" <"$1" | sed 1d
	run=$(forge_run)
	[ -z "$run" ] || printf '\n[Run](%s)\n' "$run"
	stamp "$1" "$3" "${also-}"
}

# link: print our open proposal as a link
link() { local number url && read -r number url <proposal && printf '[%s#%s](%s)' "$GITOPS_REPOSITORY" "$number" "$url"; }

# proposed BRANCH: print the commit of the proposal, if result.jsonl says that there is one now
proposed() {
	jq -rs '(map(select(.type == "end").proposal) | last) as $proposal
		| select($proposal | IN("created", "updated", "unchanged")) | map(select(.type == "result").commit // empty)[0] // "old"' \
		result.jsonl >commit
	if [ "$(cat commit)" = old ]; then
		# another run may have made it after this one has fetched
		git -C "$GITOPS" rev-parse --quiet --verify "refs/remotes/origin/$1" ||
			git -C "$GITOPS" ls-remote origin "refs/heads/$1" | cut -f 1
	else
		cat commit
	fi
}

# with_live <OVERRIDES: add to overrides what the cluster's objects say of them; if these are missing, older than 15 minutes or
# cannot be read, nothing is known.  Without LIVE, the overrides stay as they are.
with_live() {
	local file why='' apps=()
	[ -n "$LIVE" ] || { cat && return; }
	for file in "$LIVE"/*.json; do
		[ -e "$file" ] || { why='the objects of the cluster are missing' && break; }
		[ -z "$(find "$file" -mmin +15)" ] || { why='the objects of the cluster are older than 15 minutes' && break; }
		apps+=(--apps "$file")
	done
	cat >to-join.jsonl
	if [ -z "$why" ] && tolerate ringlive --unframed "${apps[@]}" <to-join.jsonl >joined.jsonl; then
		cat joined.jsonl
	else
		jq -c --arg why "${why:-the objects of the cluster cannot be read}" \
			'if .type == "override" then .live = {state: "unknown", reason: $why} else . end' to-join.jsonl
	fi
}

# held_with_live RING: print the overrides of the ring, or of all rings, with since when they are there, and what the cluster says
held_with_live() {
	tolerate ringls -q -C "$GITOPS" -r "origin/$base" --service "$service" ${1:+--ring "$1"} --since | with_live
}

# framed <RECORDS: print records with the one end record that makes them a stream
framed() {
	jq -c 'select(.type != "end")' |
		jq -cn --arg by "$prog" 'foreach (inputs, null) as $record ({}; .n += 1 | .refused += ($record.type == "refused" | if . then 1 else 0 end);
			$record // {type: "end", $by, records: (.n - 1), refused: .refused})'
}

# publish FILE: append a report to the job's summary; without a job, print it
publish() {
	if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
		cat "$1" >>"$GITHUB_STEP_SUMMARY"
	else
		cat "$1"
	fi
}
