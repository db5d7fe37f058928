"""Manifests with lists, values of a ring with lists, and what the manifests must hold then.

usage: lists.py write COUNT SEED DIR
           writes manifests tN.yaml, each {version: 1.0.0, values: {cart: ...}}, into DIR
       lists.py values SEED
           prints the values that a ring brings
       lists.py check DIR BEFORE VALUES REFUSED [SKIPPED]
           compares the manifests of DIR with those of BEFORE, to which the values are added by a model of its own; those of the
           tenants in the file REFUSED must be as before, and those in SKIPPED are passed over
"""
import json, os, random, sys
import yaml

WORDS = ['A', 'B', 'C', 'D', 'E']
SCALARS = ['x', 'a b', '1e3', '012', 'off', '# no', 'a: b', "it's", 'é', '', 'l1\nl2', 7, 1.5, True, None, '-']


def value(r, depth):
    """A value of an item: any JSON."""
    kind = r.random()
    if depth == 0 or kind < 0.5:
        return r.choice(SCALARS)
    if kind < 0.6:
        return r.choice([{}, []])
    if kind < 0.75:
        return [value(r, depth - 1) for _ in range(r.randint(1, 3))]
    return {w: value(r, depth - 1) for w in r.sample(['k', 'name', 'a/b', '~', 'on', 'list'], r.randint(1, 3))}


def item(r, names):
    if r.random() < 0.5:
        found = {'name': r.choice(names), 'value': r.choice(SCALARS)}
        if r.random() < 0.3:
            found['more'] = value(r, 2)
        return found
    return value(r, 2)


def unique(items):
    """Items of one list have different names."""
    seen, result = set(), []
    for each in items:
        name = each.get('name') if isinstance(each, dict) else None
        if not isinstance(name, str) or name not in seen:
            result.append(each)
        seen.add(name if isinstance(name, str) else None)
    return result


def scalar(r, v):
    if isinstance(v, str) and v.isalnum() and v.lower() not in ('on', 'off', '') and not v[0].isdigit() and r.random() < 0.7:
        return v
    if isinstance(v, str) and '\n' not in v and r.random() < 0.4:
        return "'" + v.replace("'", "''") + "'"
    return json.dumps(v, ensure_ascii=r.random() < 0.5)


def emit(r, v, column, out, dash):
    """Append the lines of a value in block style, of which the first goes on after a key or a dash."""
    if not isinstance(v, (dict, list)) or not v or r.random() < (0.1 if dash else 0.02):
        text = scalar(r, v) if not isinstance(v, (dict, list)) or not v else json.dumps(v)
        out[-1] += ' ' * r.choice([1, 1, 1, 3]) + text + r.choice(['', '', '', '  # why', ' # a: - b'])
        return
    if isinstance(v, list):
        column += r.choice([0, 2]) if not dash else 2
    else:
        column += 2 if dash else r.choice([2, 4])
    first = dash and r.random() < 0.7
    for key in v if isinstance(v, dict) else range(len(v)):
        start = (scalar(r, key) + ':') if isinstance(v, dict) else '-'
        if first:
            out[-1] += ' ' + start
        else:
            if r.random() < 0.15:
                out.append(r.choice(['', ' ' * column + '# about it', ' ' * (column + 2) + '# further in']))
            out.append(' ' * column + start)
        first = False
        emit(r, v[key], column, out, isinstance(v, list))


def write(count, seed, out):
    os.makedirs(out)
    for n in range(count):
        r = random.Random(f'{seed}/{n}')
        cart = {}
        for key in r.sample(['env', 'list', 'deep', 'level', 'other', 'sub'], r.choice([2, 5, 6, 6, 6, 6])):
            if key in ('env', 'list'):
                cart[key] = unique(item(r, WORDS) for _ in range(r.randint(1, 4)))
            elif key == 'deep':
                cart[key] = {'list': unique(item(r, WORDS) for _ in range(r.randint(1, 3))), 'k': value(r, 1)}
            elif key == 'sub':
                cart[key] = {w: r.choice(SCALARS[:9]) for w in WORDS[:2]}
            else:
                cart[key] = r.choice(SCALARS)
        lines = ['# a manifest', 'version: 1.0.0', 'values:']
        emit(r, {'cart': cart, 'other': 1}, 0, lines, False)
        text = r.choice(['\n', '\n', '\r\n']).join(lines + ['' for _ in range(r.choice([0, 1, 1, 2]))])
        with open(f'{out}/t{n}.yaml', 'w', newline='') as file:
            file.write(text)


def brought(seed):
    r = random.Random(f'values {seed}')
    names = ['R1', 'R2', 'R3', 'R4'] + (['A'] if r.random() < 0.2 else [])
    some = {'env+': lambda: unique(item(r, names) for _ in range(r.randint(1, 4))), 'new': lambda: [item(r, names) for _ in range(r.randint(1, 4))],
            'level': lambda: r.choice([s for s in SCALARS if s is not None]), 'sub': lambda: {'A': 'ring', 'N': [value(r, 1) for _ in range(2)]},
            'deep': lambda: {'list+': [r.choice(SCALARS) for _ in range(r.randint(1, 3))], 'n': {'m': 'x'}}}
    return {'cart': {key: some[key]() for key in r.sample(sorted(some), r.randint(2, 5))}}


def same(a, b):
    """Equal as JSON is: 1 is 1.0, but true is not 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def add(tenant, ring):
    """The values of a tenant with those of a ring."""
    result = dict(tenant or {})
    for key, new in ring.items():
        if isinstance(new, dict) and new:
            result[key] = add(result.get(key), new)
        elif key.endswith('+') and not key.endswith('++'):
            left, mine = list(new), result[key[:-1]]
            for each in mine:
                at = next((i for i, other in enumerate(left) if same(each, other)), None)
                if at is not None:
                    del left[at]
            result[key[:-1]] = mine + left
        else:
            result[key] = new
    return result


def read(path):
    with open(path, 'rb') as file:
        return yaml.safe_load(file)


def check(directory, before, values, refused, skipped='/dev/null'):
    ring = json.load(open(values))
    refused, skipped = (set(open(names).read().split()) for names in (refused, skipped))
    faults = 0
    for name in sorted(os.listdir(before)):
        if name[:-5] in skipped:
            continue
        was, now = read(f'{before}/{name}'), read(f'{directory}/{name}')
        image = now['values']['cart'].pop('image', None)
        expected = was if name[:-5] in refused else {**was, 'values': add(was['values'], ring)}
        if not same(now, expected) or (image is None) != (name[:-5] in refused):
            faults += 1
            print(f'# {name}: {json.dumps(now)}\n# not {json.dumps(expected)}')
    return faults


if sys.argv[1] == 'write':
    write(int(sys.argv[2]), sys.argv[3], sys.argv[4])
elif sys.argv[1] == 'values':
    print(json.dumps(brought(sys.argv[2])))
else:
    sys.exit(1 if check(*sys.argv[2:]) else 0)
