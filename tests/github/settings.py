"""Settings, secrets' names, rules and files, as GitHub's REST API shows them to a person who administers a repository.

The state has them in the members "rules", "secrets" and "organization_secrets" of a repository, and "installations" of its own;
"owner_of" of a token lists the organizations of which its person is an owner.
"""
import base64
import fnmatch

from rest import ROUTES, route
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


@route('GET', r'REPO/environments/[^/]+/secrets/public-key')
def public_key(_, found):
    """A key that nothing is decrypted with: any point of the curve."""
    found.need('environments')
    return {'key_id': 'key', 'key': base64.b64encode(bytes([9]) + bytes(31)).decode()}


ROUTES.insert(0, ROUTES.pop())  # before the documents that a test has written


def written(found, permission, name, change):
    """Change one of the repository's documents."""
    found.need(permission, write=True)
    document = found.data.setdefault('documents', {}).setdefault(name, {})
    change(document)
    return document


@route('PUT', r'REPO/environments/([^/]+)', body={'deployment_branch_policy': dict, 'wait_timer': int, 'reviewers': list})
def set_environment(request, found, name):
    policy = request.body.get('deployment_branch_policy')
    if policy and (set(policy) != {'protected_branches', 'custom_branch_policies'} or len(set(policy.values())) != 2
                   or not all(isinstance(value, bool) for value in policy.values())):
        raise Refused(422, 'Invalid request.\n\nCan\'t have both values of the deployment branch policy the same.')
    written(found, 'environments', f'environments/{name}/deployment-branch-policies',
            lambda one: one.update(total_count=0, branch_policies=[]))
    written(found, 'environments', f'environments/{name}/secrets', lambda one: one.update(total_count=0, secrets=[]))
    return written(found, 'environments', f'environments/{name}', lambda one: one.update(
        name=name, deployment_branch_policy=policy, protection_rules=[{'type': 'branch_policy'}] if policy else []))


@route('POST', r'REPO/environments/([^/]+)/deployment-branch-policies', body={'name': str, 'type': str})
def admit(request, found, name):
    def change(one):
        one['branch_policies'].append({'name': request.required('name')})
        one['total_count'] += 1
    return written(found, 'environments', f'environments/{name}/deployment-branch-policies', change)


@route('PUT', r'REPO/environments/([^/]+)/secrets/([^/]+)', body={'encrypted_value': str, 'key_id': str}, status=201)
def set_secret(request, found, name, secret):
    if request.required('key_id') != 'key' or len(base64.b64decode(request.required('encrypted_value'))) <= 48:
        raise Refused(422, 'Bad request - the secret is not encrypted with the environment\'s key')

    def change(one):
        one['secrets'] = [old for old in one['secrets'] if old['name'] != secret] + [{'name': secret}]
        one['total_count'] = len(one['secrets'])
    written(found, 'environments', f'environments/{name}/secrets', change)
    return {}


@route('PUT', 'REPO/actions/permissions/access', body={'access_level': str}, status=204)
def set_access(request, found):
    written(found, 'actions', 'actions/permissions/access', lambda one: one.update(request.body))
