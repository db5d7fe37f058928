"""An oracle for the editor that shares no code with it: PyYAML, python-jsonpatch, and Go's rules for scalars."""
import copy, json, os, re, subprocess, sys
import jsonpatch, yaml

RK_OK, RK_REFUSED, CAUGHT = 0, 2, "caught by verification"


# How Go's reader, which Argo CD and Helm use, types a plain scalar.
BOOLS = {w: v for v, ws in ((True, 'y yes true on'), (False, 'n no false off'))
         for w0 in ws.split() for w in (w0, w0.capitalize(), w0.upper())}


def resolve(text):
    if text in ('', '~', 'null', 'Null', 'NULL'):
        return None
    if text in BOOLS:
        return BOOLS[text]
    plain = text.replace('_', '')
    if not re.match(r'[-+.0-9]', text):
        return text
    m = re.fullmatch(r'([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))', plain)
    if m and text[0] != '.':
        sign, h, b, o, d = m.groups()
        n = int(h, 16) if h else int(b, 2) if b else int(o, 8) if o else int(d)
        n = -n if sign == '-' else n
        return n if -2**63 <= n < 2**63 else float(n)
    if re.fullmatch(r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?', plain if text[0] != '.' else text):
        f = float(plain)
        return text if f in (float('inf'), float('-inf')) else f
    return text


class Loader(yaml.BaseLoader):
    pass


def construct(node):
    if isinstance(node, yaml.ScalarNode):
        return resolve(node.value) if node.style in (None, '') and node.tag in ('', 'tag:yaml.org,2002:str', '!') else node.value
    if isinstance(node, yaml.SequenceNode):
        return [construct(n) for n in node.value]
    out, merged = {}, {}
    for k, v in node.value:
        if k.value == '<<' and not k.style:
            for m in v.value if isinstance(v, yaml.SequenceNode) else [v]:
                merged = {**construct(m), **merged}
            continue
        assert isinstance(k, yaml.ScalarNode), 'a key that is a collection'
        assert k.value not in out, 'duplicate ' + k.value
        out[k.value] = construct(v)
    return {**merged, **out}


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def load(text):
    if is_json(text):   # PyYAML does not accept tabs as indentation
        return json.loads(text)
    node = yaml.compose(text, Loader=Loader)
    return None if node is None else construct(node)


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool) or type(a) in (str, type(None)) or type(b) in (str, type(None)):
        return type(a) == type(b) and a == b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, (int, float)) and isinstance(b, (int, float)) and a == b


def strings_stay(expected, got):
    """Return whether every string, keys included, is a string to this reader too."""
    if isinstance(expected, str):
        return isinstance(got, str) and got == expected
    if isinstance(expected, dict):
        if not isinstance(got, dict) or len(got) != len(expected):
            return False
        return all(k in got and strings_stay(v, got[k]) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(strings_stay, expected, got))
    return True


def pointers(v, at=''):
    yield at
    for k in v if isinstance(v, dict) else range(len(v)) if isinstance(v, list) else ():
        yield from pointers(v[k], at + '/' + str(k).replace('~', '~0').replace('/', '~1'))


def get(v, path):
    for t in path.split('/')[1:]:
        t = t.replace('~1', '/').replace('~0', '~')
        v = v[int(t)] if isinstance(v, list) else v[t]
    return v


def apply(v, op):
    """Apply one operation.  python-jsonpatch does not accept the whole document as target or source, and takes 1 for True in a test."""
    if op['op'] == 'test':
        if not same(get(v, op['path']), op['value']):
            raise jsonpatch.JsonPatchTestFailed(op['path'])
        return v
    if op['op'] == 'move' and (op['path'] + '/').startswith(op['from'] + '/') and op['path'] != op['from']:
        raise jsonpatch.JsonPatchConflict('into itself')
    if op['op'] == 'copy' and op['from'] == '' or op['op'] in ('move', 'copy') and op['path'] == '':
        op = {'op': 'add', 'path': op['path'], 'value': copy.deepcopy(get(v, op['from']))}
    if op['path'] == '' and op['op'] in ('add', 'replace'):
        return copy.deepcopy(op['value'])
    return jsonpatch.apply_patch(v, [op])


class Driver:
    def __init__(self, path):
        self.p = subprocess.Popen([path, '--driver'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.plain = self.different = 0

    def __call__(self, **what):
        self.p.stdin.write(json.dumps(what).encode() + b'\n')
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            print('Bail out! the driver died on ' + json.dumps(what))
            sys.exit(1)
        answer = json.loads(line)
        self.plain += answer.pop('plain', 0)
        self.different += answer.pop('different', 0)
        if answer['rc'] == RK_REFUSED and answer['code'] == 'unsafe-edit':    # safe, and yet a fault of the editor
            answer['rc'] = CAUGHT
        return answer


def insertion(a, b):
    """Return whether b is a with bytes inserted at one position."""
    n = len(os.path.commonprefix([a, b]))
    return a[n:] == b[len(b) - len(a) + n:] if n < len(a) else True
