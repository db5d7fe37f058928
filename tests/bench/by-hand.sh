#!/bin/bash
# by-hand.sh yq|kubectl LABELS COHORTS REPOSITORY TAG: release an image as a script without ringkit would, in the work tree of
# the current directory: jq reads the labels, yq the cohort, each tenant's manifest is edited, and Git commits.
set -euo pipefail
editor=$1 labels=$2 cohorts=$3 repository=$4 tag=$5

jq -r '.[].name | select(startswith("cohort:github:path:")) | sub(".*:"; "")' "$labels" | while read -r cohort; do
	yq -r '.[]' "$cohorts/$cohort.yaml"
done | sort -u | sed 's,.*,tenants/&/application.yaml,' >"$TMPDIR/files"

case $editor in
yq)
	# one start of yq for a hundred manifests
	xargs -a "$TMPDIR/files" -n 100 yq -y --in-place --arg repository "$repository" --arg tag "$tag" '
		{repository: $repository, tag: $tag} as $image |
		.spec.source.helm.valuesObject |= (.atlas.atlas.image += $image | ."atlas-read".atlas.image += $image)' ;;
kubectl)
	image="{\"atlas\":{\"image\":{\"repository\":\"$repository\",\"tag\":\"$tag\"}}}"
	while read -r file; do
		"$KUBECTL" patch --local -f "$file" --type merge -o yaml \
			-p "{\"spec\":{\"source\":{\"helm\":{\"valuesObject\":{\"atlas\":$image,\"atlas-read\":$image}}}}}" >"$TMPDIR/new"
		cp "$TMPDIR/new" "$file"
	done <"$TMPDIR/files" ;;
esac
git add --pathspec-from-file="$TMPDIR/files"
git commit -q -m "Release atlas $tag"
