# make check-scale: a million labels and tenants, ten thousand manifests; how long, and how much memory at most.
# Figures are of this machine; what is checked is that each stage ends as it should.

. "$(dirname "$0")/lib.sh"

labels=${LABELS:-1000000} manifests=${MANIFESTS:-10000}
sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
cd "$tmp" || exit
export RING_CATALOG=$examples/releases/ring.yaml

# measure STATUS WHAT COMMAND ...: run it, say how long it took and how much memory it had at most
measure() {
	local status=0
	command time -q -o figures -f '%e %M' "${@:3}" || status=$?
	awk -v what="$2" '{ printf "%-64s %7.2f s %7.1f MiB\n", what, $1, $2 / 1024 }' figures >&2
	[ $status -eq "$1" ] || { echo "status $status, not $1" >&2 && exit 1; }
}

seq -f 'cohort:tenant:name:t%07.0f' "$labels" >labels.txt
sed 's/.*/{"id":1,"name":"&","color":"ededed"}/' labels.txt | paste -sd, | sed 's/^/[/; s/$/]/' >labels.json
measure 0 "labels2json, $labels labels in lines" labels2json <labels.txt >selectors
measure 0 "labels2json, $labels labels in one JSON array" labels2json <labels.json | cmp - selectors || exit
measure 0 "cohort-resolve, $labels tenants" cohort-resolve -C "$examples/releases" <selectors >tenants

# Manifests of every shape that the examples have, each many times
git init -q --bare gitops && git -C gitops symbolic-ref HEAD refs/heads/main
python3 "$top/tests/many.py" "$examples/gitops/tenants" t "$manifests" | git -C gitops fast-import --quiet
git -C gitops branch release main
set -- --service atlas --ring ring-leangraph
measure 1 "mkpatch, $labels tenants, all but $manifests without a manifest" \
	mkpatch -q -C gitops "$@" --tag $sha <tenants >patches-and-refusals
head -n "$manifests" labels.txt | labels2json | cohort-resolve -C "$examples/releases" >tenants
measure 0 "mkpatch, $manifests manifests" mkpatch -C gitops "$@" --tag $sha <tenants >patches
measure 0 "applypatch, $manifests manifests in one commit" applypatch -C gitops --branch release <patches >results
[ "$(git -C gitops diff --name-only main release | wc -l)" -eq "$manifests" ] || exit
measure 0 "applypatch, $manifests manifests, nothing to do" applypatch -C gitops --branch release \
	< <(mkpatch -C gitops -r release "$@" --tag $sha <tenants) >results
[ "$(git -C gitops rev-list --count main..release)" -eq 1 ] || exit
measure 0 "mkpatch --remove, $manifests manifests" mkpatch -C gitops -r release "$@" --remove <tenants >patches
measure 0 "applypatch, $manifests manifests cleared in one commit" applypatch -C gitops --branch release <patches >results
[ "$(git -C gitops rev-parse 'main^{tree}')" = "$(git -C gitops rev-parse 'release^{tree}')" ] || exit
measure 0 'git fsck --strict' git -C gitops fsck --strict --no-progress
du -sh gitops | sed 's/^/the repository now: /' >&2
