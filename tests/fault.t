# A short form of make check-fault: at every fifth system call a kill, and one of the errors in turn.
# Scenarios with children, whose number of system calls varies, are only in the long form.

. "$(dirname "$0")/lib.sh"

for scenario in commit proposal; do
	run python3 "$top/tests/fault/faults.py" --every 5 --turns $scenario
	ok "$scenario: after any fault the refs are old or new, the repositories are sound, and the next run completes it" exits 0
	sed 's/^/# /' "$tmp/out"
done

. "$(dirname "$0")/applypatch.sh"
fresh
traced() { strace -y -o "$tmp/trace" -e trace=rename,link,fsync applypatch -C "$r" --branch main; }
three | framed | run traced
# the events, a word or two each
sed -nE 's/^fsync\(.*\/ringkit_\w+\/pack\/.*idx.*>\) = 0$/index on disk/p; s/^fsync\(.*\/ringkit_\w+\/pack\/pack_git2_\w+>\) = 0$/pack on disk/p
	s/^(rename|link)\(.*objects\/pack\/pack-\w+\.pack"\) = 0$/pack/p; s/^(rename|link)\(.*objects\/pack\/pack-\w+\.idx"\) = 0$/index/p
	s/^fsync\(.*\/objects\/pack>\) = 0$/names on disk/p; s/^fsync\(.*\/main\.lock>\) = 0$/ref on disk/p
	s/^(rename|link)\(.*\/refs\/heads\/main"\) = 0$/moved/p' "$tmp/trace" >"$tmp/happened"
ok 'a pack is named before its index, which git gc would remove, and all is on disk before the branch moves' \
	is "$(paste -sd, "$tmp/happened")" 'index on disk,pack on disk,pack,index,names on disk,ref on disk,moved'

finish
