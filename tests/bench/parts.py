"""The parts of the benchmark, except the whole pipeline: start-up, edit, scan, commit, ring sync."""
import difflib
import json
import os
import re
import shutil
import statistics
import subprocess
import time

from harness import Contender, Row, paired, require, run, values
from repos import HERE, Repo

PYTHON = '/usr/bin/python3'
FEW = 20


def fresh(*names):
    directory = os.path.join(*names)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    return directory


def read(*names):
    with open(os.path.join(*names), newline='') as file:
        return file.read()


def write(text, *names):
    with open(os.path.join(*names), 'w') as file:
        file.write(text)
    return os.path.join(*names)


# Start-up

def start(bench):
    """Measure what starting costs, and one fsync of a new file; keep both for the goal of the pipeline."""
    filters = sorted(os.listdir(bench.tools['bin']))
    contenders = [Contender('true', [['/bin/true']]), Contender('jq', [['jq', '-n', '1']]), Contender('git', [['git', '--version']])]
    contenders += [Contender(name, [[name, '--version']]) for name in filters]
    bench.started = bench.contest('start-up', 'say the version', contenders, 5 if bench.quick else 41, 'jq')
    row = Row('start-up', 'write and fsync one file of 4 KiB', 'fsync', 0, 'fsync')
    for number in range(len(bench.started['true'].runs)):
        name = bench.path('fsync')
        began, cpu = time.monotonic(), time.process_time()
        with open(name, 'wb') as file:
            file.write(b'x' * 4096)
            file.flush()
            os.fsync(file.fileno())
        row.runs.append((time.monotonic() - began, time.process_time() - cpu, None))
        row.ratios.append(1)
        os.remove(name)
    bench.rows.append(row)
    bench.fsync = row


# Edit

def same_values(text, expected, who):
    """The manifests must be alike to readers, also inside the string that holds Helm values."""
    found = []
    for document in values(text), values(expected):
        helm = document[0]['spec']['source']['helm']
        if 'values' in helm:
            helm['values'] = values(helm['values'])
        found.append(document)
    require(found[0] == found[1], '%s: other values' % who)


def further_lines(old, new, least):
    """Count the lines that differ, beyond those that must."""
    return sum(line[0] in '+-' for line in difflib.ndiff(old.splitlines(True), new.splitlines(True))) - least


def edit_one(bench):
    """One tag is replaced in one manifest, by one run of each program."""
    made = fresh(bench.path('edit'))
    run(PYTHON, os.path.join(HERE, 'edit-manifests.py'), '1', 'map', made)
    old, operations = read(made, '0.yaml'), json.loads(read(made, 'edits.jsonl'))[0]['patch']
    tag = operations[0]['value']
    patch = write(json.dumps(operations), made, 'patch.json')
    outs = {who: os.path.join(fresh(made, who), '0.yaml') for who in ('ours', 'yq', 'kubectl', 'ruamel')}

    catalog = write(read(bench.tools['top'], 'examples/releases/ring.yaml').replace('      atlas-read: atlas/image\n', ''), made, 'ring.yaml')
    git = os.path.join(made, 'git')
    run('git', 'init', '-q', '--initial-branch=main', git)
    os.makedirs(os.path.join(git, 'tenants/acme'))
    shutil.copy(os.path.join(made, '0.yaml'), os.path.join(git, 'tenants/acme/application.yaml'))
    run('git', '-C', git, 'add', '-A')
    run('git', '-C', git, 'commit', '-qm', 'As it was')
    run('git', '-C', git, 'branch', 'release')
    tenant = write('{"type":"tenant","tenant":"acme","cohorts":["tenant:name:acme"]}\n{"type":"end","by":"bench","records":1,"refused":0}\n',
                   made, 'tenants')

    new = {}

    def alike(who):
        text = run('git', '-C', git, 'show', 'release:tenants/acme/application.yaml') if who == 'git' else read(outs[who])
        require(text != old, '%s: nothing has changed' % who)
        require('ours' in new or who == 'ours', 'applypatch --patch comes first')
        new[who] = text
        same_values(text, new['ours'], who)

    def back(who):
        shutil.copy(os.path.join(made, '0.yaml'), outs[who])

    contenders = [
        Contender('applypatch --patch', [['applypatch', '--patch', patch]], stdin=os.path.join(made, '0.yaml'), stdout=outs['ours'],
                  check=lambda: alike('ours')),
        Contender('mkpatch and applypatch, a commit', [
            ['mkpatch', '-c', catalog, '-C', git, '-r', 'release', '--service', 'atlas', '--ring', 'ring-x', '--tag', tag],
            ['applypatch', '-C', git, '--branch', 'release']], stdin=tenant,
            before=lambda: run('git', '-C', git, 'update-ref', 'refs/heads/release', 'main'), check=lambda: alike('git')),
        Contender('yq -y --in-place', [['yq', '-y', '--in-place', '.spec.source.helm.valuesObject.atlas.atlas.image.tag = "%s"' % tag, outs['yq']]],
                  before=lambda: back('yq'), check=lambda: alike('yq')),
        Contender('kubectl patch --local', [[bench.tools['kubectl'], 'patch', '--local', '-f', os.path.join(made, '0.yaml'), '--type', 'json',
                                             '-o', 'yaml', '--patch-file', patch]], stdout=outs['kubectl'], check=lambda: alike('kubectl')),
        Contender('ruamel.yaml', [[PYTHON, os.path.join(HERE, 'ruamel-edit.py'), made, '1', os.path.dirname(outs['ruamel'])]],
                  check=lambda: alike('ruamel'))]
    rows = bench.contest('edit', 'one tag in one manifest of %d bytes, in a process' % len(old), contenders, 5 if bench.quick else 21,
                         'applypatch --patch')
    for who, contender in zip(('ours', 'git', 'yq', 'kubectl', 'ruamel'), contenders):
        rows[contender.name].further = further_lines(old, new[who], 2)


def edit_many(bench, kind):
    """One tag is replaced in each of many manifests, by one process of each library.

    The tokens of npm yaml cannot write a block scalar into another without spoiling its indentation.
    """
    count = 20 if bench.quick else 200
    made = fresh(bench.path('edit-many'))
    run(PYTHON, os.path.join(HERE, 'edit-manifests.py'), str(count), kind, made)
    outs = {who: fresh(made, who) for who in ('ours', 'document', 'cst', 'ruamel', 'events')}

    def alike(who):
        for n in range(count):
            same_values(read(outs[who], '%d.yaml' % n), read(outs['ours'], '%d.yaml' % n), '%s: %d.yaml' % (who, n))

    node = ['node', os.path.join(HERE, 'edit.mjs')]
    npm = {'NPM': bench.tools['npm']}
    contenders = {
        'ours': Contender('ringkit, verified', [[bench.tools['edit'], 'edit', made, str(count), outs['ours']]]),
        'document': Contender('npm yaml, Document', [node + ['document', made, str(count), outs['document']]], env=npm),
        'cst': Contender('npm yaml, CST', [node + ['cst', made, str(count), outs['cst']]], env=npm),
        'ruamel': Contender('ruamel.yaml', [[PYTHON, os.path.join(HERE, 'ruamel-edit.py'), made, str(count), outs['ruamel']]]),
        'events': Contender('libfyaml, which only reads', [[bench.tools['edit'], 'events', made, str(count), outs['events']]])}
    if kind == 'string':
        del contenders['cst']
    for who, contender in contenders.items():
        contender.check = (lambda who=who: alike(who)) if who != 'events' else None
    rows = bench.contest('edit', 'one tag in each of %d manifests%s, in one process' % (count, ', in its string of values' if kind == 'string' else ''), contenders.values(),
                         3 if bench.quick else 5, 'ringkit, verified', items=count)
    for who, contender in contenders.items():
        if who != 'events':
            rows[contender.name].further = sum(further_lines(read(made, '%d.yaml' % n), read(outs[who], '%d.yaml' % n), 2)
                                               for n in range(count))


def edit(bench):
    edit_one(bench)
    edit_many(bench, 'map')
    edit_many(bench, 'string')


# Scan

def overrides(text):
    """The tenants and tags of ringls, git grep and yq, each in its own words."""
    found = set()
    if text.startswith('{'):
        for line in text.splitlines():
            record = json.loads(line)
            if record['type'] == 'override':
                found.add((record['tenant'], record['image']['tag']))
    elif text.startswith('main:'):
        for line in text.splitlines():
            if ' tag: ' in line:
                found.add((line.split('/')[1], line.split(' tag: ')[1]))
    else:
        found = {tuple(line.split(' ')) for line in text.splitlines()}
    return found


def scan(bench):
    """List the overrides of all manifests of a revision."""
    catalog = os.path.join(bench.tools['top'], 'examples/releases/ring.yaml')
    rows = {}
    for count in bench.sizes:
        repo = Repo(bench, 'flat', count)
        write(''.join(line.split()[2] + '\n' for line in repo.git('ls-tree', '-r', '--format=%(objectmode) x %(objectname)', 'main').splitlines()),
              bench.path('ids'))
        out, expected = bench.path('scan.out'), {('t%06d' % i, 'a%039x' % 1) for i in range(7, count, 100)}

        def found():
            require(overrides(read(out)) == expected, 'a scan of %d manifests found other overrides' % count)

        contenders = [
            Contender('ringls', [['ringls', '-C', repo.dir, '-r', 'main', '-c', catalog]], stdout=out, check=found),
            Contender('git grep', [['git', '-C', repo.dir, 'grep', '-A1', '-E', 'repository: .*-ring-[a-z]+$', 'main', '--', 'tenants']],
                      stdout=out, check=found),
            Contender('git cat-file, which only reads', [['git', '-C', repo.dir, 'cat-file', '--batch']], stdin=bench.path('ids'))]
        if count <= bench.slow:
            work = repo.work_tree(bench.path('work'))
            script = ('.metadata.name as $t | .spec.source.helm.valuesObject[]? | objects | .atlas? | objects | .image | objects | '
                      'select(.repository | test("-ring-")) | $t + " " + .tag')
            contenders.append(Contender('yq, in a work tree', [['xargs', '-a', write('\n'.join(
                'tenants/%s/application.yaml' % t for t in repo.tenants()), bench.path('files')), '-n', '100', 'yq', '-r', script]],
                cwd=work, stdout=out, check=found, rounds=1 if count > 100 else 3))
        rows[count] = bench.contest('scan', 'all overrides in %s manifests' % f'{count:,}', contenders,
                                    3 if bench.quick else 5 if count > 10000 else 11, 'ringls', size=count, series='scan', items=count)
    for count, row in rows.items():
        if count >= 10000:
            ratio = statistics.median(a[1] / b[1] for a, b in zip(row['ringls'].runs, row['git cat-file, which only reads'].runs))
            bench.goal('ringls in %s manifests: at most twice the processor time of git cat-file' % f'{count:,}', ratio <= 2, '%.2f times' % ratio)
    if len(rows) > 1 and max(rows) >= 10000:
        low, high = sorted(rows)[-2:]
        each = (rows[high]['ringls'].peak() - rows[low]['ringls'].peak()) * 1024 / (high - low)
        bench.goal('ringls: at most 500 bytes for each further manifest', each <= 500, '%.0f bytes' % each)


# Commit

PLUMBING = '''
export GIT_DIR=$1 GIT_INDEX_FILE=$2/index
git read-tree main
git hash-object -w --no-filters --stdin-paths <$2/paths | paste -d' ' - $2/info |
	sed 's/^/100644 /; s/ \\([^ ]*\\)$/\\t\\1/' | git update-index --index-info
git update-ref refs/heads/main "$(echo Bench | git commit-tree -p main "$(git write-tree)")" "$3"
'''


def commit_one(bench, shape, count, changes, rounds):
    repo = Repo(bench, shape, count)
    made = fresh(bench.path('changes'))
    run(PYTHON, os.path.join(HERE, 'changes.py'), repo.dir, str(changes), made)
    work = repo.work_tree(bench.path('work')) if count <= 10000 else None
    trees = {}

    def made_it(who):
        trees[who] = repo.check(changes, trees.get('fast-import'))

    def clean():
        repo.restore()
        repo.restore_work_tree(work)
        run('cp', '-R', os.path.join(made, 'tree', '.'), work)

    def made_in_work_tree():
        require(run('git', '-C', work, 'rev-parse', 'HEAD^').strip() == repo.base, 'git commit made no commit')
        require(run('git', '-C', work, 'rev-parse', 'HEAD^{tree}').strip() == trees['fast-import'], 'git commit made another tree')

    def plumb():
        repo.restore()
        if os.path.exists(os.path.join(made, 'index')):
            os.remove(os.path.join(made, 'index'))

    contenders = [
        Contender('git fast-import', [['git', '-C', repo.dir, 'fast-import', '--quiet']], stdin=os.path.join(made, 'import'),
                  before=repo.restore, check=lambda: made_it('fast-import')),
        Contender('ringkit, its Git half', [[bench.tools['commit'], repo.dir, 'main']], stdin=os.path.join(made, 'files'),
                  before=repo.restore, check=lambda: made_it('half')),
        Contender('applypatch', [['applypatch', '-C', repo.dir, '--branch', 'main']], stdin=os.path.join(made, 'patches'),
                  before=repo.restore, check=lambda: made_it('filter')),
        Contender('git update-index', [['bash', '-e', '-o', 'pipefail', '-c', PLUMBING, 'plumbing', os.path.abspath(repo.dir), made, repo.base]],
                  before=plumb, check=lambda: made_it('plumbing'), rounds=3)]
    if work:
        contenders.append(Contender('git add && git commit', [['bash', '-c', 'git add -A && git commit -qm Bench']], cwd=work, before=clean,
                                    check=made_in_work_tree, rounds=3))
    rows = bench.contest('commit', '%s of %s manifests, %s' % (f'{changes:,}', f'{count:,}', shape), contenders, rounds,
                         'git fast-import', items=changes)
    repo.restore()
    return rows


def packs(bench, count):
    """Write objects of a repository as one pack."""
    repo, made = Repo(bench, 'sharded', 10000), fresh(bench.path('packs'))
    ids = [line.split()[0] for line in repo.git('rev-list', '--objects', 'main').splitlines()]
    listed = write(''.join(ids[i * len(ids) // count] + '\n' for i in range(count)), bench.path('ids'))

    def whole():
        packs = [name for name in os.listdir(made) if name.endswith('.pack')]
        require(len(packs) == 1, 'expected one pack, found %d' % len(packs))
        with open(os.path.join(made, packs[0]), 'rb') as file:
            require(int.from_bytes(file.read(12)[8:], 'big') == count, 'the pack does not have %d objects' % count)

    program, repository = bench.tools['pack'], os.path.abspath(repo.dir)
    bench.contest('commit', 'a pack of %s objects' % f'{count:,}', [
        Contender('ringkit', [[program, repository, 'ours', made]], stdin=listed, before=lambda: fresh(made), check=whole),
        Contender("libgit2's git_packbuilder", [[program, repository, 'libgit2', made]], stdin=listed, before=lambda: fresh(made),
                  check=whole),
        Contender('git pack-objects', [['git', '-C', repository, 'pack-objects', '-q', '--no-reuse-object', os.path.join(made, 'pack')]],
                  stdin=listed, before=lambda: fresh(made), check=whole)], 3, 'ringkit', items=count)


def commit(bench):
    """Commit changed manifests: by the Git half of applypatch, the whole, and what Git has."""
    few = {count: commit_one(bench, 'sharded', count, FEW, 3 if bench.quick else 9) for count in bench.sizes if count >= 1000}
    says = '20 of 10,000 sharded manifests, at most twice the time of git fast-import: %s'
    for name in 'ringkit, its Git half', 'applypatch':
        if 10000 in few:
            ratio = paired(few[10000][name], few[10000]['git fast-import'])
            bench.goal(says % name, ratio <= 2, '%.2f times' % ratio)
        else:
            bench.not_measured(says % name, 'needs the size 10000')
    if 1000 in few and 100000 in few:
        ratio = few[100000]['ringkit, its Git half'].seconds() / few[1000]['ringkit, its Git half'].seconds()
        bench.goal('20 of 100,000 sharded manifests: at most twice the time of 20 of 1,000', ratio <= 2, '%.2f times' % ratio)
    if 10000 in bench.sizes:
        for shape in 'flat', 'sharded':
            rows = commit_one(bench, shape, 10000, 10000, 3 if bench.quick else 5)
            ratio = paired(rows['ringkit, its Git half'], rows['git fast-import'])
            bench.goal('10,000 of 10,000 %s manifests: the Git half is faster than git fast-import' % shape, ratio < 1, '%.2f times' % ratio)
        packs(bench, 60)
        packs(bench, 20000)


# Ring sync

MERGE = 'while read -r ring; do git checkout -q --detach "$ring" && git merge -q -X ours -m x main >/dev/null && git rev-parse "HEAD^{tree}" || exit; done'


def make_rings(made, rings, files):
    fresh(made)
    run('git', 'init', '-q', '--initial-branch=main', made)
    with subprocess.Popen([PYTHON, os.path.join(HERE, 'sync.py'), str(rings), str(files), str(files // 20), '90'],
                          stdout=subprocess.PIPE) as stream:
        run('git', '-C', made, 'fast-import', '--quiet', stdin=stream.stdout)
    require(stream.returncode == 0, 'sync.py failed')
    run('git', '-C', made, 'repack', '-adq')
    run('git', '-C', made, 'reset', '-q', '--hard')
    return run('git', '-C', made, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/ring-*').splitlines()


def sync_rings(bench, rings, files, rounds):
    """Merge main into so many rings.  git merge-tree writes no commits, moves no branches, and does not prefer a side."""
    made, work, out = bench.path('sync-made'), bench.path('sync-work'), bench.path('sync.out')
    names = make_rings(made, rings, files)
    pairs = write(''.join('%s main\n' % name for name in names), bench.path('pairs'))
    listed = write(''.join('%s\n' % name for name in names), bench.path('rings'))
    trees = []

    def copy(what):
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        run('cp', '-a', os.path.join(made, what), work)
        if what == '.':
            run('git', '-C', work, 'update-index', '-q', '--refresh')

    def synced():
        require(read(out).count('"status":"merged"') == rings, 'ringsync has not merged every ring')
        trees[:] = run('git', '-C', work, 'for-each-ref', '--format=%(tree)', 'refs/heads/ring-*').split()

    def merged_trees():
        found = re.findall(r'(?:^|\0)([01])\0([0-9a-f]{40})\0', read(out))
        require(len(found) == rings, 'git merge-tree has not merged every ring')
        require(all(tree == ours for (clean, tree), ours in zip(found, trees) if clean == '1'), 'git merge-tree made other trees')

    contenders = [
        Contender('ringsync', [['ringsync', '-C', work, '--from', 'main', '--all']], before=lambda: copy('.git'), stdout=out, check=synced),
        Contender('git merge-tree', [['git', '-C', work, 'merge-tree', '--write-tree', '--stdin']], stdin=pairs,
                  before=lambda: copy('.git'), stdout=out, check=merged_trees),
        Contender('git merge, in a work tree', [['bash', '-c', MERGE]], stdin=listed, cwd=work, stdout=out, before=lambda: copy('.'),
                  check=lambda: require(read(out).split() == trees, 'git merge made other trees'), rounds=1 if rings > 10 else rounds)]
    os.makedirs(work, exist_ok=True)
    return bench.contest('ring sync', '%d rings of %s files' % (rings, f'{files:,}'), contenders, rounds, 'ringsync', size=rings, series='sync', items=rings)


def sync(bench):
    for rings in (2, 10) if bench.quick else (1, 10, 100):
        rows = sync_rings(bench, rings, 1000 if bench.quick else 20000, 3)
    if not bench.quick:
        ratio = paired(rows['git merge, in a work tree'], rows['ringsync'])
        bench.goal('100 rings of 20,000 files: ringsync is at least 50 times as fast as git merge', ratio >= 50, '%.0f times' % ratio)
        ratio = paired(rows['ringsync'], rows['git merge-tree'])
        bench.goal('100 rings of 20,000 files: ringsync takes at most twice the time of git merge-tree', ratio <= 2, '%.2f times' % ratio)
    shutil.rmtree(bench.path('sync-made'))
    shutil.rmtree(bench.path('sync-work'))
