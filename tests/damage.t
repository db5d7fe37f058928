# Repositories that lack a file, or have one that is damaged: each object, ref, index and configuration in its turn, for commands
# that read and that write.  Every other file is missing, the rest have other bytes; DAMAGE=all: each is tried in both ways.

. "$(dirname "$0")/lib.sh"

turns=--turns ways=1
[ -z "${DAMAGE-}" ] || turns='' ways=2
# damage SENTENCE OPTION ...
damage() {
	run python3 "$top/tests/damage/damage.py" ${turns:+"$turns"} "${@:2}"
	ok "$1" exits 0
	sed 's/^/# /' "$tmp/out"
}
damage 'without a file, or with a damaged one, a command that needs it fails or refuses, and says why' --least $((80 * ways)) \
	cohort-rev mkpatch-set mkpatch-pending mkpatch-proposals mkpatch-reconcile ringls-since ringls-everywhere ringcheck-rest ringlint
damage '... nothing is cleared' --least $((30 * ways)) ringgate ringgate-index
damage '... and no branch moves to a commit that was not reported' --least $((75 * ways)) \
	apply apply-worktree propose push sync-dry-run sync-lines sync-gone sync-whole sync-push

finish
