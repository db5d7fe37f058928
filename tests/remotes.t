# applypatch --push to real servers on this machine: ssh with a deploy key, https with a private CA and a token.
# PUSHERS writers push COMMITS commits each through ssh at once (make check-race: more of them).

. "$(dirname "$0")/lib.sh"

pushers=${PUSHERS:-3} commits=${COMMITS:-2}
servers=()
# what was started ends with the test: python3, the function of lib.sh, would leave the server running
trap 'for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done; rm -rf "$tmp"' EXIT
cd "$tmp" || exit
is() { [ "$1" = "$2" ] || { echo "have: $1" && echo "want: $2" && false; }; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# answers PORT: wait for a server, ten seconds at most
answers() {
	for _ in {1..100}; do
		(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		sleep 0.1
	done
	false
}

# tenants that pushers change, one for each commit
mkdir -p made/tenants
for ((i = 1; i <= pushers * commits + 4; i++)); do
	mkdir "made/tenants/t-$i" && printf 'image:\n  repository: ghcr.io/x/atlas-ring-a\n  tag: "one"\n' >"made/tenants/t-$i/application.yaml"
done
repo r made
git clone -q --bare r truth.git
git -C truth.git config http.receivepack true
patch() {
	printf '{"type":"patch","tenant":"t-%s","path":"tenants/t-%s/application.yaml","document":0,"service":"atlas","ring":"ring-a",' "$1" "$1"
	printf '"action":"set","image":{"repository":"ghcr.io/x/atlas-ring-a","tag":"two"},'
	printf '"edits":[{"at":"","patch":[{"op":"test","path":"/image/tag","value":"one"},{"op":"replace","path":"/image/tag","value":"two"}]}]}\n'
}
push() { run applypatch -C r --branch main --push "$@"; }
changed() { git -C truth.git show --format= --name-only main; }

# ssh
port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f deploy
cp deploy.pub authorized
/usr/bin/python3 "$top/tests/ssh_server.py" "$port" host authorized 2>ssh.log &
servers+=($!)
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 host.pub)" >known
export GIT_SSH_COMMAND="ssh -F /dev/null -i $tmp/deploy -o IdentitiesOnly=yes -o UserKnownHostsFile=$tmp/known -o BatchMode=yes"
url=ssh://$(id -un)@127.0.0.1:$port$tmp/truth.git
git -C r remote add ssh "$url"
ok 'an ssh server starts' answers "$port"
push ssh < <(patch 1 | framed)
ok 'ssh with a deploy key: pushed' eval 'exits 0 && is "$(changed)" tenants/t-1/application.yaml'
run applypatch -C r --branch release/a --onto main --push ssh < <(patch 2 | framed)
ok '... and a proposal is created there' eval 'exits 0 && out_has "\"proposal\":\"created\""'
framed </dev/null | run applypatch -C r --branch release/a --onto main --push ssh
ok '... and withdrawn' eval 'exits 0 && out_has "\"proposal\":\"withdrawn\"" && ! git -C truth.git rev-parse -q --verify release/a'
old=$(git -C truth.git rev-parse main)
ssh-keygen -q -t ed25519 -N '' -f stranger
GIT_SSH_COMMAND=${GIT_SSH_COMMAND/deploy/stranger} push ssh < <(patch 2 | framed)
ok "an unknown key is not permitted: 77, with ssh's message" eval 'exits 77 && err_has "Permission denied" && err_lines 1'
: >none
GIT_SSH_COMMAND=${GIT_SSH_COMMAND/known/none} push ssh < <(patch 2 | framed)
ok '... nor is an unknown host key' eval 'exits 77 && err_has "Host key verification failed"'
ok '... and nothing was pushed' is "$(git -C truth.git rev-parse main)" "$old"

# Many at once
writer() {
	git clone -q truth.git "w-$1"
	git -C "w-$1" remote add ssh "$url"
	for ((c = 1; c <= commits; c++)); do
		patch $((4 + ($1 - 1) * commits + c)) | framed | applypatch -v -C "w-$1" --branch main --push ssh >"w-$1.$c" 2>>"w-$1.err" ||
			echo "writer $1, commit $c: $? $(tail -1 "w-$1.err")"
	done
}
for ((w = 1; w <= pushers; w++)); do
	writer "$w" >"w-$w.failed" 2>&1 &
	writers[w]=$!
done
wait "${writers[@]}"
tried=(w-*.[0-9]*)
echo "# $pushers pushers of $commits commits: ${#tried[@]} tried, applied again $(cat w-*.err | grep -c 'applying again') times because the branch had moved"
ok "$pushers pushers of $commits commits each through ssh: all are tried" is "${#tried[@]}" $((pushers * commits))
ok '... and none fails' is "$(cat w-*.failed)" ''
ok '... no commit is lost, and no commit is there twice' is "$(git -C truth.git rev-list --count "$old..main")" $((pushers * commits))
ok '... nor is a change lost' is "$(git -C truth.git grep -c '"two"' main -- tenants | wc -l)" $((pushers * commits + 1))
ok '... each record was applied once' is "$(git -C truth.git log --format= --name-only "$old..main" | sort | uniq -c | awk '$1 != 1')" ''
ok '... and the remote is sound' is "$(git -C truth.git fsck --strict --no-dangling 2>&1)" ''

# https
port=$(free_port) token=canary-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
basic=$(printf 'bot:%s' "$token" | base64 -w0)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=ringkit test CA' -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout tls.key -out tls.csr 2>/dev/null
openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out tls.pem \
	-extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
printf 'bot:%s\n' "$token" >user
/usr/bin/python3 "$top/tests/https_server.py" "$port" tls.pem tls.key user "$tmp" 2>https.log &
servers+=($!)
ok 'an https server starts' answers "$port"
git -C r remote add https "https://localhost:$port/truth.git"

# a git that notes its arguments, and those of all processes while it runs
mkdir bin
cat >bin/git <<END
#!/bin/bash
printf '%q ' "\$@" >>$tmp/args
$(command -v git) "\$@" &
child=\$!
while kill -0 \$child 2>/dev/null; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >>$tmp/args; sleep 0.02; done
wait \$child
END
chmod +x bin/git
with() { PATH=$tmp/bin:$PATH push https; }

old=$(git -C truth.git rev-parse main)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=another CA' -keyout other.key -out other.pem 2>/dev/null
export GIT_SSL_CAINFO=$tmp/other.pem
with < <(patch 2 | framed)
ok 'a server with an unknown CA is not trusted' eval 'not exits 0 && err_has certificate && err_lines 1'
export GIT_SSL_CAINFO=$tmp/ca.pem
with < <(patch 2 | framed)
ok 'git does not prompt for a password: 77' eval 'exits 77 && err_has "could not read Username" && err_lines 1'
ok '... and nothing was pushed' is "$(git -C truth.git rev-parse main)" "$old"
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0="Authorization: Basic $basic"
with < <(patch 2 | framed)
ok 'https with a token by http.extraHeader: pushed' eval 'exits 0 && is "$(changed)" tenants/t-2/application.yaml'
cp err all && cat out >>all
unset GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
printf '#!/bin/sh\n[ "$1" != get ] || cat %s\n' "$tmp/credential" >helper && chmod +x helper
printf 'username=bot\npassword=%s\n' "$token" >credential
git -C r config credential.helper "$tmp/helper"
with < <(patch 3 | framed)
ok '... by a credential helper' eval 'exits 0 && is "$(changed)" tenants/t-3/application.yaml'
cat out err >>all
printf 'username=bot\npassword=wrong-%s\n' "$token" >credential
with < <(patch 4 | framed)
ok 'a wrong token is not permitted: 77' eval 'exits 77 && err_lines 1'
cat out err >>all
git -C r config --unset credential.helper
printf '#!/bin/sh\ncase $1 in Username*) echo bot ;; *) cat %s ;; esac\n' "$tmp/token" >askpass && chmod +x askpass
echo "$token" >token
GIT_ASKPASS=$tmp/askpass with < <(patch 4 | framed)
ok '... by GIT_ASKPASS' eval 'exits 0 && is "$(changed)" tenants/t-4/application.yaml'
cat out err >>all
for repository in r/.git truth.git; do
	git --git-dir=$repository cat-file --batch --batch-all-objects
	git --git-dir=$repository for-each-ref
done >>all
ok 'the processes were seen' grep -q ' push ' args
ok 'no token is in the output, in an object, or in a list of arguments' not grep -aqE "$token|$basic" all args
ok '... nor in the repository' not grep -raqE "$token|$basic" r truth.git

finish
