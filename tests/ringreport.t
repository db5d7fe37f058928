#!/usr/bin/env bash
# ringreport: tests/report.py reads its formats back, through a Markdown renderer, an HTML parser, jq, and a reader
# of workflow commands.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
unset SOURCE_DATE_EPOCH
read_back() { python3 "$top/tests/report.py" "$@"; }
# as GitHub does, except that raw HTML is kept
rendered() { cmark-gfm --unsafe -e table -e autolink -e strikethrough "$1" >"$1.html"; }
result() { printf '{"type":"result","tenant":"%s","path":"p","service":"atlas","ring":"ring-a","action":"set","status":"%s","branch":"main"%s}\n' "$1" "$2" "${3-}"; }
refused() { printf '{"type":"refused","by":"mkpatch","code":"%s","reason":"it %s","tenant":"%s"}\n' "$1" "${3-is so}" "$2"; }

# The contents

{ refused held-by-another-ring beta; result acme committed ',"commit":"9d1f","cohorts":["github:path:x","tenant:name:acme"]'
	result acme committed ',"commit":"9d1f"'; result corvid unchanged; } | framed >part
run ringreport <part
ok 'a report begins with its marker' test "$(head -1 out)" = '<!-- ringkit:report service=atlas ring=ring-a -->'
ok 'then has the outcome in a line' test "$(sed -n 2p out)" = "### $(printf '\342\235\214') \`atlas ring-a\`: done in part"
ok '... and the numbers' test "$(sed -n 4p out)" = '1 refused, 1 committed, 1 unchanged.'
ok 'failures come first' test "$(grep -n '^\*\*\|^<summary>' out | sed 's/^[0-9]*://' | tr '\n' ' ')" = \
	'**Refused: 1** **What to do** **Details** **Tenants: 1** <summary>Unchanged: 1</summary> '
ok '... with what to do' out_has '- `held-by-another-ring`: Wait until that ring is cleared'
ok 'equal results for two manifests of a tenant are one row' \
	out_has '| `acme` | set | committed | `github:path:x tenant:name:acme` |'
ok 'values that all records share are shown once' eval 'out_has "- Branch: main" && out_has "- GitOps commit: \`9d1f\`"'
ok 'a refusal of an earlier filter is 1' exits 1
ok '... and is not repeated on standard error' err_empty

# Values beside the image

values='"values":{"atlas":{"graph":{"on":true},"env+":[{"name":"A"}]},"atlas-read":{"x":"|*_<b>"}}'
{
	printf '{"type":"release","action":"set","service":"atlas","ring":"ring-a","reasons":[],"warnings":[],%s}\n' "$values"
	printf '{"type":"patch","tenant":"acme","service":"atlas","ring":"ring-a","action":"set",%s,"edits":[1]}\n' "$values" "$values"
} | framed | run ringreport
ok 'values that a release sets are shown, each once' eval "out_has '**Values beside the image: 3**' && out_has '| \`atlas\` | \`/graph/on\` | \`true\` |'"
ok '... lists, too' out_has '| `atlas` | `/env+` | `[{"name":"A"}]` |'
printf '{"type":"release","action":"keep","service":"atlas","ring":"ring-a","reasons":["rejected"],"warnings":[],%s}\n' "$values" | framed | run ringreport
ok '... but not those that it keeps away' out_lacks 'Values beside'
printf '{"type":"override","tenant":"acme","service":"atlas","chart":"atlas","ring":"ring-a","image":{"tag":"1"},"values":{"a":1}}\n' | framed | run ringreport --format=text
ok 'those of an override are in its row' out_has '{"a":1}'
{ result acme committed ',"changed_by_hand":["/a/b"]'; result acme committed ',"changed_by_hand":["/a/b"]'; } | framed | run ringreport
ok 'what a person has changed is a warning' eval "out_has '**Warnings: 1**' && out_has '\`acme: /a/b\`' && out_has '- \`changed-by-hand\`: '"
printf '{"type":"override","tenant":"acme","image":{"tag":"1"},"values":[]}\n' | framed | run ringreport
ok '... and must be an object' eval 'exits 65 && err_has "expected an object in \"values\""'

{ result acme withheld; refused shadowed beta; } | framed | run ringreport --format=text
ok 'a withheld result is not a success' eval 'out_has "nothing was committed (1 refused, 1 withheld)" && out_has --partial'
refused stale acme | framed | run ringreport --format=text
ok 'only stale refusals are 75' eval 'exits 75 && out_has "out of date"'
result acme planned | framed | run ringreport --format=text
ok 'a dry run says that it is one' eval 'exits 0 && out_has "dry run (1 planned)"'
result acme unchanged | framed | run ringreport --format=text
ok 'nothing to change says so' out_has 'nothing to change (1 unchanged)'
result acme exploded | framed | run ringreport --format=text
ok 'an unknown status is not a success' eval 'out_has "look at it (1 other)" && out_has exploded'
framed </dev/null | run ringreport
ok 'an empty stream gives an empty report' eval 'exits 0 && out_has "nothing to report" && out_has "no records."'
result acme committed | framed | sed '$s/}$/,"proposal":"updated"}/' | run ringreport
ok 'the proposal of the end record is shown' out_has '- Proposal: updated'
# end PROPOSAL: let applypatch's end record say what became of the proposal
end() { framed applypatch | sed "\$s/}\$/,\"proposal\":\"$1\"}/"; }
for state in created updated; do
	result acme committed | end $state | run ringreport --format=text
	ok "nothing is done that is only proposed: $state" out_has ': proposed (1 committed)'
	{ result acme committed; refused shadowed beta; } | end $state | run ringreport --format=text
	ok '... nor done in part' out_has ': proposed in part (1 refused, 1 committed)'
done
{ result acme committed | end created; result acme committed | end updated; } | run ringreport --format=text
ok '... also if it is several proposals' out_has ': proposed'
result acme unchanged | end unchanged | run ringreport --format=text
ok 'a proposal that is up to date is proposed' out_has ': proposed (1 unchanged)'
framed applypatch </dev/null | sed '$s/}$/,"proposal":"withdrawn"}/' | run ringreport --format=text
ok 'a proposal that is withdrawn says so' out_has ': withdrawn'
result acme unchanged | end none | run ringreport --format=text
ok 'without a proposal there was nothing to change' out_has ': nothing to change'
result acme planned | end created | run ringreport --format=text
ok 'a dry run proposes nothing' out_has ': dry run'
# decision ACTION REASONS: a release record
decision() { printf '{"type":"release","action":"%s","service":"atlas","ring":"ring-a","labels":[],"reasons":[%s],"warnings":[]}\n' "$1" "$2"; }
green=$(printf '\342\234\205')
for one in 'keep "rejected"' 'keep "draft","rejected"' 'keep "missing"' 'keep "older"' 'hold "merged"' 'hold "base-unknown"'; do
	read -r action reasons <<<"$one"
	for results in '' unchanged committed; do
		{ decision $action "$reasons"; [ -z "$results" ] || result acme $results; } | end ${results:-none} | run ringreport
		ok "nothing is green that is held, or rejected: $one, ${results:-no results}" out_lacks "$green"
		[[ $one != *rejected* ]] || ok '... and the headline says so' eval 'sed -n 2p out | grep -q ": rejected$"'
	done
done
{ decision set ''; result acme committed; } | end created | run ringreport
ok 'a release that is proposed is green' eval 'out_has "$green" && sed -n 2p out | grep -q ": proposed$"'
for word in rejected older retargeted base-unknown; do
	decision keep "\"missing\",\"$word\"" | framed | run ringreport
	ok "a reason has its own advice: $word" eval 'out_has "- \`$word\`: " && out_lacks "green build"'
done
printf '{"type":"proposal","branch":"release/%s/ring-a","service":"%s","ring":"ring-a","state":"older"}\n' atlas atlas gone gone | framed | run ringreport
ok 'branches of proposals are a table' eval 'out_has "2 proposals." && out_has "| \`release/gone/ring-a\` | \`gone\` | older |"'
printf '{"type":"weather"}\n{"type":"weather"}\n' | framed | run ringreport --format=text
ok 'records of other types are counted' out_has '2 records of other types'
{ result acme committed | framed; refused shadowed beta | framed; } | run ringreport --format=text
ok 'complete streams may follow each other' out_has '1 refused, 1 committed'

cat >release <<'END'
{"type":"release","action":"keep","service":"atlas","repository":"atlanhq/atlas-metastore","ring":"ring-a","pull_request":123,"labels":["cohort:github:path:x"],"commit":"4f2a9c1","image":{"repository":"ghcr.io/x","tag":"4f2a9c1"},"reasons":["the build is running","it is a draft"],"warnings":[{"code":"not-carried-by-image","paths":["helm/a.yaml","helm/b.yaml"]}]}
END
framed <release | run ringreport
ok 'a release record is a list' eval 'out_has "- Action: keep" && out_has "- Image: \`ghcr.io/x:4f2a9c1\`" &&
	out_has "- Reasons: the build is running; it is a draft" && out_has "- Pull request: \`atlanhq/atlas-metastore#123\`"'
ok '... with what it means' out_has '- `keep`: Wait for a green build.'
ok '... and its warnings by path' eval 'out_has "**Warnings: 2**" && out_has "| \`not-carried-by-image\` | \`helm/b.yaml\` |"'
ok 'a decision is not a failure' exits 0
{ cat release; result acme committed ',"commit":"9d1f","pull_request":"atlanhq/atlas-metastore#123"'; } | framed | run ringreport
ok 'a release and its results show the pull request once' test "$(grep -c 'Pull request' out)" -eq 1
ok "... and of two commits, the service's and that of the manifests" \
	eval 'out_has "- Commit: \`4f2a9c1\`" && out_has "- GitOps commit: \`9d1f\`"'
{ cat release; sed 's/ring-a/ring-b/' release; } | framed | run ringreport
ok 'several are a table' out_has '| `ring-b` | `keep` | the build is running; it is a draft |'

cat >gate <<'END'
{"type":"override","tenant":"beta","path":"p","service":"atlas","chart":"atlas","ring":"ring-a","image":{"repository":"r","tag":"7d1e"},"since":"2026-02-28T12:00:00Z","gate":"held","reason":"the chart is older"}
{"type":"override","tenant":"beta","path":"p","service":"atlas","chart":"atlas-read","ring":"ring-a","image":{"repository":"r","tag":"7d1e"},"since":"2026-02-28T12:00:00Z","gate":"held","reason":"the chart is older"}
{"type":"override","tenant":"acme","path":"p","service":"atlas","chart":"atlas","ring":"ring-a","image":{"repository":"r","tag":"7d1e"},"since":"2024-02-28T12:00:00Z","gate":"open"}
{"type":"override","tenant":"lumen","path":"p","service":"atlas","chart":"atlas","ring":"ring-a","image":{"repository":"r","tag":"7d1e"}}
END
framed <gate | run ringreport --now 2026-03-01T12:00:00Z
ok "a service's charts in a manifest are one row, with the gate's reason" \
	out_has '| `beta` | `atlas atlas-read` | `7d1e` | `2026-02-28` (1 day) | the chart is older |'
ok 'overrides that may be cleared are another table' out_has '| `acme` | `atlas` | `7d1e` | `2024-02-28` (732 days) |'
ok '... and overrides without a gate a third' eval 'out_has "**Held by rings: 1**" && out_has "1 open, 1 held back, 1 held."'
ok 'a held override is not a failure' exits 0
ok '... nor a success' out_lacks "$green"
framed <gate | run ringreport --now 1772366399
ok 'an age is counted in whole days' out_has '`2026-02-28` (0 days)'
framed <gate | SOURCE_DATE_EPOCH=1772366400 run ringreport
ok 'SOURCE_DATE_EPOCH gives the time too' out_has '`2026-02-28` (1 day)'
framed <gate | run ringreport --now 2026-02-28T11:59:59Z
ok 'a time in the future has no age' eval 'out_has "\`2026-02-28\` |" && out_has "(730 days)"'
framed <gate | run ringreport
ok 'without a given time there is only the date' eval 'out_has "\`2024-02-28\`" && out_lacks days'
framed <gate | run ringreport --format=text
ok '... except in the format for terminals' grep -qE '2024-02-28 \([0-9]+ days\)' out

cat >sync <<'END'
{"type":"sync","branch":"ring-a","status":"merged","old":"1f0c7a5b3d9e8f6a4c2b0d1e3f5a7b9c8d6e4f20","new":"2a1d8b6c4e0f9a7b5d3c1e2f406b8c0d9e7f5a31","discarded":[{"path":"pom.xml","kind":"hunk","line":12,"lines":["  <version>1</version>","```"]},{"path":"gone","kind":"file"}]}
{"type":"sync","branch":"ring-b","status":"up-to-date","old":"1f0c7a5b3d9e8f6a4c2b0d1e3f5a7b9c8d6e4f20","new":"1f0c7a5b3d9e8f6a4c2b0d1e3f5a7b9c8d6e4f20","discarded":[]}
END
framed <sync | run ringreport
ok 'a merge that displaced something says so' out_has 'in step, with something displaced'
ok '... how much' out_has '| `ring-a` | merged | `1f0c7a5b3d9e` | `2a1d8b6c4e0f` | 2 |'
fenced() { sed -n '/^````text$/,/^````$/p' out | diff - <(printf '%s\n' '````text' 'ring-a: pom.xml:12 (hunk)' \
	'-   <version>1</version>' '- ```' 'ring-a: gone (file)' '````'); }
ok '... and the lines, in a fence that they cannot end' fenced
framed <sync | run ringreport --format=github
ok '... and annotates the lines' out_has '::warning title=displaced,file=pom.xml,line=12::ring-a: its own side displaced'

# A rendered difference

printf '%s\n' '=== acme: chart x' '--- acme before' '+++ acme after' '-image: a' '+image: `b`' '````' '</details>@user #1 <!--' '::error::x' $' \xc2\xa0::error::y' '##[error]z' '+::w' $'\e[31m' $'\xff' >rendered
result acme committed | framed >one
run ringreport --rendered rendered <one
ok 'a rendered difference is the last section, collapsed' test "$(grep -n '<summary>\|^\*\*' out | tail -n 1 | cut -d : -f 2-)" = \
	'<summary>What changes in the cluster, by line: 13</summary>'
difference() { sed -n '/^`````diff$/,/^`````$/p' out | diff - <(printf '%s\n' '`````diff' '=== acme: chart x' '--- acme before' '+++ acme after' '-image: a' \
	'+image: `b`' '````' '</details>@user #1 <!--' '\x3a:error::x' $' \xc2\xa0\\x3a:error::y' '\x23#[error]z' '+::w' '\x1b[31m' '\xff' '`````'); }
ok '... in a fence that it cannot end, escaped' difference
rendered out
ok '... which a renderer of Markdown shows as code' eval '[ "$(grep -c "<details>" out.html)" -eq 1 ] && grep -qF "&lt;/details&gt;@user #1 &lt;!--" out.html'
ok '... and after which the section ends' test "$(tail -n 1 out)" = '</details>'
for format in text html slack github; do
	run ringreport --format=$format --rendered rendered <one
	ok "$format has no command of it, and no character that acts" not grep -qE $'^(\\s|\xc2\xa0)*::error::[xy]|##\\[|\e' out
done
run ringreport --format=html --rendered rendered <one
ok 'HTML shows it escaped' out_has '&lt;/details&gt;@user #1 &lt;!--'
run ringreport --format=text --rendered rendered <one
ok 'text has it after a bar' out_has '  | +image: `b`'
seq -f '+line %.0f of the difference' 100000 | head -c 1048576 >long
run ringreport --rendered long <one
ok 'of a long one, as much is shown as GitHub accepts' eval '[ "$(wc -c <out)" -le 65536 ] && [ "$(wc -c <out)" -gt 60000 ] && out_has "+line 1 of the difference"'
ok '... and how much is not' grep -qE '^[0-9]+ more are not shown\.$' out
ok '... in a section that is whole' test "$(tail -n 1 out)" = '</details>'
run ringreport --limit 8192 --rendered long < <(for i in {1..200}; do result "t$i" committed; done | framed)
ok 'what was released has precedence over it' eval '[ "$(wc -c <out)" -le 8192 ] && [ "$(grep -c "^| .t" out)" -gt 50 ]'
: >nothing
run ringreport --rendered nothing <one
ok 'an empty one has no section' out_lacks 'What changes in the cluster'
run ringreport --rendered none <one
ok 'one that is not there is reported' eval 'exits 66 && err_has none && out_empty'
echo x >>long
run ringreport --rendered long <one
ok 'one of more than 1 MiB is refused' eval 'exits 65 && err_has long && out_empty'
printf 'a\0b\n' >nul
run ringreport --rendered nul <one
ok '... as is one with a NUL' eval 'exits 65 && err_has "nul: a NUL in the rendered difference" && out_empty'

# The headline, for each kind of record by itself
declare -A sign=([red]=$(printf '\342\235\214') [yellow]=$(printf '\342\232\240\357\270\217') [green]=$green)
while IFS='|' read -r colour verdict records; do
	tr '|' '\n' <<<"$records" | framed | run ringreport
	ok "the headline of $records" test "$(sed -n '2s/^### \([^ ]*\) [^:]*: /\1 /p' out)" = "${sign[$colour]} $verdict"
done <<'END'
green|may be cleaned up|{"type":"override","tenant":"a","gate":"open"}
yellow|nothing may be cleaned up yet|{"type":"override","tenant":"a","gate":"held"}
yellow|may be cleaned up|{"type":"override","tenant":"a","gate":"held"}|{"type":"override","tenant":"b","gate":"open"}
yellow|held by rings|{"type":"override","tenant":"a"}
green|in step|{"type":"sync","branch":"ring-a","status":"up-to-date"}
yellow|in step, with something displaced|{"type":"sync","branch":"ring-a","status":"merged","discarded":[{"path":"a","kind":"file"}]}
yellow|look at it|{"type":"sync","branch":"ring-a","status":"exploded"}
yellow|look at it|{"type":"result","tenant":"a","status":"exploded"}
red|nothing was committed|{"type":"result","tenant":"a","status":"withheld"}
green|done|{"type":"result","tenant":"a","status":"committed"}
green|to apply|{"type":"patch","tenant":"a","edits":[{}]}
green|nothing to change|{"type":"patch","tenant":"a","edits":[]}
red|refused|{"type":"refused","code":"shadowed","reason":"it is"}
red|refused|{"type":"refused","code":"shadowed","reason":"it is"}|{"type":"refused","code":"stale","reason":"it is"}
red|faults were found|{"type":"finding","code":"shadowed","reason":"it is"}
green|to be released|{"type":"release","action":"set"}
green|to be released|{"type":"release","action":"set","ring":"ring-a"}|{"type":"release","action":"set","ring":"ring-b"}
yellow|to be released|{"type":"release","action":"set","warnings":[{"code":"sync-only"}]}
green|to be cleared|{"type":"release","action":"clear"}
green|several decisions|{"type":"release","action":"clear"}|{"type":"release","action":"set"}
yellow|to be kept|{"type":"release","action":"keep"}
yellow|to be kept|{"type":"release","action":"hold"}
green|nothing to do|{"type":"release","action":"none"}
green|proposals|{"type":"proposal","branch":"a"}
green|selected|{"type":"tenant","tenant":"a"}
green|selected|{"type":"selector","label":"a"}
END

cat >plain <<'END'
{"type":"finding","code":"no-such-path","reason":"it reaches nothing","service":"atlas","chart":"atlas-read","path":"charts/x.yaml"}
{"type":"selector","label":"cohort:tenant:name:acme","source":"tenant","key":"name","value":"acme"}
{"type":"tenant","tenant":"acme","cohorts":["tenant:name:acme"]}
{"type":"patch","tenant":"beta","path":"p","service":"atlas","ring":"ring-a","action":"clear","edits":[{"at":"","patch":[]}]}
{"type":"patch","tenant":"corvid","path":"p","service":"atlas","ring":"ring-a","action":"set","image":{"repository":"r","tag":"t"},"edits":[]}
END
framed <plain | run ringreport
ok 'a finding is 1' exits 1
ok '... and a row' out_has '| `atlas-read` | `charts/x.yaml` | `no-such-path` | it reaches nothing |'
ok 'selectors, tenants and patches are shown' eval 'out_has "| \`tenant\` | \`name\` | \`acme\` |" &&
	out_has "| selected | \`tenant:name:acme\` |" && out_has "| clear | to apply | |" && out_has "Unchanged: 1"'

sed 's/\\&//g' "$top/man/ring-records.5" | grep '^{"type":' | grep -v '^{"type":"end"' | framed >samples
run ringreport <samples
ok 'all types that ring-records(5) describes are shown' eval 'exits 1 && out_lacks "other type"'

# Hostile input

read_back hostile >hostile
run ringreport --limit 0 <hostile
cp out first
run ringreport --limit 0 <hostile
ok 'the same input gives the same report' same out first
ok 'the hostile stream has its 684 records' test "$(wc -l <hostile)" -eq 685
rendered first
ok 'Markdown: all tables and cells are intact, and no tag, mention or reference of the input is outside code' read_back markdown hostile <first.html
ok '... nor a link' not grep -q '<a ' first.html
run ringreport --format=html --limit 0 <hostile
ok 'HTML: all tables and cells are intact' read_back html hostile <out
ok '... in a page that may load nothing' out_has "default-src 'none'"
run ringreport --format=text --limit 0 <hostile
ok 'text: all cells are intact, and a runner and a terminal find no command' read_back text hostile <out
run ringreport --format=github <hostile
ok 'annotations: messages are intact, ten of a level' read_back github hostile <out
run ringreport --format=slack --limit 0 <hostile
ok 'Slack: escaped, and within its limits' read_back slack hostile <out
ok '... as jq reads it' jq -e '(.text | type == "string") and (.blocks | length <= 50) and
	all(.blocks[]; .text.text | length <= 3000 and (test("[<>]|&(?!(amp|lt|gt);)") | not))' out

run ringreport --marker 'a --> <b> --' --title '<i>@x|y`' <part
ok 'a marker cannot be ended' test "$(head -1 out)" = '<!-- ringkit:report a%20-%2D%3E%20%3Cb%3E%20-%2D -->'
ok '... and a title is not markup' out_has '### '"$(printf '\342\235\214')"' `<i>@x`&#124;`y`&#96;: done in part'
printf '%s\n' '{"type":"refused","by":"x","code":"%","reason":"a:b, 100%0A::error::x","tenant":"t,u:v"}' | framed |
	run ringreport --format=github
ok 'colons stay in a message and are escaped in a property' test "$(head -1 out)" = \
	'::error title=%25%3A t%2Cu%3Av::a:b, 100%250A::error::x'
for n in 10 11; do
	for ((i = 0; i < n; i++)); do refused shadowed "t$i"; done | framed | ringreport --format=github >ten.$n
done
ok 'ten errors are ten' eval 'grep -c "^::error title" ten.10 | grep -qx 10 && ! grep -q "not shown" ten.10'
ok 'eleven are nine and a count' eval 'grep -c ^::error ten.11 | grep -qx 10 && grep -qx "::error::2 more are not shown." ten.11'

# Limits

for n in 5 300 1500; do
	read_back many $n >many
	for limit in 8192 8193 10007 65536 1048576; do
		for format in markdown html text slack; do
			[ $format != html ] || [ $limit -ge 32768 ] || continue
			ringreport --format=$format --limit $limit <many >short
			size=$(wc -c <short)
			[ $format != markdown ] || { rendered short && mv short.html short; }
			bound=$limit
			[ $format != markdown ] || bound=100000000
			ok "$n records in $limit bytes of $format are well-formed, and missing rows are counted" \
				eval "[ $size -le $limit ] && read_back cut $format many $bound <short"
		done
	done
done
ringreport <many >short
ok 'a comment has at most 65,536 bytes' eval '[ "$(wc -c <short)" -le 65536 ] && [ "$(wc -c <short)" -gt 60000 ]'
ok '... and is UTF-8' iconv -f UTF-8 -t UTF-8 short
ringreport --format=slack <many >short
ok 'a message for Slack has at most 10,000' eval '[ "$(wc -c <short)" -le 10000 ] && [ "$(wc -c <short)" -gt 8000 ]'
for format in text html; do
	ringreport --format=$format <many >short
	ok "$format has no limit" not grep -q 'not shown' short
done

# Streams that are cut short

for format in markdown text github slack html; do
	result acme committed | run ringreport --format=$format
	ok "$format: a stream that was cut short gives no report" eval 'exits 65 && out_empty && err_has "cut short"'
	run ringreport --format=$format </dev/null
	ok '... nor does an empty one' eval 'exits 65 && out_empty'
done
result acme committed | head -c 60 | run ringreport
ok 'half a record is 65' eval 'exits 65 && out_empty && err_lines 1'
{ result acme committed; echo '{"type":"end","by":"x","records":2,"refused":0}'; } | run ringreport
ok 'so is a wrong count' eval 'exits 65 && out_empty && err_has damaged'
result acme committed | run ringreport --unframed
ok '--unframed accepts it' eval 'exits 0 && out_has "1 committed"'
while IFS= read -r record; do
	framed <<<"$record" | run ringreport
	ok "65, in one line: $record" eval 'exits 65 && out_empty && err_lines 1 && err_has "<stdin>:1:"'
done <<'END'
{"type":"result","tenant":"acme"}
{"type":"result","status":"committed"}
{"type":"result","tenant":"acme","status":5}
{"type":"result","tenant":"acme","status":"committed","cohorts":"x"}
{"type":"tenant","tenant":["acme"]}
{"type":"patch","tenant":"acme"}
{"type":"refused","reason":"x"}
{"type":"finding","code":"x"}
{"type":"override","service":"atlas"}
{"type":"override","tenant":"acme","image":"x"}
{"type":"release","service":"atlas"}
{"type":"release","action":"set","warnings":["x"]}
{"type":"sync","branch":"ring-a"}
{"type":"sync","branch":"ring-a","status":"merged","discarded":[{}]}
{"type":"selector","label":1}
{"type":"proposal","service":"atlas"}
END
for options in '--format pdf' '--limit 100' '--limit x' '--now yesterday' '--now 2026-13-01T00:00:00Z' '--now -5' --frob operand; do
	run ringreport $options </dev/null
	ok "wrong usage: ringreport $options" eval 'exits 2 && err_lines 1 && out_empty'
done
SOURCE_DATE_EPOCH=soon run ringreport <part
ok 'so is an invalid SOURCE_DATE_EPOCH' eval 'exits 2 && err_has SOURCE_DATE_EPOCH && out_empty'
run full ringreport <part
ok 'a full disk is 74' exits 74
run no_out ringreport <part
ok 'a closed standard output is 74' exits 74
run no_in ringreport
ok 'a closed standard input is 74' exits 74
run ringreport --help
ok '--help prints the options' out_has '--format'
run ringreport -V
ok '--version prints the version' out_has 'ringreport (ringkit) '

# Advice for words that are not codes: each word is in the manual
advised() { sed -n '/} advices/,/^};/s/^\t{ "\([a-z-]*\)",.*/\1/p' "$top/lib/report/table.c"; }
ok 'there is advice' test "$(advised | wc -l)" -gt 5
unknown() { for word in $(advised); do grep -qF -- "$word" "$top"/man/*.[157] || echo "$word"; done; }
ok '... only for words of the manual' diff /dev/null <(unknown)

# Every code gets its advice in a report, byte for byte
while IFS=$'\t' read -r code advice; do
	run ringreport --format text < <(printf '{"type":"refused","by":"mkpatch","code":"%s","reason":"why","tenant":"acme"}\n' "$code" | framed)
	ok "a report says what to do about $code" out_has "$advice"
done < <(tr '\n' ' ' <"$top/lib/base/codes.def" | grep -oE 'RK_CODE\([A-Z_]+, "[a-z-]+", +"([^"\]|\\.)+"\)' |
	sed -E 's/^RK_CODE\([A-Z_]+, "([a-z-]+)", +"(.*)"\)$/\1\t\2/; s/\\"/"/g')

# What a cluster says of overrides

live() { printf '{"type":"override","tenant":"%s","path":"%s","service":"atlas","chart":"%s","ring":"ring-a","image":{"repository":"r","tag":"5e0c1f7"},"live":{"state":"%s","reason":"%s"}}\n' "$1" "$1" "$2" "$3" "$4"; }
{ live beta atlas running 'it runs'; live beta atlas-read running 'it runs'; live acme atlas degraded 'Argo CD says *Degraded*'
	for name in corvid delta ember; do live $name atlas running 'it runs'; done; } | framed ringlive >living
run ringreport <living
ok 'the tenants that run the ring are counted' test "$(sed -n 4p out)" = '5 held, running on 4 of 5.'
ok '... and the others named' out_has '- Live: running on 4 of 5; acme degraded'
ok "each row has the tenant's state, and why it does not run" eval 'out_has "| \`acme\` | \`atlas\` | \`5e0c1f7\` | degraded: Argo CD says \`*Degraded*\` |" && out_has "| \`beta\` | \`atlas atlas-read\` | \`5e0c1f7\` | running |"'
run ringreport --format=text <living
ok '... in text' eval 'out_has "running on 4 of 5; acme degraded" && out_has "degraded: Argo CD says *Degraded*"'
run ringreport --format=html <living
ok '... in HTML' eval 'out_has "<li>Live: running on 4 of 5; acme degraded</li>" && out_has "<span class=\"bad state\">degraded</span><span class=\"sub why\">Argo CD says *Degraded*</span>"'
run ringreport --format=slack <living
ok '... for Slack' test "$(jq -r '.text, .blocks[].text.text' out | grep -c 'running on 4 of 5')" -eq 3
run ringreport --format=github <living
ok '... and as annotations' eval 'out_has "::warning title=degraded%3A acme::Argo CD says *Degraded*" && out_has "5 held, running on 4 of 5"'
for state in absent unknown pending out-of-sync progressing ignored; do live "acme-$state" atlas $state x; done | framed ringlive | run ringreport
ok 'all other states are named' out_has \
	'running on 0 of 6; acme-absent absent, acme-unknown unknown, acme-pending pending, acme-out-of-sync out-of-sync, acme-progressing progressing, acme-ignored ignored'
for ((i = 0; i < 12; i++)); do live tenant$i atlas pending x; done | framed ringlive | run ringreport
ok '... at most ten' eval 'out_has "pending and 2 more" && [ "$(grep -o "tenant[0-9]*. pending" out | wc -l)" -eq 10 ]'
{ live beta atlas running x; live beta atlas-read pending x; live acme atlas pending x; live acme atlas-read running x; } | framed ringlive | run ringreport
ok 'a tenant runs the ring if all its charts do' out_has 'running on 0 of 2; beta pending, acme pending'
grep beta living | framed ringlive | run ringreport
ok 'if all run it, that is said in the line of numbers only' eval 'out_has "1 held, running on 1 of 1." && out_lacks Details'
sed 's/"live":{"state":"running"/"live":{"state":1/' living | run ringreport
ok 'a state is a string' eval 'exits 65 && err_has "expected \"state\" in \"live\""'

# Streams of several GitOps repositories

decision='{"type":"release","service":"a","ring":"ring-x","action":"set","labels":["cohort:tenant:name:t"],"reasons":[]}'
for name in eu us; do
	{ echo "$decision" && echo '{"type":"selection","repository":"o/'$name'","tenants":7}' &&
		echo '{"type":"result","tenant":"'$name'-1","path":"p","service":"a","ring":"ring-x","action":"set","status":"committed"}'; } | framed
done >joined
run ringreport <joined
ok 'several streams give one report' eval 'exits 0 && out_has "eu-1" && out_has "us-1" && out_has "2 committed"'
ok '... in which the same release counts once' eval 'out_lacks "Releases: 2" && [ "$(grep -c "cohort:tenant:name:t" out)" -eq 1 ]'
ok '... and the number of all tenants' eval '[ "$(grep -c "Selected: 7 tenants in all GitOps repositories" out)" -eq 1 ]'
sed '2,$s/"set","labels"/"clear","labels"/' joined >differs
run ringreport <differs
ok 'other releases count, too' out_has 'Releases: 2'
head -n 6 joined >short
run ringreport <short
ok 'if one of them was cut short, there is none' eval 'exits 65 && out_empty'
run ringreport --unframed <<<'{"type":"selection","repository":"o/a","tenants":"7"}'
ok 'a selection without a number is 65' eval 'exits 65 && err_has "expected an integer in \"tenants\""'

# The board

at() { printf '{"type":"override","tenant":"%s","path":"p","service":"%s","chart":"atlas","ring":"%s","image":{"repository":"ghcr.io/x/atlas","tag":"%s"},"since":"%s"%s}\n' "$1" "${6-atlas}" "$2" "${4-5e0c1f7}" "$3" "${5-}"; }
board() { run ringreport --format=html --now 2026-03-01T12:00:00Z "$@"; }
sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
{ at beta ring-new 2026-03-01T11:00:00Z; at acme ring-new 2026-03-01T09:00:00Z; at corvid ring-old 2026-02-01T12:00:00Z
	at delta ring-old 2026-02-28T12:00:00Z; at ember ring-x unknown; at fjord ring-old 2026-02-28T12:00:00Z; at gale ring-new 2026-03-01T11:59:00Z; } | framed | board
order() { grep -oE '<code class="name">[^<]*|[0-9]+ (day|hour|minute)s? ' out | sed 's/.*>//' | tr '\n' ' ' | sed 's/  */ /g'; }
ok 'the board has the oldest ring first, and in it the oldest tenant, with their ages' test "$(order)" = \
	'ring-old corvid 28 days delta 24 hours fjord 24 hours ring-new acme 3 hours beta 60 minutes gale 1 minute ring-x ember '
ok '... and says how many tenants each ring has' eval '[ "$(grep -o "[0-9]* tenants*</span>" out | tr "\n" " ")" = "3 tenants</span> 3 tenants</span> 1 tenant</span> " ]'
ok '... and when the page was made' out_has 'Generated <time datetime="2026-03-01T12:00:00Z">2026-03-01 12:00</time> UTC.'
ok '... and columns of which the input says nothing are left out' eval 'out_lacks ">Gate<" && out_lacks ">Live<" && out_lacks ">Links<"'
at acme ring-a 2026-03-02T12:00:00Z | framed | board
ok 'a time in the future has no age' eval 'out_has ">2026-03-02T12:00:00Z</span>" && out_lacks " ago" && out_lacks minutes'
at acme ring-a 2026-03-01T11:00:00Z | framed | run ringreport --format=html
ok 'without --now the age is by the clock' grep -qE '[0-9]+ days' out
{ at beta ring-a 2026-03-01T11:00:00Z; at acme ring-a 2026-03-01T11:00:00Z 5e0c1f7 ',"gate":"open","live":{"state":"running"}'
	at acme ring-a 2026-03-01T11:00:00Z 5e0c1f8 ',"gate":"held","live":{"state":"pending"}'; at corvid ring-a 2026-03-01T11:00:00Z 5e0c1f8 ',"gate":"open","live":{"state":"running"}'; } | framed | board
ok 'a tenant of two rows is one tenant, which runs or may be cleaned up only if both do' out_has '3 tenants, running on 1 of 2, 1 may be cleaned up</span>'
at acme ring-a 2026-03-01T11:00:00Z $sha | framed | board
ok 'an image is there as a whole, with parts that the page may hide' test \
	"$(grep -o '<code class="image">.*</code>' out | sed 's/<[^>]*>//g')" = ghcr.io/x/atlas:$sha
ok '... namely the registry and the last digits of a commit' eval 'out_has "<span class=\"whole\">ghcr.io/x/</span>atlas:5e0c1f7a93b2<span class=\"whole\">"'
result acme committed | framed | board
ok 'other input has no board and no script' eval 'out_lacks "<script" && out_lacks script-src'
at acme ring-a 2026-03-01T11:00:00Z 5e0c1f7 ',"gate":"open","live":{"state":"degraded"}' | framed | run ringreport
ok 'a tenant that does not run its ring is not a success' out_lacks "$green"

# The page permits its own style and script only: their digests, by another program
digest() { python3 -c 'import base64, hashlib, re, sys
text = open("out", newline="").read()
source = re.search("<%s>(.*?)</%s>" % (sys.argv[1], sys.argv[1]), text, re.S)[1]
print("\x27sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() + "\x27")' "$1"; }
at acme ring-a 2026-03-01T11:00:00Z | framed | board
ok 'the policy of a page is the digests of its style and script' out_has \
	"content=\"default-src 'none'; style-src $(digest style); script-src $(digest script); base-uri 'none'; form-action 'none'\""
ok '... which are once in it, and no other attribute acts' eval '[ "$(grep -c "<script>" out)" -eq 1 ] && [ "$(grep -c "<style>" out)" -eq 1 ] && ! grep -qE " (on[a-z]+|style|src)=" out'

# Links

linked() { grep -oE 'href="[^"]*"' out | sed 's/href="//; s/"$//'; }
change=$(printf %040d 7)
at acme ring-a 2026-03-01T11:00:00Z $sha ",\"pull_request\":\"o/atlas#12\",\"commit\":\"$sha\",\"since_commit\":\"$change\"" | framed >links
board --gitops o/gitops <links
ok 'the board links to the pull request, the commit, the change and the proposal' test "$(linked | tr '\n' ' ')" = \
	"https://github.com/o/atlas/pull/12 https://github.com/o/atlas/commit/$sha https://github.com/o/gitops/commit/$change https://github.com/o/gitops/pulls?q=is%3Apr+$change "
board <links
ok 'without --gitops only to the first two' eval '[ "$(linked | wc -l)" -eq 2 ] && out_has "change $change"'
board --server https://git.example.com:8443 <links
ok '--server is where links lead' test "$(linked | head -n 1)" = https://git.example.com:8443/o/atlas/pull/12
{ at acme ring-a 2026-03-01T11:00:00Z $sha ',"pull_request":"o/atlas#12"'; at beta ring-a 2026-03-01T11:00:00Z $sha ',"pull_request":"o/atlas#13"'; } | framed | board
ok 'two pull requests of a ring are in their rows' test "$(grep -c '<td data-label="Links">.*pull/1[23]' out)" -eq 2
printf '{"type":"proposal","branch":"release/atlas/ring-a","service":"atlas","ring":"ring-a"}\n{"type":"proposal","branch":"a\\"b"}\n' | framed | run ringreport --format=html --gitops o/gitops
ok 'the branch of a proposal leads to its pull request, if it has the form of one' test "$(linked)" = 'https://github.com/o/gitops/pulls?q=is%3Apr+head%3Arelease/atlas/ring-a'
while IFS= read -r bad; do
	at acme ring-a 2026-03-01T11:00:00Z $sha ",\"pull_request\":\"$bad\",\"commit\":\"$sha\"" | framed | board
	ok "no link comes of a pull request $bad" eval '[ -z "$(linked)" ] && grep -q "<span class=\"soft\">" out'
done <<'END'
javascript:alert(1)//a/b#1
https://evil.example/a/b#1
//evil.example/x#1
a/../b#1
a/..#1
-a/b#1
a/b/c#1
a/b#0
a/b#1x
a/b#
a/b#12345678901
a/b?x#1
a b/c#1
a@b/c#1
END
for bad in 5E0C1F7 5e0c1f 5e0c1f7/../x zzzzzzz "$sha$sha"; do
	at acme ring-a 2026-03-01T11:00:00Z $sha ",\"pull_request\":\"o/a#1\",\"commit\":\"$bad\",\"since_commit\":\"$bad\"" | framed | board --gitops o/g
	ok "no link comes of a commit $bad" test "$(linked)" = https://github.com/o/a/pull/1
done
for options in '--server http://github.com' '--server https://' '--server https://a/b' '--server https://a:x' '--server https://u@a' '--server javascript:x' \
	'--gitops a' '--gitops a/b/c' '--gitops ../b' '--gitops a/..' '--gitops a/b#1' '--format=html --limit 32767'; do
	run ringreport $options </dev/null
	ok "wrong usage: ringreport $options" eval 'exits 2 && err_lines 1 && out_empty'
done

# Colour: on a terminal only, and nothing but colour

{ refused shadowed beta; live acme atlas degraded 'x'; live corvid atlas running 'y'; } | framed ringlive >coloured
printf '%s\n' '+a' '-b' ' c' >difference
shown() { env "$@" python3 "$top/tests/terminal.py" written screen --all ringreport --format=text --now 0 --rendered difference <coloured; tr -d '\r' <written >screen; }
ringreport --format=text --now 0 --rendered difference <coloured >piped
ok 'a pipe has no colour' not grep -q $'\e' piped
shown TERM=xterm NO_COLOR=
ok 'a terminal has colour: the outcome' grep -qF $'ringkit: \e[1matlas ring-a\e[0m: \e[1m\e[31mrefused\e[0m (' screen
ok '... a code and the states' eval 'grep -qF $'"'\\e[31mshadowed\\e[0m'"' screen && grep -qF $'"'\\e[31mdegraded: x\\e[0m'"' screen && grep -qF $'"'\\e[32mrunning\\e[0m'"' screen'
ok '... and the lines of a difference' eval 'grep -qF $'"'\\e[32m+a\\e[0m'"' screen && grep -qF $'"'\\e[31m-b\\e[0m'"' screen'
ok '... and without it, it is the same' same piped <(sed 's/\x1b\[[0-9]*m//g' screen)
for setting in NO_COLOR=1 TERM=dumb TERM=; do
	shown TERM=xterm $setting
	ok "there is none with $setting" same piped screen
done
shown -u TERM
ok 'there is none without TERM' same piped screen
env TERM=xterm python3 "$top/tests/terminal.py" written screen --all ringreport --now 0 <coloured
ok 'other formats have none' not grep -q $'\e' written

finish
