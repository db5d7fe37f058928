# A short form of make check-memory: each allocation of some cheap commands fails once, and some of those of other commands.

. "$(dirname "$0")/lib.sh"

# memory SENTENCE OPTION ...
memory() {
	run python3 "$top/tests/memory/memory.py" --jobs 2 "${@:2}"
	ok "$1" exits 0
	sed 's/^/# /' "$tmp/out"
}
memory 'every failed allocation of readers without Git is 71, and the output claims nothing' --least 900 \
	labels-json labels-nul labels-refused labels-actors labels-release patch patch-anchors report-text report-slack
memory 'so is each 61st of other commands, the repositories are sound, and nothing is left' --every 61 --once 1000 --least 300 \
	cohort-files mkpatch-set mkpatch-anchors mkpatch-helmrelease ringgate ringcheck-view ringlint-finds ringls-since
memory '... each 211th of those that write' --every 211 --once 1000 --least 60 apply withdraw push sync-lines

finish
