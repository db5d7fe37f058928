# make bench-commit PROGRAM: one commit of 20 and of 10,000 changed manifests, by the Git half of applypatch (PROGRAM),
# applypatch as a whole, git fast-import, git's plumbing with an index of its own, and a work tree.
# Each figure is the minimum of several rounds, in which they take turns.  MANIFESTS="1000 10000 100000", ROUNDS=5.

. "$(dirname "$0")/../lib.sh"
program=$(realpath "$1")
. "$(dirname "$0")/repos.sh"

counts=${MANIFESTS:-1000 10000 100000} rounds=${ROUNDS:-5}
export SOURCE_DATE_EPOCH=1700000000

# restore the branch, and remove the new objects
restore() {
	git -C "$repo" update-ref refs/heads/main "$base"
	objects | comm -13 base-objects - | xargs -r rm -f
}

objects() { find "$repo/objects" -type f | sort; }

half() { "$program" "$repo" main <changes/files; }
filter() { applypatch -C "$repo" --branch main <changes/patches >results; }
import() { git -C "$repo" fast-import --quiet <changes/import; }
plumbing() {
	local tree
	rm -f index
	export GIT_INDEX_FILE=$PWD/index GIT_DIR=$PWD/$repo
	git read-tree main &&
		git hash-object -w --no-filters --stdin-paths <changes/paths | paste -d' ' - changes/info |
		sed 's/^/100644 /; s/ \([^ ]*\)$/\t\1/' | git update-index --index-info && tree=$(git write-tree) &&
		git update-ref refs/heads/main "$(echo Bench | git commit-tree -p main "$tree")" "$base"
}
tree() { cp -R changes/tree/. work/ && git -C work commit -qam Bench; }

# seconds WHO: run it once, and check that it made one commit with the expected number of changes
seconds() {
	local start end in=$repo
	restore
	[ "$1" != tree ] || { in=work && git -C work reset -q --hard "$base"; }
	sync
	start=$EPOCHREALTIME
	("$1") || exit
	end=$EPOCHREALTIME
	[ "$(git -C "$in" rev-parse main^)" = "$base" ] && [ "$(git -C "$in" diff --name-only "$base" main | wc -l)" -eq "$changes" ] ||
		{ echo "$1 did not make the commit" >&2 && exit 1; }
	echo "$shape $count $changes $1 $(awk -v a="$start" -v b="$end" 'BEGIN { printf "%.2f", (b - a) * 1000 }')" >>rounds
}

# bench SHAPE COUNT CHANGES WHO ...
bench() {
	shape=$1 count=$2 changes=$3
	[ "$changes" -le "$count" ] || return 0
	shift 3
	repo=gitops-$shape-$count
	base=$(cat "$repo/base")
	git -C "$repo" update-ref refs/heads/main "$base"
	rm -rf changes && mkdir changes && python3 "$top/tests/bench/changes.py" "$repo" "$changes" changes || exit
	case " $* " in *' tree '*) rm -rf work && git clone -q --shared "$repo" work ;; esac
	objects >base-objects
	for ((i = 0; i < rounds; i++)); do
		for who in "$@"; do seconds "$who"; done
	done
	restore
}

: >rounds
for shape in flat sharded; do
	for count in $counts; do
		make_repo $shape "$count" || exit
		[ -e gitops-$shape-$count/base ] || git -C gitops-$shape-$count rev-parse main >gitops-$shape-$count/base
		bench $shape "$count" 20 half filter import plumbing tree
		bench $shape "$count" 10000 half filter import plumbing tree
	done
done

# 600 additional packs of one object each
if [ ! -e gitops-packs-10000/base ] && make_repo sharded 10000; then
	cp -R gitops-sharded-10000 gitops-packs-10000
	for ((i = 0; i < 600; i++)); do
		echo "pack $i" | git -C gitops-packs-10000 hash-object -w --stdin |
			git -C gitops-packs-10000 pack-objects -q objects/pack/pack >/dev/null || exit
	done
fi
bench packs 10000 20 half filter import
bench packs 10000 10000 half filter import
rm -rf changes work base-objects

# our pack writer beside libgit2's, for COUNT objects of a repository, evenly chosen
packs=gitops-sharded-10000
for count in 60 1000 20000; do
	[ -d $packs ] || break
	for writer in ours packbuilder; do
		git -C $packs rev-list --objects main | cut -c -40 | awk -v n=$count '{ id[NR] = $0 }
			END { for (i = 0; i < n; i++) print id[1 + int(i * NR / n)] }' | "${program%commit}pack" $packs $writer 3 |
			awk -v n=$count -v w=$writer '{ printf "note:   a pack of %d objects by %s: %.1f ms of processor time, %d bytes\n", n, w, $1, $2 }'
	done
done

awk '{ key = $1 " " $2 " " $3; if (!(key in seen)) order[++n] = key; seen[key] = 1
	if (!((key, $4) in ms) || $5 < ms[key, $4]) ms[key, $4] = $5 }
	function shown(key, who) { return (key, who) in ms ? sprintf("%8.1f ms %5.2fx", ms[key, who], ms[key, who] / ms[key, "import"]) : "" }
	function want(says, holds) { print (holds ? "holds:  " : "FAILS:  ") says; if (!holds) failed = 1 }
	END {
		printf "%-9s%9s%9s %18s %18s %18s %18s %18s\n", "", "manifests", "changes", "Git half", "applypatch", "fast-import", "plumbing", "work tree"
		for (i = 1; i <= n; i++) {
			split(order[i], part, " ")
			printf "%-9s%9d%9d %18s %18s %18s %18s %18s\n", part[1], part[2], part[3], shown(order[i], "half"),
				shown(order[i], "filter"), shown(order[i], "import"), shown(order[i], "plumbing"), shown(order[i], "tree")
		}
		few = "sharded 10000 20"; many = "sharded 10000 10000"
		if (few in seen) want("20 of 10,000 sharded: the Git half takes at most twice as long as git fast-import", ms[few, "half"] <= 2 * ms[few, "import"])
		if (few in seen) want("... applypatch as a whole, too", ms[few, "filter"] <= 2 * ms[few, "import"])
		if (many in seen) want("10,000 of 10,000: the Git half is faster than git fast-import", ms[many, "half"] < ms[many, "import"])
		if (many in seen) printf "note:   ... applypatch as a whole, which also reads, edits and checks 10,000 manifests: %.2f times git fast-import\n", ms[many, "filter"] / ms[many, "import"]
		large = "sharded 100000 20"; small = "sharded 1000 20"
		if (large in seen && small in seen) want("20 of 100,000 sharded: at most twice the time of 20 of 1,000", ms[large, "half"] <= 2 * ms[small, "half"])
		packs = "packs 10000 20"
		if (packs in seen && few in seen) {	# the search for the base opens their indexes
			printf "note:   600 packs more: %.1f ms more, and %.1f ms more for git fast-import\n",
				ms[packs, "half"] - ms[few, "half"], ms[packs, "import"] - ms[few, "import"]
			want("... at most the time that they cost git fast-import, and the half of it",
				ms[packs, "half"] - ms[few, "half"] <= 1.5 * (ms[packs, "import"] - ms[few, "import"]))
		}
		exit failed
	}' rounds
