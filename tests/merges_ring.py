"""Random histories with conflicts of names and types, merged by ringsync --conflicts=ring: nothing is lost in silence.

usage: merges_ring.py DIR COUNT SEED

Make a repository in DIR with COUNT rings, in groups that share a default branch.  Every line that a side writes occurs
once in all of them, as do the targets of links, the commits of submodules and the bytes of binary files.  Git says what
the default branch has changed (git diff, git ls-tree), and each of these changes must be in the merge, or in "discarded":

	added lines, links, submodules and binary files are in some file of the merge, or in an entry
	lines and files that it deletes are missing from the merge, there and where the ring has renamed the file to, or in an
	entry
	paths that it adds are in the merge, were moved along with their directory, or are in an entry
	the mode that it gives a file is that of the file that has its lines in the merge, or its path is in an entry

The ring's own changes must be in the merge.  An entry names a path of the trees, and something that the merge does not
have.  Write a line for each fault, then the counts, as "NAME: VALUE".
"""
import collections
import json
import random
import re
import subprocess
import sys

from history import Import, Objects, Repo, files, free

DIR, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
RINGS = 4  # of one default branch
PLACES = ['', 'a/', 'a/b/', 'lib/', 'lib/in/', 'z/']
REPO = Repo(DIR)
SHAPES = ['a file becomes a directory', 'a directory becomes a file', 'a link becomes a directory', 'a directory becomes a link',
          'a file becomes a link', 'a link becomes a file', 'renames into what was a file or a link',
          'modify/delete', 'mode changes', 'mode changes on both sides', 'submodules', 'add/add', 'renames on both sides',
          'directory renames', 'criss-cross']


class Side:
    """One side of a merge while it is made: its changes write lines that nothing else has."""

    def __init__(self, r, name, tree, hot):
        self.r, self.name, self.tree, self.hot, self.n = r, name, dict(tree), hot, 0

    def unique(self):
        self.n += 1
        return '%s %d' % (self.name, self.n)

    def lines(self, n):
        return ''.join('%s\n' % (self.unique() if self.r.random() < .8 else self.r.choice(['}', '', 'end'])) for _ in range(n))

    def new(self):
        return ('100755' if self.r.random() < .15 else '100644', self.lines(self.r.randrange(4, 12)).encode())

    def pick(self, mode='100'):
        """Pick a path, often one that other sides are likely to change as well."""
        some = [p for p in self.hot if p in self.tree and self.tree[p][0].startswith(mode)]
        return self.r.choice(some if some and self.r.random() < .75 else files(self.tree, mode) or [None])

    def edited(self, data):
        if b'\0' in data:
            return b'\0' + self.unique().encode()
        some = data.decode().splitlines(True)
        if some and not some[-1].endswith('\n'):
            some[-1] += '\n'
        for _ in range(self.r.randrange(1, 4)):
            at = self.r.randrange(len(some) + 1)
            kind = self.r.randrange(4)
            if kind == 0:
                some[at:at] = [self.lines(1)]
            elif kind == 1:
                del some[at:at + self.r.randrange(1, 3)]
            else:
                some[at:at + 1] = ['%s\n' % self.unique()]
        whole = ''.join(some)
        return (whole[:-1] if self.r.random() < .03 else whole).encode()

    def edit(self):
        path = self.pick()
        if path:
            self.tree[path] = (self.tree[path][0], self.edited(self.tree[path][1]))

    def mode(self):
        path = self.pick()
        if path:
            self.tree[path] = ('100644' if self.tree[path][0] == '100755' else '100755', self.tree[path][1])

    def delete(self):
        path = self.pick(self.r.choice(['100', '100', '100', '120']))
        if path and len(self.tree) > 4:
            del self.tree[path]

    def add(self):
        path = self.r.choice(PLACES) + 'new%d' % self.r.randrange(3)
        if free(self.tree, path):
            self.tree[path] = self.new()

    def move(self, path, to):
        if path and path in self.tree and path != to and free({p: v for p, v in self.tree.items() if p != path}, to):
            mode, data = self.tree.pop(path)
            if mode.startswith('100') and self.r.random() < .4:
                data = self.edited(data)
            self.tree[to] = (mode, data)

    def rename(self):
        self.move(self.pick(), self.r.choice(PLACES) + self.r.choice(['moved', 'f1', 'new0', 'x', 'link', 'own%d' % self.n]))

    def rename_directory(self):
        old, new = self.r.choice(['a/', 'a/b/', 'lib/', 'lib/in/']), self.r.choice(['z/', 'a/z/', 'own/', 'x/', 'link/'])
        for path in files(self.tree, ''):
            if path.startswith(old):
                self.move(path, new + path[len(old):])

    def fill(self, where):
        """Move files into a new directory, or write new ones."""
        for n in range(self.r.randrange(1, 4)):
            path = self.pick()
            if self.r.random() < .7 and path and not path.startswith(where + '/'):
                self.move(path, where + '/' + path.rpartition('/')[2])
            elif free(self.tree, '%s/in%d' % (where, n)):
                self.tree['%s/in%d' % (where, n)] = self.new()

    def to_directory(self):
        path = self.pick(self.r.choice(['100', '100', '120', '120', '160']))
        if path:
            mode, data = self.tree.pop(path)
            if mode.startswith('100') and self.r.random() < .5:
                self.tree[path + '/was'] = (mode, data)
            self.fill(path)

    def from_directory(self):
        where = self.r.choice(['a/b', 'lib', 'lib/in', 'dir', 'x', 'link'])
        below = [p for p in files(self.tree, '') if p.startswith(where + '/')]
        for path in below:
            if self.r.random() < .5:
                self.move(path, 'out-%s' % path.rpartition('/')[2])
            self.tree.pop(path, None)
        if free(self.tree, where):
            kind = self.r.randrange(3)
            self.tree[where] = self.new() if kind < 2 else ('120000', self.unique().encode())

    def link(self):
        path = self.pick('120')
        if path and self.r.random() < .7:
            self.tree[path] = ('120000', self.unique().encode())
        elif path:
            self.tree[path] = self.new()

    def to_link(self):
        path = self.pick()
        if path:
            self.tree[path] = ('120000', self.unique().encode())

    def submodule(self):
        path = self.r.choice(['sub', 'sub', 'a/f1', 'x'])
        if path in self.tree or free(self.tree, path):
            self.n += 1
            self.tree[path] = ('160000', '%040x' % (self.r.randrange(1 << 150) << 8 | 1))

    def change(self):
        kinds = [(Side.edit, 6), (Side.rename, 3), (Side.rename_directory, 1), (Side.delete, 2), (Side.add, 2), (Side.mode, 2),
                 (Side.to_directory, 3), (Side.from_directory, 2), (Side.link, 1), (Side.to_link, 1), (Side.submodule, 1)]
        for _ in range(self.r.randrange(2, 8)):
            self.r.choices([k for k, _ in kinds], [w for _, w in kinds])[0](self)
        return self


def base_tree(r, group):
    side = Side(r, 'base%d' % group, {}, [])
    for where in ('', 'a/', 'a/b/', 'lib/', 'lib/in/', 'dir/'):
        for n in range(1, r.randrange(2, 4)):
            side.tree['%sf%d' % (where, n)] = ('100644', side.lines(r.randrange(8, 24)).encode())
    side.tree['x'] = side.new()
    side.tree['run'] = ('100755', side.lines(10).encode())
    side.tree['gone'] = ('100644', side.lines(10).encode())
    side.tree['bin'] = ('100644', b'\0' + side.unique().encode())
    for name in ('link', 'a/link', 'dir/link'):
        side.tree[name] = ('120000', side.unique().encode())
    side.tree['sub'] = ('160000', '%040x' % (r.randrange(1 << 150) << 8 | 1))
    return side.tree


def below(tree, path):
    return any(p.startswith(path + '/') for p in tree)


def shapes_of(base, ours, theirs):
    found = collections.Counter()
    kind = {'10': 'file', '12': 'link', '16': 'submodule'}
    for side in (ours, theirs):
        for path, (mode, data) in base.items():
            became = kind[side[path][0][:2]] if path in side else 'directory' if below(side, path) else None
            if became and became != kind[mode[:2]]:
                found['a %s becomes a %s' % (kind[mode[:2]], became)] += 1
            if became == 'directory':
                here = {v[1] for p, v in side.items() if p.startswith(path + '/')}
                found['renames into what was a file or a link'] += any(v[1] in here for p, v in base.items() if p != path)
        for path in side:
            if path not in base and below(base, path):
                found['a directory becomes a %s' % kind[side[path][0][:2]]] += 1
        for where in ('a/', 'a/b/', 'lib/', 'lib/in/'):
            moved = [v[1] for p, v in base.items() if p.startswith(where)]
            found['directory renames'] += not below(side, where[:-1]) and any(v[1] in moved for v in side.values())
    for path in set(base) | set(ours) | set(theirs):
        b, o, t = base.get(path), ours.get(path), theirs.get(path)
        found['modify/delete'] += bool(b and (not o and t and t != b or not t and o and o != b))
        found['add/add'] += bool(not b and o and t and o != t)
        found['submodules'] += any(x and x[0] == '160000' and x != b for x in (o, t))
        changed = [bool(b and s and b[0] != s[0] and b[0][:2] == s[0][:2] == '10') for s in (o, t)]
        found['mode changes'] += any(changed)
        found['mode changes on both sides'] += all(changed)
    found['renames on both sides'] += all(any(p not in side and any(v[1] == q[1] for k, q in side.items() if k not in base)
                                              for p, v in base.items()) for side in (ours, theirs))
    return {name for name in found if found[name] and name in SHAPES}


def make(r, stream, group, rings):
    """Make a default branch and its rings: [(ring, shapes)]."""
    base = base_tree(r, group)
    hot = r.sample(files(base, ''), 4) + ['x', 'link']
    main = 'main-%d' % group
    o = stream.commit(main, base, [])
    theirs = Side(r, 'main%d' % group, base, hot).change()
    settled = r.random() < .6  # a modify/delete, which -X ours never resolves
    if settled and 'gone' in theirs.tree:
        theirs.tree['gone'] = ('100644', theirs.edited(base['gone'][1]))
    m = stream.commit(main, theirs.tree, [o])
    made = []
    for n in range(rings):
        ring = 'ring-%d-%d' % (group, n)
        ours = Side(r, 'ring%d-%d' % (group, n), base, hot).change()
        if settled and r.random() < .9:
            ours.tree.pop('gone', None)
        first = stream.commit(ring, ours.tree, [o])
        shapes = shapes_of(base, ours.tree, theirs.tree)
        if n == 0 and r.random() < .1:
            both = dict(ours.tree)
            both.update({p: v for p, v in theirs.tree.items() if free(both, p)})
            theirs.tree = both
            m2 = stream.commit(main, theirs.change().tree, [m, first])
            stream.commit(ring, ours.change().tree, [first, m])
            m, shapes = m2, {'criss-cross'}
            made.append((ring, shapes))
            break  # the other rings would have another merge base
        made.append((ring, shapes))
    return main, made


def listing(objects, commit):
    """Return the files of a commit: {path: (mode, id, bytes)}."""
    found = {}
    for entry in REPO.must('ls-tree', '-r', '-z', commit).split(b'\0')[:-1]:
        head, path = entry.split(b'\t', 1)
        mode, kind, oid = head.decode().split()
        found[path.decode()] = (mode, oid, oid.encode() if kind == 'commit' else objects.read(oid)[1])
    return found


def is_unique(line):
    return re.fullmatch(rb'(base|main|ring)[0-9]+(-[0-9]+)? [0-9]+', line) is not None


def lines_of(entry):
    return {line for line in entry[2].split(b'\n') if is_unique(line)} if entry[0].startswith('100') else set()


class Merge:
    """A merge of theirs into ours, and what was discarded."""

    def __init__(self, objects, ours, theirs, merged, discarded):
        bases = REPO.must('merge-base', '--all', ours, theirs).decode().split()
        self.bases = [listing(objects, b) for b in bases]
        self.renames = collections.defaultdict(set)  # of the ring
        for base in bases:
            parts = REPO.must('diff-tree', '-r', '-z', '-M', '--diff-filter=R', base, ours).decode().split('\0')
            for old, new in zip(parts[1::3], parts[2::3]):
                self.renames[old].add(new)
        self.ours, self.theirs, self.merged = (listing(objects, c) for c in (ours, theirs, merged))
        self.discarded, self.faults = discarded, []
        self.named = {one['path'] for one in discarded}
        self.reported = {line.encode() for one in discarded for line in one.get('lines', [])}
        self.where = collections.defaultdict(set)  # of each line in the merge
        for path, entry in self.merged.items():
            for line in lines_of(entry):
                self.where[line].add(path)
        self.payloads = {(entry[0][:2], entry[2]) for entry in self.merged.values()}

    @staticmethod
    def lines_at(path, tree):
        return lines_of(tree[path]) if path in tree else set()

    def fault(self, *what):
        self.faults.append(' '.join(str(w) for w in what))

    def changed(self, side):
        """Return the paths that a side has changed against all merge bases: {path: (its entry or None, that of a base)}."""
        found = {}
        for path in set(side).union(*self.bases):
            if all(side.get(path) != base.get(path) for base in self.bases):
                found[path] = (side.get(path), next((b[path] for b in self.bases if path in b), None))
        return found

    def has(self, entry):
        """Return whether the merge has a link, a submodule or a binary file somewhere."""
        return (entry[0][:2], entry[2]) in self.payloads

    def judge_lines(self):
        bases = {line for base in self.bases for entry in base.values() for line in lines_of(entry)}
        of = {name: {line for entry in side.values() for line in lines_of(entry)}
              for name, side in (('ours', self.ours), ('theirs', self.theirs))}
        for line in sorted(of['theirs'] - bases):
            if line not in self.where and line not in self.reported:
                self.fault('added line', line, 'is lost')
        for base in self.bases:
            for path, entry in base.items():
                if len(self.bases) > 1 and path not in self.theirs:
                    continue  # Git may merge the bases without the file, and then keeps the files of both sides
                for line in lines_of(entry) - of['theirs']:
                    for here in self.where[line] & ({path} | self.renames[path]):
                        if not {path, here} & self.named and all(line in self.lines_at(path, b) for b in self.bases):
                            self.fault('deleted line', line, 'is in', here)
        for line in sorted(of['ours'] & of['theirs']):
            if line not in self.where and line not in self.reported:
                self.fault('line of both sides', line, 'is lost')
        for line in sorted(of['ours'] - bases):
            if line not in self.where:
                self.fault("the ring's line", line, 'is lost' + (', but reported' if line in self.reported else ''))

    def judge_path(self, path, theirs, base):
        merged = self.merged.get(path)
        if merged == theirs or path in self.named and theirs is None:
            return
        if theirs is None:
            # the ring may have a file of its own there
            if merged and base and (lines_of(merged) & lines_of(base) or not lines_of(base)):
                self.fault('deleted path', path)
            return
        if not theirs[0].startswith('100') or b'\0' in theirs[2]:
            is_new = not any(theirs[1] == entry[1] for b in self.bases for entry in b.values())
            if path not in self.named and (is_new and not self.has(theirs) or base is None and not self.is_moved(path, theirs)):
                self.fault('content of', path, theirs[0])
        elif path not in self.named and base is None and not self.is_moved(path, theirs):
            self.fault('added path', path)
        if base and base[0][:2] == theirs[0][:2] == '10':
            self.judge_mode(path, theirs, base)

    def is_moved(self, path, side):
        """Return whether a file of a side is in the merge, there or in a renamed directory."""
        name = path.rpartition('/')[2]
        return path in self.merged or any(
            other.rpartition('/')[2] == name and (entry[1] == side[1] or lines_of(entry) & lines_of(side) or
                                                  b'\0' in entry[2] and b'\0' in side[2])
            for other, entry in self.merged.items())

    def judge_mode(self, path, side, base):
        """Judge the mode of a file that a side has changed, if all merge bases have the same."""
        here = collections.Counter(p for line in lines_of(side) for p in self.where[line])
        if not here or base[0] == side[0] or any(path in b and b[path][0] != base[0] for b in self.bases):
            return
        to = path if path in here else here.most_common(1)[0][0]
        if self.merged[to][0] != side[0] and not {path, to} & self.named:
            self.fault('mode of', path, 'at', to)

    def judge_ring(self):
        for path, (ours, base) in self.changed(self.ours).items():
            if not ours:
                if path in self.merged and lines_of(self.merged[path]) & lines_of(base):
                    self.fault("the ring's deletion of", path)
            elif not ours[0].startswith('100'):
                if not self.has(ours):
                    self.fault("the ring's content of", path)
            elif base is None and not self.is_moved(path, ours):
                self.fault("the ring's path", path)
            elif base and base[0].startswith('100'):
                self.judge_mode(path, ours, base)
        for path, entry in self.ours.items():
            if entry == self.theirs.get(path) != self.merged.get(path):
                self.fault('both sides have', path)

    def judge_report(self):
        sides = [self.ours, self.theirs, self.merged] + self.bases
        for one in self.discarded:
            path = one['path']
            if re.search('~[0-9a-f]{40}', path) or not any(path in side or below(side, path) for side in sides):
                self.fault('no tree has the reported path', path)
            if one['kind'] in ('file', 'link', 'submodule', 'mode') and path in self.merged and \
                    self.merged[path] == self.theirs.get(path):
                self.fault(one['kind'], path, 'is reported, and in the merge')
            theirs = self.theirs.get(path)
            if one['kind'] == 'file' and theirs and path in self.merged and theirs[0] == self.merged[path][0] and \
                    lines_of(theirs) and lines_of(theirs) <= lines_of(self.merged[path]):
                self.fault('file', path, 'is reported, and its lines are in the merge')
            if one['kind'] == 'delete' and path not in self.merged:
                self.fault('delete of', path, 'is reported, and not in the merge')
        for path, entry in self.merged.items():
            if re.search('~[0-9a-f]{40}', path):
                self.fault('an invented path is in the merge:', path)
            if re.search(rb'^[<>=|]{9}', entry[2], re.M):
                self.fault('markers are in the merge:', path)

    def judge(self):
        self.judge_lines()
        for path, (theirs, base) in self.changed(self.theirs).items():
            self.judge_path(path, theirs, base)
        self.judge_ring()
        self.judge_report()
        return self.faults


def run(main, rings, *options):
    done = subprocess.run(['ringsync', '-C', DIR, '--from', main, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          input='\n'.join(rings).encode())
    return {x['branch']: x for x in map(json.loads, done.stdout.split(b'\n')[:-1]) if 'branch' in x}, done


def main():
    r = random.Random(SEED)
    subprocess.run(['git', 'init', '-q', DIR], check=True)
    REPO.must('commit', '-q', '--allow-empty', '-m', 'x')
    REPO.must('switch', '-q', '--detach')
    stream, groups, made = Import(), [], 0
    while made < COUNT:
        groups.append(make(r, stream, len(groups), min(RINGS, COUNT - made)))
        made += len(groups[-1][1])
    REPO.must('fast-import', '--quiet', input=b''.join(stream.out))
    objects, counts, tried, refused = Objects(DIR), collections.Counter(), collections.Counter(), collections.Counter()
    for branch, rings in groups:
        names = [ring for ring, _ in rings]
        without = run(branch, names, '--dry-run')[0]
        before = dict(zip(names, REPO.must('rev-parse', *names).decode().split()))
        records, done = run(branch, names, '--conflicts=ring')
        for ring, shapes in rings:
            counts['tried'] += 1
            tried.update(shapes)
            record = records.get(ring)
            if not record or record['type'] == 'refused':
                counts['refused'] += 1
                refused[record['reason'] if record else done.stderr.decode()] += 1
                continue
            discarded = record['discarded']
            counts['merged'] += 1
            counts['conflicts settled'] += without[ring]['type'] == 'refused'
            counts['pieces discarded'] += len(discarded)
            counts.update('kind ' + one['kind'] for one in discarded)
            faults = Merge(objects, before[ring], branch, ring, discarded).judge()
            counts['faults'] += bool(faults)
            for fault in faults:
                print('FAULT %s (%s): %s' % (ring, branch, fault))
    fsck = REPO.git('fsck', '--strict', '--no-dangling').stdout.decode()
    print(fsck, end='')
    counts['faults'] += bool(fsck.strip())
    for name in ('tried', 'merged', 'refused', 'conflicts settled', 'pieces discarded', 'faults'):
        print('%s: %d' % (name, counts[name]))
    for kind in ('hunk', 'file', 'link', 'delete', 'mode', 'submodule'):
        print('  kind %s: %d' % (kind, counts['kind ' + kind]))
    for name in SHAPES:
        print('  %s: %d' % (name, tried[name]))
    for reason, n in refused.most_common():
        print('  refused: %d: %s' % (n, reason))


main()
