"""Let rings, tools and people change one manifest in random orders: is nothing left of the rings, and all of the others?

usage: interleaving.py ORDERS SEED DIR

An order is a repository with one tenant and two services, whose rings release, supersede each other, lose their labels, are
merged and cleared, while a tool writes other versions, with or without our comments, and a person edits values.  A model, a
tree of lines that knows nothing of marks, says after each step what the manifest has; PyYAML says what it means.
"""
import collections, json, os, random, re, subprocess, sys
import yaml

MARK = re.compile(r'  # ringkit: \S+ (?:made|[0-9a-f]{8}(?: over \S+ "(?:\\.|[^"\\])*")?(?: was "(?:\\.|[^"\\])*")?)(?=$| )')
FORMS = {
    'whole': {'repository': 'image/repository', 'tag': 'image/tag', 'digest': 'image/digest'},
    'pair': {'repository': 'image/repository', 'tag': 'image/tag'},
    'registry': {'registry': 'image/registry', 'repository': 'image/repository', 'tag': 'image/tag'},
    'tag': {'tag': 'image/tag'},
    'reference': {'reference': 'image'},
}
CHARTS = {'cart': ['cart', 'shop/cart'], 'till': ['shop/till']}
# ring-b has ring-a's commits, and so has ring-c after a squash merge
RINGS = [('cart', 'ring-a'), ('cart', 'ring-b'), ('cart', 'ring-c'), ('till', 'ring-a')]
ALLOWED = {'cart': ['cart/env', 'cart/graph', 'shop/cart/env'], 'till': ['shop/till/env', 'shop/till/graph']}
DIGEST = 'sha256:%064x'
WRAPPERS = {
    'file': ([], 0, 'Helm values'),
    'object': (['apiVersion: argoproj.io/v1alpha1', 'kind: Application', 'metadata:', '  name: acme', 'spec:', '  source:', '    chart: shop',
                '    targetRevision: 1.4.0', '    helm:', '      valuesObject:'], 8, ''),
    'string': (['apiVersion: argoproj.io/v1alpha1', 'kind: Application', 'metadata:', '  name: acme', 'spec:', '  source:', '    chart: shop',
                '    targetRevision: 1.4.0', '    helm:', '      values: |'], 8, ''),
}


class Node:
    """A line of the values: a map or a leaf.  raw: what others have written; None: only rings have."""

    def __init__(self, key, raw=None, tail='', lead=(), children=None):
        self.key, self.raw, self.tail, self.lead, self.children = key, raw, tail, list(lead), children
        self.real = True
        self.over = []          # (service, ring, value), the last of which is there
        self.bumped = False     # raw was written over it, and the comment was kept

    def find(self, path):
        node = self
        for key in path.split('/'):
            node = next((c for c in node.children or [] if c.key == key), None)
            if not node:
                return None
        return node

    def walk(self, path=''):
        for child in list(self.children or []):
            here = path + '/' + child.key if path else child.key
            yield here, child
            yield from child.walk(here)

    def shown(self):
        """The value that is there."""
        return self.over[-1][2] if self.over and not self.bumped else yaml.safe_load(self.raw)

    def value(self):
        return self.shown() if self.children is None else {c.key: c.value() for c in self.children}


class Model:
    def __init__(self, root, step):
        self.root, self.step = root, step

    def make(self, path, real):
        """The node at a path, whose missing parents are made."""
        node = self.root
        for key in path.split('/'):
            if not node.find(key):
                child = Node(key, children=[])
                child.real = False
                node.children.append(child)
            node = node.find(key)
            node.real = node.real or real
        return node

    def write(self, owner, path, value):
        """A ring's value."""
        node = self.root.find(path)
        if not node:
            node = self.make(path, False)
            node.children = None
        if node.over and node.over[-1][:2] == owner:
            node.over.pop()
        node.over.append((*owner, value))
        node.bumped = False

    def edit(self, path, raw, keep=True):
        """A value that another author writes."""
        node = self.root.find(path) or self.make(path, True)
        node.children, node.raw = None, raw
        self.make(path, True)
        node.bumped = keep and bool(node.over)
        if not keep:
            node.over, node.tail = [], ''

    def clear(self, owner, some=None):
        for path, node in self.root.walk():
            if not any(o[:2] == owner for o in node.over) or (some is not None and path not in some):
                continue
            node.over = [] if node.bumped else [o for o in node.over if o[:2] != owner]
            node.bumped = False
        self.prune(self.root)

    def prune(self, node):
        for child in list(node.children or []):
            self.prune(child)
            if not child.real and not child.over and not child.children:
                node.children.remove(child)

    def lines(self, node, depth, width):
        for child in node.children:
            lead = ' ' * (width + depth * self.step)
            for line in child.lead:
                yield lead + line if line else ''
            if child.children is not None:
                yield lead + child.key + ':' + child.tail
                yield from self.lines(child, depth + 1, width)
            elif child.over and not child.bumped:
                yield lead + child.key + ': ', child.shown(), child.tail
            else:
                yield lead + child.key + ':' + (' ' + child.raw if child.raw else '') + child.tail


class Service:
    """The commits of the services' rings, in one repository: {name: (id, values, digest)}."""

    def __init__(self, where, r):
        self.where, self.r, self.commits, lines = where, r, {}, []
        subprocess.run(['git', 'init', '-q', '-b', 'main', where], check=True)
        plan = [('m', [], None)]
        for ring, service in [('a', 'cart'), ('t', 'till')]:
            plan += [('%s%d' % (ring, i), ['%s%d' % (ring, i - 1) if i else 'm'], (service, 'ring-a')) for i in range(4)]
        plan += [('b0', ['a1'], ('cart', 'ring-b')), ('b1', ['b0', 'a2'], ('cart', 'ring-b')), ('b2', ['b1', 'a3'], ('cart', 'ring-b'))]
        plan += [('c0', ['m'], ('cart', 'ring-c')), ('c1', ['c0'], ('cart', 'ring-c'))]
        for i in range(4):
            plan += [('q%d' % i, ['m'], None), ('s%d' % i, ['q%d' % i], ('cart', 'ring-c'))]
        for mark, (name, parents, owner) in enumerate(plan, 1):
            values = self.values(owner[0]) if owner and r.random() < (0.3 if owner[1] == 'ring-a' else 0.6) else {}
            text = yaml.safe_dump(values, sort_keys=False) if values else ''
            lines += ['commit refs/heads/%s' % name, 'mark :%d' % mark, 'committer A <a@example.com> %d +0000' % (1767225600 + mark), 'data 1', 'x']
            lines += [('merge' if i else 'from') + ' :%d' % (1 + [p[0] for p in plan].index(p)) for i, p in enumerate(parents)]
            if values:
                lines += ['M 100644 inline %s/%s.yaml' % owner, 'data %d' % len(text), text]
            elif owner:
                lines += ['D %s/%s.yaml' % owner]
            self.commits[name] = values, DIGEST % mark
        subprocess.run(['git', '-C', where, 'fast-import', '--quiet'], input='\n'.join(lines + ['']).encode(), check=True)
        refs = subprocess.run(['git', '-C', where, 'for-each-ref', '--format=%(refname:lstrip=2) %(objectname)'], stdout=subprocess.PIPE, check=True)
        for line in refs.stdout.decode().splitlines():
            name, oid = line.split()
            self.commits[name] = oid, *self.commits[name]

    def values(self, service):
        """Some of the values that the catalogue allows, or none."""
        r, values = self.r, {}
        for path in ALLOWED[service]:
            chart, last = path.rsplit('/', 1)
            if r.random() < 0.5:
                leaves = {'env': ['LEVEL', 'EXTRA'], 'graph': ['enabled', 'size', 'name']}[last]
                some = {k: r.choice(['debug', 'trace', 1, 7, True, 1.5, 'a b']) for k in r.sample(leaves, r.randint(1, len(leaves)))}
                if last == 'graph' and r.random() < 0.3:
                    some['deep'] = {'er': r.choice([1, 2])}
                values.setdefault(chart, {})[last] = some
        return values


def paths_of(values, prefix=''):
    for key, value in values.items():
        here = prefix + '/' + key if prefix else key
        if isinstance(value, dict):
            yield from paths_of(value, here)
        else:
            yield here, value


class Order:
    def __init__(self, r, where, service):
        self.r, self.where, self.service, self.log = r, where, service, []
        os.makedirs(where + '/tenants/acme')
        self.file = where + '/tenants/acme/app.yaml'
        self.form = {s: r.choice(list(FORMS) + ['whole', 'pair']) for s in CHARTS}
        self.wrapper = r.choice(list(WRAPPERS))
        self.newline = '\r\n' if r.random() < 0.15 and self.wrapper != 'string' else '\n'
        self.model = Model(self.document(), r.choice([2, 2, 4]))
        self.state = {ring: 'open' for ring in RINGS}
        self.head = {('cart', 'ring-a'): 'a0', ('cart', 'ring-b'): 'b0', ('cart', 'ring-c'): 'c0', ('till', 'ring-a'): 't0'}
        self.late = r.random() < 0.7
        self.digests = r.random() < 0.3
        self.deployed = {}      # (service, ring): the commit that the tenant has
        self.merged = []
        self.did = collections.Counter()
        self.catalogue()
        self.put(self.text())
        subprocess.run(['git', 'init', '-q', '-b', 'main', where], check=True)
        self.git('add', '-A')
        self.git('commit', '-qm', 'As it was')

    def git(self, *args):
        subprocess.run(['git', '-C', self.where, *args], check=True)

    def catalogue(self):
        services = {}
        for name, charts in CHARTS.items():
            image = 'ghcr.io/shop/' + name + ('' if self.form[name] == 'tag' else '-{ring}')
            tag = '{ring}-{sha:7}' if self.form[name] == 'tag' else '{sha:7}'
            services[name] = {'repository': 'shop/' + name, 'branch': 'main', 'build-workflow': 'build', 'image': image, 'tag': tag,
                              'charts': {c: {**FORMS[self.form[name]], 'replace': True} for c in charts},
                              'values': {'file': name + '/{ring}.yaml', 'allow': ALLOWED[name]}}
        with open(self.where + '/ring.yaml', 'w') as f:
            json.dump({'manifests': 'tenants/{tenant}/app.yaml', 'umbrella': {'chart': 'shop'}, 'services': services}, f)

    def document(self):
        r = self.r

        def leaf(key, *raws):
            return Node(key, r.choice(raws), r.choice(['', '', '', '  # ours', '   # by ops #1']), r.choice([[], [], ['# why'], ['']]))

        def image(service):
            form = FORMS[self.form[service]]
            if 'reference' in form:
                return leaf('image', 'ghcr.io/shop/%s:1.4.2' % service, '"registry.example.com:5000/x:v1"')
            parts = [leaf(p, *{'registry': ['ghcr.io', 'docker.io'], 'repository': ['ghcr.io/shop/' + service, '"shop/x"', "''"],
                               'tag': ['1.4.2', '"v1.4.2"', '', '7', 'null'], 'digest': [DIGEST % 0, '""', '']}[p])
                     for p in form if r.random() < (0.8 if p != 'digest' else 0.4)]
            if self.form[service] == 'tag':
                parts = [p for p in parts if p.key == 'tag'] + ([leaf('repository', 'ghcr.io/shop/' + service)] if r.random() < 0.5 else [])
            if r.random() < 0.5 or not parts:
                parts.append(leaf('pullPolicy', 'Always'))
            r.shuffle(parts)
            return Node('image', children=parts, tail=r.choice(['', '', '  # the image']))

        def chart(key, service):
            parts = [image(service)] if r.random() < 0.7 else []
            if r.random() < 0.6:
                parts.append(Node('env', children=[leaf('LEVEL', 'info', '"debug"', ''), leaf('OTHER', '1')]))
            if r.random() < 0.5 or not parts:
                parts.append(leaf('replicas', '3', "'2'"))
            r.shuffle(parts)
            return Node(key, children=parts)

        root = [leaf('name', 'acme')]
        if r.random() < 0.7:
            root.append(chart('cart', 'cart'))
        inner = [chart('cart', 'cart')] if r.random() < 0.5 else []
        inner += [chart('till', 'till')] if r.random() < 0.5 else []
        if inner:
            root.append(Node('shop', children=inner))
        if len(root) == 1:
            root.append(Node('other', children=[leaf('one', '1')]))
        r.shuffle(root)
        return Node('', children=root)

    # The text

    def lines(self):
        head, width, _ = WRAPPERS[self.wrapper]
        return head + list(self.model.lines(self.model.root, 0, width))

    def text(self):
        return self.newline.join(self.lines()) + self.newline

    def read(self):
        with open(self.file, newline='') as f:
            return f.read()

    def put(self, text):
        with open(self.file, 'w', newline='') as f:
            f.write(text)

    def wrong(self):
        """What differs from the model, or None."""
        got = self.read()
        lines, expected = got.split(self.newline), self.lines() + ['']
        if len(lines) != len(expected):
            return '%d lines, not %d' % (len(lines), len(expected))
        for line, want in zip(lines, expected):
            bare = MARK.sub('', line)
            if isinstance(want, str):
                if bare != want:
                    return '%r is not %r' % (line, want)
                continue
            lead, value, tail = want
            if not bare.startswith(lead) or not bare.endswith(tail):
                return '%r is not that of %r' % (line, want)
            there = yaml.safe_load(bare[len(lead):len(bare) - len(tail)])
            if there != value or type(there) is not type(value) or not MARK.search(line):
                return '%r is not %r under a mark' % (line, want)
        values = yaml.safe_load(got)
        if self.wrapper != 'file':
            values = values['spec']['source']['helm']['valuesObject' if self.wrapper == 'object' else 'values']
            values = yaml.safe_load(values) if isinstance(values, str) else values
        return None if values == self.model.root.value() else 'PyYAML reads another value'

    # Steps

    def filter(self, *args, ok=(0, 1), **kw):
        done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, 'RING_CATALOG': self.where + '/ring.yaml'}, **kw)
        if done.returncode not in ok:
            raise AssertionError('%s: %d %s %s' % (' '.join(args), done.returncode, done.stdout.decode(), done.stderr.decode()))
        return done.stdout

    def apply(self, patches):
        """Apply patches; return the codes of what is refused."""
        out = self.filter('applypatch', '-C', self.where, '--branch', 'main', '--update-worktree', '--partial', input=patches)
        records = [json.loads(line) for line in out.splitlines()]
        return [record['code'] for record in records if record['type'] == 'refused']

    def held(self, service):
        out = self.filter('ringls', '-C', self.where, '--service', service)
        return [record for record in map(json.loads, out.splitlines()) if record['type'] == 'override']

    def write(self, name, data):
        with open(self.where + '/.git/' + name, 'w') as f:
            f.write(data if isinstance(data, str) else json.dumps(data))
        return self.where + '/.git/' + name

    def release(self, owner):
        """Run a release of a ring, as the scripts do; return its action and what was refused."""
        service, ring = owner
        oid = self.service.commits[self.head[owner]][0]
        state = self.state[owner]
        pull = {'number': 1, 'headRefName': ring, 'headRefOid': oid, 'baseRefName': 'main', 'isCrossRepository': False, 'isDraft': False,
                'labels': [] if state == 'unlabelled' else [{'name': 'cohort:github:path:all'}], 'mergeCommit': {'oid': oid} if state == 'merged' else None,
                'state': {'merged': 'MERGED', 'closed': 'CLOSED'}.get(state, 'OPEN'), 'updatedAt': '2026-03-02T11:00:00Z'}
        run = {'attempt': 1, 'conclusion': 'success', 'databaseId': 1, 'event': 'push', 'headBranch': ring, 'headSha': oid, 'status': 'completed',
               'workflowName': 'build'}
        held = ''.join(json.dumps(o) + '\n' for o in self.held(service) if 'code' not in o)
        digests = ''.join('%s %s\n' % (c[0], c[2]) for c in self.service.commits.values())
        record = self.filter('ringcheck', '--service', service, '--runs', self.write('runs', [run]), '--held', self.write('held', held), '--unframed',
                             '--merged', self.write('merged', self.merged), *(['--digests', self.write('digests', digests)] if self.digests else []), '-C', self.service.where,
                             input=json.dumps([pull]).encode(), ok=(0,))
        decision = json.loads(record.splitlines()[0])
        action, self.reasons = decision['action'], decision['reasons']
        tenants = '{"type":"tenant","tenant":"acme"}\n' if state in ('open', 'merged') else ''
        stream = tenants + '{"type":"end","by":"test","records":%d,"refused":0}\n' % tenants.count('\n')
        patches = self.filter('mkpatch', '-C', self.where, '--release', self.write('release', record.decode()), '--reconcile', input=stream.encode())
        return action, self.apply(patches)

    def image(self, owner, commit):
        """What a ring's image writes at each path of the service's charts."""
        service, ring = owner
        oid, _, digest = self.service.commits[commit]
        form, tag = FORMS[self.form[service]], oid[:7]
        repository = 'ghcr.io/shop/%s-%s' % owner
        for chart in CHARTS[service]:
            found = self.model.root.find('%s/image/digest' % chart)
            parts = {'tag': ring + '-' + tag if self.form[service] == 'tag' else tag, 'reference': repository + ':' + tag, 'registry': 'ghcr.io',
                     'repository': repository[8:] if 'registry' in form else repository,
                     'digest': digest if self.digests else ('' if found and (found.shown() or (found.over and found.over[-1][:2] != owner)) else None)}
            yield {'%s/%s' % (chart, path): parts[part] for part, path in form.items() if parts[part] is not None}

    def holder(self, chart, service):
        """The ring whose mark the image of a chart has."""
        rings = [node.over[-1][1] for _, node in self.parts(chart, service) if node.over]
        return rings[0] if rings else None

    def parts(self, chart, service):
        for path in FORMS[self.form[service]].values():
            node = self.model.root.find(chart + '/' + path)
            if node and node.children is None:
                yield '%s/%s' % (chart, path), node

    def contains(self, owner, lower):
        """Does the head of a ring contain the deployed commit of another one?"""
        have, of = self.head[owner], self.deployed[owner[0], lower]
        if have[0] == 'b' and of[0] == 'a':
            return int(of[1]) <= int(have[1]) + 1
        return have[0] == 's' and of[0] == 'a' and any(int(of[1]) <= i for i in self.squashed if i == int(have[1]))

    squashed = ()

    def may_set(self, owner):
        """The code that a set is refused with, or None."""
        service, ring = owner
        for chart in CHARTS[service]:
            holder = self.holder(chart, service)
            if holder in (None, ring):
                continue
            nodes = [node for _, node in self.parts(chart, service)]
            bumped = any(node.bumped or (not node.over and path.endswith('/tag')) for path, node in self.parts(chart, service))
            two = any(len(node.over) > 1 for node in nodes)
            values = any(node.over and node.over[-1][:2] == (service, holder) and not node.bumped and not self.is_part(path) for path, node in self.model.root.walk())
            if bumped or two or values or not self.contains(owner, holder):
                return 'held-by-another-ring'
        for path, value in paths_of(self.service.commits[self.head[owner]][1]):
            node = self.model.root.find(path)
            if node and node.over and node.over[-1][:2] != owner and (node.shown() != value or type(node.shown()) is not type(value)):
                return 'held-by-another-ring'
        return None

    def is_part(self, path):
        return any(path == chart + '/' + part for s, charts in CHARTS.items() for chart in charts for part in FORMS[self.form[s]].values())

    def set(self, owner):
        service, ring = owner
        for parts in list(self.image(owner, self.head[owner])):
            for path, value in parts.items():
                self.model.write(owner, path, value)
        stay = set(path for path, _ in self.model.root.walk() if self.is_part(path))
        for path, value in paths_of(self.service.commits[self.head[owner]][1]):
            stay.add(path)
            node = self.model.root.find(path)
            if not node or node.shown() != value or type(node.shown()) is not type(value):
                self.model.write(owner, path, value)
        self.model.clear(owner, [path for path, _ in self.model.root.walk() if path not in stay])
        self.deployed[owner] = self.head[owner]

    def step_release(self):
        owner = self.r.choice(self.rings())
        if self.state[owner] in ('unlabelled', 'closed') and self.r.random() < 0.7:
            self.state[owner] = 'open'
        return self.converge(owner)

    def converge(self, owner):
        expected = {'open': 'set', 'merged': 'hold', 'unlabelled': 'clear', 'closed': 'clear'}[self.state[owner]]
        code = self.may_set(owner) if expected == 'set' else None
        action, refused = self.release(owner)
        self.log.append('%s %s %s %s%s%s' % (action, *owner, self.head[owner], self.over(owner), ' refused' if refused else ''))
        if expected == 'set' and not code:
            self.set(owner)
        if expected == 'clear':
            self.model.clear(owner)
        assert action == expected, 'action %s (%s), not %s' % (action, self.reasons, expected)
        assert refused == ([code] if code else []), 'refused %s, not %s' % (refused, code)
        return True

    def over(self, owner):
        """What the log says of a ring that has the image already."""
        holders = {self.holder(chart, owner[0]) for chart in CHARTS[owner[0]]} - {None, owner[1]}
        return ''.join(' over ' + ring for ring in sorted(holders))

    def rings(self):
        """The rings that may release: often, two wait until they supersede the first."""
        return [ring for ring in RINGS if not self.late or ring[1] == 'ring-a' or ring in self.deployed]

    def step_push(self):
        owner = self.r.choice(self.rings())
        name = self.head[owner]
        last = {'a': 3, 't': 3, 'b': 2, 'c': 1}
        if name[0] not in last or int(name[1]) == last[name[0]] or self.state[owner] in ('merged', 'closed'):
            return None
        self.head[owner] = name[0] + str(int(name[1]) + 1)
        return self.converge(owner)

    def step_supersede(self):
        """Release a ring that has the commit of ring-a, if that holds the tenant."""
        lower = self.deployed.get(('cart', 'ring-a'))
        if self.holder('cart', 'cart') != 'ring-a':
            return None
        owner = self.r.choice([('cart', 'ring-b')] + [('cart', 'ring-c')] * (self.squashed == (int(lower[1]),)))
        if self.state[owner] == 'merged':
            return None
        self.state[owner] = 'open'
        if owner[1] == 'ring-b':
            self.head[owner] = max(self.head[owner], 'b%d' % max(0, int(lower[1]) - 1))
        return self.converge(owner)

    def step_bump(self):
        service = self.r.choice(list(CHARTS))
        chart = self.r.choice(CHARTS[service])
        part = 'image' if self.form[service] == 'reference' else 'image/tag'
        node = self.model.root.find(chart + '/' + part)
        if not node:
            return None
        tag = self.r.choice(['1.4.3', '"1.5.0"', "'1.6'", self.service.commits['m'][0][:7], self.service.commits['a0'][0][:7]])
        if self.form[service] == 'reference':
            tag = 'ghcr.io/shop/%s:%s' % (service, tag.strip('"\''))
        return self.write_over(chart + '/' + part, tag, self.r.random() < 0.5)

    def write_over(self, path, raw, keep):
        """Let another author write a value, with all comments on its line, or without."""
        node = self.model.root.find(path)
        if node.shown() == yaml.safe_load(raw):
            return None
        number = self.number(node)
        lines = self.read().split(self.newline)
        line, bare = lines[number], MARK.sub('', lines[number])
        lead = re.match(r' *[^:]+:', line)[0]
        mark = MARK.search(line)
        lines[number] = lead + ' ' + raw + ((mark[0] if mark else '') + node.tail if keep else '')
        assert bare.endswith(node.tail), line
        self.put(self.newline.join(lines))
        self.model.edit(path, raw, keep)
        self.git('commit', '-qam', 'Bump')
        return 'write %s %s%s' % (path, raw, '' if keep else ' without comments')

    def number(self, node):
        """The number of a node's line."""
        n, seen = len(WRAPPERS[self.wrapper][0]), 0
        for _, child in self.model.root.walk():
            n += len(child.lead)
            if child is node:
                return n
            n += 1
        raise AssertionError('not in the document')

    def step_values(self):
        """Write over a value, often one of a ring."""
        leaves = [p for p, n in self.model.root.walk() if n.children is None and '/image/' not in p and not self.is_part(p)]
        ours = [p for p in leaves if self.model.root.find(p).over]
        path = self.r.choice(ours if ours and self.r.random() < 0.7 else leaves)
        return self.write_over(path, self.r.choice(['mine', '"12"', '3', 'false']), self.r.random() < 0.5)

    def step_person(self):
        """Add a value to a map, often one that a ring has made."""
        maps = [p for p, n in self.model.root.walk() if n.children]
        made = [p for p in maps if not self.model.root.find(p).real]
        path = self.r.choice(made if made and self.r.random() < 0.7 else maps)
        parent, key = self.model.root.find(path), 'p%d' % self.did['person']
        lines, child = self.read().split(self.newline), Node(key, 'mine', self.r.choice(['', ' # mine']))
        width = WRAPPERS[self.wrapper][1] + self.model.step * (path.count('/') + 1)
        if self.r.random() < 0.5:
            at = self.number(parent) + 1
            parent.children.insert(0, child)
        else:
            last = [n for _, n in parent.walk()][-1]
            at = self.number(last) + 1
            parent.children.append(child)
        lines.insert(at, ' ' * width + key + ': mine' + child.tail)
        self.put(self.newline.join(lines))
        self.model.make(path, True)
        self.git('commit', '-qam', 'By hand')
        return 'add %s/%s' % (path, key)

    def step_unlabel(self):
        owner = self.r.choice(RINGS)
        if self.state[owner] == 'merged':
            return None
        self.state[owner] = self.r.choice(['unlabelled', 'closed'])
        return self.converge(owner)

    def step_merge(self):
        owner = self.r.choice(RINGS)
        if self.state[owner] != 'open':
            return None
        self.state[owner] = 'merged'
        if owner == ('cart', 'ring-a'):
            n = int(self.head[owner][1])
            self.squashed = (n,)
            self.merged = [{'number': 7, 'headRefName': 'ring-a', 'headRefOid': self.service.commits['a%d' % n][0], 'isCrossRepository': False,
                            'state': 'MERGED', 'mergeCommit': {'oid': self.service.commits['q%d' % n][0]}}]
            if ('cart', 'ring-c') not in self.deployed:
                self.head['cart', 'ring-c'] = 's%d' % n
        return self.converge(owner)

    def step_clear(self):
        """Clean up after the merge of a ring, or of all that are merged."""
        service = self.r.choice(list(CHARTS))
        rings = [owner for owner in RINGS if owner[0] == service and self.state[owner] == 'merged']
        return self.clean_up(self.r.choice([rings, rings[:1]]))

    def clean_up(self, rings):
        records = [o for service in CHARTS for o in self.held(service) if (service, o['ring']) in rings]
        stream = ''.join(json.dumps(o) + '\n' for o in records) + '{"type":"end","by":"ringls","records":%d,"refused":0}\n' % len(records)
        refused = self.apply(self.filter('mkpatch', '-C', self.where, '--remove', input=stream.encode()))
        assert not refused, refused
        cleared = {(o['service'], o['ring']) for o in records}
        for owner in cleared:
            self.model.clear(owner)
        return 'clean up ' + ', '.join(' '.join(owner) for owner in sorted(cleared))

    STEPS = ['release'] * 5 + ['push'] * 3 + ['bump'] * 3 + ['supersede'] * 3 + ['values', 'person', 'unlabel', 'merge', 'clear']

    def step(self, name):
        did = getattr(self, 'step_' + name)()
        if did:
            self.did[name] += 1
            self.log += [did] if isinstance(did, str) else []
            wrong = self.wrong()
            assert not wrong, wrong

    def end(self):
        if self.r.random() < 0.5:
            self.log.append(self.clean_up(RINGS))
            wrong = self.wrong()
            assert not wrong, wrong
        rings = list(RINGS)
        self.r.shuffle(rings)
        for owner in rings:
            self.state[owner] = self.r.choice(['unlabelled', 'closed'])
            self.converge(owner)
            wrong = self.wrong()
            assert not wrong, wrong
        got = self.read()
        assert 'ringkit' not in got, 'a mark is left'
        assert not [n for _, n in self.model.root.walk() if n.over or not n.real], 'the model has values of rings'
        assert got == self.text(), 'the end is not what others have written:\n' + self.text()
        assert not self.held('cart') + self.held('till'), 'a ring holds the tenant'

    def go(self):
        before = self.read()
        try:
            wrong = self.wrong()
            assert not wrong, wrong
            for _ in range(self.r.randint(8, 20)):
                self.step(self.r.choice(self.STEPS))
            self.end()
        except AssertionError as e:
            return '%s\n%s\n--- %s\n%s\n--- now\n%s' % (e, '\n'.join(self.log), json.dumps(self.form), before, self.read())


def main():
    count, seed, where = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    did, faults = collections.Counter(), 0
    for n in range(count):
        r = random.Random(seed * 1000003 + n)
        if n % 20 == 0:
            service = Service('%s/service%d' % (where, n), random.Random(seed * 1000003 + n))
        order = Order(r, '%s/order%d' % (where, n), service)
        fault = order.go()
        did.update(order.did)
        did['refused'] += sum('refused' in entry for entry in order.log)
        did['taken over'] += sum('set' in entry and ' over ring' in entry and 'refused' not in entry for entry in order.log)
        if fault:
            faults += 1
            if faults <= int(os.environ.get('RINGKIT_FAULTS', '3')):
                print('\n'.join('# ' + line for line in ('order %d: %s' % (n, fault)).split('\n')))
        else:
            subprocess.run(['rm', '-rf', order.where])
    print('# seed %d, %d orders: %s; faults: %d' % (seed, count, json.dumps(did), faults))
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
