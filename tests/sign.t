#!/bin/bash
# Signed commits: git verify-commit judges them; a signer that fails, hangs or writes nonsense means no commit.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

export GNUPGHOME=$tmp/gnupg
mkdir -m 700 "$GNUPGHOME"
trap 'gpgconf --kill gpg-agent; rm -rf "$tmp"' EXIT
gpg --batch --quiet --passphrase '' --quick-generate-key 'Ann <ann@example.com>' ed25519 sign never 2>"$tmp/gpg" || cat "$tmp/gpg" >&2
gpg --batch --quiet --passphrase '' --quick-generate-key 'Bea <bea@example.com>' ed25519 sign never 2>"$tmp/gpg" || cat "$tmp/gpg" >&2
ssh-keygen -q -t ed25519 -N '' -C ann -f "$tmp/home/key"
printf 'ann@example.com %s\n' "$(cat "$tmp/home/key.pub")" >"$tmp/allowed"
git config --global gpg.ssh.allowedSignersFile "$tmp/allowed"

# set_up NAME VALUE ...: the repository anew, with this configuration
set_up() {
	fresh
	while [ $# -gt 0 ]; do git -C "$r" config "$1" "$2" && shift 2; done
	was=$(state)
}
sign() { apply "$@" < <(three | framed); }
# signer NAME BODY: a program of that name, $tmp/NAME
signer() { printf '#!/bin/bash\n%s\n' "$2" >"$tmp/$1" && chmod +x "$tmp/$1"; }
verified() { git -C "$r" verify-commit --raw main 2>&1 | grep -F -- "$1"; }
unsigned() { not grep -q '^gpgsig' <(git -C "$r" cat-file commit main); }
nothing_left() { not compgen -G "$tmp/signing/*"; }
mkdir "$tmp/signing"
export TMPDIR=$tmp/signing

# One that hangs is waited for as long as a signer may take: begin with it, and look at the end
hang() {
	tmp=$tmp/hang && mkdir "$tmp"
	signer gpg "sleep 998 & echo \$! \$\$ >'$tmp/pids'; sleep 999"
	set_up gpg.program "$tmp/gpg"
	SECONDS=0
	sign --sign
	echo "$status" "$SECONDS" "$(kept && echo kept)" >"$tmp/outcome"
}
(hang) &

# OpenPGP
set_up
sign
ok 'without --sign a commit is not signed'     eval 'exits 0 && unsigned'
set_up
sign --sign
ok '--sign signs with the key of the committer' eval 'exits 0 && verified "GOODSIG" && verified "Ann <ann@example.com>"'
ok '... in one commit'                         is "$(commits)" 1
ok '... that fsck takes'                       is "$(git -C "$r" fsck --strict 2>&1)" ''
ok '... whose trailers stay trailers'          is "$(log %B | git interpret-trailers --parse | wc -l)" 5
ok '... which the result names'                out_has "\"commit\":\"$(tip)\""
set_up user.signingKey bea@example.com commit.gpgSign true
sign
ok 'commit.gpgSign signs, with user.signingKey' eval 'exits 0 && verified "Bea <bea@example.com>"'
set_up user.signingKey bea@example.com commit.gpgSign false
sign
ok '... and does not when it is false'         eval 'exits 0 && unsigned'
set_up commit.gpgSign perhaps
sign
ok '... nor guesses: 66'                       eval 'exits 66 && kept && err_has commit.gpgSign'
signer mygpg 'echo "$@" >>'"$tmp"'/called; exec gpg "$@"'
set_up gpg.program "$tmp/mygpg"
sign --sign
ok 'gpg.program signs'                         eval 'exits 0 && verified GOODSIG'
ok '... called as Git calls it'                is "$(head -n 1 "$tmp/called")" '--status-fd=2 -bsau Ann <ann@example.com>'
set_up gpg.program /nonsense gpg.openpgp.program "$tmp/mygpg" gpg.format openpgp
sign --sign
ok '... as does gpg.openpgp.program'           exits 0
set_up
sign --sign --dry-run
ok 'a dry run asks the signer, and writes nothing' eval 'exits 0 && kept'

# SSH
set_up gpg.format ssh user.signingKey '~'/key
sign --sign
ok 'an SSH key signs, from a file'             eval 'exits 0 && verified "Good \"git\" signature for ann@example.com"'
ok '... that fsck takes'                       is "$(git -C "$r" fsck --strict 2>&1)" ''
set_up gpg.format ssh user.signingKey '../home/key.pub' commit.gpgSign true
sign
ok '... named from the top of the work tree, or by its public half' eval 'exits 0 && verified Good'
set_up gpg.format ssh user.signingKey "$tmp/home/key" commit.gpgSign true
export SOURCE_DATE_EPOCH=1700000000
sign
one=$(tip)
git -C "$r" update-ref refs/heads/main "$before"
sign
ok 'the same input signed by the same ed25519 key is the same commit' is "$(tip)" "$one"
unset SOURCE_DATE_EPOCH
eval "$(ssh-agent)" >/dev/null
ssh-add -q "$tmp/home/key" 2>/dev/null
mv "$tmp/home/key" "$tmp/home/away"
set_up gpg.format ssh user.signingKey "key::$(cat "$tmp/home/key.pub")"
sign --sign
ok 'an agent signs for a key:: literal'        eval 'exits 0 && verified Good'
set_up gpg.format ssh user.signingKey "$(cat "$tmp/home/key.pub")"
sign --sign
ok '... and for one without the mark'          eval 'exits 0 && verified Good'
set_up gpg.format ssh gpg.ssh.defaultKeyCommand 'ssh-add -L'
sign --sign
ok '... and for what gpg.ssh.defaultKeyCommand says' eval 'exits 0 && verified Good'
signer keys 'printf "key::%s\nmore\n" "$(cat "$2")"; [ "$1" = "a  b" ]'
set_up gpg.format ssh gpg.ssh.defaultKeyCommand "'$tmp/keys' \"a \"\\ b $tmp/home/key.pub"
sign --sign
ok '... whose quotes are undone'               eval 'exits 0 && verified Good'
ssh-agent -k >/dev/null
unset SSH_AUTH_SOCK SSH_AGENT_PID
mv "$tmp/home/away" "$tmp/home/key"
signer mykeygen 'echo "$@" >>'"$tmp"'/called; exec ssh-keygen "$@"'
set_up gpg.format ssh user.signingKey "$tmp/home/key" gpg.ssh.program "$tmp/mykeygen"
sign --sign
ok 'gpg.ssh.program signs'                     eval 'exits 0 && verified Good'
ok '... called as Git calls it'                grep -q -- "^-Y sign -n git -f $tmp/home/key $tmp/signing/" "$tmp/called"
ok 'no temporary file is left'        nothing_left

# A bare repository
git clone -q --bare "$r" "$tmp/bare.git" && git -C "$tmp/bare.git" update-ref refs/heads/main "$before"
git -C "$tmp/bare.git" config gpg.format ssh && git -C "$tmp/bare.git" config user.signingKey "$tmp/home/key"
r=$tmp/bare.git
sign --sign
ok 'a commit in a bare repository is signed'   eval 'exits 0 && verified Good'

# No signature, no commit
# no SENTENCE STATUS MESSAGE NAME VALUE ...
no() {
	local sentence=$1 expected=$2 says=$3
	shift 3
	set_up "$@"
	sign --sign
	ok "$sentence: $expected, and no commit" eval 'exits "$expected" && kept && err_has "$says" && err_lines 1 && out_lacks committed'
}
no 'no such secret key' 74 'No secret key' user.signingKey none@example.com
ok '... what gpg says for programs is not shown' not err_has '[GNUPG:]'
no 'no such program' 66 'cannot run' gpg.program "$tmp/none"
no 'x509' 66 'openpgp or ssh' gpg.format x509
no 'another format' 66 'openpgp or ssh' gpg.format pgp
no 'no SSH key at all' 66 'user.signingKey' gpg.format ssh
no 'no such SSH key' 74 'No such file' gpg.format ssh user.signingKey "$tmp/none"
ssh-keygen -q -t ed25519 -N secret -f "$tmp/locked"
no 'an SSH key with a passphrase' 74 'passphrase' gpg.format ssh user.signingKey "$tmp/locked"
no 'a key command that fails' 74 'failed with status 1' gpg.format ssh gpg.ssh.defaultKeyCommand false
no 'a key command without a key' 74 'names no key' gpg.format ssh gpg.ssh.defaultKeyCommand 'echo none'
no 'a key command that is none' 66 'defaultKeyCommand' gpg.format ssh gpg.ssh.defaultKeyCommand "'echo"

signature=$(printf '%s\n' '-----BEGIN PGP SIGNATURE-----' '' 'iHUEABYKAB0WIQ==' '=AAAA' '-----END PGP SIGNATURE-----')
created='echo "[GNUPG:] SIG_CREATED D 22 8 00 1700000000 00" >&2'
# bad_gpg SENTENCE BODY MESSAGE
bad_gpg() {
	signer fake "$2"
	no "a gpg that $1" 74 "$3" gpg.program "$tmp/fake"
}
bad_gpg 'says why it fails' 'echo "no card, $(id -u)"$'"'\\\\n'"'insert one >&2; exit 2' 'insert one'
bad_gpg 'fails after a whole signature' "echo '$signature'; $created; exit 1" 'failed with status 1'
bad_gpg 'is killed' 'kill -9 $$' 'status 137'
bad_gpg 'does not say that it signed' "echo '$signature'" 'did not sign'
bad_gpg 'says it in the middle of a line' "echo '$signature'; echo x '[GNUPG:] SIG_CREATED ' >&2" 'did not sign'
bad_gpg 'writes nothing' "$created" 'wrote no signature'
bad_gpg 'writes nonsense' "echo nonsense; $created" 'wrote no signature'
bad_gpg 'writes more than its signature' "echo '$signature'; echo more; $created" 'wrote no signature'
bad_gpg 'writes something before it' "echo before; echo '$signature'; $created" 'wrote no signature'
bad_gpg 'stops in the middle' "echo '$signature' | head -n 3; $created" 'wrote no signature'
bad_gpg 'signs with something else inside' "echo '${signature/iHUE/AAAA}'; $created" 'wrote no signature'
bad_gpg 'writes a NUL' "echo '${signature/iHUE/iH@UE}' | tr @ '\\0'; $created" 'wrote no signature'
bad_gpg 'writes without end' 'cat /dev/zero' 'more than'
# bad_ssh SENTENCE BODY MESSAGE
bad_ssh() {
	signer fake "$2"
	no "an ssh-keygen that $1" 74 "$3" gpg.format ssh user.signingKey "$tmp/home/key" gpg.ssh.program "$tmp/fake"
}
bad_ssh 'fails' 'echo no agent >&2; exit 255' 'no agent'
bad_ssh 'writes no file' 'exit 0' 'wrote no signature'
bad_ssh 'writes nonsense into it' 'echo nonsense >"${!#}.sig"' 'wrote no signature'
bad_ssh 'writes something else in armour' 'ssh-keygen "$@" && sed -i s/U1NIU0lH/AAAAAAAA/ "${!#}.sig"' 'wrote no signature'
bad_ssh 'writes a file without end' 'head -c 100000 /dev/zero >"${!#}.sig"' 'wrote no signature'
ok 'then too no temporary file is left'            nothing_left
signer crlf 'gpg "$@" | sed "s/\$/\r/"; exit "${PIPESTATUS[0]}"'
set_up gpg.program "$tmp/crlf"
sign --sign
ok "a signature's carriage returns are taken off" eval 'exits 0 && verified GOODSIG'

run applypatch --patch /dev/null --sign </dev/null
ok '--sign and --patch do not go together'     exits 2

wait
read -r status took left <"$tmp/hang/outcome"
cp "$tmp/hang/err" "$tmp/err"
ok 'a signer that hangs is killed: 74, and no commit' eval 'exits 74 && is "$left" kept && err_has "took longer than 30 s"'
ok '... when its time is over, not before'     test "$took" -ge 29 -a "$took" -lt 60
read -r child signer <"$tmp/hang/pids"
gone() { for _ in {1..250}; do kill -0 "$child" || kill -0 "$signer" || return 0; sleep 0.02; done && false; }
ok '... with what it started'                  gone
finish
