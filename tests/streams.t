#!/usr/bin/env bash
# Each filter with standard input, output or messages closed, where the first file that it opens would take the stream's place.
. "$(dirname "$0")/lib.sh"

cd "$tmp" || exit
export RING_CATALOG=$tmp/releases/ring.yaml
repo gitops && repo releases && repo charts || exit
for branch in release master ring-leangraph; do git -C gitops branch -q $branch; done
is() { [ "$1" = "$2" ] || { echo "got:      $1" && echo "expected: $2" && false; }; }

tenants() { framed <<<'{"type":"tenant","tenant":"acme"}'; }
echo 'cohort:github:path:internal-level-1' >labels
labels2json <labels >selectors
tenants >tenants
mkpatch -C gitops -r release --service atlas --ring ring-leangraph --tag x <tenants >patches
mkpatch -C gitops -r release --service atlas --ring ring-leangraph --tag x --rfc6902 <tenants >patch.json
ringls -C gitops >overrides
cp gitops/tenants/acme/application.yaml manifest
for f in rest-pull rest-runs; do sed "s/HEAD/$(git -C gitops rev-parse main)/" "$top/tests/payloads/$f.json" >"$f"; done
git -C gitops branch -q start release
git clone -q --bare gitops truth.git && git -C gitops remote add origin "$tmp/truth.git"

# state: the refs and files that a filter could have written to
state() { git -C gitops for-each-ref && git -C truth.git for-each-ref && git -C gitops status --porcelain && cat releases/ring.yaml labels selectors tenants patches overrides; }
# whole BEFORE AFTER: the state is one of these, except for the second of a commit
whole() { [ "$(state)" = "$1" ] || [ "$(state | sed -E 's/^[0-9a-f]{40} commit//')" = "$(sed -E 's/^[0-9a-f]{40} commit//' <<<"$2")" ]; }
undo() { git -C gitops update-ref refs/heads/release start && git -C truth.git update-ref refs/heads/release start && git -C gitops update-ref -d refs/remotes/origin/release; }
streams() { # INPUT, or - if it reads none; FILTER [OPTION ...]
	local input=$1 name="$2" status_open moved was
	shift
	[ "$input" != - ] || input=/dev/null
	undo
	was=$(state)
	run "$@" <"$input"
	status_open=$status moved=$(state)
	cp "$tmp/out" open

	undo
	run no_out "$@" <"$input"
	ok "$name with standard output closed: 74"            eval 'exits 74 && err_has "cannot write standard output"'
	ok '... and the repository is as it was, or as after success' eval 'whole "$was" "$moved"'
	undo
	run no_err "$@" <"$input"
	ok '... with standard error closed, all else is the same'    eval 'exits "$status_open" && err_empty && diff <(steady open) <(steady "$tmp/out")'
	undo
	run no_in "$@"
	if [ "$input" = /dev/null ]; then
		ok '... and with standard input closed, which it does not read' eval 'exits "$status_open" && diff open "$tmp/out"'
	else
		ok '... with standard input closed: 74'               eval 'exits 74 && err_has "cannot read standard input"'
		ok '... and nothing has changed'                      is "$(state)" "$was"
	fi
	undo
	run all_closed "$@"
	ok '... with all closed: 74'                          eval 'exits 74 && out_empty && err_empty'
}
no_err() { "$@" 2>&-; }
all_closed() { "$@" <&- >&- 2>&-; }
# a commit's id depends on the second in which it was made
steady() { sed -E 's/"commit":"[0-9a-f]{40}"//g' "$1"; }

streams labels labels2json
streams selectors cohort-resolve -C releases
streams tenants mkpatch -C gitops -r release --service atlas --ring ring-leangraph --tag x
streams patches applypatch -C gitops --branch release
streams patches applypatch -C gitops --branch release --push origin
streams manifest applypatch --patch patch.json
streams - ringls -C gitops
streams - ringlint -C gitops --charts charts
streams overrides ringgate -C gitops
echo '{"items": []}' >apps.json
streams overrides ringlive --apps apps.json
framed </dev/null >none
streams tenants ringwave --held none --service atlas --ring ring-leangraph --tag x
streams rest-pull ringcheck -C gitops --runs rest-runs --service atlas
streams overrides ringreport
streams - ringsync -C gitops --from master --all
undo
run strace -f -qq -o "$tmp/trace" -e trace=open,openat,pipe2,socket sh -c 'exec applypatch -C gitops --branch release --push origin <&- >&- 2>&-'
# the loader's come first
replaced() { sed -n '1,/"\/dev\/null".* = 2$/p' trace | grep -cE '"/dev/null".* = [012]$'; }
ok 'closed streams are replaced'                            is "$(replaced)" 3
ok '... so that no file or pipe takes their place'          is "$(sed '1,/"\/dev\/null".* = 2$/d' trace | grep -E ' = [012]$')" ''
ok 'the repository is sound'                                is "$(git -C gitops fsck --strict --no-dangling 2>&1)" ''

finish
