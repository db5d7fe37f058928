#!/usr/bin/env bash
# The manifests of tests/manifests with one string that cannot be read ("a\0b"), for each string in its turn: only its tenant is
# refused, or the string does not matter.  Each service gets every fourth string; STRINGS=all: all of them.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit 1
export RING_CATALOG=$tmp/odd/ring.yaml
mkdir odd
sed 's/^max-tenants: .*/max-tenants: 100000/' "$top/tests/manifests/ring.yaml" >odd/ring.yaml
ok 'at least 4,000 strings are replaced' test "$(python3 "$top/tests/odd_strings.py" "$top/tests/manifests" odd)" -ge 4000
git init -q odd && git -C odd add -A && git -C odd commit -qm 'As it was' && git -C odd checkout -q --detach
mapfile -t names < <(cd odd && printf '%s\n' */*.yaml | sed 's,.*/,,; s,\.yaml$,,')

tenants() { sed 's/.*/{"type":"tenant","tenant":"&"}/' "$@" | framed; }
# tenants_of TYPE FILE: the tenants of a stream's records, sorted
tenants_of() { sed -n 's/.*"type":"'"$1"'".*"tenant":"\([^"]*\)".*/\1/p' "$2" | sort -u; }
release() { mkpatch -q -C odd -r main --service "$service" --ring ring-fast "$@"; }
commit() { applypatch -q -C odd --branch main --partial; }
whole() { [ $(($(tenants_of tenant given | wc -l) + 1)) -eq "$(wc -l <given)" ]; }

turn=0
for service in checkout search media ledger; do
	if [ -n "${STRINGS-}" ]; then
		printf '%s\n' "${names[@]}" | tenants >given
	else
		printf '%s\n' "${names[@]}" | awk -v turn=$turn 'NR % 4 == turn' | tenants >given
	fi
	turn=$((turn + 1))
	ok "$service: each string has a tenant of its own" whole
	release --tag 41207e5 <given >patches
	status=$?
	ok '... and no string ends the stream' eval 'test $status -le 1 && grep -q "\"type\":\"end\"" patches'
	ok '... each tenant is set or refused, and not both' diff <(tenants_of tenant given) \
		<({ tenants_of patch patches && tenants_of refused patches; } | sort)
	ok '... there are tenants of both kinds' test "$(tenants_of patch patches | wc -l)" -ge 100 -a "$(tenants_of refused patches | wc -l)" -ge 100
	run commit <patches
	tenants_of result out >changed
	ok '... the refused ones stay as they are' diff <(tenants_of patch patches) changed
	ok '... and the others change' diff <(git -C odd diff --name-only HEAD main | sed 's,.*/,,; s,\.yaml$,,' | sort) changed
	ringls -q -C odd -r main --service $service --ring ring-fast >held
	status=$?
	ok '... ringls names each of them' eval 'test $status -le 1 && diff /dev/null <(comm -23 changed <(tenants_of override held))'
	tenants changed | release --remove | commit >cleared
	ok '... nothing refuses to be cleared' grep -q '"refused":0}' cleared
	ok '... and every byte is as before' git -C odd diff --exit-code --stat HEAD main
done
finish
