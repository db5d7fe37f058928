"""Generated YAML is edited with marks, and back: is every byte again what it was?

usage: marks.py DRIVER DOCUMENTS SEED

Values are replaced and added, some are changed again, the blanks before marks are changed as formatters do, then all is
restored and removed in any order; in documents, and in documents in strings.  PyYAML says what is read, where the bytes of a
value are, and so what its mark must say.
"""
import collections, copy, hashlib, importlib.util, json, os, random, re, sys
import yaml
from oracle import Driver, RK_OK, RK_REFUSED, apply, get, load, pointers, same

spec = importlib.util.spec_from_file_location('property', os.path.join(os.path.dirname(__file__), 'unit', 'edit-property.py'))
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)

OWNER = 'cart/ring-fast'
NEW = ['x', 'v1.2.3', 'ghcr.io/shop/cart-ring-fast', '5e0c1f7', 'on', '1e3', '', "it's", 'say "x"', ' a # b', 'l1\nl2\n', 'é\u2028', 'a: b',
       7, 1.5, True, None, '-', '- a', '0644', '#', '\\', '\x85', '\U0001f600', 'x' * 300]


def escape(key):
    return key.replace('~', '~0').replace('/', '~1')


def leaves(node, path='', block=False, seen=None):
    """The path and node of every value and whether its parent is in block style; no key."""
    yield path, node, block
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from leaves(value, path + '/' + escape(key.value), not node.flow_style)
    if isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from leaves(value, '%s/%d' % (path, i), not node.flow_style)


def raw_of(text, node):
    """The bytes of a scalar, as PyYAML finds them; those of a plain one end before the blanks after it."""
    return text[node.start_mark.index:node.end_mark.index].rstrip(' \t') if node.start_mark.index < node.end_mark.index else ''


def has_props(text, node):
    return re.match('[&!*]', text[node.start_mark.index:]) or re.search(r'[&!*]\S*[ \t]+$', text[:node.start_mark.index].rsplit('\n', 1)[-1])


def markable(text, node, block):
    raw = raw_of(text, node)
    return block and isinstance(node, yaml.ScalarNode) and node.style not in ('|', '>') and '\n' not in raw and \
        len(raw.encode()) <= 256 and not has_props(text, node)


def sum_of(raw):
    return hashlib.sha256(raw.encode()).hexdigest()[:8]


def marks_of(value, path):
    """The marks of a new value and of all in it; a map or list without entries has that of a scalar."""
    if isinstance(value, (dict, list)) and value:
        yield {'path': path, 'mark': OWNER + ' made'}
        for k in value if isinstance(value, dict) else range(len(value)):
            yield from marks_of(value[k], path + '/' + escape(str(k)))
    else:
        yield {'path': path, 'mark': OWNER + ' ?'}


class Trial:
    def __init__(self, r, run, text, value):
        self.r, self.run, self.text, self.value = r, run, text, value
        self.was, self.added = {}, []    # by path
        self.fault = self.refused = None

    def plan(self):
        """An edit of some values, and of some that are not there yet."""
        r, patch, marks = self.r, [], []
        nodes = list(leaves(yaml.compose(self.text, Loader=yaml.BaseLoader)))
        some = [(p, n) for p, n, block in nodes if markable(self.text, n, block)]
        for path, node in r.sample(some, min(len(some), r.choice([1, 1, 2, 3, 5]))):
            raw = raw_of(self.text, node)
            self.was[path] = raw, get(self.value, path)
            patch.append({'op': 'replace', 'path': path, 'value': r.choice(NEW)})
            marks.append({'path': path, 'mark': '%s ? was %s' % (OWNER, json.dumps(raw, ensure_ascii=r.random() < 0.5))})
        boxes = [p for p, n, _ in nodes if isinstance(n, yaml.MappingNode) and not n.flow_style]
        for box in r.sample(boxes, min(len(boxes), r.choice([0, 0, 1, 2]))):
            key = next(k for k in ['new', 'on', 'n/~'] if k not in get(self.value, box))
            value = generate.value(r, 3) if r.random() < 0.5 else r.choice(NEW)
            if r.random() < 0.2:
                value = {'image': {'repository': 'ghcr.io/shop/cart', 'tag': value}}
            path = box + '/' + escape(key)
            patch.append({'op': 'add', 'path': path, 'value': value})
            marks.extend(marks_of(value, path))
            self.added.append(path)
        lists = [(p, len(n.value)) for p, n, _ in nodes if isinstance(n, yaml.SequenceNode) and n.value and not n.flow_style]
        for path, n in r.sample(lists, min(len(lists), r.choice([0, 0, 1, 2]))):
            value = generate.value(r, 2) if r.random() < 0.5 else r.choice(NEW)
            path = '%s/%d' % (path, n)
            patch.append({'op': 'add', 'path': path, 'value': value})
            marks.extend(marks_of(value, path))
            self.added.append(path)
        r.shuffle(patch)
        r.shuffle(marks)
        return patch, marks

    def edit(self, outer, at, patch, marks, **how):
        answer = self.run(text=outer, edits=[{'at': at, 'patch': patch, 'marks': marks}], strict=True, **how)
        if answer['rc'] == RK_REFUSED and not self.refused:
            self.refused = answer['code']
        elif answer['rc'] != RK_OK and not self.fault:
            self.fault = 'failed: %s' % answer['message']
        return answer

    def check(self, text, expected, marks):
        """Is the value what it should be, and has each mark the sum of its value's bytes, right after it?"""
        if not same(load(text), expected):
            return 'another value'
        nodes = {p: n for p, n, _ in leaves(yaml.compose(text, Loader=yaml.BaseLoader))}
        for mark in marks:
            path, node = mark['path'], nodes[mark['path']]
            said = mark['mark'].split(' ')[1]
            if said == 'made':
                before = text[:node.start_mark.index].rstrip(' \r\n-')
                if not re.search(r'(:|-)  # ringkit: ' + re.escape(mark['mark']) + '$', before):
                    return 'no mark at the map ' + path
                continue
            raw = raw_of(text, node)
            if said != sum_of(raw):
                return '%s: another sum than that of %s' % (path, raw)
            end = node.start_mark.index + len(raw)
            if not re.match('[ \t]+# ringkit: ' + re.escape(mark['mark']) + '([ \t\r\n]|$)', text[end:]):
                return 'no mark after ' + path
            if path in self.was and json.loads(mark['mark'].split(' was ', 1)[1]) != self.was[path][0]:
                return '%s: the mark has lost what was there' % path
        return None

    def back(self, marks):
        """The edit that takes all back."""
        patch, restores = [], []
        for mark in marks:
            if mark['path'] in self.was:
                patch.append({'op': 'replace', 'path': mark['path'], 'value': self.was[mark['path']][1]})
                restores.append({**mark, 'op': 'restore'})
        patch += [{'op': 'remove', 'path': path} for path in self.added]
        self.r.shuffle(patch)
        self.r.shuffle(restores)
        return patch, restores

    def format(self, text):
        """Other blanks before marks; libfyaml takes no tab after a dash or a colon."""
        return re.sub(r'([^ \t])[ \t]+(# ringkit: )', lambda m: m[1] + self.r.choice([' ', '  ', '      '] + ['\t', ' \t'] * (m[1] not in '-:'))
                      + m[2], text)

    def go(self, outer, at, inner):
        """Edit the document, which inner() takes out of outer; return the number of marks, or None."""
        patch, marks = self.plan()
        if not marks and not patch:
            return None
        there = self.edit(outer, at, patch, marks, fill=True)
        if self.fault or self.refused:
            return None
        expected = copy.deepcopy(self.value)
        for operation in patch:
            expected = apply(expected, operation)
        marks = there['edits'][0]['marks']
        self.fault = self.check(inner(there['text']), expected, marks)
        text = there['text']
        if not self.fault and self.was and self.r.random() < 0.4:    # again, by another value
            path = self.r.choice(sorted(self.was))
            mark = next(m for m in marks if m['path'] == path)
            again = [{'op': 'replace', 'path': path, 'value': self.r.choice(NEW)}]
            changed = {'path': path, 'mark': re.sub('^(.*?) [0-9a-f]{8} ', r'\1 ? ', mark['mark'])}
            answer = self.edit(text, at, again, [changed], fill=True)
            if answer['rc'] == RK_OK:
                text = answer['text']
                marks = [m for m in marks if m is not mark] + answer['edits'][0]['marks']
                self.fault = self.check(inner(text), apply(expected, again[0]), marks)
        if not self.fault and not at and self.r.random() < 0.3:
            text = self.format(text)
        if not self.fault and not self.refused:
            patch, restores = self.back(marks)
            back = self.edit(text, at, patch, restores)
            if not self.fault and not self.refused and back['text'] != outer:
                self.fault = 'the way back gives\n' + back['text']
        if self.fault:
            self.fault = '%s\n--- %s%s\n--- %s\n--- %s\n' % (self.fault, outer, json.dumps(patch), json.dumps(marks), text)
        return len(marks)


def trials(r, run, count):
    made = 0
    while made < count:
        value, text = generate.document(r)
        if text.startswith('{') or text.startswith('[') or '\n' not in text:
            continue
        made += 1
        bare = text.lstrip('\ufeff')
        yield 'document', Trial(r, run, bare, value), text, '', lambda t: t.lstrip('\ufeff')
        if text != bare or '\r' in text or r.random() < 0.5:
            continue
        outer = generate.embed(r, text)
        try:
            if load(outer)['v'] != text:
                continue
        except (yaml.YAMLError, TypeError, AssertionError):
            continue
        yield re.search(r'^v: (\|?>?"?\'?)', outer, re.M)[1], Trial(r, run, text, value), outer, '/v', lambda t: load(t)['v']


def main():
    run, count, seed = Driver(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    done, refused, faults, marks = collections.Counter(), collections.Counter(), [], 0
    for kind, trial, outer, at, inner in trials(random.Random(seed), run, count):
        n = trial.go(outer, at, inner)
        if trial.fault:
            faults.append(kind + ': ' + trial.fault)
        elif trial.refused:
            refused['%s in %s' % (trial.refused, kind) if kind == '>' else trial.refused] += 1
        elif n is not None:
            done[kind] += 1
            marks += n
    for f in faults[:int(os.environ.get('RINGKIT_FAULTS', '3'))]:
        print('\n'.join('# ' + l for l in f.split('\n')))
    print('# seed %d: there and back in %s, %d marks; refused: %s; faults: %d' % (seed, json.dumps(done), marks, json.dumps(refused), len(faults)))
    sys.exit(0 if not faults and not run.different and sum(done.values()) > 0.8 * count and marks > 2 * count else 1)


if __name__ == '__main__':
    main()
