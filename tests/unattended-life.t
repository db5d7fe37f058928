#!/usr/bin/env bash
# The life of a release that no person touches, except to say no: three waves, a tenant that degrades, a revert, GA.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"
. "$top/tests/waves.sh"

world
cat >>"$RING_CATALOG" <<'END'
waves:
  - {cohort: github:path:first, soak: 1h}
  - {cohort: github:path:second, soak: 1h}
  - cohort: github:path:third
merge: {set: [github:path:first, github:path:second, github:path:third], clear: true}
allowed: {"github:path:*": ann}
END
echo '[acme, corvid]' >releases/cohorts/first.yaml
echo '[delta, indigo]' >releases/cohorts/second.yaml
echo '[fjord, juniper]' >releases/cohorts/third.yaml
tenants='acme corvid delta fjord indigo juniper'
export LIVE=live

merged() { gitops_pulls 'map(select(.merged_at)) | length == $n' --argjson n "$1"; }
unattended() { is auto git -C gitops.git log -1 --format='%(trailers:key=Merge,valueonly,separator=%x2C)' main^2; }

push $ring
commit=$(git -C people/service rev-parse HEAD)
open_pull $ring cohort:github:path:first cohort:github:path:second cohort:github:path:third
build $ring success
cluster "$(ago '3 hours')"
converge $ring
ok 'the first wave is merged without a person' eval 'exits 0 && merged 1 && unattended && holds "acme corvid"'
ok '... and the comment says so, and that others wait' eval 'tells "**Merged** without a person" && tells "**Waiting:** 4 tenants"'
since=$(ago '30 minutes')
cluster "$since"
converge $ring
ok 'nothing goes further until it has soaked' eval 'exits 0 && merged 1 && holds "acme corvid" && tells "**Waiting until $(later "$since"):"'
cluster "$(ago '61 minutes')"
converge $ring
ok 'the second wave is merged without a person' eval 'exits 0 && merged 2 && unattended && holds "acme corvid delta indigo"'

since=$(ago '61 minutes')
cluster "$since" delta "status['health']['status'] = 'Degraded'"
converge $ring
ok 'a tenant of the second wave that degrades stops it' eval 'exits 0 && merged 2 && holds "acme corvid delta indigo"'
ok '... and the report says which, and since when' eval \
	'tells "delta of github:path:second is degraded since $since: " && tells "Running on 3 of 4; \`delta\` degraded."'
converge $ring
ok '... as long as it is' eval 'merged 2 && holds "acme corvid delta indigo"'
cluster "$(ago '61 minutes')"
converge $ring
ok 'when it has recovered, the last wave is merged' eval 'exits 0 && merged 3 && unattended && holds "$tenants"'

cluster "$(ago '61 minutes')"
converge $ring
ok 'the next run changes nothing, and all run the ring' eval 'exits 0 && merged 3 && tells "Running on 6 of 6."'

git -C people/gitops fetch -q origin && git -C people/gitops checkout -q main && git -C people/gitops merge -q --ff-only origin/main
tick
git -C people/gitops checkout -q "$(cat as-it-was)" -- tenants/fjord/application.yaml
git -C people/gitops commit -qm 'Not fjord' && git -C people/gitops push -q origin main
cluster "$(ago '61 minutes')"
converge $ring
ok 'what a person reverts stays so' eval 'merged 3 && holds "acme corvid delta indigo juniper" && tells reverted-by-hand'
converge $ring
ok '... in each run' eval 'merged 3 && holds "acme corvid delta indigo juniper"'
converge $ring
ok '... which writes nothing' writes_nothing converge $ring

merge_pull $ring
ga 1.5.0 "$merged"
converge $ring
ok 'the merged ring is held until GA' eval 'exits 0 && merged 3 && holds "acme corvid delta indigo juniper"'
upgrade 1.5.0 acme corvid
clean_up
ok 'tenants that GA has reached are cleared without a person' eval 'exits 0 && merged 4 && unattended && holds "delta indigo juniper"'
upgrade 1.5.0 delta fjord indigo juniper
clean_up
ok '... and at last all' eval 'exits 0 && merged 5 && holds ""'
ok 'every manifest is what it was' as_it_was
clean_up
converge $ring
ok 'the ring is at its end' eval 'exits 0 && merged 5 && holds "" && is "" proposals && says 120 "**Cleared:** no tenant has an image of this ring."'
ok 'both repositories are sound' sound

ok 'GitHub knows every request of the scripts' understood

finish
