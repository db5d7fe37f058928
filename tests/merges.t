#!/bin/bash
# Random histories: ringsync against git merge -X ours and git merge-tree (merges.py), and, with --conflicts=ring, against
# what the default branch has changed (merges_ring.py).
# MERGES and RING_MERGES are their numbers, SEED the seed of the random generator.
. "$(dirname "$0")/lib.sh"

count=${MERGES:-200}
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

# Conflicts of names and types, resolved with --conflicts=ring
count=${RING_MERGES:-60}
run python3 "$top/tests/merges_ring.py" "$tmp/ring" "$count" "${SEED:-3}"
sed 's/^/# /' "$tmp/out"
least() { [ "$(sed -n "s|^  $1: \([0-9]*\)$|\1|p" "$tmp/out")" -ge "$2" ]; }
ok "$count rings were merged with --conflicts=ring"       test "$(value tried)" = "$count"
ok 'each change of the default branch is in the merge or discarded' eval 'exits 0 && [ "$(value faults)" = 0 ]'
ok 'most had conflicts that git merge -X ours does not resolve' test "$(value 'conflicts settled')" -ge $((count / 2))
ok 'fewer than 1 % are refused'                            under_one_percent refused
while IFS=: read -r shape per_thousand; do
	ok "$shape: at least $per_thousand of 1,000"       least "$shape" $((count * per_thousand / 1000))
done <<'END'
kind hunk:100
kind file:500
kind link:50
kind delete:300
kind mode:2
kind submodule:15
a file becomes a directory:200
a directory becomes a file:150
a link becomes a directory:150
a directory becomes a link:100
a file becomes a link:100
a link becomes a file:30
renames into what was a file or a link:200
modify/delete:500
mode changes:200
mode changes on both sides:5
submodules:30
add/add:30
renames on both sides:150
directory renames:150
criss-cross:10
END
finish
