# What the benchmarks of repositories share.  Source it after lib.sh.

mkdir -p "$top/build/bench/repos" && cd "$top/build/bench/repos" || exit

# make_repo SHAPE COUNT: create the packed bare repository gitops-SHAPE-COUNT, unless an earlier run has left it
make_repo() {
	local repo=gitops-$1-$2 repack=-adq made
	[ "$1" != whole ] || repack='-adqF --depth=0'
	made="$(cksum <"$top/tests/bench/manifests.py") $1 $2"
	[ "$(cat "$repo/made" 2>&1)" != "$made" ] || return 0
	rm -rf "$repo"
	git init -q --bare "$repo" &&
		python3 "$top/tests/bench/manifests.py" "$2" "$1" | git -C "$repo" fast-import --quiet &&
		git -C "$repo" repack $repack &&
		git -C "$repo" ls-tree -r main | cut -c 13-52 >"$repo/ids" &&
		echo "$made" >"$repo/made"
}
