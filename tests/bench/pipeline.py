"""The whole pipeline: labels in, one commit out, beside git fast-import of the same change, and scripts without ringkit."""
import json
import os
import statistics

from harness import Contender, paired, require, run, values
from parts import FEW, fresh, read, write
from repos import HERE, Repo

IMAGE, TAG = 'ghcr.io/atlanhq/atlas-metastore-ring-bench', '5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a'
MIB = 1024


class Release:
    """So many tenants of a repository get an image."""

    def __init__(self, bench, count, changes):
        self.bench, self.changes = bench, changes
        self.repo = Repo(bench, 'flat', count)
        self.releases = fresh(bench.path('releases'))
        os.makedirs(os.path.join(self.releases, 'cohorts'))
        write('\n'.join('max-tenants: 1000000' if line.startswith('max-tenants') else line
                        for line in read(bench.tools['top'], 'examples/releases/ring.yaml').split('\n')), self.releases, 'ring.yaml')
        write(''.join('- %s\n' % tenant for tenant in self.repo.tenants(changes)), self.releases, 'cohorts/all.yaml')
        self.labels = write(json.dumps([{'id': 1, 'name': 'cohort:github:path:all', 'color': 'ededed'}]), self.releases, 'labels.json')
        self.export = os.path.join(self.releases, 'export')
        self.tree, self.tmp = None, fresh(bench.path('tmp'))

    def ours(self):
        repo = os.path.abspath(self.repo.dir)
        return Contender(
            'ringkit', [['labels2json'], ['cohort-resolve', '-C', self.releases],
                        ['mkpatch', '-C', repo, '--service', 'atlas', '--ring', 'ring-bench', '--tag', TAG],
                        ['applypatch', '-C', repo, '--branch', 'main']],
            stdin=self.labels, stdout=self.bench.path('results'), env={'RING_CATALOG': os.path.join(self.releases, 'ring.yaml')},
            before=self.repo.restore, check=self.made)

    def made(self):
        self.tree = self.repo.check(self.changes, self.tree)

    def write_export(self):
        """Run the pipeline once, untimed, and keep its commit as a stream for git fast-import."""
        self.repo.restore()
        contender = self.ours()
        self.bench.measure(contender)
        self.made()
        with open(self.export, 'wb') as stream:
            run('git', '-C', self.repo.dir, 'fast-export', '--reference-excluded-parents', '%s..main' % self.repo.base, stdout=stream)

    def imports(self):
        return Contender('git fast-import', [['git', '-C', self.repo.dir, 'fast-import', '--quiet']], stdin=self.export,
                         before=self.repo.restore, check=self.made)

    def script(self, editor, name, rounds):
        """A script that a person would write; it starts in a work tree that is there already."""
        work = self.repo.work_tree(self.bench.path('work-' + editor))

        def back():
            self.repo.restore()
            self.repo.restore_work_tree(work)

        def alike():
            self.alike(work, name)

        return Contender(name, [['bash', os.path.join(HERE, 'by-hand.sh'), editor, self.labels, os.path.join(self.releases, 'cohorts'),
                                 IMAGE, TAG]], cwd=work, env={'KUBECTL': self.bench.tools['kubectl'], 'TMPDIR': self.tmp},
                         before=back, check=alike, rounds=rounds)

    def alike(self, work, name):
        """The script must have changed the same files, to the same values."""
        require(run('git', '-C', work, 'rev-parse', 'HEAD^').strip() == self.repo.base, '%s: made no commit' % name)
        files = run('git', '-C', work, 'diff', '--name-only', 'HEAD^', 'HEAD').split()
        require(len(files) == self.changes, '%s: %d files have changed, not %d' % (name, len(files), self.changes))
        for file in files:
            require(values(read(work, file)) == self.values[file], '%s: %s has other values' % (name, file))

    def keep_values(self):
        """Keep the values that ringkit wrote, before its objects are removed."""
        names = self.repo.git('diff', '--name-only', self.repo.base, 'main').split()
        self.values = {name: values(self.repo.git('show', 'main:' + name)) for name in names}


def release(bench, count, changes, rounds, scripts):
    """Measure one size; scripts is how often the scripts run."""
    this = Release(bench, count, changes)
    this.write_export()
    contenders = [this.ours(), this.imports()]
    if scripts:
        this.keep_values()
        contenders += [this.script('yq', 'script of jq, yq and git', scripts), this.script('kubectl', 'script of jq, kubectl and git', scripts)]
    rows = bench.contest('pipeline', '%s of %s tenants' % (f'{changes:,}', f'{count:,}'), contenders, rounds, 'ringkit',
                         size=count, series='pipeline' if changes == count else 'few', items=changes)
    this.repo.restore()
    return rows


def few(bench):
    """Release to 20 tenants of repositories of all sizes, and compare the cost with that of starting."""
    says = '20 of 10,000 tenants: at most 3 times the start-ups of its four programs, and one fsync'
    if 10000 not in bench.sizes:
        bench.not_measured(says, 'needs the size 10000')
    for count in bench.sizes:
        rows = release(bench, count, FEW, 5 if bench.quick else 15, 3 if count <= 10000 else 0)
        if count == 10000:
            starts = ['labels2json', 'cohort-resolve', 'mkpatch', 'applypatch']
            starting, fsync, took = sum(bench.started[name].seconds() for name in starts), bench.fsync.seconds(), rows['ringkit'].seconds()
            bench.goal(says, took <= 3 * starting + fsync,
                       '%.1f ms; start-ups %.1f ms, fsync %.1f ms' % (1000 * took, 1000 * starting, 1000 * fsync))


def pipeline(bench):
    """Release to few and to all tenants of repositories of all sizes."""
    few(bench)
    whole = {}
    for count in bench.sizes:
        scripts = 0 if count > bench.slow else 3 if count <= 100 else 1
        whole[count] = release(bench, count, count, 3 if count > 10000 or bench.quick else 9, scripts)
    says = '10,000 of 10,000 tenants: at most 0.8 times git fast-import of that change'
    memory = '%s tenants: at most %d MiB'
    if 10000 in whole:
        ratio = paired(whole[10000]['ringkit'], whole[10000]['git fast-import'])
        bench.goal(says, ratio <= 0.8, '%.2f times' % ratio)
    else:
        bench.not_measured(says, 'needs the size 10000')
    for count, most in (10000, 64), (100000, 256):
        says = memory % ('{0:,} of {0:,}'.format(count), most)
        if count in whole:
            peak = whole[count]['ringkit'].peak() / MIB
            bench.goal(says, peak <= most, '%.0f MiB' % peak)
        else:
            bench.not_measured(says, 'needs the size %d' % count)
    says = '100,000 of 100,000 tenants: at most 11 times the time of 10,000 of 10,000'
    if 10000 in whole and 100000 in whole:
        ratio = whole[100000]['ringkit'].seconds() / whole[10000]['ringkit'].seconds()
        bench.goal(says, ratio <= 11, '%.1f times' % ratio)
    else:
        bench.not_measured(says, 'needs the sizes 10000 and 100000')
