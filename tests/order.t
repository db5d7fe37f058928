# Events of a release may be lost, repeated, late or in any order: after one scheduled run the manifests are those of a
# release whose events all arrived at once.
#
# ORDERS (default 1) is the number of random orders, SEED the seed of the first.  With POLICY=1, the catalogue has waves, allowed,
# a freeze that is over, and merges without a person, and the cluster runs what the manifests say.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"
. "$top/tests/waves.sh"

orders=${ORDERS:-1} seed=${SEED:-1}
two=cohort:github:path:enterprise-level-1

# The steps of a release, each of which is an event.  A release that waits for its build keeps the current overrides, so
# the first steps are only compared up to a step whose result does not depend on earlier runs.
steps=(
	"push $ring" "open_pull $ring bug" "label $ring $one" "build $ring success" merge_proposals
	"label $ring $two" "push $ring" "build $ring success" "merge_proposals" "unlabel $ring $two"
	"push $ring" "build $ring failure" "unlabel $ring $one" "merge_proposals" "label $ring $one" "build $ring success"
	merge_proposals "close_pull $ring" merge_proposals
)
cuts=(4 5 8 9 10 16 17 18 19)

# in_policy: switch all of it on
in_policy() {
	cat >>"$RING_CATALOG" <<-'END'
		waves: [{cohort: github:path:internal-level-1, soak: 1h}, {cohort: github:path:enterprise-level-1}]
		allowed: {"github:path:*": ann}
		freeze: {from: 2026-01-01, to: 2026-01-02}
		merge: {set: [github:path:internal-level-1, github:path:enterprise-level-1], clear: true}
	END
	tenants="$first juniper lumen mistral"
	export LIVE=live
}
# runs_all: let the cluster run what the manifests say, for hours
runs_all() {
	commit=$(git -C service.git rev-list master..$ring 2>/dev/null)
	cluster "$(ago '3 hours')"
}

# The end of each release: one scheduled run, and its proposals merged; in waves, a run for each
settle() {
	local n before=''
	for ((n = 0; n < 6; n++)); do
		[ "$before" != "$(manifests)" ] || break
		before=$(manifests)
		[ -z "${POLICY-}" ] || runs_all
		settle_once || return
	done
	[ $n -lt 6 ] || { echo 'no end' && return 1; }
}
settle_once() {
	script release atlas && [ "$status" -eq 0 ] && merge_proposals && script release atlas && [ "$status" -eq 0 ] &&
		[ -z "$(proposals)" ] || { cat "$tmp/err" && return 1; }
}
manifests() { git -C gitops.git rev-parse 'main^{tree}'; }

# live N: run the first N steps, each with its event at once
live() {
	local i
	for ((i = 0; i < $1; i++)); do
		${steps[i]} && converge $ring || return
	done
	settle && manifests >"$tmp/expected.$1"
}
# jumble N: the same with events that are lost, repeated and late at random
jumble() {
	local i queue=0
	for ((i = 0; i < $1; i++)); do
		${steps[i]} || return
		case $((RANDOM % 4)) in
		0) lost=$((lost + 1)) ;;
		1) queue=$((queue + 2)) twice=$((twice + 1)) ;;
		*) queue=$((queue + 1)) ;;
		esac
		while [ $queue -gt 0 ] && [ $((RANDOM % 3)) -eq 0 ]; do
			queue=$((queue - 1)) delivered=$((delivered + 1))
			[ -z "${POLICY-}" ] || runs_all
			converge $ring
			[ "$status" -eq 0 ] || { cat "$tmp/err" && return 1; }
		done
		late=$((late + queue))
	done
	settle && manifests >"$tmp/got" &&
		auto=$((auto + $(git -C gitops.git log --format='%(trailers:key=Merge,valueonly)' main | grep -c auto || true)))
}
same_end() { jumble "$1" && diff "$tmp/expected.$1" "$tmp/got"; }

world
[ -z "${POLICY-}" ] || in_policy
lost=0 twice=0 late=0 delivered=0 auto=0
for ((n = 0; n < orders; n++)); do
	RANDOM=$((seed + n))
	cut=${cuts[RANDOM % ${#cuts[@]}]}
	[ -s "$tmp/expected.$cut" ] || aside ok "the first $cut steps of a release, each with its event at once" live "$cut"
	RANDOM=$((seed + n))
	aside ok "order $((seed + n)): $cut steps with events in disorder end in the same manifests" same_end "$cut"
done
echo "# $orders orders: $delivered events arrived, $lost were lost, $twice repeated, $late late; $auto proposals were merged without a person"
ok 'GitHub knows every request of the scripts' understood
ok 'events were lost, repeated and late' test "$lost" -gt 0 -a "$twice" -gt 0 -a "$late" -gt 0
[ -z "${POLICY-}" ] || ok 'proposals were merged without a person' test "$auto" -gt 0
finish
