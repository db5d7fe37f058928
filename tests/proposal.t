#!/bin/bash
# Proposals, row by row: --branch B --onto main, on branches here and on those of a remote.
# shellcheck disable=SC2046  # remote says no words or two
. "$(dirname "$0")/lib.sh"
git config --global advice.detachedHead false

# a file of one line for each of a manifest's parts, so far from each other that Git merges changes of two parts
manifest() {
	printf 'name: %s\n' "$1"
	for part in atlas heracles other; do
		printf '%s:\n  a: 1\n  b: 2\n  c: 3\n  image:\n    repository: ghcr.io/x/%s-ring-a\n    tag: "one"\n  d: 4\n  e: 5\n  f: 6\n' "$part" "$part"
	done
}

# fresh: a repository $r with four tenants on main; where=there: a clone of the bare $truth, else it is the truth
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
is() { [ "$1" = "$2" ] || { echo "have: $1"; echo "want: $2"; false; }; }
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
# update_branch: what a forge's button does: merge main into the proposal
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
# meanwhile COMMAND ...: what it does to main and the proposal comes between the next reading of them and their moving
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
	# the output begins when all is ready to be written
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

	# New
	fresh
	propose < <(two | framed)
	ok "$where: a new proposal is created"           became 0 created
	ok '... of one commit on the tip of main'        is "$(git -C "$truth" rev-parse "$b^")" "$base"
	ok '... with what the records say'               is "$(tags)" ' 10 tag: "one", 2 tag: "two"'
	ok '... as its results tell'                     is "$(jq -r 'select(.tenant).branch + " " + .commit' "$tmp/out" | uniq)" "$b $(tip)"
	ok '... whose trailers say whose it is'          is "$(git -C "$truth" log -1 --format='%(trailers:key=Service)%(trailers:key=Proposal)' "$b" | paste -sd,)" \
		"Service: atlas,Proposal: $b,"
	ok '... and main stays where it was'             is "$(tip main)" "$base"
	[ $where = here ] || ok '... and so do the local branches' is "$(git -C "$r" for-each-ref refs/heads)" "$locals"
	ok '... and no private ref is left'              is "$(private)" ''
	ok '... nor anything that fsck does not like'    is "$(git -C "$truth" fsck --strict --no-dangling 2>&1)" ''

	# The same again
	was=$(refs)
	propose < <(two | framed)
	ok "$where: the same again changes nothing"      eval 'became 0 unchanged && is "$(refs)" "$was"'
	ok '... and says so of each tenant'              is "$(statuses)" 'acme unchanged,beta unchanged'
	propose --diff --dry-run < <(two | framed)
	ok '... and its diff is still the proposal'"'"'s' eval 'exits 0 && is "$(grep -c "^+    tag" "$tmp/out")" 2'
	ok '... which is what git diff says'             is "$(cat "$tmp/out")" "$(git -C "$truth" -c core.abbrev=7 diff main "$b")"
	propose --dry-run < <(patch acme one three | framed)
	ok "$where: a dry run says what would be"        eval 'became 0 updated && is "$(statuses)" "acme planned" && is "$(refs)" "$was" && is "$(private)" ""'

	# Other records
	propose < <(patch acme one three | framed)
	ok "$where: other records make it anew"          eval 'became 0 updated && is "$(tags)" " 11 tag: \"one\", 1 tag: \"three\""'
	ok '... as one commit on main'                   is "$(git -C "$truth" rev-parse "$b^")" "$base"

	# main moves, without a conflict
	propose < <(two | framed)
	was=$(tip)
	person main 'Something else' sed -i 's/f: 6/f: 7/' tenants/acme/application.yaml
	propose < <(two | framed)
	ok "$where: when main moves without a conflict, approvals live" eval 'became 0 unchanged && is "$(tip)" "$was"'
	person main 'The same by hand' sed -i '0,/"one"/s//"two"/' tenants/beta/application.yaml
	propose < <({ patch acme one two; idle beta; } | framed)
	ok '... also when part of it is in main already' eval 'became 0 unchanged && is "$(tip)" "$was"'
	update_branch
	was=$(tip)
	propose < <({ patch acme one two; idle beta; } | framed)
	ok '... and when the branch was brought up to date' eval 'became 0 unchanged && is "$(tip)" "$was"'
	propose < <({ patch acme one two; patch gamma one two; } | framed)
	ok '... which is ours to replace'                eval 'became 0 updated && is "$(git -C "$truth" rev-parse "$b^")" "$(tip main)"'

	# main moves, with a conflict
	fresh
	propose < <(two | framed)
	person main 'Another image' sed -i '0,/"one"/s//"zero"/' tenants/acme/application.yaml
	propose < <({ patch acme zero two; patch beta one two; } | framed)
	ok "$where: when main moves with a conflict it is made anew" became 0 updated
	ok '... on main'                                 is "$(git -C "$truth" rev-parse "$b^")" "$(tip main)"
	ok '... and merges now'                          eval 'merge && is "$(tags main)" " 10 tag: \"one\", 2 tag: \"two\""'

	# main moves so that the merge is clean, and another outcome than the wanted one
	fresh
	propose < <(two | framed)
	person main 'It is so elsewhere' sed -i '0,/"one"/s//"two"/' tenants/beta/application.yaml
	propose < <({ patch acme one two; patch beta two three; } | framed)
	ok "$where: a merge to other manifests is not left alone" eval 'became 0 updated && is "$(tags)" " 10 tag: \"one\", 1 tag: \"three\", 1 tag: \"two\""'

	# The label goes
	fresh
	framed </dev/null >"$tmp/empty"
	was=$(refs)
	propose <"$tmp/empty"
	ok "$where: nothing wanted and no branch: none"  eval 'became 0 none && is "$(refs)" "$was"'
	propose < <(idle acme | framed)
	ok '... with records that change nothing, too'   eval 'became 0 none && is "$(statuses)" "acme unchanged" && is "$(refs)" "$was"'
	propose < <(two | framed)
	propose --dry-run <"$tmp/empty"
	ok "$where: a label gone before the merge, in a dry run: it would be withdrawn" eval 'became 0 withdrawn && tip >/dev/null'
	full() { applypatch -C "$r" --branch "$b" --onto main $(remote) <"$tmp/empty" >/dev/full; }
	run full
	ok '... which a full disk prevents'              eval 'exits 74 && tip >/dev/null'
	propose <"$tmp/empty"
	ok "$where: a label gone before the merge: the branch is deleted" eval 'became 0 withdrawn && ! tip'
	propose < <(two | framed)
	propose < <({ idle acme; idle beta; } | framed)
	ok '... with records that change nothing, too'   eval 'became 0 withdrawn && ! tip && is "$(statuses)" "acme unchanged,beta unchanged"'
	ok '... and no private ref is left'              is "$(private)" ''
	git -C "$r" update-ref -d "refs/remotes/origin/$b" 2>/dev/null

	# A squash-merged branch that was left behind
	propose < <(two | framed)
	merge --squash
	propose < <({ idle acme; idle beta; } | framed)
	ok "$where: a squash-merged branch left behind is deleted" eval 'became 0 withdrawn && ! tip'
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
	ok '... and the next run proposes what is left'  eval 'became 0 updated && is "$(git -C "$truth" rev-parse "$b^")" "$(tip main)"'
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
	ok "$where: a person's commit that comes meanwhile is not lost" eval 'became 1 unchanged && is "$(statuses)" "acme withheld,- foreign-commit"'
	ok '... but on top'                              is "$(git -C "$truth" log -1 --format=%s "$b")" Mine
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
	ok '... but named in a refusal'                  eval 'is "$(statuses)" "acme withheld,- foreign-commit" && err_has "holds the commit $theirs, which somebody else has made"'
	propose --partial < <(patch acme one three | framed)
	ok '... with --partial, too'                     eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose < <(two | framed)
	ok '... even when only that commit is in the way' eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose <"$tmp/empty"
	ok '... nor is it deleted'                       eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose --diff < <(patch acme one three | framed)
	ok '... and that is no diff'                     eval 'exits 1 && out_empty && is "$(refs)" "$was"'
	fresh
	propose < <(two | framed)
	person "$b" 'Run the checks again' true
	was=$(refs)
	propose < <(two | framed)
	ok '... one that changes nothing does not matter' eval 'became 0 unchanged && is "$(refs)" "$was"'
	fresh
	git -C "$truth" branch -q "$b" main
	person "$b" $'Mine\n\nProposal: '"$b" touch mine
	was=$(refs)
	propose < <(two | framed)
	ok '... nor is one without a service ours'       eval 'became 1 unchanged && is "$(refs)" "$was"'
	fresh
	git -C "$truth" branch -q "$b" main
	propose < <(two | framed)
	ok "$where: a branch of main's own commits is taken" eval 'became 0 updated && is "$(git -C "$truth" rev-parse "$b^")" "$base"'

	# A conflict that a person has solved while bringing the branch up to date
	fresh
	propose < <(two | framed)
	person main 'Another image' sed -i '0,/"one"/s//"zero"/' tenants/acme/application.yaml
	update_branch -X ours
	was=$(refs)
	propose < <({ patch acme zero three; patch beta one two; } | framed)
	ok "$where: a person's solution of a conflict is not replaced" eval 'became 1 unchanged && is "$(refs)" "$was"'

	# Two rings, two services
	fresh
	propose < <(two | framed)
	was=$(tip)
	b=release/heracles/ring-a
	propose < <(patch acme one nine heracles | framed)
	ok "$where: another service's proposal stands beside it" eval 'became 0 created && is "$(tip release/atlas/ring-a)" "$was"'
	b=release/atlas/ring-b
	propose < <(patch gamma one five | sed 's/"ring-a"/"ring-b"/' | framed)
	ok '... and another ring'"'"'s'                  eval 'became 0 created && is "$(tip release/atlas/ring-a)" "$was"'
	b=release/atlas/ring-a
	propose < <(two | framed)
	ok '... and neither disturbs the first'          became 0 unchanged
	b=release/heracles/ring-a
	merge
	b=release/atlas/ring-a
	propose < <(two | framed)
	ok '... not even when it is merged'              eval 'became 0 unchanged && is "$(tip)" "$was"'
	was=$(refs)
	propose < <(patch acme nine ten heracles | framed)
	ok "$where: one service does not replace another's" eval 'became 1 unchanged && is "$(refs)" "$was" && err_has "for the service atlas"'
	ok '... told with what to do'                    err_has 'give each service and ring a branch of its own'
	propose < <({ two; patch acme nine ten heracles; } | framed)
	ok '... but both together may'                   eval 'became 0 updated && is "$(tags)" " 9 tag: \"one\", 1 tag: \"ten\", 2 tag: \"two\""'
	propose < <(two | framed)
	ok '... and then none alone'                     became 1 unchanged

	# Refusals
	fresh
	was=$(refs)
	propose < <({ refused gamma; two; } | framed)
	ok "$where: a refusal stops all"                 eval 'became 1 none && is "$(refs)" "$was"'
	propose --partial < <({ refused gamma; two; } | framed)
	ok '... with --partial its own tenant'           eval 'became 1 created && is "$(tags)" " 10 tag: \"one\", 2 tag: \"two\""'
	was=$(refs)
	propose < <({ refused gamma; patch acme one three; } | framed)
	ok '... and an open proposal stays'              eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose --partial < <(refused acme | framed)
	ok '... which no refusal withdraws'              eval 'became 1 unchanged && is "$(refs)" "$was"'
	propose --partial < <(patch acme eight nine | framed)
	ok '... nor a stale record: 75'                  eval 'became 75 unchanged && is "$(refs)" "$was"'
	propose --partial < <({ refused beta; patch acme one two; } | framed)
	ok '... but who is refused is not proposed any more' eval 'became 1 updated && is "$(tags)" " 11 tag: \"one\", 1 tag: \"two\""'

	# Names
	propose --branch main < <(two | framed)
	ok "$where: a proposal for itself is wrong usage" exits 2
	was=$(refs)
	run applypatch -C "$r" --branch "$b" --onto none $(remote) < <(two | framed)
	ok 'no branch to be proposed for: 66'            eval 'exits 66 && is "$(refs)" "$was" && err_has none'
	run applypatch -C "$r" --branch release/atlas --onto main $(remote) < <(two | framed)
	ok 'a name that is in the way of others is told' eval 'not exits 0 && is "$(refs)" "$was" && err_lines 1'
done

finish
