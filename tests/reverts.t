#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"

repo gitops
cd "$tmp" || exit 1
cp "$examples/releases/ring.yaml" .
export RING_CATALOG=$tmp/ring.yaml
git -C gitops checkout -q --detach
file=tenants/acme/application.yaml
as_it_was=$(git -C gitops rev-parse main)
export GIT_COMMITTER_DATE='2026-11-20T10:00:00Z'

tenant() { printf '{"type":"tenant","tenant":"%s"}\n' "${1:-acme}" | framed; }
patch() { mkpatch -q -C gitops -r main --service heracles --ring ring-x "$@"; }
set_ring() { tenant | patch --tag "${1:-5e0c1f7}" | applypatch -q -C gitops --branch main >/dev/null; }
clear_ring() { tenant | patch --remove | applypatch -q -C gitops --branch "${1:-main}" ${2:+--onto main} >/dev/null; }
# ask [TAG]: is the tenant released again?
ask() { tenant | run patch --respect-reverts --tag "${1:-5e0c1f7}"; }
# by_hand MESSAGE COMMAND [ARG ...]: a person's commit on main, of what the command does in a work tree
by_hand() {
	git -C gitops checkout -q main && (cd gitops && "${@:2}") &&
		git -C gitops add -A && git -C gitops commit -qm "$1" && git -C gitops checkout -q --detach
}
restart() { git -C gitops checkout -q --detach "$as_it_was" && git -C gitops branch -qf main && set_ring; }
take_out() { git show "$as_it_was:$file" >"$file"; }
is_set() { exits 0 && out_has '"action":"set"'; }
is_reverted() { exits 1 && out_has '"code":"reverted-by-hand"' && out_lacks '"type":"patch"'; }

ask
ok 'a tenant that never had the image gets it' is_set
restart
ask
ok 'a tenant that has it keeps it' is_set

by_hand 'No, thanks' take_out
commit=$(git -C gitops rev-parse main)
ask
ok "after a person's revert the tenant does not get the image" is_reverted
ok '... with commit and date' out_has "\"reason\":\"commit ${commit::12} of 2026-11-20T10:00:00Z, which ringkit did not make, took 5e0c1f7 of ring-x away: the tenant gets the ring's next commit\""
tenant | run patch --tag 5e0c1f7
ok 'without --respect-reverts it does' is_set
ask 5e0c1f8
ok "the ring's next commit is released to it" is_set
tenant | run mkpatch -q -C gitops -r main --service heracles --ring ring-y --respect-reverts --tag 5e0c1f7
ok '... and so is another ring' is_set
tenant beta | run patch --respect-reverts --tag 5e0c1f7
ok 'other tenants get the image' is_set
by_hand 'A later commit' sed -i 's/^# Acme.*/# Acme AG/' "$file"
ask
ok 'a later change of the manifest is not a yes' eval "is_reverted && out_has ${commit::12}"
by_hand 'Another tenant' sed -i '1s/^/# x\n/' tenants/beta/application.yaml
ask
ok '... nor is one of another' eval "is_reverted && out_has ${commit::12}"
by_hand 'Yes' git checkout -q main~3 -- "$file"
ask
ok 'a person who sets it again means it' is_set
clear_ring
ask
ok "the ring's own clear is not a no" is_set

# No reverts

restart
by_hand 'Another tag' sed -i 's/tag: "\?5e0c1f7"\?/tag: 5e0c1f9/' "$file"
ask
ok 'a tag that was changed is not a revert' is_set
clear_ring
ask
ok '... also after the clear' is_set
restart
sed 's#^manifests:.*#manifests: tenants/{tenant}/*.yaml#' ring.yaml >any.yaml
by_hand 'Move' git mv "$file" tenants/acme/app.yaml
RING_CATALOG=any.yaml ask
ok 'a move is not one' is_set
by_hand 'No' sed -i '/heracles-ring-x/d; /tag: .*5e0c1f7/d; s/^\( *\)image:$/\1image: {}/' tenants/acme/app.yaml
RING_CATALOG=any.yaml ask
ok '... and a revert after it is' is_reverted
restart
by_hand 'Write it in another way' sed -i 's/tag: 5e0c1f7/tag: "5e0c1f7"  # the ring/' "$file"
ask
ok 'the same value in quotes is not a revert' is_set
restart
by_hand 'Broken' sed -i '1s/^/[\n/' "$file"
broken=$(git -C gitops rev-parse main)
by_hand 'Repaired' sed -i '1d' "$file"
ask
ok 'a manifest that could not be read for a while is not one' is_set
git -C gitops branch -qf main "$broken"
by_hand 'Repaired, without it' take_out
ask
ok '... if it had the image afterwards; the commit that took it is the one without' eval \
	'is_reverted && out_has "commit $(git -C gitops rev-parse --short=12 main) of"'
restart
by_hand 'Gone' rm "$file"
by_hand 'A new one' take_out
ask
ok 'a tenant that was removed and comes again has not said no' is_set
restart
by_hand 'No, thanks' take_out
by_hand 'Gone' rm "$file"
by_hand 'A new one' take_out
ask
ok '... whatever it said before' is_set

# Whose commit it is

restart
git -C gitops checkout -q main
take_out_in() { (cd gitops && take_out) && git -C gitops add -A; }
take_out_in
git -C gitops commit -q -C HEAD && git -C gitops checkout -q --detach
ask
ok 'a person who copies the message of our commit is still a person' is_reverted
restart
by_hand "Clear heracles ring-x from acme

acme: clear ghcr.io/atlanhq/heracles-ring-x:5e0c1f7" take_out
ask
ok '... and so is one who writes our words without the trailers' is_reverted
restart
by_hand "Clear

acme: clear x

Service: heracles
Ring: ring-y" take_out
ask
ok '... or those of another ring' is_reverted
restart
by_hand "Clear

beta: clear x

Service: heracles
Ring: ring-x" take_out
ask
ok '... or of another tenant' is_reverted

restart
clear_ring proposal onto
proposed=$(git -C gitops rev-parse proposal)
merge() { git merge -q --no-ff -m 'Merge pull request #1' proposal >/dev/null; }
git -C gitops checkout -q main && (cd gitops && merge) && git -C gitops checkout -q --detach
ask
ok 'a merged proposal of ours is ours' is_set
restart
by_hand 'The file changes in another place' sed -i 's/^# Acme.*/# Acme AG/' "$file"
git -C gitops branch -qf proposal "$proposed"
git -C gitops checkout -q main && (cd gitops && merge) && git -C gitops checkout -q --detach
ask
ok '... also if the manifest has changed before the merge' is_set
restart
git -C gitops branch -qD proposal && git -C gitops update-ref refs/pull/1/head "$proposed"
by_hand 'Squashed (#1)' take_out
ask
ok 'a squash merge is ours by the head of its pull request' is_set
git -C gitops update-ref -d refs/pull/1/head
ask
ok '... and not without it' is_reverted
restart
git -C gitops update-ref refs/pull/1/head "$proposed"
by_hand 'More than ours (#1)' bash -c "git show $as_it_was:$file | sed 's/replicas: 2/replicas: 3/' >$file"
ask
ok 'a commit that changes more of the manifest than ours did is a person'\''s' is_reverted
restart
by_hand 'Many lines' bash -c "yes '' | head -n 400000 >>$file"
clear_ring proposal onto
git -C gitops update-ref refs/pull/1/head proposal
git -C gitops branch -qD proposal
by_hand 'Squashed (#1)' git checkout -q refs/pull/1/head -- "$file"
ask
ok '... and so is one of a file that has too many lines to compare, though ours did the same' is_reverted
git -C gitops update-ref -d refs/pull/1/head

# A file with an element for each tenant

mkdir list && cat >list/list.yaml <<'Y'
tenants:
  - name: acme
    values:
      x: 1
  - name: beta
    values:
      x: 1
Y
git -C list init -q && git -C list add -A && git -C list commit -qm 'As it was' && git -C list checkout -q --detach
sed '/^umbrella:/,/^$/d; s#^manifests:.*#manifests: [{path: list.yaml, elements: /tenants, tenant: name, values: /values}]#' ring.yaml >list-ring.yaml
in_list() { mkpatch -q -C list -r main -c list-ring.yaml --service heracles --ring ring-x "$@"; }
{ tenant acme && tenant beta; } | in_list --tag 5e0c1f7 | applypatch -q -C list --branch main >/dev/null
git -C list checkout -q main && sed -i '0,/heracles-ring-x/s/.*heracles-ring-x.*/          repository: ghcr.io\/ann\/x/' list/list.yaml
git -C list commit -qam 'No' && git -C list checkout -q --detach
{ tenant acme && tenant beta; } | run in_list --respect-reverts --tag 5e0c1f7
ok 'an element is judged by itself' test "$(jq -r 'select(.tenant) | "\(.tenant) \(.code // .action)"' "$tmp/out")" = $'acme reverted-by-hand\nbeta set'

# Bounds and wrong usage

restart
by_hand 'No, thanks' take_out
by_hand 'A later commit' sed -i 's/^# Acme.*/# Acme AG/' "$file"
git clone -q --depth 1 "file://$tmp/gitops" shallow
tenant | run mkpatch -C shallow --service heracles --ring ring-x --tag 5e0c1f7 --respect-reverts
ok 'a history that is too short does not say' out_has '"code":"too-shallow"'
git clone -q --depth 2 "file://$tmp/gitops" shallow2 -b main
tenant | run mkpatch -C shallow2 --service heracles --ring ring-x --tag 5e0c1f7 --respect-reverts
ok '... as long as the revert is not in it' out_has '"code":"too-shallow"'
git clone -q --depth 3 "file://$tmp/gitops" shallow3 -b main
tenant | run mkpatch -C shallow3 --service heracles --ring ring-x --tag 5e0c1f7 --respect-reverts
ok '... and then it does' is_reverted
run mkpatch -C gitops --remove --respect-reverts </dev/null
ok '--respect-reverts cannot be combined with --remove' exits 2
finish
