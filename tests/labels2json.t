#!/bin/bash
. "$(dirname "$0")/lib.sh"

one='{"type":"selector","label":"cohort:github:path:internal-level-1","source":"github","key":"path","value":"internal-level-1"}'
two='{"type":"selector","label":"cohort:tenant:name:acme","source":"tenant","key":"name","value":"acme"}'
end() { printf '{"type":"end","by":"labels2json","records":%d,"refused":%d}\n' "$1" "${2:-0}"; }
out_is_both() { printf '%s\n' "$one" "$two" "$(end 2)" | out_is; }

# shape SENTENCE INPUT: the input gives both selectors and nothing else
shape() {
	run labels2json <<<"$2"
	ok "$1" out_is_both
	ok "... with no message, and 0" eval 'exits 0 && err_empty'
}

# no_shape SENTENCE INPUT MESSAGE: the input is invalid, and the output has no end record
no_shape() {
	run labels2json <<<"$2"
	ok "$1: 65" exits 65
	ok "... with the reason" err_has "$3"
	ok "... in one line, without an end record" eval 'err_lines 1 && out_lacks "\"end\""'
}

a=cohort:github:path:internal-level-1 b=cohort:tenant:name:acme
A='{"id":1,"name":"'$a'","color":"d73a4a"}' B='{"id":2,"name":"'$b'","color":"d73a4a"}'

# Shapes
shape 'lines'                                  "$a"$'\nbug\n'"$b"
shape 'lines that end with CR LF'              "$a"$'\r\n\r\n'"$b"$'\r'
shape 'lines after a byte order mark'          $'\xef\xbb\xbf'"$a"$'\n'"$b"
shape 'a payload of GitHub for a pull request' '{"action":"labeled","label":{"name":"cohort:tenant:name:x"},"pull_request":{"labels":['"$A,$B"']}}'
shape 'a payload of GitHub for a comment'      '{"action":"created","issue":{"labels":['"$A,$B"']}}'
shape 'gh pr view --json labels'               '{"labels":['"$A"',{"name":"bug"},'"$B"']}'
shape 'an object on several lines'              "$(jq . <<<'{"labels":['"$A,$B"']}')"
shape 'JSON after a byte order mark'           $'\xef\xbb\xbf{"labels":['"$A,$B"']}'
shape 'JSON after white space'                    $'\n\t {"labels":['"$A,$B"']}'
shape 'an array of label objects'              "[$A,$B]"
shape 'pages of label objects'                    "[$A]"$'\n'"[$B][]"
shape 'pages in an array'                      "[[$A],[$B]]"
shape 'an array of strings'                    '["'$a'","bug","'$b'"]'
shape 'strings'                                '"'$a'" "'$b'"'
shape 'a string with an escape'                 '["cohort:github:path:internal\u002dlevel-1","'$b'"]'
shape 'label objects, one a line'              "$A"$'\n'"$B"
shape 'a GraphQL answer'                       '{"data":{"repository":{"pullRequest":{"labels":{"nodes":['"$A,$B"']}}}}}'
shape 'pages of GraphQL answers'               '{"data":{"repository":{"pullRequest":{"labels":{"nodes":['"$A"'],"pageInfo":{"hasNextPage":true}}}}}}
	{"data":{"repository":{"pullRequest":{"labels":{"nodes":['"$B"'],"pageInfo":{"hasNextPage":false}}}}}}'
shape 'pages and a total'                      '{"nodes":['"$A"'],"totalCount":2}{"nodes":['"$B"'],"totalCount":2}'
shape 'GraphQL pages in an array'               '[{"data":{"node":{"labels":{"nodes":['"$A"']}}}},{"data":{"node":{"labels":{"nodes":['"$B"']}}}}]'
shape 'only GraphQL nodes'                     '{"nodes":['"$A,$B"']}'
shape 'GraphQL nodes of labels'                '{"labels":{"nodes":['"$A,$B"']}}'
shape 'GitLab labels'                          '[{"id":1,"title":"'$a'"},{"id":2,"title":"'$b'"}]'
shape 'a payload of GitLab'                    '{"object_kind":"merge_request","labels":[{"title":"'$a'"},{"title":"'$b'"}]}'
shape 'a payload of GitLab, in its attributes' '{"object_attributes":{"labels":[{"title":"'$a'"},{"title":"'$b'"}]}}'
shape 'a GraphQL answer of GitLab'             '{"data":{"project":{"mergeRequest":{"labels":{"nodes":[{"title":"'$a'"},{"title":"'$b'"}]}}}}}'
shape 'a release record'                       '{"type":"release","action":"set","labels":["'$a'","'$b'"]}
{"type":"end","by":"ringcheck","records":1,"refused":0}'

run labels2json <"$examples/labels.json"
ok 'the example gives its selector' out_is <<<"$one"$'\n'"$(end 1)"
run labels2json <"$examples/webhook.json"
ok 'so does the payload' out_has '"value":"internal-level-2"'

# Inputs without cohort labels
for empty in '' '[]' '{"labels":[]}' '{"nodes":[]}' '{"pull_request":{"labels":[]}}' $'\n\n' bug; do
	run labels2json < <(printf %s "$empty")
	ok "$(printf %q "$empty") is a complete list without cohorts" eval 'out_is <<<"$(end 0)" && exits 0'
done
run labels2json </dev/null
ok 'so is empty input' eval 'out_is <<<"$(end 0)" && exits 0'
run labels2json <<<$'Cohort:tenant:name:acme\n cohort:tenant:name:acme\n\xd1\x81ohort:tenant:name:acme\ncohorts'
ok 'labels that only resemble a cohort are ignored' eval 'out_is <<<"$(end 0)" && exits 0'
run labels2json <<<"$b"$'\n'"$b"
ok 'a label that is listed twice gives two records' out_is <<<"$two"$'\n'"$two"$'\n'"$(end 2)"
run labels2json < <(printf %s "$b")
ok 'the last line may lack its newline' out_is <<<"$two"$'\n'"$(end 1)"

# Invalid input is never an empty list of labels
for null in null 'null\n' ' null \r\n' 'bug\nnull\n' '\xef\xbb\xbfnull'; do
	run labels2json < <(printf "$null")
	ok "$(printf %q "$null") is an error" eval 'exits 65 && err_lines 1 && err_has "got null" && out_lacks "\"end\""'
done
run labels2json -0 < <(printf 'null\0')
ok 'with -0 it is a label' eval 'out_is <<<"$(end 0)" && exits 0'
no_shape 'an object without labels'      '{"number":123}'                        'without labels in any known place'
no_shape 'labels that are null'          '{"labels":null}'                       'expected an array'
no_shape 'an answer that is an error'    '{"message":"Not Found"}'               'an error: Not Found'
no_shape 'a GraphQL error'               '{"data":{"repository":{"pullRequest":{"labels":{"nodes":[]}}}},"errors":[{"message":"Timeout"}]}' 'Timeout'
no_shape 'no pull request'               '{"data":{"repository":{"pullRequest":null}}}' 'without labels'
no_shape 'a list of pull requests'       '[{"labels":[]}]'                       'choose one'
no_shape 'two pull requests'             '{"labels":[]}{"labels":[]}'            'got those of several'
no_shape 'a pull request and an array'   '{"labels":[]}[]'                       'got those of several'
no_shape 'an array and a pull request'   '[]{"labels":[]}'                       'got those of several'
no_shape 'a last page that is not'       '{"nodes":[],"pageInfo":{"hasNextPage":true}}' 'all its pages'
no_shape 'fewer labels than there are'   '{"nodes":["bug"],"totalCount":2}'      'all its pages'
no_shape 'an array of numbers'           '[1]'                                   'invalid label'
no_shape 'a label without a name'        '[{"id":1}]'                            'invalid label'
no_shape 'a label whose name is null'    '[{"name":null}]'                       'invalid label'
no_shape 'an array cut short'            '["bug"'                                'cut short within an array'
no_shape 'an array cut within a label'   '["bug","coh'                           'not JSON'
no_shape 'an object cut short'           '{"labels":["bug"]'                     'not JSON'
no_shape 'no comma'                      '["bug" "bug"]'                         'missing comma'
no_shape 'a comma too many'              '["bug",]'                              'not JSON'
no_shape 'a bracket too many'            '[]]'                                   'not JSON'
no_shape 'a member twice'                '{"labels":[],"labels":[]}'             'duplicate'
no_shape 'text after JSON'               '[]oops'                                'not JSON'
no_shape 'UTF-16'                        $'\xff\xfe[\n'                          'UTF-16'
no_shape 'bytes that are not UTF-8'      $'["\xff"]'                             'not JSON'
no_shape 'records without a release'     "$two"$'\n''{"type":"end","records":1,"refused":0}' 'release record not found'
no_shape 'only an end record'              '{"type":"end","records":0,"refused":0}' 'release record not found'
no_shape 'a release without labels'      '{"type":"release"}'                    'missing "labels"'
run labels2json < <(printf '[[{"n":1\0}]')
ok 'a NUL byte outside strings: 65' eval 'exits 65 && err_has "not JSON: a NUL byte"'
run labels2json <<<$'{\n"labels":\n[x]}'
ok 'an error names its line' err_has 'labels2json: <stdin>:3: not JSON'

# A stream with the release record
release='{"type":"release","action":"set","labels":["'$b'"]}'
refusal='{"refused":1, "type":"refused","by":"ringcheck","code":"x","reason":"\u00fc"}'
run labels2json <<<"$release"
ok 'a release without its end record is cut short: 65'     exits 65
ok '... and --unframed is named'                           err_has -- --unframed
run labels2json --unframed <<<"$release"
ok '--unframed accepts it'                                 eval 'out_is <<<"$two"$'"'\n'"'"$(end 1)" && exits 0'
run labels2json < <(framed <<<"$release" | head -c -1)
ok 'an end record without its newline is cut short: 65' exits 65
run labels2json <<<"$release"$'\n''{"type":"end","records":2,"refused":0}'
ok 'a wrong count: 65'                                     exits 65
run labels2json <<<"${release::30}"
ok 'half a record: 65'                                     exits 65
run labels2json < <(printf '%s\n' "$refusal" "$release" | framed)
ok 'a refusal is passed on byte for byte'                  out_is <<<"$refusal"$'\n'"$two"$'\n'"$(end 2 1)"
ok '... and sets the status, with no message'              eval 'exits 1 && err_empty'
run labels2json < <(printf '%s\n' "$release" "$release" | framed)
ok 'a second release record is invalid: 65'                eval 'exits 65 && err_has "got a second one"'
run labels2json < <(framed <<<"$release"; framed <<<"$refusal")
ok 'streams may follow each other'                         out_is <<<"$two"$'\n'"$refusal"$'\n'"$(end 2 1)"

# Malformed and hostile labels
cd "$tmp" || exit
: >canary
hostile=('$(touch pwned)' '`touch pwned`' '../../etc/passwd' '..' '.git' '-rf' 'a/b' 'a b' $'\e[31mred' $'zero\u200bwidth'
	$'\u0430cme' $'bad\xffutf8' 'a"b\' '' "$(printf 'x%.0s' {1..40})")
for value in "${hostile[@]}"; do
	run labels2json <<<"cohort:tenant:name:$value"
	ok "value \"$(printf %q "$value")\" is refused" eval 'out_has "\"code\":\"malformed-label\"" && exits 1'
	ok '... in one escaped line' eval 'err_lines 1 && ! LC_ALL=C.UTF-8 grep -q "[^[:print:]]" "$tmp/err"'
	ok '... and a record that jq can read' jq -e . "$tmp/out"
done
ok 'no command was run and no file was created' eval '[ "$(ls)" = "$(printf "canary\nerr\nhome\nout\nwhy")" ]'
cd "$top" || exit
run labels2json <<<'cohort:tenant:name:a:b'
ok 'a fifth part is refused'             eval 'err_has "too many parts" && exits 1'
run labels2json <<<$'cohort:tenant:name\ncohort:\ncohort:tenant'
ok 'so is one too few'                   eval 'err_has "missing value" && err_lines 3 && exits 1'
run labels2json <<<'["cohort:tenant:name:a\nb","cohort:tenant:name:c\u0000d","cohort:tenant:name:acme"]'
ok 'a newline in a label is refused'     out_has '"label":"cohort:tenant:name:a\nb"'
ok 'so is a NUL, and later labels are read' out_has "$two"
ok '... without a member that has a part of it' out_lacks '"label":"cohort:tenant:name:c'
ok '... and each message is one line'       eval 'err_lines 2 && err_has "c\\x00d" && exits 1'
run labels2json < <(printf 'cohort:tenant:name:a\0b\n%s\n' "$b")
ok 'a NUL on a line is refused'          eval 'err_has "a\\x00b" && out_has "\"acme\"" && exits 1'
run labels2json < <(printf 'cohort:tenant:name:'; head -c 5000 /dev/zero | tr '\0' x)
ok 'a long label is not repeated'        eval '[ "$(wc -c <"$tmp/out")" -lt 2000 ] && exits 1'
run labels2json < <(head -c 1100000 /dev/zero | tr '\0' x)
ok 'a line of more than 1 MiB is 65'     exits 65
run labels2json < <(printf '["'; head -c 4300000 /dev/zero | tr '\0' x; printf '"]')
ok 'so is an entry of more than 4 MiB'   eval 'exits 65 && err_has "longer than 4194304 bytes"'
run labels2json < <(printf '{"labels":'; head -c 600 /dev/zero | tr '\0' '['; head -c 600 /dev/zero | tr '\0' ']'; printf '}')
ok '... and so are more than 512 levels' eval 'exits 65 && err_has deeper'

# Options
run labels2json -0 < <(printf '%s\0[bug]\0%s\0' "$a" "$b")
ok '-0 reads labels that end with a NUL'     out_is_both
run labels2json --null < <(printf '%s\0\0%s' "$a" "$b")
ok '--null is its long form'                 out_is_both
run labels2json -0 < <(printf '%s\ncohort:x\0%s\0' "$a" "$b")
ok '... where a newline is part of a label'  eval 'out_has "too many parts" && out_has acme && exits 1'
run labels2json -0 <<<'["'$a'"]'
ok '... and JSON is not recognised'          out_is <<<"$(end 0)"
run labels2json -q <<<'cohort:x'
ok '-q reports refusals only as records'     eval 'err_empty && out_has malformed-label && exits 1'
run labels2json --quiet <<<'cohort:x'
ok '--quiet too'                             err_empty
run labels2json -v <<<$'bug\e'
ok '-v names ignored labels, escaped'        err_has 'labels2json: ignored: bug\x1b'
run labels2json --verbose <<<bug
ok '--verbose too'                           err_has 'ignored: bug'
run labels2json -V
ok '-V prints the version'                   eval 'out_has "labels2json (ringkit)" && exits 0'
run labels2json --help
ok '--help lists the options'                eval 'out_has --null && out_has --unframed && exits 0'
run labels2json --frob
ok 'an unknown option is 2'                  eval 'exits 2 && err_has "unknown option --frob"'
run labels2json file
ok 'so is an argument'                       exits 2

# Commands to a runner that prints the output
run labels2json <<<'cohort:a:b:###[set-output name=tag]evil'
ok 'a label that is a command to a runner is none in the output' eval 'exits 1 && out_lacks "##[" && err_has "#\\x23#[set-output" && not err_has "##["'
ok '... and is the same label to a reader of JSON'  [ "$(jq -r 'select(.type == "refused").label' "$tmp/out")" = 'cohort:a:b:###[set-output name=tag]evil' ]

# Streams that fail
run full labels2json <<<"$b"
ok 'a full disk is 74'               eval 'exits 74 && err_has "No space left"'
run no_out labels2json <<<"$b"
ok 'a closed standard output is 74'  eval 'exits 74 && err_lines 1'
run no_in labels2json
ok 'a closed standard input is 74'   eval 'exits 74 && out_empty'
run labels2json </
ok 'a directory is 74'               exits 74

ok 'it is linked only with jansson and libseccomp' eval '[ "$(readelf -d "$(command -v labels2json)" |
	grep -o "Shared library: \[lib[a-z0-9_]*" | grep -v "\[lib\(c\|m\|asan\|ubsan\|gcc_s\|resolv\)$" | sort | xargs)" = \
	"Shared library: [libjansson Shared library: [libseccomp" ]'

finish
