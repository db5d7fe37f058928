# applypatch --push: the branches are those of a remote.  tests/proposal.t has proposals there.

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
ok '... and has the diff' eval 'exits 0 && out_has "+++ b/tenants/acme/application.yaml"'
push <two
ok "the remote's branch gets one commit" eval 'exits 0 && is "$(git -C truth.git rev-parse main^)" "$old"'
ok '... which the results name' is "$(jq -r 'select(.type == "result").commit' out | sort -u)" "$(tip)"
ok '... and no local branch does' is "$(locals)" "$before"
ok '... nor is a work tree or index touched' is "$(git -C gitops status --porcelain)" ''
ok '... nor a ref of ours left' is "$(private)" ''
ok '... and all is sound' git -C truth.git fsck --strict --no-dangling
push <two
ok 'the same again is stale, as it is for a branch here' eval 'exits 75 && out_lacks committed && is "$(git -C truth.git rev-parse main^)" "$old"'
git -C gitops fetch -q origin
printf '{"type":"tenant","tenant":"%s"}\n' acme delta | framed |
	mkpatch -C gitops -r origin/main --service atlas --ring ring-a --tag "$sha" >again
push <again
ok '... and made anew it is no commit' eval 'exits 0 && out_has unchanged && is "$(git -C truth.git rev-parse main^)" "$old"'
git clone -q --bare "file://$tmp/truth.git" bare.git
run applypatch -C bare.git --branch main --push "$tmp/truth.git" <one
ok 'an address does, and a bare repository' eval 'exits 0 && is "$(git -C truth.git diff --name-only main^ main)" tenants/ember/application.yaml'
git clone -q --depth=1 "file://$tmp/truth.git" shallow
patches fjord >three
run applypatch -C shallow --branch main --push origin <three
ok '... and a shallow clone' eval 'exits 0 && is "$(git -C truth.git diff --name-only main^ main)" tenants/fjord/application.yaml'

old=$(tip)
run applypatch -C gitops --branch nowhere --push origin <one
ok 'a branch that the remote has not is named' eval 'exits 66 && err_has nowhere && err_lines 1'
run applypatch -C gitops --branch main --push "$tmp/none.git" <one
ok 'a remote that is not there is told of' eval 'exits 74 && err_lines 1'
run applypatch -C gitops --branch main --push -x <one
ok 'a remote is no option of git' eval 'exits 2 && is "$(tip)" "$old"'
run applypatch -C gitops --branch main --push origin --update-worktree <one
ok '--update-worktree is for branches here' exits 2

# Somebody else pushes between our fetch and our push
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
ok 'a race that is lost is run again' eval 'exits 0 && [ ! -e race ]'
ok '... on top of what the other pushed' is "$(git -C truth.git log -2 --format=%s main | tail -1)" Other
ok '... and nothing of either is lost' is "$(git -C truth.git rev-list --count "$old..main")" 2
patches lumen >again
old=$(git -C truth.git rev-parse main^)
echo 'git -C truth.git update-ref refs/heads/main main^' >race
PATH=$tmp/bin:$PATH push <again
ok 'a commit that was taken back meanwhile is not brought in again' eval 'exits 0 && [ ! -e race ] && is "$(git -C truth.git rev-parse main^)" "$old"'

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
ok 'what a hook refuses is final' eval 'exits 77 && is "$(wc -l <truth.git/tries)" 1 && is "$(tip)" "$old"'
ok '... and told in its words' err_has 'protected: ask the owners of https://***@example.com/x'
ok '... on one line' err_lines 1
ok '... with no result' out_lacks status
ok '... and no ref of ours left' is "$(private)" ''
rm truth.git/hooks/pre-receive

# the last hook to be asked answers as a lost race, or not at all
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
ok 'what a reference-transaction hook refuses is final' eval 'exits 77 && is "$(wc -l <truth.git/tries)" 1 && is "$(tip)" "$old"'
ok '... and told in its words' eval 'err_has "frozen until Monday" && err_lines 1'
rm truth.git/hooks/reference-transaction

# A clone that is a mirror
git clone -q --mirror truth.git mirror.git
run applypatch -C mirror.git --branch main --push origin --dry-run <five
ok 'a clone that is a mirror does for a dry run' exits 0
git -C gitops fetch -q origin
git -C truth.git branch -q copy main
git -C mirror.git update-ref refs/heads/mine main
run applypatch -C mirror.git --branch copy --push origin <five
ok '... and for a push, of this branch alone' eval 'exits 0 && is "$(git -C truth.git for-each-ref --format="%(refname)" | paste -sd,)" refs/heads/copy,refs/heads/main'

# A push that dies, after or before it lands
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
ok 'a push that landed is told as landed, whatever git says' eval 'exits 0 && out_has committed && ! is "$(tip)" "$old" >/dev/null'
dying :
patches juniper >six
old=$(tip)
PATH=$tmp/bin:$PATH push <six
ok 'one that has not is told as lost' eval 'exits 74 && err_has "the connection is lost" && is "$(tip)" "$old"'

# Secrets
export ARGS=$tmp/args
run applypatch -C gitops --branch main --push https://ann:canary-2@localhost:1/x.git <six
ok 'an address with a password is refused' eval 'exits 77 && err_has "https://***@localhost:1" && err_lines 1'
git -C gitops remote add secret https://x-access-token:canary-3@localhost:1/x.git
run applypatch -C gitops --branch main --push secret <six
ok '... and so is a remote that has one' eval 'exits 77 && err_has secret'
git -C gitops config url.https://bot:canary-4@localhost:1/.insteadOf https://localhost:1/
GIT_TRACE=$tmp/trace run applypatch -C gitops --branch main --push https://localhost:1/x.git <six
ok '... and so is an address that the configuration gives one' eval 'exits 77 && err_lines 1'
git -C gitops config url.https://ann:canary-5@localhost:1/.pushInsteadOf "$tmp/"
GIT_TRACE=$tmp/trace run applypatch -C gitops --branch main --push origin <six
ok '... for the push alone, too' exits 77
ok '... before any git has it among its arguments' eval '! grep canary- trace'
git -C gitops config --unset url.https://ann:canary-5@localhost:1/.pushInsteadOf

# What a killed process has left
git -C gitops update-ref "refs/ringkit/77-$(printf %x $(($(date +%s) - 90000)))-1/0" HEAD
git -C gitops update-ref "refs/ringkit/77-$(printf %x $(($(date +%s) - 80000)))-1/0" HEAD
push --dry-run <six
ok 'refs that were left a day ago are removed, and no others' is "$(private | wc -l)" 1
ok 'no secret is anywhere in what was said' not grep -r canary- out err

finish
