# make bench-scan: ringls beside "git cat-file --batch" on the same blobs of a packed repository: time, peak memory.
# Tenants lie in one directory, in a thousand, and in one with a pack that has no deltas.  Each figure is the least of several rounds, in which the programs take turns.  MANIFESTS="20000 100000", ROUNDS=5.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/repos.sh"

counts=${MANIFESTS:-20000 100000} rounds=${ROUNDS:-5}
sed 's,tenants/{tenant},tenants/*/{tenant},' "$examples/releases/ring.yaml" >sharded.yaml
cp "$examples/releases/ring.yaml" flat.yaml && cp flat.yaml whole.yaml

# measure WHO COMMAND ...: a line of WHO, elapsed and processor time in seconds, peak memory in KiB
measure() {
	command time -q -o figures -f '%e %U %S %M' "${@:2}" || exit
	echo "$1 $(cat figures)" >>rounds
}

lists() { [ "$(grep -c '"type":"override"' out)" -eq $(($1 / 50)) ] || { echo "not $(($1 / 50)) overrides" >&2 && exit 1; }; }

: >table
for shape in flat sharded whole; do
	for count in $counts; do
		make_repo $shape "$count" || exit
		repo=gitops-$shape-$count
		: >rounds
		for ((i = 0; i < rounds; i++)); do
			measure ringls ringls -C $repo -r main -c $shape.yaml >out
			lists "$count"
			measure git git -C $repo cat-file --batch <$repo/ids >/dev/null
		done
		awk -v shape=$shape -v count="$count" '
			!($1 in wall) || $2 < wall[$1] { wall[$1] = $2 }
			!($1 in cpu) || $3 + $4 < cpu[$1] { cpu[$1] = $3 + $4 }
			!($1 in kib) || $5 < kib[$1] { kib[$1] = $5 }
			END { for (who in cpu) print shape, count, who, wall[who], cpu[who], kib[who] }' rounds | sort -r >>table
	done
done
awk 'BEGIN { printf "%-8s %9s  %-6s %8s %8s %9s\n", "", "manifests", "", "elapsed", "cpu", "peak" }
	{
		printf "%-8s %9d  %-6s %6.2f s %6.2f s %5.0f MiB", $1, $2, $3, $4, $5, $6 / 1024
		if ($3 == "git")
			printf "\n"
		else {
			wall = $4; cpu = $5; kib = $6; shape = $1; n = $2
			printf "\n"
			next
		}
		printf "%-8s %9s  %-6s %7.2fx %7.2fx %8.2fx\n", "", "", "ratio", wall / $4, cpu / $5, kib / $6
		if (cpu > 2 * $5) {
			print "ringls takes more than twice the time of the reader"
			failed = 1
		}
		if (shape in last_n && n > last_n[shape]) {
			more = (kib - last_kib[shape]) * 1024 / (n - last_n[shape])
			printf "%-8s each further manifest of 5 KB takes %.0f bytes\n", "", more
			if (more > 500) {
				print "the memory of ringls grows with the number of manifests"
				failed = 1
			}
		}
		last_n[shape] = n; last_kib[shape] = kib
	}
	END { exit failed }' table
