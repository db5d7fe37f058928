#!/usr/bin/env bash
# The life of a release that goes from wave to wave, as fast as its tenants run it.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"
. "$top/tests/waves.sh"

world
cat >>releases/ring.yaml <<'END'
waves:
  - {cohort: github:path:first, soak: 1h}
  - {cohort: github:path:second, soak: 1h}
  - cohort: github:path:third
END
echo '[acme, corvid]' >releases/cohorts/first.yaml
echo '[delta, indigo]' >releases/cohorts/second.yaml
echo '[fjord]' >releases/cohorts/third.yaml

tenants='acme corvid delta indigo fjord'
lacks() { ! tells "$1" >"$tmp/told"; }
step() { converge $ring && merge_proposals; }
export LIVE=live

push $ring
commit=$(git -C people/service rev-parse HEAD)
open_pull $ring cohort:github:path:first cohort:github:path:second cohort:github:path:third
build $ring success
cluster "$(ago '3 hours')"
step
ok 'with labels for all waves, the first one is released' holds 'acme corvid'
ok '... and the comment says that others wait, and for what' tells \
	'**Waiting:** 3 tenants, for acme of github:path:first does not have the release yet, and 1 more.'

rm -r live
step
ok 'where the cluster cannot be seen, the release waits' holds 'acme corvid'
ok '... and says so' tells 'acme of github:path:first is unknown: the objects of the cluster are missing'

since=$(ago '30 minutes')
cluster "$since"
step
ok 'it waits until the first wave has soaked' holds 'acme corvid'
ok '... and says until when' tells "**Waiting until $(later "$since"):"

cluster "$(ago '61 minutes')"
converge $ring
ok 'then the second wave is proposed' is 'acme corvid delta indigo' held_tenants release/atlas/$ring
merge_proposals
ok '... and released' holds 'acme corvid delta indigo'

since=$(ago '61 minutes')
cluster "$since" corvid "status['health']['status'] = 'Degraded'"
step
ok 'a tenant of the first wave that degrades stops it' holds 'acme corvid delta indigo'
ok '... and the comment says which, and since when' tells \
	"corvid of github:path:first is degraded since $since: "

cluster "$(ago '61 minutes')"
converge $ring
ok 'when it has recovered, the last wave is proposed' is 'acme corvid delta fjord indigo' held_tenants release/atlas/$ring
cluster "$(ago '61 minutes')" delta "status['sync']['status'] = 'OutOfSync'"
converge $ring
ok 'a proposal that is not merged yet is taken back when an earlier wave fails' gitops_pulls 'map(select(.state == "open")) == []'
cluster "$(ago '61 minutes')"
step
ok '... and made again when that is over' holds 'acme corvid delta fjord indigo'
ok '... and nothing waits any more' lacks '**Waiting'

before=$(git -C service.git rev-parse $ring)
push $ring
build $ring success
step
ok 'another commit goes to the first wave' is 'acme corvid' tenants_on "$(git -C service.git rev-parse $ring)"
ok '... and the others keep what they have' is 'delta fjord indigo' tenants_on "$before"

unlabel $ring cohort:github:path:second
step
ok 'a tenant whose label is gone is cleared, though it waits' holds 'acme corvid fjord'

finish
