# make check-scale: a fleet of GitOps repositories on one machine, with MANIFESTS in the largest.  What a job costs is linear in the
# manifests of its own repository, however many others there are.

. "$(dirname "$0")/lib.sh"

manifests=${MANIFESTS:-25000} repositories=${REPOSITORIES:-4} selected=20
sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
cd "$tmp" || exit

cp -R "$examples/releases" releases
catalogue() { sed "s#cohorts/{value}.yaml#cohorts/{value}.txt#; s/^max-tenants:.*/max-tenants: $((repositories * selected + 2 * selected))/" "$examples/releases/ring.yaml"; }
# gitops NAME PREFIX COUNT: a repository with so many manifests
gitops() {
	git init -q --bare "$1" && git -C "$1" symbolic-ref HEAD refs/heads/main
	python3 "$top/tests/many.py" "$examples/gitops/tenants" "$2" "$3" | git -C "$1" fast-import --quiet
	git -C "$1" branch release main
	for n in $(seq $selected); do printf '%s%07d\n' "$2" $((n * $3 / selected)); done >>releases/cohorts/all.txt
	echo "  - {repository: shop/$1, tenants: $2*}" >>fleet.yaml
}
{ catalogue && echo gitops:; } >fleet.yaml
for n in $(seq "$repositories"); do gitops "gitops-$n" "r$n-" "$manifests"; done
gitops half h- $((manifests / 2))
gitops quarter q- $((manifests / 4))
{ catalogue && echo gitops: && grep gitops-1 fleet.yaml; } >one.yaml

# job NAME CATALOGUE LABEL: what the job of a repository does, and writes to NAME.figures
job() {
	command time -q -o "$1.figures" -f '%e %M' bash -o pipefail -c '
		export RING_CATALOG=$2
		echo "cohort:$3" | labels2json | cohort-resolve -C releases --gitops "shop/$1" |
			mkpatch -C "$1" -r release --service atlas --ring ring-leangraph --tag "$4" --reconcile --max-clear 1000 |
			applypatch -C "$1" --branch release >"$1.results" 2>"$1.messages"
	' job "$1" "$PWD/$2" "$3" $sha || { cat "$1.messages" >&2 && echo "$1: failed" >&2 && exit 1; }
}
say() { awk -v what="$2" '{ printf "%-64s %7.2f s %7.1f MiB\n", what, $1, $2 / 1024 }' "$1.figures" >&2; }
seconds() { cut -d' ' -f1 "$1.figures"; }
changed() { git -C "$1" diff --name-only main release | wc -l; }
all() { sed -n "/^$1/p" releases/cohorts/all.txt; }

# a fleet of one, for comparison
cp releases/cohorts/all.txt whole && all r1- >only && cp only releases/cohorts/all.txt
cp -a gitops-1 alone && mv gitops-1 beside && mv alone gitops-1
job gitops-1 one.yaml github:path:all
say gitops-1 "the only repository, $manifests manifests"
alone=$(seconds gitops-1)
rm -rf gitops-1 && mv beside gitops-1 && cp whole releases/cohorts/all.txt

for name in quarter half gitops-1; do
	job $name fleet.yaml github:path:all
	say $name "a job of the fleet: $name"
done
awk -v alone="$alone" -v one="$(seconds gitops-1)" -v half="$(seconds half)" -v quarter="$(seconds quarter)" 'BEGIN {
	printf "a job in the fleet costs %.2f times what it costs without the others; twice the manifests %.2f and %.2f times\n",
		one / alone, half / quarter, one / half
	exit one > 1.5 * alone || half > 3 * quarter || one > 3 * half }' >&2 || { echo 'the cost is not linear in the repository' >&2; exit 1; }

start=$(date +%s%N)
for n in $(seq 2 "$repositories"); do job "gitops-$n" fleet.yaml github:path:all & done
wait
printf 'the jobs of %d more repositories at once: %.2f s\n' $((repositories - 1)) "$((($(date +%s%N) - start) / 10000000))e-2" >&2
for n in $(seq "$repositories"); do
	[ "$(changed "gitops-$n")" -eq $selected ] || { echo "gitops-$n: $(changed "gitops-$n") tenants have changed" >&2; exit 1; }
done
for n in $(seq 2 "$repositories"); do job "gitops-$n" fleet.yaml "tenant:name:r1-0000001"; done
job gitops-1 fleet.yaml "tenant:name:r2-0000001"
say gitops-1 "all tenants of a repository cleared"
for n in $(seq "$repositories"); do
	[ "$(git -C "gitops-$n" rev-parse 'main^{tree}')" = "$(git -C "gitops-$n" rev-parse 'release^{tree}')" ] || { echo "gitops-$n is not as it was" >&2; exit 1; }
	git -C "gitops-$n" fsck --strict --no-progress || exit
done
cat gitops-*.results | ringreport | sed -n 2,4p >&2
