"""The scenarios of faults.py: a small directory, a command in it, and the refs that it moves."""
import typing


class Scenario(typing.NamedTuple):
    name: str
    about: str
    setup: str      # bash, run in an empty directory
    given: str      # the file there that is its standard input
    command: list   # run in it
    status: int     # of the command, undisturbed
    refs: list      # (repository, ref): what it moves
    again: str      # bash: the next run, by a person or a schedule
    child: str      # '': faults in the command itself; 'NAME N': in the Nth git NAME that it starts
    least: int      # the number of points that must be hit at least
    turns: bool = False     # at each point a kill and one of the errors, in turn, and not every error


CATALOG = 'export RING_CATALOG=$top/examples/releases/ring.yaml\n'
TENANTS = '''printf '{"type":"tenant","tenant":"%s"}\\n' acme delta'''
RELEASE = f'''{TENANTS} | mkpatch -q --unframed -C r -r main --service atlas --ring ring-leangraph \\
    --tag 5e0c1f7a93b24d6810f2a7c9e4b3d5061728394a'''
MANIFESTS = '''
mkdir r && cd r && git init -q -b main
for tenant in acme delta ember; do
	mkdir -p tenants/$tenant && cp "$top/examples/gitops/tenants/$tenant/application.yaml" tenants/$tenant
done
git add . && git commit -qm 'As it was'
'''
LARGE = '''
/usr/bin/python3 - tenants/*/application.yaml <<'END'
import base64, random, sys
for name in sys.argv[1:]:
    with open(name, 'ab') as file:
        file.write(b'# ' + base64.encodebytes(random.Random(name).randbytes(600000)).strip().replace(b'\\n', b'\\n# ') + b'\\n')
END
git commit -qam Large
'''
BARE = '''
cd .. && mv r work && git clone -q --bare work r && rm -rf work r/hooks
'''

COMMIT = ['applypatch', '-C', 'r', '--branch', 'main']
PROPOSE = ['applypatch', '-C', 'r', '--branch', 'p', '--onto', 'main']
SYNC = ['ringsync', '-C', 'r', '--from', 'main']
PUSH = COMMIT + ['--push', 'origin', '--timeout', '20']  # for children that wait for ever after an error
NO_TENANT = """printf '{"type":"end","by":"mkpatch","records":0,"refused":0}\\n'"""
REMOTE = BARE + 'git clone -q --bare r t.git && rm -rf t.git/hooks && git -C r remote set-url origin ../t.git\n'
SYNC_PUSH = SYNC + ['--remote', 'origin', '--push']
RINGS = '''
git init -q -b main r && cd r
printf '%s\\n' one two three >a && cp a b && git add . && git commit -qm base
git switch -qc ring-a && echo ring >a && git commit -qam a
git switch -qc ring-b main && echo ring >b && git commit -qam b
git switch -q main && echo main >a && git commit -qam main
git switch -q --detach && rm -r .git/hooks && cd ..
printf 'ring-a\\nring-b\\n' >names
'''


def on_rings(repository):
    return [(repository, 'refs/heads/ring-a'), (repository, 'refs/heads/ring-b')]


def again(command, records=RELEASE):
    return f'{CATALOG}{records} | {" ".join(command)}'


def pushed(name, about, child, least, turns=False, setting=''):
    fetched = 'git -C r fetch -q origin +main:main && '
    return Scenario(name, about, CATALOG + MANIFESTS + REMOTE + setting + RELEASE + ' >patches', 'patches', PUSH, 0,
                    [('t.git', 'refs/heads/main')], CATALOG + fetched + RELEASE + ' | ' + ' '.join(PUSH), child, least, turns)


ALL = [
    Scenario('commit', 'applypatch, a loose branch with its reflog',
             CATALOG + MANIFESTS + 'git switch -q --detach && rm -r .git/hooks && cd ..\n' + RELEASE + ' >patches',
             'patches', COMMIT, 0, [('r', 'refs/heads/main')],
             CATALOG + RELEASE + ' | applypatch -C r --branch main', '', 250),
    Scenario('bare', 'applypatch, a packed branch in a bare repository',
             CATALOG + MANIFESTS + BARE + RELEASE + ' >patches',
             'patches', COMMIT, 0, [('r', 'refs/heads/main')],
             CATALOG + RELEASE + ' | applypatch -C r --branch main', '', 250),
    Scenario('large', 'applypatch, manifests that are put aside before the end of the stream',
             CATALOG + MANIFESTS + LARGE + BARE + RELEASE + ' >patches',
             'patches', COMMIT, 0, [('r', 'refs/heads/main')], again(COMMIT), '', 600, True),
    Scenario('in-use', 'applypatch, a branch that is checked out: always refused',
             CATALOG + MANIFESTS + 'rm -r .git/hooks && cd ..\n' + RELEASE + ' >patches',
             'patches', COMMIT, 77, [('r', 'refs/heads/main')],
             CATALOG + RELEASE + ' | applypatch -C r --branch main', '', 60),
    Scenario('proposal', 'applypatch --onto, a proposal is made',
             CATALOG + MANIFESTS + BARE + RELEASE + ' >patches',
             'patches', PROPOSE, 0, [('r', 'refs/heads/p')], again(PROPOSE), '', 250),
    Scenario('withdrawn', 'applypatch --onto, a packed proposal is deleted',
             CATALOG + MANIFESTS + BARE + RELEASE + ' | ' + ' '.join(PROPOSE)
             + f' >/dev/null && git -C r pack-refs --all && {NO_TENANT} >patches',
             'patches', PROPOSE, 0, [('r', 'refs/heads/p')], again(PROPOSE, NO_TENANT), '', 100),
    pushed('push', 'applypatch --push', '', 250),
    pushed('push-fetch', 'applypatch --push, in its git fetch', 'fetch 1', 200),
    pushed('push-push', 'applypatch --push, in its git push', 'push 1', 200),
    pushed('push-receive', 'applypatch --push, in git receive-pack on the other side', 'receive-pack 1', 300),
    pushed('push-list', 'applypatch --push, in its git ls-remote', 'ls-remote 1', 100, True),
    pushed('push-listed', 'applypatch --push, in git upload-pack on the other side, during the listing', 'upload-pack 1', 80, True),
    pushed('push-fetched', 'applypatch --push, in git upload-pack on the other side, during the fetch', 'upload-pack 2', 80, True),
    pushed('push-connected', "applypatch --push, in git fetch's git rev-list", 'rev-list 1', 100, True),
    pushed('push-pack', "applypatch --push, in git push's git pack-objects", 'pack-objects 1', 100, True),
    pushed('push-unpack', "applypatch --push, in git receive-pack's git unpack-objects", 'unpack-objects 1', 200, True),
    pushed('push-index', "applypatch --push, in git receive-pack's git index-pack", 'index-pack 1', 100, True,
           'git -C t.git config receive.unpackLimit 1\n'),
    pushed('push-received', "applypatch --push, in git receive-pack's git rev-list", 'rev-list 2', 100, True),
    pushed('push-gc', "applypatch --push, in git receive-pack's git gc --auto", 'gc 1', 50, True),
    Scenario('sync', 'ringsync, two rings, of which one discards something', RINGS, 'names', SYNC, 0, on_rings('r'),
             ' '.join(SYNC) + ' <names', '', 200),
    Scenario('sync-push', 'ringsync --push, two rings in one push', RINGS
             + 'git clone -q --bare r t.git && rm -rf t.git/hooks && git -C r remote add origin ../t.git\n', 'names', SYNC_PUSH, 0,
             on_rings('t.git'), ' '.join(SYNC_PUSH) + ' <names', '', 200),
]
