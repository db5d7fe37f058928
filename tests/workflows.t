# The example workflows: what they must not do, and that they fit the catalogue.  `make check-workflows` runs actionlint.

. "$(dirname "$0")/lib.sh"

github=$top/examples/github
mapfile -t files < <(cd "$github" && ls -- */workflows/*.yml */actions/*/action.yml)
check() { run /usr/bin/python3 "$top/tests/workflows.py" "$@"; }

cd "$github" || exit
check "${files[@]}"
ok 'every workflow has the least permissions, pinned actions, and no expressions in scripts' exits 0
ok '... and none is missing' test "${#files[@]}" -eq 16

# changed NAME SED FILE: the check must find one fault in a workflow
changed() {
	sed -E "$2" "$3" >"$tmp/changed.yml"
	check "$tmp/changed.yml"
	ok "$1 is reported" exits 1
}
changed 'a tag in place of a commit' 's/@[0-9a-f]{40} # v7.0.1/@v7/' heracles/workflows/main.yml
changed 'a commit without its version' 's/ # v7.0.1//' heracles/workflows/main.yml
changed 'an image without a digest' 's/@sha256:[0-9a-f]*//' releases/workflows/sync.yml
changed 'an expression in a script' 's/"\$TOKEN"/"${{ github.token }}"/' heracles/workflows/main.yml
changed 'a job without permissions' '/^    permissions:/d' heracles/workflows/main.yml
changed 'a workflow without permissions' '/^permissions:/d' heracles/workflows/main.yml
changed 'a pipeline without pipefail' '/set -euo pipefail/d' heracles/workflows/main.yml
changed 'the head checked out' 's/^( *)path: service/\1ref: ${{ github.event.pull_request.head.sha }}/' releases/workflows/converge.yml
changed 'a script where secrets are' 's/^( *)uses: atlanhq.*/\1steps: [{run: make}]/' heracles/workflows/ring.yml
changed 'the key without the environment' '/environment: ringkit/d' releases/workflows/converge.yml
changed 'the key from another environment' 's/environment: ringkit/environment: other/' releases/workflows/labels.yml
changed 'a key that the caller passes' 's/secrets: inherit/secrets: {key: "${{ secrets.RINGKIT_PRIVATE_KEY }}"}/' heracles/workflows/ring.yml
changed 'an event that the environment refuses' 's/pull_request_target:/pull_request:/' charts/workflows/ringlint.yml
changed 'a push to any branch, with the key' '/branches: \[main\]/d' gitops/workflows/converge.yml
changed 'a push to a ring, with the key' "s/branches: \[main\]/branches: ['ring-*']/" releases/workflows/labels.yml
changed 'an image with the capitals of its owner' 's/\$\{GITHUB_REPOSITORY,,\}/$GITHUB_REPOSITORY/' heracles/workflows/main.yml
changed 'a chart with the capitals of its owner' 's/\$\{GITHUB_REPOSITORY_OWNER,,\}/${GITHUB_REPOSITORY_OWNER}/' atlas-metastore/workflows/maven.yml
changed 'an image for one architecture' '/platforms:/d' heracles/workflows/main.yml

# Each action is pinned to one commit, whatever the workflow
pins() { grep -hoE '[a-z-]+/[a-z-]+@[0-9a-f]{40} # v[0-9.]+' "${files[@]}" | sort -u; }
ok 'each action has one commit and one version everywhere' test "$(pins | wc -l)" -eq "$(pins | cut -d@ -f1 | sort -u | wc -l)"

# Which pushes are built
built() { is "$1" python3 "$top/tests/workflows.py" --if image "$(jq -nc --arg ref "refs/heads/$2" --arg message "$3" \
	'{$ref, event: {head_commit: {$message}}}')" "$file"; }
is() { [ "$("${@:2}")" = "$1" ]; }
merge=$'Merge remote-tracking branch \'origin/main\' into ring-a\n\nRing-Sync: 9d1f0e6f1b7c2f1e0c55a3a53b0c2f2e8f5f3f4c'
for file in heracles/workflows/main.yml atlas-metastore/workflows/maven.yml; do
	main=main
	[ $file = heracles/workflows/main.yml ] || main=master
	ok "$file: a push to a ring is built" built runs ring-a 'Fix the graph'
	ok '... and a merge by hand' built runs ring-a "Merge branch 'main' into ring-a"
	ok '... but not a merge by ringsync' built skipped ring-a "$merge"
	ok '... and a squashed ring on the default branch is built, although its message has that of such a merge' \
		built runs $main $'Fix the graph (#12)\n\n* '"$merge"
	ok '... and so is one that is a merge' built runs $main "$merge"
done
file=heracles/workflows/ring.yml
converges() { is "$1" python3 "$top/tests/workflows.py" --if converge "$2" "$file"; }
pull='{"event_name":"pull_request_target","repository":"o/app","event":{"pull_request":{"head":{"ref":"ring-a","repo":{"full_name":"o/app"}}}}}'
ok 'a pull request of a ring converges it' converges runs "$pull"
ok '... but not one of a fork' converges skipped "${pull/\"o\/app\"\}/\"zoe/app\"\}}"
ok '... nor of another branch' converges skipped "${pull/ring-a/fix}"
ok 'a schedule converges all rings' converges runs '{"event_name":"schedule"}'

# One run at a time for each service and ring, wherever it comes from
concurrency() { sed -n '/^    concurrency:/{n;s/^ *group: //p;}' "$1" | paste -sd' '; }
ok 'rings are converged one run at a time for each service, ring and GitOps repository' is 'ringkit-${{ matrix.service }}-${{ matrix.ring }}-${{ matrix.gitops }} ringkit-report-${{ matrix.service }}-${{ matrix.ring }}' \
	concurrency releases/workflows/converge.yml
ok '... and services are cleaned up one run at a time' is 'ringkit-cleanup-${{ matrix.service }}-${{ matrix.gitops }}' concurrency releases/workflows/cleanup.yml
ok '... and their rings merged' is 'ringkit-sync-${{ matrix.service }}' concurrency releases/workflows/sync.yml
ok 'no running job is cancelled' not grep -rq 'cancel-in-progress: true' .

# The jobs come from ring.yaml
export RELEASES=$examples/releases
matrix() { GITHUB_REPOSITORY=$caller run "$examples/scripts/matrix" "$@"; }
caller=AtlanHQ/gitops
matrix '*'
ok 'the matrix has every service of ring.yaml, whatever the case of the owner' out_is <<'END'
[{"service":"heracles","repository":"heracles","ring":""},{"service":"atlas","repository":"atlas-metastore","ring":""}]
END
matrix --ring ring-a atlas
ok '... or one, and its ring' out_is <<<'[{"service":"atlas","repository":"atlas-metastore","ring":"ring-a"}]'
{ cat "$RELEASES/ring.yaml" && echo 'gitops: [{repository: AtlanHQ/gitops-eu, tenants: "a*"}, {repository: atlanhq/gitops-us, tenants: "b*"}]'; } >"$tmp/fleet.yaml"
RING_CATALOG=$tmp/fleet.yaml matrix --ring ring-a atlas
ok 'there is a job for each GitOps repository, if there are several' out_is \
	<<<'[{"service":"atlas","repository":"atlas-metastore","ring":"ring-a","gitops":"gitops-eu"},{"service":"atlas","repository":"atlas-metastore","ring":"ring-a","gitops":"gitops-us"}]'
RING_CATALOG=$tmp/fleet.yaml matrix --ring ring-a --join atlas
ok '... and one that joins their reports' out_is <<<'[{"service":"atlas","repository":"atlas-metastore","ring":"ring-a"}]'
matrix --join atlas
ok '... and none, if there is one repository' out_is <<<'[]'
sed -i 's#atlanhq/gitops-us#other/gitops-us#' "$tmp/fleet.yaml"
RING_CATALOG=$tmp/fleet.yaml matrix atlas
ok 'a GitOps repository of another owner is named' eval "exits 2 && out_empty && err_has 'gitops: each repository must be atlanhq/NAME, not other/gitops-us'"
caller=atlanhq/Heracles
matrix --ring ring-Foo
ok '... or those of the repository in which it runs, with any name of a branch' out_is <<<'[{"service":"heracles","repository":"heracles","ring":"ring-Foo"}]'
matrix --pull 12
ok "... and a pull request's number is one of its repository" exits 0
matrix --pull 12 '*'
ok '... not of several' eval "exits 2 && out_empty && err_has 'name its service'"
matrix --pull x
ok '... nor a word' eval 'exits 2 && err_has "expected a number"'
caller=atlanhq/gitops
matrix
ok 'a repository without a service is named' eval "exits 2 && out_empty && err_has 'no service with the repository atlanhq/gitops'"
matrix atlsa
ok '... and a service that is not in ring.yaml' eval "exits 2 && out_empty && err_has 'no service atlsa'"
caller=other/gitops
matrix '*'
ok '... and one of another owner' eval "exits 2 && out_empty && err_has 'must be other/NAME, not atlanhq/heracles'"
caller=
matrix '*'
ok '... and a missing caller' eval "exits 2 && err_has GITHUB_REPOSITORY"
caller=atlanhq/gitops
for words in '--ring' '--ring a --pull 1' '--rings a' 'a b'; do
	matrix $words
	ok "wrong usage: matrix $words" eval 'exits 2 && out_empty && err_has usage'
done
services() { yq -r '.services | keys_unsorted[]' "$RELEASES/ring.yaml"; }
ok 'no workflow names a service of ring.yaml' not grep -rqwE "service: ($(services | paste -sd'|'))" .

# What the App must be given is what the workflows ask for
asked() {
	sed -nE 's/^ *permission-([a-z-]+): (read|write)$/\1:\2/p' releases/workflows/*.yml | tr - _ | sort -ru | awk -F: '!seen[$1]++' | sort | xargs
}
checked() { grep -oE '[a-z_]+:(read|write)' "$examples/scripts/doctor" | sort -u | xargs; }
promised() {
	sed -nE 's/^\| ([A-Z][a-z ]+): (read|read and write) \|.*/\1:\2/p' "$examples/README.md" | sed 's/read and //' | tr 'A-Z ' 'a-z_' | sort | xargs
}
ok 'the workflows ask for these permissions of the App' is 'actions:read contents:write members:read pull_requests:write workflows:write' asked
ok '... doctor checks them' is "$(asked)" checked
ok '... and README.md names them' is "$(asked)" promised
secrets() { grep -rohE 'secrets\.[A-Z_]+' . | sort -u | cut -d. -f2; }
ok '... and all secrets' is '' eval 'for name in $(secrets); do grep -q "$name" "$examples/README.md" || echo "$name"; done'
ok '... and the environment' grep -q 'environment: ringkit' "$examples/README.md"

# name_of FILE, and what the catalogue calls it
name_of() { sed -n 's/^name: //p' "$1"; }
build_of() { /usr/bin/python3 -c 'import sys, yaml
print("\n".join(yaml.safe_load(open(sys.argv[1]))["services"][sys.argv[2]]["build-workflow"]))' "$top/examples/releases/ring.yaml" "$1"; }
waits_for() { /usr/bin/python3 -c 'import sys, yaml
print("\n".join(yaml.safe_load(open(sys.argv[1]))[True]["workflow_run"]["workflows"]))' "$1"; }
for pair in heracles:heracles:main.yml atlas:atlas-metastore:maven.yml; do
	IFS=: read -r service repository file <<<"$pair"
	name=$(name_of "$repository/workflows/$file")
	ok "$service: the catalogue names the build by file and by name" diff <(build_of "$service") <(printf '%s\n' "$file" "$name")
	ok "$service: converging waits for that build" diff <(waits_for "$repository/workflows/ring.yml") <(echo "$name")
done
ok "the services' workflows differ only in the build's name" diff \
	<(sed 's/Package Docker Image/B/' heracles/workflows/ring.yml) <(sed 's/Java CI with Maven/B/' atlas-metastore/workflows/ring.yml)
ok '... and those that merge the default branch do not differ' same heracles/workflows/ring-sync.yml atlas-metastore/workflows/ring-sync.yml

finish
