#!/usr/bin/env bash
# Check with Helm which images the workloads run before a release, during it, and after its end,
# and check with kubectl what the plain patch does.  $HELM and $KUBECTL are the real programs.  Run by `make check-helm`.
. "$(dirname "$0")/lib.sh"

tag=1e3
cp -R "$examples/charts" "$tmp/charts"
repo gitops
cd "$tmp" || exit 1
before=$(git -C gitops rev-parse HEAD)
git -C gitops checkout -q --detach

# images MANIFEST: the images of all workloads that Helm renders for it
images() {
	local parameters
	mapfile -t parameters < <(/usr/bin/python3 "$top/tests/argo-values.py" "$1" atlan values.json) &&
		"$HELM" template x charts/charts/atlan -f values.json "${parameters[@]}" >rendered.yaml &&
		sed -n 's/^ *image: "\(.*\)"$/\1/p' rendered.yaml | sort
}
manifest() { git -C gitops show "$1:tenants/$2/application.yaml" >manifest.yaml && images manifest.yaml; }
tenant() { printf '{"type":"tenant","tenant":"%s"}\n' "$1" | framed; }
set_ring() { tenant "$1" | mkpatch -q -C gitops -r main -c ring.yaml --service "$2" --ring ring-leangraph --tag "$tag" >patches; }
apply() { applypatch -C gitops --branch main <patches >results; }

# try TENANT SERVICE WORKLOADS: set, look, clear, look
try() {
	local image=${image:-ghcr.io/atlanhq/$4-ring-leangraph:$tag} was now
	was=$(manifest main "$1")
	if ! set_ring "$1" "$2"; then
		refused=$((refused + 1))
		return
	fi
	tried=$((tried + 1))
	apply
	now=$(manifest main "$1")
	ok "$2 in $1: every workload of the service runs the ring's image" test "$(grep -cxF "$image" <<<"$now")" -eq "$3"
	ok "$2 in $1: and no other does" test "$(grep -vxF "$image" <<<"$now")" = "$(grep -v "/$4-" <<<"$was")"
	tenant "$1" | mkpatch -C gitops -r main -c ring.yaml --service "$2" --ring ring-leangraph --remove >patches && apply
	ok "$2 in $1: after its end all run their previous images" test "$(manifest main "$1")" = "$was"
	ok "$2 in $1: and the manifest is byte for byte what it was" git -C gitops diff --quiet "$before" main -- "tenants/$1"
}

all() {
	tried=0 refused=0
	for name in gitops/tenants/*; do
		name=${name##*/}
		try "$name" atlas 2 atlas-metastore
		try "$name" heracles 1 heracles
	done
}

cp "$examples/releases/ring.yaml" ring.yaml
all
ok 'every example was tried, except those that another ring holds or a person has pinned' test "$tried $refused" = '23 3'

# owned FORM VALUES [SED-SCRIPT]: a tenant that has the image in its own values, which the ring replaces; the script is for
# the catalogue
owned() {
	local before
	sed "s#heracles: image#heracles: ${1%\}}, replace: true}#; ${3-}" "$examples/releases/ring.yaml" >ring.yaml
	git -C gitops checkout -q --detach main && mkdir -p gitops/tenants/owned
	{
		printf '%s\n' 'apiVersion: argoproj.io/v1alpha1' 'kind: Application' 'metadata: {name: owned}' 'spec:' '  source:' \
			'    repoURL: https://charts.example.com' '    chart: atlan' '    targetRevision: 1.4.0' '    helm:' '      valuesObject:' '        heracles:'
		sed 's/^/          /' <<<"$2"
	} >gitops/tenants/owned/application.yaml
	git -C gitops add -A && git -C gitops commit -qm owned && git -C gitops branch -f main && before=$(git -C gitops rev-parse HEAD)
	tried=0
	try owned heracles 1 heracles
	ok "an image that a tenant has is replaced: $(printf %q "$2")" test "$tried" -eq 1
	git -C gitops checkout -q "$start" && git -C gitops branch -f main
}
start=$before

# every form of an image
heracles=charts/charts/atlan/charts/heracles
for form in '{repository: img/name, tag: img/version}' '{repository: img/name, tag: img/version, digest: img/digest}' '{reference: img}' \
	'{registry: img/registry, repository: img/name, tag: img/version}'; do
	sed "s#heracles: image#heracles: $form#" "$examples/releases/ring.yaml" >ring.yaml
	sed '/^image:/,$d' "$examples/$heracles/values.yaml" >$heracles/values.yaml
	case $form in
	*reference*)
		echo 'img: ghcr.io/atlanhq/heracles-main:1' >>$heracles/values.yaml
		sed 's/image: ".*"/image: "{{ .Values.img }}"/; /PullPolicy/d' "$examples/$heracles/templates/deployment.yaml" >$heracles/templates/deployment.yaml
		;;
	*registry*)
		echo 'img: {registry: docker.io, name: atlanhq/heracles-main, version: "1"}' >>$heracles/values.yaml
		sed 's#image: ".*"#image: "{{ .Values.img.registry }}/{{ .Values.img.name }}:{{ .Values.img.version }}"#; /PullPolicy/d' \
			"$examples/$heracles/templates/deployment.yaml" >$heracles/templates/deployment.yaml
		;;
	*)
		echo 'img: {name: ghcr.io/atlanhq/heracles-main, version: "1", digest: ""}' >>$heracles/values.yaml
		sed 's/image: ".*"/image: "{{ .Values.img.name }}{{ with .Values.img.digest }}@{{ . }}{{ else }}:{{ .Values.img.version }}{{ end }}"/; /PullPolicy/d' \
			"$examples/$heracles/templates/deployment.yaml" >$heracles/templates/deployment.yaml
		;;
	esac
	echo '{}' >charts/charts/atlan/values.yaml
	for name in acme corvid delta halcyon; do
		try "$name" heracles 1 heracles
	done
	case $form in
	*reference*) owned "$form" 'img: ghcr.io/own/heracles-main:v2  # ours' ;;
	*registry*) owned "$form" $'img:\n  registry: own.example.com\n  name: own/heracles-main # ours\n  version: "2"' ;;
	*digest*)
		owned "$form" $'img:\n  name: ghcr.io/own/heracles-main\n  version: "2"   # ours\n  digest: sha256:0123'
		owned "$form" $'img:\n  digest: sha256:0123'
		;;
	*) owned "$form" $'img:\n  version: 2.0.1' && owned "$form" $'img:\n  version:\n  name: ghcr.io/own/heracles-main' ;;
	esac
done

# the ring in the tag, with the chart's repository and with ours
cp -R "$examples/charts/." charts
tag=ring-leangraph-1e3f567 image=ghcr.io/atlanhq/heracles-main:ring-leangraph-1e3f567
for form in '{tag: image/tag}' image; do
	sed "s#heracles: image#heracles: $form#; s#heracles-{ring}#heracles-main#; s#{sha}#{ring}-{sha:7}#" "$examples/releases/ring.yaml" >ring.yaml
	for name in acme corvid delta halcyon; do
		try "$name" heracles 1 heracles
	done
	[ "$form" = image ] || owned "$form" $'image:\n  tag: "1.4.2"' 's#heracles-{ring}#heracles-main#; s#{sha}#{ring}-{sha:7}#'
done
tag=1e3 image=

# a chart in a wrapper
mkdir -p charts/charts/atlan/charts/wrap/charts
cp -R "$examples/$heracles" charts/charts/atlan/charts/wrap/charts/heracles
rm -rf "${heracles:?}"
sed 's#file://charts/heracles#file://charts/wrap#; s/name: heracles/name: wrap/' "$examples/charts/charts/atlan/Chart.yaml" >charts/charts/atlan/Chart.yaml
cat >charts/charts/atlan/charts/wrap/Chart.yaml <<'END'
apiVersion: v2
name: wrap
version: 1.0.0
dependencies: [{name: heracles, version: "*", repository: "file://charts/heracles"}]
END
sed -i 's/^version: .*/version: 1.0.0/' charts/charts/atlan/charts/wrap/Chart.yaml
sed 's#heracles: image#wrap/heracles: image#' "$examples/releases/ring.yaml" >ring.yaml
echo '{}' >charts/charts/atlan/values.yaml
for name in acme corvid delta halcyon; do
	try "$name" heracles 1 heracles
done
run ringlint -q -c ring.yaml --charts charts
ok 'ringlint agrees with a wrapper' exits 0
rm -rf charts/charts/atlan && cp -R "$examples/charts/charts/atlan" charts/charts/atlan
printf 'img: {registry: docker.io, name: a, version: b}\n' >$heracles/values.yaml
sed 's#image: ".*"#image: "{{ .Values.img.registry }}/{{ .Values.img.name }}:{{ .Values.img.version }}"#; /PullPolicy/d' \
	"$examples/$heracles/templates/deployment.yaml" >$heracles/templates/deployment.yaml

# a registry that the catalogue does not name: what would run without the refusal
sed 's#heracles: image#heracles: {repository: img/name, tag: img/version}#' "$examples/releases/ring.yaml" >ring.yaml
tenant acme | mkpatch -q -C gitops -r main -c ring.yaml --service heracles --ring ring-leangraph --tag $tag | applypatch -q -C gitops --branch main >results
ok "the chart puts its registry before the ring's repository" test \
	"$(manifest main acme | grep -cxF "docker.io/ghcr.io/atlanhq/heracles-ring-leangraph:$tag")" -eq 1
ringlint -q -c ring.yaml --charts charts >findings
ok '... which ringlint finds in the chart' grep -q '"code":"shadowed".*"chart":"heracles"' findings
tenant acme | mkpatch -C gitops -r main -c ring.yaml --service heracles --ring ring-leangraph --remove >patches && apply
cp -R "$examples/charts/." charts

# the plain patch: kubectl gets the same result
cp "$examples/releases/ring.yaml" ring.yaml
agreed=0
for service in atlas heracles; do
	for name in gitops/tenants/*; do
		name=${name##*/}
		[ "$name" != mistral ] || continue	# kubectl patches every document of a file
		mkpatch -q -C gitops -r main -c ring.yaml --unframed --rfc6902 --service $service --ring ring-leangraph --tag "$tag" \
			<<<"{\"type\":\"tenant\",\"tenant\":\"$name\"}" >patch.json || continue
		"$KUBECTL" patch --local -f "gitops/tenants/$name/application.yaml" --type=json --patch-file patch.json -o json >theirs.json
		applypatch --patch patch.json <"gitops/tenants/$name/application.yaml" >ours.yaml
		ok "$service in $name: kubectl patch makes the same of --rfc6902" /usr/bin/python3 -c '
import json, yaml
assert json.load(open("theirs.json")) == yaml.safe_load(open("ours.yaml", encoding="utf-8-sig"))'
		agreed=$((agreed + 1))
	done
done
ok 'all that is not refused was compared' test "$agreed" -eq 21

# the test can fail: a path that is one level too short changes a manifest but no workload
sed 's#atlas: atlas/image#atlas: image#; s#atlas-read: atlas/image#atlas-read: image#' "$examples/releases/ring.yaml" >ring.yaml
set_ring acme atlas && apply
ok 'a path one level too shallow is committed' not git -C gitops diff --quiet "$before" main
ok 'and reaches no workload' test "$(manifest main acme | grep -c ring-leangraph)" -eq 0

# Ranges of versions: Helm chooses the same as the gate, which may only say that it cannot tell
mkdir cache
printf 'apiVersion: ""\nrepositories: [{name: t, url: "http://127.0.0.1:1"}]\n' >repositories.yaml
git init -q service && git -C service commit -q --allow-empty -m x
git init -q empty && git -C empty commit -q --allow-empty -m x
cp "$examples/releases/ring.yaml" ring.yaml
searched=0 chosen=0 undecided=0
for seed in 1 2 3 4; do
	/usr/bin/python3 "$top/tests/ranges.py" $seed 30 60
	jq -R '{apiVersion: "v2", name: "atlan", version: ., urls: ["x.tgz"]}' versions | jq -s '{apiVersion: "v1", entries: {atlan: .}}' >cache/t-index.yaml
	jq -Rc --arg c "$(git -C service rev-parse HEAD)" '{type: "override", tenant: "acme", path: "x", service: "heracles", chart: "heracles", ring: "ring-a",
		commit: $c, target_revision: .}' ranges | ringgate -q --unframed -C service -c ring.yaml --charts empty --index versions >gated
	mapfile -t resolved < <(jq -r 'select(.type == "override") | .resolved.version // (if .reason | contains("differently") then "undecided" else "none" end)' gated)
	n=0
	while IFS= read -r range; do
		theirs=$(HELM_REPOSITORY_CACHE=$PWD/cache HELM_REPOSITORY_CONFIG=$PWD/repositories.yaml "$HELM" search repo t/atlan --version "$range" -o json 2>/dev/null |
			jq -r '.[0].version // "none"') || theirs=none
		ours=${resolved[n]} n=$((n + 1))
		[ "$ours" != undecided ] || { undecided=$((undecided + 1)) && continue; }
		ok "Helm and the gate choose the same version: $range" test "$ours" = "${theirs:-none}"
		searched=$((searched + 1))
		[ "$ours" = none ] || chosen=$((chosen + 1))
	done <ranges
done
ok 'most ranges were compared, and half of them have a version' test $searched -gt 200 -a $chosen -gt 120 -a $undecided -lt 30

# The values of manifest-values: Helm renders the same with them as with Argo CD's own arguments, before a set and after it
cp "$examples/releases/ring.yaml" ring.yaml
git -C gitops branch -qf before main
objects() { "$HELM" template x charts/charts/atlan "$@"; }
of_values() { git -C gitops show "$1:tenants/$2/application.yaml" | manifest-values -q -c ring.yaml --service atlas >ours.json && objects -f ours.json; }
of_argo() {
	local parameters
	git -C gitops show "$1:tenants/$2/application.yaml" >manifest.yaml
	mapfile -t parameters < <(/usr/bin/python3 "$top/tests/argo-values.py" manifest.yaml atlan theirs.json)
	objects -f theirs.json "${parameters[@]}"
}
rendered=0
for name in gitops/tenants/*; do
	name=${name##*/}
	ok "manifest-values gives Helm what Argo CD does: $name" diff <(of_argo main "$name") <(of_values main "$name")
	set_ring "$name" atlas || continue
	apply
	ok "... and with the ring's image" diff <(of_argo main "$name") <(of_values main "$name")
	ok '... which two workloads run' test "$(of_values main "$name" | grep -c "image: \"ghcr.io/atlanhq/atlas-metastore-ring-leangraph:$tag\"")" -eq 2
	rendered=$((rendered + 1))
done
ok 'most tenants were rendered with it' test $rendered -gt 9

# Parameters: what manifest-values makes of them is what Helm makes of --set, or it refuses
base='{"m": {"k": 1}, "l": [1, {"z": 2}], "n": null}'
mkdir -p values/templates
printf 'apiVersion: v2\nname: x\nversion: 1.0.0\n' >values/Chart.yaml
echo '{{ .Values | toJson }}' >values/templates/values.yaml
echo "$base" >base.json
agreed=0 refused=0 stricter=0
while IFS= read -r parameter; do
	for force in false true; do
		option=--set
		[ $force = false ] || option=--set-string
		jq -nc --arg p "$parameter" --argjson base "$base" --argjson f $force '($p | split("=")) as [$n] | {apiVersion: "argoproj.io/v1alpha1", kind: "Application",
			spec: {source: {chart: "x", helm: {valuesObject: $base, parameters: [{name: $n, value: $p[$n | length + 1:], forceString: $f}]}}}}' |
			manifest-values -q >ours.json || : >ours.json
		"$HELM" template x values -f base.json $option "$parameter" 2>/dev/null | sed '/^---\|^# Source/d' >theirs.json || : >theirs.json
		if [ -s ours.json ]; then
			ok "Helm sets the same: $option $parameter" diff <(jq -S . ours.json) <(jq -S . theirs.json)
			agreed=$((agreed + 1))
		else
			refused=$((refused + 1))
			[ ! -s theirs.json ] || stricter=$((stricter + 1))
		fi
	done
done <<'END'
m.q=1
m=1
m.k=null
n=1
n.q=1
n[0]=1
l[0]=5
l[3]=5
l[1].y=1
l[0].y=1
l[0][1]=3
l.q=1
m[0]=1
m.k.z=1
a[0][1]=2
a[0].b[1].c=x
a[01]=1
a[x]=1
a[0]b=1
a\.b=1
a\\b=1
a]=1
a b=1
a.=1
a..b=1
a=
a= 1
a=1 
a=TRUE
a=False
a=Null
a=0
a=-0
a=+5
a=-05
a=05
a=1.5
a=1e3
a=0x10
a=1_000
a=9223372036854775807
a=9223372036854775808
a=-9223372036854775808
a=b\,c
a=b\c
a=x{y}
a=\{x}
a==b
a={}
a={x}
a={x,1,null}
a={x\,y,}
a={a}b}
a={x
a[0]={1,2}
a[0]=
END
ok 'most parameters were compared, and few are refused that Helm accepts' test $agreed -gt 70 -a $refused -gt 10 -a $stricter -eq 0

# Live overrides that are adopted: the workloads run the same before and after
mkdir live && /usr/bin/python3 "$top/tests/live/cluster.py" live && cp "$examples/releases/ring.yaml" ring.yaml
git -C live/gitops init -q && git -C live/gitops add -A && git -C live/gitops commit -qm 'As it was' && git -C live/gitops checkout -q --detach
ringls -c ring.yaml --apps live/apps.json | mkpatch -q -C live/gitops -r main -c ring.yaml --adopt >patches
applypatch -C live/gitops --branch main --partial <patches >results
adopted=0 differ=
jq -r 'select(.status == "committed").tenant' results >tenants
while read -r name; do
	jq ".items[] | select(.metadata.name == \"$name\")" live/apps.json >live.json
	git -C live/gitops show "main:tenants/$name/application.yaml" >manifest.yaml
	was=$(images live.json) && [ "$was" = "$(images manifest.yaml)" ] && grep -q ring-x <<<"$was" || differ+=" $name"
	adopted=$((adopted + 1))
done <tenants
ok 'adopted tenants run what the live objects run' test "$adopted$differ" = 16

# The script that renders a proposal: the image is the only difference
git -C charts init -q && git -C charts add -A && git -C charts commit -qm 'Charts' && git -C charts tag atlan-1.4.0
mkdir releases && cp "$examples/releases/ring.yaml" releases
git -C gitops branch -qf main before && set_ring acme atlas && apply
GITOPS=gitops RELEASES=releases CHARTS=charts run "$examples/scripts/render" atlas before main
ok 'render shows a tenant that gets an image' eval 'exits 0 && [ "$(grep -c "^===" out)" -eq 1 ] && out_has "=== acme: chart charts/atlan of commit"'
changed() { grep "^[$1]" "$tmp/out" | grep -v '^---\|^+++'; }
ok '... and nothing else than the image of two workloads' test "$(changed + | sort -u | sed 's/^. *//')" = "image: \"ghcr.io/atlanhq/atlas-metastore-ring-leangraph:$tag\""
ok '... each once, for its previous image' eval '[ "$(changed + | wc -l)" -eq 2 ] && [ "$(changed - | grep -c "image: \"ghcr.io/atlanhq/atlas-metastore-")" -eq 2 ] && [ "$(changed - | wc -l)" -eq 2 ]'
cp out rendered
run ringreport --unframed --rendered rendered </dev/null
ok '... and the report has it' out_has "+          image: \"ghcr.io/atlanhq/atlas-metastore-ring-leangraph:$tag\""
echo "{{ fail \"no\" }}" >charts/charts/atlan/charts/atlas/templates/fail.yaml
git -C charts add -A && git -C charts commit -qm 'Broken' && git -C charts tag -f atlan-1.4.0 >/dev/null
GITOPS=gitops RELEASES=releases CHARTS=charts run "$examples/scripts/render" atlas before main
ok 'a chart that Helm cannot render is said' eval 'exits 1 && out_has "=== acme: not rendered: Error: "'

finish
