"""What a release did to manifests, against a table (manifests/EXPECTED).

usage: field.py outcomes|values|lines SERVICE BEFORE AFTER RECORDS [NUMSTAT]

BEFORE and AFTER are directories with ring.yaml and the manifests as they were and as they are; RECORDS is what applypatch
wrote, NUMSTAT what git diff --numstat says.  Prints a line for each fault; the status is then 1.

outcomes  each tenant of the table is set or refused, as the table says
values    PyYAML reads the ring's image at each pointer of the table, and everything else as before
lines     the lines that changed are as many as the table says, and hold the image and the keys above it
"""
import collections, copy, difflib, json, os, re, sys
import yaml
from oracle import construct, is_json, same

RING, TAG = 'ring-fast', '41207e5'


class Row:
    def __init__(self, line):
        self.file, self.service, self.outcome, *rest = line.split()
        self.tenant = os.path.basename(self.file).split('.')[0]
        if self.outcome == 'refused':
            self.code, self.by = rest
        else:
            self.added, self.removed, *self.where = rest
            assert self.outcome == 'set' and self.added[0] == '+' and self.removed[0] == '-', line


def read_table(path, service):
    with open(path) as f:
        rows = [Row(line) for line in f if line.strip() and line[0] != '#']
    return [row for row in rows if row.service == service]


def tokens(pointer):
    return [t.replace('~1', '/').replace('~0', '~') for t in pointer.split('/')[1:]]


class Service:
    """What a service's image is called in the values of each of its charts, by the catalogue."""

    def __init__(self, catalogue, name):
        with open(catalogue) as f:
            entry = yaml.safe_load(f)['services'][name]
        image = entry['image'] if isinstance(entry['image'], str) else entry['image'][0]
        self.repository = image.replace('{ring}', RING)
        self.charts = [(chart, form[0] if isinstance(form, list) else form) for chart, form in entry['charts'].items()]

    def leaves(self, row):
        """The strings of an image by their pointers, for each pointer of a row.  The pointer ends as the catalogue says."""
        assert len(row.where) == len(self.charts), row.file
        out = []
        for where, (chart, form) in zip(row.where, self.charts):
            path = form if isinstance(form, str) else form.get('reference', form.get('repository').rpartition('/')[0] if 'repository' in form else '')
            assert where.endswith('/' + chart + '/' + path) or where.endswith('/' + path) and chart not in where, (row.file, where)
            if isinstance(form, str):
                out += [(where + '/repository', self.repository), (where + '/tag', TAG)]
            elif 'reference' in form:
                out.append((where, self.repository + ':' + TAG))
            else:
                out += [(where + '/' + form['repository'].rpartition('/')[2], self.repository), (where + '/' + form['tag'].rpartition('/')[2], TAG)]
        return out


def read(directory, row):
    with open(os.path.join(directory, row.file), encoding='utf-8', newline='') as f:
        return f.read()


def documents(text):
    """All documents of a text as values; JSON may have tabs, which PyYAML does not take."""
    if is_json(text):
        return [json.loads(text)]
    return [None if node is None else construct(node) for node in yaml.compose_all(text, Loader=yaml.CBaseLoader)] or [None]


def put(tree, path, value):
    """Set a member, and make the maps above it that are not there."""
    for token in path[:-1]:
        if isinstance(tree, list):
            tree = tree[int(token)]
        elif tree.setdefault(token, {}) is not None:
            tree = tree[token]
    tree[path[-1]] = value


def get(tree, path):
    for token in path:
        tree = tree[int(token)] if isinstance(tree, list) else tree[token]
    return tree


def expected(before, leaves, after):
    """The documents of before with the image set; in a string of YAML, after's string where its own values are right."""
    trees = copy.deepcopy(before)
    strings = {}
    for pointer, value in leaves:
        number, pointer = pointer[1:].split('/', 1) if pointer[0] == '#' else ('0', pointer[1:])
        at, _, inside = ('/' + pointer).rpartition(':/')
        if at:
            inner = strings.setdefault((int(number), at), documents(get(before[int(number)], tokens(at))))
            inner[0] = {} if inner[0] is None else inner[0]    # Helm takes no values as an empty map
            put(inner[0], tokens('/' + inside), value)
        else:
            trees[int(number)] = {} if trees[int(number)] is None else trees[int(number)]
            put(trees[int(number)], tokens('/' + pointer), value)
    for (number, at), inner in strings.items():
        text = get(after[number], tokens(at))
        if not same(documents(text), inner):
            return None
        put(trees[number], tokens(at), text)
    return trees


def outcomes(rows, records):
    faults = []
    with open(records) as f:
        seen = [json.loads(line) for line in f]
    for row in rows:
        mine = [r for r in seen if r.get('tenant') == row.tenant]
        if row.outcome == 'refused':
            right = [('refused', row.code, row.by)]
        else:
            right = [('result', 'committed', row.file)]
        got = [(r['type'], r['code'], r['by']) if r['type'] == 'refused' else (r['type'], r['status'], r['path']) for r in mine]
        if got != right:
            faults.append('%s: expected %s, got %s' % (row.file, right, got))
    return faults


def values(rows, service, before, after):
    faults = []
    for row in rows:
        if row.outcome == 'refused':
            if read(before, row) != read(after, row):
                faults.append('%s: is refused and has changed' % row.file)
            continue
        old, new = documents(read(before, row)), documents(read(after, row))
        if not same(expected(old, service.leaves(row), new), new):
            faults.append('%s: PyYAML reads %s' % (row.file, new))
    return faults


def words(text):
    """The words and the punctuation of a text; an escaped line break counts as white space, an escaped quote as a quote."""
    return re.findall(r'[^\s{}\[\]",\':]+|[{}\[\]",\':]', text.replace('\\n', ' ').replace('\\"', '"'))


def is_within(old, new):
    """The old words are all among the new ones, in their order."""
    rest = iter(new)
    return all(word in rest for word in old)


def changed_lines(leaves, old, new):
    """Where lines differ, the new ones are the old ones and the image with the keys above it; None if that is so."""
    allowed = set('{}",\':')
    for pointer, value in leaves:
        allowed.update(words(value), *map(words, re.split('[/#]', pointer)))
    old, new = old.splitlines(True), new.splitlines(True)
    for how, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = words(''.join(old[a:b])), words(''.join(new[c:d]))
        if how != 'equal' and not (is_within(gone, came) and collections.Counter(came) - collections.Counter(gone) <= collections.Counter(
                {word: len(came) for word in allowed})):
            return 'makes %r of %r' % (''.join(new[c:d]), ''.join(old[a:b]))
    return None


def lines(rows, service, before, after, numstat):
    faults = []
    with open(numstat) as f:
        stat = {name: ('+' + a, '-' + r) for a, r, name in (line.rstrip('\n').split('\t') for line in f)}
    for row in rows:
        if row.outcome == 'refused':
            continue
        got = stat.pop(row.file, None)
        if got != (row.added, row.removed):
            faults.append('%s: expected %s %s lines, got %s' % (row.file, row.added, row.removed, got))
        why = changed_lines(service.leaves(row), read(before, row), read(after, row))
        if why:
            faults.append('%s: %s' % (row.file, why))
    return faults + ['%s: has changed, and is not in the table' % name for name in stat]


def main():
    what, name, before, after, records, *numstat = sys.argv[1:]
    rows = read_table(os.path.join(os.path.dirname(__file__), 'manifests', 'EXPECTED'), name)
    service = Service(os.path.join(before, 'ring.yaml'), name)
    faults = {'outcomes': lambda: outcomes(rows, records), 'values': lambda: values(rows, service, before, after),
              'lines': lambda: lines(rows, service, before, after, *numstat)}[what]()
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


main()
