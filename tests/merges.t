#!/bin/bash
# Random histories: ringsync against git merge -X ours and git merge-tree (merges.py).
# MERGES is their number, SEED the seed of the random generator.
. "$(dirname "$0")/lib.sh"

count=${MERGES:-300}
run python3 "$top/tests/merges.py" "$tmp/r" "$count" "${SEED:-1}"
sed 's/^/# /' "$tmp/out"
value() { sed -n "s/^$1: //p" "$tmp/out"; }
under_one_percent() { [ $(($(value "$1") * 100)) -lt "$count" ]; }
# tried SHAPE N [MERGED]: the shape was in at least N of 1,000 merges, and Git made MERGED (default 1) of them
tried() {
	local found
	found=$(sed -n "s|^  $1: \([0-9]*\), of which Git merges \([0-9]*\)$|\1 \2|p" "$tmp/out")
	[ -n "$found" ] && [ $((${found% *} * 1000)) -ge $((count * $2)) ] && [ "${found#* }" -ge "${3-1}" ] || { echo "tried, merged: $found"; false; }
}
ok "$count rings were merged"                             test "$(value merges)" = "$count"
ok 'trees are those of git merge -X ours, and discarded pieces the conflicts of git merge-tree' eval 'exits 0 && [ "$(value faults)" = 0 ]'
ok 'some had conflicts'                                    test "$(value 'with conflicts')" -gt $((count / 10))
ok '... and some were whole merges by Git'                 test "$(value 'by Git itself')" -gt $((count / 20))
ok 'fewer than 1 % are refused although Git succeeds'      under_one_percent 'refused where Git succeeds'
ok 'fewer than 3 % cannot be compared with Git'            test "$(value 'not judged')" -lt $((count / 30))
while IFS=: read -r shape least merged; do
	ok "$shape: at least $least of 1,000" tried "$shape" "$least" $merged
done <<'END'
edits of one file on both sides:200
add/add:6
renames:100
renames on both sides:10
directory renames:40
a file added to a directory that is renamed:6
mode changes:20
symlinks:40
symlinks, on both sides:10
submodules:30
submodules, on both sides:4:0
binary files, on both sides:8
CRLF, edited on both sides:30
criss-cross:15
merge= attributes:60
modify/delete:60
file against directory:40
END
finish
