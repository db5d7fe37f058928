"""Compare how two builds of ringkit read generated YAML, on one distribution and another.

readings.py strings SEED COUNT      print strings, each as JSON on a line, for build/readings
readings.py compare COUNT IN A B    compare the outputs A and B of build/readings for the strings of the file IN; print
                                    each kind of difference with its shortest string; fail if there is any, or fewer
                                    than COUNT strings
"""
import collections, glob, importlib.util, itertools, json, os, random, re, sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENS = ['a', 'b', ' ', '  ', '\n', ': ', ':', '- ', '-', '? ', '?', ', ', '{', '}', '[', ']', '"', "'", '"x"', "'x'", '|', '>',
          '|-', '|+', '>2', '|\n  x\n', '>\n  x\n', ' # c\n', '#', '&a ', '*a', '!t ', '!!str ', '!', '---', '---\n', '...', '...\n',
          '<<', '%YAML 1.2\n', '%', '\t', '\r\n', '\x85', '\u2028', '\ufeff', '~', 'é', '\xa0', '\u3000',
          '%TAG ! !a\n', '--- ', '---\t', '--- |\n', '"\\x41', '"\\', '!<x> ', '!a!b ', ': |', '- - ', '? - ', '\t- ', ' \n', '\n\t', "''",
          '&', '*', '&é ', '*é ', '@', '`', '|0', '|1-', '>+', '\n ', '\n    ', '=', '[]', '{}', '}: ', '],', '"\n "', '\U0001f600', 'a: 1\n', 'b:\n', '- x\n', '  c: d\n', '\n\n']


def generator():
    """The generator of documents of edit-property.py."""
    path = os.path.join(HERE, '..', 'unit', 'edit-property.py')
    spec = importlib.util.spec_from_file_location('edit_property', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def samples():
    """Files of the tests, for mutation."""
    for pattern in ('corpus/edit/*', 'corpus/read/*', '../shapes/*', '../../examples/gitops/*/*/*'):
        for path in sorted(glob.glob(os.path.join(HERE, pattern))):
            with open(path, 'rb') as file:
                text = file.read(4096)
            yield text.decode(errors='ignore').replace('\0', '')


def mutate(r, text):
    for _ in range(r.choice([1, 1, 2, 3])):
        at = r.randrange(len(text) + 1)
        kind = r.random()
        if kind < 0.5:
            text = text[:at] + r.choice(TOKENS) + text[at:]
        elif kind < 0.8:
            text = text[:at] + text[at + r.choice([1, 1, 2, 5]):]
        elif kind < 0.9:
            text = text[:at]
        else:
            lines = text.splitlines(True)
            r.shuffle(lines)
            text = ''.join(lines[:r.randrange(len(lines) + 1)])
    return text


def candidates(r, count):
    """Endlessly: all short runs of tokens, documents, and then random tokens and mutated documents."""
    document = generator().document
    documents = [document(r)[1] for _ in range(min(count // 20, 5000))]
    seeds = documents + 50 * list(samples())
    for n in 1, 2:
        yield from (''.join(tokens) for tokens in itertools.product(TOKENS, repeat=n))
    yield from documents
    for i in itertools.count():
        if i % 3 == 0:
            yield ''.join(r.choice(TOKENS) for _ in range(r.randrange(3, 14)))
        else:
            yield mutate(r, r.choice(seeds))


def strings(seed, count):
    """Generate count different strings."""
    seen = set()
    for string in candidates(random.Random(seed), count):
        string = string.encode('utf-8', 'ignore').decode().replace('\0', '')
        if string not in seen:
            seen.add(string)
            yield string
        if len(seen) == count:
            return


def outcome(reading):
    """What a reader made of a string, in a few words without offsets."""
    if 'signal' in reading:
        return 'signal %d' % reading['signal']
    if 'rc' in reading:
        return re.sub(r'^[0-9]+:[0-9]+: ', '', '%(message)s (%(rc)d %(code)s)' % reading)
    return 'read'


def difference(name, a, b):
    """The kind in which two readings of one string by the reader NAME differ."""
    if outcome(a) != outcome(b):
        return '%s: %s | %s' % (name, outcome(a), outcome(b))
    if 'rc' in a:
        return '%s: refused at another place: %s' % (name, outcome(a))
    return '%s: other %s' % (name, ', '.join(key for key in sorted(a) if a[key] != b.get(key)))


def kinds(a, b):
    """The kinds in which two lines of build/readings for one string differ."""
    if a == b:
        return []
    if 'signal' in a or 'signal' in b:
        return [difference('reader', a.get('reader', a), b.get('reader', b))]
    none = {'rc': 0, 'code': '', 'message': 'not called'}
    return [difference(name, a.get(name, none), b.get(name, none)) for name in ('reader', 'libfyaml')
            if a.get(name) != b.get(name)]


def compare(least, string_file, a_file, b_file):
    found = collections.defaultdict(list)
    seen, counts = set(), collections.Counter()
    with open(string_file) as of_strings, open(a_file) as of_a, open(b_file) as of_b:
        for string, a, b in zip(of_strings, of_a, of_b, strict=True):
            a, b = json.loads(a), json.loads(b)
            seen.add(string)
            differ = kinds(a, b)
            for kind in differ:
                found[kind].append(string)
            counts['different' if differ else 'crashed' if 'signal' in a else 'refused' if 'rc' in a['reader'] else 'read'] += 1
    for kind, of_kind in sorted(found.items(), key=lambda item: -len(item[1])):
        shortest = min(of_kind, key=lambda string: (len(string), string))
        print('%6d %s\n       %s' % (len(of_kind), kind, shortest.rstrip('\n')[:300]))
    print('%d strings: %d read alike, %d refused alike, %d with a crash, %d with a difference' %
          (len(seen), counts['read'], counts['refused'], counts['crashed'], counts['different']))
    return 1 if counts['different'] or counts['crashed'] or min(counts['read'], counts['refused']) < least // 5 or len(seen) < least else 0


if __name__ == '__main__':
    if sys.argv[1] == 'compare':
        sys.exit(compare(int(sys.argv[2]), *sys.argv[3:]))
    for string in strings(int(sys.argv[2]), int(sys.argv[3])):
        print(json.dumps(string))
