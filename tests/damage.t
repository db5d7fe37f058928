# Repositories that lack a file, or have one that is damaged: each object, ref, index and configuration in its turn, for commands
# that read and that write.

. "$(dirname "$0")/lib.sh"

# damage SENTENCE OPTION ...
damage() {
	run python3 "$top/tests/damage/damage.py" "${@:2}"
	ok "$1" exits 0
	sed 's/^/# /' "$tmp/out"
}
damage 'without a file, or with a damaged one, a command that needs it fails or refuses, and says why' --least 160 \
	cohort-rev mkpatch-set mkpatch-pending mkpatch-proposals mkpatch-reconcile ringls-since ringls-everywhere ringcheck-rest ringlint
damage '... nothing is cleared' --least 60 ringgate ringgate-index
damage '... and no branch moves to a commit that was not reported' --least 150 \
	apply apply-worktree propose push sync-dry-run sync-lines sync-gone sync-whole sync-push

finish
