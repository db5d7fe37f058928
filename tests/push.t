# applypatch --push: the branches of a remote.  tests/proposal.t has proposals there.

. "$(dirname "$0")/lib.sh"

sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
cd "$tmp" || exit
repo gitops
git clone -q --bare gitops truth.git
git -C gitops remote add origin "$tmp/truth.git"
export RING_CATALOG=$examples/releases/ring.yaml
tip() { git -C truth.git rev-parse -q --verify refs/heads/main; }
is() { [ "$1" = "$2" ] || { echo "have: $1" && echo "want: $2" && false; }; }
private() { git -C gitops for-each-ref refs/ringkit; }
# patches TENANT ... : from the tip of main here
patches() { printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed | mkpatch -C gitops --service atlas --ring ring-a --tag "$sha"; }
push() { run applypatch -C gitops --branch main --push origin "$@"; }
locals() { git -C gitops for-each-ref refs/heads; }

patches acme delta >two
patches ember >one
before=$(locals)
old=$(tip)
push --dry-run <two
ok 'a dry run pushes nothing' eval 'exits 0 && out_has planned && is "$(tip)" "$old"'
push --diff --dry-run <two
ok '... and prints the diff' eval 'exits 0 && out_has "+++ b/tenants/acme/application.yaml"'
push <two
ok "the remote's branch gets one commit" eval 'exits 0 && is "$(git -C truth.git rev-parse main^)" "$old"'
ok '... which the results name' is "$(jq -r 'select(.type == "result").commit' out | sort -u)" "$(tip)"
ok '... and local branches do not change' is "$(locals)" "$before"
ok '... nor does a work tree or an index' is "$(git -C gitops status --porcelain)" ''
ok '... and no temporary ref is left' is "$(private)" ''
ok '... and the remote is sound' git -C truth.git fsck --strict --no-dangling
push <two
ok 'the same patches again are stale, as for a local branch' eval 'exits 75 && out_lacks committed && is "$(git -C truth.git rev-parse main^)" "$old"'
git -C gitops fetch -q origin
printf '{"type":"tenant","tenant":"%s"}\n' acme delta | framed |
	mkpatch -C gitops -r origin/main --service atlas --ring ring-a --tag "$sha" >again
push <again
ok '... and made again, they change nothing' eval 'exits 0 && out_has unchanged && is "$(git -C truth.git rev-parse main^)" "$old"'
git clone -q --bare "file://$tmp/truth.git" bare.git
run applypatch -C bare.git --branch main --push "$tmp/truth.git" <one
ok 'a path works as a remote, and a bare repository as a clone' eval 'exits 0 && is "$(git -C truth.git diff --name-only main^ main)" tenants/ember/application.yaml'
git clone -q --depth=1 "file://$tmp/truth.git" shallow
patches fjord >three
run applypatch -C shallow --branch main --push origin <three
ok '... and so does a shallow clone' eval 'exits 0 && is "$(git -C truth.git diff --name-only main^ main)" tenants/fjord/application.yaml'

# A lock on the remote
patches kestrel >five
touch truth.git/refs/heads/main.lock
{ sleep 0.5 && rm truth.git/refs/heads/main.lock; } &
push <five
wait
ok 'a lock that is released is waited for' eval 'exits 0 && is "$(git -C truth.git diff --name-only main^ main)" tenants/kestrel/application.yaml'

old=$(tip)
run applypatch -C gitops --branch nowhere --push origin <one
ok 'a branch that is missing on the remote is named' eval 'exits 66 && err_has nowhere && err_lines 1'
run applypatch -C gitops --branch main --push "$tmp/none.git" <one
ok 'a missing remote is reported' eval 'exits 74 && err_lines 1'
run applypatch -C gitops --branch main --push -x <one
ok 'a remote cannot be an option of git' eval 'exits 2 && is "$(tip)" "$old"'
run applypatch -C gitops --branch main --push origin --update-worktree <one
ok '--update-worktree is for local branches' exits 2

# Another writer pushes between our fetch and our push
patches halcyon >four
mkdir bin
cat >bin/git <<'END'
#!/bin/sh
real=$(PATH=${PATH#*:} command -v git)
case " $* " in
*' push '*) [ ! -e "$RACE" ] || { mv "$RACE" "$RACE.run" && PATH=${PATH#*:} sh "$RACE.run"; } ;;
esac
printf '%s\0' "$@" >>"$ARGS" && echo >>"$ARGS"
exec "$real" "$@"
END
chmod +x bin/git
git clone -q truth.git other
export RACE=$tmp/race ARGS=$tmp/args
echo 'cd other && git pull -q && git commit -q --allow-empty -m Other && git push -q' >race
PATH=$tmp/bin:$PATH push <four
ok 'a lost race is retried' eval 'exits 0 && [ ! -e race ]'
ok '... on top of the other commit' is "$(git -C truth.git log -2 --format=%s main | tail -1)" Other
ok '... and no commit is lost' is "$(git -C truth.git rev-list --count "$old..main")" 2
patches lumen >again
old=$(git -C truth.git rev-parse main^)
echo 'git -C truth.git update-ref refs/heads/main main^' >race
PATH=$tmp/bin:$PATH push <again
ok 'a commit that was removed in the meantime is not pushed again' eval 'exits 0 && [ ! -e race ] && is "$(git -C truth.git rev-parse main^)" "$old"'

# Rules
cat >truth.git/hooks/pre-receive <<'END'
#!/bin/sh
echo x >>"$GIT_DIR/tries"
echo "protected: ask the owners of https://ann:canary-1@example.com/x" >&2
exit 1
END
chmod +x truth.git/hooks/pre-receive
patches indigo >five
old=$(tip)
push <five
ok 'a hook that refuses is final' eval 'exits 77 && is "$(wc -l <truth.git/tries)" 1 && is "$(tip)" "$old"'
ok '... and its message is reported' err_has 'protected: ask the owners of https://***@example.com/x'
ok '... on one line' err_lines 1
ok '... without a result' out_lacks status
ok '... and no temporary ref is left' is "$(private)" ''
rm truth.git/hooks/pre-receive

# the last hook reports a lost race, or nothing
cat >truth.git/hooks/reference-transaction <<'END'
#!/bin/sh
[ "$1" = prepared ] || exit 0
echo x >>"$GIT_DIR/tries"
echo 'frozen until Monday' >&2
exit 1
END
chmod +x truth.git/hooks/reference-transaction
: >truth.git/tries
push <five
ok 'a reference-transaction hook that refuses is final' eval 'exits 77 && is "$(wc -l <truth.git/tries)" 1 && is "$(tip)" "$old"'
ok '... and its message is reported' eval 'err_has "frozen until Monday" && err_lines 1'
rm truth.git/hooks/reference-transaction

# A push that fails, after or before it has arrived
dying() {
	cat >bin/git <<END
#!/bin/sh
real=\$(PATH=\${PATH#*:} command -v git)
case " \$* " in
*' push '*) $1; echo "the connection is lost" >&2; exit 128 ;;
esac
exec "\$real" "\$@"
END
}
dying '"$real" "$@" >/dev/null 2>&1'
PATH=$tmp/bin:$PATH push <five
ok 'a push that has arrived is reported as done, whatever git reports' eval 'exits 0 && out_has committed && ! is "$(tip)" "$old" >/dev/null'
dying :
patches juniper >six
old=$(tip)
PATH=$tmp/bin:$PATH push <six
ok 'a push that has not arrived is a failure' eval 'exits 74 && err_has "the connection is lost" && is "$(tip)" "$old"'

# Secrets
export ARGS=$tmp/args
run applypatch -C gitops --branch main --push https://ann:canary-2@localhost:1/x.git <six
ok 'a URL with a password is refused' eval 'exits 77 && err_has "https://***@localhost:1" && err_lines 1'
git -C gitops remote add secret https://x-access-token:canary-3@localhost:1/x.git
run applypatch -C gitops --branch main --push secret <six
ok '... and so is a remote with such a URL' eval 'exits 77 && err_has secret'
git -C gitops config url.https://bot:canary-4@localhost:1/.insteadOf https://localhost:1/
GIT_TRACE=$tmp/trace run applypatch -C gitops --branch main --push https://localhost:1/x.git <six
ok '... and so is a URL to which the configuration adds a password' eval 'exits 77 && err_lines 1'
git -C gitops config url.https://ann:canary-5@localhost:1/.pushInsteadOf "$tmp/"
GIT_TRACE=$tmp/trace run applypatch -C gitops --branch main --push origin <six
ok '... also if only the URL for pushes has it' exits 77
ok '... before any git has it among its arguments' eval '! grep canary- trace'
git -C gitops config --unset url.https://ann:canary-5@localhost:1/.pushInsteadOf

# The refs of a killed process
git -C gitops update-ref "refs/ringkit/77-$(printf %x $(($(date +%s) - 90000)))-1/0" HEAD
git -C gitops update-ref "refs/ringkit/77-$(printf %x $(($(date +%s) - 80000)))-1/0" HEAD
push --dry-run <six
ok 'refs that are older than a day are removed, and no others' is "$(private | wc -l)" 1
ok 'no secret is in the output or the messages' not grep -r canary- out err

finish
