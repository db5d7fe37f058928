#!/usr/bin/env bash
# Each row of tests/bad-inputs is a bad input, with the status and the message that the manual pages promise for it.
. "$(dirname "$0")/lib.sh"

# Below kept nothing may change; cwd is the current directory of each filter
mkdir -p "$tmp/fixtures/kept/tmp" "$tmp/fixtures/cwd"
cd "$tmp/fixtures/kept" || exit 1
export RINGKIT_BIN TMPDIR=$PWD/tmp GIT_AUTHOR_DATE='@1767225600 +0000' GIT_COMMITTER_DATE='@1767225600 +0000'
git config --global init.templateDir ''
git config --global gc.auto 0

# history NAME DIRECTORY: a repository with the files of an example
history() {
	cp -R "$examples/$2" "$1"
	git init -q "$1" && git -C "$1" add -A && git -C "$1" commit -qm 'As it was'
}
history gitops gitops
git -C gitops checkout -q --detach
history releases releases
history charts charts
git -C charts tag atlan-1.4.0

# The service's repository: the default branch main, and the ring ring-x with a commit of its own
git init -q service
echo 1 >service/a && git -C service add a && git -C service commit -qm one
git -C service checkout -qb ring-x && echo 2 >service/b && git -C service add b && git -C service commit -qm two
git -C service checkout -q main && echo 3 >service/c && git -C service add c && git -C service commit -qm three
git -C service checkout -q --detach

# Repositories that cannot be used
mkdir empty plain
echo text >plain/file
git init -q unborn
git init -q --object-format=sha256 sha256
echo 1 >sha256/a && git -C sha256 add a && git -C sha256 commit -qm one
git init -q --bare bad-head.git && echo 'not a ref' >bad-head.git/HEAD
git init -q --bare bad-config.git && echo '[core' >bad-config.git/config
git init -q --bare no-objects.git && rm -r no-objects.git/objects
git init -q --bare reftable.git && git -C reftable.git config core.repositoryFormatVersion 1 &&
	git -C reftable.git config extensions.refStorage reftable
git init -q --bare extension.git && git -C extension.git config core.repositoryFormatVersion 1 &&
	git -C extension.git config extensions.fancy true
git init -q --bare version.git && git -C version.git config core.repositoryFormatVersion 99
git init -q --bare fifo.git && rm fifo.git/config && mkfifo fifo.git/config
git init -q --bare fifo-refs.git && mkfifo fifo-refs.git/packed-refs
git init -q --bare bad-ref.git && mkdir -p bad-ref.git/refs/heads && echo garbage >bad-ref.git/refs/heads/main
git init -q --bare bad-packed.git && echo garbage >bad-packed.git/packed-refs
mkdir bad-gitfile gitfile-fifo && echo 'gitdir: /nowhere' >bad-gitfile/.git && mkfifo gitfile-fifo/.git
git clone -q --bare --depth 1 "file://$PWD/service" shallow.git 2>/dev/null
git -C shallow.git fetch -q --depth 1 origin ring-x:ring-x 2>/dev/null
# a proposal of which only the last of two commits is here
git clone -q service proposed && git -C proposed checkout -qb p
for n in 1 2; do echo $n >proposed/p && git -C proposed add p && git -C proposed commit -qm "$n" -m 'Proposal: p'; done
git clone -q --bare --depth 1 -b p "file://$PWD/proposed" shallow-proposal.git 2>/dev/null
git -C shallow-proposal.git fetch -q --depth 1 origin main:main 2>/dev/null
cp -R gitops foreign && [ "$(id -u)" != 0 ] || chown -R 12345 foreign
# damaged NAME OBJECT: a copy of gitops in which a loose object is damaged by the function damage
damaged() {
	local id
	history "$1" gitops
	git -C "$1" checkout -q --detach
	id=$(git -C "$1" rev-parse "main$2")
	chmod u+w "$1/.git/objects/${id:0:2}/${id:2}"
	damage "$1/.git/objects/${id:0:2}/${id:2}"
}
damage() { rm "$1"; }
damaged no-commit ''
damaged no-tree '^{tree}'
damaged no-blob ':tenants/acme/application.yaml'
damage() { truncate -s 20 "$1"; }
damaged cut-commit ''
damaged cut-tree '^{tree}'
damaged cut-blob ':tenants/acme/application.yaml'
damage() { echo garbage >"$1"; }
damaged bad-commit ''
damaged bad-blob ':tenants/acme/application.yaml'
damage() { rm "$1" && mkfifo "$1"; }
damaged fifo-blob ':tenants/acme/application.yaml'

cat >../paths <<END
CWD=$tmp/fixtures/cwd
KEPT=$PWD
TMPDIR=$TMPDIR
GITOPS=$PWD/gitops
RELEASES=$PWD/releases
SERVICE=$PWD/service
CHARTS=$PWD/charts
CATALOG=$PWD/releases/ring.yaml
MAIN=$(git -C gitops rev-parse main)
END

cd "$top" || exit 1
python3 tests/bad-inputs/run.py ${BAD_INPUTS_SHOW:+--show} "$tmp/fixtures" "$@"
