# A remote that hangs: --timeout kills the command and its children, and the branch decides how the push went.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

git_found=$(command -v git)
mark=8$$	# what hangs is a sleep of that many seconds
trap 'kill $server 2>/dev/null; rm -rf "$tmp"' EXIT

# a server that accepts connections and never answers
/usr/bin/python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(50)
print(s.getsockname()[1], flush=True)
time.sleep(600)
' >"$tmp/port" &
server=$!
for _ in {1..200}; do [ ! -s "$tmp/port" ] || break; sleep 0.05; done
port=$(cat "$tmp/port")

fresh
git clone -q --bare "$r" "$tmp/truth.git"
git -C "$r" remote add origin "$tmp/truth.git"
at_origin() { git -C "$tmp/truth.git" rev-parse main; }
# push_to REMOTE [OPTION ...]: two seconds for each command
push_to() {
	local began=$SECONDS remote=$1
	shift
	run applypatch -C "$r" --branch main --push "$remote" --timeout 2 "$@" < <(three | framed)
	took=$((SECONDS - began))
}
# running WORD: is it among the arguments of any process?
running() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -qx -- "$1"; }
comes() { for _ in {1..100}; do ! running "$1" || return 0; sleep 0.05; done && false; }
gone() { for _ in {1..100}; do running "$1" || return 0; sleep 0.05; done && false; }
# ended MESSAGE: 74 with that message, in time, with nothing left
ended() {
	exits 74 && err_has "$1" && err_has 'git took longer than 2 seconds, and was stopped' && err_lines 1 && out_lacks '"type":"end"' &&
		[ "$took" -ge 2 ] && [ "$took" -lt 60 ] && is "$(git -C "$r" for-each-ref refs/ringkit)" ''
}

sleep "$mark" &
hanging=$!
ok 'this test sees a process'                  comes "$mark"
kill $hanging
wait $hanging 2>/dev/null
ok '... and that it has ended'                     gone "$mark"

push_to "http://127.0.0.1:$port/truth.git"
ok 'http that never answers: 74'      ended "cannot read http://127.0.0.1:$port/truth.git"
ok '... and its helper program is gone'    gone "http://127.0.0.1:$port/truth.git"
GIT_SSH_COMMAND="sleep $mark #" GIT_SSH_VARIANT=ssh push_to ssh://bot@127.0.0.1/truth.git
ok 'ssh that never answers: 74'       ended 'cannot read ssh://***@127.0.0.1/truth.git'
ok '... and its helper program is gone'    gone "$mark"
GIT_SSH_COMMAND="sleep $mark #" GIT_SSH_VARIANT=ssh run ringsync -C "$r" --from main --remote ssh://127.0.0.1/truth.git --push --timeout 2 <<<ring-a
ok '... also for ringsync'                      eval 'exits 74 && err_has "git took longer than 2 seconds" && err_lines 1'
ok '... and its helper program is gone'    gone "$mark"

# hangs HOOK: a hook of the remote that hangs
hangs() { printf '#!/bin/sh\nsleep %s\n' "$mark" >"$tmp/truth.git/hooks/$1" && chmod +x "$tmp/truth.git/hooks/$1"; }
old=$(at_origin)
hangs pre-receive
push_to origin
ok 'a hook that hangs before the branch moves: 74' ended "cannot push to origin"
ok '... and the branch is as it was'           is "$(at_origin)" "$old"
ok '... and the hook is gone'                  gone "$mark"
rm "$tmp/truth.git/hooks/pre-receive"
push_to origin
ok '... and the next run pushes'              eval 'exits 0 && is "$(git -C "$tmp/truth.git" rev-parse main^)" "$old"'
git -C "$tmp/truth.git" update-ref refs/heads/main "$old"
hangs post-receive
push_to origin
ok 'a hook that hangs after the branch has moved: the push has arrived, and is reported as done' eval 'exits 0 && is "$(status_of acme)" committed && is "$(git -C "$tmp/truth.git" rev-parse main^)" "$old"'
ok '... and the hook is gone'                  gone "$mark"
rm "$tmp/truth.git/hooks/post-receive"
git -C "$tmp/truth.git" update-ref refs/heads/main "$old"

# a git that pushes, and hangs from then on
mkdir "$tmp/bin"
cat >"$tmp/bin/git" <<END
#!/bin/sh
[ ! -e $tmp/pushed ] || exec sleep $mark
case " \$* " in
*' push '*) $git_found "\$@" >/dev/null 2>&1; touch $tmp/pushed; exec sleep $mark ;;
esac
exec $git_found "\$@"
END
chmod +x "$tmp/bin/git"
PATH=$tmp/bin:$PATH push_to origin
ok 'a remote that cannot be read after a push: 74, and the outcome is unknown' ended 'it is unknown whether the push to origin has arrived: cannot read origin'
ok '... without a result'                        out_lacks committed
ok '... and no process is left'                gone "$mark"

# A merge that takes Git too long is refused, and the other rings are merged
for ring in a b; do git -C "$r" branch -q "ring-$ring" "$before"; done
one_side() { git -C "$r" switch -q "$1" && echo "$2" >>"$r/tenants/acme/application.yaml" && git -C "$r" commit -qam "$1"; }
one_side ring-b 'b: 1'
one_side ring-a 'a: 1'
one_side main 'm: 1'
git -C "$r" switch -q --detach
git -C "$r" push -q --force origin main ring-a ring-b
git -C "$r" fetch -q origin
cat >"$tmp/bin/git" <<END
#!/bin/sh
# a merge of ring-a, or of several rings at once, hangs
case " \$* " in
*' merge-tree '*|*' merge -q '*)
	case "\$*" in
	*$(git -C "$r" rev-parse ring-b)*) ;;
	*) exec sleep $mark ;;
	esac ;;
esac
exec $git_found "\$@"
END
PATH=$tmp/bin:$PATH run ringsync -C "$r" --from main --remote origin --push --timeout 2 --conflicts=ring < <(printf '%s\n' ring-a ring-b)
ok 'a merge that takes too long is refused' eval 'exits 1 && is "$(jq -r "select(.branch == \"ring-a\") | .code" "$tmp/out")" git-failed &&
	err_has "git merge-tree: git took longer than 2 seconds, and was stopped"'
ok '... the other ring is merged' eval 'git -C "$tmp/truth.git" merge-base --is-ancestor main ring-b'
ok '... and its own branch stays'             is "$(git -C "$tmp/truth.git" rev-parse ring-a)" "$(git -C "$r" rev-parse ring-a)"
ok '... and no process is left'               gone "$mark"

for wrong in 0 -1 86401 1s ''; do
	run applypatch -C "$r" --branch main --push origin --timeout "$wrong" < <(three | framed)
	ok "--timeout '$wrong' is refused" eval 'exits 2 && err_has "--timeout" && err_lines 1'
done
run applypatch -C "$r" --branch main --timeout 3 < <(three | framed)
ok '--timeout requires --push'                exits 2
run ringsync -C "$r" --from main --remote origin --timeout 3 <<<ring-a
ok "... also for ringsync"                       exits 2

finish
