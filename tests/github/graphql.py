"""The queries of GitHub's GraphQL API that gh(1) sends, answered by the rules of the GraphQL specification (October 2021).

A field that GitHub has not, or that is not in the classes below, is no empty answer: Unknown makes the test fail.
"""
import json
import re

from state import Refused, Unknown

TOKEN = re.compile(r'(?:[\s,\ufeff]|#[^\n]*)*(?:(\.\.\.|[!$():=@\[\]{}|&])|([A-Za-z_]\w*)|(-?\d+(?:\.\d+)?)|'
                   r'("""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*")|$)')


class Parser:
    """A document of operations and fragments."""

    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise Refused(200, f'Parse error on "{text[at]}"')
            at = match.end()
            for kind, word in zip(('mark', 'name', 'number', 'string'), match.groups()):
                if word is not None:
                    self.tokens.append((kind, word))
        self.at = 0
        self.operations, self.fragments = [], {}
        while self.at < len(self.tokens):
            self.definition()

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ('end', '')

    def next(self, kind=None):
        token = self.peek()
        if kind and token[0] != kind:
            raise Refused(200, f'Parse error on "{token[1]}"')
        self.at += 1
        return token[1]

    def skip(self, word):
        if self.peek()[1] != word or self.peek()[0] not in ('mark', 'name'):
            return False
        self.at += 1
        return True

    def expect(self, word):
        if not self.skip(word):
            raise Refused(200, f'Parse error on "{self.peek()[1]}", expected "{word}"')

    def definition(self):
        if self.skip('fragment'):
            name = self.next('name')
            self.expect('on')
            self.next('name')
            self.fragments[name] = self.selections()
            return
        kind, name, variables = 'query', '', {}
        if self.peek()[0] == 'name':
            kind = self.next()
            if self.peek()[0] == 'name':
                name = self.next()
            if self.skip('('):
                while not self.skip(')'):
                    self.variable(variables)
        if kind not in ('query', 'mutation'):
            raise Unknown(f'GraphQL: {kind}')
        self.operations.append((kind, name, variables, self.selections()))

    def variable(self, variables):
        self.expect('$')
        name = self.next('name')
        self.expect(':')
        required = self.type()
        default = self.value() if self.skip('=') else None
        variables[name] = (required and default is None, default)

    def type(self):
        """Parse a type; return whether it excludes null."""
        if self.skip('['):
            self.type()
            self.expect(']')
        else:
            self.next('name')
        return self.skip('!')

    def selections(self):
        found = []
        self.expect('{')
        while not self.skip('}'):
            found.append(self.selection())
        return found

    def selection(self):
        if self.skip('...'):
            if self.skip('on'):
                kind = self.next('name')
                return ('on', kind, self.selections())
            return ('fragment', self.next('name'))
        name = alias = self.next('name')
        if self.skip(':'):
            name = self.next('name')
        words = {}
        if self.skip('('):
            while not self.skip(')'):
                key = self.next('name')
                self.expect(':')
                words[key] = self.value()
        return ('field', alias, name, words, self.selections() if self.peek()[1] == '{' else None)

    def value(self):
        """A function of the variables."""
        kind, word = self.peek()
        self.at += 1
        if word == '$' and kind == 'mark':
            name = self.next('name')
            return lambda variables: variables[name]
        if word == '[' and kind == 'mark':
            items = []
            while not self.skip(']'):
                items.append(self.value())
            return lambda variables: [item(variables) for item in items]
        if word == '{' and kind == 'mark':
            members = {}
            while not self.skip('}'):
                key = self.next('name')
                self.expect(':')
                members[key] = self.value()
            return lambda variables: {key: member(variables) for key, member in members.items()}
        if kind == 'number':
            return lambda _: float(word) if '.' in word else int(word)
        if kind == 'string':
            plain = word[3:-3] if word.startswith('"""') else json.loads(word)
            return lambda _: plain
        if kind != 'name':
            raise Refused(200, f'Parse error on "{word}"')
        return lambda _: {'true': True, 'false': False, 'null': None}.get(word, word)


class Execution:
    def __init__(self, fragments, variables):
        self.fragments, self.variables = fragments, variables
        self.errors = []

    def run(self, node, selections, path):
        answer = {}
        for selection in selections:
            if selection[0] == 'fragment':
                if selection[1] not in self.fragments:
                    raise Unknown(f'GraphQL: fragment {selection[1]}')
                answer.update(self.run(node, self.fragments[selection[1]], path))
            elif selection[0] == 'on':
                if type(node).__name__ == selection[1]:
                    answer.update(self.run(node, selection[2], path))
            else:
                answer[selection[1]] = self.field(node, selection, [*path, selection[1]])
        return answer

    def field(self, node, selection, path):
        _, _, name, words, selections = selection
        kind = type(node).__name__
        if name == '__typename':
            return kind
        function = getattr(node, name, None) if not name.startswith('_') and isinstance(node, Node) else None
        if function is None:
            raise Unknown(f'GraphQL: field {kind}.{name}')
        words = {key: value(self.variables) for key, value in words.items()}
        try:
            value = function(**words)
        except TypeError as error:
            raise Unknown(f'GraphQL: field {kind}.{name}({words}): {error}') from error
        except Refused as refused:
            self.refuse(refused, path)
            return None
        return self.complete(value, selections, path)

    def complete(self, value, selections, path):
        if isinstance(value, list):
            return [self.complete(one, selections, [*path, number]) for number, one in enumerate(value)]
        if isinstance(value, Node):
            if selections is None:
                raise Unknown(f'GraphQL: {path} without a selection')
            return self.run(value, selections, path)
        if selections is not None and value is not None:
            raise Unknown(f'GraphQL: a selection of {path}')
        return value

    def refuse(self, refused, path):
        kinds = {403: 'FORBIDDEN', 404: 'NOT_FOUND', 422: 'UNPROCESSABLE', 410: 'NOT_FOUND'}
        for message in [sentence(error) for error in refused.errors] or [refused.message]:
            self.errors.append({'type': kinds[refused.status], 'path': path, 'message': message})


def sentence(error):
    """A failed validation as GraphQL says it."""
    if 'message' in error:
        return error['message'][0].upper() + error['message'][1:]
    if error['code'] == 'invalid' and error.get('field') == 'head':
        return 'Head sha can\'t be blank, Head ref must be a branch'
    if error['code'] == 'invalid' and error.get('field') == 'base':
        return 'Base sha can\'t be blank, Base ref must be a branch'
    return f"{error.get('field', error['resource']).capitalize()} can't be blank"


class Node:
    """An object of GraphQL: each method is a field."""


class PageInfo(Node):
    def __init__(self, after, more):
        self.end, self.more = after, more

    def hasNextPage(self):
        return self.more

    def endCursor(self):
        return self.end


class Connection(Node):
    def __init__(self, items, first=None, after=None):
        if first is None:
            raise Refused(422, 'You must provide a `first` or `last` value to properly paginate the connection.')
        if first > 100:
            raise Refused(422, f'Requesting {first} records on the connection exceeds the `first` limit of 100 records.')
        self.items = items
        self.start = int(after) if after else 0
        self.stop = min(self.start + first, len(items))

    def totalCount(self):
        return len(self.items)

    def nodes(self):
        return self.items[self.start:self.stop]

    def pageInfo(self):
        return PageInfo(str(self.stop) if self.stop > self.start else None, self.stop < len(self.items))


class Named(Node):
    """An object that has nothing but strings."""

    def __init__(self, **members):
        for name, value in members.items():
            setattr(self, name, lambda value=value: value)


class Label(Named):
    pass


class Commit(Named):
    pass


class Ref(Named):
    pass


class User(Named):
    pass


class Bot(Named):
    pass


class Organization(Named):
    pass


def actor(login):
    return Bot(login=login.removesuffix('[bot]')) if login.endswith('[bot]') else User(login=login, id=f'U_{login}', name=login)


class PullRequest(Node):
    def __init__(self, found, pull):
        self.found, self.pull = found, pull

    def id(self):
        return f"PR_{self.found.id}_{self.pull['number']}"

    def number(self):
        return self.pull['number']

    def url(self):
        return f"{self.found.url}/pull/{self.pull['number']}"

    def title(self):
        return self.pull['title']

    def body(self):
        return self.pull['body'] or ''

    def state(self):
        return 'MERGED' if self.pull['merged_at'] else self.pull['state'].upper()

    def isDraft(self):
        return self.pull['draft']

    def isCrossRepository(self):
        return self.pull['head']['repo'] != self.found.name

    def headRefName(self):
        return self.pull['head']['ref']

    def headRefOid(self):
        return self.pull['head']['sha']

    def baseRefName(self):
        return self.pull['base']['ref']

    def headRepositoryOwner(self):
        return User(login=self.pull['head']['repo'].split('/')[0], id='O_1', name='')

    def createdAt(self):
        return self.pull['created_at']

    def updatedAt(self):
        return self.pull['updated_at']

    def closedAt(self):
        return self.pull['closed_at']

    def mergedAt(self):
        return self.pull['merged_at']

    def author(self):
        return actor(self.pull['user'])

    def mergeCommit(self):
        return Commit(oid=self.pull['merge_commit_sha']) if self.pull['merged_at'] else None

    def labels(self, first=None, after=None):
        known = {one['name']: one for one in self.found.data['labels']}
        return Connection([Label(id=f'LA_{name}', name=name, color=known[name]['color'],
                                 description=known[name]['description']) for name in self.pull['labels']], first, after)

    def reviewRequests(self, first=None, after=None):
        return Connection([], first, after)

    assignees = reviewRequests

    def milestone(self):
        return None

    def projectCards(self, first=None, after=None):
        raise Refused(410, 'Projects (classic) is being deprecated in favor of the new Projects experience, see: '
                      'https://github.blog/changelog/2024-05-23-sunset-notice-projects-classic/.')


class Repository(Node):
    def __init__(self, found):
        self.found = found

    def id(self):
        return f'R_{self.found.id}'

    def name(self):
        return self.found.name.split('/')[1]

    def owner(self):
        return Organization(login=self.found.owner, id='O_1')

    def url(self):
        return self.found.url

    def description(self):
        return None

    def hasIssuesEnabled(self):
        return True

    hasWikiEnabled = mergeCommitAllowed = rebaseMergeAllowed = squashMergeAllowed = hasIssuesEnabled

    def viewerPermission(self):
        return 'WRITE' if self.found.may('contents', True) else 'READ'

    def defaultBranchRef(self):
        return Ref(name=self.found.default_branch)

    def parent(self):
        parent = self.found.data.get('parent')
        return Repository(self.found.fork(parent)) if parent else None

    def pullRequest(self, number):
        try:
            return PullRequest(self.found, self.found.pull(number))
        except Refused as refused:
            if refused.status == 404:
                refused.message = f'Could not resolve to a PullRequest with the number of {number}.'
            raise

    def pullRequests(self, first=None, after=None, states=None, headRefName=None, baseRefName=None, orderBy=None):
        self.found.need('pull_requests')
        if orderBy not in (None, {'field': 'CREATED_AT', 'direction': 'DESC'}):
            raise Unknown(f'GraphQL: orderBy {orderBy}')
        states = [states] if isinstance(states, str) else states
        chosen = [PullRequest(self.found, one) for one in self.found.data['pulls']]
        chosen = [one for one in chosen if (not states or one.state() in states)
                  and headRefName in (None, one.headRefName()) and baseRefName in (None, one.baseRefName())]
        return Connection(chosen[::-1] if orderBy else chosen, first, after)


class CreatePullRequestPayload(Node):
    def __init__(self, made):
        self.made = made

    def pullRequest(self):
        return self.made


class Root(Node):
    def __init__(self, state, caller):
        self._state, self._caller = state, caller


class Query(Root):
    def repository(self, owner, name):
        try:
            return Repository(self._state.repository(f'{owner}/{name}', self._caller))
        except Refused as refused:
            refused.message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise

    def viewer(self):
        return User(login=self._caller['login'], id='U_1', name='')


class Mutation(Root):
    def createPullRequest(self, input):  # noqa: A002
        words = dict(input)
        found = self._state.repository_by_id(int(words.pop('repositoryId').removeprefix('R_')), self._caller)
        words.pop('maintainerCanModify', None)
        words.pop('clientMutationId', None)
        names = {'title': 'title', 'headRefName': 'head', 'baseRefName': 'base', 'body': 'body', 'draft': 'draft'}
        if set(words) - set(names):
            raise Unknown(f'GraphQL: createPullRequest with {sorted(set(words) - set(names))}')
        return CreatePullRequestPayload(PullRequest(found, found.open_pull(**{names[key]: words[key] for key in words})))


def parse(text):
    """The operation of a request: (kind, name, variables, selections, fragments)."""
    try:
        body = json.loads(text)
    except ValueError:
        raise Refused(400, 'Problems parsing JSON') from None
    document = Parser(body.get('query') or '')
    if len(document.operations) != 1:
        raise Unknown(f'GraphQL: {len(document.operations)} operations in a document')
    kind, name, variables, selections = document.operations[0]
    given = body.get('variables') or {}
    values = {}
    for variable, (required, default) in variables.items():
        if required and given.get(variable) is None:
            raise Refused(200, f'Variable ${variable} of type was provided invalid value')
        values[variable] = given[variable] if variable in given else default({}) if default else None
    return kind, name, values, selections, document.fragments


def answer(state, caller, operation):
    """The body that answers an operation; errors are a part of it."""
    kind, _, variables, selections, fragments = operation
    execution = Execution(fragments, variables)
    root = (Mutation if kind == 'mutation' else Query)(state, caller)
    body = {'data': execution.run(root, selections, [])}
    if execution.errors:
        body['errors'] = execution.errors
    return body
