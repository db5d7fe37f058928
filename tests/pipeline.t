# From labels to a commit, with the real programs on the example repositories.
# The results are checked by independent programs: git, PyYAML (YAML 1.1), ruamel.yaml (YAML 1.2), python3-jsonpatch.

. "$(dirname "$0")/lib.sh"

sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
repo gitops && repo releases && git -C "$tmp/gitops" branch -q release || exit
cp -R "$tmp/gitops" "$tmp/pristine"
cd "$tmp" || exit
export RING_CATALOG=$tmp/releases/ring.yaml
service=atlas ring=ring-leangraph tag=$sha

# The pipeline and its stages, as functions of the cohorts' labels on standard input
tenants() { labels2json ${null-} | cohort-resolve -C releases; }
patches() { mkpatch -C gitops -r release --service $service --ring $ring --tag "$tag" "$@"; }
apply() { applypatch -C gitops --branch release "$@"; }
release() { tenants | patches | apply "$@"; }
clear_all() { tenants | mkpatch -C gitops -r release --service $service --ring $ring --remove | apply "$@"; }
path() { printf 'cohort:github:path:%s\n' "$@"; }
name() { printf 'cohort:tenant:name:%s\n' "$@"; }
names() { sed 's/^/cohort:tenant:name:/'; }
everyone() { ls gitops/tenants; }

afresh() { rm -rf gitops && cp -R pristine gitops; }
tip() { git -C gitops rev-parse release; }
tree() { git -C gitops rev-parse "$1^{tree}"; }
commits() { [ "$(git -C gitops rev-list --count main..release)" -eq "$1" ]; }
sound() { git -C gitops fsck --full --strict 2>&1 | diff /dev/null -; }
# refs, objects, index, everything
state() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
state gitops >pristine.state
untouched() { diff pristine.state <(state gitops); }
manifest() { git -C gitops cat-file blob "$1:tenants/$2/application.yaml"; }
all_results() { jq -se --arg s "$1" 'map(select(.type == "result").status) | length > 0 and all(. == $s)' out; }
numstat() { git -C gitops diff --numstat main release; }

path internal-level-1 internal-level-2 partner-level-1 enterprise-level-1 | run tenants
ok 'every tenant of the examples is in a cohort' diff <(jq -r 'select(.type == "tenant").tenant' out | sort) <(everyone)

# One commit

path internal-level-1 | run release
ok 'a release to a cohort exits 0'                      exits 0
ok '... and prints no messages'                         err_empty
ok '... and makes one commit'                           commits 1
ok '... which a strict fsck finds sound'                sound
ok 'every tenant of the cohort has a result'            diff <(jq -r 'select(.type == "result").tenant' out | sort) \
	<(printf '%s\n' acme corvid delta ember fjord)
ok '... committed'                                      all_results committed
ok "... with the commit id of the branch's tip"         out_has "\"commit\":\"$(tip)\""
ok 'main, the index and the work tree do not change'    test -z "$(git -C gitops status --porcelain)"
ok 'the diff is in the manifests of the cohort'         diff <(numstat | cut -f3) \
	<(printf 'tenants/%s/application.yaml\n' acme corvid delta ember fjord)
ok '... and removes no line'                            test "$(numstat | awk '{ s += $2 } END { print s }')" = 0
# two lines for each of two images, and one for each new mapping
ok '... and adds only the lines of the images'          diff <(numstat | cut -f1 | xargs) <(echo 10 8 12 11 5)
released=$(tree release)
git -C gitops diff -U0 main release | grep '^+ ' >added
ok '... which name them'                                not grep -vE \
	'^\+ +((helm|valuesObject|atlas|atlas-read|image):|repository: "?ghcr.io/atlanhq/atlas-metastore-ring-leangraph"?|tag: "?'$sha'"?)$' added
git -C gitops show -s --format=%B release | git interpret-trailers --parse >trailers
ok 'the trailers say what was released'                 grep -qx 'Service: atlas' trailers
ok '... for which ring'                                 grep -qx 'Ring: ring-leangraph' trailers
ok '... with which image'                               grep -qx "Image: ghcr.io/atlanhq/atlas-metastore-ring-leangraph:$sha" trailers
ok '... and to which cohort'                            grep -qx 'Cohort: github:path:internal-level-1' trailers

cat >judge.py <<'END'
# judge.py OLD NEW <patches: apply the patches to the manifests of OLD with python3-jsonpatch, and compare with NEW
import json, subprocess, sys, jsonpatch, yaml

def load(rev, path):
    text = subprocess.run(["git", "-C", "gitops", "cat-file", "blob", f"{rev}:{path}"], check=True, stdout=-1).stdout
    return list(yaml.load_all(text, yaml.BaseLoader))

def strings(value):  # BaseLoader reads every scalar as its text
    if isinstance(value, dict): return {k: strings(v) for k, v in value.items()}
    return value if isinstance(value, list) else str(value)

n = 0
for record in map(json.loads, sys.stdin):
    if record["type"] != "patch": continue
    old, new = (load(rev, record["path"]) for rev in sys.argv[1:])
    i, n = record["document"], n + 1
    for edit in record["edits"]:
        patch = [{**op, "value": strings(op["value"])} if "value" in op else op for op in edit["patch"]]
        if edit["at"]:
            parts = edit["at"].split("/")[1:]
            for docs, load_it in ((old, True), (new, False)):
                at = docs[i]
                for part in parts[:-1]: at = at[int(part) if isinstance(at, list) else part]
                inner = at[parts[-1]]
                if isinstance(inner, str): inner = yaml.load(inner, yaml.BaseLoader)
                at[parts[-1]] = jsonpatch.apply_patch(inner, patch) if load_it else inner
        else:
            old[i] = jsonpatch.apply_patch(old[i], patch)
    if old != new: sys.exit(f"{record['path']}: {old} is not {new}")
if not n: sys.exit("no patches")
END
path internal-level-1 | tenants | mkpatch -C gitops -r main --service atlas --ring ring-leangraph --tag $sha >patches
ok 'independent JSON Patch and YAML libraries get the same result' python3 judge.py main release <patches

state gitops >before
path internal-level-1 | run release
ok 'a second run exits 0'                               exits 0
ok '... reports every tenant as unchanged'              all_results unchanged
ok '... and leaves no trace'                            diff before <(state gitops)

git clone -q --bare pristine bare.git && rm -rf gitops && mv bare.git gitops
path internal-level-1 | run release
ok 'a bare repository works too'                        commits 1
ok '... and gets the same tree'                         test "$(tree release)" = "$released"
ok '... and sound'                                      sound
afresh

# Set, then clear

for service in atlas heracles; do
	afresh
	everyone | names | run release --partial
	jq -r 'select(.type == "refused").tenant' out | sort -u >refused.$service
	jq -r 'select(.type == "result" and .status == "committed").tenant' out | sort -u >set.$service
	ok "$service: each tenant is set or refused" diff <(sort refused.$service set.$service) <(everyone)
	git -C gitops branch -f set release
	everyone | names | run clear_all
	ok "$service: clearing every tenant exits 0" exits 0
	for tenant in $(cat set.$service); do
		ok "$service: setting changes $tenant" not cmp -s <(manifest main "$tenant") <(manifest set "$tenant")
		ok "$service: clearing restores $tenant byte for byte" cmp <(manifest main "$tenant") <(manifest release "$tenant")
	done
	ok "$service: clearing restores the whole tree" test "$(tree main)" = "$(tree release)"

	git -C gitops branch -f release set
	tag=0000000000000000000000000000000000000644
	names <set.$service | run release
	tag=$sha
	run eval 'labels2json </dev/null | cohort-resolve -C releases | patches --reconcile --allow-empty | apply'
	ok "$service: another image, then a cohort without tenants: the same tree" test "$(tree main)" = "$(tree release)"
done
ok 'for atlas, the held tenant and the pinned tenant are refused' diff refused.atlas <(printf '%s\n' beta gamma)
ok 'for heracles, the held tenant is refused' diff refused.heracles <(echo lumen)
service=atlas
afresh

# Two services in one commit, then each cleared by itself
run eval '{ name acme corvid | tenants | patches
	service=heracles; name acme kestrel | tenants | patches; } | apply'
ok 'two streams make one commit' commits 1
ok '... for two services' diff <(jq -r 'select(.type == "result") | .tenant + " " + .service' out) \
	<(printf '%s\n' 'acme atlas' 'corvid atlas' 'acme heracles' 'kestrel heracles')
name acme corvid | run clear_all
ok 'clearing one service exits 0' exits 0
ok '... and keeps the other' diff <(numstat | cut -f3) <(printf 'tenants/%s/application.yaml\n' acme kestrel)
service=heracles
name acme kestrel | run clear_all
service=atlas
ok 'when both are cleared, the tree is what it was' test "$(tree main)" = "$(tree release)"
afresh

# A tenant that is held

path internal-level-2 | run release
ok 'with a held tenant the pipeline exits 1'            exits 1
ok '... which is refused'                               out_has '"code":"held-by-another-ring"'
jq -r 'select(.type == "refused").reason' out >reason
ok '... with a reason that names the ring that holds it' grep -qF 'atlas-metastore-ring-search-fix' reason
ok '... and the ring that asks for it'                  grep -qF 'atlas-metastore-ring-leangraph' reason
ok '... and with a message on standard error'           err_has 'beta'
ok '... and nothing is committed for any tenant'        untouched
ok '... as the results say'                             all_results withheld
path internal-level-2 | run release --partial
ok 'with --partial it exits 1 as well'                  exits 1
ok '... the others are committed'                       diff <(numstat | cut -f3) \
	<(printf 'tenants/%s/application.yaml\n' acme corvid ember fjord halcyon indigo)
ok '... and the held one is as it was'                  cmp <(manifest main beta) <(manifest release beta)
ok '... and still refused at the end of the pipeline'   out_has '"tenant":"beta"'
afresh
path partner-level-1 | run release --partial
ok 'an image that a person pinned is refused'           out_has '"code":"foreign-override"'
ok '... and is kept'                                     cmp <(manifest main gamma) <(manifest release gamma)
afresh

# Streams cut short, and programs killed

path internal-level-1 | labels2json >after.labels2json
cohort-resolve -C releases <after.labels2json >after.cohort-resolve
patches <after.cohort-resolve >after.mkpatch
after_labels2json() { cohort-resolve -C releases | patches | apply; }
after_cohort-resolve() { patches | apply; }
after_mkpatch() { apply; }
cut_at() {
	head -c "$2" "$1" | "${1/./_}" >out 2>err
	status=$?
	[ $status -eq 65 ] || echo "$1 cut at byte $2: status $status" >>uncaught
	[ -s err ] || echo "$1 cut at byte $2: no message" >>uncaught
}
for stage in labels2json cohort-resolve mkpatch; do
	stream=after.$stage
	size=$(stat -c %s $stream)
	: >uncaught
	offsets=$({ seq 0 $((size / 40 + 1)) "$size"; grep -ob '$' $stream | cut -d: -f1 | awk '{ print; print $1 + 1 }'; } |
		sort -nu | awk -v size="$size" '$1 < size')
	for offset in $offsets; do
		cut_at $stream "$offset"
	done
	ok "the stream of $stage, cut at each of $(wc -w <<<"$offsets") offsets: exits 65" diff /dev/null uncaught
	ok '... and nothing is touched' untouched
	: >uncaught
	for line in $(seq "$(wc -l <$stream)"); do
		sed "${line}d" $stream | "after_$stage" >out 2>err
		status=$?
		[ $status -eq 65 ] || echo "$stream without line $line: status $status" >>uncaught
	done
	ok "the stream of $stage, with any one line missing: exits 65" diff /dev/null uncaught
	ok '... and nothing is touched' untouched
done

# Each filter is killed while it waits for more input.
stage() {
	if [ "$1" = "$victim" ]; then
		sh -c 'echo $$ >"$0" && exec "$@"' pid "$@"
	else
		"$@"
	fi
}
# until_true COMMAND [ARG ...]: wait for it to succeed, ten seconds at most
until_true() {
	for _ in {1..500}; do
		! "$@" || return 0
		sleep 0.02
	done
	return 1
}
slowly() { cat && touch sent && until_true test -e killed; }
feed() { if [ "$1" = "$victim" ]; then slowly; else cat; fi; }
pipeline() {
	path internal-level-1 |
		feed labels2json | stage labels2json |
		feed cohort-resolve | stage cohort-resolve -C releases |
		feed mkpatch | stage mkpatch -C gitops -r release --service atlas --ring ring-leangraph --tag $sha |
		feed applypatch | stage applypatch -C gitops --branch release
}
for victim in labels2json cohort-resolve mkpatch applypatch; do
	for signal in KILL TERM; do
		rm -f pid sent killed
		pipeline >out 2>err &
		ok "$victim waits for more input" until_true test -s pid -a -e sent
		sleep 0.05
		kill -$signal "$(cat pid)"
		touch killed
		wait $!
		status=$?
		ok "$victim gets SIG$signal: the pipeline fails" not exits 0
		ok '... and nothing is touched' untouched
	done
done

# Failures of the environment

one_line() { err_lines 1; }
fails() {
	ok "$1: status $2" exits "$2"
	ok '... in one line' one_line
	ok '... and nothing is touched' untouched
}

for how in full no_out; do
	where=$([ $how = full ] && echo 'a full disk' || echo 'a closed standard output')
	path internal-level-1 | run $how labels2json
	fails "labels2json writes to $where" 74
	run $how cohort-resolve -C releases <after.labels2json
	fails "cohort-resolve writes to $where" 74
	run $how patches <after.cohort-resolve
	fails "mkpatch writes to $where" 74
	run $how apply <after.mkpatch
	fails "applypatch writes to $where" 74
done
run labels2json </dev/null
ok 'without labels, the stream is empty but complete' out_is <<<'{"type":"end","by":"labels2json","records":0,"refused":0}'
run cohort-resolve -C releases </dev/null
fails 'cohort-resolve gets an empty stream' 65
run patches </dev/null
fails 'mkpatch gets an empty stream' 65
run apply </dev/null
fails 'applypatch gets an empty stream' 65

mkdir no-repository broken && cp -R pristine/. broken && : >broken/.git/HEAD
run cohort-resolve -C not-there <after.labels2json
fails 'a missing releases directory' 66
for dir in not-there:66 no-repository:66 broken:74; do
	run mkpatch -C ${dir%:*} --service atlas --ring ring-leangraph --tag $sha <after.cohort-resolve
	fails "mkpatch -C ${dir%:*}" ${dir#*:}
	run applypatch -C ${dir%:*} --branch release <after.mkpatch
	fails "applypatch -C ${dir%:*}" ${dir#*:}
done
if [ "$(id -u)" -eq 0 ]; then
	cp -R pristine theirs && chown -R 12345 theirs
	run mkpatch -C theirs --service atlas --ring ring-leangraph --tag $sha <after.cohort-resolve
	fails 'mkpatch in a repository that another user owns' 77
	run applypatch -C theirs --branch release <after.mkpatch
	fails 'applypatch in a repository that another user owns' 77
fi
run mkpatch -C gitops -r nowhere --service atlas --ring ring-leangraph --tag $sha <after.cohort-resolve
fails 'an unknown revision' 66
run applypatch -C gitops --branch nowhere <after.mkpatch
fails 'an unknown branch' 66
RING_CATALOG=not-there run patches <after.cohort-resolve
fails 'a missing catalogue' 66
sed 's/^services:/sevices:/' releases/ring.yaml >wrong.yaml
RING_CATALOG=wrong.yaml run patches <after.cohort-resolve
fails 'an invalid catalogue' 78
ok '... with its file and line' err_has 'wrong.yaml:'
RING_CATALOG=wrong.yaml run cohort-resolve -C releases <after.labels2json
fails 'the same for cohort-resolve' 78
RING_CATALOG=wrong.yaml run eval 'path internal-level-1 | release'
ok 'the pipeline fails with this catalogue' not exits 0
ok '... and nothing is touched' untouched
service=atals
run patches <after.cohort-resolve
fails 'a service that is not in the catalogue' 2
service=atlas

# Tags that YAML would not read as strings

cat >strings.py <<'END'
# strings.py TAG TENANT ...: check that YAML 1.1 and 1.2 read the tag as this string wherever it was written
import io, subprocess, sys, yaml, ruamel.yaml

def yaml12(text):
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    return list(reader.load_all(io.StringIO(text)))

readers = {"1.1": lambda text: list(yaml.safe_load_all(text)), "1.2": yaml12}
tag, image = sys.argv[1], "ghcr.io/atlanhq/atlas-metastore-ring-leangraph"
for tenant in sys.argv[2:]:
    path = f"release:tenants/{tenant}/application.yaml"
    text = subprocess.run(["git", "-C", "gitops", "cat-file", "blob", path], check=True, stdout=-1).stdout.decode("utf-8-sig")
    for version, load in readers.items():
        spec = [doc for doc in load(text) if doc["kind"] == "Application"][0]["spec"]
        sources = [s for s in spec.get("sources", [spec.get("source")]) if "atlan" in (s.get("chart"), s["repoURL"].split("/")[-1])]
        helm = sources[0]["helm"]
        values = helm["valuesObject"] if "valuesObject" in helm else load(helm["values"])[0]
        for chart in "atlas", "atlas-read":
            got = values[chart]["atlas"]["image"]
            if (got["repository"], got["tag"]) != (image, tag):
                sys.exit(f"YAML {version} reads {got} in {tenant}")
END
some='acme corvid delta ember fjord halcyon indigo juniper kestrel mistral'
for tag in 1e3 0644 on null 20240101 2024-01-01 1_000 5e12345 0x1F 0o17 0b11 1.5 y No off 685230 12e03 0_ 1-2; do
	name $some | run release
	[ "$status" -eq 0 ] && python3 strings.py "$tag" $some >why 2>&1
	status=$?
	cp why err
	ok "the tag $tag is a string for every reader, in every shape of values" exits 0
done
tag=$sha
afresh

# Hostile labels

plain_err() { ! LC_ALL=C grep -q '[^ -~]' err; }
hostile() {
	local what=$1
	run release
	ok "$what: refused" exits 1
	ok '... in one printable line' eval 'err_lines 1 && plain_err'
	ok '... and nothing is touched' untouched
	ok '... and no command of the label has run' test ! -e run-by-a-label
}
good=cohort:github:path:internal-level-1
printf '%s\n' $good 'cohort:github:path:$(touch run-by-a-label)' | hostile 'a command in $()'
printf '%s\n' $good 'cohort:github:path:`touch run-by-a-label`' | hostile 'a command in backquotes'
printf '%s\n' $good 'cohort:github:path:x;touch run-by-a-label' | hostile 'a command behind ;'
printf '%s\n' $good 'cohort:github:path:../../etc/passwd' | hostile 'a way out'
printf '%s\n' $good 'cohort:github:path:..' | hostile 'two dots'
printf '%s\n' $good 'cohort:github:path:.git' | hostile '.git'
printf '%s\n' $good 'cohort:github:path:x:y' | hostile 'a fifth part'
printf '%s\n' $good 'cohort:github:path:' | hostile 'an empty part'
printf '%s\n' $good $'cohort:github:path:\e[2Jx' | hostile 'ESC'
printf '%s\n' $good $'cohort:github:path:x\u200by' | hostile 'U+200B'
printf '%s\n' $good $'cohort:github:path:\xff\xfe' | hostile 'invalid UTF-8'
printf '{"labels":[{"name":"%s"},{"name":"cohort:github:path:x\\ny"}]}' $good | hostile 'a newline'
printf '{"labels":[{"name":"%s"},{"name":"cohort:github:path:x\\u001b]0;y\\u0007"}]}' $good | hostile 'ESC in JSON'
printf '{"labels":[{"name":"%s"},{"name":"cohort:github:path:x\\u0000y"}]}' $good | hostile 'NUL in JSON'
printf '%s\0' $good $'cohort:github:path:x\ny' | null=-0 hostile 'a newline between NULs'
printf '%s\n' $good 'cohort:github:path:nobody-there' | hostile 'a cohort that is not there'
printf '%s\n' $good 'cohort:nonsense:path:x' | hostile 'a source that is not there'
broken_json() {
	run release
	ok "$1: the input is invalid" exits 65
	ok '... and nothing is touched' untouched
}
printf '{"labels":[{"name":"%s"},{"name":"cohort:github:path:\xff"}]}' $good | broken_json 'invalid UTF-8 in JSON'
printf '{"labels":[{"name":"%s"' $good | broken_json 'half of a JSON text'
path_record() { jq -nc --arg v "$1" '{type: "selector", label: "x", source: "github", key: "path", value: $v}' | framed labels2json; }
for value in ../../etc/passwd /etc/passwd .git/config 'a/../../b' ''; do
	path_record "$value" | run after_labels2json
	ok "a hand-written selector for \"$value\" is refused" not exits 0
	ok '... and nothing is touched' untouched
done
jq -c 'if .type == "patch" and .tenant == "acme" then .path = "../../../etc/passwd" else . end' after.mkpatch | run apply
ok 'a hand-written patch for a path outside the repository is not applied' not exits 0
ok '... and nothing is touched' untouched

finish
