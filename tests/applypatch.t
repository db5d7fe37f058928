#!/bin/bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

# One commit
fresh
{ three; idle delta; } | framed mkpatch >"$tmp/in"
apply <"$tmp/in"
ok 'three patches give one commit'             is "$(commits)" 1
ok '... with status 0 and no message'                     eval 'exits 0 && err_empty'
ok 'there is a record for each patch, and the end record'      out_lines 5
ok '... in order, committed or unchanged'          is "$(jq -r 'select(.tenant) | .tenant + " " + .status' "$tmp/out" | paste -sd,)" \
	'acme committed,beta committed,gamma committed,delta unchanged'
ok 'a result has the members of ring-records(5)'     out_has '{"type":"result","tenant":"acme","path":"tenants/acme/application.yaml","service":"atlas","ring":"ring-a","action":"set","status":"committed","branch":"main","commit":"'"$(tip)"'","cohorts":["github:path:blue"],"pull_request":"x/atlas#7"}'
ok 'the diff is only the lines of the tags'   is "$(git -C "$r" diff -U0 "$before" main | grep '^[-+] ' | sort | uniq -c | tr -s ' ')" \
	$' 3 + tag: "two"\n 3 - tag: "one"'
ok 'fsck finds no fault'                        is "$(git -C "$r" fsck --strict --full 2>&1)" ''
ok 'one pack has all new objects'            is "$(git -C "$r" count-objects -v | grep packs:)" 'packs: 1'
ok '... and no others: 3 files, 5 trees, 1 commit' is "$(git -C "$r" count-objects -v | grep in-pack:)" 'in-pack: 9'
ok 'the reflog has the subject'                          is "$(git -C "$r" reflog -1 --format=%gs main)" 'applypatch: Release atlas ring-a to 3 tenants'
ok '... and names the committer'               is "$(git -C "$r" reflog -1 --format='%gn <%ge>' main)" 'Ann <ann@example.com>'
ok 'the work tree and the index are unchanged' is "$(git -C "$r" status --porcelain)" ''
ok 'author and committer are those of Git'        is "$(log '%an <%ae>, %cn <%ce>')" 'Ann <ann@example.com>, Ann <ann@example.com>'
ok 'the message lists tenants and images'    is "$(log %B)" "Release atlas ring-a to 3 tenants

acme: set ghcr.io/x/atlas-ring-a:two (was one)
beta: set ghcr.io/x/atlas-ring-a:two (was one)
gamma: set ghcr.io/x/atlas-ring-a:two (was one)

Service: atlas
Ring: ring-a
Image: ghcr.io/x/atlas-ring-a:two
Cohort: github:path:blue
Pull-Request: x/atlas#7"
ok 'Git recognises its trailers'          is "$(log %B | git interpret-trailers --parse | wc -l)" 5

# Again
{ idle acme; idle beta; } | framed mkpatch >"$tmp/in2"
was=$(state)
apply <"$tmp/in2"
ok 'without changes: status 0, and no commit'     eval 'exits 0 && kept'
ok '... reported as unchanged'                        is "$(status_of acme)" unchanged
apply <"$tmp/in"
ok 'the old patches again are stale: 75'       exits 75
ok '... reported with line and path'               err_has '<stdin>:1: acme: tenants/acme/application.yaml: '
ok '... and nothing is changed'                kept

# Trailers, dates, names
fresh
GIT_AUTHOR_DATE='2026-01-02T03:04:05+0100' SOURCE_DATE_EPOCH=1700000000 GIT_AUTHOR_NAME=' B. Author, ' \
	apply --trailer 'Reviewed-by: Ann <a@b>' --trailer Ticket=OPS-1 < <(three | framed)
ok 'further trailers come after ours'        is "$(log %B | git interpret-trailers --parse | tail -2)" $'Reviewed-by: Ann <a@b>\nTicket: OPS-1'
ok 'dates come from GIT_AUTHOR_DATE and SOURCE_DATE_EPOCH' is "$(log '%aI %ct')" '2026-01-02T03:04:05+01:00 1700000000'
ok 'a name is cleaned as by Git'        is "$(log %an)" 'B. Author'
one=$(tip)
fresh
SOURCE_DATE_EPOCH=1700000000 GIT_AUTHOR_DATE='@1700000000 +0000' apply < <(three | framed)
one=$(tip)
git -C "$r" update-ref refs/heads/main "$before"
SOURCE_DATE_EPOCH=1700000000 GIT_AUTHOR_DATE='@1700000000 +0000' apply < <(three | framed)
ok 'the same input on the same tip is the same commit' is "$(tip)" "$one"
git -C "$r" update-ref refs/heads/main "$before"
SOURCE_DATE_EPOCH=1700000000 GIT_AUTHOR_DATE='@1700000000 +0000' GIT_COMMITTER_DATE='@1700000001 +0000' apply < <(three | framed)
ok '... and with GIT_COMMITTER_DATE another' is "$(log '%at %ct')" '1700000000 1700000001'
was=$(state)
for bad in 'Ring: other' 'no trailer' $'Key: a\nRing: b' '=x'; do
	apply --trailer "$bad" < <(three | framed)
	ok "the trailer $(printf %q "$bad") is wrong usage" eval 'exits 2 && kept'
done
fresh
was=$(state)
(unset "${!GIT_AUTHOR_@}" "${!GIT_COMMITTER_@}"; apply < <(three | framed); echo "$status" >"$tmp/status")
status=$(cat "$tmp/status")
ok 'without an author: 66, and the remedy' eval 'exits 66 && err_has "git config user.name" && kept'
fresh
three | framed >"$tmp/in"
with=(-c "user.name=O'Neil! = \"it\"" -c user.email=x@example.com -c "User.Name=O'Neil! = \"it\"")
(unset "${!GIT_AUTHOR_@}" "${!GIT_COMMITTER_@}"
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=Weaker \
		git -C "$r" "${with[@]}" -c alias.ringapply="!applypatch -C . --branch main <'$tmp/in'" ringapply >"$tmp/out"
	git -C "$r" "${with[@]}" var GIT_AUTHOR_IDENT >"$tmp/ident")
ok 'an alias gets the settings of git -c, as Git reads them' is "$(log '%an <%ae>')" "$(cut -d'>' -f1 "$tmp/ident")>"

# A bare repository, an executable manifest, and file permissions
fresh
chmod +x "$r/tenants/acme/application.yaml"
git -C "$r" switch -q main && git -C "$r" commit -qam x
git clone -q --bare "$r" "$tmp/bare.git"
r=$tmp/bare.git before=$(tip)
apply < <(three | framed)
ok 'a bare repository gets its commit'         eval 'exits 0 && is "$(commits)" 1'
ok 'modes are kept'                            is "$(git -C "$r" ls-tree main tenants/acme/ | cut -c1-6)" 100755
ok '... and fsck finds no fault'                       is "$(git -C "$r" fsck --strict 2>&1)" ''
rm -rf "$tmp/bare.git"

# All or nothing
fresh
was=$(state)
apply < <({ patch acme one two; patch beta other two; patch gamma one two; } | framed)
ok 'one stale patch stops all: 75'             exits 75
ok '... nothing is written'                    kept
ok '... the others are withheld'               is "$(status_of acme) $(status_of beta) $(status_of gamma)" 'withheld stale withheld'
ok '... and the end record counts it'                 out_has '"by":"applypatch","records":3,"refused":1}'
apply < <({ refused; three; } | framed)
ok 'an earlier refusal stops all: 1'           eval 'exits 1 && kept'
ok '... is passed on'                          out_has "$(refused)"
ok '... and the others are withheld'           is "$(status_of acme)" withheld
apply < <({ patch acme one two; patch beta one two none.yaml; } | framed)
ok 'a missing manifest is refused'   eval 'exits 1 && kept && is "$(status_of beta)" no-manifest'

# --partial
apply --partial < <({ patch acme one two; patch beta other two; patch beta one two tenants/delta/application.yaml
	refused gamma; refused; patch gamma one two; } | framed)
ok 'with --partial a refusal stops only its own tenant' is "$(status_of acme) $(status_of beta | paste -sd' ') $(status_of gamma | paste -sd' ')" \
	'committed stale withheld held-by-another-ring withheld'
ok '... also its other manifests'    is "$(git -C "$r" diff --name-only "$before" main)" tenants/acme/application.yaml
ok '... and the status is 1'                   exits 1
fresh
was=$(state)
apply --partial < <(patch acme other two | framed)
ok 'if all are refused, there is no commit'    eval 'exits 75 && kept'
apply --partial < <({ patch acme one two; patch acme two three; } | framed)
ok 'records of one tenant are applied one after the other' is "$(git -C "$r" show main:tenants/acme/application.yaml | grep tag)" '  tag: "three"'
fresh
was=$(state)
apply --partial < <({ patch acme one two; patch acme one three; } | framed)
ok '... and together or not at all'         eval 'exits 75 && kept && is "$(status_of acme | paste -sd" ")" "withheld stale"'
shared=tenants/acme/application.yaml
apply --partial < <({ patch acme one two; patch beta two wrong "$shared"; patch beta other two "$shared"
	patch gamma two three "$shared"; } | framed)
ok 'tenants may share a file, and a refused one changes nothing in it' \
	is "$(git -C "$r" show main:tenants/acme/application.yaml | grep tag)" '  tag: "three"'

# Files that are not edited
fresh
was=$(state)
git -C "$r" switch -q main
ln -s application.yaml "$r/tenants/acme/link" && mkdir "$r/tenants/acme/dir" && touch "$r/tenants/acme/dir/x"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >"$r/tenants/acme/lfs"
git -C "$r" add -A && git -C "$r" update-index --add --cacheinfo "160000,$before,tenants/acme/module"
git -C "$r" commit -qm more && git -C "$r" switch -q --detach
was=$(state)
for name in link module lfs dir link/x module/x; do
	apply < <(patch acme one two "tenants/acme/$name" | framed)
	ok "$name is refused as not a file"       eval 'exits 1 && kept && is "$(status_of acme)" not-a-file'
done
git -C "$r" switch -q main && echo 'a: [1' >"$r/tenants/acme/application.yaml" && git -C "$r" commit -qam broken && git -C "$r" switch -q --detach
was=$(state)
apply < <(patch acme one two | framed)
ok 'a file that is no longer YAML is refused' eval 'exits 1 && kept && is "$(status_of acme)" bad-yaml && err_has tenants/acme/application.yaml:2:1:'

# Attributes: of the tip and of the repository, not of what is checked out
# attributes LINES [FILE]: commit them as .gitattributes, or as FILE
attributes() {
	fresh
	git -C "$r" switch -q main
	printf '%s\n' "$1" >"$r/${2-.gitattributes}"
	git -C "$r" add -A && git -C "$r" -c filter.crypt.clean=cat commit -qm attributes && git -C "$r" switch -q --detach
	before=$(tip) was=$(state)
}
filtered() { exits 1 && kept && is "$(status_of acme)" not-a-file && err_has "the filter \"$1\""; }
attributes 'application.yaml filter=crypt'
apply < <(patch acme one two | framed)
ok 'a file with a filter is refused'           filtered crypt
attributes 'acme/* filter=lfs' tenants/.gitattributes
apply < <(patch acme one two | framed)
ok '... by the attributes of its directory'    filtered lfs
apply < <(patch beta one two | framed)
ok '... but not a file beside it'                  exits 0
attributes $'[attr]secret filter=crypt -diff\n/tenants/a*/** secret'
apply < <(patch acme one two | framed)
ok '... by a macro'                            filtered crypt
attributes $'*.yaml filter=crypt\n/tenants/** -filter'
apply < <(patch acme one two | framed)
ok 'a filter that is unset does not count'       exits 0
attributes $'* filter\n*.yaml text eol=crlf ident working-tree-encoding=ISO-8859-1'
apply < <(patch acme one two | framed)
ok 'other attributes do not change the bytes'    eval 'exits 0 && is "$(git -C "$r" diff "$before" main -- | grep -c "^[-+] ")" 2'
fresh
mkdir -p "$r/.git/info" && echo '*.yaml filter=crypt' >"$r/.git/info/attributes"
was=$(state)
apply < <(patch acme one two | framed)
ok "a filter of the repository's own attributes counts" filtered crypt
git -C "$r" worktree add -q --detach "$tmp/linked"
run applypatch -C "$tmp/linked" --branch main < <(patch acme one two | framed)
ok '... also in a linked work tree'         filtered crypt
git -C "$r" worktree remove "$tmp/linked"
fresh
echo '*.yaml filter=crypt' | tee "$r/.gitattributes" "$r/tenants/.gitattributes" >"$r/tenants/acme/.gitattributes"
git -C "$r" -c filter.crypt.clean=cat add -A
apply < <(patch acme one two | framed)
ok '... but not one of the work tree or the index' exits 0
attributes '*.yaml filter=crypt'
git -C "$r" rm -q --cached .gitattributes && rm "$r/.gitattributes"
git clone -q --bare "$r" "$tmp/bare.git"
apply < <(patch acme one two | framed)
ok '... whatever they have' filtered crypt
r=$tmp/bare.git && mkdir -p "$r/logs" && was=$(state)
apply < <(patch acme one two | framed)
ok '... also in a bare repository'       filtered crypt
rm -rf "$tmp/bare.git"

# Paths that no longer exist
gone() { patch acme one two | sed 's|"document":0|&,"blob":"'"$1"'"|; s|"edits":.*|"edits":[{"at":"","patch":[{"op":"add","path":"/none/x","value":1}]}]}|'; }
fresh
was=$(state)
apply < <(gone "$before" | framed)
ok 'a path that the manifest no longer has is stale' eval 'exits 75 && kept && is "$(status_of acme)" stale'
apply < <(gone "$(git -C "$r" rev-parse main:tenants/acme/application.yaml)" | framed)
ok '... and one that it never had is refused'  eval 'exits 1 && kept && is "$(status_of acme)" no-such-path'

# Duplicate records, and two services from one revision
fresh
apply < <(three | framed; three | framed)
ok 'a duplicate record is one change'   eval 'exits 0 && is "$(commits)" 1 && is "$(status_of acme | paste -sd" ")" "committed committed"'
add() { patch acme x y | sed 's/"service":"atlas"/"service":"'"$1"'"/; s/"edits":.*/"edits":[{"at":"","patch":[{"op":"add","path":"\/new","value":{"'"$1"'":{"tag":"t"}}}]}]}/'; }
fresh
apply < <({ add atlas; add heracles; } | framed)
ok 'patches of two services from one revision are merged' eval 'exits 0 && is "$(git -C "$r" show main:tenants/acme/application.yaml | sed -n "/^new/,\$p" | tr -d " \n")" "new:atlas:tag:theracles:tag:t"'
apply < <(add atlas | framed)
ok '... but not in a later stream'          exits 75

# The blob that a record names is edited before the end of the stream: only if the file is that blob is the result used
named() { sed 's|"document":0|&,"blob":"'"$(git -C "$r" rev-parse main:tenants/acme/application.yaml)"'"|'; }
fresh
apply < <({ add atlas | named; add heracles | named; } | framed)
ok 'two patches of one blob are merged as well' eval 'exits 0 && is "$(git -C "$r" show main:tenants/acme/application.yaml | sed -n "/^new/,\$p" | tr -d " \n")" "new:atlas:tag:theracles:tag:t"'
fresh
patch acme one two | named >"$tmp/early"
apply < <(add atlas | framed)
apply < <(framed <"$tmp/early")
ok 'a patch of an older blob keeps what the file has gained' eval 'exits 0 && is "$(git -C "$r" diff --numstat main^ main | cut -f 1,2)" "$(printf "1\\t1")" && git -C "$r" show main:tenants/acme/application.yaml | grep -q "^new"'

fresh
git -C "$r" switch -q main
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >"$r/tenants/acme/lfs"
{ printf 'image:\n  tag: "one"\n' && head -c 16777216 /dev/zero | tr '\0' '#'; } >"$r/tenants/acme/large"
git -C "$r" add -A && git -C "$r" commit -qm more && git -C "$r" switch -q --detach
was=$(state)
for name in lfs large; do
	apply < <(patch acme one two "tenants/acme/$name" | sed '
		s|"document":0|&,"blob":"'"$(git -C "$r" rev-parse "main:tenants/acme/$name")"'"|
		'"$([ $name = large ] || echo 's|"patch":.*|"patch":[{"op":"replace","path":"","value":{"a":"b"}}]}]}|')" | framed)
	ok "a file that is not edited is not edited then either: $name" eval 'exits 1 && kept && is "$(status_of acme)" not-a-file'
done

# --dry-run and --diff
fresh
was=$(state)
apply --dry-run < <(three | framed)
ok 'a dry run reports planned changes'            eval 'exits 0 && is "$(status_of acme)" planned && out_lacks "\"commit\""'
ok '... and does not change objects and refs' kept
apply -n --diff < <(three | framed)
cp "$tmp/out" "$tmp/diff"
ok '... also with --diff'                    eval 'exits 0 && kept'
git -C "$r" switch -q --detach main
ok 'git apply accepts the diff'                  git -C "$r" apply --index "$tmp/diff"
git -C "$r" reset -q --hard
apply --diff < <(three | framed)
ok '--diff without --dry-run commits'                      is "$(commits)" 1
ok '... and writes the same diff'                       same "$tmp/diff" "$tmp/out"
git -C "$r" -c core.abbrev=7 diff "$before" main >"$tmp/git"
ok '... which is that of git diff'         same "$tmp/git" "$tmp/out"
was=$(state)
apply --diff < <({ refused; patch acme two three; } | framed)
ok 'a refusal gives no diff, and status 1'        eval 'exits 1 && out_empty && kept'

# The diff of unusual files
fresh
git -C "$r" switch -q main
printf 'image:\r\n  tag: "one"\r\nx: 1\r\n' >"$r/tenants/acme/application.yaml"
printf 'image: {tag: "one"}' >"$r/tenants/beta/application.yaml"
chmod +x "$r/tenants/beta/application.yaml"
{ printf 'image:\n  tag: "one"\nspec:\n'; for i in {1..40}; do echo "  größe-$i: $i  # ü"; done; } >"$r/tenants/gamma/application.yaml"
git -C "$r" commit -qam hard && git -C "$r" switch -q --detach && before=$(tip)
apply --diff < <(three | framed)
cp "$tmp/out" "$tmp/diff"
git -C "$r" -c core.abbrev=7 diff "$before" main >"$tmp/git"
ok 'CRLF, no last newline, a mode, another alphabet: the diff is that of git diff' eval 'exits 0 && same "$tmp/git" "$tmp/diff"'
git -C "$r" checkout -q --detach "$before"
ok '... git apply accepts it'                    git -C "$r" apply --index "$tmp/diff"
ok '... with the same result'              is "$(git -C "$r" write-tree)" "$(tip 'main^{tree}')"
git -C "$r" reset -q --hard
fresh
git -C "$r" switch -q main
yes '' | head -n 200000 >>"$r/tenants/acme/application.yaml"
git -C "$r" commit -qam long && git -C "$r" switch -q --detach && before=$(tip)
apply --diff < <(three | framed)
echo 'tenants/acme/* -diff' >"$r/.git/info/attributes"
git -C "$r" -c core.abbrev=7 diff "$before" main >"$tmp/git"
rm "$r/.git/info/attributes"
ok 'files of too many lines are only said to differ' eval 'exits 0 && same "$tmp/git" "$tmp/out" && out_has "Binary files"'

# A stream that is not complete
fresh
was=$(state)
{ three | framed; patch delta one two | framed; } >"$tmp/whole"
lines=$(wc -l <"$tmp/whole") size=$(wc -c <"$tmp/whole") wrong=0 cuts=0
cut() {
	apply <"$tmp/cut"
	cuts=$((cuts + 1))
	eval 'exits 65 && kept' >"$tmp/why" || { wrong=$((wrong + 1)); echo "# cut at $1: $(cat "$tmp/why")"; }
}
for ((n = 0; n < lines; n++)); do
	head -n "$n" "$tmp/whole" >"$tmp/cut"
	[ "$n" -eq 4 ] || cut "line $n"		# there a whole stream ends
done
for ((n = 7; n < size; n += 97)); do
	head -c "$n" "$tmp/whole" >"$tmp/cut"
	cut "byte $n"
done
head -c $((size - 1)) "$tmp/whole" >"$tmp/cut"
cut 'the last newline'
ok "cut at each line and at bytes within, $cuts times: 65, nothing changed" is "$wrong" 0
for i in 1 2 3 4; do sed "${i}d" "$tmp/whole" >"$tmp/cut"; cut "line $i gone"; done
ok '... also with a line missing'                 is "$wrong" 0
apply </dev/null
ok 'empty input was cut short'              eval 'exits 65 && kept && err_has "cut short"'
apply --unframed < <(patch acme one two)
ok '--unframed accepts records without end record'      eval 'exits 0 && is "$(commits)" 1'

# Invalid records
fresh
was=$(state)
# bad SENTENCE SED-SCRIPT MESSAGE
bad() {
	apply < <({ patch acme one two; patch beta one two | sed "$2"; } | framed)
	want=$3
	ok "65: $1" eval 'exits 65 && kept && err_has "<stdin>:2: " && err_has "$want" && err_lines 1 && out_lacks "\"end\""'
}
bad 'a path outside the repository'    's|"path":"tenants[^"]*|"path":"../x|'          'path'
bad 'an absolute path'                's|"path":"tenants[^"]*|"path":"/etc/passwd|'   'absolute'
bad 'a path into .git'                's|"path":"tenants[^"]*|"path":"tenants/.GIT/config|' 'path'
bad 'a path with an empty component'  's|"path":"tenants[^"]*|"path":"tenants//x|'    'empty component'
bad 'a path with a newline'           's|"path":"tenants[^"]*|"path":"a\\\\nb|'       'path'
bad 'a missing tenant'                       's|"tenant":"beta",||'                          '"tenant"'
bad 'a document below 0'              's|"document":0|"document":-1|'                 'document'
bad 'a document that is not a number'    's|"document":0|"document":"0"|'                'document'
bad 'missing edits'                        's|"edits":.*|"edit":[]}|'                      '"edits"'
bad 'edits that are not a list'          's|"edits":.*|"edits":{}}|'                     '"edits"'
bad 'an edit without a patch'         's|"patch":|"batch":|'                          '"patch"'
bad 'an unknown operation'            's|"op":"replace"|"op":"swap"|'                 'RFC 6902'
bad 'an operation without its value'  's|,"value":"two"}\]||; s|}\]}$|}]}]}|'         '"value"'
bad 'a path that is not a pointer'       's|"path":"/image/tag","value":"two"|"path":"image","value":"two"|' 'JSON Pointer'
bad 'an unknown action'       's|"action":"set"|"action":"keep"|'             'action'
bad 'an invalid ring'             's|"ring":"ring-a"|"ring":"Ring-a"|'              'ring'
bad 'an invalid tag'              's|"tag":"two"}|"tag":"-two"}|'                 'tag'
bad 'an invalid pull request'     's|x/atlas#7|x/atlas|'                          'pull_request'
bad 'a cohort with a newline'         's|github:path:blue|github:path:a\\\\nRing: b|' 'cohort'
bad 'a duplicate member'                  's|"document":0|"document":0,"document":0|'     'duplicate'
bad 'a line that is not JSON'                         's|^{||'                                        'JSON'

# Standard output
apply < <(three | framed) && full() { applypatch -C "$r" --branch main "$@" < <(three | framed) >/dev/full; }
fresh
was=$(state)
run full
ok 'a full disk is 74, before any change' eval 'exits 74 && kept'
run full --diff
ok '... also with --diff'                   eval 'exits 74 && kept'
closed() { applypatch -C "$r" --branch main < <(three | framed) >&-; }
run closed
ok 'so is a closed standard output'            eval 'exits 74 && kept'

# The branch
git -C "$r" switch -q main
was=$(state)
apply < <(three | framed)
ok 'a branch that is checked out is refused: 77' eval 'exits 77 && kept && err_has "checked out in $r" && err_has "git switch --detach"'
apply --dry-run < <(three | framed)
ok '... also in a dry run'                     exits 77
git -C "$r" switch -q --detach
git -C "$r" worktree add -q "$tmp/linked" main
apply < <(three | framed)
ok '... also in a linked work tree'            eval 'exits 77 && err_has "checked out in $tmp/linked"'
git -C "$tmp/linked" -c sequence.editor='sed -i s/pick/break/' rebase -q -i HEAD~0 2>/dev/null
git -C "$tmp/linked" -c core.editor=true -c sequence.editor="sed -i '1s/^/break\n/'" rebase -q -i --root 2>/dev/null
apply < <(three | framed)
ok '... and during a rebase'         eval 'exits 77 && err_has "being rebased in $tmp/linked"'
git -C "$tmp/linked" rebase --abort
git -C "$r" worktree remove --force "$tmp/linked"
was=$(state)
run applypatch -C "$r" --branch nope < <(three | framed)
ok 'a missing branch is named: 66'   eval 'exits 66 && err_has "branch \"nope\" not found" && kept'
run applypatch -C "$r" --branch 'a..b' < <(three | framed)
ok 'an invalid branch name is 2'       exits 2
run applypatch -C "$r" < <(three | framed)
ok 'a missing --branch is 2'                            eval 'exits 2 && err_has "--branch"'
run applypatch -C /proc --branch main < <(three | framed)
ok 'a missing repository is 66'                       exits 66
git -C "$r" symbolic-ref refs/heads/alias refs/heads/main
run applypatch -C "$r" --branch alias < <(three | framed)
ok 'a branch that is a symbolic ref moves the branch that it refers to' eval 'exits 0 && is "$(commits)" 1 && is "$(git -C "$r" symbolic-ref refs/heads/alias)" refs/heads/main'

# Repositories that libgit2 cannot open
# other NAME STATUS MESSAGE: a repository $tmp/NAME is refused, with the remedy
other() {
	local want=$2 says=$3
	run applypatch -C "$tmp/$1" --branch main < <(three | framed)
	ok "a repository that is $1: $2, and the remedy" eval 'exits "$want" && err_has "$says" && err_lines 1 && out_empty'
	rm -rf "${tmp:?}/$1"
}
git init -q --object-format=sha256 "$tmp/sha256"
other sha256 66 'git init --object-format=sha1'
git init -q "$tmp/reftable" && git -C "$tmp/reftable" config core.repositoryformatversion 1 &&
	git -C "$tmp/reftable" config extensions.refstorage reftable
other reftable 66 'git refs migrate --ref-format=files'
fresh
git -C "$r" config uploadpack.allowFilter true
git clone -q --no-checkout --filter=blob:none "file://$r" "$tmp/partial" && git -C "$tmp/partial" update-ref refs/heads/main "$before" &&
	git -C "$tmp/partial" symbolic-ref HEAD refs/heads/none
run applypatch -C "$tmp/partial" --branch main < <(three | framed)
ok 'a partial clone without the manifests: refused, and the remedy' eval 'not exits 0 && is "$(git -C "$tmp/partial" rev-parse main)" "$before" && err_has "partial clone"'
rm -rf "$tmp/partial"
if [ "$(id -u)" -eq 0 ]; then
	chown -R 12345 "$r"
	was=$(git -C "$r" -c safe.directory="$r" rev-parse main 2>/dev/null)
	apply < <(three | framed)
	ok 'a repository of another user: 77, and the remedy' eval 'exits 77 && err_has "safe.directory" && err_lines 1'
	git config --global --add safe.directory "$(realpath "$r")"
	apply < <(three | framed)
	ok '... which works'                   exits 0
	git config --global --unset-all safe.directory
	chown -R 0 "$r"
fi

# Locks
fresh
touch "$r/.git/refs/heads/main.lock"
apply < <(three | framed)
ok 'a lock that stays is named with its age: 75' eval 'exits 75 && err_has "refs/heads/main.lock is " && err_has " s old"'
ok '... and not removed'                       test -e "$r/.git/refs/heads/main.lock"
ok '... and the output ends in a whole line, without an end record' is "$(cat "$tmp/out")" '{"type":"failed","by":"applypatch"}'
ok '... and the branch has not moved'          is "$(tip)" "$before"
rm "$r/.git/refs/heads/main.lock"
(sleep 0.5; rm "$r/.git/refs/heads/main.lock") & touch "$r/.git/refs/heads/main.lock"
apply < <(three | framed)
wait
ok 'a lock that is released is waited for'            eval 'exits 0 && is "$(commits)" 1'

# moved TENANT: apply while the branch is locked, and moves to a commit that gives TENANT's tag another value
moved() {
	fresh
	git -C "$r" switch -q -c other main
	sed -i 's/"one"/"else"/' "$r/tenants/$1/application.yaml"
	git -C "$r" commit -qam else
	git -C "$r" switch -q --detach
	touch "$r/.git/refs/heads/main.lock"
	# once the commit is written, and only the branch is still to move
	(for _ in {1..1000}; do ! compgen -G "$r/.git/objects/ringkit_*/pack/*.idx" || break; sleep 0.01; done
		tip other >"$r/.git/refs/heads/main"; rm "$r/.git/refs/heads/main.lock") >/dev/null &
	apply -v < <(patch acme one two | framed)
	wait
}
moved beta
ok 'if the branch moves, the patches are applied to its new tip' eval 'exits 0 && err_has "applying again"'
ok '... and the commit is on top of it'     is "$(tip main^)" "$(tip other)"
ok '... and reverts nothing'                is "$(git -C "$r" grep -h tag: main -- tenants | sort | uniq -c | tr -s ' ' | paste -sd,)" \
	' 1 tag: "else", 2 tag: "one", 1 tag: "two"'
moved acme
ok 'a change of the other commit is not overwritten: 75' eval 'exits 75 && is "$(status_of acme)" stale'
ok '... and the branch stays at that commit'    is "$(tip)" "$(tip other)"
ok '... with a complete stream, begun before the first try' is "$(jq -r .type "$tmp/out" | paste -sd' ')" 'refused end'

# The plain filter
cat >"$tmp/m.yaml" <<'EOF'
# mine
image:
  tag: "one"  # here
EOF
echo '[{"op":"replace","path":"/image/tag","value":"two"}]' >"$tmp/p.json"
run applypatch --patch "$tmp/p.json" <"$tmp/m.yaml"
ok 'applypatch --patch is a filter'            eval 'exits 0 && sed s/one/two/ "$tmp/m.yaml" | out_is'
echo '[{"op":"remove","path":"/none"}]' >"$tmp/p.json"
run applypatch --patch "$tmp/p.json" <"$tmp/m.yaml"
ok 'a patch that does not apply is 1, without output' eval 'exits 1 && out_empty && err_lines 1'
echo '[{"op":"test","path":"/image/tag","value":"two"}]' >"$tmp/p.json"
run applypatch --patch "$tmp/p.json" <"$tmp/m.yaml"
ok 'also a failed test'                   eval 'exits 1 && out_empty && err_lines 1'
echo '[{"op":"add","path":"/image","value":"x"}]' >"$tmp/p.json"
run applypatch --strict --patch "$tmp/p.json" <"$tmp/m.yaml"
ok 'also with --strict an add of an existing member'      eval 'exits 1 && out_empty'
run applypatch --patch "$tmp/p.json" <"$tmp/m.yaml"
ok '... which RFC 6902 allows'                 eval 'exits 0 && out_has "image: x"'
echo '{"op":"add"}' >"$tmp/p.json"
run applypatch --patch "$tmp/p.json" <"$tmp/m.yaml"
ok 'an invalid patch is 65'                    eval 'exits 65 && out_empty'
run applypatch --patch "$tmp/none" <"$tmp/m.yaml"
ok 'an unreadable patch is 66'         eval 'exits 66 && out_empty && err_has "$tmp/none"'
echo '[{"op":"add","path":"/m","value":1}]' >"$tmp/p.json"
run applypatch --patch "$tmp/p.json" <<<$'a: [\n'
ok 'an invalid manifest is 65'                 eval 'exits 65 && out_empty'
run applypatch --patch "$tmp/p.json" --check <"$tmp/m.yaml"
ok '--check: a patch that applies is 0, without output' eval 'exits 0 && out_empty && err_empty'
run applypatch --patch "$tmp/p.json" --check --strict <<<'m: 2'
ok '... one that does not is 1'                    eval 'exits 1 && out_empty && err_lines 1'
run applypatch --patch "$tmp/p.json" --check <<<$'a: [\n'
ok '... and an invalid manifest is 65'                eval 'exits 65 && out_empty'
run applypatch --branch main --check </dev/null
ok '... and it requires --patch'              exits 2
run applypatch --patch "$tmp/p.json" --document 1 <<<$'a: 1\n---\nb: 2'
ok '--document selects one of several'           eval 'exits 0 && printf "a: 1\n---\nb: 2\nm: 1\n" | out_is'
run applypatch --patch "$tmp/p.json" <<<$'a: 1\n---\nb: 2'
ok '... and is required then'                   eval 'not exits 0 && out_empty'
run applypatch --patch "$tmp/p.json" --branch main </dev/null
ok '--patch and --branch cannot be combined'   exits 2

# Refusals of the editor

# refuses CODE MANIFEST OPERATION [OPTION ...]
refuses() {
	local code=$1 manifest=$2 operation=$3
	shift 3
	echo "[$operation]" >"$tmp/p.json"
	printf "$manifest" >"$tmp/m.yaml"
	run applypatch --patch "$tmp/p.json" "$@" <"$tmp/m.yaml"
	[ "$status" -eq 1 ] && out_empty && err_lines 1
}
ok 'a missing document'              refuses no-such-document 'a: 1\n' '{"op":"remove","path":"/a"}' --document 7
ok '... is reported with the number of documents'       err_has 'document 7 not found: the file has 1, counted from 0'
ok 'a key without a value cannot get one'           refuses explicit-key '? a\n' '{"op":"replace","path":"/a","value":1}'
ok '... and the message says so'                err_has 'key without a value'
ok 'an undefined alias has no value'          refuses unreadable 'a: *x\nb: 1\n' '{"op":"test","path":"/a","value":1}'
ok '... and the message says so'                err_has 'alias'

mkdir "$tmp/folded" && git -C "$tmp/folded" init -q && printf 'values: >\n  a: one\n  two\n\n  b: x\n' >"$tmp/folded/f.yaml"
git -C "$tmp/folded" add f.yaml && git -C "$tmp/folded" commit -qm folded && git -C "$tmp/folded" checkout -q --detach
folded() {
	run applypatch -C "$tmp/folded" --branch main --unframed < <(printf '{"type":"patch","tenant":"acme","path":"f.yaml","document":0,%s,"edits":[{"at":"/values","patch":[%s]}]}\n' \
		'"service":"atlas","ring":"ring-a","action":"clear"' "$1")
}
folded '{"op":"add","path":"/c","value":{"d":1}}'
ok 'a folded string that would gain lines is refused' eval 'exits 1 && out_has "\"code\":\"string-style\""'
ok '... and is unchanged'                        test "$(git -C "$tmp/folded" rev-list --count main)" -eq 1
folded '{"op":"replace","path":"/b","value":"z"}'
ok 'another is edited in its line, however the others are wrapped' eval 'exits 0 && git -C "$tmp/folded" cat-file -p main:f.yaml | diff <(printf "values: >\n  a: one\n  two\n\n  b: z\n") -'

# Marks
first8() { printf %s "$1" | sha256sum | head -c 8; }
# marked OPERATIONS MARK ...: a record with them; a mark is PATH MARK or PATH OP MARK
marked() {
	local ops=$1
	shift
	patch acme one two | jq -c --argjson patch "[$ops]" '.edits = [{ at: "", patch: $patch, marks: ($ARGS.positional |
		[_nwise(3)] | map({ path: .[0], mark: .[2] } + if .[1] == "" then {} else { op: .[1] } end)) }]' --args "$@" | framed
}
fresh
origin=$(git -C "$r" rev-parse main:tenants/acme/application.yaml)
tag="atlas/ring-a $(first8 '"two"') was \"\\\"one\\\"\"" new="atlas/ring-a $(first8 x)"
apply < <(marked '{"op":"test","path":"/image/tag","value":"one"},{"op":"replace","path":"/image/tag","value":"two"},
	{"op":"add","path":"/new","value":"x"}' /image/tag '' "$tag" /new '' "$new")
printf '%s\n' '-  tag: "one"' "+  tag: \"two\"  # ringkit: $tag" "+new: x  # ringkit: $new" >"$tmp/marks"
ok 'marks are written with their values' \
	eval 'exits 0 && git -C "$r" diff -U0 "$before" main | grep "^[-+] *\(tag\|new\):" | diff "$tmp/marks" -'
apply < <(marked '{"op":"test","path":"/image/tag","value":"two"},{"op":"replace","path":"/image/tag","value":"one"},
	{"op":"remove","path":"/new"}' /image/tag restore "$tag")
ok '... and what they replaced is restored, byte for byte' \
	eval 'exits 0 && is "$(git -C "$r" rev-parse main:tenants/acme/application.yaml)" "$origin"'
was=$(state)
apply < <(marked '{"op":"replace","path":"/last","value":2}' /last '' 'atlas/ring-a 00000000 was "1"')
ok 'a mark with the sum of other bytes is stale: 75' eval 'exits 75 && kept && is "$(status_of acme)" stale'
apply < <(marked '{"op":"replace","path":"/image","value":2}' /image '' 'atlas/ring-a 00000000 was "1"')
ok 'a map cannot be replaced under a mark'       eval 'exits 1 && kept && is "$(status_of acme)" no-mark'
for mark in 'atlas/ring-a ? was "1"' 'atlas/ring-a' 'atlas/ring-a 00000000 was "a: b"' 'atlas/ring-a 00000000 was "a\nb: 1"'; do
	apply < <(marked '{"op":"replace","path":"/last","value":2}' /last '' "$mark")
	ok "a record with an invalid mark is not one: $mark" eval 'exits 65 && kept && err_has "invalid mark of a patch record"'
done

finish
