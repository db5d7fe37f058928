#!/usr/bin/env bash
# The days on which the catalogue lets no tenant get an image.
. "$(dirname "$0")/lib.sh"

repo gitops
cd "$tmp" || exit 1
{ cat "$examples/releases/ring.yaml"; printf 'freeze: [{from: 2026-12-20, to: 2027-01-02}, {from: 2027-03-01, to: 2027-03-01}]\n'; } >ring.yaml
export RING_CATALOG=$tmp/ring.yaml
git -C gitops checkout -q --detach
base=$(git -C gitops rev-parse main)
day=2026-12-24T10:00:00Z

tenants() { printf '{"type":"tenant","tenant":"%s"}\n' "$@" | framed; }
patch() { mkpatch -C gitops -r main --service heracles --ring ring-x --tag 5e0c1f7 "$@"; }
land() { applypatch -q -C gitops --branch main >/dev/null; }
# does TENANT ACTION EDITS, refused TENANT
does() { jq -se --arg t "$1" --arg a "$2" --argjson n "$3" '[.[] | select(.tenant == $t)] | length == 1 and (.[0] | .type == "patch" and .action == $a and (.edits | length) == $n)' out; }
refused() { jq -se --arg t "$1" '[.[] | select(.tenant == $t)] | length == 1 and (.[0] | .type == "refused" and .code == "frozen")' out; }

run patch --as-of $day < <(tenants acme)
ok 'in a freeze no tenant gets an image' eval 'exits 1 && refused acme && err_lines 1'
ok '... and the reason says until when' err_has 'acme: the catalogue freezes releases from 2026-12-20 to 2027-01-02 (UTC)'

# at TIME SENTENCE, not_at TIME SENTENCE
at() { run patch --as-of "$1" < <(tenants acme); ok "$2" refused acme; }
not_at() { run patch --as-of "$1" < <(tenants acme); ok "$2" eval 'exits 0 && does acme set 1'; }
not_at 2026-12-19T23:59:59Z 'the second before the first day is not frozen'
at 2026-12-20T00:00:00Z 'the first second is'
at 2027-01-02T23:59:59Z 'the last second of the last day is'
not_at 2027-01-03T00:00:00Z 'the second after it is not'
at 2027-03-01T12:00:00Z 'a freeze may be one day'
not_at 2027-02-28T23:59:59Z '... and no more'
at 1798243200 'the time may be a number of seconds'

run patch --as-of $day --rfc6902 < <(tenants acme)
ok 'a plain patch is frozen, too' eval 'exits 1 && out_empty'

# What has the image stays, and goes
patch -q --as-of 2026-12-01T00:00:00Z < <(tenants acme beta) | land
run patch --as-of $day < <(tenants acme)
ok 'a tenant that has the image is up to date' eval 'exits 0 && does acme set 0'
run patch --as-of $day --tag 5e0c1f8 < <(tenants acme)
ok '... and gets no other tag' refused acme
run patch --as-of $day --tag 5e0c1f8 --reconcile < <(tenants acme)
ok '--reconcile clears the tenants that are not selected, and keeps one that is refused' eval 'exits 1 && refused acme && does beta clear 1'
run mkpatch -C gitops -r main --service heracles --ring ring-x --remove < <(tenants acme beta)
ok '--remove clears' eval 'exits 0 && does acme clear 1 && does beta clear 1'
land <out
ok '... to the bytes from before' git -C gitops diff --quiet "$base" main

# A live patch of another day
git -C gitops branch -qf live "$base"
patch -q -r live --as-of 2026-12-01T00:00:00Z < <(tenants acme) | applypatch -q -C gitops --branch live >/dev/null
git -C gitops show live:tenants/acme/application.yaml >live.yaml
python3 "$top/tests/live/object.py" live.yaml >apps.json

# The clock
today=$(date -u +%F)
printf 'freeze: {from: %s, to: %s}\n' "$today" "$(date -u -d '+1 day' +%F)" | cat "$examples/releases/ring.yaml" - >ring.yaml
run patch < <(tenants acme)
ok 'without --as-of the clock counts' refused acme
run mkpatch -C gitops -r main --adopt < <(ringls --apps apps.json)
ok 'an adoption changes nothing that runs, and goes on' eval 'exits 0 && does acme set 1'
run mkpatch -C gitops --remove --as-of $day < <(tenants acme)
ok '--as-of cannot be combined with --remove' eval 'exits 2 && err_has "--as-of cannot be combined with --remove"'
run patch --as-of tomorrow < <(tenants acme)
ok 'another time is 2' eval 'exits 2 && err_has "--as-of"'

finish
