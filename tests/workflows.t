# The example workflows: what they must not do, and that they fit the catalogue.  `make check-workflows` runs actionlint.

. "$(dirname "$0")/lib.sh"

github=$top/examples/github
mapfile -t files < <(cd "$github" && ls */workflows/*.yml */actions/*/action.yml)
check() { run /usr/bin/python3 "$top/tests/workflows.py" "$@"; }

cd "$github" || exit
check "${files[@]}"
ok 'every workflow has the least permissions, pinned actions, and no expressions in scripts' exits 0
ok '... and none is missing' test "${#files[@]}" -eq 12

# changed NAME SED FILE: the check must find one fault in a workflow
changed() {
	sed -E "$2" "$3" >"$tmp/changed.yml"
	check "$tmp/changed.yml"
	ok "$1 is reported" exits 1
}
changed 'a tag in place of a commit' 's/@[0-9a-f]{40} # v4.2.2/@v4/' heracles/workflows/main.yml
changed 'an expression in a script' 's/"\$TOKEN"/"${{ github.token }}"/' heracles/workflows/main.yml
changed 'a job without permissions' '/^    permissions:/d' heracles/workflows/main.yml
changed 'a workflow without permissions' '/^permissions:/d' heracles/workflows/main.yml
changed 'a pipeline without pipefail' '/set -euo pipefail/d' heracles/workflows/main.yml
changed 'the head checked out' 's/^( *)path: service/\1ref: ${{ github.event.pull_request.head.sha }}/' releases/workflows/converge.yml
changed 'a script where secrets are' 's/^( *)uses: atlanhq.*/\1steps: [{run: make}]/' heracles/workflows/ring.yml

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
	ok "$service: its own workflow converges it" grep -q "service: $service\$" "$repository/workflows/ring.yml"
done
ok 'the workflows of the two services differ only in names' diff \
	<(sed 's/heracles/S/g; s/Package Docker Image/B/' heracles/workflows/ring.yml) \
	<(sed 's/atlas-metastore/S/g; s/\batlas\b/S/g; s/Java CI with Maven/B/' atlas-metastore/workflows/ring.yml)

finish
