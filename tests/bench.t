#!/usr/bin/env bash
# make bench prints what it has measured, of contenders that did the same work.
. "$(dirname "$0")/lib.sh"

measure=$RINGKIT_BIN/../bench/measure
[ -x "$measure" ] || skip_all 'without build/bench/measure'
cd "$tmp" || exit

echo hello >in
run "$measure" figures cat @ tr h j @ tail -c 5 <in
ok 'the commands are one pipeline' out_is <<<'ello'
ok '... which succeeds' exits 0
run "$measure" figures true @ sh -c 'exit 3' @ true
ok 'a command that fails in the middle is a failure' exits 1
ok '... and is named' err_has 'measure: sh: status 3'
run "$measure" figures ./no-such-program
ok 'a program that does not exist is a failure' exits 2
ok '... and is named' err_has 'measure: ./no-such-program: No such file or directory'
run "$measure" figures true @
ok '... as is an empty command' exits 2
run "$measure" figures sleep 0.3 @ sleep 0.1
ok 'the time is that of the slowest' awk '{ exit !($1 >= 0.3 && $1 < 30 && $2 < 0.3) }' figures
run "$measure" figures sh -c '/usr/bin/python3 -c "x = b\"x\" * (64 << 20)"; true' @ true
ok 'the memory is that of the largest process, also of a child of a shell' awk '{ exit !($3 >= 65536 && $3 < 262144) }' figures
run "$measure" figures true
ok '... and not that of the process that measures' awk '{ exit !($3 < 8192) }' figures

# contest: what a contest of the contenders in standard input makes
cat >contest.py <<EOF
import os, sys
sys.path.insert(0, '$top/tests/bench')
import harness, report
from harness import Contender, Failed
os.makedirs('build/bench/data', exist_ok=True)
bench = harness.Bench('build', {'measure': '$measure'}, [100], True)
def different():
    harness.require(open('out2').read() == 'a\n', 'b: other bytes')
try:
    exec(sys.stdin.read())
except Failed as why:
    print('failed:', why)
EOF
contest() { run /usr/bin/python3 contest.py; }

contest <<'EOF'
turns = []
rows = bench.contest('part', 'work', [Contender('a', [['sleep', '0.2']], before=lambda: turns.append('a')),
                                      Contender('b', [['sleep', '0.1']], before=lambda: turns.append('b'), rounds=2)], 3, 'a', items=100)
print(''.join(turns), len(rows['a'].runs), len(rows['b'].runs), 0.2 <= rows['a'].seconds() < 20, 0 < rows['b'].ratio() < 50)
print(report.table(bench))
rows['a'].runs = [(4, 1, 1), (1, 1, 3), (9, 1, 2)]
rows['b'].runs = [(1, 1, 1), (1, 1, 1), (2, 1, 1)]
print(harness.paired(rows['a'], rows['b']), rows['a'].seconds(), rows['a'].peak())
EOF
ok 'contenders take turns, as often as each may' out_has 'ababa 3 2 True True'
ok 'a row has the median of the times and the most memory, pairs the median of their ratios' out_has '4.0 4 3'
ok 'the table has a row for each contender' test "$(grep -c '^| [ab] ' "$tmp/out")" = 2
contest <<<"bench.contest('part', 'work', [Contender('a', [['true']]), Contender('b', [['false']])], 3, 'a'); print('goes on')"
ok 'a contender that fails ends the run' out_is <<<'failed: b: status 1'
contest <<<"bench.contest('part', 'work', [Contender('b', [['echo', 'b']], stdout='out2', check=different)], 3, 'b'); print('goes on')"
ok 'a contender that makes something else ends the run' out_is <<<'failed: b: other bytes'
contest <<'EOF'
import parts
one = 'spec: {source: {helm: {values: "a: 1\\nb: 2\\n"}}}\n'
parts.same_values(one, one.replace('a: 1', 'a:   1'), 'style')
parts.same_values(one, one.replace('b: 2', 'b: 3'), 'edit')
EOF
ok 'values are compared, not bytes, also inside a string' out_is <<<'failed: edit: other values'
contest <<'EOF'
bench.goal('fast', False, '3.00 times')
bench.goal('small', True, '1 MiB')
bench.not_measured('large', 'needs the size 10000')
print(report.goals(bench))
EOF
ok 'a goal that is missed is called so' out_has '| fast  | missed       | 3.00 times           |'
ok '... as is one that is met' out_has '| small | met '
ok '... and one that was not measured' out_has '| large | not measured | needs the size 10000 |'
finish
