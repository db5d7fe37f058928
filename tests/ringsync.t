#!/bin/bash
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit
export TMPDIR=$tmp
g() { git -C "$tmp/s" "$@"; }
put() { mkdir -p "$(dirname "s/$1")" && cat >"s/$1"; }
commit() { g add -A && g commit -qm "${1:-x}"; }
on() { g checkout -q "$@"; }
ten() { printf '%s\n' one two three four five six seven eight nine ten | sed "$@"; }

# fresh: a repository s with main, which is not checked out, and these rings
#	ring-clean	changes another file than main
#	ring-hunk	changes a line of app.txt that main has changed as well
#	ring-gone	deletes a file that main has changed
fresh() {
	rm -rf s && git init -q s
	ten '' | put app.txt
	ten '' | put other.txt
	ten '' | put dir/deep/file.txt
	commit base
	for ring in clean hunk gone; do g branch -q "ring-$ring"; done
	on ring-clean && ten 's/two/clean/' | put other.txt && commit
	on ring-hunk && ten 's/two/ring/; s/nine/ring nine/' | put app.txt && commit
	on ring-gone && g rm -q dir/deep/file.txt && commit
	on main && ten '1i zero' | sed 's/two/main\nmain too/; /nine/d' | put app.txt && ten 's/one/main/' | put dir/deep/file.txt &&
		commit main
	on --detach
	main=$(g rev-parse main)
}
tip() { g rev-parse "$1"; }
tree() { g rev-parse "$1^{tree}"; }
state() { (cd s/.git && git for-each-ref && find objects logs refs -type f -print0 | sort -z | xargs -0 sha1sum); }
kept() { [ "$(state)" = "$was" ] || { echo 'the repository has changed' && false; }; }
is() { [ "$1" = "$2" ] || { echo "have: $1"; echo "want: $2"; false; }; }
sync() { run ringsync -C s --from main "$@"; }
of() { jq -c "select(.branch == \"$1\") | $2" "$tmp/out"; }
code() { jq -r "select(.branch == \"$1\") | .code" "$tmp/out"; }
# by_git RING: the tree that git merge -X ours makes, or nothing
by_git() {
	g worktree add -q --detach "$tmp/w" "$1" && git -C "$tmp/w" merge -q -X ours -m x main >"$tmp/messages" 2>&1 &&
		git -C "$tmp/w" rev-parse 'HEAD^{tree}'
	g worktree remove -f "$tmp/w"
}

# Merging
fresh
old=$(tip ring-hunk) want_clean=$(by_git ring-clean) want_hunk=$(by_git ring-hunk)
sync < <(printf 'ring-hunk\nring-clean\nring-gone\n')
ok 'two rings are merged and one is refused: 1'       exits 1
ok 'each ring has a record, in input order'           is "$(jq -r '.branch // .records' out | paste -sd,)" ring-hunk,ring-clean,ring-gone,3
ok 'the tree is that of git merge -X ours'            is "$(tree ring-hunk) $(tree ring-clean)" "$want_hunk $want_clean"
ok 'the record is as ring-records(5) has it'          out_has '{"type":"sync","branch":"ring-hunk","status":"merged","old":"'"$old"'","new":"'"$(tip ring-hunk)"'","discarded":[{"path":"app.txt","kind":"hunk","line":3,"lines":["main","main too"]},{"path":"app.txt","kind":"hunk","line":11,"lines":[]}]}'
ok 'a clean merge discards nothing'                   is "$(of ring-clean .discarded)" '[]'
ok 'a file that one side deletes and the other changes is a conflict' is "$(code ring-gone)" conflict
ok '... and the message names the file'               err_has 'ringsync: <stdin>:3: ring-gone: dir/deep/file.txt: CONFLICT (modify/delete)'
ok '... and the ring does not move'                   is "$(g log -1 --format=%s ring-gone)" x
ok 'the parents are the ring and the default branch'  is "$(g log -1 --format=%P ring-hunk)" "$old $main"
ok "the message is Git's, with trailers"              is "$(g log -1 --format=%B ring-hunk)" "Merge branch 'main' into ring-hunk

Ring-Sync: $main
Ring-Sync-Discarded: 2"
ok 'the trailer is missing if nothing was discarded'  is "$(g log -1 --format=%B ring-clean)" "Merge branch 'main' into ring-clean

Ring-Sync: $main"
ok 'the reflog has an entry'                          is "$(g reflog -1 --format=%gs ring-hunk)" 'ringsync: merge main'
ok 'fsck finds nothing'                               is "$(g fsck --strict --no-dangling 2>&1)" ''
ok 'one pack has all new objects'                     is "$(find s/.git/objects/pack -name '*.pack' | wc -l)" 1
ok '... and the trees of further rings as deltas'     eval 'git verify-pack -v s/.git/objects/pack/*.idx >verified && is "$(sed -n "s/^chain length = //p" verified)" "1: 1 object"'
ok 'the work tree and the index do not change'        is "$(g status --porcelain)" ''
ok 'the temporary directory is removed'               is "$(find "$tmp" -maxdepth 1 -name 'ringsync.*')" ''
was=$(state)
sync < <(printf 'ring-hunk\nring-clean\n')
ok 'again: all are up to date, and nothing is written' eval 'exits 0 && kept'
ok '... as the records say'                           is "$(of ring-clean '[.status, .old == .new, .discarded]')" '["up-to-date",true,[]]'
on main && ten 's/ten/end/' | put other.txt && commit && on --detach
sync <<<ring-hunk
ok 'the next merge starts at the last one'            is "$(of ring-hunk .discarded)" '[]'

# Names of rings
fresh
sync </dev/null
ok 'without names there is only the end record'       out_is <<<'{"type":"end","by":"ringsync","records":0,"refused":0}'
sync < <(printf 'ring-clean\r\n\nring-clean\nring-none\nmain\nRing-X\nfeature\n\377\n')
ok 'a ring that is named twice is merged once'        is "$(jq -rs 'map(.branch // "end") | join(" ")' out)" 'ring-clean ring-none main Ring-X feature \xff end'
ok 'a ring that does not exist is refused'            is "$(code ring-none)" no-such-branch
ok 'the default branch is not a ring'                 is "$(code main)" not-a-ring
ok 'other branches are not rings'                     is "$(code Ring-X) $(code feature)" 'not-a-ring not-a-ring'
ok 'the other rings are merged'                       is "$(of ring-clean .status)" '"merged"'
fresh
g branch ring-z main && g branch Ring-Q ring-clean && g branch ring-a..b 2>/dev/null
sync --all --conflicts=ring </dev/null
ok '--all merges all rings, in the order of their names' is "$(jq -rs 'map(.branch // "end") | join(" ")' out)" 'ring-clean ring-gone ring-hunk ring-z end'
ok '... and does not read standard input'             eval 'run no_in ringsync -C s --from main --all && exits 0'

# Relation of a ring to the default branch
fresh
g branch ring-equal main && g branch ring-old main~1 && g branch ring-ahead "$(g commit-tree -p main -m x 'main^{tree}')"
ahead=$(tip ring-ahead)
sync < <(printf 'ring-equal\nring-old\nring-ahead\n')
ok 'a ring equal to the default branch is up to date' is "$(of ring-equal .status)" '"up-to-date"'
ok 'a ring without commits of its own moves forward, without a merge commit' is "$(of ring-old '[.status, .new]') $(tip ring-old)" "[\"merged\",\"$main\"] $main"
ok 'a ring that contains the default branch is up to date' is "$(of ring-ahead .status) $(tip ring-ahead)" "\"up-to-date\" $ahead"
g update-ref refs/heads/ring-other "$(g commit-tree -m x 'main^{tree}')"
sync <<<ring-other
ok 'a ring without a common ancestor is refused'      is "$(code ring-other)" unrelated
on ring-clean
was=$(state)
sync < <(printf 'ring-clean\nring-none\n')
ok 'a ring that is checked out is refused, and the message says where' eval 'is "$(code ring-clean)" checked-out && err_has "is checked out in" && kept'
on --detach
git clone -q --depth 1 --no-single-branch "file://$tmp/s" shallow
run ringsync -C shallow --from main --remote origin <<<ring-clean
ok 'a shallow clone is refused, and the message says what to do' eval 'exits 1 && is "$(code ring-clean)" shallow && err_has "git fetch --unshallow"'

# Options
fresh
was=$(state)
sync --max-discard 1 <<<ring-hunk
ok '--max-discard refuses a ring that would lose more' eval 'is "$(code ring-hunk)" max-discard && kept'
sync --max-discard 2 <<<ring-hunk
ok '... and merges one that would lose exactly as much' is "$(of ring-hunk '.discarded | length')" 2
fresh
was=$(state)
sync --all --dry-run --conflicts=ring
ok '--dry-run writes nothing'                         eval 'exits 0 && kept'
ok '... and reports what would be discarded'          is "$(of ring-hunk '[.status, has("new"), (.discarded | length)]')" '["merged",false,2]'
sync --conflicts=ring <<<ring-gone
ok "--conflicts=ring keeps the ring's side"           is "$(g ls-tree -r --name-only ring-gone)" $'app.txt\nother.txt'
ok '... and reports the file that is lost'            is "$(of ring-gone .discarded)" "$(ten 's/one/main/' | jq -cRn '[{path: "dir/deep/file.txt", kind: "file", lines: [inputs]}]')"

# Kinds of discarded pieces
fresh
on main && printf 'main\0' | put bin && ln -sf to-main s/link && ten '' | put mode && chmod +x s/mode && ten 's/one/M/' | put del &&
	g update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,sub && g add bin link mode del && g commit -qm x
g branch -q ring-kinds && on ring-kinds
printf 'ring\0' | put bin && ln -sf to-ring s/link && chmod -x s/mode && ten 's/one/R/' | put del
g update-index --cacheinfo 160000,2222222222222222222222222222222222222222,sub && g add bin link mode del && g commit -qm x
on main && printf 'main 2\0' | put bin && ln -sf to-main-2 s/link && g rm -q --cached del && rm s/del &&
	g update-index --cacheinfo 160000,3333333333333333333333333333333333333333,sub && g add bin link && g commit -qm x
on -f --detach
sync <<<ring-kinds
ok 'a submodule and a deletion are conflicts'         is "$(code ring-kinds)" conflict
sync --conflicts=ring <<<ring-kinds
ok 'a binary file, a deletion, a link and a submodule are reported' is "$(of ring-kinds .discarded)" '[{"path":"bin","kind":"file"},{"path":"del","kind":"delete"},{"path":"link","kind":"link","lines":["to-main-2"]},{"path":"sub","kind":"submodule","lines":["3333333333333333333333333333333333333333"]}]'
ok "... and all are as in the ring"                   is "$(g diff --name-only ring-kinds^1 ring-kinds)" ''
g branch -f ring-kinds ring-kinds^1
on ring-clean && ten '' | put new && chmod +x s/new && commit
on main && ten 's/one/M/' | put new && commit && on --detach
sync <<<ring-clean
ok 'a file that both sides add with different modes is a conflict' is "$(code ring-clean)" conflict
sync --conflicts=ring <<<ring-clean
ok "... resolved with the ring's mode"                is "$(of ring-clean '.discarded[0] | [.path, .kind, .lines]')" '["new","mode",["100644"]]'

# Sides of different types, one in each ring, so that a refusal has only one reason
fresh
for ring in link linked sub; do g branch -q ring-$ring main~1; done
on ring-link && ln -sf elsewhere s/app.txt && commit
on ring-linked && ten 's/two/ring/' | put dir/deep/file.txt && ten 's/two/ring/' | put other.txt && commit
on ring-sub && g rm -q --cached app.txt && g update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,app.txt && g commit -qm x
on -f main && ln -sf elsewhere s/other.txt && commit && on -f --detach
sync < <(printf 'ring-link\nring-linked\nring-sub\n')
ok 'a link in ours instead of a file that theirs has changed is a conflict' is "$(code ring-link)" conflict
ok '... and so is one in theirs'                      is "$(code ring-linked)" conflict
ok '... and so is a submodule'                        is "$(code ring-sub)" conflict
fresh
sub() { g update-index --add --cacheinfo "160000,$(printf '%040d' "$1"),sub" && g commit -qm x; }
on main && sub 1 && g branch -q ring-both && sub 2 && on ring-both && sub 3 && on -f --detach
sync <<<ring-both
ok 'a submodule with two new commits is a conflict'   is "$(code ring-both)" conflict

# A directory from which both sides remove the same file does not tell that they moved it to different paths
fresh
on main && seq 30 | put deep/x/gone && ten '' | put deep/x/stays && commit && g branch -q ring-away
g mv deep/x/gone by-main && commit && on ring-away && g mv deep/x/gone by-ring && commit && on --detach
sync <<<ring-away
ok 'a file that both sides move to different paths is a conflict' is "$(code ring-away)" conflict

# A file against a directory
fresh
on ring-clean && ten '' | put way && commit
on main && ten '' | put way/in && commit && on --detach
sync <<<ring-clean
ok 'a file and a directory of the same name are a conflict' is "$(code ring-clean)" conflict
sync --conflicts=ring <<<ring-clean
ok "... resolved with the ring's file"                is "$(g ls-tree --name-only -r ring-clean -- way)" way
ok '... and the files of the directory are reported'  is "$(of ring-clean '[.discarded[] | [.path, .kind]]')" '[["way/in","file"]]'
ok 'fsck finds nothing'                               is "$(g fsck --strict --no-dangling 2>&1)" ''

# A file, a link or a submodule of the ring becomes a directory, into which other files move
turns() {
	fresh
	on main && seq 50 60 | put gone && ln -s app.txt s/link && seq 70 80 | put one && ten 's/$/ other/' | put other.txt && commit &&
		g update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,sub && g commit -qm x && g branch -q ring-turn
	ten 's/ten/main ten/' | put app.txt && chmod +x s/other.txt && echo main >>s/gone && g add app.txt other.txt gone && g commit -qm x
	on -f ring-turn
}
for was in one link sub; do
	turns
	g rm -q --cached $was && rm -rf s/$was && mkdir s/$was && g mv app.txt other.txt $was && g rm -q gone && g add $was && g commit -qm x
	on -f --detach
	sync --conflicts=ring <<<ring-turn
	ok "$was becomes a directory: only what the ring deletes is discarded" is "$(of ring-turn '[.discarded[] | [.path, .kind]]')" '[["gone","file"]]'
	ok '... and a file that moves into it has the lines of the default branch' is "$(g show "ring-turn:$was/app.txt" | tail -1)" 'main ten'
	ok '... or its mode'                              is "$(g ls-tree ring-turn "$was/other.txt" | cut -d' ' -f1)" 100755
done

# The default branch does that with a file that the ring has changed
turns
echo ring >>s/one && echo ring >>s/other.txt && g rm -q gone && g add one other.txt && g commit -qm x
on -f main && g rm -q one && mkdir s/one && g mv other.txt link one && seq 9 | put one/new && g add one && g commit -qm x && on -f --detach
sync --conflicts=ring <<<ring-turn
ok "a directory in place of the ring's file is reported, and what has moved into it" is "$(of ring-turn '[.discarded[] | [.path, .kind]]')" '[["gone","file"],["link","delete"],["one","delete"],["one/link","link"],["one/new","file"],["one/other.txt","file"],["other.txt","delete"]]'
ok "... and the ring has all of its files"            is "$(g diff --name-only ring-turn^1 ring-turn)" app.txt

# The default branch renames a directory to the name of a file of the ring, which adds a file to that directory
turns
echo ring >>s/one && mkdir -p s/dir/deep && seq 90 99 | put dir/deep/new && g rm -q gone && g add one dir && g commit -qm x
on -f main && g rm -q one && g mv dir/deep one && g commit -qm x && on -f --detach
sync --conflicts=ring <<<ring-turn
ok "the ring's new file in a directory that is renamed stays" is "$(g show ring-turn:dir/deep/new | tail -1) $(g show ring-turn:one | tail -1)" '99 ring'

# The names that Git gives to a file because of a directory
for kind in link submodule file; do
	turns
	g rm -q one gone && mkdir s/one && seq 9 | put one/in && g add one && g commit -qm x && on -f main
	case $kind in
	link) ln -sf main s/one && g add one ;;
	submodule) g rm -q --cached one && g update-index --add --cacheinfo 160000,2222222222222222222222222222222222222222,one ;;
	file) echo main >>s/one && g add one ;;
	esac
	g commit -qm x && on -f --detach
	sync --conflicts=ring <<<ring-turn
	ok "a $kind in place of the ring's directory is reported by its own name" is "$(of ring-turn '[.discarded[] | [.path, .kind]]')" "[[\"gone\",\"file\"],[\"one\",\"$kind\"]]"
	ok '... and the ring has its directory'           is "$(g ls-tree -r --name-only ring-turn -- one gone)" one/in
done

# A merge driver that reports a conflict
fresh
g config merge.stop.driver false && on main~1 -B ring-stop && echo 'app.txt merge=stop' | put .gitattributes && ten 's/two/ring/' | put app.txt && commit && on --detach
sync <<<ring-stop
ok 'a conflict of a merge driver is a conflict'       is "$(code ring-stop)" conflict
sync --conflicts=ring <<<ring-stop
ok "... resolved with the ring's file"                is "$(of ring-stop '[.discarded[] | [.path, .kind]]') $(g show ring-stop:app.txt | sed -n 2p)" '[["app.txt","file"]] ring'

# Conflicts that depend on each other: Git makes the whole merge, and conflicts of lines are reported as hunks
fresh
on ring-hunk && g mv other.txt new.txt && ten 's/six/ring six/' | put new.txt && commit
on main && ten 's/six/main six/' | put other.txt && seq 20 | put new.txt && commit && on --detach
want=$(by_git ring-hunk)
sync <<<ring-hunk
ok 'a file renamed to the name of a new file is merged as by Git' is "$(tree ring-hunk)" "$want"
ok '... and the new file is reported'                 is "$(of ring-hunk '[.discarded[] | select(.path == "new.txt") | .lines[-1]]')" '["20"]'
# (GIT_CONFIG_COUNT is stronger than the configuration of the scratch repository)
mkdir hooks
for hook in fsmonitor post-checkout post-merge; do
	printf '#!/bin/sh\necho %s >>%s/hooked\n' $hook "$tmp" >hooks/$hook && chmod +x hooks/$hook
done
g branch -q -f ring-hunk ring-hunk^1
GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0=$tmp/hooks/fsmonitor \
	GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=$tmp/hooks sync <<<ring-hunk
ok '... without a hook that the environment names'    eval 'exits 0 && test ! -e hooked && is "$(tree ring-hunk)" "$want"'
g branch -q -f ring-hunk ring-hunk^1
GIT_CONFIG_PARAMETERS="'core.fsmonitor'='$tmp/hooks/fsmonitor' 'core.hooksPath'='$tmp/hooks'" sync <<<ring-hunk
ok '... nor one of git -c'                            eval 'exits 0 && test ! -e hooked && is "$(tree ring-hunk)" "$want"'
ok '... and the hunks of another file'                is "$(of ring-hunk '[.discarded[] | select(.path == "app.txt") | [.kind, .line]]')" '[["hunk",3],["hunk",11]]'
on ring-clean && g mv other.txt new.txt && ten 's/six/ring six/' | put new.txt && commit && g branch -f ring-hunk ring-hunk^1 && on --detach
want="$want $(by_git ring-clean)"
sync < <(printf 'ring-hunk\nring-clean\n')
ok '... also in a second ring of the same run'        is "$(tree ring-hunk) $(tree ring-clean)" "$want"

# A malformed tree
fresh
on -b ring-deep main~1 && ten 's/two/ring/' | put dir/deep/file.txt && commit && on --detach
entry() { printf '%s %s\0' "$1" "$2" && printf "$(g rev-parse "main:$2" | sed 's/../\\x&/g')"; }
unsorted=$({ entry 100644 other.txt && entry 40000 dir; } | g hash-object -t tree -w --literally --stdin)
g branch -f main "$(g commit-tree -p main -m x "$unsorted")"
sync <<<ring-deep
ok 'a tree that is not sorted refuses the ring'       eval 'exits 1 && is "$(code ring-deep)" unreadable && err_has "git fsck"'

# Whole merges by Git
fresh
on ring-hunk && g mv app.txt moved.txt && commit && on --detach
want=$(by_git ring-hunk)
sync -v <<<ring-hunk
ok 'a renamed file is merged as by Git'               is "$(tree ring-hunk)" "$want"
ok '... and -v says why Git makes the whole merge'    err_has 'ring-hunk: merged by Git itself: one side deletes a file that the other changes'
ok '... and reports it by its new name'               is "$(of ring-hunk '[.discarded[].path] | unique')" '["moved.txt"]'
for attributes in '*.txt merge=union' '*.txt -merge' 'dir/** merge=keep' '*.md merge=union'; do
	fresh
	g config merge.keep.driver true
	on ring-hunk && echo "$attributes" | put .gitattributes && commit && on --detach
	want=$(by_git ring-hunk)
	sync <<<ring-hunk
	ok "with the attribute $attributes the tree is that of Git" is "$(tree ring-hunk)" "$want"
done
# user_has FILE: the user's attributes are there
user_has() {
	mkdir -p "$(dirname "home/$1")" && printf '\xef\xbb\xbf  # all\n  *.[t]xt\tmerge=keep\n' >"home/$1"
	fresh
	g config merge.keep.driver true
	want=$(by_git ring-hunk)
	sync <<<ring-hunk
	rm "home/$1"
	ok "with attributes in ~/$1, too"                     eval 'exits 0 && is "$(tree ring-hunk)" "$want" && is "$(g diff ring-hunk^1 ring-hunk -- app.txt)" ""'
}
user_has git/attributes
XDG_CONFIG_HOME='' user_has .config/git/attributes
git config --global core.attributesFile \~/mine
user_has mine
git config --global --unset core.attributesFile
# what is not UTF-8, and CRLF
fresh
printf 'a\r\nb\r\nc\r\n' | put latin && g add latin && on main && commit && g branch -f ring-hunk
printf 'a\r\n\374\r\nc\r\n' | put latin && commit && on ring-hunk && printf 'a\r\nu\r\nc\r\n' | put latin && commit && on --detach
want=$(by_git ring-hunk)
sync <<<ring-hunk
ok 'lines that are not UTF-8 are discarded with escapes' eval 'is "$(tree ring-hunk)" "$want" && is "$(of ring-hunk ".discarded[0].lines")" '\''["\\xfc\\r"]'\'
for style in diff3 zdiff3; do
	fresh
	g config merge.conflictStyle $style
	want=$(by_git ring-hunk)
	sync <<<ring-hunk
	ok "with merge.conflictStyle=$style the tree is that of Git" is "$(tree ring-hunk)" "$want"
done
fresh
mkdir fake
printf '#!/bin/sh\necho "$*" >>%s/called\nexec %s "$@"\n' "$tmp" "$(command -v git)" >fake/git && chmod +x fake/git
for hook in pre-merge-commit post-merge post-checkout reference-transaction; do
	printf '#!/bin/sh\necho %s >>%s/hooked\n' $hook "$tmp" >s/.git/hooks/$hook && chmod +x s/.git/hooks/$hook
done
PATH=$tmp/fake:$PATH sync --all --conflicts=ring
ok 'no hook runs'                                     test ! -e hooked
rm -f called
g branch -f ring-clean ring-clean^1
PATH=$tmp/fake:$PATH sync <<<ring-clean
ok 'if no file was changed on both sides, Git is not run' test ! -e called
fresh
(PATH=$tmp/none:$RINGKIT_BIN; ringsync -C s --from main <<<ring-hunk >out 2>err; echo $? >code)
status=$(cat code)
ok 'without Git: 66'                                  eval 'exits 66 && err_has "cannot run git"'

# Git warns of an attribute file that it cannot read, and merges without it
fresh
was=$(state)
mkdir blind
cat >blind/git <<END
#!/bin/sh
case "\$*" in *merge-tree*) echo "warning: \$WARNING" >&2 ;; esac
exec $(command -v git) "\$@"
END
chmod +x blind/git
export WARNING
for WARNING in "cannot fstat gitattributes file 'x': Input/output error" "unable to access 'x': Too many open files"; do
	PATH=$tmp/blind:$PATH sync --all --conflicts=ring
	ok "with the warning ${WARNING%:*} nothing is merged: 74" eval 'exits 74 && kept && err_has "$WARNING"'
done
WARNING="unable to access '/etc/gitattributes': Permission denied"
PATH=$tmp/blind:$PATH sync --all --conflicts=ring
ok 'a file without permission to read it is ignored, as by Git' exits 0

# Remote-tracking branches
fresh
git clone -q s c && git -C c checkout -q --detach
run ringsync -C c --from main --remote origin <<<ring-hunk
ok '--remote moves remote-tracking branches'          is "$(git -C c rev-parse 'origin/ring-hunk^{tree}')" "$(by_git ring-hunk)"
ok "... with Git's message for them"                  is "$(git -C c log -1 --format=%s origin/ring-hunk)" "Merge remote-tracking branch 'origin/main' into ring-hunk"
run ringsync -C c --from main --remote origin --all --conflicts=ring
ok '--all merges into all of them'                    is "$(jq -rs 'map(.branch // "end") | join(" ")' out)" 'ring-clean ring-gone ring-hunk end'

# --push: the branches of the remote, as they are now
fresh
git clone -q --bare s truth.git
t() { git -C truth.git "$@"; }
rm -rf c && git clone -q truth.git c && git -C c checkout -q --detach
push() { run ringsync -C c --from main --remote origin --push "$@"; }
want=$(by_git ring-hunk) old=$(t rev-parse ring-hunk)
was=$(t for-each-ref)
push --dry-run --all --conflicts=ring
ok 'a dry run pushes nothing'                         eval 'exits 0 && is "$(t for-each-ref)" "$was"'
# the clone has not fetched this branch
git -C s update-ref refs/heads/ring-late ring-clean && git -C s push -q "$tmp/truth.git" ring-late
push < <(printf 'ring-hunk\nring-clean\nring-late\nring-none\n')
ok '--push merges the branches that the remote has now' eval 'exits 1 && is "$(of ring-hunk .status) $(of ring-late .status)" "\"merged\" \"merged\""'
ok '... with the tree of git merge -X ours'           is "$(t rev-parse 'ring-hunk^{tree}')" "$want"
ok '... as a child of the ring'                       is "$(t rev-parse ring-hunk^1) $(t rev-parse ring-hunk)" "$old $(of ring-hunk .new | tr -d '"')"
ok '... and updates the remote-tracking branch'       is "$(git -C c rev-parse origin/ring-hunk)" "$(t rev-parse ring-hunk)"
ok 'a ring that the remote does not have is refused'  is "$(code ring-none)" no-such-branch
ok 'all refs of ringsync are removed'                 is "$(git -C c for-each-ref refs/ringkit)" ''
ok 'fsck finds nothing'                               is "$(t fsck --strict --no-dangling 2>&1)" ''
push < <(printf 'ring-hunk\nring-clean\n')
ok 'again: all are up to date'                        is "$(jq -rs 'map(.status // empty) | join(" ")' out)" 'up-to-date up-to-date'

# A push by another client between reading and pushing, in the pre-push hook
again() {
	for ring in clean hunk; do git -C truth.git update-ref "refs/heads/ring-$ring" "$(git -C s rev-parse ring-$ring)"; done
	git -C c fetch -q origin
}
again
later=$(git -C truth.git commit-tree -p ring-clean -m meanwhile 'ring-clean^{tree}')
cat >c/.git/hooks/pre-push <<END
#!/bin/sh
[ -e $tmp/pushed ] || git -C $tmp/truth.git update-ref refs/heads/ring-clean $later
: >$tmp/pushed
END
chmod +x c/.git/hooks/pre-push
push -v < <(printf 'ring-hunk\nring-clean\n')
ok 'a ring that moved in the meantime is merged again' eval 'exits 0 && err_has "ring-clean: moved in the meantime"'
ok '... as a child of the new commit'                 is "$(t rev-parse ring-clean^1)" "$later"
ok '... and the other ring is pushed with it'         is "$(t rev-parse 'ring-hunk^{tree}')" "$want"
again
printf '#!/bin/sh\ngit -C %s/truth.git update-ref -d refs/heads/ring-clean\n' "$tmp" >c/.git/hooks/pre-push
push < <(printf 'ring-hunk\nring-clean\n')
ok 'a ring that was deleted in the remote in the meantime is refused' eval 'exits 1 && is "$(code ring-clean)" no-such-branch'
ok '... and is not created again'                     not t rev-parse -q --verify refs/heads/ring-clean
ok '... and the other ring is pushed'                 is "$(t rev-parse 'ring-hunk^{tree}')" "$want"
rm c/.git/hooks/pre-push
again
printf '#!/bin/sh\n[ "$1" != refs/heads/ring-clean ] || { echo frozen >&2; exit 1; }\n' >truth.git/hooks/update && chmod +x truth.git/hooks/update
was=$(t rev-parse ring-clean)
push < <(printf 'ring-hunk\nring-clean\n')
ok 'a ring that a hook of the remote refuses is refused, with its message' eval 'exits 1 && is "$(code ring-clean)" push-refused && err_has frozen && is "$(t rev-parse ring-clean)" "$was"'
ok '... and the other ring is pushed'                 is "$(t rev-parse 'ring-hunk^{tree}')" "$want"
rm truth.git/hooks/update
# ... between reading and git push, where only the lease protects the branch
again
later=$(t commit-tree -p ring-clean -m later 'ring-clean^{tree}')
mkdir late
cat >late/git <<END
#!/bin/sh
case "\$*" in *' push '*) ;; *) exec $(command -v git) "\$@" ;; esac
[ -e $tmp/first ] || $(command -v git) -C $tmp/truth.git update-ref refs/heads/ring-clean $later
$(command -v git) "\$@"
pushed=\$?
[ -e $tmp/first ] || $(command -v git) -C $tmp/truth.git rev-parse ring-hunk >$tmp/first
exit \$pushed
END
chmod +x late/git
was=$(t rev-parse ring-hunk)
PATH=$tmp/late:$PATH push < <(printf 'ring-hunk\nring-clean\n')
ok 'a commit pushed in between is not overwritten'   eval 'exits 0 && is "$(t rev-parse ring-clean^1)" "$later"'
ok '... and no branch of that push has moved'         is "$(cat first)" "$was"
# A push that ends with only one of two branches moved
again
was=$(t rev-parse ring-hunk)
mkdir broken
cat >broken/git <<END
#!/bin/sh
case "\$*" in *' push '*) ;; *) exec $(command -v git) "\$@" ;; esac
$(command -v git) "\$@" && $(command -v git) -C $tmp/truth.git update-ref refs/heads/ring-hunk $was
exit 1
END
chmod +x broken/git
PATH=$tmp/broken:$PATH push < <(printf 'ring-hunk\nring-clean\n')
ok 'a push that ended early: 74'                      eval 'exits 74 && is "$(t rev-parse ring-hunk)" "$was"'
ok '... and only the branch that moved has a record'  is "$(jq -r '[.branch, .new] | join(" ")' out)" "ring-clean $(t rev-parse ring-clean)"
run ringsync -C c --from main --remote none --push <<<ring-hunk
ok 'a remote that does not exist: 66'                 exits 66
run ringsync -C c --from none --remote origin --push <<<ring-hunk
ok 'a default branch that the remote does not have: 66' eval 'exits 66 && err_has "branch \"none\" not found in origin"'

# The catalogue
sed 's/branch: master/branch: main/' "$examples/releases/ring.yaml" >ring.yaml
fresh
run ringsync -C s --service atlas <<<ring-clean
ok '--service takes the default branch from the catalogue' is "$(g log -1 --format=%P ring-clean | cut -d' ' -f2)" "$main"
run ringsync -C s --service none <<<ring-clean
ok 'an unknown service is wrong usage'                exits 2

# Races and locks
fresh
: >s/.git/refs/heads/ring-clean.lock
sync < <(printf 'ring-clean\nring-hunk\n')
ok 'a locked ring is refused as stale, and the others are merged' is "$(code ring-clean) $(of ring-hunk .status)" 'stale "merged"'
ok '... with status 1, because not all are locked'    eval 'exits 1 || exits 75'
ok '... and the lock is named'                        err_has ring-clean.lock
rm s/.git/refs/heads/ring-clean.lock
fresh
# The signer runs between reading the tip and moving it
cat >signer <<END
#!/bin/sh
if [ ! -e $tmp/moved ]; then
	: >$tmp/moved
	git -C $tmp/s update-ref refs/heads/ring-clean "\$(git -C $tmp/s commit-tree -p ring-clean -m meanwhile 'ring-clean^{tree}')"
fi
cat >/dev/null
echo '[GNUPG:] SIG_CREATED D 1 8 00 1700000000 0' >&2
printf '%s\n' '-----BEGIN PGP SIGNATURE-----' '' 'iHUEABYKAB0WIQ==' '=AAAA' '-----END PGP SIGNATURE-----'
END
chmod +x signer
g config gpg.program "$tmp/signer" && g config user.signingKey x
sync -v --sign <<<ring-clean
ok 'a ring that moved in the meantime is merged again' eval 'exits 0 && err_has "merging again"'
ok '... as a child of the new commit'                 is "$(g log -1 --format=%s ring-clean^1)" meanwhile
ok '... and signed'                                   eval 'g cat-file commit ring-clean | grep -q "^gpgsig -----BEGIN PGP"'

fresh
printf '#!/bin/sh\ngit -C %s/s update-ref -d refs/heads/ring-clean\nexec %s/signer "$@"\n' "$tmp" "$tmp" >deleter && chmod +x deleter
g config gpg.program "$tmp/deleter" && g config user.signingKey x
sync --sign < <(printf 'ring-clean\nring-hunk\n')
ok 'a ring that was deleted in the meantime is refused' eval 'exits 1 && is "$(code ring-clean)" no-such-branch'
ok '... and is not created again'                     not g rev-parse -q --verify refs/heads/ring-clean
ok '... and the other ring is merged'                 is "$(of ring-hunk .status)" '"merged"'

# Wrong usage, bad input, full disks
for wrong in '' '--from main --service atlas' '--from main --conflicts=main' '--from main -c ring.yaml' '--from main --push' '--from main --max-discard -1'; do
	run ringsync -C s $wrong </dev/null
	ok "wrong usage: ${wrong:-neither --from nor --service}" eval 'exits 2 && out_empty'
done
run ringsync -C s --from none </dev/null
ok 'a default branch that does not exist: 66'         eval 'exits 66 && err_has "branch \"none\" not found"'
run ringsync -C none --from main </dev/null
ok 'a repository that does not exist: 66'             exits 66
head -c 5000 /dev/zero | tr '\0' x >long
sync <long
ok 'a line that is too long for a name: 65'           exits 65
fresh
was=$(state)
run full ringsync -C s --from main --all
ok 'a full disk: 74, and the repository does not change' eval 'exits 74 && kept'
run no_out ringsync -C s --from main --all
ok 'a closed output: 74, and the repository does not change' eval 'exits 74 && kept'
(unset "${!GIT_AUTHOR_@}" "${!GIT_COMMITTER_@}"; sync <<<ring-clean; echo "$status" >code)
status=$(cat code)
ok 'an unknown author: 66, and the repository does not change' eval 'exits 66 && kept'
TMPDIR=$tmp/none sync <<<ring-hunk
ok 'a missing temporary directory: 74, and the repository does not change' eval 'exits 74 && kept && err_has "$tmp/none"'

# A record has a maximum length
fresh
on ring-hunk && seq -f 'ring %.0f' 1 60000 | put app.txt && commit
on main && seq -f 'main with a long line, so that they are too many %.0f' 1 60000 | put app.txt && commit && on --detach
sync <<<ring-hunk
ok 'lines that do not fit are left out, and counted'  is "$(of ring-hunk '.discarded[0] | [.kind, has("lines"), .omitted]')" '["hunk",false,60000]'

finish
