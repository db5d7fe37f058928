#!/usr/bin/env bash
# What each filter has given up: a library that is preloaded into it (tests/confine/escape.c) tries to break out, at its end.
. "$(dirname "$0")/lib.sh"

run labels2json -v </dev/null
not err_has 'not fully confined' || skip_all 'this kernel does not have both Landlock and seccomp'
cd "$tmp" || exit
export RING_CATALOG=$tmp/releases/ring.yaml
unset RINGKIT_SANDBOX
repo gitops && repo releases && repo charts || exit
git clone -q --bare gitops truth.git && git -C gitops remote add origin "$tmp/truth.git"
for branch in release master ring-leangraph; do git -C gitops branch -q $branch; done
mkdir elsewhere packs
library=$top/build/confine/escape.so
is() { [ "$1" = "$2" ] || { echo "got:      $1" && echo "expected: $2" && false; }; }

coproc target { exec /usr/bin/python3 "$top/tests/confine/target.py" "$tmp/socket"; }
read -r variables <&"${target[0]}"
read -ra variables <<<"$variables"

# What the filters read
tenants() { framed <<<'{"type":"tenant","tenant":"acme"}'; }
patches() { tenants | mkpatch -C gitops -r "$1" --service atlas --ring ring-leangraph --tag x "${@:2}"; }
echo 'cohort:github:path:internal-level-1' >labels
labels2json <labels >selectors
tenants >tenants
patches release >patches
patches release --rfc6902 >patch.json
ringls -C gitops >overrides
cp gitops/tenants/acme/application.yaml manifest
for f in rest-pull rest-runs; do sed "s/HEAD/$(git -C gitops rev-parse main)/" "$top/tests/payloads/$f.json" >"$f"; done

# escape INPUT FILTER [OPTION ...]: run it with the library; the file escaped has a line for each attempt
clean() { rm -rf elsewhere/* gitops/.git/{objects,refs/heads}/escape* gitops/.git/hooks/post-checkout; }
escape() {
	: >escaped
	clean
	echo secret >elsewhere/secret
	run env "${variables[@]}" ESCAPE_LOG="$tmp/escaped" ESCAPE_DIR="$tmp/elsewhere" ESCAPE_GIT="${at-$tmp/gitops/.git}" \
		${preload-LD_PRELOAD="$library"} "${@:2}" <"$1"
}
succeeded() { sed -n 's/ ok$//p' escaped | xargs; }
all=$(grep -oP '(result|try_open)\("\K[\w-]+' "$top/tests/confine/escape.c" | grep -vx close | xargs)
attempts=$(wc -w <<<"$all")
without() { local left=" $all "; for name; do left=${left/ $name / }; done; xargs <<<"$left"; }
# only SUCCEED: the filter ran as it does without the library, each attempt was made, and these only succeeded
only() { exits 0 && err_empty && is "$(succeeded)" "$1" && is "$(wc -l <escaped)" "$attempts"; }

# escape_with INJECT INPUT FILTER [OPTION ...]: the same without a part of the kernel
escape_with() {
	preload=ESCAPE= escape "$2" strace -qq -o "$tmp/trace" -e trace=seccomp,landlock_create_ruleset -e inject="$1" \
		-E LD_PRELOAD="$library" "${@:3}"
}

# Each attempt can succeed.

RINGKIT_SANDBOX=off escape selectors cohort-resolve -C releases
grep -qx 'i386 ok' escaped || all=$(without i386)	# a kernel that does not run programs for i386
ok 'with RINGKIT_SANDBOX=off, a filter can do all that its user can' only "$all"

# Filters that run no programs

escape labels labels2json
ok 'labels2json can open, connect to and start nothing'             only ''
echo '{"complete":true,"pull_request":1}' >actors.json
escape labels labels2json --actors actors.json
ok '... except read the file of --actors'                           only ''
escape overrides ringreport
ok 'nor can ringreport'                                             only ''
escape overrides ringreport --rendered labels
ok '... except read the file of --rendered'                         only ''
escape manifest manifest-values
ok 'nor can manifest-values'                                       only ''
escape manifest manifest-values -c "$RING_CATALOG" --service atlas
ok '... which can read its catalogue only'                          only ''
escape selectors cohort-resolve -C releases
ok 'nor can cohort-resolve, except read its files'                  only ''
escape selectors cohort-resolve -C gitops -r HEAD -c "$RING_CATALOG"
ok '... or its repository'                                          eval 'is "$(succeeded)" git-read'
escape manifest applypatch --patch patch.json
ok 'applypatch --patch can read its file only'                      only ''
escape /dev/null ringls -C gitops
ok 'ringls can read its repository only, and no file of a work tree' only git-read
escape /dev/null ringlint -C gitops --charts charts
ok 'so can ringlint'                                                only git-read
escape tenants mkpatch -C gitops -r release --service atlas --ring ring-leangraph --tag x
ok '... and mkpatch'                                                only git-read
escape overrides ringgate -C gitops
ok '... and ringgate'                                               only git-read
echo '{"items": []}' >apps.json
escape overrides ringlive --apps apps.json
ok 'ringlive can read the files that it is given only'              only ''
framed </dev/null >none
escape tenants ringwave -C gitops -r release --held none --service atlas --ring ring-leangraph --tag x
ok '... and ringwave, and a repository'                             only git-read
escape rest-pull ringcheck -C gitops --runs rest-runs --service atlas
ok '... and ringcheck'                                              only git-read
escape patches applypatch -C gitops --branch release --dry-run
ok '... and applypatch --dry-run'                                   only git-read
escape patches applypatch -C gitops --branch release
ok 'applypatch can write objects, refs and reflogs, but not hooks, configuration and files' \
	only 'git-read git-object git-ref'
ok '... and removes its directory there'                            is "$(find gitops/.git/objects -name 'ringkit_*')" ''
patches main >patches
escape patches applypatch -C gitops --branch proposal --onto main
ok '... and where it may delete a branch, any file of the repository' \
	only 'git-read git-object git-ref git-config git-hook'

ESCAPE_ABORT=1 escape labels labels2json
ok 'a filter can end itself by abort()'                             exits 134

# Landlock and seccomp each protect without the other, too, as far as they can.

escape_with landlock_create_ruleset:error=ENOSYS labels labels2json
ok 'without Landlock, labels2json can still do nothing'             only ''
escape_with landlock_create_ruleset:error=ENOSYS overrides ringgate -C gitops
ok '... and ringgate can read other files, but do nothing else'     only 'read-passwd read-secret list git-read git-file'
escape_with seccomp:error=ENOSYS overrides ringgate -C gitops
version=$(sed -nE 's/.*LANDLOCK_CREATE_RULESET_VERSION\) = //p' trace)
# what the versions of Landlock do not know: truncate from 3 on, TCP from 4, signals and abstract sockets from 6
expected=$(
	[ "$version" -ge 3 ] || echo open-truncate truncate
	echo chmod git-read
	[ "$version" -ge 4 ] || echo connect listen
	echo connect-unix
	[ "$version" -ge 6 ] || echo connect-abstract
	echo socketpair
	[ "${all/ i386 /}" = "$all" ] || echo i386
	echo fork vfork
	[ "$version" -ge 6 ] || echo signal
	echo process-limit key memory-file session
)
ok 'without seccomp, Landlock keeps it from files, programs, TCP, and processes' only "$(xargs <<<"$expected")"

expected=${expected/git-read/git-read git-object git-ref}
git -C gitops branch -qf proposal main
escape_with seccomp:error=ENOSYS patches applypatch -C gitops --branch proposal
ok '... and where it writes, from what is neither a file nor a directory' only "$(xargs <<<"$expected")"

# Filters that run programs: what these may need stays.

most=$(without ptrace process-read process-write i386 privileges)
escape patches applypatch -C gitops --branch main --push origin
ok 'with --push, only privileges and other processes are out of reach' only "$most"
escape /dev/null ringsync -C gitops --from master --all
ok '... and in ringsync, which runs git'                            only "$most"

# A kernel that has less: the filter goes on, and says so with --verbose.

clean
# failing INJECT FILTER [OPTION ...]: with calls that fail
failing() { run strace -qq -o "$tmp/trace" -e trace="${1%%:*}" -e inject="$1" "${@:2}"; }
for error in ENOSYS EOPNOTSUPP EPERM; do
	failing landlock_create_ruleset:error=$error labels2json -v <labels
	ok "without Landlock ($error), a filter works"              eval 'exits 0 && out_has internal-level-1'
	ok '... and says so with --verbose'                         err_has 'not fully confined: no Landlock: '
done
for error in ENOSYS EINVAL EPERM EACCES; do
	failing seccomp:error=$error labels2json -v <labels
	ok "without seccomp ($error), a filter works"               eval 'exits 0 && out_has internal-level-1'
	ok '... and says so with --verbose'                         err_has 'not fully confined: no seccomp: '
done
failing prctl:error=EINVAL labels2json -v <labels
ok 'so it does without no_new_privs'                                eval 'exits 0 && err_has "not fully confined: no_new_privs: "'
failing seccomp:error=ENOSYS labels2json <labels
ok 'without --verbose it says nothing'                              eval 'exits 0 && err_empty'
RINGKIT_SANDBOX=off run labels2json -v <labels
ok 'with RINGKIT_SANDBOX=off, --verbose says that, too'             err_has 'labels2json: not confined: RINGKIT_SANDBOX=off'

# Landlock of other kernels, by its version
for version in 1 2 3 4 5 6; do
	failing landlock_create_ruleset:retval=$version:when=1 ringls -v -C gitops
	ok "a filter works with version $version of Landlock's interface" eval 'exits 0 && err_empty && out_has end'
	ok '... of which it asks no more than that has'     is "$(grep -oP '(?<=, )\d+(?=, 0\) = \d)' trace | tail -1)" \
		"$(cut -d' ' -f$version <<<'8 8 8 16 16 24')"
done
patches main >patches
git -C gitops branch -qf proposal main
failing landlock_create_ruleset:retval=1:when=1 applypatch -v -C gitops --branch proposal <patches
ok 'the first version does not let a filter move files, so it writes without' \
	eval 'exits 0 && err_has "not fully confined: Landlock of this kernel, from before Linux 5.19" && out_has committed'
ok '... and is confined by seccomp'                                 grep -q 'seccomp(SECCOMP_SET_MODE_FILTER' <(
	strace -e trace=seccomp -e inject=landlock_create_ruleset:retval=1:when=1 applypatch -C gitops --branch proposal <patches 2>&1)

# Other failures: nothing runs unconfined unless that is asked for.

failing landlock_restrict_self:error=E2BIG labels2json <labels
ok 'if Landlock fails otherwise, the filter does nothing'           eval 'exits 71 && out_empty && err_lines 1'
ok '... and says how it runs nevertheless'                          err_has '(RINGKIT_SANDBOX=off runs it unconfined)'
failing landlock_add_rule:error=ENOMEM ringls -C gitops
ok '... for each rule of it'                                        eval 'exits 71 && out_empty && err_lines 1'
failing seccomp:error=ENOMEM labels2json <labels
ok '... and so for seccomp'                                         eval 'exits 71 && out_empty && err_lines 1'
RINGKIT_SANDBOX=on run labels2json <labels
ok 'another value of RINGKIT_SANDBOX is wrong usage'                eval 'exits 2 && err_has "RINGKIT_SANDBOX: expected \"off\", got \"on\""'

# The first reflog

patches main >patches
git clone -q --bare gitops fresh.git && git -C fresh.git branch -qf proposal main
at=$tmp/fresh.git escape patches applypatch -C fresh.git --branch proposal
ok 'a bare repository without reflogs gets none'                    only 'git-read git-object git-ref'
# reflogs BOOL: the configuration says that there are some, and none is there yet
reflogs() { git -C fresh.git config core.logAllRefUpdates false && git -C fresh.git branch -qf proposal main && git -C fresh.git config core.logAllRefUpdates "$1"; }
reflogs false
at=$tmp/fresh.git escape patches applypatch -C fresh.git --branch proposal
ok '... nor does one that is to have none'                          only 'git-read git-object git-ref'
reflogs true
at=$tmp/fresh.git escape /dev/null ringls -C fresh.git
ok 'one that is to have them can only be read by a filter that writes nothing' only git-read
run applypatch -C fresh.git --branch proposal <patches
ok '... and gets the first from one that moves a branch'            eval 'out_has committed && [ -s fresh.git/logs/refs/heads/proposal ]'

# What libraries read later without confinement is read before: the time zone, and the seed of hashes.

/usr/bin/python3 -c 'import struct, sys
sys.stdout.buffer.write(b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lBB", 19800, 0, 0) + b"IST\0")' >zone
git -C gitops branch -qf proposal main
run env TZ=":$tmp/zone" applypatch -C gitops --branch proposal <patches
ok 'a commit has the local time zone'                               is "$(git -C gitops log -1 --format=%ad proposal | cut -d' ' -f6)" +0530
strace -qq -o trace -e trace=open,openat labels2json <labels >out
ok 'a seed that cannot be predicted is read'                        not grep -E 'random.* = -1' trace

# Repositories that are in several places, and files that are not files

same() { RINGKIT_SANDBOX=off "$@" >open && run "$@" && diff open out && exits 0; }
git -C gitops worktree add -q "$tmp/linked" release
ok 'a linked work tree is read'                                     same ringls -C linked/tenants
mv gitops/.git/worktrees/linked own && echo "$tmp/gitops/.git" >own/commondir && echo "gitdir: $tmp/own" >linked/.git
ok '... and one whose directory in the repository is elsewhere'     same ringls -C linked
git clone -qs gitops borrowing && git clone -qs borrowing twice
ok '... and a repository that borrows objects, and from where that does' same ringls -C twice
cp -R gitops moved && mv moved/.git/objects/pack pack && mv moved/.git/objects objects && mkdir -p moved/.git && mv pack objects/packs
ln -s "$tmp/objects/packs" objects/pack && ln -s "$tmp/objects" moved/.git/objects
ok '... and one whose objects are on another disk, by symbolic links' same ringls -C moved
git clone -q --bare gitops packed.git && git -C packed.git repack -qad && mv packed.git/objects/pack/* packs &&
	ln -s "$tmp"/packs/*.pack "$tmp"/packs/*.idx packed.git/objects/pack
ok '... or whose packs are'                                         same ringls -C packed.git
mv moved/.git/refs refs && mv moved/.git/logs logs && ln -s "$tmp/refs" "$tmp/logs" moved/.git && mv refs/heads heads &&
	ln -s "$tmp/heads" refs/heads
git -C moved branch -qf proposal main
run applypatch -C moved --branch proposal <patches
ok '... and written, with its branches and reflogs elsewhere'       eval 'out_has committed && [ -s logs/refs/heads/proposal ]'
git init -q super && git -C super -c protocol.file.allow=always submodule add -q "$tmp/gitops" sub
ok '... and a submodule'                                            same ringls -C super/sub
git clone -q --bare gitops bare.git
ok '... and a bare one'                                             same ringls -C bare.git
mkdir inc && printf '[include]\n\tpath = deeper\n' >inc/first && printf '[user]\n\tname = Included\n' >inc/deeper
git config --global include.path "$tmp/inc/first"
git config --global includeIf.gitdir:"$tmp"/.path \~/in-home
printf '[core]\n\tattributesFile = %s\n' "$tmp/attributes" >home/in-home
patches main >patches
echo '*.yaml filter=rot13' >attributes
ok 'files that the configuration includes are read'                 same ringls -C gitops
git -C gitops branch -qf proposal main
run env -u GIT_AUTHOR_NAME applypatch -C gitops --branch proposal <patches
ok '... and the file of attributes that it names'                   err_has 'the filter "rot13" of gitattributes converts it'
git config --global --unset includeIf.gitdir:"$tmp"/.path
run env -u GIT_AUTHOR_NAME applypatch -C gitops --branch proposal <patches
ok '... and the name of the author'                                 is "$(git -C gitops log -1 --format=%an proposal)" Included
rm home/.gitconfig
mkdir home/git && printf '[include]\n\tpath = beside\n' >home/git/config && printf '[user]\n\tname = Beside\n' >home/git/beside
author() { git -C gitops branch -qf proposal main && run env -u GIT_AUTHOR_NAME applypatch -C "$1" --branch proposal <patches; }
named() { is "$(git -C gitops log -1 --format=%an proposal)" "$1"; }
author gitops
ok '... also from below XDG_CONFIG_HOME, where a path is relative to the file that has it' named Beside
cp attributes home/git
author gitops
ok '... and attributes'                                             err_has 'the filter "rot13" of gitattributes converts it'
rm -r home/git
git -C gitops config include.path ../beside && printf '[user]\n\tname = Own\n' >gitops/beside
author linked
ok '... or, from a linked work tree, to the configuration of the repository' named Own
git -C gitops config --unset include.path
mkdir nothing && echo nonsense >nothing/.git
ok 'what is not a repository is refused as without confinement'     eval 'RINGKIT_SANDBOX=off run ringls -C nothing; cp err open; run ringls -C nothing; cmp open err && exits 74'
run ringgate -C gitops --merged <(echo '[]') -c <(cat "$RING_CATALOG") <overrides
ok 'a pipe can be a named input file'                               exits 0

finish
