"""Random histories for the judges of merges: a repository, a stream that fills it, and its objects."""
import subprocess
import sys


class Repo:
    """A repository, with options for each git command in it."""

    def __init__(self, where, *options):
        self.where, self.options = where, options

    def git(self, *args, **kw):
        return subprocess.run(['git', '-C', self.where, *self.options, *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **kw)

    def must(self, *args, **kw):
        done = self.git(*args, **kw)
        if done.returncode:
            sys.exit('git %s: %s' % (' '.join(args), done.stderr.decode()))
        return done.stdout


class Objects:
    """Objects by name, from one process."""

    def __init__(self, where):
        self.run = subprocess.Popen(['git', '-C', where, 'cat-file', '--batch'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, name):
        """(id, bytes), or (None, None)."""
        self.run.stdin.write(name.encode() + b'\n')
        self.run.stdin.flush()
        head = self.run.stdout.readline().split()
        if head[-1] == b'missing':
            return None, None
        data = self.run.stdout.read(int(head[2]) + 1)[:-1]
        return head[0].decode(), data


class Import:
    """A stream for git fast-import."""

    def __init__(self):
        self.out = []
        self.mark = 0
        self.blobs = {}

    def blob(self, data):
        if data not in self.blobs:
            self.mark += 1
            self.blobs[data] = self.mark
            self.out.append(b'blob\nmark :%d\ndata %d\n%s\n' % (self.mark, len(data), data))
        return b':%d' % self.blobs[data]

    def commit(self, branch, tree, parents):
        lines = []
        for path, (mode, data) in sorted(tree.items()):
            what = data.encode() if mode == '160000' else self.blob(data)
            lines.append(b'M %s %s "%s"' % (mode.encode(), what, path.encode()))
        self.mark += 1
        out = [b'commit refs/heads/%s' % branch.encode(), b'mark :%d' % self.mark,
               b'committer Ann <ann@example.com> %d +0000' % (1700000000 + self.mark), b'data 1', b'x']
        out += [b'%s :%d' % (b'merge' if i else b'from', p) for i, p in enumerate(parents)]
        self.out.append(b'\n'.join(out + [b'deleteall'] + lines) + b'\n\n')
        return self.mark


def files(tree, mode='100'):
    return sorted(p for p in tree if tree[p][0].startswith(mode))


def free(tree, path):
    """Return whether path can become a file."""
    return path not in tree and not any(p.startswith(path + '/') for p in tree) and \
        not any(path.startswith(p + '/') for p in tree)
