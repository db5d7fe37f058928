# Each call of libgit2 and libc fails once, at each place of the programs that makes one, and so does each Git that they start.

. "$(dirname "$0")/lib.sh"

run python3 "$top/tests/calls/calls.py" --least 180
ok 'a call or a Git that fails is a failure with a message, no branch moves to a commit that was not reported, and nothing is left' exits 0
sed 's/^/# /' "$tmp/out"

finish
