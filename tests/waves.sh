# What a cluster says of the tenants of a release that goes from wave to wave.  A test sources this after life.sh, and sets
# $tenants and $commit, the commits whose images can run.

ago() { date -u -d "$1 ago" +%Y-%m-%dT%H:%M:%SZ; }
# later TIME: an hour after it, which is how long the tests let a wave soak
later() { date -u -d "$1 1 hour" +%Y-%m-%dT%H:%M:%SZ; }
# cluster HEALTHY [TENANT CHANGE]: the cluster runs what main has, healthy since then; one tenant's object is changed
cluster() { cluster_of gitops live "$tenants" "$@"; }
# cluster_of NAME DIR TENANTS HEALTHY [TENANT CHANGE]: of a GitOps repository, in a directory
cluster_of() {
	local tenant changes images
	rm -rf "$2" && mkdir "$2"
	for tenant in $3; do
		git -C "$1.git" show "main:tenants/$tenant/application.yaml" >manifest.yaml
		images=$(grep -oE '[0-9a-f]{40}' manifest.yaml | sort -u | grep -xF "$commit" | sed "s|.*|'ghcr.io/atlanhq/atlas-metastore-$ring:&',|")
		changes=("status['summary']['images'] += [$images]"
			"status['health']['lastTransitionTime'] = '$4'" "status['reconciledAt'] = '$(ago '1 minute')'")
		[ "${5-}" != "$tenant" ] || changes+=("$6")
		python3 "$top/tests/live/object.py" manifest.yaml "${changes[@]}" >>"$2/applications.json"
	done
}
tells() { comment 120 | grep -qF -- "$1" || { comment 120; false; }; }
holds() { is "$1" held_tenants; }
