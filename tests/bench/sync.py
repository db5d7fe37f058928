"""Write a repository for git fast-import: FILES files, a default branch with EDITS edits, RINGS rings with RING_EDITS each.

usage: sync.py RINGS FILES EDITS RING_EDITS >stream

Files have 60 lines, some of which occur often.  One edit in twenty adds or deletes a file; no file is deleted on one side
and changed on the other, so that all rings can be merged.
"""
import random
import sys

rings, files, edits, ring_edits = map(int, sys.argv[1:5])
r = random.Random(7)
out = sys.stdout.buffer
paths = ['m%02d/p%02d/f%03d.java' % (i % 20, i // 20 % 20, i // 400) for i in range(files)]
mark = 0


def text(i):
    return [('}' if n % 7 == 6 else '' if n % 11 == 10 else 'line %d of file %d' % (n, i)) + '\n' for n in range(60)]


def edit(i):
    some = text(i)
    at = r.randrange(len(some))
    kind = r.randrange(3)
    if kind == 0:
        some[at] = 'edited %d\n' % r.randrange(10 ** 9)
    elif kind == 1:
        some[at:at] = ['added %d\n' % r.randrange(10 ** 9), '}\n']
    else:
        del some[at:at + 2]
    return ''.join(some)


def commit(ref, parent, changes):
    global mark
    mark += 1
    out.write(b'commit refs/heads/%s\nmark :%d\ncommitter Ann <ann@example.com> %d +0000\ndata 1\nx\n' %
              (ref.encode(), mark, 1700000000 + mark))
    if parent:
        out.write(b'from :%d\n' % parent)
    for path, data in changes:
        if data is None:
            out.write(b'D %s\n' % path.encode())
        else:
            out.write(b'M 100644 inline %s\ndata %d\n%s\n' % (path.encode(), len(data), data.encode()))
    out.write(b'\n')
    return mark


def changes(who, count):
    """Make count changes, one in twenty of them a new or deleted file; no two branches delete the same file."""
    made = []
    for n, i in enumerate(r.sample(range(rings + 1, files), count)):
        if n % 40 == 7:
            made.append(('%s/new-%s-%d.java' % (paths[i].rpartition('/')[0], who, n), ''.join(text(i))))
        elif n == 27:
            made.append((paths[0 if who == 'main' else int(who) + 1], None))
        else:
            made.append((paths[i], edit(i)))
    return made


base = commit('main', 0, [(paths[i], ''.join(text(i))) for i in range(files)])
commit('main', base, changes('main', edits))
for n in range(rings):
    commit('ring-%03d' % n, base, changes(str(n), ring_edits))
