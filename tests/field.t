#!/usr/bin/env bash
# Manifests in the shapes found in public GitOps repositories (tests/manifests): a user sets the image of a ring and clears it
# again.  tests/manifests/EXPECTED is the table of what must become of each.
. "$(dirname "$0")/lib.sh"

export RING_CATALOG=$top/tests/manifests/ring.yaml
expected=$top/tests/manifests/EXPECTED
cd "$tmp" || exit 1
repo field "$top/tests/manifests"
git -C field checkout -q --detach
manifests() { git -C field ls-tree -r --name-only main | grep /; }
rows() { grep -v '^#' "$expected"; }
# tenants SERVICE: those of the table
tenants() { rows | awk -v s="$1" '$2 == s { sub(/.*\//, "", $1); sub(/\..*/, "", $1); print "{\"type\":\"tenant\",\"tenant\":\"" $1 "\"}" }' | framed; }
release() { mkpatch -q -C field -r "$1" --service "$2" --ring ring-fast "${@:3}"; }
commit() { applypatch -q -C field --branch "$1" --partial; }
branch() { git -C field branch -q "$1" "$2"; }
check() { python3 "$top/tests/field.py" "$1" "$service" field "after.$service" "set.$service" "stat.$service"; }

ok 'there are at least a hundred manifests' test "$(manifests | wc -l)" -ge 100
ok 'the table has each of them' diff <(manifests | sort) <(rows | awk '{ print $1 }' | sort -u)
ok '... and each line once' test -z "$(rows | awk '{ print $1, $2 }' | sort | uniq -d)"

for service in $(rows | awk '{ print $2 }' | sort -u); do
	branch "set/$service" main
	tenants $service | release main $service --tag 41207e5 | commit "set/$service" >"set.$service"
	ok "$service: each tenant is set or refused, as the table says" check outcomes
	mkdir "after.$service" && git -C field archive "set/$service" | tar -x -C "after.$service"
	git -C field diff --no-renames --numstat main "set/$service" >"stat.$service"
	ok '... PyYAML reads the image at each pointer of the table, and all else as it was' check values
	ok '... no other line has changed' check lines

	branch "again/$service" "set/$service"
	tenants $service | release "set/$service" $service --tag 41207e5 | commit "again/$service" >again
	ok '... to set it again changes nothing' git -C field diff --quiet "set/$service" "again/$service"
	grep '"status":"committed"' "set.$service" | jq -c '{type: "tenant", tenant}' | framed |
		release "set/$service" $service --remove | commit "set/$service" >cleared
	ok '... nothing refuses to be cleared' grep -q '"refused":0}' cleared
	ok '... and every byte is as before' git -C field diff --exit-code --stat main "set/$service"
done

# The same catalogue with replace: the images that the manifests have
python3 - <<'E'
import json, yaml
catalogue = yaml.safe_load(open('field/ring.yaml'))
def replacing(form):
    if isinstance(form, list):
        return [replacing(each) for each in form]
    return dict({'repository': form + '/repository', 'tag': form + '/tag'} if isinstance(form, str) else form, replace=True)
for service in catalogue['services'].values():
    service['charts'] = {name: replacing(form) for name, form in service['charts'].items()}
json.dump(catalogue, open('replace.json', 'w'))
E
RING_CATALOG=$tmp/replace.json
for service in $(rows | awk '{ print $2 }' | sort -u); do
	branch "replace/$service" main
	tenants $service | release main $service --tag 41207e5 | tee "patches.$service" | commit "replace/$service" >"replaced.$service"
	grep '"status":"committed"' "replaced.$service" | jq -c '{type: "tenant", tenant}' | framed |
		release "replace/$service" $service --remove | commit "replace/$service" >cleared
	ok "$service, with replace: nothing refuses to be cleared" grep -q '"refused":0}' cleared
	ok '... and every byte is as before' git -C field diff --exit-code --stat main "replace/$service"
done
cat replaced.* | jq -r 'select(.type == "refused").code' | sort | uniq -c | sed 's/^/# with replace: /'
refused_before() { cat set.* | jq -r 'select(.code == "foreign-override" or .code == "tag-without-repository").tenant' | wc -l; }
has=$(cat patches.* | grep -c ' was ') pinned=$(refused_before)
ok 'with replace, no image that a tenant has is refused for being there' not grep -qE '"code":"(foreign-override|tag-without-repository)"' replaced.*
ok "... of the $pinned that were, $has are replaced, and no more than three are rewritten by another tool" test "$has" -ge 8 -a "$pinned" -le $((has + 3))
ok 'the repository is sound' git -C field fsck --strict

finish
