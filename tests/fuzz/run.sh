#!/usr/bin/env bash
# run.sh SECONDS TARGET ...: fuzz each target for SECONDS, starting from our own files and from what was found before.
# Each must reach EXECUTIONS (default: 10 a second).
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1 least=${EXECUTIONS:-$(($1 * 10))}
shift
corpus=${RINGKIT_CORPUS:-../shared/corpus}
work=build/fuzz/work
export UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0

# Make a seed of each file; for "edit" one of each kind: plain, strict, inside of strings, one of several documents.
seed() {
	mkdir -p "$work/$1/seeds" "$work/$1/found"
	local file n=0 head
	for file in tests/shapes/* examples/gitops/*/*/* examples/releases/*.yaml "$corpus"/manifests/*; do
		[ -f "$file" ] && [ "$(wc -c <"$file")" -lt 16384 ] || continue
		n=$((n + 1))
		case $1 in
		edit) for head in $'\x20\x20' $'\x21\x20' $'\x26\x25' $'\x38\x20'; do
			{ printf '%s%b\n' "$head" "\\x$(printf %x $((32 + n)))!$(printf %d $((n % 10)))\"#!"; cat "$file"; } >"$work/$1/seeds/$n${head:0:1}"
		done ;;
		read-fast) cp "$file" "$work/$1/seeds/$n" ;;
		*) { printf 0; cat "$file"; } >"$work/$1/seeds/$n"
			{ printf 1; cat "$file"; } >"$work/$1/seeds/c$n" ;;
		esac
	done
}

status=0
for target; do
	seed "$target"
	log=$work/$target.log
	dirs=("$work/$target/found" "$work/$target/seeds")
	[ ! -d "tests/fuzz/corpus/$target" ] || dirs+=("tests/fuzz/corpus/$target")
	build/fuzz/fuzzer/"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
		-dict=tests/fuzz/yaml.dict -artifact_prefix="$work/$target/" \
		"${dirs[@]}" >"$log" 2>&1 || { status=1; true; }
	[ $status = 0 ] || tail -n 40 "$log"
	executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	echo "$target: ${executions:-0} executions in $seconds s, coverage $(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)"
	grep '^caught by' "$log" || true
	[ "${executions:-0}" -ge "$least" ] || { echo "$target: fewer than $least" && status=1; }
done
exit $status
