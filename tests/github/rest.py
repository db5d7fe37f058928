"""The requests of GitHub's REST API that ringkit's scripts and their tests make, as docs.github.com/rest has them."""
import json
import re
import urllib.parse

from state import Refused, Unknown

API = 'http://api.github.localhost'
ROUTES = []


def route(method, pattern, query=(), body=(), status=200):
    """Register a function for a method and a path; query and body are the names that a request may have."""
    def add(function):
        ROUTES.append((method, re.compile(pattern.replace('REPO', r'(?:repos/([^/]+/[^/]+)|repositories/(\d+))')),
                       set(query), dict(body), status, function))
        return function
    return add


class Request:
    def __init__(self, state, caller, method, target, text):
        path, _, query = target.partition('?')
        self.state, self.caller, self.method = state, caller, method
        self.path = self.path_by_id = path.strip('/')
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.text = text
        self.body = {}
        self.headers = []

    def parse_body(self, names):
        try:
            self.body = json.loads(self.text or '{}')
        except ValueError:
            raise Refused(400, 'Problems parsing JSON') from None
        if not isinstance(self.body, dict):
            raise Refused(400, 'Body should be a JSON object')
        if set(self.body) - set(names):
            raise Unknown(f'{self.method} {self.path}: unknown members of the body: {sorted(set(self.body) - set(names))}')
        for name, value in self.body.items():
            if value is not None and not isinstance(value, names[name]):
                raise Refused(422, f"Invalid request.\n\nFor 'properties/{name}', {json.dumps(value)} is not a "
                              f"{'string' if names[name] is str else names[name].__name__}.")

    def required(self, name):
        if self.body.get(name) is None:
            raise Refused(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        return self.body[name]

    def page(self, items, show):
        """One page of a list, with the Link header that leads to the others."""
        try:
            size = min(max(int(self.query.get('per_page', 30)), 1), 100)
            page = max(int(self.query.get('page', 1)), 1)
        except ValueError:
            size, page = 30, 1
        last = max((len(items) + size - 1) // size, 1)
        links = {}
        if page > 1:
            links.update(prev=page - 1, first=1)
        if page < last:
            links.update(next=page + 1, last=last)
        if links:
            self.headers.append(('Link', ', '.join(
                f'<{API}/{self.path_by_id}?{urllib.parse.urlencode({**self.query, "page": number})}>; rel="{rel}"'
                for rel, number in links.items())))
        return [show(one) for one in items[(page - 1) * size:page * size]]


def answer(request):
    """The status, the headers and the value that answer a request."""
    for method, pattern, query, body, status, function in ROUTES:
        match = pattern.fullmatch(request.path)
        if not match or method != request.method:
            continue
        unknown = set(request.query) - query - {'per_page', 'page'}
        if unknown:
            raise Unknown(f'{method} {request.path}: unknown parameters {sorted(unknown)}')
        if not request.caller:
            raise Refused(404 if match.groups() else 401, 'Not Found' if match.groups() else 'Requires authentication')
        words = list(match.groups())
        if words and 'repos' in pattern.pattern:
            name, number = words[:2]
            found = (request.state.repository(name, request.caller) if name
                     else request.state.repository_by_id(int(number), request.caller))
            rest = request.path.split('/', 3 if name else 2)[3 if name else 2:]
            request.path_by_id = '/'.join([f'repositories/{found.id}', *rest])
            words = [found] + [int(word) if word.isdigit() else urllib.parse.unquote(word) for word in words[2:]]
        request.parse_body(body)
        return status, request.headers, function(request, *words)
    raise Unknown(f'{request.method} {request.path}')


def user(login):
    return {'login': login, 'type': 'Bot' if login.endswith('[bot]') else 'User'}


def show_label(one):
    return {'name': one['name'], 'color': one['color'], 'description': one['description']}


def show_repository(found):
    return {'id': found.id, 'node_id': f'R_{found.id}', 'name': found.name.split('/')[1], 'full_name': found.name,
            'private': True, 'fork': 'parent' in found.data, 'owner': {'login': found.owner}, 'html_url': found.url,
            'default_branch': found.default_branch,
            'permissions': {'admin': False, 'push': found.may('contents', True), 'pull': found.may('contents')},
            **found.data.get('settings', {})}


def show_pull(found, pull):
    def side(repo, one):
        return {'label': f"{repo.split('/')[0]}:{one['ref']}", 'ref': one['ref'], 'sha': one['sha'],
                'repo': {'full_name': repo, 'fork': repo != found.name}}
    labels = {one['name']: one for one in found.data['labels']}
    return {'number': pull['number'], 'node_id': f"PR_{found.id}_{pull['number']}", 'state': pull['state'],
            'draft': pull['draft'], 'title': pull['title'], 'body': pull['body'], 'user': user(pull['user']),
            'html_url': f"{found.url}/pull/{pull['number']}", 'labels': [show_label(labels[name]) for name in pull['labels']],
            'head': side(pull['head']['repo'], pull['head']), 'base': side(found.name, pull['base']),
            'merged_at': pull['merged_at'], 'merge_commit_sha': pull['merge_commit_sha'],
            'created_at': pull['created_at'], 'updated_at': pull['updated_at'], 'closed_at': pull['closed_at']}


def show_comment(found, one):
    return {'id': one['id'], 'body': one['body'], 'user': user(one['user']), 'created_at': one['created_at'],
            'updated_at': one['updated_at'], 'html_url': f"{found.url}/pull/{one['number']}#issuecomment-{one['id']}"}


@route('GET', 'user')
def who(request):
    if request.caller['type'] == 'Bot':
        raise Refused(403, 'Resource not accessible by integration')
    return user(request.caller['login'])


@route('GET', 'rate_limit')
def rate_limit(request):
    left = request.state.all.get('rate', {}).get('remaining', 5000)
    core = {'limit': 5000, 'remaining': left, 'used': 5000 - left, 'reset': 0}
    return {'resources': {'core': core, 'graphql': core}, 'rate': core}


@route('GET', 'installation/repositories')
def installation(request):
    names = [name for name in request.state.all['repositories'] if name in request.caller['repositories']]
    return {'total_count': len(names), 'repositories': request.page(
        names, lambda name: show_repository(request.state.repository(name, request.caller)))}


@route('GET', 'REPO')
def repository(_, found):
    return show_repository(found)


@route('GET', 'REPO/branches', query=['protected'])
def branches(request, found):
    found.need('contents')
    return request.page(list(found.branches().items()), lambda one: {'name': one[0], 'commit': {'sha': one[1]},
                                                                     'protected': one[0] in found.data.get('protected', [])})


@route('GET', 'REPO/pulls', query=['state', 'head', 'base', 'sort', 'direction'])
def pulls(request, found):
    found.need('pull_requests')
    state, head, base = (request.query.get(name) for name in ('state', 'head', 'base'))
    chosen = [one for one in found.data['pulls']
              if (state == 'all' or one['state'] == (state or 'open')) and (not base or one['base']['ref'] == base)
              # GitHub passes over a head that is not OWNER:BRANCH
              and (not head or ':' not in head or f"{one['head']['repo'].split('/')[0]}:{one['head']['ref']}" == head)]
    key = {'created': 'number', 'updated': 'updated_at'}.get(request.query.get('sort', 'created'))
    if not key:
        raise Unknown(f"sort={request.query['sort']}")
    down = request.query.get('direction', 'desc' if request.query.get('sort', 'created') == 'created' else 'asc') == 'desc'
    return request.page(sorted(chosen, key=lambda one: one[key], reverse=down), lambda one: show_pull(found, one))


@route('POST', 'REPO/pulls', status=201,
       body={'title': str, 'head': str, 'base': str, 'body': str, 'draft': bool, 'maintainer_can_modify': bool})
def create(request, found):
    found.need('pull_requests', write=True)
    words = [request.required(name) for name in ('title', 'head', 'base')]
    return show_pull(found, found.open_pull(*words, request.body.get('body'), request.body.get('draft', False)))


@route('GET', r'REPO/pulls/(\d+)')
def pull(_, found, number):
    one = found.pull(number)
    return {**show_pull(found, one), 'mergeable_state': found.mergeable_state(one) if one['state'] == 'open' else 'unknown'}


@route('PATCH', r'REPO/pulls/(\d+)', body={'title': str, 'body': str, 'state': str, 'base': str})
def edit(request, found, number):
    return show_pull(found, found.edit_pull(number, **request.body))


@route('PUT', r'REPO/pulls/(\d+)/merge', body={'merge_method': str, 'sha': str})
def merge(request, found, number):
    method = request.body.get('merge_method', 'merge')
    if method not in ('merge', 'squash'):
        raise Unknown(f'merge_method {method}')
    return {'sha': found.merge(number, method, request.body.get('sha')), 'merged': True,
            'message': 'Pull Request successfully merged'}


@route('GET', r'REPO/issues/(\d+)')
def issue(_, found, number):
    """A pull request as an issue, which says who closed it."""
    found.need('issues', 'pull_requests')
    one = found.any_pull(number)
    closer = one.get('closed_by')
    return {'number': number, 'state': one['state'], 'title': one['title'], 'body': one['body'], 'user': user(one['user']),
            'html_url': f"{found.url}/pull/{number}", 'closed_at': one['closed_at'], 'closed_by': user(closer) if closer else None,
            'pull_request': {'merged_at': one['merged_at']}}


@route('GET', r'REPO/pulls/(\d+)/commits')
def pull_commits(request, found, number):
    """The commits that a pull request adds, oldest first."""
    one = found.pull(number)
    base = one['base']['sha'] if not one['merged_at'] else f"{one['merge_commit_sha']}^1"
    return request.page(found.commits(base, one['head']['sha'])[:250], lambda commit: commit)


@route('GET', r'REPO/issues/(\d+)/comments', query=['since'])
def comments(request, found, number):
    return request.page(found.comments(number), lambda one: show_comment(found, one))


@route('POST', r'REPO/issues/(\d+)/comments', body={'body': str}, status=201)
def comment(request, found, number):
    found.need('issues', 'pull_requests', write=True)
    return show_comment(found, found.comment(number, request.required('body')))


@route('GET', r'REPO/issues/comments/(\d+)')
def one_comment(_, found, number):
    return show_comment(found, found.find_comment(number))


@route('PATCH', r'REPO/issues/comments/(\d+)', body={'body': str})
def edit_comment(request, found, number):
    one = found.find_comment(number, write=True)
    found.check_comment(request.required('body'))
    one.update(body=request.body['body'], updated_at=request.state.now())
    return show_comment(found, one)


@route('DELETE', r'REPO/issues/comments/(\d+)', status=204)
def delete_comment(_, found, number):
    found.data['comments'].remove(found.find_comment(number, write=True))


@route('GET', r'REPO/issues/(\d+)/labels')
def pull_labels(request, found, number):
    found.need('issues', 'pull_requests')
    return request.page([found.label(name) for name in found.any_pull(number)['labels']], show_label)


def show_event(found, one):
    actor = {**user(one['actor']), 'id': number_of(one['actor'])} if one['actor'] else None
    return {'id': one['id'], 'node_id': f"LE_{one['id']}", 'url': f"{API}/repos/{found.name}/issues/events/{one['id']}",
            'actor': actor, 'event': one['event'], 'commit_id': None, 'commit_url': None, 'created_at': one['created_at'],
            'label': {'name': one['label'], 'color': '1d76db'}, 'performed_via_github_app': None}


def number_of(login):
    return sum(map(ord, login.lower()))


@route('GET', r'REPO/issues/(\d+)/timeline')
def timeline(request, found, number):
    """The events of labels, after the comments, which are events without a number of the same kind."""
    found.need('issues', 'pull_requests')
    said = [{**show_comment(found, one), 'event': 'commented', 'actor': user(one['user'])} for one in found.comments(number)]
    return request.page(said + [show_event(found, one) for one in found.any_pull(number).get('events', [])], lambda one: one)


@route('GET', r'orgs/([^/]+)/teams/([^/]+)/members', query=['role'])
def members(request, org, team):
    granted = request.caller['repositories']
    if not any(one.get('members') for name, one in granted.items() if name == '*' or name.split('/')[0] == org):
        raise Refused(403 if request.caller['type'] == 'Bot' else 404, 'Resource not accessible by integration')
    known = request.state.all.get('teams', {})
    if f'{org}/{team}' not in known:
        raise Refused(404, 'Not Found')
    return request.page(known[f'{org}/{team}'], lambda login: {**user(login), 'id': number_of(login)})


@route('GET', r'users/([^/]+)')
def one_user(request, login):
    if login not in request.state.all.get('users', []):
        raise Refused(404, 'Not Found')
    return {**user(login), 'id': number_of(login)}


@route('POST', r'REPO/issues/(\d+)/labels', body={'labels': list})
def add_labels(request, found, number):
    return [show_label(one) for one in found.label_pull(number, add=request.required('labels'))]


@route('DELETE', r'REPO/issues/(\d+)/labels/([^/]+)')
def remove_label(_, found, number, name):
    return [show_label(one) for one in found.label_pull(number, remove=name)]


@route('GET', 'REPO/labels')
def labels(request, found):
    found.need('issues', 'pull_requests')
    return request.page(found.data['labels'], show_label)


@route('POST', 'REPO/labels', body={'name': str, 'color': str, 'description': str}, status=201)
def create_label(request, found):
    found.need('issues', 'pull_requests', write=True)
    return show_label(found.set_label(request.required('name'), request.body.get('color'), request.body.get('description')))


@route('GET', r'REPO/labels/([^/]+)')
def label(_, found, name):
    return show_label(found.label(name))


@route('PATCH', r'REPO/labels/([^/]+)', body={'name': str, 'new_name': str, 'color': str, 'description': str})
def edit_label(request, found, name):
    old = found.label(name)
    return show_label(found.set_label(request.body.get('new_name') or request.body.get('name') or old['name'],
                                      request.body.get('color'), request.body.get('description'), old))


@route('DELETE', r'REPO/labels/([^/]+)', status=204)
def delete_label(_, found, name):
    found.need('issues', 'pull_requests', write=True)
    old = found.label(name)
    found.data['labels'].remove(old)
    for one in found.data['pulls']:
        one['labels'] = [kept for kept in one['labels'] if kept != old['name']]


@route('GET', 'REPO/actions/runs', query=['branch', 'event', 'status', 'head_sha', 'exclude_pull_requests'])
def runs(request, found):
    found.need('actions')
    names = {'branch': 'head_branch', 'event': 'event', 'head_sha': 'head_sha'}
    chosen = [one for one in found.data['runs'] if all(one[names[key]] == value for key, value in request.query.items() if key in names)
              and request.query.get('status') in (None, one['status'], one['conclusion'])]
    chosen.sort(key=lambda one: -one['id'])
    # A search has at most 1,000 results.
    if set(request.query) & (set(names) | {'status'}):
        total, chosen = len(chosen), chosen[:1000]
    else:
        total = len(chosen)
    return {'total_count': total, 'workflow_runs': request.page(
        chosen, lambda one: show_run(found, one))}


def show_run(found, one):
    return {**one, 'html_url': f"{found.url}/actions/runs/{one['id']}", 'workflow_id': workflows_of(found)[one['name']]['id']}


def workflows_of(found):
    """The workflows that have runs, by their names."""
    found.need('actions')
    names = dict.fromkeys(one['name'] for one in found.data['runs'])
    paths = {one['name']: one['path'] for one in found.data['runs']}
    return {name: {'id': number, 'name': name, 'path': paths[name], 'state': 'active'} for number, name in enumerate(names, 1)}


@route('GET', 'REPO/actions/workflows')
def workflows(request, found):
    known = list(workflows_of(found).values())
    return {'total_count': len(known), 'workflows': request.page(known, lambda one: one)}


@route('GET', r'REPO/actions/workflows/([^/]+)')
def workflow(_, found, name):
    for one in workflows_of(found).values():
        if name in (one['id'], one['path'].rpartition('/')[2]):
            return one
    raise Refused(404, 'Not Found')


@route('GET', r'REPO/actions/runs/(\d+)')
def run(_, found, number):
    found.need('actions')
    for one in found.data['runs']:
        if one['id'] == number:
            return show_run(found, one)
    raise Refused(404, 'Not Found')


@route('GET', 'REPO/((?:environments|actions/permissions|rulesets|branches)(?:/.+)?)')
def document(_, found, name):
    """What a test has written as the repository's settings."""
    if name.startswith('branches/') and '/' not in name[9:]:
        found.need('contents')
        sha = found.branches().get(name[9:])
        if not sha:
            raise Refused(404, 'Branch not found')
        return {'name': name[9:], 'commit': {'sha': sha}, 'protected': name[9:] in found.data.get('protected', [])}
    found.need('environments' if name.startswith('environments') else 'actions' if name.startswith('actions') else 'metadata')
    if name not in found.data.get('documents', {}):
        raise Refused(404, 'Not Found')
    return found.data['documents'][name]


def refusal(refused):
    """The body of a refused request."""
    body = {'message': refused.message}
    if refused.errors:
        body['errors'] = refused.errors
    return {**body, 'documentation_url': 'https://docs.github.com/rest', 'status': str(refused.status)}
