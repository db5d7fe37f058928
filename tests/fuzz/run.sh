#!/usr/bin/env bash
# run.sh fuzz SECONDS TARGET ...: fuzz each target for SECONDS, from its corpus, our own files and what was found before.
# Each must reach EXECUTIONS (default: a million in 600 seconds).
# run.sh corpus TARGET ...: make each target's corpus anew of its named files and of what was found.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=$1
shift
corpus=${RINGKIT_CORPUS:-../shared/corpus}
work=build/fuzz/work
memory=/dev/shm
[ -w "$memory" ] || memory=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$memory/ringkit.XXXXXX")
trap 'rm -rf "$TMPDIR"' EXIT
export TMPDIR LC_ALL=C
TIMEFORMAT='%U %S'
# The limit of 64 MiB is for one allocation; the sanitizers' own memory is beside it.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=print_suppressions=0
limits=(-timeout=1 -rss_limit_mb=512 -malloc_limit_mb=64)

# The greatest length of an input, and the dictionary
length() {
	case $1 in
	edit) echo 512 ;;	# parsed about ten times
	*) echo 1024 ;;
	esac
}
dictionary() {
	case $1 in
	edit | read | read-fast | catalog | cohort | chart | index) echo tests/fuzz/yaml.dict ;;
	*) echo tests/fuzz/json.dict ;;
	esac
}

# Make a seed of each file; for "edit" one of each kind: plain, strict, inside of strings, one of several documents, with marks.
seed() {
	mkdir -p "$work/$1/seeds" "$work/$1/found"
	local file n=0 head
	case $1 in
	edit | read | read-fast) ;;
	*) return 0 ;;
	esac
	for file in tests/shapes/* examples/gitops/*/*/* examples/releases/*.yaml "$corpus"/manifests/*; do
		[ -f "$file" ] && [ "$(wc -c <"$file")" -lt 16384 ] || continue
		n=$((n + 1))
		case $1 in
		edit) for head in $'\x20\x20' $'\x21\x20' $'\x26\x25' $'\x38\x20' $'\x40\x20' $'\x44\x25'; do
			{ printf '%s%b\n' "$head" "\\x$(printf %x $((32 + n)))!$(printf %d $((n % 10)))\"#!"; cat "$file"; } >"$work/$1/seeds/$n${head:0:1}"
		done ;;
		*) cp "$file" "$work/$1/seeds/$n" ;;
		esac
	done
}

fuzz() {
	local target=$1 log=$work/$1.log dirs=("$work/$1/found" "$work/$1/seeds") executions
	seed "$target"
	[ ! -d "tests/fuzz/corpus/$target" ] || dirs+=("tests/fuzz/corpus/$target")
	{ time build/fuzz/fuzzer/"$target" -max_total_time="$seconds" "${limits[@]}" -max_len="$(length "$target")" \
		-print_final_stats=1 -dict="$(dictionary "$target")" -artifact_prefix="$work/$target/" "${dirs[@]}" >"$log" 2>&1; } \
		2>"$work/$target.time" || {
		tail -n 60 "$log"
		status=1
	}
	executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	echo "$target: ${executions:-0} executions in $seconds s ($(awk '{ print $1 + $2 }' "$work/$target.time") s of processor time)," \
		"$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)"
	grep '^caught by' "$log" || true
	[ "${executions:-0}" -ge "$least" ] || { echo "$target: fewer than $least" && status=1; }
}

status=0
if [ "$what" = fuzz ]; then
	seconds=$1 least=${EXECUTIONS:-$(($1 * 1000000 / 600))}
	shift
	for target; do
		fuzz "$target"
	done
	exit $status
fi

# Keep the files that have names; add the fewest of the others that reach all edges, at most 60 in all, the largest first.
for target; do
	dir=tests/fuzz/corpus/$target
	rm -rf "$work/$target/merged" "$dir"/found-*
	mkdir -p "$dir" "$work/$target/found" "$work/$target/seeds" "$work/$target/merged"
	cp "$dir"/* "$work/$target/merged"
	build/fuzz/fuzzer/"$target" -set_cover_merge=1 -use_counters=0 "${limits[@]}" -max_len=1024 "$work/$target/merged" \
		"$work/$target/found" "$work/$target/seeds" >"$work/$target.merge.log" 2>&1
	n=$(find "$dir" -type f | wc -l)
	find "$work/$target/merged" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -printf '%s %p\n' | sort -rn |
		while read -r _ file && [ "$n" -lt 60 ]; do
			n=$((n + 1))
			cp "$file" "$dir/found-$(printf %02d $n)"
		done
	echo "$target: $(find "$dir" -type f | wc -l) files, $(cat "$dir"/* | wc -c) bytes"
done
