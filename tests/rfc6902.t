#!/usr/bin/env bash
# The rules of JSON Pointer (RFC 6901) and JSON Patch (RFC 6902), a case for each: what python-jsonpatch makes of them, and
# what applypatch --patch does.  build/unit/edit-conformance holds the same table against the library.
. "$(dirname "$0")/lib.sh"

table() { run python3 "$top/tests/rfc6902.py" "$@" && grep '^#' "$tmp/out"; }

table form
ok 'the table is well formed, and has each operation and each kind of error' exits 0
table oracle
ok 'python-jsonpatch agrees with every case, or there is a reason why it does not' exits 0
table filter json
ok 'applypatch --patch holds every case on JSON: the document, the status, and no output from a patch that fails' exits 0
table filter yaml
ok '... and on YAML' exits 0

finish
