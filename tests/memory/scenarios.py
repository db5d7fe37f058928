"""Scenarios for memory.py, ../damage/damage.py and ../calls/calls.py: a world of small repositories and inputs, and commands in it."""
import os, subprocess, typing

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def environment(base):
    keep = {name: value for name, value in os.environ.items() if not name.startswith(('GIT_', 'RING', 'MEMORY_', 'LC_', 'LANG'))}
    home = os.path.join(base, 'home')
    return dict(keep, HOME=home, XDG_CONFIG_HOME=home, GIT_CONFIG_NOSYSTEM='1', GIT_TEMPLATE_DIR=os.path.join(home, 'none'),
                LC_ALL='C', TZ='UTC', SOURCE_DATE_EPOCH='1700000000', GIT_AUTHOR_NAME='Ann', GIT_AUTHOR_EMAIL='ann@example.com',
                GIT_AUTHOR_DATE='1700000000 +0000', GIT_COMMITTER_DATE='1700000000 +0000', GIT_COMMITTER_NAME='Ann',
                GIT_COMMITTER_EMAIL='ann@example.com', top=TOP, world=os.path.join(base, 'world'))


def make_world(base):
    for name in 'home/none', 'world':
        os.makedirs(os.path.join(base, name))
    env = environment(base)
    subprocess.run(['git', 'config', '--global', 'init.defaultBranch', 'main'], env=env, check=True)
    made = subprocess.run(['bash', '-euo', 'pipefail', '-c', WORLD], cwd=env['world'], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        raise SystemExit(f'the world cannot be made: {made.stdout}')


class Scenario(typing.NamedTuple):
    name: str
    command: str        # bash's words; run in the world, or in a copy of the directories that it writes to
    given: str = ''     # the file of the world that is its standard input
    writes: str = ''    # directories of the world that it writes to, the first with its branches
    form: str = 'records'   # of its output; 'lines': each is true by itself; 'whole': only all of it is
    status: int = 0
    least: int = 20     # allocations that it makes at least


# $top is the checkout, $world the directory that this runs in
WORLD = r'''
export RING_CATALOG=$top/examples/releases/ring.yaml
sha=5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a
commit() { git -C "$1" add -A && git -C "$1" commit -qm "${2-x}"; }
# repo NAME DIR: the files of DIR in one commit on main, which is not checked out
repo() { cp -R "$2" "$1" && git -C "$1" init -q && commit "$1" 'As it was' && git -C "$1" switch -q --detach; }
framed() { awk '{ print; n++; r += /"type":"refused"/ } END { printf "{\"type\":\"end\",\"by\":\"test\",\"records\":%d,\"refused\":%d}\n", n, r }'; }
tenants() { printf '{"type":"tenant","tenant":"%s","cohorts":["github:path:internal-level-1"]}\n' "$@" | framed; }

# Labels and cohorts
cp "$top/examples/labels.json" "$top/examples/webhook.json" .
printf 'cohort:github:path:internal-level-1\nbug\ncohort:tenant:name:acme\n' >labels.txt
tr '\n' '\0' <labels.txt >labels.0
printf 'cohort:github:path:internal-level-1\ncohort:nowhere\ncohort:github:path:blue\n' >labels.refused
labels2json <labels.json >selectors
cat >actors.json <<'END'
[{"id":1,"event":"labeled","actor":{"login":"ann","id":7},"label":{"name":"cohort:github:path:internal-level-1"},"created_at":"2026-01-02T03:04:05Z"},
{"id":2,"event":"unlabeled","actor":null,"label":{"name":"cohort:tenant:name:acme"},"created_at":"2026-01-02T03:04:06Z"}]
{"team":"o/t","members":[{"login":"Ann","id":7},{"login":"bob","id":8}]}{"team":"o/u","members":null}{"complete":true,"pull_request":1}
END
printf 'cohort:github:path:%s\n' internal-level-1 partner-level-1 blue | labels2json >selectors.refused
repo releases "$top/examples/releases"

# The examples' manifests, and some whose shapes are harder
mkdir made && for t in acme beta delta lumen; do mkdir -p made/tenants && cp -R "$top/examples/gitops/tenants/$t" made/tenants/$t; done
repo gitops made
tenants acme delta >two
tenants acme beta lumen >three
tenants lumen >lumen
tenants acme >acme
{ cat "$top/examples/releases/ring.yaml"; printf 'allowed: {"github:path:internal-level-1": [ann]}\nmerge: {set: "github:path:internal-level-1", per-day: 3}\n'; } >merge.yaml
{ cat "$top/examples/releases/ring.yaml"; printf 'gitops: [{repository: o/eu, tenants: ["*"]}, {repository: o/us, tenants: [zeta, acme*x]}]\n'; } >fleet.yaml
cohort-resolve -q -C releases -c fleet.yaml --gitops o/us <selectors >elsewhere
patches() { mkpatch -q -C gitops -r main --service atlas --ring ring-leangraph --tag $sha "$@" || [ $? -eq 1 ]; }
patches <two >patches
patches <three >patches.refused
ringls -C gitops -r main >held
head -n 1 patches | jq -c '.edits[0].patch' >patch.json
cp gitops/tenants/acme/application.yaml acme.yaml
printf 'a: &x {b: 1, c: "two"}\nd: *x\ne: [1, 2]\n' >anchors.yaml
echo '[{"op":"add","path":"/e/-","value":{"f":"a\nb"}},{"op":"remove","path":"/a/b"}]' >anchors.patch
mkdir picked && cp -R "$top"/tests/manifests/ring.yaml picked/
pick() { for f; do mkdir -p picked/${f%/*} && cp "$top"/tests/manifests/$f picked/${f%/*}; done; }
pick argo/{amberline,as-json,double-quoted,folded,literal-keep,flow-values,merge-defaults,image-alias,crlf,single-quoted,broken-values}.* \
	flux/{harvest,merge-key-image,certificates,values-from}.* values/{json-values,documents,shared-anchor,kinds-of-literals,quoted-keys}.*
repo field picked
tenants double-quoted folded literal-keep single-quoted >strings
tenants as-json json-values >json
tenants merge-defaults image-alias merge-key-image shared-anchor >anchored
tenants harvest certificates values-from >flux
tenants amberline crlf flow-values documents kinds-of-literals quoted-keys >plain
tenants broken-values nobody >broken
field() { mkpatch -q -C field -r main -c field/ring.yaml --service checkout --ring ring-a --tag 1e3f00d || [ $? -eq 1 ]; }
cat strings json anchored plain | grep tenant\" | framed | field | grep -v '"type":"refused"' | grep -v '"type":"end"' | framed >patches.field

# Elements of ApplicationSets, files of them, and HelmReleases
for name in applicationsets helmreleases applications; do
	repo $name "$top/tests/repos/$name/gitops"
	cp -R "$top/tests/repos/$name/releases" releases.$name
done
of() { labels2json -q | cohort-resolve -q -C releases.$1 -c releases.$1/ring.yaml || [ $? -eq 1 ]; }
echo cohort:github:path:shops | of applicationsets >shops
echo cohort:github:path:carriers | of applicationsets >carriers
echo cohort:github:path:utilities | of helmreleases >utilities

# Proposals: one of another ring, and one of the same
git -C gitops switch -qc release/heracles/ring-other main
sed -i 's/^        heracles:/&\n          image: {repository: ghcr.io\/atlanhq\/heracles-ring-other, tag: x}/' gitops/tenants/acme/application.yaml
commit gitops && git -C gitops switch -q --detach main
git clone -q --bare gitops proposed.git && git clone -q proposed.git proposed
git -C proposed switch -q --detach && git -C proposed remote set-url origin ../proposed.git
echo '[{"headRefName": "release/heracles/ring-other", "state": "OPEN", "isCrossRepository": false}]' >open.json
applypatch -q -C gitops --branch p --onto main <patches >proposal
cp -R gitops withdrawn && git -C withdrawn pack-refs --all
framed </dev/null | patches >none
git -C gitops branch -qD p
git clone -q --bare gitops push.git && git clone -q push.git push
git -C push remote set-url origin ../push.git && git -C push switch -q --detach
cp -R gitops signed && ssh-keygen -q -t ed25519 -N '' -C ann -f key
git -C signed config gpg.format ssh && git -C signed config user.signingKey "$world/key.pub"
cp -R gitops checked && git -C checked switch -q main
git clone -q --bare gitops packed
mkpatch -C gitops -r main -c merge.yaml --service heracles --ring ring-leangraph --tag x <two >unattended
mkdir applied && cp -R gitops applied/r && applypatch -q -C applied/r --branch main <patches >/dev/null
git -C applied/r switch -q --detach main

# The same images as live patches, and a person who takes them away again
for t in acme delta; do python3 "$top/tests/live/object.py" applied/r/tenants/$t/application.yaml; done >live.json
ringls --apps live.json >live
cp -R applied reverted && git -C reverted/r switch -q main && git -C reverted/r checkout -q main~1 -- tenants/acme && commit reverted/r 'No' &&
	git -C reverted/r switch -q --detach main

# A service, its rings, and the charts that deploy it
git init -q service && git -C service commit -q --allow-empty -m base
old=$(git -C service rev-parse HEAD)
git -C service switch -qc ring-leangraph && echo 1 >service/a && commit service 'Half the heap'
head=$(git -C service rev-parse HEAD)
git -C service switch -q main && git -C service merge -q --no-ff -m merge ring-leangraph && git -C service switch -q --detach
git -C service update-ref refs/heads/master main && merge=$(git -C service rev-parse main)
cp -R "$top/examples/charts" charts && git -C charts init -q
chart() {
	sed -i "s/^version: .*/version: $1/; s/-master\.[0-9a-f]*abcd/-master.${2:0:12}abcd/" charts/charts/atlan/Chart.yaml
	sed -i "s/main-.*/main-$2/" charts/charts/atlan/values.yaml
	commit charts "$1" && git -C charts tag "atlan-$1"
}
chart 1.3.0 $old && chart 1.4.0 $merge
override() { printf '{"type":"override","tenant":"acme","path":"tenants/acme/application.yaml","service":"%s","chart":"%s","ring":"ring-leangraph","image":{"repository":"x","tag":"%s"},"commit":"%s","target_revision":"%s"}\n' $1 $2 $3 $3 $4; }
{ override heracles heracles $head 1.3.0; override heracles heracles $head 1.4.0; override atlas atlas $head 1.4.0; } | framed >overrides
python3 "$top/tests/live/object.py" gitops/tenants/acme/application.yaml | jq '{apiVersion: "v1", items: [.], kind: "List"}' >apps.json
{ cat releases/ring.yaml; printf 'waves: [{cohort: tenant:name:acme, soak: 1h}, {cohort: github:path:internal-level-1}]\n'; } >waves.yaml
ringlive -c releases/ring.yaml --as-of 2026-11-01T10:20:00Z --apps apps.json <overrides >running
touch -d '+1 day' running	# ringwave refuses a list of ten minutes ago
printf '1.3.0\n1.4.0\n' >index
for f in gh-pr-list gh-pr-view gh-run-list rest-pull rest-pulls rest-runs; do sed "s/HEAD/$head/" "$top/tests/payloads/$f.json" >$f.json; done
ringcheck -q --service atlas --runs gh-run-list.json -C service <gh-pr-view.json >release || [ $? -eq 1 ]
override atlas atlas $head 1.4.0 | framed >held.atlas
cp -R charts charts.bad && sed -i 's/repository:/repositories:/' charts.bad/charts/atlan/charts/*/values.yaml && commit charts.bad

# Rings: of a clean merge, of one by lines, of one that only Git makes
ten() { printf '%s\n' one two three four five six seven eight nine ten | sed "$@"; }
git init -q rings && cd rings
ten '' >app.txt && ten '' >other.txt && mkdir -p dir/deep && ten '' >dir/deep/file.txt && commit . base
for ring in clean hunk gone moved; do git branch -q ring-$ring; done
git switch -q ring-clean && ten 's/two/clean/' >other.txt && commit .
git switch -q ring-hunk && ten 's/two/ring/; s/nine/ring nine/' >app.txt && commit .
git switch -q ring-gone && git rm -q dir/deep/file.txt && commit .
git switch -q ring-moved && git mv app.txt moved.txt && commit .
git switch -q main && ten '1i zero' | sed 's/two/main\nmain too/; /nine/d' >app.txt && ten 's/one/main/' >dir/deep/file.txt && commit . main
git switch -q --detach && cd ..
git clone -q --bare rings rings.git && git clone -q rings.git ringclone
git -C ringclone remote set-url origin ../rings.git && git -C ringclone switch -q --detach
for ring in clean hunk gone moved; do echo ring-$ring >names.$ring; done
printf 'ring-clean\nring-hunk\n' >names

# Conflicts of types and names, which only --conflicts=ring resolves, and two merge bases
git init -q kinds && cd kinds
mkdir -p moved file-or-dir
for f in lines both-renamed renamed-away deleted moved/one moved/two mode; do ten "s|one|$f|" >$f; done
printf '1\0' >binary && ln -s one link
seq 20 >file-or-dir/one && seq 40 60 >dir-or-file && mkdir sub
sub() { git update-index --add --cacheinfo "160000,$(printf "$1%.0s" {1..40}),sub"; }
sub 1 && commit . base && git branch ring-kinds && git branch ring-crossed
git switch -q ring-kinds
printf '2\0' >binary && ln -sf two link && ten 's/two/ring/' >lines && ten 's/two/ring/; s/one/deleted/' >deleted && chmod +x mode
git mv both-renamed ring-name && git mv moved elsewhere && git rm -q renamed-away && git rm -qr file-or-dir && echo 1 >file-or-dir
rm dir-or-file && mkdir dir-or-file && echo 2 >dir-or-file/one && ten 's/one/ring/' >added && sub 2 && commit . ring
git switch -q main && printf '3\0' >binary && ln -sf three link && ten 's/two/main/' >lines && git rm -q deleted && ten 's/ten/main/' >mode
git mv both-renamed main-name && ten 's/one/renamed-away/; s/two/main/' >renamed-away && git mv renamed-away renamed
ten '1i zero' >moved/three && seq 21 >file-or-dir/one && seq 40 61 >dir-or-file && ten 's/one/main/' >added
sub 3 && commit . main
git switch -q ring-crossed && ten 's/nine/ring/; s/one/lines/' >lines && commit . one && git branch was
git merge -q -s ours -m crossed main && git switch -q main && git merge -q -s ours -m crossed was
ten 's/nine/main/; s/one/lines/' >lines && commit . after && git switch -q ring-crossed && ten 's/nine/later/; s/one/lines/' >lines
commit . after && git switch -q --detach && cd ..
printf 'ring-kinds\nring-crossed\n' >names.kinds

# Results to report
applypatch -n -q -C gitops --branch main --partial <patches.refused >results || [ $? -eq 1 ]
cp results report
'''

CATALOG = '-c $world/releases/ring.yaml'
FIELD = f'mkpatch -C field -r main -c field/ring.yaml --service checkout --ring ring-a --tag 1e3f00d'
MKPATCH = f'mkpatch -C gitops -r main {CATALOG} --service atlas --ring ring-leangraph --tag 5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a'
HERACLES = f'mkpatch {CATALOG} --service heracles --ring ring-leangraph --tag 5e0c1f7a'

ALL = [
    Scenario('labels-json', 'labels2json', 'labels.json'),
    Scenario('labels-webhook', 'labels2json -q', 'webhook.json'),
    Scenario('labels-lines', 'labels2json', 'labels.txt'),
    Scenario('labels-nul', 'labels2json -0', 'labels.0'),
    Scenario('labels-refused', 'labels2json', 'labels.refused', status=1),
    Scenario('labels-actors', 'labels2json --actors actors.json', 'labels.txt'),
    Scenario('labels-release', 'labels2json', 'release'),
    Scenario('labels-usage', 'labels2json --frob', status=2, form='whole', least=1),

    Scenario('cohort-files', f'cohort-resolve {CATALOG} -C releases', 'selectors', least=200),
    Scenario('cohort-rev', f'cohort-resolve {CATALOG} -C releases -r main', 'selectors', least=2000),
    Scenario('cohort-fleet', 'cohort-resolve -C releases -c fleet.yaml --gitops o/eu', 'selectors', least=200),
    Scenario('cohort-refused', f'cohort-resolve {CATALOG} -C releases', 'selectors.refused', status=1, least=200),

    Scenario('mkpatch-set', MKPATCH, 'two', least=2000),
    Scenario('mkpatch-refused', MKPATCH, 'three', status=1, least=2000),
    Scenario('mkpatch-clear', f'mkpatch -C gitops -r main {CATALOG} --remove', 'held', least=2000),
    Scenario('mkpatch-reconcile', MKPATCH + ' --reconcile --max-clear 5', 'two', least=2000),
    Scenario('mkpatch-clears', f'mkpatch -C applied/r -r main {CATALOG} --service atlas --ring ring-leangraph --tag x --reconcile',
             'lumen', least=2000),
    Scenario('mkpatch-elsewhere', 'mkpatch -C applied/r -r main -c fleet.yaml --service atlas --ring ring-leangraph --tag x --reconcile',
             'elsewhere', least=2000),
    Scenario('mkpatch-rfc6902', MKPATCH + ' --rfc6902', 'acme', least=2000),
    Scenario('mkpatch-release', f'mkpatch -C gitops -r main {CATALOG} --release release', 'two', least=2000),
    Scenario('mkpatch-pending', HERACLES + " -C gitops -r main --pending 'release/*'", 'two', status=1, least=2000),
    Scenario('mkpatch-proposals', HERACLES + ' -C proposed -r origin/main --proposals origin --open open.json', 'two', status=1, least=2000),
    Scenario('mkpatch-adopt', f'mkpatch -C gitops -r main {CATALOG} --adopt', 'live', least=2000),
    Scenario('mkpatch-reverts', MKPATCH.replace('gitops', 'reverted/r') + ' --respect-reverts', 'two', status=1, least=2000),
    Scenario('mkpatch-unattended', MKPATCH.replace(CATALOG, '-c merge.yaml').replace('gitops', 'applied/r'), 'two', least=2000),
    Scenario('mkpatch-strings', FIELD, 'strings', least=2000),
    Scenario('mkpatch-json', FIELD, 'json', status=1, least=2000),
    Scenario('mkpatch-anchors', FIELD, 'anchored', status=1, least=2000),
    Scenario('mkpatch-flux', FIELD, 'flux', status=1, least=2000),
    Scenario('mkpatch-plain', FIELD, 'plain', status=1, least=2000),
    Scenario('mkpatch-broken', FIELD, 'broken', status=1, least=2000),
    Scenario('mkpatch-elements', 'mkpatch -C applicationsets -r main -c releases.applicationsets/ring.yaml --service tracking --ring ring-a --tag 41207e5', 'shops', status=1, least=2000),
    Scenario('mkpatch-set-files', 'mkpatch -C applicationsets -r main -c releases.applicationsets/ring.yaml --service printer --ring ring-a --tag 41207e5', 'carriers', status=1, least=2000),
    Scenario('mkpatch-helmrelease', 'mkpatch -C helmreleases -r main -c releases.helmreleases/ring.yaml --service meter --ring ring-a --tag 41207e5', 'utilities', status=1, least=2000),

    Scenario('patch', 'applypatch --patch patch.json', 'acme.yaml', form='whole', least=100),
    Scenario('patch-check', 'applypatch --patch patch.json --check --strict', 'acme.yaml', form='whole', least=100),
    Scenario('patch-anchors', 'applypatch --patch anchors.patch', 'anchors.yaml', form='whole', status=1, least=100),
    Scenario('apply-dry-run', 'applypatch -n -C gitops --branch main', 'patches', least=2000),
    Scenario('apply-diff', 'applypatch -n --diff -C gitops --branch main', 'patches', form='lines', least=2000),
    Scenario('apply-field', 'applypatch -n --partial -C field --branch main', 'patches.field', least=2000),
    Scenario('apply-refused', 'applypatch -C gitops --branch main', 'patches.refused', 'gitops', status=1, least=2000),
    Scenario('apply', 'applypatch -C gitops --branch main', 'patches', 'gitops', least=2000),
    Scenario('apply-packed', 'applypatch -C packed --branch main --trailer "A: b"', 'patches', 'packed', least=2000),
    Scenario('apply-signed', 'applypatch -C signed --branch main --sign', 'patches', 'signed', least=2000),
    Scenario('apply-worktree', 'applypatch -C checked --branch main --update-worktree', 'patches', 'checked', least=2000),
    Scenario('apply-in-use', 'applypatch -C checked --branch main', 'patches', 'checked', status=77, least=2000),
    Scenario('propose', 'applypatch -C gitops --branch p --onto main', 'patches', 'gitops', least=2000),
    Scenario('propose-unattended', 'applypatch -C gitops --branch p --onto main', 'unattended', 'gitops', least=2000),
    Scenario('withdraw', 'applypatch -C withdrawn --branch p --onto main', 'none', 'withdrawn', least=2000),
    Scenario('push', 'applypatch -C push --branch main --push origin', 'patches', 'push.git push', least=2000),
    Scenario('push-propose', 'applypatch -C push --branch p --onto main --push origin', 'patches', 'push.git push', least=2000),

    Scenario('ringls', f'ringls {CATALOG} -C gitops -r main', least=2000),
    Scenario('ringls-apps', f'ringls {CATALOG} --apps live.json', least=200),
    Scenario('ringls-since', f'ringls {CATALOG} -C applied/r -r main --since', least=2000),
    Scenario('ringls-remote', f'ringls {CATALOG} -C proposed --proposals origin', least=2000),
    Scenario('ringls-everywhere', f'ringls {CATALOG} -C applied/r -r main --everywhere --since', least=2000),
    Scenario('ringgate', f'ringgate {CATALOG} -C service --charts charts', 'overrides', least=2000),
    Scenario('ringgate-index', f'ringgate {CATALOG} -C service --charts charts --index index --service heracles', 'overrides', least=2000),
    Scenario('ringlive', f'ringlive {CATALOG} --as-of 2026-11-01T10:20:00Z --apps apps.json', 'overrides', least=200),
    Scenario('ringwave', f'ringwave -c waves.yaml -C releases --held running --service heracles --ring ring-leangraph --tag x '
             '--as-of 2026-11-01T10:20:00Z', 'two', least=200),
    Scenario('ringcheck-view', f'ringcheck {CATALOG} --service atlas --runs gh-run-list.json', 'gh-pr-view.json', least=200),
    Scenario('ringcheck-rest', f'ringcheck {CATALOG} --service atlas --runs rest-runs.json -C service --held held.atlas', 'rest-pulls.json', least=2000),
    Scenario('ringlint', f'ringlint {CATALOG} --charts charts -C gitops -r main', least=2000),
    Scenario('ringlint-finds', f'ringlint {CATALOG} --charts charts.bad', status=1, least=200),
] + [
    Scenario(f'report-{form}', f'ringreport --format={form}', 'report', form='whole', status=1, least=100)
    for form in ('markdown', 'html', 'text', 'slack', 'github')
] + [
    Scenario('sync-dry-run', 'ringsync -n -C rings --from main', 'names', 'rings', least=2000),
    Scenario('sync-clean', 'ringsync -C rings --from main', 'names.clean', 'rings', least=2000),
    Scenario('sync-lines', 'ringsync -C rings --from main', 'names', 'rings', least=2000),
    Scenario('sync-gone', 'ringsync -C rings --from main --conflicts=ring', 'names.gone', 'rings', least=2000),
    Scenario('sync-whole', 'ringsync -C rings --from main', 'names.moved', 'rings', least=2000),
    Scenario('sync-kinds', 'ringsync -C kinds --from main --conflicts=ring', 'names.kinds', 'kinds', least=2000),
    Scenario('sync-push', 'ringsync -C ringclone --from main --remote origin --push', 'names', 'rings.git ringclone', least=2000),
]
