#!/usr/bin/env bash
# An edit whose result is wrong, which no input is known to cause: the parser is made to see one (tests/unsafe/spoil.c).
. "$(dirname "$0")/lib.sh"

spoiled=$(dirname "$RINGKIT_BIN")/unsafe
[ -x "$spoiled/mkpatch" ] || skip_all 'make check builds what this needs'
repo gitops && git -C "$tmp/gitops" switch -q --detach
cd "$tmp" || exit 1
export RING_CATALOG=$examples/releases/ring.yaml
refused() { jq -r 'select(.code) | [.tenant, .code, .reason] | join(" ")' out; }
reason() { refused | grep -qF "acme unsafe-edit $1" && [ "$(refused | wc -l)" -eq 1 ]; }
patches() { printf '{"type":"tenant","tenant":"%s"}\n' acme delta | framed | "$1" -C gitops --service atlas --ring ring-leangraph --tag "$2"; }

for tag in wrong:'tenants/acme/application.yaml: the edit would not give the requested value' \
	brokn:'tenants/acme/application.yaml: the result would not be valid YAML' \
	extra:'tenants/acme/application.yaml: '; do
	run patches "$spoiled/mkpatch" "${tag%%:*}"
	ok "mkpatch refuses the tenant of a wrong edit (${tag%%:*})" eval 'exits 1 && reason "${tag#*:}"'
	ok '... and makes the patches of others'            out_has '"type":"patch","tenant":"delta"'

	before=$(git -C gitops rev-parse main)
	patches mkpatch "${tag%%:*}" >records
	run "$spoiled/applypatch" -C gitops --branch main <records
	ok '... so does applypatch, which changes nothing'  eval 'exits 1 && reason "" && [ "$before" = "$(git -C gitops rev-parse main)" ]'
	run "$spoiled/applypatch" -C gitops --branch main --partial <records
	ok '... or, with --partial, the files of others only' eval 'exits 1 && reason "" &&
		[ "$(git -C gitops diff --name-only "$before" main)" = tenants/delta/application.yaml ]'
	git -C gitops update-ref refs/heads/main "$before"
done

patches mkpatch wrong | jq -c 'select(.tenant == "acme").edits[0].patch' >patch.json
run "$spoiled/applypatch" --patch patch.json <gitops/tenants/acme/application.yaml
ok 'applypatch --patch writes no part of the file'          eval 'exits 1 && out_empty && err_has "the edit would not give the requested value"'

finish
