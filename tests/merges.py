"""Random histories, merged by ringsync and by git merge -X ours.

usage: merges.py DIR COUNT SEED

Make a repository in DIR with COUNT rings, in groups that share a default branch.  Merge each ring with
git merge -X ours in a work tree, and with ringsync.  If Git succeeds, the tree must be the same, or ringsync must refuse;
if Git ends with a conflict, ringsync must refuse.  Compare what ringsync reports as discarded with the conflicts of
git merge-tree, and with the files that git merge -X ours has merged differently.  Write a line for each fault, then the
counts, as "NAME: VALUE", and for each shape of history (shapes_of) how often it occurred and how often Git merged it.
"""
import collections
import json
import os
import random
import re
import subprocess
import sys

from history import Import, Objects, Repo, files, free

DIR, COUNT, SEED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
MOVING = ['a/b/', 'c/', 'e/', 'a/', 'long/way/']  # directories that may be renamed
RINGS = 5  # of one default branch
WORDS = ['}', '', '    return 0;', '{', 'end', '    break;', 'else:', '# ---', '<<<<<<< HEAD', '=======']
CONFIGS = [[]] * 12 + [
    [('merge.conflictStyle', 'diff3')], [('merge.conflictStyle', 'zdiff3')], [('merge.renames', 'false')],
    [('merge.directoryRenames', 'true')], [('merge.directoryRenames', 'false')], [('merge.renormalize', 'true')],
    [('diff.renameLimit', '1')], [('merge.default', 'union')], [('merge.keep.driver', 'true')],
    [('merge.stop.driver', 'false')]]
SHAPES = ['edits of one file on both sides', 'add/add', 'renames', 'renames on both sides', 'directory renames',
          'a file added to a directory that is renamed', 'mode changes', 'symlinks', 'symlinks, on both sides', 'submodules',
          'submodules, on both sides', 'binary files, on both sides', 'CRLF, edited on both sides', 'criss-cross',
          'merge= attributes', 'modify/delete', 'file against directory']
DIRECTORY_CONFIGS = [[], [('merge.directoryRenames', 'true')], [('merge.directoryRenames', 'true')],
                     [('merge.directoryRenames', 'false')]]
ATTRIBUTES = ['*.txt merge=union', '*.txt merge=binary', '* -merge', 'a/* merge=keep', '*.txt merge=stop',
              '[attr]ours merge=binary\n*.txt ours', '*.bin binary', '*.txt conflict-marker-size=9', '*.txt text eol=crlf',
              '* merge', '/c/**/x* merge=unheard-of', '"a b" merge=union']


# sets a length of Git's markers that no line in the repository has
MARKS = DIR + '.attributes'


REPO = Repo(DIR, '-c', 'core.attributesFile=' + MARKS)
git, must = REPO.git, REPO.must


def lines(r, n):
    return [r.choice(WORDS[:8]) if r.random() < .6 else 'line %d' % r.randrange(1000) for _ in range(n)]


def text(some, crlf=False, end=True):
    eol = '\r\n' if crlf else '\n'
    return (eol.join(some) + (eol if end and some else '')).encode()


def edit(r, data):
    """Change one to three places of a text file; a binary file stays as it is."""
    if b'\0' in data:
        return data
    crlf = b'\r\n' in data
    some = data.decode().replace('\r\n', '\n').split('\n')
    end = some[-1] == ''
    if end:
        some.pop()
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(some) + 1)
        kind = r.randrange(5)
        if kind == 0:
            some[at:at] = lines(r, r.randrange(1, 4))
        elif kind == 1:
            del some[at:at + r.randrange(1, 3)]
        elif kind == 2:
            some[at:at + 1] = ['edited %d' % r.randrange(4)]
        elif kind == 3:
            some[at:at + 2] = lines(r, 2)
        else:
            block = some[at:at + 4]
            del some[at:at + 4]
            to = r.randrange(len(some) + 1)
            some[to:to] = block
    if r.random() < .04:
        some[r.randrange(len(some) + 1):0] = [r.choice(WORDS[8:])]
    if r.random() < .05:
        end = not end
    if r.random() < .03:
        crlf = not crlf
    return text(some, crlf, end)


def base_tree(r):
    tree = {}
    for where in ('', 'a/', 'a/b/', 'c/', 'c/d/', 'e/', 'a-b/', 'long/way/down/'):
        for n in range(r.randrange(1, 4)):
            tree['%sf%d.txt' % (where, n)] = ('100644', text(lines(r, r.randrange(8, 30)), r.random() < .1, r.random() < .95))
    tree['c/x.bin'] = ('100644', bytes(r.randrange(256) for _ in range(60)) + b'\0')
    tree['run'] = ('100755', text(lines(r, 12)))
    tree['link'] = ('120000', b'a/f0.txt')
    tree['e/\xe9 x.txt'] = ('100644', text(lines(r, 10)))
    tree['sub'] = ('160000', '%040x' % r.randrange(1 << 158))
    return tree


def pick(r, tree, hot, mode='100'):
    """Pick a file, often one that the other side is likely to change as well."""
    some = [p for p in hot if p in tree and tree[p][0].startswith(mode)]
    return r.choice(some if some and r.random() < .6 else files(tree, mode))


def do_edit(r, tree, hot):
    path = pick(r, tree, hot)
    tree[path] = (tree[path][0], edit(r, tree[path][1]))


def do_add(r, tree, hot):
    path = r.choice(['', 'a/', 'a/b/', 'c/', 'e/', 'new/', 'long/way/']) + 'n%d.txt' % r.randrange(3)
    if free(tree, path):
        tree[path] = (r.choice(['100644'] * 5 + ['100755']), text(lines(r, r.randrange(6, 15))))


def do_into(r, tree, hot):
    path = '%snew%d.txt' % (r.choice(MOVING), r.randrange(9))
    if free(tree, path):
        tree[path] = ('100644', text(lines(r, r.randrange(6, 15))))


def do_delete(r, tree, hot):
    if len(tree) > 5:
        del tree[pick(r, tree, hot)]


def do_rename(r, tree, hot):
    path = pick(r, tree, hot)
    to = r.choice([path + '.moved', 'moved/' + path, 'n%d.txt' % r.randrange(3), path.replace('f', 'g')])
    if free(tree, to):
        mode, data = tree.pop(path)
        tree[to] = (mode, edit(r, data) if r.random() < .4 else data)


def do_directory(r, tree, hot):
    old = r.choice(MOVING)
    new = r.choice(['z/', 'a/z/', 'c2/', 'y/y/'])
    for path in sorted(tree):
        if path.startswith(old) and free(tree, new + path[len(old):]):
            tree[new + path[len(old):]] = tree.pop(path)


def do_mode(r, tree, hot):
    path = pick(r, tree, hot)
    tree[path] = ('100644' if tree[path][0] == '100755' else '100755', tree[path][1])


def do_link(r, tree, hot):
    if free(tree, 'link') or 'link' in tree:
        tree['link'] = ('120000', b'to-%d' % r.randrange(3))


def do_sub(r, tree, hot):
    if free(tree, 'sub') or 'sub' in tree:
        tree['sub'] = ('160000', '%040x' % r.randrange(1, 4))


def do_binary(r, tree, hot):
    if free(tree, 'c/x.bin') or 'c/x.bin' in tree:
        tree['c/x.bin'] = ('100644', b'\0' + bytes(r.randrange(256) for _ in range(r.randrange(50))))


def do_type(r, tree, hot):
    path = pick(r, tree, hot)
    if r.random() < .5:
        tree[path] = ('120000', b'elsewhere')
    else:
        data = tree.pop(path)[1]
        tree[path + '/in.txt'] = ('100644', data)


def do_flatten(r, tree, hot):
    where = r.choice(['a/b', 'c/d', 'e', 'a-b'])
    for path in sorted(tree):
        if path.startswith(where + '/'):
            del tree[path]
    if free(tree, where):
        tree[where] = ('100644', text(lines(r, 5)))


def do_attributes(r, tree, hot):
    tree[r.choice(['', 'a/', 'c/']) + '.gitattributes'] = ('100644', r.choice(ATTRIBUTES).encode() + b'\n')


PROFILES = [
    ('edits', 5, {do_edit: 1}),
    ('edits, files added and deleted', 3, {do_edit: 4, do_add: 2, do_delete: 1}),
    ('renames', 4, {do_edit: 5, do_rename: 2}),
    ('directories', 4, {do_edit: 3, do_directory: 2, do_into: 3}),
    ('modes and links', 2, {do_edit: 2, do_mode: 2, do_link: 2}),
    ('submodules', 2, {do_edit: 3, do_sub: 3}),
    ('binary', 2, {do_edit: 1, do_binary: 1}),
    ('types', 3, {do_edit: 4, do_type: 1, do_flatten: 1}),
    ('attributes', 2, {do_edit: 4, do_attributes: 1}),
]
# each profile as often as its weight, evenly distributed
TURNS = [p for turn in range(max(p[1] for p in PROFILES)) for p in PROFILES if p[1] > turn]


def change(r, tree, profile, hot):
    tree = dict(tree)
    kinds = sorted(profile[2], key=lambda f: f.__name__)
    for _ in range(r.randrange(1, 7)):
        r.choices(kinds, [profile[2][k] for k in kinds])[0](r, tree, hot)
    return tree


def renames(base, side):
    """List the files that were moved unchanged: [(old, new)]."""
    came = {}
    for path in sorted(side):
        if path not in base:
            came.setdefault(side[path], path)
    return [(path, came[base[path]]) for path in sorted(base) if path not in side and base[path] in came]


def directories(base, side):
    """Return the directories that are gone, and from which a file has moved to another directory."""
    return {old.rpartition('/')[0] + '/' for old, new in renames(base, side)
            if old.rpartition('/')[0] and old.rpartition('/')[2] == new.rpartition('/')[2]
            and not any(p.startswith(old.rpartition('/')[0] + '/') for p in side)}


def is_above(some, other):
    """Return whether a file of the one is a directory in the other."""
    return any(p.startswith(path + '/') for path in some for p in other if path not in other)


def shapes_of(base, ours, theirs):
    """Return the SHAPES of a merge."""
    found = set()
    sides = (ours, theirs)
    moved = [renames(base, side) for side in sides]
    away = [directories(base, side) for side in sides]
    for path in set(base) | set(ours) | set(theirs):
        b, o, t = base.get(path), ours.get(path), theirs.get(path)
        kinds = {x[0] for x in (b, o, t) if x}
        regular = all(kind.startswith('100') for kind in kinds)
        if regular and b and o and t and len({b[1], o[1], t[1]}) == 3:
            binary = any(b'\0' in x[1] for x in (b, o, t))
            found.add('binary files, on both sides' if binary else 'edits of one file on both sides')
            if not binary and any(b'\r\n' in x[1] for x in (b, o, t)):
                found.add('CRLF, edited on both sides')
        if regular and b and (o and o[0] != b[0] or t and t[0] != b[0]):
            found.add('mode changes')
        if not b and o and t and o != t:
            found.add('add/add')
        if b and (not o and t and t != b or not t and o and o != b):
            found.add('modify/delete')
        for kind, name in (('120000', 'symlinks'), ('160000', 'submodules')):
            if any(x != b and kind in (x or b)[0] for x in (o, t)):
                found.add(name)
            if o != t and o != b and t != b and kind in kinds:
                found.add(name + ', on both sides')
    if any(moved):
        found.add('renames')
    if all(moved):
        found.add('renames on both sides')
    if any(away):
        found.add('directory renames')
    for gone, other in ((away[0], theirs), (away[1], ours)):
        if any(p.startswith(d) and p not in base for d in gone for p in other):
            found.add('a file added to a directory that is renamed')
    if is_above(ours, theirs) or is_above(theirs, ours):
        found.add('file against directory')
    if any(p.endswith('.gitattributes') and (b'merge' in ours[p][1] or b'binary' in ours[p][1]) for p in ours):
        found.add('merge= attributes')
    return found


def make(r, stream, group, rings, profile):
    """Make a default branch and its rings: [(ring, profile, shapes)]."""
    base = base_tree(r)
    if r.random() < .2:
        do_attributes(r, base, [])
    made = []
    main = 'main-%d' % group
    hot = r.sample(files(base), 4)
    o = stream.commit(main, base, [])
    crossed = r.random() < .15
    theirs = change(r, base, profile, hot)
    m = stream.commit(main, theirs, [o])
    for n in range(rings):
        ring = 'ring-%d-%d' % (group, n)
        of = profile if r.random() < .6 else r.choices(PROFILES, [p[1] for p in PROFILES])[0]
        ours = base if r.random() < .02 else change(r, base, of, hot)
        if r.random() < .05:  # the same change on both sides
            ours = {p: theirs[p] if p in theirs and r.random() < .5 else v for p, v in ours.items()}
        first = stream.commit(ring, ours, [o])
        if n == 0 and crossed:
            both = dict(ours)
            both.update({p: v for p, v in theirs.items() if free(both, p)})
            m2 = stream.commit(main, change(r, both, profile, hot), [m, first])
            stream.commit(ring, change(r, both, of, hot), [first, m])
            m, of = m2, ('several merge bases', 0, {})
        made.append((ring, of[0] if profile is of or of[1] == 0 else '%s against %s' % (of[0], profile[0]),
                     {'criss-cross'} if of[1] == 0 else shapes_of(base, ours, theirs)))
    return made


def conflicts(objects, ring, main):
    """Return the conflicts of git merge-tree, {path: {stage: (mode, id)}}, their kinds, and its tree."""
    done = git('merge-tree', '--write-tree', '-z', '--messages', ring, main)
    if done.returncode > 1:
        return None, None, None
    parts = done.stdout.split(b'\0')
    stages = collections.defaultdict(dict)
    i = 1
    while i < len(parts) and parts[i]:
        head, path = parts[i].split(b'\t', 1)
        mode, oid, stage = head.decode().split()
        stages[path][int(stage)] = (mode, oid)
        i += 1
    kinds = set()
    i += 1
    while i + 1 < len(parts) and parts[i]:
        i += int(parts[i]) + 1
        kinds.add(parts[i].decode())
        i += 2
    return stages, kinds, parts[0].decode()


def driver(path):
    """Return the merge driver of a path in the current work tree."""
    value = must('check-attr', '-z', 'merge', '--', os.fsdecode(path)).split(b'\0')[2].decode()
    if value == 'unspecified':
        value = git('config', 'merge.default').stdout.decode().strip() or 'text'
    return {'set': 'text', 'unset': 'binary'}.get(value, value)


def lost(objects, stages, tree):
    """Return what -X ours discards, by the conflicts: [(path, kind, lines, file of theirs)], in order."""
    found = []
    for path in sorted(stages):
        mode, theirs = stages[path][3]
        name = path.decode('utf-8', 'backslashreplace')
        data = objects.read(theirs)[1]
        if mode == '120000':
            found.append((name, 'link', [data.decode()], data))
            continue
        marked = objects.read('%s:%s' % (tree, os.fsdecode(path)))[1] if b'\n' not in path else None
        size = int(must('check-attr', '-z', 'conflict-marker-size', '--', os.fsdecode(path)).split(b'\0')[2])
        if driver(path) == 'binary' or b'\0' in data or marked == objects.read(stages[path][2][1])[1]:
            found.append((name, 'file', None if b'\0' in data else data.decode().split('\n'), data))
            if found[-1][2] and found[-1][2][-1] == '':
                found[-1][2].pop()
            continue
        hunks = re.findall(rb'^<{%d}[ \r\n].*?\n(?:.*?)^={%d}\r?\n(.*?)^>{%d}[ \r\n]' % (size, size, size), marked, re.M | re.S)
        for hunk in hunks:
            found.append((name, 'hunk', hunk.decode().split('\n')[:-1], data))
    return found


def same_lost(objects, main, reported, want):
    if len(reported) != len(want):
        return 'discarded: %d reported, expected %d' % (len(reported), len(want))
    for one, (path, kind, some, data) in zip(reported, want):
        if one['path'] != path or one['kind'] != kind:
            return 'discarded: %s of %s reported, expected %s of %s' % (one['kind'], one['path'], kind, path)
        have = one.get('lines')
        if have != some and not (have and some and have[:-1] == some[:-1] and have[-1] == some[-1].rstrip('\r')):
            return 'discarded: %s: %r reported, expected %r' % (path, have, some)
        if kind == 'hunk':
            if objects.read('%s:.gitattributes' % main)[1] is not None:
                continue  # line ends may have been converted
            whole = data.decode().split('\n')
            at = one['line'] - 1
            if not 0 <= at <= len(whole) or whole[at:at + len(have)] != have:
                return 'discarded: %s: its line %d is not %r' % (path, one['line'], have)
    return None


def complete(reported, before, tree):
    """Check that the files in which the preference for the ring makes a difference are reported, and hunks only of them."""
    differ = must('diff-tree', '-r', '-z', '--name-only', '--no-renames', before, tree).split(b'\0')[:-1]
    differ = {path.decode('utf-8', 'backslashreplace') for path in differ}
    silent = differ - {one['path'] for one in reported}
    if silent:
        return 'discarded: %s not reported' % sorted(silent)
    same = {one['path'] for one in reported if one['kind'] == 'hunk'} - differ
    return 'discarded: hunks of %s reported, which is merged without a conflict' % sorted(same) if same else None


def judge(objects, ring, main_branch, counts):
    """Merge with Git: (tree or None, what it discards, the result of conflicts()); None if it refuses to begin."""
    must('checkout', '-q', '-f', '--detach', ring)
    must('clean', '-q', '-ffdx')
    before = conflicts(objects, ring, main_branch)
    want = tree = None
    done = git('merge', '-q', '-X', 'ours', '-m', 'x', main_branch)
    if done.returncode == 0:
        tree = objects.read('HEAD^{tree}')[0]
        must('checkout', '-q', '-f', '--detach', ring)
        want = lost(objects, before[0], before[2]) if before[0] is not None else None
    else:
        git('merge', '--abort')
        must('checkout', '-q', '-f', '--detach', ring)
    if tree and b'\n000000 ' in b'\n' + must('ls-tree', '-rt', tree):
        tree = None  # Git 2.39 can make an entry without an object if a file conflicts with a directory
        counts['broken by Git'] += 1
    # attributes would convert a file that is checked out: Git does not begin
    return None if b'local changes' in done.stderr else (tree, want, before)


def compare(objects, ring, main_branch, record, judged, counts, causes):
    """Compare a record and the new commit of its ring with Git's merge; return the fault, or None."""
    tree, want, before = judged
    if record['type'] == 'refused':
        counts['refused'] += 1
        if tree:
            counts['refused where Git succeeds'] += 1
            causes[record['code'] + ': ' + re.sub(r'^[^:]*: [^:]*: ', '', record['reason'])] += 1
        elif record['code'] not in ('conflict', 'git-failed'):
            return 'refused as ' + record['code'] + ': ' + record['reason']
        return None
    if not tree:
        return 'merged where git merge -X ours stops: %s' % sorted(before[1] or [])
    counts['merged'] += 1
    counts['with conflicts'] += bool(want)
    have = objects.read(ring + '^{tree}')[0]
    if have != tree:
        return 'another tree: %s, not %s' % (have, tree)
    if record['old'] == record['new'] or before[0] is None:
        return None
    counts['with discarded checked'] += want is not None
    kinds = {one['kind'] for one in record['discarded']} - {'hunk', 'file', 'link'}
    if kinds:
        return 'discarded: %s, which only --conflicts=ring has' % sorted(kinds)
    return complete(record['discarded'], before[2], tree) or \
        (want is not None and same_lost(objects, main_branch, record['discarded'], want)) or None


def report(counts, by_git, causes, classes, tried, merged, faults):
    for name, value in sorted(counts.items()):
        print('%s: %d' % (name, value))
    print('by Git itself: %d' % sum(by_git.values()))
    for name, value in by_git.most_common():
        print('  %s: %d' % (name, value))
    print('refused where Git succeeds, by cause:')
    for name, value in causes.most_common():
        print('  %s: %d' % (name, value))
    print('shapes:')
    for name in SHAPES:
        print('  %s: %d, of which Git merges %d' % (name, tried[name], merged[name]))
    print('classes: %d' % len(classes))
    print('faults: %d' % faults)


def main():
    r = random.Random(SEED)
    subprocess.run(['git', 'init', '-q', DIR], check=True)
    with open(MARKS, 'w') as marks:
        marks.write('* conflict-marker-size=41\n')
    must('commit', '-q', '--allow-empty', '-m', 'x')
    must('switch', '-q', '--detach')
    stream, groups = Import(), []
    for group in range((COUNT + RINGS - 1) // RINGS):
        profile = TURNS[group % len(TURNS)]
        config = r.choice(CONFIGS if profile[0] != 'directories' else DIRECTORY_CONFIGS)
        groups.append(('main-%d' % group, config, make(r, stream, group, min(RINGS, COUNT - group * RINGS), profile)))
    must('fast-import', '--quiet', input=b''.join(stream.out))
    objects, faults = Objects(DIR), 0
    counts = collections.Counter({'not judged': 0, 'refused': 0, 'refused where Git succeeds': 0})
    causes, by_git, classes, tried, merged = (collections.Counter() for _ in range(5))
    for main_branch, config, rings in groups:
        for key, value in config:
            must('config', key, value)
        judged = {ring: judge(objects, ring, main_branch, counts) for ring, _, _ in rings}
        must('checkout', '-q', '-f', '--detach', 'main-0')
        done = subprocess.run(['ringsync', '-v', '-C', DIR, '--from', main_branch], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, input='\n'.join(ring for ring, _, _ in rings).encode())
        records = {x.get('branch'): x for x in map(json.loads, done.stdout.split(b'\n')[:-1])}
        by = dict(re.findall(r'^ringsync: (\S+): merged by Git itself: (.*)$', done.stderr.decode(), re.M))
        for ring, profile, shapes in rings:
            counts['merges'] += 1
            if judged[ring] is None:
                counts['not judged'] += 1
                continue
            classes[profile] += 1
            tried.update(shapes)
            merged.update(shapes if judged[ring][0] else ())
            if ring in by:
                by_git[by[ring]] += 1
            if ring in records:
                fault = compare(objects, ring, main_branch, records[ring], judged[ring], counts, causes)
            else:
                fault = 'no record: status %d, %s' % (done.returncode, done.stderr.decode())
            if fault:
                faults += 1
                print('FAULT %s (%s, %s, %s): %s' % (ring, main_branch, profile, dict(config), fault))
        for key, _ in config:
            must('config', '--unset', key)
    fsck = git('fsck', '--strict', '--no-dangling').stdout.decode()
    faults += bool(fsck.strip())
    print(fsck, end='')
    report(counts, by_git, causes, classes, tried, merged, faults)


main()
