"""Release to every image that manifests hold, and clear it again.

usage: ga-images.py DIR FILE ...

PyYAML finds the images in the Helm values of each file.  Each becomes a service with a catalogue of its own, whose ring
replaces the image in a GitOps repository in DIR.  Writes, for each image, the file, the image's path, and "released", or the
code of its refusal; and then how many files there are, and to how many of them a ring can be released.
"""
import json, os, re, subprocess, sys
import yaml

REFERENCE = re.compile(r'[\w.-]+(:\d+)?(/[\w.-]+)+(:[\w.-]+(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})')
# What an edit would change elsewhere, too
SHARED = {'anchor-in-use', 'through-alias', 'through-merge-key'}


def helm_values(document):
    """(chart, values) for each chart that a document deploys; the chart of a values file is None."""
    if not isinstance(document, dict):
        return
    kind, spec = document.get('kind'), document.get('spec')
    if kind is None:
        yield None, document
    elif kind in ('Application', 'ApplicationSet'):
        if kind == 'ApplicationSet':
            spec = spec['template']['spec']
        for source in [spec.get('source')] + (spec.get('sources') or []):
            helm = (source or {}).get('helm') or {}
            try:
                values = helm.get('valuesObject') or yaml.safe_load(helm.get('values') or '')
            except yaml.YAMLError:
                continue
            if isinstance(values, dict):
                yield source.get('chart') or os.path.basename(source.get('path') or ''), values
    elif kind == 'HelmRelease' and isinstance(spec.get('values'), dict):
        yield spec['chartRef']['name'] if 'chartRef' in spec else spec['chart']['spec']['chart'], spec['values']


def images(values, path=()):
    """(path, members) for each image; members is None for a string that names one."""
    for key, value in values.items():
        here = path + (str(key),)
        if isinstance(value, dict):
            members = {'repository': {'repository', 'name'}, 'tag': {'tag', 'version'}, 'digest': {'digest'}, 'registry': {'registry'}}
            members = {part: (names & value.keys()).pop() for part, names in members.items() if len(names & value.keys()) == 1}
            if '/' in str(value.get(members.get('repository'))) and value.get(members.get('tag')) not in (None, ''):
                yield here, members
            else:
                yield from images(value, here)
        elif isinstance(value, str) and here[-1].lower().endswith('image') and REFERENCE.fullmatch(value):
            yield here, None


def run(*args, input=None):
    done = subprocess.run(args, input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit('%s: %d %s' % (' '.join(args), done.returncode, done.stderr.decode()))
    return done.stdout


def release(where, tenant, chart, path, members):
    """The code of the refusal, or None."""
    repository, catalogue = where + '/gitops', where + '/ring.yaml'
    key, rest = (path[0], path[1:]) if chart is None and len(path) > 1 else (chart or 'chart', path)
    form = {part: '/'.join(rest + (name,)) for part, name in members.items()} if members else {'reference': '/'.join(rest)}
    with open(catalogue, 'w') as f:
        json.dump({'umbrella': {'chart': 'shop'}, 'manifests': 'tenants/{tenant}/app.yaml', 'services': {'app': {'image': 'ghcr.io/shop/app-{ring}', 'charts': {key: {**form, 'replace': True}}}}}, f)
    tenants = '{"type":"tenant","tenant":"%s","cohorts":[]}\n{"type":"end","by":"cohort-resolve","records":1,"refused":0}\n' % tenant
    patches = run('mkpatch', '-q', '-C', repository, '-r', 'main', '-c', catalogue, '--service', 'app', '--ring', 'ring-a', '--tag', '1e3f00d', input=tenants.encode())
    refused = [json.loads(line)['code'] for line in patches.splitlines() if json.loads(line)['type'] == 'refused']
    if refused:
        return refused[0]
    run('git', '-C', repository, 'branch', '-qf', 'work', 'main')
    run('applypatch', '-q', '-C', repository, '--branch', 'work', input=patches)
    if not run('git', '-C', repository, 'diff', '--name-only', 'main', 'work'):
        sys.exit('%s: the release changed nothing' % tenant)
    held = run('ringls', '-q', '-C', repository, '-r', 'work', '-c', catalogue)
    cleared = run('mkpatch', '-q', '-C', repository, '-r', 'work', '-c', catalogue, '--remove', input=held)
    run('applypatch', '-q', '-C', repository, '--branch', 'work', input=cleared)
    if run('git', '-C', repository, 'diff', '--name-only', 'main', 'work'):
        sys.exit('%s: the clear left something' % tenant)
    return None


def main():
    where, files = sys.argv[1], sys.argv[2:]
    found = {}
    for n, file in enumerate(files):
        with open(file, newline='') as f:
            text = f.read()
        try:
            documents = list(yaml.safe_load_all(text))
        except yaml.YAMLError:
            continue
        found[file] = ['t%d' % n, [(chart, *image) for d in documents for chart, values in helm_values(d) for image in images(values)]]
        if found[file][1]:
            os.makedirs('%s/gitops/tenants/t%d' % (where, n))
            with open('%s/gitops/tenants/t%d/app.yaml' % (where, n), 'w', newline='') as f:
                f.write(text)
    run('git', '-C', where, 'init', '-q', '-b', 'main', 'gitops')
    run('git', '-C', where + '/gitops', 'add', '-A')
    run('git', '-C', where + '/gitops', 'commit', '-qm', 'As it was')
    held = released = shared = 0
    for file, (tenant, there) in found.items():
        codes = [release(where, tenant, *image) for image in there]
        for image, code in zip(there, codes):
            print(file, '/'.join(image[1]), code or 'released')
        held += bool(codes)
        released += None in codes
        shared += bool(codes) and set(codes) <= SHARED
    print('files %d released %d shared %d' % (held, released, shared))


if __name__ == '__main__':
    main()
