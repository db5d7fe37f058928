#!/bin/bash
# make demo: release a change to a few tenants and clear it again, in the example repositories.
#
# demo.sh [DIRECTORY]	works in DIRECTORY (default: build/demo), which it deletes and makes again.
# Exits with 0 only if each command had the expected status and each check succeeded.

set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
demo=${1:-build/demo}
rm -rf "$demo"
mkdir -p "$demo"
cd "$demo"

# A fixed author and a fixed date give the same commit ids in every run.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_AUTHOR_NAME='Ann Example' GIT_AUTHOR_EMAIL=ann@example.com GIT_AUTHOR_DATE='2026-03-02 09:00:00 +0000'
export GIT_COMMITTER_NAME='Ann Example' GIT_COMMITTER_EMAIL=ann@example.com GIT_COMMITTER_DATE='2026-03-02 09:00:00 +0000'
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

say() { echo && printf '%s\n' "$@"; }
title() { printf '\n\n%s\n%s\n' "$1" "${1//?/=}"; }

# show STATUS COMMAND: print the command and its output, in 100 columns; it must exit with STATUS
show() {
	local status=0
	printf '\n$ %s\n' "$2"
	bash -o pipefail -c "$2" >out 2>err || status=$?
	fold -s -w 96 err | indent
	sed -E -e 's/^(.*"tenant":"[^"]*"),"path":.*,("edits"|"action")/\1, ... \2/' -e 's/^(.{94}).{4,}$/\1 .../' out | indent
	[ "$status" -eq 0 ] || echo "  (status $status)"
	[ "$status" -eq "$1" ] || fail "expected status $1, got $status: $2"
}
indent() { sed 's/^./  &/'; }
# check COMMAND ...: the command must succeed
check() { "$@" >/dev/null || fail "check failed: $*"; }
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
say 'Thirteen tenants.  Each is an Argo CD Application, written in a style of its own:'
show 0 'ls -m gitops/tenants'
say 'Cohorts are lists of tenants that get a change first:'
show 0 'ls -m releases/cohorts'
show 0 'cat releases/cohorts/internal-level-1.yaml'
say "The change is on the branch 'ring-leangraph' of the service 'atlas': the ring." \
	"Its pull request has these labels; the second names a cohort:"
show 0 "grep '\"name\"' labels.json"

title 'Four filters, one by one'
say 'labels2json turns cohort labels into selectors, one JSON record a line.' \
	'The end record counts them.  (Long lines are cut here.)'
show 0 'labels2json <labels.json | tee selectors.jsonl'
say 'cohort-resolve turns selectors into tenants:'
show 0 'cohort-resolve -C releases <selectors.jsonl | tee tenants.jsonl'
say 'mkpatch computes what must change in the manifest of each tenant:'
show 0 'mkpatch -C gitops -r release --service atlas --ring ring-leangraph \
    --tag 5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a <tenants.jsonl | tee patches.jsonl'
say 'The first patch in full:'
show 0 'head -n 1 patches.jsonl | fold -w 96'
say 'applypatch makes one commit of all patches, on the branch "release", or none:'
show 0 'applypatch -C gitops --branch release <patches.jsonl'
check commits 1

title 'The commit'
show 0 'git -C gitops log --stat --format=full main..release'
say 'Each manifest keeps its style.  Only the lines of the images are new:'
show 0 'git -C gitops diff main release -- tenants/acme tenants/corvid tenants/fjord'
show 0 'git -C gitops fsck --full --strict && echo the repository is sound'

title 'The same as one pipeline'
say 'release.sh is the whole pipeline.  It now finds nothing to change, and makes no commit:'
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
check commits 1

title 'A tenant that another ring holds'
say "The cohort 'internal-level-2' has three more tenants.  Another ring already holds one of them, beta." \
	'beta is refused, and so nothing is committed:'
show 0 'echo cohort:github:path:internal-level-2 | tee labels.txt'
show 1 'bash release.sh labels.txt'
check commits 1
say 'With --partial, the other tenants are released:'
show 1 'bash release.sh labels.txt --partial'
check commits 2
say 'beta is unchanged; delta, which this cohort excludes, is cleared; the others have the image:'
show 0 'git -C gitops diff --stat main release'

title 'A stream that was cut short'
say 'If a filter dies, its output has no end record, and nothing is committed:'
show 65 'head -n 3 patches.jsonl | applypatch -C gitops --branch release'
check commits 2

title 'The clean-up'
say 'Later, when the charts contain the change, the tenants are cleared:'
show 0 'labels2json <labels.txt | cohort-resolve -C releases |
    mkpatch -C gitops -r release --service atlas --ring ring-leangraph --remove |
    applypatch -C gitops --branch release'
say 'Every manifest is now what it was before, byte for byte:'
show 0 'git -C gitops diff --exit-code main release && echo no difference'
show 0 'git -C gitops log --oneline release'
check commits 3
check git -C gitops fsck --full --strict

say "Done: everything worked.  The repositories are in $demo."
