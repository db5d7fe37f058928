"""Settings, secrets' names, rules and files, as GitHub's REST API shows them to a person who administers a repository.

The state has them in the members "rules", "secrets" and "organization_secrets" of a repository, and "installations" of its own;
"owner_of" of a token lists the organizations of which its person is an owner.
"""
import base64
import fnmatch

from rest import route
from state import Refused, git


@route('GET', r'orgs/([^/]+)/installations')
def installations(request, owner):
    if owner not in request.caller.get('owner_of', []):
        raise Refused(403, 'Must have admin rights to Organization.')
    known = request.state.all.get('installations', [])
    return {'total_count': len(known), 'installations': request.page(known, lambda one: one)}


@route('GET', 'REPO/actions/(secrets|organization-secrets)')
def secrets(request, found, kind):
    found.need('secrets')
    names = found.data.get(kind.replace('-', '_'), [])
    return {'total_count': len(names), 'secrets': request.page(names, lambda name: {'name': name})}


@route('GET', r'REPO/rules/branches/(.+)')
def rules(request, found, branch):
    """The rules that a branch has, or would have, whether it exists or not."""
    return request.page([one for one in found.data.get('rules', []) if fnmatch.fnmatchcase(branch, one['branches'])],
                        lambda one: {'type': one['type'], 'ruleset_id': one.get('ruleset_id', 1),
                                     'ruleset_source_type': 'Repository', 'ruleset_source': found.name})


@route('GET', 'REPO/contents/(.+)', query=['ref'])
def contents(request, found, path):
    """A file with its content, or the names in a directory."""
    found.need('contents')
    revision = request.query.get('ref', found.default_branch)
    listed = git(found.git_dir, 'ls-tree', revision, path, check=False)
    if not listed:
        raise Refused(404, 'Not Found')
    kind = listed.split()[1]
    if kind == 'blob':
        text = git(found.git_dir, 'cat-file', 'blob', f'{revision}:{path}') + '\n'
        return {'type': 'file', 'name': path.rpartition('/')[2], 'path': path, 'encoding': 'base64',
                'content': base64.encodebytes(text.encode()).decode()}
    names = git(found.git_dir, 'ls-tree', '--name-only', revision, f'{path}/').splitlines()
    return [{'type': 'file', 'name': name.rpartition('/')[2], 'path': name} for name in names]
