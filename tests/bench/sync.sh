# make bench-sync: compare ringsync with "git merge -X ours" in a work tree and with "git merge-tree --write-tree --stdin",
# which does not prefer a side, on RINGS rings of FILES files with EDITS edits on the default branch and RING_EDITS on each
# ring.  Print elapsed and processor time: the least of ROUNDS rounds, in which the programs take turns, each on a fresh
# copy.  Only WORK_TREE rings are merged in a work tree, and the figure is extrapolated to all.

. "$(dirname "$0")/../lib.sh"

rings=${RINGS:-100} files=${FILES:-20000} edits=${EDITS:-1000} ring_edits=${RING_EDITS:-90}
rounds=${ROUNDS:-3} work_tree=${WORK_TREE:-20}
dir=$top/build/bench/sync
rm -rf "$dir" && mkdir -p "$dir" && cd "$dir" || exit

git init -q made && python3 "$top/tests/bench/sync.py" "$rings" "$files" "$edits" "$ring_edits" | git -C made fast-import --quiet &&
	git -C made repack -adq && git -C made update-ref --no-deref HEAD main && git -C made reset -q --hard || exit
# fresh [.git]: make a copy $r, of the repository only.  Copies are removed at the end, because ext4 is slow after that.
n=0
fresh() { r=r$((n += 1)) && mkdir $r && cp -a made/"${1-.}" $r/ && sync; }
names() { git -C made for-each-ref --format='%(refname:short)' 'refs/heads/ring-*'; }

# measure NAME COMMAND ...: append NAME, elapsed, user and system time in seconds, peak memory in KiB
measure() {
	command time -q -o figures -f '%e %U %S %M' "${@:2}" || exit
	echo "$1 $(cat figures)" >>rounds
}
in_a_work_tree() {
	for ring in $(names | head -n "$work_tree"); do
		git -C $r checkout -q --detach "$ring" && git -C $r merge -q -X ours -m x main >/dev/null || exit
		git -C $r rev-parse 'HEAD^{tree}'
	done
}
export -f in_a_work_tree names
export work_tree r

: >rounds
for ((i = 0; i < rounds; i++)); do
	fresh .git
	measure ringsync ringsync -C $r --from main --all >out
	for ring in $(names | head -n "$work_tree"); do git -C $r rev-parse "$ring^{tree}"; done >trees
	ok "round $((i + 1)): every ring is merged" test "$(grep -c '"status":"merged"' out)" = "$rings"
	fresh .git
	names | sed 's/$/ main/' >pairs
	measure merge-tree git -C $r merge-tree --write-tree --stdin <pairs >/dev/null
	fresh
	git -C $r update-index -q --refresh
	measure work-tree bash -c in_a_work_tree >expected
	ok "... with the tree of the work tree" same expected trees
done
# the figures of the work tree include the checkout of the ring, which a job would need, too
awk -v rings="$rings" -v some="$work_tree" '
	{ k = $1 == "work-tree" ? rings / some : 1; wall = k * $2; cpu = k * ($3 + $4) }
	!($1 in w) || wall < w[$1] { w[$1] = wall }
	!($1 in c) || cpu < c[$1] { c[$1] = cpu }
	!($1 in m) || $5 < m[$1] { m[$1] = $5 }
	END {
		printf "# %-12s %10s %10s %10s\n", "", "elapsed", "cpu", "peak"
		for (who in w) printf "# %-12s %8.2f s %8.2f s %6.0f MiB\n", who, w[who], c[who], m[who] / 1024
		printf "# a work tree takes %.0f times as long (cpu: %.0f), merge-tree %.1f times (cpu: %.1f)\n",
			w["work-tree"] / w["ringsync"], c["work-tree"] / c["ringsync"],
			w["merge-tree"] / w["ringsync"], c["merge-tree"] / c["ringsync"]
		exit !(w["work-tree"] >= 50 * w["ringsync"] && w["ringsync"] <= 2 * w["merge-tree"])
	}' rounds
slow=$?
rm -rf "$dir"
ok 'at least 50 times as fast as a work tree, at most twice as slow as merge-tree' test $slow = 0
finish
