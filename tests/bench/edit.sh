#!/usr/bin/env bash
# What an edit costs, and what it changes beyond what was asked for, beside others that edit YAML.
# usage: edit.sh DRIVER KUBECTL [COUNT]; works in build/bench.
set -euo pipefail
cd "$(dirname "$0")/../.."
driver=$1 kubectl=$2 count=${3:-10000}
bench=build/bench made=build/bench/manifests
python=/usr/bin/python3
[ -x $python ] || python=python3

rm -rf $bench/out $made
mkdir -p $bench/out
$python tests/bench/edit-manifests.py "$count" 1 $made
sizes=$(find $made -name '*.yaml' -size +0 -printf '%s\n' | sort -n | sed -n '1p;$p' | xargs)
echo "$count manifests of ${sizes/ / to } bytes, every second one with its values in a literal string; one tag replaced"

# row NAME STEP COMMAND ...: run it on each STEPth file, and count what it changed
row() {
	local name=$1 step=$2 out=$bench/out/${1// /_} took memory extra=-
	shift 2
	mkdir -p "$out"
	read -r took memory < <("$@" $made 0 "$count" "$step" "$out")
	[ -z "$(find "$out" -name '*.yaml' -print -quit)" ] || extra=$($python tests/bench/peers.py extra $made 0 "$count" $((step < 20 ? 20 : step)) "$out")
	printf '%-28s %8d %13s %12s %12s %10s\n' "$name" $((count / step)) "$took" "$memory" "$extra" "$(awk -v a="$took" -v b="${ours:-$took}" 'BEGIN { printf "%.1f", a / b }')"
	eval "last=$took"
}

printf '%-28s %8s %13s %12s %12s %10s\n' '' files 'CPU us a file' 'peak KiB' 'extra lines' 'times ours'
plain() { "$driver" read "$1" "$2" "$3" "$4"; }
events() { "$driver" events "$1" "$2" "$3" "$4"; }
row 'our edit, verified' 1 "$driver" edit
ours=$last
row 'read of the bytes' 1 plain
row 'libfyaml events' 1 events
row 'npm yaml, Document' 1 node tests/bench/edit.mjs document
row 'npm yaml, CST' 1 node tests/bench/edit.mjs cst
row 'ruamel.yaml' $((count > 500 ? count / 500 : 1)) $python tests/bench/peers.py ruamel
row 'kubectl patch --local' $((count > 50 ? count / 50 + 1 : 1)) $python tests/bench/peers.py kubectl "$kubectl"

# instructions MODE FROM: of 100 files, those from FROM on
instructions() {
	valgrind --tool=callgrind --toggle-collect="bench_$1" --callgrind-out-file=/dev/null \
		"$driver" "$1" $made "$2" "$count" $((count > 100 ? (count / 200) * 2 : 2)) 2>&1 | sed -n 's/.*Collected *: *//p'
}
echo
echo 'instructions (callgrind), against one libfyaml event parse of the same files:'
for from in 0 1; do
	edit=$(instructions edit $from) events=$(instructions events $from)
	awk -v what="$([ $from = 0 ] && echo 'in the manifest' || echo 'in its values string')" -v a="$edit" -v b="$events" \
		'BEGIN { printf "%-28s %12d / %12d = %.2f\n", what, a, b, a / b }'
done
