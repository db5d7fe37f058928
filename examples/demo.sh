#!/bin/bash
# make demo: releases a change to a few tenants and takes it back, on the example repositories.
#
# demo.sh [DIRECTORY]	works in DIRECTORY (default: build/demo), which it makes anew.
# Ends with 0 only if everything went as told.

set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
demo=${1:-build/demo}
rm -rf "$demo"
mkdir -p "$demo"
cd "$demo"

# The same people at the same time, whoever runs this: the commits' ids are the same as well.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_AUTHOR_NAME='Ann Example' GIT_AUTHOR_EMAIL=ann@example.com GIT_AUTHOR_DATE='2026-03-02 09:00:00 +0000'
export GIT_COMMITTER_NAME='Ann Example' GIT_COMMITTER_EMAIL=ann@example.com GIT_COMMITTER_DATE='2026-03-02 09:00:00 +0000'
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

tell() { echo && printf '%s\n' "$@"; }
title() { printf '\n\n%s\n%s\n' "$1" "${1//?/=}"; }

# show STATUS COMMAND: the command, then what it says, to the terminal's width; it must end with STATUS
show() {
	local status=0
	printf '\n$ %s\n' "$2"
	bash -o pipefail -c "$2" >out 2>err || status=$?
	fold -s -w 96 err | indent
	sed -E -e 's/^(.*"tenant":"[^"]*"),"path":.*,("edits"|"action")/\1, ... \2/' -e 's/^(.{94}).{4,}$/\1 .../' out | indent
	[ "$status" -eq 0 ] || echo "  (status $status)"
	[ "$status" -eq "$1" ] || fail "that should have ended with $1"
}
indent() { sed 's/^./  &/'; }
# sure COMMAND ...: what was told must be true
sure() { "$@" >/dev/null || fail "this does not hold: $*"; }
fail() {
	echo "demo: $*" >&2
	exit 1
}
commits() { [ "$(git -C gitops rev-list --count main..release)" -eq "$1" ]; }

for repository in gitops releases; do
	cp -R "$here/$repository" .
	git -c init.defaultBranch=main init -q $repository
	git -C $repository add -A
	git -C $repository commit -qm 'As it was'
done
git -C gitops branch release
cp "$here/labels.json" .
export RING_CATALOG=releases/ring.yaml

title 'The repositories'
tell 'Thirteen tenants, each an Argo CD Application that somebody wrote in their own way,' \
	'and the cohorts that say who gets a change first:'
show 0 'ls -m gitops/tenants'
show 0 'ls -m releases/cohorts'
show 0 'cat releases/cohorts/internal-level-1.yaml'
tell "The ring 'ring-leangraph' of the service 'atlas' has a pull request with these labels:"
show 0 "grep '\"name\"' labels.json"

title 'Four filters, one after the other'
tell 'The labels that say who shall get it become records; the last one counts them.'
show 0 'labels2json <labels.json | tee selectors.jsonl'
tell 'Who is that?'
show 0 'cohort-resolve -C releases <selectors.jsonl | tee tenants.jsonl'
tell 'What must change in their manifests?  (Long lines are shortened here.)'
show 0 'mkpatch -C gitops -r release --service atlas --ring ring-leangraph \
    --tag 5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a <tenants.jsonl | tee patches.jsonl'
tell 'The first of them in full:'
show 0 'head -n 1 patches.jsonl | fold -w 96'
tell 'All of it is one commit on the branch "release", or none.'
show 0 'applypatch -C gitops --branch release <patches.jsonl'
sure commits 1

title 'The commit'
show 0 'git -C gitops log --stat --format=full main..release'
tell 'Only the lines of the images are new, whatever the manifests look like:'
show 0 'git -C gitops diff main release -- tenants/acme tenants/corvid tenants/fjord'
show 0 'git -C gitops fsck --full --strict && echo sound'

title 'Again, as one pipeline'
tell 'The second run finds everything as it is wanted, and makes no commit.'
cat >release.sh <<'END'
# release.sh LABELS [OPTION of applypatch ...]
set -o pipefail
labels2json <"$1" |
	cohort-resolve -C releases |
	mkpatch -C gitops -r release --service atlas --ring ring-leangraph \
		--tag 5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a --reconcile |
	applypatch -C gitops --branch release "${@:2}"
END
show 0 'cat release.sh'
show 0 'bash release.sh labels.json'
sure commits 1

title 'A tenant that another ring holds'
tell "'internal-level-2' has three tenants more.  One of them is in the hands of another team's ring." \
	'It is refused, and then nobody gets anything:'
show 0 'echo cohort:github:path:internal-level-2 | tee labels.txt'
show 1 'bash release.sh labels.txt'
sure commits 1
tell 'Unless one says that the others may go ahead:'
show 1 'bash release.sh labels.txt --partial'
sure commits 2
tell 'Its manifest is as it was; delta, which this cohort leaves out, is cleared; the others are set:'
show 0 'git -C gitops diff --stat main release'

title 'A pipe that breaks'
tell 'A filter died in the middle of its output.  The end record is missing, so nothing is done.'
show 65 'head -n 3 patches.jsonl | applypatch -C gitops --branch release'
sure commits 2

title 'The clean-up'
tell 'The change has become the general release.  Who holds it still is cleared.'
show 0 'labels2json <labels.txt | cohort-resolve -C releases |
    mkpatch -C gitops -r release --service atlas --ring ring-leangraph --remove |
    applypatch -C gitops --branch release'
tell 'Every manifest is again what it was, byte for byte:'
show 0 'git -C gitops diff --exit-code main release && echo no difference'
show 0 'git -C gitops log --oneline release'
sure commits 3
sure git -C gitops fsck --full --strict

tell "All went as told.  The repositories are in $demo, to look around in."
