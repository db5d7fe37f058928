"""Repositories to measure in: made once, kept in build/bench/repos, and put back after each run."""
import hashlib
import os
import shutil
import subprocess

from harness import require, run

HERE = os.path.dirname(os.path.abspath(__file__))


class Repo:
    """A packed bare repository with COUNT manifests on main, one directory a tenant (flat), or a thousand directories (sharded)."""

    def __init__(self, bench, shape, count):
        self.shape, self.count = shape, count
        self.dir = bench.path('repos', '%s-%d' % (shape, count))
        stamp, generator = os.path.join(self.dir, 'made'), os.path.join(HERE, 'manifests.py')
        made = '%s %s %d\n' % (hashlib.sha256(open(generator, 'rb').read()).hexdigest(), shape, count)
        if not os.path.exists(stamp) or open(stamp).read() != made:
            shutil.rmtree(self.dir, ignore_errors=True)
            run('git', 'init', '-q', '--bare', '--initial-branch=main', self.dir)
            if shape == 'flat':
                with subprocess.Popen(['/usr/bin/python3', generator, str(count)], stdout=subprocess.PIPE) as stream:
                    run('git', '-C', self.dir, 'fast-import', '--quiet', stdin=stream.stdout)
                require(stream.returncode == 0, 'manifests.py failed')
            else:
                self.spread(Repo(bench, 'flat', count))
            self.git('repack', '-adq')
            with open(os.path.join(self.dir, 'base'), 'w') as file:
                file.write(self.git('rev-parse', 'main'))
            with open(stamp, 'w') as file:
                file.write(made)
        self.base = open(os.path.join(self.dir, 'base')).read().strip()
        self.git('update-ref', 'refs/heads/main', self.base)
        self.kept = self.objects()

    def spread(self, flat):
        """Put the manifests of a flat repository into a thousand directories."""
        shutil.rmtree(os.path.join(self.dir, 'objects'))
        shutil.copytree(os.path.join(flat.dir, 'objects'), os.path.join(self.dir, 'objects'))
        stream = 'commit refs/heads/main\ncommitter Ann <ann@example.com> 1 +0000\ndata 0\n\n'
        for number, line in enumerate(flat.git('ls-tree', '-r', 'main').splitlines()):
            blob, path = line.split()[2:]
            stream += 'M 644 %s %s\n' % (blob, path.replace('/', '/%03d/' % (number * 1000 // self.count), 1))
        run('git', '-C', self.dir, 'fast-import', '--quiet', input=stream.encode())

    def git(self, *arguments):
        return run('git', '-C', self.dir, *arguments)

    def objects(self):
        return {os.path.join(d, f) for d, _, files in os.walk(os.path.join(self.dir, 'objects')) for f in files}

    def restore(self):
        """Move main back, and remove what was written since."""
        self.git('update-ref', 'refs/heads/main', self.base)
        for path in self.objects() - self.kept:
            os.remove(path)

    def check(self, changes, tree=None):
        """Main must be one commit with so many changes on top of the base, and have this tree."""
        require(self.git('rev-parse', 'main^').strip() == self.base, '%s: main is not one commit further' % self.dir)
        changed = len(self.git('diff', '--name-only', self.base, 'main').split())
        require(changed == changes, '%s: %d files have changed, not %d' % (self.dir, changed, changes))
        made = self.git('rev-parse', 'main^{tree}').strip()
        require(tree is None or made == tree, '%s: the trees are not the same' % self.dir)
        return made

    def work_tree(self, to):
        """Check main out into the directory to, afresh; the clone borrows the objects."""
        self.restore()
        shutil.rmtree(to, ignore_errors=True)
        run('git', 'clone', '-q', '--shared', self.dir, to)
        return to

    def restore_work_tree(self, work):
        """Put a work tree back, and remove the objects that were written in it."""
        run('git', '-C', work, 'reset', '-q', '--hard', self.base)
        for name in os.listdir(os.path.join(work, '.git/objects')):
            if len(name) == 2:
                shutil.rmtree(os.path.join(work, '.git/objects', name))

    def tenants(self, count=None):
        """Name so many tenants, evenly chosen."""
        count = count or self.count
        return ['t%06d' % (i * self.count // count) for i in range(count)]
