# Order does not matter: the events of a release's life come in any order, twice or not at all, and after one
# scheduled run the manifests are what they are when each came at once.
#
# ORDERS (default 4) is how many random orders are tried, SEED the first one's seed.

. "$(dirname "$0")/lib.sh"
. "$top/tests/life.sh"

orders=${ORDERS:-4} seed=${SEED:-1}
ring='ring-leangraph'
one=cohort:github:path:internal-level-1
two=cohort:github:path:enterprise-level-1

# What people do, in their order; each is an event.  A life is cut after any step whose outcome does not hang on
# what ran before it: a release that waits for its build keeps what is there, whatever that is.
steps=(
	"push $ring" "open_pull $ring bug" "label $ring $one" "build $ring success" merge_proposals
	"label $ring $two" "push $ring" "build $ring success" "merge_proposals" "unlabel $ring $two"
	"push $ring" "build $ring failure" "unlabel $ring $one" "merge_proposals" "label $ring $one" "build $ring success"
	merge_proposals "close_pull $ring" merge_proposals
)
cuts=(4 5 8 9 10 16 17 18 19)

# the end of every life: one scheduled run, and its proposals merged
settle() {
	script release atlas && [ "$status" -eq 0 ] && merge_proposals && script release atlas && [ "$status" -eq 0 ] &&
		[ -z "$(proposals)" ] || { cat "$tmp/err" && return 1; }
}
manifests() { git -C gitops.git rev-parse 'main^{tree}'; }

# live CUT: with every event at once
live() {
	local i
	for ((i = 0; i < $1; i++)); do
		${steps[i]} && converge $ring || return
	done
	settle && manifests >"$tmp/wanted.$1"
}
# The same with events that are lost, come twice, and come late, as $RANDOM has it
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
			converge $ring
			[ "$status" -eq 0 ] || { cat "$tmp/err" && return 1; }
		done
		late=$((late + queue))
	done
	settle && manifests >"$tmp/got"
}
same_end() { jumble "$1" && diff "$tmp/wanted.$1" "$tmp/got"; }

world
lost=0 twice=0 late=0 delivered=0
for ((n = 0; n < orders; n++)); do
	RANDOM=$((seed + n))
	cut=${cuts[RANDOM % ${#cuts[@]}]}
	[ -s "$tmp/wanted.$cut" ] || aside ok "the first $cut steps of a life, each run at once" live "$cut"
	RANDOM=$((seed + n))
	aside ok "order $((seed + n)): $cut steps in disorder end in the same manifests" same_end "$cut"
done
echo "# $orders orders: $delivered events came, $lost were lost, $twice came twice, $late times one was late"
ok 'events were lost, came twice and came late' test "$lost" -gt 0 -a "$twice" -gt 0 -a "$late" -gt 0
finish
