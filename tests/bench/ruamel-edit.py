"""ruamel-edit.py DIR COUNT OUT: the edits of DIR/edits.jsonl with ruamel.yaml."""
import io
import json
import sys

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString


def keys(pointer):
    return pointer.split('/')[1:]


def put(root, path, value):
    for key in path[:-1]:
        root = root[key]
    root[path[-1]] = value


def get(root, path):
    for key in path:
        root = root[key]
    return root


def edit(text, at, path, value):
    y = YAML()
    y.preserve_quotes, y.width = True, 10**6
    root = y.load(text)
    if at:
        put(root, keys(at), LiteralScalarString(edit(get(root, keys(at)), '', path, value)))
    else:
        put(root, keys(path), value)
    out = io.StringIO()
    y.dump(root, out)
    return out.getvalue()


directory, count, to = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(directory + '/edits.jsonl') as edits:
    for n, line in zip(range(count), edits):
        what = json.loads(line)[0]
        with open('%s/%d.yaml' % (directory, n)) as file:
            text = file.read()
        with open('%s/%d.yaml' % (to, n), 'w') as file:
            file.write(edit(text, what['at'], what['patch'][0]['path'], what['patch'][0]['value']))
