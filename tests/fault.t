# A short form of make check-fault: at every fifth system call, killed, and failed with one error after the other.
# Scenarios with children, whose system calls vary in number, are left to the whole of it.

. "$(dirname "$0")/lib.sh"

for scenario in commit proposal; do
	run python3 "$top/tests/fault/faults.py" --every 5 --turns $scenario
	ok "$scenario: whatever fails or kills it, what is there is old or new, is sound, is told, and is completed later" exits 0
	sed 's/^/# /' "$tmp/out"
done

. "$(dirname "$0")/applypatch.sh"
fresh
traced() { strace -o "$tmp/trace" -e trace=rename,renameat,renameat2,link,linkat applypatch -C "$r" --branch main; }
three | framed | run traced
ok 'a pack is given its name before its index is: a git gc between the two removes a lone index' \
	is "$(grep -oE 'objects/pack/pack-[0-9a-f]+\.(pack|idx)"\) = 0$' "$tmp/trace" | grep -oE 'pack"|idx"' | paste -sd' ')" 'pack" idx"'

finish
