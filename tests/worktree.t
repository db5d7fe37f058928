#!/bin/bash
# --update-worktree: a clean work tree is updated; any other is not changed, and neither is the branch.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

update() { apply --update-worktree "$@" < <(three | framed); }
# here: main checked out in $r;  linked: in $tmp/linked, with $r at no branch
here() { fresh && git -C "$r" switch -q main && w=$r; }
linked() {
	rm -rf "$tmp/linked"
	fresh && git -C "$r" worktree add -q "$tmp/linked" main && w=$tmp/linked
}
# what a work tree is: its files, what is staged, what git says of it
tree() { (cd "$w" && find . -name .git -prune -o -type f -print0 | sort -z | xargs -0 sha1sum && git ls-files -s && git --no-optional-locks status --porcelain); }
updated() { [ -z "$(git -C "$w" status --porcelain)" ] && [ "$(git -C "$w" grep -l '"two"' -- tenants | wc -l)" -eq 3 ]; }
unchanged() { kept && [ "$(tree)" = "$wt" ]; }
look() { was=$(state) wt=$(tree); }

for place in here linked; do
	$place
	echo mine >"$w/untracked"
	echo 'untracked' >>"$r/.git/info/exclude"
	update
	ok "$place: a clean work tree is updated" eval 'exits 0 && err_empty && updated && is "$(commits)" 1'
	ok '... untracked files stay'  is "$(cat "$w/untracked")" mine
	ok '... and the results say committed'  is "$(status_of acme)" committed
	look
	update
	ok '... stale patches do not change it' eval 'exits 75 && unchanged'
	update --dry-run
	ok '... nor does a dry run'              unchanged

	$place
	look
	apply < <(three | framed)
	ok "$place: without the option it is refused: 77" eval 'exits 77 && unchanged && err_has "checked out in $w"'

	# kept_as SENTENCE COMMAND [ARG ...]: after that command, the work tree is not changed
	kept_as() {
		local sentence=$1
		shift
		$place
		(cd "$w" && "$@") >/dev/null 2>&1
		look
		update
		ok "$place: $sentence: 77, and no change" eval 'exits 77 && unchanged && err_lines 1 && err_has "$w"'
		out_lacks '"type":"end"' || ok '... and no stream is written' false
	}
	edit() { echo "# $2" >>"tenants/$1/application.yaml"; }
	staged() { edit delta x && git add -A; }
	new_file() { echo x >new && git add new; }
	hidden() { staged && git checkout -q HEAD -- tenants/delta && git rm -q --cached tenants/delta/application.yaml; }
	removed() { rm tenants/delta/application.yaml; }
	kept_as 'a changed file' edit acme x
	ok '... and the file is named' err_has 'tenants/acme/application.yaml'
	kept_as 'a changed file that the patches do not touch' edit delta x
	kept_as 'a staged change' staged
	kept_as 'a new file that is staged' new_file
	kept_as 'a file whose removal is staged' hidden
	kept_as 'a removed file' removed
	conflict() { git switch -q -c side && edit acme side && git commit -qam side && git switch -q main && edit acme main &&
		git commit -qam main && git "$@"; }
	kept_as 'a merge with a conflict' conflict merge side
	kept_as 'a merge that is not committed' eval 'git switch -q -c side && edit delta side && git commit -qam side && git switch -q main && git merge -q --no-ff --no-commit side && git reset -q --hard && git rev-parse side >"$(git rev-parse --git-dir)/MERGE_HEAD"'
	ok '... and the merge is named' err_has 'in the middle of a merge'
	kept_as 'a cherry-pick' conflict cherry-pick side
	kept_as 'a revert' eval 'git rev-parse HEAD >"$(git rev-parse --git-dir)/REVERT_HEAD"'
	kept_as 'a rebase of the branch' eval 'conflict true; git rebase side'
	kept_as 'a rebase that stops' git -c core.editor=true -c sequence.editor="sed -i '1s/^/break\n/'" rebase -q -i --root
	kept_as 'git am' eval 'git format-patch -1 --stdout --root | git am'
	kept_as 'a bisection' eval 'edit delta x && git commit -qam x && git bisect start HEAD HEAD~1'
	kept_as 'a bisection that has just begun' git bisect start

	$place
	touch -d '1 hour ago' "$w"/tenants/*/application.yaml
	update
	ok "$place: files of which only the times differ are clean" eval 'exits 0 && updated'
	$place
	lock=$(git -C "$w" rev-parse --absolute-git-dir)/index.lock
	touch "$lock"
	look
	update
	ok "$place: an index that stays locked: 75, and the lock is named" eval 'exits 75 && is "$(tip)" "$before" && is "$(tree)" "$wt" && err_has index.lock && test -e "$lock"'
	touch "$lock"
	(sleep 0.5; rm "$lock") &
	update
	ok '... a lock that is removed is waited for' eval 'exits 0 && updated'
	wait
done

# Two work trees of one branch
linked
git -C "$r" switch -q --ignore-other-worktrees main
update
ok 'two work trees of the branch are updated' eval 'exits 0 && updated && w=$r && updated'
linked
git -C "$r" switch -q --ignore-other-worktrees main
echo x >>"$r/tenants/delta/application.yaml"
look
update
ok '... or neither'                            eval 'exits 77 && unchanged && err_has "$r"'

# A bare repository with a work tree linked to it
linked
git clone -q --bare "$r" "$tmp/bare.git"
rm -rf "$r" "$tmp/linked"
r=$tmp/bare.git w=$tmp/linked
mkdir "$r/logs" && git -C "$r" worktree add -q "$w" main
update
ok 'a work tree of a bare repository is updated'     eval 'exits 0 && updated'
rm -rf "$w"
was=$(state)
apply --update-worktree < <(patch delta one two | framed)
ok 'a work tree whose files are gone: 77'   eval 'exits 77 && kept && err_has "$w"'

# The work tree changes between the check and the move: a wrapper of git changes it
here
mkdir "$tmp/fake"
git=$(command -v git)
# wrap CONDITION COMMAND: a git that runs COMMAND first if CONDITION holds
wrap() { printf '#!/bin/bash\nif %s; then %s; fi\nexec %s "$@"\n' "$1" "$2" "$git" >"$tmp/fake/git" && chmod +x "$tmp/fake/git"; }
wrap "[[ \$* == *' read-tree -m -u -n '* ]]" "echo late >>'$w/tenants/acme/application.yaml'"
look
PATH=$tmp/fake:$PATH update
ok 'a file changed after the first check: nothing moves' eval 'exits 77 && is "$(tip)" "$before" && err_has "cannot be updated"'
ok '... and the change is still there'         is "$(tail -n 1 "$w/tenants/acme/application.yaml")" 'last: 1late'
here
wrap "[[ \$* == *' read-tree -m -u '* && \$* != *' -n '* ]]" "echo late >>'$w/tenants/acme/application.yaml'"
PATH=$tmp/fake:$PATH update
ok 'a file changed after the branch has moved: 74' eval 'exits 74 && is "$(commits)" 1'
ok '... and the message says that the branch has the commit' err_has "has the commit $(git -C "$r" rev-parse main | cut -c1-12) now, but: the work tree $w cannot be updated"
ok '... and how to update the work tree'              err_has "git -C $w read-tree -m -u $before $(tip)"
ok '... and the results say committed'       eval 'is "$(status_of acme)" committed && out_lacks "\"type\":\"end\""'
ok '... and the change is still there'         is "$(tail -n 1 "$w/tenants/acme/application.yaml")" 'last: 1late'
sed -i 's/late$//' "$w/tenants/acme/application.yaml" && truncate -s -1 "$w/tenants/acme/application.yaml"
git -C "$w" update-index -q --refresh
ok '... which works'                         eval 'git -C "$w" read-tree -m -u "$before" "$(tip)" && updated'

run applypatch --patch /dev/null --update-worktree </dev/null
ok '--update-worktree and --patch do not go together' exits 2

finish
