# The manual pages tell the truth.
#
# Every page lints; every option of a program is in its page, and the other way round; the catalogues in
# ring.yaml(5) load and its diagnostics are those that come; and every example runs.
#
# An example is a ".Bd -literal" block or a ".Dl" line under EXAMPLES.  It runs with bash under "set -o pipefail", in a directory of
# its own that holds
#	charts/ gitops/ releases/	Git repositories with the examples; gitops has "main", checked out, and "release"
#	service/		a Git repository with one commit, the branch ring-leangraph at it, and a remote that has both
#	ring.yaml		releases/ring.yaml once more
#	labels.json webhook.json pulls.json runs.json
#	labels.txt selectors.jsonl tenants.jsonl patches.jsonl results.jsonl	what each stage of a release gives
#	application.yaml patch.json	a manifest, and a JSON Patch for it
# with SHA set to a commit's id, GITHUB_EVENT_PATH to webhook.json, and a gh that answers from these.  It must
# end with 0, or with the status that a comment in the line before it names:
#	.\" status 1
# Those of ringkit(7), and the session in README.md, which must print what README.md shows, run in the same with charts/, gitops/,
# releases/ and labels.json of examples/shop.

. "$(dirname "$0")/lib.sh"

pages=$(cd "$top" && echo man/*.[157])
sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a

lints() { [ -z "$(mandoc -T lint -W warning "$1" 2>&1 | tee "$tmp/why")" ] || { cat "$tmp/why" && false; }; }

# the examples of a page, each in a file $2/N, with its status in $2/N.status
examples_of() {
	awk -v out="$2" '
		function plain(s) {
			gsub(/\\e/, "\\", s); gsub(/\\&/, "", s); gsub(/\\-/, "-", s); gsub(/\\\(aq/, "\047", s)
			gsub(/\\\(dq/, "\"", s)
			return s
		}
		function start() { file = out "/" ++n; print wanted + 0 >(file ".status"); wanted = 0 }
		/^\.Sh / { in_examples = $2 == "EXAMPLES"; next }
		!in_examples { next }
		/^\.\\" status / { wanted = $3; next }
		/^\.Bd -literal/ { start(); next }
		/^\.Ed/ { close(file); file = ""; next }
		/^\.Dl / { start(); print plain(substr($0, 5)) >file; close(file); file = ""; next }
		file { print plain($0) >file }
	' "$1"
}

# the long options that a program's --help names, and those that its page's OPTIONS does
help_options() { "$1" --help | grep -oE '^  (-., |    )--[a-z0-9-]+' | sed 's/.*--//' | sort -u; }
page_options() {
	awk '/^\.Sh / { on = $2 == "OPTIONS" } on && /^\.It/' "$1" |
		grep -oE '(Fl Fl |Fl -|, -)[a-z0-9-]+' | sed -E 's/^(Fl Fl |Fl -|, -)//' | sort -u
}
same_options() { diff <(help_options "$1") <(page_options "$2"); }

version=$(sed -n 's/^VERSION = //p' "$top/Makefile")
footer_is() {
	mandoc "$2" >"$tmp/page" 2>/dev/null  # its status may be that of a reference to a page that is not installed
	[ "$(tail -n 1 "$tmp/page" | awk '{ print $1, $2 }')" = "$1" ]
}
refers_to() { sed -n '/^\.Sh SEE ALSO/,$p' "$top/man/ringkit.7" | grep -qE "^\.Xr $1 $2( ,)?$"; }
for page in $pages; do
	ok "$page lints" lints "$top/$page"
	name=$(basename "${page%.*}")
	ok '... its footer has the version' footer_is "ringkit $version" "$top/$page"
	ok "... and groff's header the project's name" grep -qx '.ds doc-volume-operating-system ringkit' "$top/$page"
	[ "$name" = ringkit ] || ok "... and ringkit(7) refers to it" refers_to "$name" "${page##*.}"
done

for prog in "$RINGKIT_BIN"/*; do
	name=${prog##*/}
	page=$top/man/$name.1
	ok "$name has a page" test -s "$page"
	ok "$name and its page have the same options" same_options "$prog" "$page"
	for section in NAME SYNOPSIS DESCRIPTION RECORDS OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qx ".Sh $section" "$page" || echo "$section"
	done >"$tmp/missing"
	ok "$name's page has every section" test ! -s "$tmp/missing"
	ok "ringkit(7) names $name" grep -q "^.It Xr $name 1" "$top/man/ringkit.7"
	ok "README.md names $name" grep -q "^| .$name. |" "$top/README.md"
done

# What the examples run in
mkdir "$tmp/bin" "$tmp/kit"
cat >"$tmp/bin/gh" <<'END'
#!/bin/sh
case $* in
'pr view '*' --json labels'* | 'pr view '*' --json number,labels'*) cat labels.json ;;
'pr list '*' --json number,'*) cat pulls.json ;;
'run list '*) cat runs.json ;;
'pr list --json headRefName '*) echo ring-leangraph ;;
'pr list --state merged '*) echo '[]' ;;
'api '*'/labels') jq .labels labels.json ;;
'api '*'/timeline?per_page=100') echo '[]' ;;
'api '*'/members?per_page=100 --jq '*) echo '{"team":"atlanhq/releases","members":[]}' ;;
*) echo "gh: no answer to $*" >&2 && exit 1 ;;
esac
END
chmod +x "$tmp/bin/gh"
printf '#!/bin/sh\necho %s\n' "'{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}'" >"$tmp/bin/kubectl" && chmod +x "$tmp/bin/kubectl"
for name in charts github gitops releases scripts; do
	repo "$name" && mv "$tmp/$name" "$tmp/kit" || exit
done
git init -q "$tmp/kit/service" && git -C "$tmp/kit/service" commit -q --allow-empty -m 'As it was' &&
	git -C "$tmp/kit/service" branch -q ring-leangraph && git clone -q --bare "$tmp/kit/service" "$tmp/service.git" &&
	git -C "$tmp/kit/service" remote add origin "$tmp/service.git" && git -C "$tmp/kit/service" fetch -q
git -C "$tmp/kit/gitops" branch -q release
cp "$examples"/*.json "$tmp/kit"
cd "$tmp/kit" || exit
cp releases/ring.yaml .
echo '[{"op":"add","path":"/metadata/labels","value":{"tier":"internal"}}]' >patch.json
cp gitops/tenants/beta/application.yaml .
echo cohort:github:path:internal-level-1 >labels.txt
labels2json <labels.txt >selectors.jsonl
cohort-resolve -C releases <selectors.jsonl >tenants.jsonl
mkpatch -C gitops --service atlas --ring ring-leangraph --tag $sha <tenants.jsonl >patches.jsonl
applypatch -C gitops --branch release --dry-run <patches.jsonl >results.jsonl

date='2026-03-02 09:00:00 +0000'
mkdir "$tmp/shop" && cp -R "$tmp/kit/." "$tmp/shop"
for name in charts gitops releases; do
	rm -rf "$tmp/shop/$name"
	GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date repo "$name" "$examples/shop/$name" && mv "$tmp/$name" "$tmp/shop" || exit
done
git -C "$tmp/shop/gitops" branch -q release
sed 's/internal-level-1/early/' labels.json >"$tmp/shop/labels.json"

example() {
	cp -R "$2" "$tmp/here" && cd "$tmp/here" || exit
	PATH=$tmp/bin:$PATH SHA=$sha GITHUB_EVENT_PATH=webhook.json run bash -o pipefail "$1"
	cd "$tmp" && rm -rf "$tmp/here"
}
for page in $(cd "$top" && echo man/*.1 man/ringkit.7); do
	mkdir "$tmp/examples"
	examples_of "$top/$page" "$tmp/examples"
	ok "$page has examples" test -s "$tmp/examples/1"
	for file in "$tmp/examples"/*.status; do
		example "${file%.status}" "$tmp/$(case $page in */ringkit.7) echo shop ;; *) echo kit ;; esac)"
		n=$(basename "$file" .status)
		ok "example $n of $page runs: $(head -1 "${file%.status}" | cut -c1-60)" exits "$(cat "$file")"
	done
	rm -rf "$tmp/examples"
done

# The session in README.md: each command and what it prints
session() { awk '/^```/ { on = $0 == "```console"; next } on' "$top/README.md"; }
replay() {
	local line command=''
	while IFS= read -r line; do
		case $line in
		'$ '*) command=${line#??} ;;
		'> '*) command+=$'\n'${line#??} ;;
		*) continue ;;
		esac
		echo "$line"
		case $line in *\\ | *'|') continue ;; esac
		bash -o pipefail -c "$command" 2>&1
	done
}
cp -R "$tmp/shop" "$tmp/here" && cd "$tmp/here" || exit
export GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date
git -C gitops branch -qD release
session >"$tmp/session"
RING_CATALOG=releases/ring.yaml replay <"$tmp/session" >"$tmp/replayed"
ok 'the session in README.md is what the programs print' diff "$tmp/session" "$tmp/replayed"
ok '... and there is one' test -s "$tmp/session"
cd "$tmp" && rm -rf "$tmp/here"

# The demo
run bash "$examples/demo.sh" "$tmp/demo"
ok 'the demo succeeds' exits 0
ok '... within 100 columns' not grep -qE '^.{101}' "$tmp/out"
mv "$tmp/out" "$tmp/told"
run bash "$examples/demo.sh" "$tmp/demo"
ok '... and always the same' same "$tmp/told" "$tmp/out"

# The catalogue
mkdir "$tmp/examples"
examples_of "$top/man/ring.yaml.5" "$tmp/examples"
ok 'ring.yaml(5) has examples' test -s "$tmp/examples/2"
for file in "$tmp"/examples/?; do
	framed </dev/null | run cohort-resolve -C "$tmp/kit/releases" -c "$file"
	ok "catalogue ${file##*/} of ring.yaml(5) loads" exits 0
done
ok 'the first is the one in examples/, without its comments' \
	diff <(grep -v '^ *#' "$examples/releases/ring.yaml" | grep .) \
	<(cat "$tmp/examples/1")

# Its diagnostics: status and place of each mistake that the page lists
diagnosed() { grep -qF "cohort-resolve: ring.yaml:$1: " "$tmp/err" && err_has "$2"; }
wrong() {
	cat >ring.yaml
	framed </dev/null | run cohort-resolve -C kit/releases
	ok "ring.yaml(5) lists $1" grep -qxF -- ".It $1" "$top/man/ring.yaml.5"
	ok '... which sets status 78' exits 78
	ok "... and is reported at $2, with $3" diagnosed "$2" "$3"
}
cd "$tmp" || exit
wrong 'an unknown key' 3:1 '"services"' <<'END'
cohorts: cohorts/{value}.yaml
manifests: tenants/{tenant}.yaml
servces: {}
END
wrong 'a duplicate key' 4:5 '"image"' <<'END'
services:
  atlas:
    image: example.com/atlas-{ring}
    image: example.com/atlas-{ring}
    charts: {atlas: image}
END
wrong 'a value that is not a string' 3:12 quote <<'END'
services:
  atlas:
    image: 1e3
END
wrong 'a missing placeholder' 3:12 '{ring}' <<'END'
services:
  atlas:
    image: example.com/atlas
END
wrong 'a service without image or charts' 2:10 '"charts"' <<'END'
services:
  atlas: {image: "example.com/atlas-{ring}"}
END
wrong 'a regular expression without a group' 3:13 '"[0-9a-f]+"' <<'END'
services:
  atlas:
    ga-tag: "[0-9a-f]+"
END

# The schema for editors agrees
cat >schema.py <<'END'
import json, sys, jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
for catalogue in sys.argv[2:]:
    jsonschema.validate(yaml.safe_load(open(catalogue)), schema)
END
schema() { python3 schema.py "$examples/ring.schema.json" "$@"; }
ok 'the schema takes the catalogues of ring.yaml(5)' schema "$tmp"/examples/?
for wrong in 'servces: {}' 'max-tenants: 0' 'manifests: tenants/x.yaml' \
	'services: {a: {image: x}}' 'services: {a: {image: "x-{ring}"}}' \
	'services: {a: {image: "x-{ring}", charts: {a: {tag: t}}}}' \
	'services: {a: {image: "x-{ring}", charts: {a: i}, tag: latest}}'; do
	echo "$wrong" >ring.yaml
	ok "the schema refuses $wrong" not schema ring.yaml
	framed </dev/null | run cohort-resolve -C kit/releases
	ok '... and so do the filters' exits 78
done

finish
