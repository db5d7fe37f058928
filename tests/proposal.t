#!/bin/bash
# Proposals, case by case: --branch B --onto main, on local branches and on those of a remote.
. "$(dirname "$0")/lib.sh"
git config --global advice.detachedHead false

# a file with several parts, so far from each other that Git merges changes of two parts
manifest() {
	printf 'name: %s\n' "$1"
	for part in atlas heracles other; do
		printf '%s:\n  a: 1\n  b: 2\n  c: 3\n  image:\n    repository: ghcr.io/x/%s-ring-a\n    tag: "one"\n  d: 4\n  e: 5\n  f: 6\n' "$part" "$part"
	done
}

# fresh: a repository $r with four tenants on main; where=there: a clone of the bare $truth, else $r is the truth
fresh() {
	rm -rf "$tmp"/{r,made,truth.git,w}
	local t
	for t in acme beta gamma delta; do
		mkdir -p "$tmp/made/tenants/$t"
		manifest "$t" >"$tmp/made/tenants/$t/application.yaml"
	done
	repo r "$tmp/made"
	r=$tmp/r truth=$r
	if [ $where = there ]; then
		truth=$tmp/truth.git
		git clone -q --bare "$r" "$truth"
		rm -rf "$r" && git clone -q "$truth" "$r"
		git -C "$r" switch -q -c work
	fi
	git -C "$truth" rev-parse -q --verify HEAD >/dev/null || exit
	[ $where = there ] || git -C "$r" switch -q --detach
	base=$(tip main)
	locals=$(git -C "$r" for-each-ref refs/heads)
}

b=release/atlas/ring-a
tip() { git -C "$truth" rev-parse -q --verify "refs/heads/${1-$b}"; }
# patch TENANT OLD NEW [SERVICE]
patch() {
	local s=${4-atlas}
	printf '{"type":"patch","tenant":"%s","path":"tenants/%s/application.yaml","document":0,"service":"%s","ring":"ring-a",' "$1" "$1" "$s"
	printf '"action":"set","image":{"repository":"ghcr.io/x/%s-ring-a","tag":"%s"},"pull_request":"x/%s#7",' "$s" "$3" "$s"
	printf '"edits":[{"at":"","patch":[{"op":"test","path":"/%s/image/tag","value":"%s"},' "$s" "$2"
	printf '{"op":"replace","path":"/%s/image/tag","value":"%s"}]}]}\n' "$s" "$3"
}
idle() { patch "$1" x y "${2-atlas}" | sed 's/"edits":.*/"edits":[]}/'; }
refused() { printf '{"type":"refused","by":"mkpatch","code":"held-by-another-ring","reason":"no"%s}\n' "${1:+,\"tenant\":\"$1\"}"; }
two() { patch acme one two && patch beta one two; }
remote() { [ $where = here ] || printf '%s\n' --push origin; }
propose() { run applypatch -C "$r" --branch "$b" --onto main $(remote) "$@"; }
is() { [ "$1" = "$2" ] || { echo "got: $1"; echo "expected: $2"; false; }; }
outcome() { jq -r 'select(.type=="end").proposal' "$tmp/out"; }
statuses() { jq -r 'select(.type!="end") | (.tenant // "-") + " " + (.status // .code)' "$tmp/out" | paste -sd,; }
became() { exits "$1" && is "$(outcome)" "$2"; }
tags() { git -C "$truth" grep -h tag: "${1-$b}" -- tenants | sort | uniq -c | tr -s ' ' | paste -sd,; }
refs() { git -C "$truth" for-each-ref; }

# person BRANCH MESSAGE COMMAND ...: a person's commit on a branch of the truth, made in a clone
person() {
	local branch=$1 message=$2
	shift 2
	rm -rf "$tmp/w"
	git clone -q "$truth" "$tmp/w" && git -C "$tmp/w" switch -q "$branch" 2>/dev/null
	(cd "$tmp/w" && "$@" && git add -A && git -c user.name=Bob commit -q --allow-empty -m "$message" && git push -q origin "HEAD:$branch")
}
# update_branch: merge main into the proposal, as a forge's button does
update_branch() {
	rm -rf "$tmp/w"
	git clone -q "$truth" "$tmp/w" && git -C "$tmp/w" switch -q "$b" 2>/dev/null
	(cd "$tmp/w" && git merge -q --no-edit "$@" origin/main && git push -q origin "HEAD:$b")
}
# merge [OPTION ...]: merge the proposal, and leave the branch
merge() {
	rm -rf "$tmp/w"
	git clone -q "$truth" "$tmp/w"
	(cd "$tmp/w" && git merge -q --no-edit "$@" "origin/$b" && { git diff --cached --quiet || git commit -qm 'Squashed (#9)'; } && git push -q origin HEAD:main)
}
merge_and_delete() { merge && git -C "$truth" update-ref -d "refs/heads/$b"; }
# meanwhile COMMAND ...: its changes of main and of the proposal come after the next run has read them, and before it moves them
meanwhile() {
	local all=$truth ref dir
	rm -rf "$tmp"/{later,script,done}
	cp -R "$truth" "$tmp/later"
	truth=$tmp/later
	"$@" >/dev/null 2>&1
	truth=$all
	git -C "$truth" fetch -q "$tmp/later" '+refs/heads/*:refs/later/*'
	dir=$(git -C "$truth" rev-parse --absolute-git-dir)
	{
		for ref in main "$b"; do
			if git -C "$tmp/later" rev-parse -q --verify "refs/heads/$ref"; then
				echo "mv -f $dir/refs/later/$ref $dir/refs/heads/$ref"
			else
				echo "rm -f $dir/refs/heads/$ref"
			fi
		done >"$tmp/refs"
		grep -v '^[0-9a-f]*$' "$tmp/refs"
		echo "rm -f $dir/refs/heads/$b.lock"
	} >"$tmp/script"
	if [ $where = there ]; then
		printf '#!/bin/sh\nmv %s %s 2>/dev/null || exit 0\nsh %s\n' "$tmp"/{script,done,done} >"$r/.git/hooks/pre-push"
		chmod +x "$r/.git/hooks/pre-push"
		return
	fi
	touch "$dir/refs/heads/$b.lock"
	# output begins when the run is ready to move the branch
	(
		for _ in {1..1000}; do
			[ -z "$(find "$tmp/out" -newer "$tmp/script" -size +0)" ] || break
			sleep 0.01
		done
		sh "$tmp/script"
	) >/dev/null 2>&1 </dev/null &
}
private() { git -C "$r" for-each-ref refs/ringkit; }

for where in here there; do
	echo "# branches $where"

	# A name that Git cannot create
	for other in release release/atlas $b/more; do
		fresh
		git -C "$truth" branch "$other" main
		for options in '' --dry-run; do
			propose $options < <(two | framed)
			ok "$where: a proposal that cannot be beside $other is found before anything is changed: $options" \
				eval 'exits 2 && out_empty && err_has "\"$b\" cannot be created beside the branch \"$other\"" && err_has proposals'
		done
		ok '... as the branches show' is "$(git -C "$truth" for-each-ref --format='%(refname:short)' refs/heads | paste -sd,)" "main,$other"
	done
	fresh
	for other in release/atlas/ring-ab release/atlas-x release/atla "x/refs/heads/release"; do git -C "$truth" branch "$other" main; done
	propose < <(two | framed)
	ok "$where: branches with a similar name are not in its way" became 0 created

	# New
	fresh
	propose < <(two | framed)
	ok "$where: a new proposal is created"           became 0 created
	ok '... of one commit on the tip of main'        is "$(git -C "$truth" rev-parse "$b^")" "$base"
	ok '... with the changes of the records'               is "$(tags)" ' 10 tag: "one", 2 tag: "two"'
	ok '... as its results report'                     is "$(jq -r 'select(.tenant).branch + " " + .commit' "$tmp/out" | uniq)" "$b $(tip)"
	ok '... whose trailers name service and proposal'          is "$(git -C "$truth" log -1 --format='%(trailers:key=Service)%(trailers:key=Proposal)' "$b" | paste -sd,)" \
		"Service: atlas,Proposal: $b,"
	ok '... and main does not move'             is "$(tip main)" "$base"
	[ $where = here ] || ok '... and so do the local branches' is "$(git -C "$r" for-each-ref refs/heads)" "$locals"
	ok '... and no private ref is left'              is "$(private)" ''
	ok '... and fsck finds no fault'    is "$(git -C "$truth" fsck --strict --no-dangling 2>&1)" ''

	# The same again
	was=$(refs)
	propose < <(two | framed)
	ok "$where: the same again changes nothing"      eval 'became 0 unchanged && is "$(refs)" "$was"'
	ok '... and reports it for each tenant'              is "$(statuses)" 'acme unchanged,beta unchanged'
	propose --diff --dry-run < <(two | framed)
	ok '... and its diff is that of the proposal' eval 'exits 0 && is "$(grep -c "^+    tag" "$tmp/out")" 2'
	ok '... which is what git diff prints'             is "$(cat "$tmp/out")" "$(git -C "$truth" -c core.abbrev=7 diff main "$b")"
	propose --dry-run < <(patch acme one three | framed)
	ok "$where: a dry run reports what would change"        eval 'became 0 updated && is "$(statuses)" "acme planned" && is "$(refs)" "$was" && is "$(private)" ""'

	# Other records
	propose < <(patch acme one three | framed)
	ok "$where: other records replace it"          eval 'became 0 updated && is "$(tags)" " 11 tag: \"one\", 1 tag: \"three\""'
	ok '... as one commit on main'                   is "$(git -C "$truth" rev-parse "$b^")" "$base"

	# main moves, without a conflict
	propose < <(two | framed)
	was=$(tip)
	person main 'Something else' sed -i 's/f: 6/f: 7/' tenants/acme/application.yaml
	propose < <(two | framed)
	ok "$where: when main moves without a conflict, the commit and its approvals stay" eval 'became 0 unchanged && is "$(tip)" "$was"'
	person main 'The same by hand' sed -i '0,/"one"/s//"two"/' tenants/beta/application.yaml
	propose < <({ patch acme one two; idle beta; } | framed)
	ok '... also if main already has part of it' eval 'became 0 unchanged && is "$(tip)" "$was"'
	update_branch
	was=$(tip)
	propose < <({ patch acme one two; idle beta; } | framed)
	ok '... and if the branch was updated' eval 'became 0 unchanged && is "$(tip)" "$was"'
	propose < <({ patch acme one two; patch gamma one two; } | framed)
	ok '... which may be replaced'                eval 'became 0 updated && is "$(git -C "$truth" rev-parse "$b^")" "$(tip main)"'

	# main moves, with a conflict
	fresh
	propose < <(two | framed)
	person main 'Another image' sed -i '0,/"one"/s//"zero"/' tenants/acme/application.yaml
	propose < <({ patch acme zero two; patch beta one two; } | framed)
	ok "$where: when main moves with a conflict, it is replaced" became 0 updated
	ok '... on main'                                 is "$(git -C "$truth" rev-parse "$b^")" "$(tip main)"
	ok '... and can be merged now'                          eval 'merge && is "$(tags main)" " 10 tag: \"one\", 2 tag: \"two\""'

	# main moves so that the merge is clean, but its result is not the expected one
	fresh
	propose < <(two | framed)
	person main 'The same by hand' sed -i '0,/"one"/s//"two"/' tenants/beta/application.yaml
	propose < <({ patch acme one two; patch beta two three; } | framed)
	ok "$where: a merge with another result is replaced" eval 'became 0 updated && is "$(tags)" " 10 tag: \"one\", 1 tag: \"three\", 1 tag: \"two\""'

	# The label is removed
	fresh
	framed </dev/null >"$tmp/empty"
	was=$(refs)
	propose <"$tmp/empty"
	ok "$where: without changes and without a branch: none"  eval 'became 0 none && is "$(refs)" "$was"'
	propose < <(idle acme | framed)
	ok '... also with records that change nothing' eval 'became 0 none && is "$(statuses)" "acme unchanged" && is "$(refs)" "$was"'
	propose < <(two | framed)
	propose --dry-run <"$tmp/empty"
	ok "$where: a label removed before the merge, in a dry run: it would be withdrawn" eval 'became 0 withdrawn && tip >/dev/null'
	full() { applypatch -C "$r" --branch "$b" --onto main $(remote) <"$tmp/empty" >/dev/full; }
	run full
	ok '... which a full disk prevents'              eval 'exits 74 && tip >/dev/null'
	propose <"$tmp/empty"
	ok "$where: a label removed before the merge: the branch is deleted" eval 'became 0 withdrawn && ! tip'
	propose < <(two | framed)
	propose < <({ idle acme; idle beta; } | framed)
	ok '... also with records that change nothing' eval 'became 0 withdrawn && ! tip && is "$(statuses)" "acme unchanged,beta unchanged"'
	ok '... and no private ref is left'              is "$(private)" ''
	git -C "$r" update-ref -d "refs/remotes/origin/$b" 2>/dev/null

	# A squash-merged branch that was not deleted
	propose < <(two | framed)
	merge --squash
	propose < <({ idle acme; idle beta; } | framed)
	ok "$where: a squash-merged branch is deleted" eval 'became 0 withdrawn && ! tip'
	ok '... and main keeps what it has'              is "$(tags main)" ' 10 tag: "one", 2 tag: "two"'
	propose < <({ patch acme two three; } | framed)
	merge --no-ff
	propose < <(idle acme | framed)
	ok '... and so is a merged one'                  eval 'became 0 withdrawn && ! tip'

	# Merged while it is pushed
	fresh
	propose < <(two | framed)
	meanwhile merge
	propose < <(patch acme one three | framed)
	ok "$where: merged while it is replaced: main keeps what was merged" eval 'became 0 updated && is "$(tags main)" " 10 tag: \"one\", 2 tag: \"two\""'
	propose < <({ patch acme two three; idle beta; } | framed)
	ok '... and the next run proposes the rest'  eval 'became 0 updated && is "$(git -C "$truth" rev-parse "$b^")" "$(tip main)"'
	fresh
	propose < <(two | framed)
	meanwhile merge_and_delete
	propose -v < <(patch gamma one three | framed)
	ok "$where: merged and deleted while it is replaced: proposed again" eval 'became 0 created && err_has "applying again"'
	ok '... on the new main'                         is "$(tags) $(git -C "$truth" rev-parse "$b^")" ' 9 tag: "one", 1 tag: "three", 2 tag: "two" '"$(tip main)"
	fresh
	propose < <(two | framed)
	meanwhile merge_and_delete
	propose -v <"$tmp/empty"
	ok "$where: merged and deleted while it is withdrawn: done" eval '{ became 0 withdrawn || became 0 none; } && ! tip'
	fresh
	propose < <(two | framed)
	meanwhile person "$b" 'Mine' touch mine
	propose -v < <(patch acme one three | framed)
	ok "$where: a person's commit that comes in between is not lost" eval 'became 1 unchanged && is "$(statuses)" "acme withheld,- foreign-commit"'
	ok '... and is the tip'                              is "$(git -C "$truth" log -1 --format=%s "$b")" Mine
	fresh
	propose < <(two | framed)
	meanwhile person "$b" 'Mine' touch mine
	propose -v <"$tmp/empty"
	ok '... nor when the branch is to be deleted'    eval 'became 1 unchanged && is "$(git -C "$truth" log -1 --format=%s "$b")" Mine'

	# A person's commit
	fresh
	propose < <(two | framed)
	person "$b" 'Mine' touch mine
	was=$(refs) theirs=$(tip | cut -c1-12)
	propose < <(patch acme one three | framed)
	ok "$where: a person's commit is not replaced"   eval 'became 1 unchanged && is "$(refs)" "$was"'
	ok '... and a refusal names it'                  eval 'is "$(statuses)" "acme withheld,- foreign-commit" && err_has "has commit $theirs of another author"'
	propose --partial < <(patch acme one three | framed)
	ok '... also with --partial'                     eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose < <(two | framed)
	ok '... even if it is the only difference' eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose <"$tmp/empty"
	ok '... nor is it deleted'                       eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose --diff < <(patch acme one three | framed)
	ok '... and there is no diff'                     eval 'exits 1 && out_empty && is "$(refs)" "$was"'
	fresh
	propose < <(two | framed)
	person "$b" 'Run the checks again' true
	was=$(refs)
	propose < <(two | framed)
	ok '... a commit without changes does not matter' eval 'became 0 unchanged && is "$(refs)" "$was"'
	fresh
	git -C "$truth" branch -q "$b" main
	person "$b" $'Mine\n\nProposal: '"$b" touch mine
	was=$(refs)
	propose < <(two | framed)
	ok '... and one without a service is not ours'       eval 'became 1 unchanged && is "$(refs)" "$was"'
	fresh
	git -C "$truth" branch -q "$b" main
	propose < <(two | framed)
	ok "$where: a branch with only commits of main is used" eval 'became 0 updated && is "$(git -C "$truth" rev-parse "$b^")" "$base"'

	# A person has resolved a conflict while updating the branch
	fresh
	propose < <(two | framed)
	person main 'Another image' sed -i '0,/"one"/s//"zero"/' tenants/acme/application.yaml
	update_branch -X ours
	was=$(refs)
	propose < <({ patch acme zero three; patch beta one two; } | framed)
	ok "$where: a person's resolution of a conflict is not replaced" eval 'became 1 unchanged && is "$(refs)" "$was"'

	# Two rings, two services
	fresh
	propose < <(two | framed)
	was=$(tip)
	b=release/heracles/ring-a
	propose < <(patch acme one nine heracles | framed)
	ok "$where: another service has its own proposal" eval 'became 0 created && is "$(tip release/atlas/ring-a)" "$was"'
	b=release/atlas/ring-b
	propose < <(patch gamma one five | sed 's/"ring-a"/"ring-b"/' | framed)
	ok '... and so has another ring'                 eval 'became 0 created && is "$(tip release/atlas/ring-a)" "$was"'
	b=release/atlas/ring-a
	propose < <(two | framed)
	ok '... and neither changes the first'          became 0 unchanged
	b=release/heracles/ring-a
	merge
	b=release/atlas/ring-a
	propose < <(two | framed)
	ok '... not even if it is merged'              eval 'became 0 unchanged && is "$(tip)" "$was"'
	was=$(refs)
	propose < <(patch acme nine ten heracles | framed)
	ok "$where: one service does not replace another's" eval 'became 1 unchanged && is "$(refs)" "$was" && err_has "for the service atlas"'
	ok '... and the message has the remedy'          err_has 'use a branch for each service and ring'
	propose < <({ two; patch acme nine ten heracles; } | framed)
	ok '... but both together do'                   eval 'became 0 updated && is "$(tags)" " 9 tag: \"one\", 1 tag: \"ten\", 2 tag: \"two\""'
	propose < <(two | framed)
	ok '... and then neither by itself'                     became 1 unchanged

	# Refusals
	fresh
	was=$(refs)
	propose < <({ refused gamma; two; } | framed)
	ok "$where: a refusal stops all"                 eval 'became 1 none && is "$(refs)" "$was"'
	propose --partial < <({ refused gamma; two; } | framed)
	ok '... with --partial only its own tenant'           eval 'became 1 created && is "$(tags)" " 10 tag: \"one\", 2 tag: \"two\""'
	was=$(refs)
	propose < <({ refused gamma; patch acme one three; } | framed)
	ok '... and an open proposal stays'              eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose --partial < <(refused acme | framed)
	ok '... and a refusal does not withdraw it'              eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose --partial < <(patch acme eight nine | framed)
	ok '... nor a stale record: 75'                  eval 'became 75 unchanged && is "$(refs)" "$was"'
	propose --partial < <({ refused beta; patch acme one two; } | framed)
	ok '... but a refused tenant is no longer proposed' eval 'became 1 updated && is "$(tags)" " 11 tag: \"one\", 1 tag: \"two\""'
	merge
	propose --partial < <(refused acme | framed)
	ok '... and one that is merged is withdrawn, whatever is refused' eval 'became 1 withdrawn && ! tip'

	# Names
	propose --branch main < <(two | framed)
	ok "$where: a proposal for itself is wrong usage" exits 2
	was=$(refs)
	run applypatch -C "$r" --branch "$b" --onto none $(remote) < <(two | framed)
	ok 'an unknown branch for --onto: 66'            eval 'exits 66 && is "$(refs)" "$was" && err_has none'
	run applypatch -C "$r" --branch "$b" --onto x..y $(remote) < <(two | framed)
	ok '... and an invalid one: 2'                   exits 2
	run applypatch -C "$r" --branch release/atlas --onto main $(remote) < <(two | framed)
	ok 'a branch name that conflicts with another is reported' eval 'not exits 0 && is "$(refs)" "$was" && err_lines 1'
done

# Whose a commit is
where=here
fresh
propose < <(patch beta one two | framed)
ours=$(tip)
propose < <(patch acme one three | framed)
newer=$(tip)
person main 'Something else' touch else
# foreign MESSAGE TREE PARENT ...: the tip of the proposal is such a commit, and is not replaced
foreign() {
	git -C "$truth" update-ref "refs/heads/$b" "$(printf "$1\n" | git -C "$truth" commit-tree $([ $# -lt 3 ] || printf -- '-p %s ' "${@:3}") "$2")"
	was=$(refs)
	propose < <(patch gamma one four | framed)
	became 1 unchanged && is "$(statuses)" 'gamma withheld,- foreign-commit' && is "$(refs)" "$was"
}
ok 'a commit of another proposal is not ours' foreign 'x\n\nProposal: other\nService: atlas' "$newer^{tree}" "$newer"
ok '... and of several the newest is named' eval 'foreign x "$newer^{tree}" "$(tip)" && err_has "has commit $(tip | cut -c1-12)"'
ok '... nor is one of two proposals' foreign "x\n\nProposal: other\nProposal: $b\nService: atlas" "$newer^{tree}" "$newer"
ok '... nor one of no proposal' foreign 'x\n\nService: atlas' "$newer^{tree}" "$newer"
ok '... nor one of two services' foreign "x\n\nProposal: $b\nService: atlas\nService: heracles" "$newer^{tree}" "$newer"
ok '... nor a merge with another result' foreign "x\n\nProposal: $b\nService: atlas" "$newer^{tree}" "$newer" main
ok '... nor a merge of three' foreign x "$(git -C "$truth" merge-tree --write-tree "$newer" main)" "$newer" main "$base"
ok '... nor a merge of two of ours' foreign x "$(git -C "$truth" merge-tree --write-tree "$newer" "$ours")" "$newer" "$ours"
ok '... nor a commit without parents' foreign x "$newer^{tree}"
for ((n = 0; n <= 1000; n++)); do
	printf 'commit refs/heads/%s\ncommitter A <a@b> 1 +0000\ndata <<E\nx\n\nProposal: %s\nService: atlas\nE\n%s' "$b" "$b" "${from=from $base
}" && from=
done | git -C "$truth" fast-import --quiet --force
ok '... nor more than a thousand commits' eval 'foreign x "$newer^{tree}" "$b" && err_has "more than 1000 commits"'
both=$(git -C "$truth" commit-tree -p "$newer" -p main -m x "$(git -C "$truth" merge-tree --write-tree "$newer" main)")
git -C "$truth" update-ref "refs/heads/$b" "$(git -C "$truth" commit-tree -p "$both" -p "$base" -m x "$both^{tree}")"
propose < <(patch acme one three | framed)
ok 'a merge of an older main changes nothing' became 0 unchanged

# A branch that comes in between
fresh
dir=$(git -C "$truth" rev-parse --absolute-git-dir)
mkdir -p "$dir/refs/heads/${b%/*}" && touch "$dir/refs/heads/$b.lock" && : >"$tmp/out"
{
	for _ in {1..1000}; do [ ! -s "$tmp/out" ] || break && sleep 0.01; done
	printf '# pack-refs with: peeled fully-peeled sorted \n%s refs/heads/%s/more\n' "$base" "$b" >"$dir/packed-refs"
	rm "$dir/refs/heads/$b.lock"
} >/dev/null 2>&1 </dev/null &
propose < <(two | framed)
wait
ok 'a branch that comes in between, beside which none can be created, is named' \
	eval 'exits 2 && err_has "\"$b\" cannot be created beside the branch \"$b/more\""'

# Clones whose history is too short: of main, and of the proposal
where=there
for main in 1 1000; do
	fresh
	propose < <(two | framed)
	person main 'Something else' touch else
	update_branch
	was=$(refs)
	rm -rf "$r" && git clone -q --single-branch --depth $main "file://$truth" "$r" && git -C "$r" switch -q -c work
	git -C "$r" fetch -q --depth 1 origin "$b"
	propose < <(two | framed)
	ok "a history of $main commits does not show whose the commits are" eval 'became 1 unchanged && is "$(statuses)" "acme withheld,beta withheld,- too-shallow"'
	ok '... and the message says what to do' err_has 'run git fetch --unshallow'
	git -C "$r" fetch -q --unshallow && propose < <(two | framed)
	ok '... which the whole history does' eval 'became 0 unchanged && is "$(refs)" "$was"'
done

finish
