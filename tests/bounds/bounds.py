"""Give each filter hostile input of at most 1 MiB in each place that it reads, and measure what that costs.

usage: bounds.py [--every N] [--only TEXT] [--size BYTES] [--seconds S] [--jobs N] [--least N] [--worst N] [SCENARIO ...]

The scenarios are those of ../memory/scenarios.py; READS says which files each of them reads that a person with fewer rights
can write, and of what kind they are.  Each gets each shape of its kind in each way: as the whole file, and in a place of the
file that the scenario has.  How a filter answers is not judged here, only that it ends by itself within --seconds of
processor time (with the programs that it runs) and, up to 1 MiB, in 64 MiB of memory; above that in 64 bytes a byte.  A run
that takes longer is measured twice more, and the shortest time counts: another program's work on the machine is not the
filter's.
"""
import argparse, collections, multiprocessing, os, random, re, shutil, signal, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'memory'))
import scenarios

MIB = 1 << 20
LIMIT = 120     # seconds after which a run is ended
# More --seconds: each of 100,000 names is looked up in the repository; the time of git merge-tree grows with the square of the
# number of lines that have another order
SLOW = {('sync-dry-run', '-'): 5, ('sync-dry-run', '.'): 100}

CHARTS = 'charts@master:charts/atlan/values.yaml'
ACME = 'gitops@main:tenants/acme/application.yaml'
# SCENARIO: {what it reads: its kind}.  - is standard input, DIRECTORY@BRANCH:PATH a file of a commit.
READS = {
    'labels-json': {'-': 'json'},
    'labels-webhook': {'-': 'json'},
    'labels-lines': {'-': 'text'},
    'labels-nul': {'-': 'text'},
    'labels-release': {'-': 'records'},
    'cohort-files': {'-': 'records', 'releases/cohorts/internal-level-1.yaml': 'yaml', 'releases/ring.yaml': 'yaml'},
    'cohort-rev': {'releases@main:cohorts/internal-level-1.yaml': 'yaml'},
    'mkpatch-set': {'-': 'records', ACME: 'yaml', 'releases/ring.yaml': 'yaml', 'gitops@main:.gitattributes': 'text'},
    'mkpatch-clear': {'-': 'records'},
    'mkpatch-clears': {'applied/r@main:tenants/acme/application.yaml': 'yaml'},
    'mkpatch-adopt': {'-': 'records', ACME: 'yaml'},
    'mkpatch-release': {'release': 'records'},
    'mkpatch-proposals': {'open.json': 'json'},
    'mkpatch-elements': {'applicationsets@main:sets/retail.yaml': 'yaml'},
    'mkpatch-helmrelease': {'helmreleases@main:*.yaml': 'yaml'},
    'manifest-values': {'-': 'yaml'},
    'patch': {'-': 'yaml', 'patch.json': 'json'},
    'patch-anchors': {'-': 'yaml'},
    'apply-dry-run': {'-': 'records', ACME: 'yaml'},
    'apply-diff': {ACME: 'yaml'},
    'ringls': {'.': 'tree', ACME: 'yaml'},
    'ringls-apps': {'live.json': 'json'},
    'ringls-everywhere': {'applied/r@main:tenants/acme/application.yaml': 'yaml'},
    'ringgate': {'-': 'records', CHARTS: 'yaml', 'service@master:': 'message'},
    'ringgate-index': {'index': 'text'},
    'ringlive': {'-': 'records', 'apps.json': 'json'},
    'ringwave': {'-': 'records', 'running': 'records', 'waves.yaml': 'yaml'},
    'ringcheck-view': {'-': 'json', 'gh-run-list.json': 'json'},
    'ringcheck-rest': {'-': 'json', 'rest-runs.json': 'json', 'held.atlas': 'records'},
    'ringlint': {'releases/ring.yaml': 'yaml', CHARTS: 'yaml'},
    'report-markdown': {'-': 'records'},
    'report-html': {'-': 'records'},
    'report-text': {'-': 'records'},
    'report-slack': {'-': 'records'},
    'report-github': {'-': 'records'},
    'sync-dry-run': {'-': 'text', '.': 'merge', 'rings@ring-clean:': 'message', 'rings@ring-clean:.gitattributes': 'text'},
    'sync-gone': {'.': 'merge'},
}
MORE = [scenarios.Scenario('manifest-values', 'manifest-values', 'acme.yaml')]


def times(unit, n):
    return (unit * (n // len(unit) + 1))[:n]


def numbered(form, n):
    """form with 1, 2, 3 ... in place of %d, in n bytes at most."""
    out, size = [], 0
    for i in range(n):
        line = form.replace(b'%d', b'%d' % i)
        size += len(line)
        if size > n:
            break
        out.append(line)
    return b''.join(out)


def nested(left, middle, right, n, depth=None):
    """Deep, once; or many of a depth side by side."""
    one = lambda deep: left * deep + middle + right * deep
    if depth is None:
        return one((n - len(middle)) // (len(left) + len(right)))
    return times(one(depth) + b',', n)[:n].rsplit(b',' , 1)[0]


def text_shapes(n):
    units = [b'x', b'%', b'\n', b'a\n', b' ', b'\t', b'"', b"'", b'\\', b'\\"', b'\xff', b'\xc3\xa9', b'\0', b'\r\n', b'[', b'{', b'}', b'*', b'**/', b'?',
             b'#', b'- ', b'%41', b'/', b'../', b'\x1b[31m', b'##[command]x\n', b'::error::x\n', b'cohort:a:b:c\n', b'cohort:', b'* text\n', b'[a-z]* merge=ring\n',
             b'ring-', b'refs/heads/ring-x\n', b'ring-leangraph\n', b'1.4.0\n', b'* -text eol=lf\n', b'\xe2\x80\xae', b'\xf0\x9f\x92\xa9\n']
    for unit in units:
        yield repr(unit), times(unit, n)
    for form in b'cohort:tenant:name:t%d\n', b'ring-%d\n', b'1.%d.0\n', b'/dir%d/** merge=x%d\n', b'cohort:k%d:n:v\0':
        yield repr(form), numbered(form, n)


def json_values(n):
    """Values in JSON, valid ones and others."""
    yield 'deep array', nested(b'[', b'1', b']', n)
    yield 'deep object', nested(b'{"a":', b'1', b'}', n)
    yield 'arrays of 500 levels', b'[' + nested(b'[', b'1', b']', n - 2, 500) + b']'
    yield 'objects of 500 levels', b'[' + nested(b'{"a":', b'1', b'}', n - 2, 500) + b']'
    for unit in b'1', b'""', b'[]', b'{}', b'null', b'1e9', b'"a"', b'{"a":1}', b'"\\u0041"', b'-0.1', b'[[]]', b'{"type":"tenant"}':
        yield f'array of {unit.decode()}', b'[' + times(unit + b',', n - len(unit) - 2)[:n].rsplit(b',', 1)[0] + b',' + unit + b']'
    yield 'many members', b'{' + numbered(b'"k%d":1,', n - 20) + b'"z":1}'
    yield 'one member again and again', b'{' + times(b'"k":1,', n - 20).rsplit(b',', 1)[0] + b',"z":1}'
    for unit in b'x', b'%', b'\\u0041', b'\\"', b'\\n', b'\\ud83d\\ude00', b'\\u0000', b'\xc3\xa9', b'\xff', b' ', b'/', b'~1', b'cohort:', b'|', b'`', b'*', b'@', b'<', b'##[x]', b'[](', b'#', b'\\\\':
        yield f'string of {unit!r}', b'"' + times(unit, n - 2)[:(n - 2) // len(unit) * len(unit)] + b'"'
    yield 'digits', times(b'1', n)
    yield 'a fraction', b'0.' + times(b'1', n - 2)
    yield 'white space', times(b' ', n)
    yield 'an open string', b'"' + times(b'x', n - 1)


def json_texts(n, given):
    """Documents: a value alone, a value in a place of the document that there was, and that document again and again."""
    yield from json_values(n)
    for shape, text in text_shapes(n):
        yield f'text of {shape}', text
    yield 'the document again and again', times(given.rstrip(b'\n') + b'\n', n)
    yield 'an array of it', b'[' + times(given.strip() + b',', n - 2).rsplit(b',', 1)[0] + b']'
    yield from in_places(given, n, r'"[^"\\]*"(?!\s*:)|\b[0-9]+\b', 6)
    yield from in_places(given, n, r'"[^"\\]*"(?=\s*:)', 2)


def in_places(given, n, pattern, count):
    places = list(re.finditer(pattern, given.decode('latin-1')))
    chosen = random.Random(len(given)).sample(places, min(count, len(places)))
    for place in sorted(chosen, key=lambda p: p.start()):
        for shape, text in json_values(n - len(given)):
            yield f'{shape}, at {place.start()}', given[:place.start()] + text + given[place.end():]


def record_texts(n, given):
    """Streams of records: a document as above, and a record with a hostile value, in a stream with its end record."""
    yield from json_texts(n, given)
    lines = [line for line in given.split(b'\n') if line and b'"type":"end"' not in line]
    end = lambda count: b'{"type":"end","by":"test","records":%d,"refused":0}\n' % count
    for i, line in enumerate(lines[:3]):
        many = n // (len(line) + 1) - 2
        yield f'record {i} again and again', (line + b'\n') * many + end(many)
        named = [re.sub(rb'"tenant":"[^"]*"', b'"tenant":"t%d"' % k, line) for k in range(many * 9 // 10)]
        yield f'record {i} of as many tenants', b'\n'.join(named + [end(len(named))])
        for what, text in in_places(line, n - 200, r'"[^"\\]*"(?!\s*:)', 8):
            yield f'record {i}, {what}', text + b'\n' + end(1)


def around(left, unit, right, n):
    """As many units as fit in n bytes, between left and right."""
    return left + unit * ((n - len(left) - len(right)) // len(unit)) + right


def laughs():
    return b'[&a0 x, ' + b''.join(b'&a%d [' % (i + 1) + b'*a%d,' % i * 9 + b'], ' for i in range(60)) + b']'


def steps(form, n):
    """Lines that are indented ever deeper."""
    return b''.join(b' ' * i + form for i in range(int((2 * n) ** .5) - len(form) - 2))


def yaml_nodes(n):
    """(what, a function that makes the text, whether the text is of whole lines)"""
    def some(what, make, *words, lines=False):
        return what, lambda: make(*words, n), lines
    yield some('flow, deep', nested, b'[', b'a', b']')
    yield some('flow maps, deep', nested, b'{a: ', b'b', b'}')
    yield 'flow of 400 levels', lambda: b'[' + nested(b'[', b'a', b']', n - 2, 400) + b']', False
    yield 'flow map', lambda: b'{' + numbered(b'k%d: 1, ', n - 2) + b'}', False
    yield 'anchors', lambda: b'[' + numbered(b'&a%d 1, ', n - 2) + b']', False
    yield 'anchors and aliases', lambda: b'[' + numbered(b'&a%d 1, *a%d, ', n - 2) + b']', False
    yield 'laughs', laughs, False
    yield some('one key again and again', around, b'{', b'k: 1, ', b'}')
    yield some('empty keys', around, b'{', b'? , ', b'}')
    yield some('aliases', around, b'[&a 1, ', b'*a, ', b']')
    yield some('aliases of a map', around, b'[&a {}, ', b'*a, ', b']')
    yield some('aliases of a map, in lines', around, b'- &a {}\n', b'- *a\n', b'', lines=True)
    yield some('merges', around, b'[&a {b: c}, ', b'{<<: *a}, ', b']')
    for unit in b'a, ', b'"", ', b'[], ', b'{}, ', b'a: b, ', b'? a, ', b'!!str a, ', b'&a b, ', b"'', ", b'"\\x41", ', b'1.5, ', b'!t%41 a, ':
        yield some(f'flow of {unit.decode()}', around, b'[', unit, b']')
    for unit in b'x', b'\\x41', b'\\u00e9', b'\\"', b'\\\\', b'%', b' ', b'\xc3\xa9', b'\xff', b'\xf0\x9f\x92\xa9', b'/', b'.', b'0', b':', b'#', b'{{ x }}':
        yield some(f'double quotes around {unit!r}', around, b'"', unit, b'"')
        yield some(f'single quotes around {unit!r}', around, b"'", unit, b"'")
        yield some(f'plain {unit!r}', around, b'a', unit, b'')
    for unit in b'[', b'{a: ', b']', b'!', b'%41', b'!a', b'&a', b'*a', b'&', b'*', b'- ', b'? ', b': ', b'|', b'>', b'@', b'`', b'\t', b'!<', b'!<%41', b'[b%c,!%41', b"''", b'""', b'a: ':
        yield some(f'only {unit!r}', times, unit)
        yield some(f'!t of {unit!r}', around, b'!t', unit, b'')
    lines = [b'- a', b'-', b'- - - - - - - - a', b'- a: b', b'- [a]', b'# c', b'- a # c', b'', b' ', b'- "\\x41"', b'- >\n  a', b'- |\n  a\n\n', b'- ? a\n  : b', b'? a', b'a', b'- &a b',
             b'- !!str a', b'- *a', b'-\t', b'- {a: b}', b'- {}', b'- []', b'? &a b', b'- a # ringkit: atlas/ring-a made', b'- a # ringkit: atlas/ring-a 0123abcd was "b"', b'...', b'---', b'- ---', b'%YAML 1.2', b'<<: {a: b}',
             b'a\\', b"'a''", b'"a\\', b'a: b: c', b'a:\n  b:\n    c: d', b'- \xe2\x80\xa8', b'\r', b'---\na: b']
    for line in lines:
        yield some(f'lines of {line!r}', around, b'', line + b'\n', b'', lines=True)
    for form in (b'k%d: v\n', b'k%d:\n', b'"k%d": &a%d v\n', b'k%d: {a: [b, c]}\n', b'k%d: |\n  text\n', b'? k%d\n: v\n', b'k%d: v # comment\n', b'<<%d: *a\n', b'# ringkit: s/r%d made\n',
                 b'k%d: v # ringkit: atlas/ring-leangraph 0123abcd\n'):
        yield some(f'numbered {form!r}', numbered, form, lines=True)
    yield some('block maps, deep', steps, b'a:\n', lines=True)
    yield some('block lists, deep', steps, b'-\n', lines=True)
    yield some('compact lists, deep', times, b'- ', lines=True)
    for head in b'|', b'>', b'|9', b'>-', b'|+':
        for line in b'a', b'', b' a', b'\t', b'# c', b'a: b':
            yield some(f'{head.decode()} of {line!r}', around, b't: ' + head + b'\n', b' ' * 9 + line + b'\n', b'', lines=True)
    yield 'ever deeper in a literal', lambda: b't: |\n' + steps(b' a\n', n - 6), True
    yield some('a plain scalar of many lines', around, b't: a\n', b'  a\n', b'', lines=True)
    yield some('quotes of many lines', around, b't: "a\n', b'  a\n', b'  "\n', lines=True)


def yaml_texts(n, given):
    room = n - len(given) - 64
    values = re.search(rb'^( *)(?:valuesObject|values|services|elements):[^\n]*\n', given, re.M)
    depth = len(values[1]) + 2 if values else 0
    rest = values and re.sub(rb'\A(?:' + values[1] + rb' [^\n]*\n|\n)*', b'', given[values.end():])

    def member(make, block, deep):
        return b' ' * deep + b'zz:' + (b'\n' if block else b' ') + (indent(make(), deep + 2, room) if block else make() + b'\n')
    for what, make, block in yaml_nodes(n):
        yield what, make
    for what, make, block in yaml_nodes(room):
        yield f'{what}, at the end', lambda make=make, block=block: given.rstrip(b'\n') + b'\n' + member(make, block, 0)
        if values:
            yield (f'{what}, in {values[0].strip().decode()}',
                   lambda make=make, block=block: given[:values.end()] + member(make, block, depth) + given[values.end():])
        if values and b'valuesObject' in values[0]:
            yield (f'{what}, as a string of values',
                   lambda make=make: given[:values.start()] + values[1] + b'values: |\n' + indent(make(), depth, room) + b'\n' + rest)


def indent(text, depth, room):
    out = re.sub(rb'^(?=.)', b' ' * depth, text, flags=re.M)
    return out if len(out) <= room else out[:room].rsplit(b'\n', 1)[0] + b'\n'


def merges(n):
    """(what, the file as it was, in the ring, on the default branch), of n bytes together."""
    n //= 3
    chance = random.Random(1)
    some = lambda kinds: b''.join(b'%d\n' % chance.randrange(kinds) for _ in range(n // 4))
    lines = [b'%d\n' % i for i in range(n // 7)]
    yield 'one line', times(b'x', n), times(b'x', n - 1) + b'y', b'y' + times(b'x', n - 1)
    yield 'the same lines', times(b'a\n', n), times(b'a\n', n - 2000), times(b'a\n', n - 1000) + b'b\n'
    yield 'blank lines', times(b'\n', n), times(b'\n', n - 1000) + b'b', b'b' + times(b'\n', n - 10)
    yield 'two lines by turns', times(b'a\nb\n', n), times(b'b\na\n', n), times(b'a\na\nb\n', n)
    for kinds in 2, 10, 1000:
        yield f'{kinds} kinds of lines at random', some(kinds), some(kinds), some(kinds)
    yield 'backwards', b''.join(lines), b''.join(lines[::-1]), b''.join(lines[1::2] + lines[::2])
    yield 'each line changed', b''.join(lines), b''.join(b'r' + line for line in lines), b''.join(b'm' + line for line in lines)
    yield 'every other line changed', b''.join(lines), *(b''.join((c + line) if i % 4 == k else line for i, line in enumerate(lines))
                                                         for k, c in ((0, b'r'), (2, b'm')))
    yield 'markers of conflicts', times(b'<<<<<<< x\n=======\n>>>>>>> y\n', n), times(b'=======\n<<<<<<< x\n', n), times(b'>>>>>>> y\n', n)
    yield 'NULs', times(b'a\0\n', n), times(b'\0\n', n), times(b'b\0\n', n)


def messages(n):
    for what, text in text_shapes(n - 200):
        text = text.replace(b'\0', b'')
        yield f'a subject of {what}', text
        yield f'trailers of {what}', b'x\n\n' + text + b'\nRinged-By: x\n'
    for unit in b'Tenant: acme\n', b'Proposal: x\n', b'a: b\n', b' folded\n', b'Values: x\n':
        yield f'trailers {unit!r}', b'x\n\n' + times(unit, n - 10)


def trees(n):
    """({path: bytes}), of n bytes together."""
    manifest = b'kind: Application\nspec: {source: {chart: atlan, targetRevision: 1.4.0, helm: {values: "a: b"}}}\n'
    yield 'many tenants', {f'tenants/t{i}/application.yaml': manifest for i in range(n // (len(manifest) + 40))}
    yield 'many empty files', {f'tenants/t{i}/x': b'' for i in range(n // 40)}
    yield 'a deep directory', {'tenants/' + 'd/' * 1900 + 'application.yaml': manifest}
    yield 'many files in one directory', {f'tenants/t/{i}.yaml': b'' for i in range(n // 40)}
    yield 'long names', {f'tenants/{"n" * 240}{i}/application.yaml': manifest for i in range(n // 400)}
    yield 'attributes in each directory', {f'tenants/t{i}/.gitattributes': b'* merge=x\n' for i in range(n // 60)}


class World:
    """A copy of the scenarios' world, for one process."""
    def __init__(self, base):
        self.base = tempfile.mkdtemp(dir=base)
        self.env = scenarios.environment(self.base)
        shutil.copytree(os.path.join(base, 'home'), os.path.join(self.base, 'home'))
        subprocess.run(['cp', '-R', os.path.join(base, 'world'), self.base], check=True)
        self.world = self.env['world']

    def git(self, where, *words, given=None, index=None):
        env = dict(self.env, **({'GIT_INDEX_FILE': index} if index else {}))
        return subprocess.run(['git', '-C', os.path.join(self.world, where), *words], env=env, input=given, stdout=subprocess.PIPE, check=True).stdout.strip()

    def commit(self, where, branch, files, message=b'hostile\n', parent=None):
        """A commit of more files on a branch, made without a work tree; what undoes it."""
        ref = f'refs/heads/{branch}'
        before = self.git(where, 'rev-parse', ref).decode()
        stream = [b'commit %s\nmark :1\ncommitter A <a@b.c> 1700000000 +0000\ndata %d\n%s\nfrom %s\n' % (ref.encode(), len(message), message, (parent or before).encode())]
        for path, text in files.items():
            stream.append(b'M 100644 inline %s\ndata %d\n%s\n' % (path.encode(), len(text), text))
        self.git(where, 'fast-import', '--quiet', '--force', given=b''.join(stream) + b'\ndone\n')
        return lambda: self.git(where, 'update-ref', ref, before)

    def run(self, scenario, given):
        """(status, seconds of processor time, bytes of memory)"""
        figures = os.path.join(self.base, 'figures')
        command = f'exec time -q -o {figures} -f "%U %S %M" {scenario.command}'
        child = subprocess.Popen(['bash', '-c', command], cwd=self.world, env=self.env, stdin=open(given, 'rb'),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            status = child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return None, float(LIMIT), 0
        with open(figures) as f:
            user, system, kib = f.read().split('\n')[-2].split()
        return status, float(user) + float(system), int(kib) * 1024


def texts(kind, n, given):
    """(what, the text or a function that makes it)"""
    return text_shapes(n) if kind == 'text' else {'json': json_texts, 'records': record_texts, 'yaml': yaml_texts}[kind](n, given)


def made(text):
    return text() if callable(text) else text


def place_of(world, where):
    """The repository, branch and path that a name of READS stands for, and what is there."""
    repo, _, rest = where.partition('@')
    branch, _, path = rest.partition(':')
    if branch not in world.git(repo, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').decode().split():
        branch = 'main'
    if not path:
        return repo, branch, path, b''
    names = world.git(repo, 'ls-tree', '-r', '--name-only', branch).decode().split('\n')
    if path not in names:
        ends = [name for name in names if name.endswith(path.lstrip('*'))]
        path = ends[0] if ends else path
    return repo, branch, path, world.git(repo, 'show', f'{branch}:{path}') + b'\n' if path in names else b''


def cases(world, scenario, size):
    """(where, what, a function that brings it there and returns what undoes that, or returns the bytes of standard input)"""
    def file_at(path, text):
        def bring():
            full = os.path.join(world.world, path)
            with open(full, 'rb') as f:
                before = f.read()
            with open(full, 'wb') as f:
                f.write(made(text))
            def undo():
                with open(full, 'wb') as f:
                    f.write(before)
            return undo
        return bring
    for where, kind in READS[scenario.name].items():
        if where == '-':
            with open(os.path.join(world.world, scenario.given or '/dev/null'), 'rb') as f:
                given = f.read()
            for what, text in texts(kind, size, given):
                yield where, what, lambda text=text: made(text)
        elif kind == 'merge':
            for what, was, ring, main in merges(size):
                def bring(was=was, ring=ring, main=main):
                    base = world.commit('rings', 'main', {'big': was})
                    start = world.git('rings', 'rev-parse', 'main').decode()
                    undo = [base] + [world.commit('rings', name, {'big': ring}, parent=start) for name in ('ring-clean', 'ring-hunk', 'ring-gone')]
                    world.commit('rings', 'main', {'big': main})
                    return lambda: [one() for one in undo]
                yield where, what, bring
        elif kind == 'tree':
            for what, files in trees(size):
                yield where, what, lambda files=files: world.commit('gitops', 'main', files)
        elif kind == 'message':
            repo, branch, _, _ = place_of(world, where)
            for what, text in messages(size):
                yield where, what, lambda text=text: world.commit(repo, branch, {}, text)
        elif '@' in where:
            repo, branch, path, given = place_of(world, where)
            for what, text in texts(kind, size, given):
                yield where, what, lambda text=text: world.commit(repo, branch, {path: made(text)})
        else:
            with open(os.path.join(world.world, where), 'rb') as f:
                given = f.read()
            for what, text in texts(kind, size, given):
                yield where, what, file_at(where, text)


def measure(job):
    base, name, size, seconds, every, only, part, parts = job
    world = World(base)
    scenario = next(s for s in scenarios.ALL + MORE if s.name == name)
    found = []
    stdin = os.path.join(world.base, 'stdin')
    for i, (where, what, bring) in enumerate(cases(world, scenario, size)):
        if i % parts != part or (i // parts) % every or only not in what:
            continue
        given = os.path.join(world.world, scenario.given) if scenario.given else '/dev/null'
        undo = bring()
        if isinstance(undo, bytes):
            with open(stdin, 'wb') as f:
                f.write(undo)
            given, undo = stdin, None
        status, used, memory = world.run(scenario, given)
        allowed = seconds * SLOW.get((name, where), 1)
        for _ in range(2):
            if used > allowed and status is not None:
                used = min(used, world.run(scenario, given)[1])
        if undo:
            undo()
        found.append((used, memory, status, name, where, what, allowed))
    shutil.rmtree(world.base)
    return found


def main():
    parser = argparse.ArgumentParser()
    for name, default in ('every', 1), ('size', MIB), ('jobs', 2), ('least', 0), ('worst', 10):
        parser.add_argument(f'--{name}', type=int, default=default)
    parser.add_argument('--only', default='')
    parser.add_argument('--seconds', type=float, default=1)
    parser.add_argument('scenarios', nargs='*')
    args = parser.parse_args()
    memory = 64 * max(MIB, args.size)
    names = args.scenarios or list(READS)
    programs = {os.path.splitext(f)[0] for f in os.listdir(os.path.join(scenarios.TOP, 'bin'))}
    missing = programs - {s.command.split()[0] for s in scenarios.ALL + MORE if s.name in READS}
    if missing:
        sys.exit(f'bounds: no hostile input for {" ".join(sorted(missing))}')
    with tempfile.TemporaryDirectory() as base:
        scenarios.make_world(base)
        parts = 2
        jobs = [(base, name, args.size, args.seconds, args.every, args.only, part, parts) for name in names for part in range(parts)]
        with multiprocessing.Pool(args.jobs) as pool:
            found = [one for some in pool.imap_unordered(measure, jobs) for one in some]
    wrong = [one for one in found if one[2] is None or one[2] >= 128 or one[0] > one[6] or one[1] > memory]
    show = lambda one: print('%6.2f s %6.1f MiB, status %s: %s, %s: %s' % (one[0], one[1] / MIB, *one[2:6]))
    print(f'The {args.worst} that take most processor time:')
    for one in sorted(found, reverse=True, key=lambda f: f[0])[:args.worst]:
        show(one)
    print(f'The {args.worst} that take most memory:')
    for one in sorted(found, reverse=True, key=lambda f: f[1])[:args.worst]:
        show(one)
    statuses = collections.Counter(one[2] for one in found)
    print(f'{len(found)} inputs of {args.size} bytes at most; statuses:', ', '.join(f'{k}: {v}' for k, v in sorted(statuses.items(), key=str)))
    print(f'more than {args.seconds} s or {memory / MIB:.0f} MiB, or ended by a signal: {len(wrong)}')
    for one in wrong:
        show(one)
    if wrong or len(found) < args.least:
        sys.exit(f'bounds: {len(wrong)} wrong, {len(found)} inputs of at least {args.least}')


if __name__ == '__main__':
    main()
