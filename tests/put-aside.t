#!/bin/bash
# A release whose new files take more than a MiB of memory: they wait for the end of the stream in a file without a name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/applypatch.sh"

# forty manifests, each with 60 KB that cannot be compressed to less than 45 KB
fresh
made=$tmp/made
/usr/bin/python3 - "$made/tenants" <<'END'
import base64, os, random, sys
for n in range(40):
    os.makedirs('%s/t%d' % (sys.argv[1], n))
    with open('%s/t%d/application.yaml' % (sys.argv[1], n), 'w') as file:
        file.write('image:\n  tag: "one"\nnoise: %s\n' % base64.b64encode(random.Random(n).randbytes(45000)).decode())
END
rm -rf "$r" && repo r "$made" && git -C "$r" switch -q --detach && before=$(tip)
objects=$r/.git/objects
# a patch for each tenant; with the blob that it edits, it is applied before the stream ends
for ((n = 0; n < 40; n++)); do
	patch "t$n" one two >>"$tmp/plain"
	patch "t$n" one two | sed "s/\"service\"/\"blob\":\"$(git -C "$r" rev-parse "main:tenants/t$n/application.yaml")\",&/" >>"$tmp/blobs"
done
sed 's/"one"/"two"/' "$made"/tenants/t7/application.yaml >"$tmp/t7"
back() { git -C "$r" update-ref refs/heads/main "$before"; }

for stream in blobs plain; do
	back
	apply < <(framed <"$tmp/$stream")
	ok "$stream: forty large files are committed" eval 'exits 0 && err_empty && is "$(commits)" 1'
	ok '... each with one line that has changed' is "$(git -C "$r" diff --numstat "$before" main | cut -f1,2 | sort | uniq -c | tr -s ' \t' ' ')" ' 40 1 1'
	ok '... and all other bytes as they were' same "$tmp/t7" <(git -C "$r" cat-file blob main:tenants/t7/application.yaml)
	ok 'fsck finds no fault' is "$(git -C "$r" fsck --strict --full --no-dangling 2>&1)" ''
	ok 'nothing else is left' is "$(find "$objects" -name 'tmp*')" ''
done

back
was=$(state)
mkfifo "$tmp/pipe"
applypatch -C "$r" --branch main <"$tmp/pipe" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 9>"$tmp/pipe"
cat "$tmp/blobs" >&9
has_file() { find "/proc/$pid/fd" -lname "$(realpath "$objects")/tmp_spool_* (deleted)" | grep -q .; }
for ((n = 0; n < 200; n++)); do
	! has_file || break
	sleep 0.05
done
ok 'before the end of the stream, the new files are in a file without a name' has_file
ok '... and the repository is as it was' kept
kill -9 "$pid"
wait "$pid" 2>/dev/null
exec 9>&-
ok '... also when the filter is killed' kept

# limited BLOCKS STREAM ARGUMENT ...: no file can become longer than so many KiB
limited() {
	local blocks=$1 stream=$2
	shift 2
	framed <"$tmp/$stream" | run bash -c 'set -o pipefail; (trap "" XFSZ; ulimit -f "$1"; shift; exec applypatch "$@") | cat' - "$blocks" -C "$r" --branch main "$@"
}
for stream in blobs plain; do
	limited 500 "$stream"
	ok "$stream: without space it ends with status 74, and changes nothing" eval 'exits 74 && kept'
	ok '... and says what it could not write' err_has "a temporary file in $(realpath "$objects"): File too large"
	limited 0 "$stream" --dry-run
	ok '... but a dry run, which puts nothing aside, plans the change' eval 'exits 0 && kept && is "$(grep -c "\"status\":\"planned\"" "$tmp/out")" 40'
done

finish
