# Progress: only on a terminal, on one line, which is removed; only messages remain.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

fresh
git clone -q --bare "$r" "$tmp/truth.git"
git -C "$r" remote add origin "$tmp/truth.git"
# slow: records that arrive after progress begins
slow() { patch acme one two && sleep 1.5 && patch beta one two && sleep 0.3 && patch gamma one two; }
# terminal [OPTION ...] COMMAND ...
terminal() { run python3 "$top/tests/terminal.py" "$tmp/written" "$tmp/screen" "$@"; }
on_screen() { diff -u - "$tmp/screen"; }
written() { grep -qF -- "$1" "$tmp/written"; }
empty() { [ ! -s "$1" ] || { cat -A "$1" && false; }; }
dry() { terminal "$@" applypatch -C "$r" --branch main --dry-run; }

slow | framed >"$tmp/in"
# slowly FILE: its lines, with a pause after the first, in which a program on a busy machine also starts
slowly() { head -n 1 "$1" && sleep 1.5 && tail -n +2 "$1"; }

slowly "$tmp/in" | dry
ok 'a terminal shows progress of a slow stream' eval 'exits 0 && written "applypatch: reading line 2"'
ok '... and nothing of it remains'             empty "$tmp/screen"
# to_the_byte: each line is written over the one before, and at the end blanks over the longest
to_the_byte() { python3 -c '
import re, sys
whole = open(sys.argv[1], "rb").read()
parts = re.fullmatch(rb"((?:\rapplypatch: [a-z]+ [a-z]+ \d+(?: of \d+)? *)+)\r( +)\r", whole)
sys.exit(0 if parts and len(parts[2]) == max(map(len, parts[1].split(b"\r"))) else repr(whole))' "$tmp/written"; }
ok '... to the byte'                           to_the_byte
ok '... and the records are the same as in a pipe' is "$(jq -r .type "$tmp/out" | paste -sd' ')" 'result result result end'

slowly "$tmp/in" | run applypatch -C "$r" --branch main --dry-run
ok 'there is none if standard error is not a terminal' eval 'exits 0 && empty "$tmp/err"'
slowly "$tmp/in" | terminal applypatch -q -C "$r" --branch main --dry-run
ok '... nor with -q'                           eval 'exits 0 && empty "$tmp/written"'
slowly "$tmp/in" | dry --background
ok '... nor for a job in the background'       eval 'exits 0 && empty "$tmp/written"'

{ patch acme one two; patch beta other two; patch gamma one two; } | framed >"$tmp/stale"
slowly "$tmp/stale" | dry
ok 'a message has its own line'                eval 'exits 75 && written "applypatch: reading line" && sed "s/: tenants.*/: .../" "$tmp/screen" >"$tmp/cut" && printf "applypatch: <stdin>:2: beta: ...\n" | diff -u - "$tmp/cut"'
{ patch acme one two; echo nonsense; } >"$tmp/bad"
slowly "$tmp/bad" | dry
ok '... and so has the one that ends the run'  eval 'exits 65 && written "applypatch: reading line 2" && is "$(wc -l <"$tmp/screen")" 1 && grep -q "^applypatch: <stdin>:2: " "$tmp/screen"'

{ refused other; patch acme one two; patch beta one two; } | framed >"$tmp/passed"
slowly "$tmp/in" | dry --all
ok 'if records go to the terminal too, they are complete' eval 'exits 0 && written "applypatch: reading line 2" && jq -e -s "length == 4" "$tmp/screen"'
{ cat "$tmp/passed" && sleep 1.5 && cat "$tmp/in"; } | terminal --all applypatch -C "$r" --branch main --dry-run --partial
ok '... and writing them ends progress' eval 'exits 1 && not written "reading line" && jq -e -s "length == 7" "$tmp/screen"'

terminal applypatch -C "$r" --branch main --push origin <"$tmp/in"
ok 'commands to a remote are shown at once'    eval 'exits 0 && written "applypatch: fetching" && written "applypatch: pushing"'
ok '... a shorter line covers a longer one'    grep -qE $'\rapplypatch: pushing +\r' "$tmp/written"
ok '... and nothing of it remains'             empty "$tmp/screen"

cp "$tmp/out" "$tmp/results" && slowly "$tmp/results" | terminal ringreport
ok 'other filters show it when they read a stream' eval 'exits 0 && written "ringreport: reading line" && empty "$tmp/screen"'
printf '%s\n' cohort:github:path:internal-level-1 bug 'help wanted' >"$tmp/labels"
slowly "$tmp/labels" | terminal labels2json
ok '... of records or of lines'                eval 'exits 0 && written "labels2json: reading line" && empty "$tmp/screen"'

finish
