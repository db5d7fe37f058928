"""The same edits with others, and what all of them changed.

usage: peers.py ruamel DIR FROM TO STEP OUT | kubectl KUBECTL DIR FROM TO STEP OUT | extra DIR FROM TO STEP OUT
"""
import difflib, io, json, os, resource, subprocess, sys, time


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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


def ruamel(text, at, path, value):
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import LiteralScalarString
    y = YAML()
    y.preserve_quotes, y.width = True, 10**6
    root = y.load(text)
    if at:
        put(root, keys(at), LiteralScalarString(ruamel(get(root, keys(at)), '', path, value)))
    else:
        put(root, keys(path), value)
    out = io.StringIO()
    y.dump(root, out)
    return out.getvalue()


def kubectl(program, name, text, at, path, value):
    import yaml
    if at:      # kubectl knows no YAML inside of strings: it gets the string as it is to be
        old = get(yaml.load(text, yaml.CSafeLoader), keys(at))
        tag = get(yaml.load(old, yaml.CBaseLoader), keys(path))
        path, value = at, old.replace(tag, value)
    start = children()
    done = subprocess.run([program, 'patch', '--local', '-f', name, '--type', 'json', '-o', 'yaml', '-p',
                           json.dumps([{'op': 'replace', 'path': path, 'value': value}])], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, children() - start


def extra_lines(old, new):
    changed = sum(line[0] in '+-' for line in difflib.ndiff(old.splitlines(True), new.splitlines(True)))
    return max(changed - 2, 0)


def main():
    mode = sys.argv[1]
    program = sys.argv.pop(2) if mode == 'kubectl' else None
    dir, first, last, step, out = sys.argv[2:7]
    edits = open(dir + '/edits.jsonl').read().split('\n')
    spent = files = extra = 0
    for n in range(int(first), int(last), int(step)):
        what = json.loads(edits[n])[0]
        at, op = what['at'], what['patch'][0]
        name = '%s/%d.yaml' % (dir, n)
        files += 1
        if mode == 'extra':
            if os.path.exists('%s/%d.yaml' % (out, n)):
                extra += extra_lines(open(name, newline='').read(), open('%s/%d.yaml' % (out, n), newline='').read())
            continue
        start = time.process_time()
        text = open(name).read()
        if mode == 'ruamel':
            new = ruamel(text, at, op['path'], op['value'])
            spent += time.process_time() - start
        else:
            new, took = kubectl(program, name, text, at, op['path'], op['value'])
            spent += took
        open('%s/%d.yaml' % (out, n), 'w').write(new)
    if mode == 'extra':
        print('%.1f' % (extra / files))
        return
    who = resource.RUSAGE_CHILDREN if mode == 'kubectl' else resource.RUSAGE_SELF
    print('%.2f %d' % (1e6 * spent / files, resource.getrusage(who).ru_maxrss))


main()
