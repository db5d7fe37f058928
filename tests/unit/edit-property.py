"""Patches on generated YAML, judged by PyYAML, ruamel.yaml and python-jsonpatch.  Prints TAP."""
import collections, copy, json, os, random, re, sys
import jsonpatch, yaml, ruamel.yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
from oracle import BOOLS, CAUGHT, Driver, RK_OK, RK_REFUSED, apply, get, insertion, is_json, load, pointers, resolve, same, strings_stay

PAIRS = int(os.environ.get('RINGKIT_PAIRS', '5000'))
SEED = int(os.environ.get('RINGKIT_SEED', '20240607'))

WORDS = ['atlas', 'image', 'tag', 'repository', 'ring', 'a', 'b', 'x-y', 'app.kubernetes.io/name', 'é', 'k_1', 'labels',
         'env', 'spec', 'values']
TRICKY = ['on', 'y', 'n', 'No', '1e3', '0644', '12:30:45', '2024-01-01', '1_000', '5e12345', '0o17', '0x1F', 'null', '~',
          '20240101', '.inf', '<<', '=', '1234567', '', ' a', 'a ', 'a: b', 'a #b', '- a', '{a', '[', 'a, b', "it's",
          'say "x"', '#c', '&a', '*a', '!t', '%x', '@x', '`x', '|', '>', '?', '? a', ':', '-', '---', 'a\tb', 'é ü', '\u2028x',
          '\x85', 'a\\b', '\U0001f600', '1.5', '-1', '+1', '0b11', 'true', 'FALSE', '1:2', '1.', 'a:', 'http://x/y:1', '\ufeffx',
          '..', '...', '1__2', '0.0.0', '08', '1e', '\x7f', "'", '"', 'x{y}', 'a]', 'a,b', '!', '12e03', '+.inf', '0x', '-', '--']
PLAIN = ['x', 'abc', 'v1.2.3', 'ghcr.io/x/y', 'some words here', '12ab34f', 'deadbeef', 'a-b', 'x:y', 'a#b', '10m', 'é']
LINES = ['one\ntwo\n', 'one\ntwo', 'one\n\n  two\nthree\n', '# c\nx: y\n', ' lead\nx\n', 'x\n\n\n', 'x\n ', '\nx\n', 'a\t\n b']


def scalar(r):
    kind = r.random()
    if kind < 0.45:
        return r.choice(PLAIN)
    if kind < 0.65:
        return r.choice(TRICKY)
    if kind < 0.72:
        return r.choice(LINES)
    return r.choice([None, True, False, 0, 1, -5, 42, 1.5, 1e300, 0.1, 1000.0, 123456789012])


def value(r, depth):
    kind = r.random()
    if depth <= 0 or kind < 0.45:
        return scalar(r)
    if kind < 0.75:
        return {key(r): value(r, depth - 1) for _ in range(r.choice([0, 1, 1, 2, 3]))}
    return [value(r, depth - 1) for _ in range(r.choice([0, 1, 2, 3]))]


def key(r):
    return r.choice(WORDS) if r.random() < 0.85 else r.choice([t for t in TRICKY if t not in ('<<', '-')])   # python-jsonpatch takes the key - for an index


class Writer:
    """A person's YAML: any indentation, quotes, comments, flow and block, not very evenly."""

    def __init__(self, r):
        self.r = r
        self.step = r.choice([2, 2, 2, 3, 4])
        self.list = r.choice([0, self.step, 2])
        self.quote = r.choice("'\"")
        self.loud = r.random() < 0.2
        self.noise = r.choice([0, 0.1, 0.3])
        self.n = 0

    def comment(self):
        self.n += 1
        return '# c%d' % self.n

    def safe(self, s):
        return re.fullmatch(r"[a-zé][-a-z0-9./_é]*( [a-zé]+)*|\d+[a-f]+[0-9a-f]*[a-f]|x:y|a#b", s) and \
            isinstance(resolve(s), str) and s.lower() not in BOOLS and not re.fullmatch(r'\d+e\d+', s)

    def string(self, s, flow=False):
        if self.safe(s) and not self.loud and self.r.random() < 0.85:
            return s
        if re.fullmatch(r'[ -~é ü]*', s) and (self.quote == "'" or self.r.random() < 0.1):
            return "'" + s.replace("'", "''") + "'"
        return json.dumps(s)

    def scalar(self, v, flow=False):
        if isinstance(v, str):
            return self.string(v, flow)
        if v is None:
            return self.r.choice(['null', '~', 'null'])
        return json.dumps(v)

    def flow(self, v):
        r = self.r
        pad = r.choice(['', '', ' '])
        if isinstance(v, dict):
            if not v:
                return '{}'
            return '{' + pad + ', '.join(self.string(k) + ': ' + self.flow(x) for k, x in v.items()) + pad + '}'
        if isinstance(v, list):
            return '[' + pad + ', '.join(map(self.flow, v)) + (r.choice(['', '', ',']) if v else '') + pad + ']' if v else '[]'
        return self.scalar(v, True)

    def tail(self):
        return '  ' + self.comment() if self.r.random() < self.noise else self.r.choice(['', '', '', '', ' ']) if self.noise else ''

    def between(self, indent, out):
        if self.r.random() < self.noise:
            for _ in range(self.r.choice([1, 1, 2])):
                out.append(self.r.choice(['', ' ' * indent + self.comment(), ' ' * indent + self.comment()]))

    def literal(self, v, column):
        if not re.fullmatch(r'[^ \t\n][ -~\n]*[!-~]\n?', v) or '\n' not in v:
            return None
        return [self.r.choice(['|', '|']) + ('' if v.endswith('\n') else '-') + self.tail().rstrip()] + \
            [(' ' * column + l if l else '') for l in v.rstrip('\n').split('\n')]

    def value(self, v, column, out, dash):
        """Write what follows the "key:" or "-" of a collection at column; the line so far is the last of out."""
        r = self.r
        anchor = ' &a%d' % r.randrange(10**6) if r.random() < 0.02 else ''
        if isinstance(v, (dict, list)) and v and r.random() < 0.8:
            if anchor or not dash or r.random() < 0.1:
                out[-1] += anchor + self.tail()
                indent = column + self.step if isinstance(v, dict) or dash else column + self.list
                self.between(indent, out)
                out.append(' ' * indent)
            else:
                out[-1] += ' '
                indent = column + 2
            self.entries(v, indent, out)
            return
        if isinstance(v, str) and '\n' in v and r.random() < 0.8:
            lines = self.literal(v, column + self.step)
            if lines:
                out[-1] += anchor + ' ' + lines[0]
                out.extend(lines[1:])
                return
        if v is None and r.random() < 0.3:
            out[-1] += anchor + self.tail()
            return
        out[-1] += anchor + ' ' + self.flow(v) + self.tail()

    def entries(self, v, indent, out):
        first = True
        for k in v if isinstance(v, dict) else range(len(v)):
            if not first:
                self.between(indent, out)
                out.append(' ' * indent)
            out[-1] += self.string(k) + ':' if isinstance(v, dict) else '-'
            self.value(v[k], indent, out, isinstance(v, list))
            first = False

    def document(self, v):
        out = []
        if self.r.random() < 0.2:
            out.append('---')
        if self.r.random() < 0.2:
            out.append(self.comment())
        out.append('')
        if isinstance(v, (dict, list)) and v:
            self.entries(v, 0, out)
        else:
            out[-1] = self.flow(v)
        text = '\n'.join(out) + ('\n' if self.r.random() < 0.85 else '')
        if self.r.random() < 0.1:
            text = text.replace('\n', '\r\n')
        if self.r.random() < 0.05:
            text = '\ufeff' + text
        return text


def document(r):
    while True:
        v = {key(r): value(r, 4) for _ in range(r.choice([1, 2, 3, 4]))} if r.random() < 0.9 else value(r, 3)
        if r.random() < 0.1:
            text = json.dumps(v, indent=r.choice([None, 2, '\t']), ensure_ascii=False)
            if not re.search('[\x7f\x85\u2028\ufeff]', text):
                return v, text
        text = Writer(r).document(v)
        try:
            if same(load(text.lstrip('\ufeff')), v):
                return v, text
        except (yaml.YAMLError, AssertionError):
            pass


def operation(r, v):
    paths = list(pointers(v))
    path = r.choice(paths)
    kind = r.choice(['add', 'add', 'add', 'replace', 'replace', 'remove', 'remove', 'test', 'move', 'copy'])
    if kind == 'remove' and path == '':
        kind = 'replace'
    if kind in ('add', 'move', 'copy'):
        boxes = [p for p in paths if isinstance(get(v, p), (dict, list))]
        if boxes:
            box = r.choice(boxes)
            inside = get(v, box)
            token = key(r).replace('~', '~0').replace('/', '~1') if isinstance(inside, dict) else r.choice(['-', str(r.randrange(len(inside) + 1))])
            to = box + '/' + token
        else:
            to = ''
        if kind == 'add':
            return {'op': 'add', 'path': to, 'value': value(r, 3)}
        return {'op': kind, 'from': path, 'path': to}
    if kind == 'replace':
        return {'op': 'replace', 'path': path, 'value': value(r, r.choice([0, 0, 2]))}
    if kind == 'test':
        return {'op': 'test', 'path': path, 'value': copy.deepcopy(get(v, path)) if r.random() < 0.9 else value(r, 1)}
    return {'op': 'remove', 'path': path}


def embed(r, text):
    """The text as a string inside another document: its style, and the lines around it."""
    style = r.choice(['literal', 'literal', 'literal', 'double', 'single', 'folded'])
    head, tail = r.choice(['', '# h\nk: 1\n']), r.choice(['', 'z: 1\n', '\n# t\nz:\n- 1\n'])
    if style == 'literal' and re.fullmatch(r'[^ \n][^\r\ufeff\x85\u2028\x7f]*[^\n]\n?', text) and '\n' in text and not text.endswith(' '):
        return head + 'v: |' + ('' if text.endswith('\n') else '-') + '\n' + \
            ''.join(('  ' + l if l else '') + '\n' for l in text.rstrip('\n').split('\n')) + tail
    if style == 'single' and '\n' not in text and re.fullmatch(r'[ -~é]*', text):
        return head + "v: '" + text.replace("'", "''") + "'\n" + tail
    if style == 'folded' and re.fullmatch(r'[^ \n][^\r\ufeff\x85\u2028\x7f]*[^\n ]\n?', text):
        lines, out, more = text.rstrip('\n').split('\n'), [], None
        for l in lines:
            if l and more is False and not l.startswith(' '):
                out.append('')
            out.append('  ' + l if l else '')
            if l:
                more = l.startswith(' ')
        if all(lines):
            if r.random() < 0.5:   # wrapped: a break there reads as the blank that was
                out = [re.sub('(?<=[^ ]) (?=[^ ])', lambda m: r.choice([' ', ' ', '\n  ']), l) if more is False else l for l in out]
            return head + 'v: >' + ('' if text.endswith('\n') else '-') + '\n' + '\n'.join(out) + '\n' + tail
    return head + 'v: ' + json.dumps(text) + '\n' + tail


def judge(text, v, patch, answer, expected):
    if expected is None:
        return None if answer['rc'] == RK_REFUSED else 'a patch that does not apply was not refused'
    if answer['rc'] == RK_REFUSED:
        return None
    if answer['rc'] != RK_OK:
        return 'failed'
    out = answer['text'].lstrip('\ufeff')
    try:
        got = load(out)
    except Exception as e:
        return 'no longer YAML: %s' % e
    if not same(got, expected[0]):
        return 'wrong value: %s, not %s' % (json.dumps(got), json.dumps(expected[0]))
    if is_json(text) != is_json(out) and is_json(text):
        return 'no longer JSON'
    if is_json(out):
        return None
    if same(v, expected[0]) and all(o['op'] == 'test' for o in patch) and answer['text'] != text:
        return 'bytes changed without a change'
    try:
        if not strings_stay(expected[0], yaml.load(out, Loader=yaml.CSafeLoader)):
            return 'a string is something else to PyYAML'
        y = ruamel.yaml.YAML(typ='safe', pure=True)
        y.allow_duplicate_keys = True
        if not strings_stay(expected[0], y.load(out)):
            return 'a string is something else to YAML 1.2'
    except (ValueError, ruamel.yaml.YAMLError, yaml.YAMLError) as e:
        return 'unreadable: %s' % e
    return None


def main():
    r, run = random.Random(SEED), Driver(sys.argv[1])
    tried = applied = rounds = inside = inverted = folded = 0
    refusals, faults, caught = collections.Counter(), [], 0

    def fault(what, text, patch, answer):
        nonlocal caught
        caught += answer.get('rc') == CAUGHT
        faults.append('%s\n%s\n--- %s\n%s\n--- %s' % (what, text, json.dumps(patch), answer.get('text'), answer))

    while tried < PAIRS:
        v, text = document(r)
        now, patch, expected = copy.deepcopy(v), [], None
        try:
            for _ in range(r.choice([1, 1, 1, 2, 3])):
                patch.append(operation(r, now))
                now = apply(now, patch[-1])
            expected = [now]
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, KeyError, IndexError, TypeError):
            expected = None
        tried += 1
        answer = run(text=text, patch=patch)
        why = judge(text, v, patch, answer, expected)
        if why:
            fault(why, text, patch, answer)
        if tried % 10 == 0 and run(text=text, patch=patch) != answer:
            fault('not the same a second time', text, patch, answer)
        if expected is not None and answer['rc'] == RK_REFUSED:
            refusals[answer['code']] += 1
            if os.environ.get('RINGKIT_SHOW') == answer['code']:
                print(text, patch, answer['message'], file=sys.stderr)
        applied += answer['rc'] == RK_OK

        # A string that is replaced and put back is written as it was.
        leaves = [p for p in pointers(v) if p and isinstance(get(v, p), str) and re.fullmatch('[ -~]+', get(v, p))]
        if leaves:
            leaf = r.choice(leaves)
            there = [{'op': 'replace', 'path': leaf, 'value': 'zz'}]
            answer = run(text=text, patch=there)
            if answer['rc'] == RK_OK:
                back = run(text=answer['text'], patch=[{'op': 'replace', 'path': leaf, 'value': get(v, leaf)}])
                inverted += 1
                if back['text'] != text:
                    fault('a replacement and its inverse do not give the bytes back', text, there, {'text': answer['text'], 'back': back})
            elif answer['rc'] != RK_REFUSED:
                fault('failed', text, there, answer)

        # An add of something new is an insertion, and removing it gives the bytes back.
        boxes = [p for p in pointers(v) if isinstance(get(v, p), dict)]
        if boxes:
            box = r.choice(boxes)
            token = next(t for t in ['new', 'on', 'n'] if t not in get(v, box)) if r.random() < 0.9 or 'zz' in get(v, box) else 'zz'
            add = [{'op': 'add', 'path': box + '/' + token, 'value': value(r, 3)}]
            answer = run(text=text, patch=add, strict=True)
            if answer['rc'] == RK_OK:
                if not insertion(text, answer['text']):
                    fault('not an insertion', text, add, answer)
                back = run(text=answer['text'], patch=[{'op': 'remove', 'path': box + '/' + token}], strict=True)
                rounds += 1
                if back['text'] != text:
                    fault('add and remove do not give the bytes back', text, add, {'text': answer['text'], 'back': back})
            elif answer['rc'] != RK_REFUSED:
                fault('failed', text, add, answer)
            else:
                refusals[answer['code']] += 1
            # The same inside of a string.
            if answer['rc'] == RK_OK and not text.startswith('\ufeff') and '\r' not in text and r.random() < 0.5:
                outer = embed(r, text)
                try:
                    if load(outer)['v'] != text:
                        continue
                except (yaml.YAMLError, TypeError, AssertionError):
                    continue
                tried += 1
                at = run(text=outer, edits=[{'at': '/v', 'patch': add}])
                if at['rc'] == RK_REFUSED:
                    if at['code'] == 'string-style' and re.search('^v: >', outer, re.M):   # a folded string gains no lines
                        folded += 1
                    else:
                        refusals['at: ' + at['code']] += 1
                    if os.environ.get('RINGKIT_SHOW') == 'at':
                        print(outer, add, at['message'], file=sys.stderr)
                    continue
                if at['rc'] != RK_OK or not same(load(load(at['text'])['v']), load(answer['text'])):
                    fault('wrong inside of a string', outer, add, at)
                    continue
                inside += 1
                back = run(text=at['text'], edits=[{'at': '/v', 'patch': [{'op': 'remove', 'path': box + '/' + token}]}])
                if back['text'] != outer:
                    fault('add and remove do not give the bytes back inside of a string', outer, add, {'text': at['text'], 'back': back})

    total = sum(refusals.values())
    print('1..6')
    print('# seed %d: %d pairs tried, %d applied, %d added and removed, %d of them inside of a string, %d replaced and put back' % (SEED, tried, applied, rounds, inside, inverted))
    print('# refused: %d (%.2f %%) %s; besides, %d folded strings that would gain lines' % (total, 100 * total / tried, dict(refusals), folded))
    for f in faults[:int(os.environ.get('RINGKIT_FAULTS', '3'))]:
        print('\n'.join('# ' + l for l in f.split('\n')))
    print('%s 1 - every result is what the oracle says (%d are not)' % ('not ok' if faults else 'ok', len(faults)))
    print('%s 2 - as many pairs were tried as asked for' % ('ok' if tried >= PAIRS and applied > PAIRS / 2 else 'not ok'))
    print('%s 3 - adding and removing, replacing and putting back was tried' % ('ok' if rounds > PAIRS / 2 and inside > PAIRS / 10 and inverted > PAIRS / 3 else 'not ok'))
    print('%s 4 - fewer than 2 %% were refused' % ('ok' if total < 0.02 * tried else 'not ok'))
    print('%s 5 - verification had to catch nothing (%d)' % ('not ok' if caught else 'ok', caught))
    print('%s 6 - the fast reader reads as libfyaml does (%d documents, of which %d differ)' % (
        'ok' if not run.different and run.plain > PAIRS else 'not ok', run.plain, run.different))
    sys.exit(0 if not faults and not run.different and total < 0.02 * tried else 1)


if __name__ == '__main__':
    main()
