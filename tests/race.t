# WRITERS writers of COMMITS commits each on one branch of one repository, while a Git client commits to the same branch,
# packs its refs and collects garbage.  Then by themselves, and while git gc removes at once what nothing refers to.
# make check-race has 32 writers of 20; tests/remotes.t has those that push.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

writers=${WRITERS:-6} commits=${COMMITS:-4}
total=$((writers * commits))

mkdir "$tmp/many"
for ((i = 1; i <= total; i++)); do
	mkdir -p "$tmp/many/tenants/t-$i"
	printf 'image:\n  repository: ghcr.io/x/atlas-ring-a\n  tag: "one"\n' >"$tmp/many/tenants/t-$i/application.yaml"
done
repo r "$tmp/many"
r=$tmp/r
git -C "$r" switch -q --detach
git -C "$r" config gc.auto 0
before=$(tip)

writer() {
	for ((c = 1; c <= commits; c++)); do
		patch "t-$((($1 - 1) * commits + c))" one two | framed | applypatch -v -C "$r" --branch main >"$tmp/w-$1.$c" 2>>"$tmp/w-$1.err" ||
			echo "writer $1, commit $c: status $?: $(tail -n 1 "$tmp/w-$1.err")"
	done
}
# write_all: let all writers run at once
write_all() {
	local w writing
	for ((w = 1; w <= writers; w++)); do
		writer "$w" >"$tmp/w-$w.failed" 2>&1 &
		writing[w]=$!
	done
	wait "${writing[@]}"
}
# once COMMAND ...: run it, and count it if it succeeded
once() { "$@" >>"$tmp/$1.said" 2>&1 && echo >>"$tmp/$1.done"; }
done_by() { if [ -e "$tmp/$1.done" ]; then wc -l <"$tmp/$1.done"; else echo 0; fi; }
# a commit as git commit makes it, without a work tree: one more file, and a move by compare-and-swap
commit() {
	local old new blob n
	export GIT_INDEX_FILE=$tmp/index
	n=$(done_by commit)
	old=$(tip) && git -C "$r" read-tree "$old" && blob=$(echo "$n" | git -C "$r" hash-object -w --stdin) &&
		git -C "$r" update-index --add --cacheinfo "100644,$blob,client/$n" &&
		new=$(git -C "$r" commit-tree -p "$old" -m "Client $n" "$(git -C "$r" write-tree)") &&
		git -C "$r" update-ref refs/heads/main "$new" "$old"
}
pack() { git -C "$r" pack-refs --all --prune; }
collect() { git -C "$r" gc --quiet; }
# until_over COMMAND LEAST: repeat it until the writers are done and it has succeeded LEAST times, within limits
until_over() {
	local command=$1 least=$2 late=0
	until [ -e "$tmp/over" ] && [ "$(done_by "$command")" -ge "$least" ] || [ $late -gt $((4 * least)) ]; do
		(once "$command")
		[ ! -e "$tmp/over" ] || late=$((late + 1))
	done
}

for command in "commit $commits" 'pack 2' 'collect 2'; do
	until_over $command &
	client+=($!)
done
write_all
touch "$tmp/over"
wait "${client[@]}"

theirs=$(done_by commit) again=$(cat "$tmp"/w-*.err | grep -c 'applying again')
tried=("$tmp"/w-*.[0-9]*)
echo "# $writers writers of $commits commits: ${#tried[@]} tried, applied again $again times because the branch had moved"
echo "# a client meanwhile: $theirs commits, refs packed $(done_by pack) times, garbage collected $(done_by collect) times"

committed() { cat "$tmp"/w-*.[0-9]* | jq -rR 'fromjson? | select(.status == "committed").commit' | sort; }
lost() { comm -23 <(committed) <(git -C "$r" rev-list main | sort); }
files() { (cd "$r/.git/objects" && compgen -G "$1" | wc -l); }
names() { git -C "$r" log --format= --name-only "$before..main"; }
ok "$writers writers of $commits commits beside a Git client: all are tried" is "${#tried[@]}" "$total"
ok '... and none fails'                        is "$(cat "$tmp"/w-*.failed)" ''
ok '... each has its own commit'               is "$(committed | uniq | wc -l)" "$total"
ok '... the client has committed, packed and collected garbage' eval '[ "$theirs" -ge "$commits" ] && [ "$(done_by pack)" -ge 2 ] && [ "$(done_by collect)" -ge 2 ]'
ok '... and they have raced'                     test "$again" -ge 1
ok '... no commit is lost, and there are no others' is "$(commits)" $((total + theirs))
ok '... each commit that a writer reported is there' is "$(lost)" ''
ok '... each record was applied once'          is "$(names | grep ^tenants/ | sort | uniq -c | awk '$1 != 1')" ''
ok '... and all records were'                  is "$(git -C "$r" grep -c '"two"' main -- tenants | wc -l)" "$total"
ok '... and no commit of the client is lost'      is "$(git -C "$r" ls-tree --name-only main client/ | wc -l)" "$theirs"
ok '... the history is linear'          is "$(git -C "$r" rev-list --merges "$before..main")" ''
ok '... and the repository is sound'           is "$(git -C "$r" fsck --strict --no-dangling 2>&1)" ''

# again: the manifests as they were, in a repository without packs
again() {
	rm -rf "$r" "$tmp"/w-*
	repo r "$tmp/many"
	git -C "$r" switch -q --detach
	git -C "$r" config gc.auto 0
	before=$(tip)
}

again
write_all
echo "# $total commits by themselves: applied again $(cat "$tmp"/w-*.err | grep -c 'applying again') times, $(files 'pack/*.pack') packs"
ok 'a lost race leaves no objects: a pack for each commit, and no more' is "$(cat "$tmp"/w-*.failed)$(files 'pack/*.pack')" "$total"
ok '... and no other files'                       is "$(files 'ringkit_*') $(files 'pack/*.keep')" '0 0'

again
rm -f "$tmp/over" "$tmp"/*.done
prune() { git -C "$r" gc --quiet --prune=now; }
repack() { git -C "$r" repack -adq; }
client=()
for command in 'prune 2' 'repack 2'; do
	until_over $command &
	client+=($!)
done
write_all
touch "$tmp/over"
wait "${client[@]}"
echo "# $total commits while git gc --prune=now ran $(done_by prune) times, and git repack -ad $(done_by repack) times"
ok 'while git gc removes at once what nothing refers to, no writer fails' is "$(cat "$tmp"/w-*.failed)" ''
ok '... git gc and git repack have run'           eval '[ "$(done_by prune)" -ge 2 ] && [ "$(done_by repack)" -ge 2 ]'
ok '... no commit is lost'                      is "$(lost)$(commits)" "$total"
ok '... and the repository is sound'              is "$(git -C "$r" fsck --strict --no-dangling 2>&1)" ''

finish
