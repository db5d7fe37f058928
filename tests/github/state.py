"""What the stand-in for GitHub knows, and the rules by which GitHub accepts or refuses a change of it.

The state is one JSON file, which a test may read and edit between requests:

    {"tokens": {"TOKEN": {"login": s, "type": "User" | "Bot",
                          "repositories": {"OWNER/NAME" | "*": {"contents": "read" | "write", ...}}}},
     "rate": {"remaining": n}            requests that are left; absent: no limit
     "broken": [{"match": REGEX of "METHOD PATH", "status": n, "times": n}]   requests that fail on GitHub's side
     "together": [{"match": REGEX of "METHOD PATH", "count": n}]   the first n such requests wait for each other
     "slow": [{"match": REGEX of "METHOD PATH", "until": FILE}]    the first such request is answered when FILE exists
     "teams": {"ORG/TEAM": [login, ...]}, "users": [login, ...]
     "repositories": {"OWNER/NAME": {
        "git": directory of a bare repository, relative to this file
        "parent": "OWNER/NAME"           of a fork
        "first": n                       number of the first pull request
        "pulls": [...], "comments": [...], "labels": [...], "runs": [...]
        "protected": [branch, ...]       branches that accept no push
        "reviewed": [branch, ...]        branches that accept only pull requests that are "approved"
        "checks": {COMMIT: "success" | "pending" | "failure"}   of a commit, as a whole; absent: success
        "unknown": n                     so many times it is not known yet whether a pull request can be merged
        "documents": {"environments/x": {...}}   answers to other requests, by the path after the repository's
     }}}

Pull requests follow Git, as on GitHub: a push moves their head, closes or merges them.  A file "clock" beside the state,
with seconds since 1970, stops the time there.
"""
import json
import os
import re
import subprocess
import time
from pathlib import Path

URL = 'http://github.localhost'
LONGEST_BODY = 65536


class Refused(Exception):
    """A request that GitHub answers with an error.

    status   of REST
    message  of REST's body, and of GraphQL if there are no errors
    errors   objects of a failed validation: {"resource": s, "code": s, "field": s, "message": s}
    """

    def __init__(self, status, message, errors=(), headers=()):
        super().__init__(message)
        self.status, self.message, self.errors, self.headers = status, message, list(errors), list(headers)


class Unknown(Exception):
    """A request that this stand-in does not know.  It makes the test fail, whatever the caller does with the answer."""


def invalid(resource, field=None, code='invalid', message=None):
    error = {'resource': resource, 'code': code}
    if field:
        error['field'] = field
    if message:
        error['message'] = message
    return Refused(422, 'Validation Failed', [error])


def git(directory, *words, check=True, **environment):
    """The output of git in a bare repository; None if it fails and check is false."""
    done = subprocess.run(['git', '-C', directory, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, env={**os.environ, **environment})
    if done.returncode and check:
        raise RuntimeError(f'git {words} in {directory}: {done.stderr}')
    return None if done.returncode else done.stdout.strip()


class State:
    def __init__(self, path):
        self.path = Path(path)
        self.read = self.path.read_text(encoding='utf-8')
        self.all = json.loads(self.read)

    def save(self):
        text = json.dumps(self.all, indent=1) + '\n'
        if text != self.read:
            fresh = self.path.with_suffix('.new')
            fresh.write_text(text, encoding='utf-8')
            fresh.rename(self.path)

    def now(self):
        clock = self.path.with_name('clock')
        seconds = int(clock.read_text()) if clock.exists() else int(time.time())
        return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))

    def caller(self, token):
        """The caller that a token belongs to; None without a token."""
        if not token:
            return None
        if token not in self.all['tokens']:
            raise Refused(401, 'Bad credentials')
        return self.all['tokens'][token]

    def spend(self, call):
        """Count a request against the limits, and fail it if the test has asked for that."""
        for broken in self.all.get('broken', []):
            if broken['times'] > 0 and re.search(broken['match'], call):
                broken['times'] -= 1
                raise Refused(broken['status'], broken.get('message', 'Server Error'), headers=broken.get('headers', {}).items())
        rate = self.all.get('rate')
        if rate:
            if rate['remaining'] == 0:
                raise Refused(403, 'API rate limit exceeded for installation ID 1.',
                              headers=[('X-RateLimit-Remaining', '0'), ('X-RateLimit-Reset', str(int(time.time()) + 3600))])
            rate['remaining'] -= 1

    def repository(self, name, caller, pusher=None):
        """A repository that the caller may see; others do not exist for it.  pusher is the login of a user who has pushed."""
        for known in self.all['repositories']:
            if known.lower() == name.lower():
                found = Repository(self, known, caller)
                if found.may('metadata') or found.may('contents'):
                    found.follow_git(pusher)
                    return found
        raise Refused(404, 'Not Found')

    def repository_by_id(self, number, caller):
        names = list(self.all['repositories'])
        if not 0 < number <= len(names):
            raise Refused(404, 'Not Found')
        return self.repository(names[number - 1], caller)


class Repository:
    def __init__(self, state, name, caller):
        self.state, self.name, self.caller = state, name, caller
        self.data = state.all['repositories'][name]
        self.id = list(state.all['repositories']).index(name) + 1
        self.owner = name.split('/')[0]
        self.git_dir = str(state.path.parent / self.data['git'])
        self.url = f'{URL}/{name}'
        self.permissions = {}
        if caller:
            self.permissions = caller['repositories'].get(name) or caller['repositories'].get('*') or {}
        for kind in ('pulls', 'comments', 'labels', 'runs'):
            self.data.setdefault(kind, [])

    def may(self, what, write=False):
        return self.permissions.get(what) == 'write' or (not write and (self.permissions.get(what) == 'read' or
                                                                        (what == 'metadata' and bool(self.permissions))))

    def need(self, *alternatives, write=False):
        if not any(self.may(what, write) for what in alternatives):
            raise Refused(403, 'Resource not accessible by ' +
                          ('integration' if self.caller['type'] == 'Bot' else 'personal access token'))

    @property
    def default_branch(self):
        return git(self.git_dir, 'symbolic-ref', '--short', 'HEAD')

    def branches(self):
        """The commits of the branches by name.  Each request asks for them, so their files are read, without git."""
        directory, prefix, found = Path(self.git_dir), 'refs/heads/', {}
        for path in (directory / prefix).rglob('*'):
            if path.suffix != '.lock' and path.is_file():
                found[str(path.relative_to(directory / prefix))] = path.read_text().strip()
        packed = directory / 'packed-refs'
        for line in packed.read_text().splitlines() if packed.exists() else []:
            sha, _, name = line.partition(' ')
            if name.startswith(prefix) and len(sha) == 40:
                found.setdefault(name.removeprefix(prefix), sha)
        return dict(sorted(found.items()))

    def contains(self, newer, older):
        return git(self.git_dir, 'merge-base', '--is-ancestor', older, newer, check=False) is not None

    def fork(self, name):
        return Repository(self.state, name, self.caller)

    def follow_git(self, pusher=None):
        """Move, close and merge the open pull requests as the pushes since the last look demand."""
        self.pusher = pusher
        if not any(pull['state'] == 'open' for pull in self.data['pulls']):
            return
        branches = self.branches()
        for pull in self.data['pulls']:
            if pull['state'] == 'open':
                self.follow_pull(pull, branches)

    def follow_pull(self, pull, branches):
        head, base = pull['head'], pull['base']
        theirs = branches if head['repo'] == self.name else self.fork(head['repo']).branches()
        tip, onto = theirs.get(head['ref']), branches.get(base['ref'])
        moved = onto != base['sha']
        base['sha'] = onto
        for sha in filter(None, (tip, head['sha'])):
            if moved and onto and self.has(sha) and self.contains(onto, sha):
                head['sha'] = sha
                self.merged(pull, self.merge_of(sha, onto))
                return
        if not tip or not onto:
            self.close(pull, self.pusher)
        elif tip != head['sha']:
            head['sha'] = tip
            self.keep_head(pull)
            pull['updated_at'] = self.state.now()
            if self.contains(onto, tip):
                self.close(pull, self.pusher)

    def has(self, sha):
        return git(self.git_dir, 'cat-file', '-e', sha + '^{commit}', check=False) is not None

    def commits(self, base, tip):
        """The commits of tip that are not in base, as REST has them, oldest first."""
        found = []
        for sha in git(self.git_dir, 'rev-list', '--reverse', f'{base}..{tip}').splitlines():
            parents, message = git(self.git_dir, 'show', '-s', '--format=%P%n%B', sha).split('\n', 1)
            found.append({'sha': sha, 'commit': {'message': message}, 'parents': [{'sha': one} for one in parents.split()]})
        return found

    def merge_of(self, sha, onto):
        """The commit with which a branch got another one: the oldest one of its own that contains it."""
        between = git(self.git_dir, 'rev-list', '--first-parent', '--ancestry-path', f'{sha}..{onto}').splitlines()
        return between[-1] if between else sha

    def close(self, pull, login=None):
        now = self.state.now()
        pull.update(state='closed', closed_at=now, updated_at=now, closed_by=login)

    def merged(self, pull, commit):
        self.close(pull)
        pull.update(merged_at=pull['closed_at'], merge_commit_sha=commit)

    def keep_head(self, pull):
        ref = f"refs/pull/{pull['number']}/head"
        if pull['head']['repo'] != self.name:
            git(self.git_dir, 'fetch', '-q', self.fork(pull['head']['repo']).git_dir, pull['head']['sha'])
        git(self.git_dir, 'update-ref', ref, pull['head']['sha'])

    def head_of(self, head):
        """The repository and the branch that a new pull request's head names."""
        owner, colon, ref = head.rpartition(':')
        if not colon or owner.lower() == self.owner.lower():
            return self, ref
        for name, data in self.state.all['repositories'].items():
            if name.split('/')[0] == owner and data.get('parent') == self.name:
                return self.fork(name), ref
        raise invalid('PullRequest', 'head')

    def open_pull(self, title, head, base, body=None, draft=False):
        self.need('pull_requests', write=True)
        if not title.strip():
            raise invalid('PullRequest', 'title', 'missing_field')
        if body and len(body) > LONGEST_BODY:
            raise invalid('PullRequest', 'body', 'custom', f'body is too long (maximum is {LONGEST_BODY} characters)')
        whose, ref = self.head_of(head)
        tip, onto = whose.branches().get(ref), self.branches().get(base)
        for side, sha in (('head', tip), ('base', onto)):
            if not sha:
                raise invalid('PullRequest', side)
        if any(p['state'] == 'open' and p['head']['ref'] == ref and p['head']['repo'] == whose.name and p['base']['ref'] == base
               for p in self.data['pulls']):
            raise invalid('PullRequest', None, 'custom', f'A pull request already exists for {whose.owner}:{ref}.')
        now = self.state.now()
        pull = {'number': len(self.data['pulls']) + self.data.get('first', 1), 'state': 'open', 'draft': draft, 'title': title,
                'body': body or None, 'user': self.caller['login'], 'labels': [],
                'head': {'repo': whose.name, 'ref': ref, 'sha': tip}, 'base': {'ref': base, 'sha': onto},
                'created_at': now, 'updated_at': now, 'closed_at': None, 'merged_at': None, 'merge_commit_sha': None}
        self.keep_head(pull)
        if self.contains(onto, tip):
            git(self.git_dir, 'update-ref', '-d', f"refs/pull/{pull['number']}/head")
            raise invalid('PullRequest', None, 'custom', f'No commits between {base} and {ref}')
        self.data['pulls'].append(pull)
        return pull

    def pull(self, number):
        self.need('pull_requests')
        return self.any_pull(number)

    def any_pull(self, number):
        for pull in self.data['pulls']:
            if pull['number'] == number:
                return pull
        raise Refused(404, 'Not Found')

    def edit_pull(self, number, title=None, body=None, state=None, base=None):
        self.need('pull_requests', write=True)
        pull = self.any_pull(number)
        if body and len(body) > LONGEST_BODY:
            raise invalid('PullRequest', 'body', 'custom', f'body is too long (maximum is {LONGEST_BODY} characters)')
        if title is not None and not title.strip():
            raise invalid('PullRequest', 'title', 'missing_field')
        if state not in (None, 'open', 'closed'):
            raise invalid('PullRequest', 'state')
        if base is not None:
            if base not in self.branches():
                raise invalid('PullRequest', 'base')
            pull['base'] = {'ref': base, 'sha': self.branches()[base]}
        if state == 'open' and pull['state'] == 'closed':
            if pull['merged_at']:
                raise invalid('PullRequest', 'state', 'custom', 'state cannot be changed. The pull request has been merged.')
            self.reopen(pull)
        elif state == 'closed' and pull['state'] == 'open':
            self.close(pull, self.caller['login'])
        for key, value in (('title', title), ('body', body)):
            if value is not None:
                pull[key] = value
        pull['updated_at'] = self.state.now()
        return pull

    def reopen(self, pull):
        ref = pull['head']['ref']
        if ref not in self.fork(pull['head']['repo']).branches():
            raise invalid('PullRequest', 'state', 'custom', f'state cannot be changed. The {ref} branch has been deleted.')
        if any(p['state'] == 'open' and p['head'] == pull['head'] and p['base']['ref'] == pull['base']['ref']
               for p in self.data['pulls']):
            raise invalid('PullRequest', 'state', 'custom', 'state cannot be changed. There is already an open pull request '
                          f"from {ref} to {pull['base']['ref']}.")
        pull.update(state='open', closed_at=None, closed_by=None)

    def merge(self, number, method='merge', sha=None):
        self.need('contents', write=True)
        pull = self.any_pull(number)
        head, base = pull['head']['sha'], self.branches().get(pull['base']['ref'])
        if pull['state'] != 'open' or pull['draft']:
            raise Refused(405, 'Pull Request is not mergeable')
        if sha and sha != head:
            raise Refused(409, 'Head branch was modified. Review and try the merge again.')
        tree = git(self.git_dir, 'merge-tree', '--write-tree', base, head, check=False)
        if not tree:
            raise Refused(405, 'Pull Request has merge conflicts')
        if self.mergeable_state(pull) == 'blocked':
            raise Refused(405, 'At least 1 approving review is required by reviewers with write access.')
        title = f"{pull['title']} (#{number})" if method == 'squash' else f"Merge pull request #{number} from {self.owner}/{pull['head']['ref']}"
        parents = ['-p', base] + ([] if method == 'squash' else ['-p', head])
        commit = git(self.git_dir, 'commit-tree', tree, *parents, '-m', title,
                     GIT_AUTHOR_DATE=self.state.now(), GIT_COMMITTER_DATE=self.state.now())
        git(self.git_dir, 'update-ref', f"refs/heads/{pull['base']['ref']}", commit, base)
        self.merged(pull, commit)
        return commit

    def mergeable_state(self, pull):
        """As docs.github.com/graphql/reference/enums#mergestatestatus has it; "unknown" as often as the test has asked for."""
        unknown = self.data.get('unknown', 0)
        if unknown:
            self.data['unknown'] = unknown - 1
            return 'unknown'
        head, base = pull['head']['sha'], self.branches().get(pull['base']['ref'])
        if pull['draft'] or not git(self.git_dir, 'merge-tree', '--write-tree', base, head, check=False):
            return 'draft' if pull['draft'] else 'dirty'
        if pull['base']['ref'] in self.data.get('reviewed', []) and not pull.get('approved'):
            return 'blocked'
        return 'clean' if self.data.get('checks', {}).get(head, 'success') == 'success' else 'unstable'

    def comments(self, number):
        self.need('issues', 'pull_requests')
        self.any_pull(number)
        return [one for one in self.data['comments'] if one['number'] == number]

    def comment(self, number, body):
        self.need('issues', 'pull_requests', write=True)
        self.any_pull(number)
        self.check_comment(body)
        last = max((one['id'] for repository in self.state.all['repositories'].values()
                    for one in repository.get('comments', [])), default=1000)
        now = self.state.now()
        made = {'id': last + 1, 'number': number, 'user': self.caller['login'], 'body': body, 'created_at': now, 'updated_at': now}
        self.data['comments'].append(made)
        return made

    @staticmethod
    def check_comment(body):
        if not body.strip():
            raise invalid('IssueComment', 'body', 'missing_field')
        if len(body) > LONGEST_BODY:
            raise invalid('IssueComment', 'data', 'unprocessable', f'Body is too long (maximum is {LONGEST_BODY} characters)')

    def find_comment(self, number, write=False):
        self.need('issues', 'pull_requests', write=write)
        for one in self.data['comments']:
            if one['id'] == number:
                return one
        raise Refused(404, 'Not Found')

    def label(self, name):
        self.need('issues', 'pull_requests')
        for one in self.data['labels']:
            if one['name'].lower() == name.lower():
                return one
        raise Refused(404, 'Not Found')

    def set_label(self, name, color=None, description=None, old=None):
        """Create a label, or change the old one."""
        self.need('issues', 'pull_requests', write=True)
        if not name:
            raise invalid('Label', 'name', 'missing_field')
        if len(name) > 50:
            raise invalid('Label', 'name', 'invalid', 'name is too long (maximum is 50 characters)')
        if description and len(description) > 100:
            raise invalid('Label', 'description', 'invalid', 'description is too long (maximum is 100 characters)')
        if color is not None and (len(color) != 6 or set(color.lower()) - set('0123456789abcdef')):
            raise invalid('Label', 'color')
        if any(one is not old and one['name'].lower() == name.lower() for one in self.data['labels']):
            raise invalid('Label', 'name', 'already_exists')
        if old is None:
            old = {'name': name, 'color': 'ededed', 'description': None}
            self.data['labels'].append(old)
        for pull in self.data['pulls']:
            pull['labels'] = [name if one == old['name'] else one for one in pull['labels']]
        old['name'] = name
        old.update({key: value for key, value in (('color', color), ('description', description)) if value is not None})
        return old

    def label_pull(self, number, add=(), remove=None):
        self.need('issues', 'pull_requests', write=True)
        pull = self.any_pull(number)
        for name in add:
            if not any(one['name'].lower() == name.lower() for one in self.data['labels']):
                self.set_label(name)
            if name not in pull['labels']:
                pull['labels'].append(name)
                self.note_label(pull, 'labeled', name)
        if remove is not None:
            if remove not in pull['labels']:
                raise Refused(404, 'Label does not exist')
            pull['labels'].remove(remove)
            self.note_label(pull, 'unlabeled', remove)
        pull['updated_at'] = self.state.now()
        return [self.label(name) for name in pull['labels']]

    def note_label(self, pull, event, name):
        """Add an event to the timeline, which keeps the label's name when the label is renamed."""
        number = self.state.all['events'] = self.state.all.get('events', 6430295000) + 1
        pull.setdefault('events', []).append({'id': number, 'event': event, 'actor': self.caller['login'], 'label': name,
                                              'created_at': self.state.now()})
