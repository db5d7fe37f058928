#!/bin/bash
# Random histories: ringsync against git merge -X ours and git merge-tree (merges.py).
# MERGES says how many, SEED which; make check-long has more of them.
. "$(dirname "$0")/lib.sh"

count=${MERGES:-300}
run python3 "$top/tests/merges.py" "$tmp/r" "$count" "${SEED:-1}"
sed 's/^/# /' "$tmp/out"
value() { sed -n "s/^$1: //p" "$tmp/out"; }
under_one_percent() { [ $(($(value "$1") * 100)) -lt "$count" ]; }
ok "$count rings were merged"                             test "$(value merges)" = "$count"
ok 'no tree is another than that of git merge -X ours, and discarded is what git merge-tree says' eval 'exits 0 && [ "$(value faults)" = 0 ]'
ok 'conflicts were among them'                            test "$(value 'with conflicts')" -gt $((count / 10))
ok '... and merges by Git itself'                         test "$(value 'by Git itself')" -gt $((count / 20))
ok 'those refused where Git succeeds are under 1 %'       under_one_percent 'refused where Git succeeds'
ok '... as are those that Git could not judge, nearly'    test "$(value 'not judged')" -lt $((count / 30))
finish
