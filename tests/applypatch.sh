# Shared by the tests of commits: a small GitOps repository, patches for it, and predicates on both.
# Source it after lib.sh.

# fresh: a repository $r with four tenants, on a branch main that is not checked out
fresh() {
	rm -rf "$tmp/r" "$tmp/made"
	local t
	for t in acme beta gamma delta; do
		mkdir -p "$tmp/made/tenants/$t"
		printf '# of %s\nname: %s\n\nimage:\n  repository: ghcr.io/x/atlas-ring-a   # by hand\n  tag: "one"\nlast: 1' \
			"$t" "$t" >"$tmp/made/tenants/$t/application.yaml"
	done
	repo r "$tmp/made"
	r=$tmp/r
	git -C "$r" switch -q --detach
	before=$(tip)
}

# tip [BRANCH]
tip() { git -C "$r" rev-parse "${1-main}"; }
# state: refs, reflogs and objects of $r
state() { (cd "$(git -C "$r" rev-parse --absolute-git-dir)" && git for-each-ref && find objects logs refs -type f -print0 |
	sort -z | xargs -0 sha1sum); }
kept() { [ "$(state)" = "$was" ]; }

# patch TENANT OLD NEW [PATH]: a record that changes a tenant's tag
patch() {
	printf '{"type":"patch","tenant":"%s","path":"%s","document":0,"service":"atlas","ring":"ring-a","action":"set",' \
		"$1" "${4:-tenants/$1/application.yaml}"
	printf '"image":{"repository":"ghcr.io/x/atlas-ring-a","tag":"%s"},"cohorts":["github:path:blue"],' "$3"
	printf '"pull_request":"x/atlas#7","edits":[{"at":"","patch":[{"op":"test","path":"/image/tag","value":"%s"},' "$2"
	printf '{"op":"replace","path":"/image/tag","value":"%s"}]}]}\n' "$3"
}
# idle TENANT: a record without edits
idle() { patch "$1" x y | sed 's/"edits":.*/"edits":[]}/'; }
refused() { printf '{"type":"refused","by":"mkpatch","code":"held-by-another-ring","reason":"no"%s}\n' "${1:+,\"tenant\":\"$1\"}"; }
three() { patch acme one two && patch beta one two && patch gamma one two; }
apply() { run applypatch -C "$r" --branch main "$@"; }
status_of() { jq -r "select(.tenant==\"$1\") | if .type==\"refused\" then .code else .status end" "$tmp/out"; }
is() { [ "$1" = "$2" ] || { echo "got: $1"; echo "expected: $2"; false; }; }
log() { git -C "$r" log -1 --format="$1" main; }
commits() { git -C "$r" rev-list --count "$before..main"; }
