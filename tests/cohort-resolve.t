#!/bin/bash
. "$(dirname "$0")/lib.sh"

releases=$examples/releases
export RING_CATALOG=$releases/ring.yaml

end() { printf '{"type":"end","by":"cohort-resolve","records":%d,"refused":%d}\n' "$1" "${2:-0}"; }
selector() { printf '{"type":"selector","label":"cohort:%s:%s:%s","source":"%s","key":"%s","value":"%s"}\n' "$@" "$@"; }
# path NAME ...: a complete stream of selectors of cohort files
path() { for name in "$@"; do selector github path "$name"; done | framed labels2json; }

# Tenants, from the example
run cohort-resolve -C "$releases" < <(path internal-level-1)
ok 'a cohort gives its tenants in its order' out_is <<EOF
{"type":"tenant","tenant":"acme","cohorts":["github:path:internal-level-1"]}
{"type":"tenant","tenant":"corvid","cohorts":["github:path:internal-level-1"]}
{"type":"tenant","tenant":"delta","cohorts":["github:path:internal-level-1"]}
{"type":"tenant","tenant":"ember","cohorts":["github:path:internal-level-1"]}
{"type":"tenant","tenant":"fjord","cohorts":["github:path:internal-level-1"]}
$(end 5)
EOF
ok '... with no message, and 0' eval 'exits 0 && err_empty'
run cohort-resolve -C "$releases" < <({ selector tenant name fjord; selector tenant name fjord; selector github path internal-level-1; selector tenant name fjord; } | framed)
ok 'a tenant that is named twice is written once, with both cohorts' \
	out_has '{"type":"tenant","tenant":"fjord","cohorts":["tenant:name:fjord","github:path:internal-level-1"]}'
ok '... at its first position' eval '[ "$(head -1 "$tmp/out" | jq -r .tenant)" = fjord ] && out_lines 6'
run cohort-resolve -C "$releases" < <(path internal-level-2)
ok 'a cohort may include others, and exclude' eval \
	'[ "$(jq -r .tenant "$tmp/out" | tr "\n" " ")" = "acme corvid ember fjord beta halcyon indigo null " ]'
run cohort-resolve -C "$releases" < <(path partner-level-1 enterprise-level-1)
ok 'juniper is in two' out_has '"tenant":"juniper","cohorts":["github:path:partner-level-1","github:path:enterprise-level-1"]'
run cohort-resolve < <(selector tenant name acme | framed)
ok 'a tenant may be chosen by name, without any cohort file' eval \
	'out_has "\"acme\",\"cohorts\":[\"tenant:name:acme\"]" && exits 0'

# Refusals
run cohort-resolve -C "$releases" < <(path internal-level-1 blue internal-levle-1)
ok 'an unknown cohort is refused in the stream'  out_has '"code":"no-such-cohort"'
ok '... and reported with its line'              err_has '<stdin>:2: cohort "blue" not found (have: enterprise-level-1, internal-level-1, internal-level-2, partner-level-1)'
ok '... with a similar name'                     err_has 'did you mean "internal-level-1"?'
ok '... and its label'                           out_has '"label":"cohort:github:path:blue"'
ok 'others are resolved, and the status is 1'    eval 'out_has "\"acme\"" && out_has "$(end 7 2)" && exits 1'
run cohort-resolve -C "$releases" < <({ selector github team x; selector ldap path x; } | framed)
ok 'an unknown source or key is refused'         eval '[ "$(grep -c no-such-source "$tmp/out")" = 2 ] && exits 1'
run cohort-resolve -C "$releases" -q < <(path blue blue)
ok '-q reports refusals only as records'         eval 'err_empty && exits 1'
ok 'the same selector is refused once'           out_has "$(end 1 1)"
cd "$tmp" || exit
: >canary
for value in '../../etc/passwd' '..' '$(touch pwned)' 'a/b' '' '-x' '\u001b[31m'; do
	run cohort-resolve < <(selector github path "$value" | framed)
	ok "the value \"$value\" is refused in one line, opening nothing" \
		eval 'out_has malformed-label && err_lines 1 && exits 1 && [ ! -e pwned ]'
done
cd "$top" || exit
run cohort-resolve --unframed <<<'{"type":"selector","source":"tenant","value":"acme"}'
ok 'a selector without its members is 65' eval 'exits 65 && err_has "missing \"key\""'

# Cohort files: cohort NAME.EXT writes one from standard input
mkdir -p "$tmp/r/cohorts"
cohort() { cat >"$tmp/r/cohorts/$1"; }
# catalogue TEMPLATE [MAX]: a catalogue of its own
catalogue() { printf 'cohorts: "%s"\nmax-tenants: %s\n' "$1" "${2:-20}" >"$tmp/ring.yaml"; }
catalogue 'cohorts/{value}.yaml'
export RING_CATALOG=$tmp/ring.yaml
resolve() { run cohort-resolve -C "$tmp/r" < <(path "$@"); }
tenants_are() { [ "$(jq -r 'select(.type == "tenant").tenant' "$tmp/out" | paste -sd' ')" = "$1" ]; }
# good SENTENCE TENANTS <FILE, bad SENTENCE MESSAGE <FILE: what cohorts/c.yaml gives
good() {
	cohort c.yaml
	resolve c
	ok "$1" tenants_are "$2"
	ok '... with 0' exits 0
}
bad() {
	cohort c.yaml
	resolve c
	ok "$1" eval 'out_has "\"code\":\"${code:-bad-cohort}\"" && err_lines 1 && exits 1'
	ok '... and the reason has its position' err_has "$2"
	ok '... and no tenant is selected' tenants_are ''
}

good 'YAML in one line'               'a b'   <<<'[a, "b"]'
good 'JSON'                           'a b'   <<<'["a","b"]'
good 'a JSON map'                     'a b'   <<<'{"tenants":["a","b"]}'
good 'duplicates count once'          'a b'   <<<'[a, b, a]'
good 'quoted names as they are written' 'on 1e3 0644 null' <<<$'- "on"\n- \'1e3\'\n- "0644"\n- "null"'
good 'comments, and CR LF'            'a b'   <<<$'# c\r\n- a # x\r\n- b\r'
good 'a key without value'            'a'     <<<$'tenants: [a]\ninclude:\nexclude:'
bad  'an unquoted on'                 'cohorts/c.yaml:2:3: on is not a string in all YAML versions: quote it' <<<$'- a\n- on'
bad  'an unquoted number'             'c.yaml:1:2: 0644 is not a string' <<<'[0644]'
bad  'a JSON number'                  'c.yaml:1:2: 7 is not a string'    <<<'[7]'
bad  'an empty item'                  'c.yaml:2:2: an empty value is not a string' <<<$'- a\n-'
bad  'a name with a path in it'       'c.yaml:1:2: invalid name of a tenant "../x": it has' <<<'[../x]'
bad  'a control character in a name'  'invalid name of a tenant "a\nb": it has'             <<<'["a\nb"]'
bad  'a NUL in a name'                'cohorts/c.yaml:1:2:'              <<<'["a\0b"]'
bad  'a list in the list'             'c.yaml:1:2: expected a name'      <<<'[[a]]'
bad  'an alias'                       'c.yaml:2:3: expected a name'      <<<$'- &a a\n- *a'
bad  'only a string'                  'c.yaml:1:1: expected a list of tenants'     <<<'a'
bad  'a string instead of a list'     'c.yaml:1:10: expected a list of tenants'    <<<'tenants: a'
bad  'an unknown key'                 'c.yaml:1:1: unknown key "tenant", did you mean "tenants"?' <<<'tenant: [a]'
bad  'a far one'                      'c.yaml:1:1: unknown key "who"' <<<'who: [a]'
bad  'a key twice'                    'c.yaml:2:1: duplicate key "tenants"' <<<$'tenants: [a]\ntenants: [b]'
bad  'two documents'                  'expected one YAML document, got several'            <<<$'- a\n---\n- b'
bad  'no YAML'                        'cohorts/c.yaml:'                   <<<'[a'
bad  'invalid UTF-8'                  'cohorts/c.yaml:'                   <<<$'[a\xff]'
bad  'an exclude of no tenant'          'c.yaml:2:11: cannot exclude "b": not in this cohort' <<<$'tenants: [a]\nexclude: [b]'
bad  'an include of nothing'          'c.yaml:1:11: cohorts/nil.yaml: file not found'  <<<'include: [nil]'
bad  'an include that is a path'      'invalid name of a cohort "../c": it has'             <<<'include: [../c]'
bad  'a cohort that includes itself'  'the cohort "c" includes itself'    <<<'include: [c]'
code=empty-cohort
bad  'an empty list'                  'has no tenants'                    <<<'[]'
bad  'an empty file'                  'has no tenants'                    </dev/null
bad  'an empty map'                   'has no tenants'                    <<<'{}'
bad  'only comments'                  'has no tenants'                    <<<'# - a'
bad  'all excluded'                   'has no tenants'                    <<<$'tenants: [a]\nexclude: [a]'
code=

# Includes
cohort a.yaml <<<$'tenants: [a1]\ninclude: [b, d]\ntenants2:'
cohort b.yaml <<<$'include: [d]\ntenants: [b1]\nexclude: [d2]'
cohort d.yaml <<<'[d1, d2, d3]'
resolve a
ok 'an error in the file that includes others names that file' err_has 'cohorts/a.yaml:3:1: unknown key "tenants2"'
cohort a.yaml <<<$'tenants: [a1]\ninclude: [b, d]'
resolve a
ok 'a tenant that one file excludes another may include, in the order of the file' tenants_are 'a1 d1 d3 b1 d2'
resolve d a
ok '... also if it was selected before' eval 'tenants_are "d1 d2 d3 a1 b1" &&
	out_has "\"d2\",\"cohorts\":[\"github:path:d\",\"github:path:a\"]"'
cohort b.yaml <<<'include: [a]'
resolve a d
ok 'a cycle is refused with its path'    err_has 'cohorts/a.yaml:2:11: included: cohorts/b.yaml:1:11: the cohort "a" includes itself'
ok '... and others are resolved'         eval 'tenants_are "d1 d2 d3" && exits 1'
cohort b.yaml <<<'[b1, on]'
resolve a
ok 'an error in an included file names both positions' \
	err_has 'cohorts/a.yaml:2:11: included: cohorts/b.yaml:1:6: on is not a string'
seq -f '- t%.0f' 100000 | cohort many.yaml
cohort more.yaml <<<'include: [many]'
resolve many
ok '100,000 tenants are read'            err_has 'has 100000 tenants, more than max-tenants'
{ cat "$tmp/r/cohorts/many.yaml"; echo '- one'; } | cohort more.yaml
resolve more
ok '... but no more'                     eval 'err_has "more.yaml:100001:3: more than 100000 tenants" && out_has bad-cohort'
cohort more.yaml <<<$'include: [many]\ntenants: [one]'
resolve more
ok '... also not with included ones'     eval 'err_has "more.yaml:2:11: more than 100000 tenants" && out_has bad-cohort'
for i in 1 2 3; do cohort "more$i.yaml" <<<'include: [many]'; done
resolve more1 more2
ok 'all cohorts have 300,000 at most'    err_has '"more2" has 100000 tenants, more than max-tenants'
resolve more1 more2 more3
ok '... together'                        eval 'err_has "more than 300000 tenants in all cohorts" && out_has bad-cohort'
rm "$tmp/r/cohorts/"m*.yaml
cohort l1.yaml <<<'[x]'
for i in {2..17}; do cohort "l$i.yaml" <<<"include: [l$((i - 1))]"; done
resolve l16
ok '16 levels are read'                  tenants_are x
resolve l17
ok '17 are not'                          eval 'err_has "more than 16 levels" && out_has bad-cohort && exits 1'
resolve l1 l16 l17
ok '... whatever was read before'        eval 'err_has "more than 16 levels" && out_has "$(end 2 1)"'
resolve l17 l16
ok '... or refused'                      eval 'tenants_are x && out_has "$(end 2 1)"'
cohort w16.yaml <<<'[x]'
for i in {1..15}; do cohort "w$i.yaml" <<<"include: [w$((i + 1)), w$((i + 1)), w$((i + 1))]"; done
run timeout 10 cohort-resolve -C "$tmp/r" < <(path w1)
ok 'a file is read once, however often it is included' tenants_are x

# The limit
catalogue 'cohorts/{value}.yaml' 3
cohort c.yaml <<<'[a, b, c, d]'
resolve c d
ok 'a cohort over the limit is refused as a whole' eval 'tenants_are "d1 d2 d3" && out_has too-many-tenants && exits 1'
ok '... with both numbers'                  err_has "has 4 tenants, more than max-tenants of $tmp/ring.yaml: 3"
good 'excluded tenants do not count'     'b c d' <<<$'tenants: [a, b, c, d]\nexclude: [a]'
catalogue 'cohorts/{value}.yaml' 100000
{ echo '['; printf '"t%d",\n' {1..99999}; echo '"t0"]'; } | cohort c.yaml
run timeout 20 cohort-resolve -C "$tmp/r" < <(path c)
ok 'a limit of 100,000 tenants is read'      out_has "$(end 100000)"
head -c 1048577 /dev/zero | tr '\0' '#' | cohort c.yaml
resolve c
ok 'a file of more than 1 MiB is refused'   eval 'out_has bad-cohort && err_has "larger than 1048576" && exits 1'

# Files of lines
catalogue 'cohorts/{value}.txt'
cohort c.txt <<<$'# ours\na\r\n\n  b\t# early\non\n0644'
resolve c
ok 'a file with another name has lines'     tenants_are 'a b on 0644'
printf '\xef\xbb\xbfa\nb' | cohort c.txt
resolve c
ok '... with or without a byte order mark and a final newline' tenants_are 'a b'
cohort c.txt <<<$'a\n\n b c'
resolve c
ok '... one tenant a line'                  eval 'err_has "cohorts/c.txt:3:2: invalid name of a tenant \"b c\": it has" && exits 1'
printf 'a\n%0200d\n' 0 | cohort c.txt
resolve c
ok '... of at most 128 characters'          eval 'err_has "longer than 128" && exits 1'
printf 'a\0b\n' | cohort c.txt
resolve c
ok '... without a NUL'                      eval 'out_has bad-cohort && exits 1'
catalogue 'cohorts/{value}'
cohort plain <<<'a'
resolve plain
ok '... also without an extension'          tenants_are a

# Where they are read
catalogue 'cohorts/{value}.yaml'
cohort c.yaml <<<'[old]'
(cd "$tmp/r" && rm cohorts/[wvl]* && git init -q && git add -A && git commit -qm one)
cohort c.yaml <<<'[new]'
cohort later.yaml <<<'[x]'
resolve c
ok 'without -r the files in the directory are read' tenants_are new
run cohort-resolve -C "$tmp/r" -r HEAD < <(path c later)
ok 'with -r the files of the revision are read'  tenants_are old
ok '... and its cohorts are listed'              err_has 'cohort "later" not found (have: a, b, c, d)'
run cohort-resolve --repo="$tmp/r" --rev=main -v < <(path c)
ok '-v names the commit'                         err_has "the cohorts of commit $(git -C "$tmp/r" rev-parse HEAD)"
run cohort-resolve --repo "$tmp/r/.git" --rev main --verbose < <(path c)
ok 'a bare repository is read too'               tenants_are old
cd "$tmp/r" || exit
run cohort-resolve < <(path c)
ok 'the current directory is the default'        tenants_are new
cd "$top" || exit
echo secret >"$tmp/secret"
ln -s "$tmp/secret" "$tmp/r/cohorts/link.yaml"
ln -s "$tmp" "$tmp/r/cohorts/up"
resolve link
ok 'a symbolic link is not followed'             eval 'out_has bad-cohort && err_has "symbolic link" && exits 1'
mkfifo "$tmp/r/cohorts/pipe.yaml"
run timeout 5 cohort-resolve -C "$tmp/r" < <(path pipe)
ok 'a named pipe is not opened'                  eval 'out_has bad-cohort && exits 1'
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$tmp/r/cohorts/socket.yaml"
run cohort-resolve -C "$tmp/r" < <(path socket c)
ok 'a socket refuses its own cohort only'        eval 'out_has bad-cohort && out_has "\"type\":\"tenant\"" && err_has "not a regular file" && exits 1'
for file in config packed-refs HEAD commondir info/attributes objects/info/alternates refs/heads/pipe; do
	rm -rf "$tmp/pipe" && git clone -q "$tmp/r" "$tmp/pipe"
	rm -f "$tmp/pipe/.git/$file" && mkfifo "$tmp/pipe/.git/$file"
	run timeout 10 cohort-resolve -C "$tmp/pipe" -r HEAD < <(path c)
	ok "in a repository whose $file is a named pipe, it is not waited for: 66" eval 'exits 66 && out_empty && err_lines 1'
done
rm -rf "$tmp/pipe" && mkdir -p "$tmp/pipe/sub" && mkfifo "$tmp/pipe/.git"
run timeout 10 cohort-resolve -C "$tmp/pipe/sub" -r HEAD < <(path c)
ok '... nor for .git in a directory above'       eval 'exits 66 && out_empty && err_has "$tmp/pipe/sub/../.git: not a regular file"'
run cohort-resolve -C "$tmp/nil" < <(path c)
ok 'a missing directory is 66'                   eval 'exits 66 && out_empty && err_lines 1'
run cohort-resolve -C "$tmp/r" -r nil < <(path c)
ok 'a missing revision is 66'                    eval 'exits 66 && err_has "revision \"nil\" not found"'
mkdir "$tmp/none"
run cohort-resolve -C "$tmp/none" < <(path c)
ok 'if there are no cohorts, the reason says so' err_has 'cohort "c" not found (have: none)'

# The catalogue
run cohort-resolve -c "$tmp/nil.yaml" < <(path c)
ok 'no catalogue is 66'                          eval 'exits 66 && out_empty && err_lines 1'
echo 'cohort: x' >"$tmp/wrong.yaml"
run cohort-resolve --catalog "$tmp/wrong.yaml" < <(path c)
ok 'a wrong one is 78'                           eval 'exits 78 && err_has "wrong.yaml:1:1: unknown key \"cohort\""'
echo 'max-tenants: 3' >"$tmp/bare.yaml"
run cohort-resolve -c "$tmp/bare.yaml" < <(path c)
ok 'one without cohorts is 78 if they are required' eval 'exits 78 && err_has "missing \"cohorts\""'
run cohort-resolve -c "$tmp/bare.yaml" < <(selector tenant name acme | framed)
ok '... and not otherwise'                       exits 0
export RING_CATALOG=
cd "$releases" || exit
run cohort-resolve < <(path internal-level-1)
ok 'ring.yaml in the current directory is the default' out_has acme
cd "$top" || exit
export RING_CATALOG=$releases/ring.yaml

# The stream
run cohort-resolve </dev/null
ok 'an empty stream was cut short: 65'           eval 'exits 65 && err_has -- --unframed && out_empty'
run cohort-resolve < <(framed </dev/null)
ok 'a complete stream without records gives no tenant' eval 'out_is <<<"$(end 0)" && exits 0'
run cohort-resolve < <(selector tenant name acme)
ok 'without an end record: 65, and no tenant'    eval 'exits 65 && out_empty'
run cohort-resolve < <(selector tenant name acme | framed | head -c 30)
ok 'half a record: 65, and no tenant'            eval 'exits 65 && out_empty'
run cohort-resolve < <(selector tenant name acme | framed | sed 's/"records":1/"records":2/')
ok 'a wrong count: 65, and no tenant'            eval 'exits 65 && out_empty'
run cohort-resolve --unframed < <(selector tenant name acme)
ok '--unframed accepts it'                       eval 'out_has acme && exits 0'
refusal='{"by":"labels2json", "type":"refused","code":"malformed-label","reason":"\u00fc"}'
run cohort-resolve < <({ echo "$refusal"; selector tenant name acme; echo '{"type":"other","x":1.50}'; } | framed)
ok 'a refusal is passed on byte for byte'        eval 'out_has "$refusal" && exits 1 && err_empty'
ok '... and so are records of unknown types'     out_has '{"type":"other","x":1.50}'
ok '... both counted'                            out_has "$(end 3 1)"
run cohort-resolve -C "$releases" < <(path internal-level-1; path internal-level-2)
ok 'complete streams may follow each other'      out_has '"acme","cohorts":["github:path:internal-level-1","github:path:internal-level-2"]'

# Usage, and streams that fail
run cohort-resolve -V
ok '-V prints the version'                       eval 'out_has "cohort-resolve (ringkit)" && exits 0'
run cohort-resolve --help
ok '--help lists the options'                    eval 'out_has --catalog && out_has --unframed && exits 0'
run cohort-resolve --catlog x
ok 'an unknown option is 2, with a similar one'  eval 'exits 2 && err_has "did you mean --catalog?"'
run cohort-resolve -C
ok 'so is an option without its value'           exits 2
run full cohort-resolve < <(selector tenant name acme | framed)
ok 'a full disk is 74'                           eval 'exits 74 && err_has "No space left"'
run no_out cohort-resolve < <(selector tenant name acme | framed)
ok 'a closed standard output is 74'              exits 74
run no_in cohort-resolve
ok 'a closed standard input is 74'               eval 'exits 74 && out_empty'
ok '... and no file takes its place'             err_has 'cannot read standard input: Bad file descriptor'

finish
