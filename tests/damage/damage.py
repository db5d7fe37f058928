"""Run commands on repositories in which one file is missing or damaged, each in its turn, and judge what they do.

usage: damage.py [--least N] [--turns] SCENARIO ...

The scenarios are those of tests/memory/scenarios.py.  For each loose object, ref, index and configuration of the repositories
that a command names, it runs once with other bytes in the file, and once without the file, unless that is a ref, which may be
missing.  With --turns, every other file has other bytes, and the rest are missing.  An outcome is one of these; all else is wrong:

  same      status, output and refs are those of the undamaged run: the file was not needed
  held      only decisions of ringgate(1) differ: something is now held, and nothing is cleared
  STATUS    a status that the manual pages give, of a failure with a message, or 1 with a record that refuses something; each
            ref is old or, if its new commit is reported, new
"""
import argparse, collections, concurrent.futures, glob, json, os, re, shlex, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, 'tests/memory'))
import scenarios

LIMIT = 60
NEEDED = re.compile(r'/objects/[0-9a-f]{2}/|/refs/|/(HEAD|config|packed-refs|index)$')

Result = collections.namedtuple('Result', 'status out err')


class Wrong(Exception):
    """Something does not hold."""


class Scenario:
    # a refusal, bad data, no input, no remote, a failed read, a race, no permission, bad configuration
    statuses = {1, 65, 66, 69, 74, 75, 77, 78}

    def __init__(self, described, base, turns):
        self.__dict__.update(described._asdict())
        self.turns = turns
        self.base = os.path.join(base, self.name)
        self.world = os.path.join(base, 'world')
        self.env = dict(scenarios.environment(base), TMPDIR=os.path.join(self.base, 'tmp'))
        self.argv = shlex.split(self.command.replace('$world', self.world))
        self.owned = self.writes.split()
        self.pristine, self.slot = os.path.join(self.base, 'pristine'), os.path.join(self.base, 'slot')
        os.makedirs(self.env['TMPDIR'])
        os.mkdir(self.pristine)
        words = {word.split('/')[0] for word in self.argv + self.owned}
        self.named = [name for name in os.listdir(self.world) if name in words]
        for name in self.named:
            if os.path.isdir(os.path.join(self.world, name)):
                shutil.copytree(os.path.join(self.world, name), os.path.join(self.pristine, name), symlinks=True)
        self.fresh()
        self.expected = self.run()
        self.new = self.refs()
        if self.expected.status != self.status:
            raise SystemExit(f'{self.name}: undamaged, it ends with {self.expected}')

    def fresh(self):
        """A copy of what the command names, and links to all else."""
        shutil.rmtree(self.slot, ignore_errors=True)
        shutil.copytree(self.pristine, self.slot, symlinks=True)
        for name in os.listdir(self.world):
            if not os.path.lexists(os.path.join(self.slot, name)):
                os.symlink(os.path.join(self.world, name), os.path.join(self.slot, name))

    def refs(self):
        """The refs of what it may write, read without Git."""
        found = {}
        for name in self.owned:
            git = os.path.join(self.slot, name)
            git = os.path.join(git, '.git') if os.path.isdir(os.path.join(git, '.git')) else git
            if os.path.exists(os.path.join(git, 'packed-refs')):
                with open(os.path.join(git, 'packed-refs')) as f:
                    found.update({(name, ref): tip for tip, ref in re.findall(r'^([0-9a-f]{40}) (refs/heads/\S+)$', f.read(), re.M)})
            for path in glob.glob(git + '/refs/heads/**', recursive=True):
                if os.path.isfile(path):
                    with open(path) as f:
                        found[name, os.path.relpath(path, git)] = f.read().strip()
        return found

    def run(self):
        given = os.path.join(self.world, self.given) if self.given else os.devnull
        with open(given, 'rb') as f:
            done = subprocess.run(self.argv, cwd=self.slot, env=self.env, stdin=f, capture_output=True, timeout=LIMIT)
        return Result(done.returncode, done.stdout.decode(errors='replace'), done.stderr.decode(errors='replace'))

    def files(self):
        found = [os.path.relpath(os.path.join(directory, name), self.pristine)
                 for directory, _, names in os.walk(self.pristine) for name in names]
        return sorted(path for path in found if NEEDED.search(path))

    def outcome(self, result, old, refs, path):
        as_new = all(refs.get(ref) == self.new.get(ref) for ref in set(refs) | set(self.new) if not path.endswith('/' + ref[1]))
        if result.status == self.expected.status and result.out == self.expected.out and as_new:
            return 'same'
        known = self.expected.out.splitlines()
        records = [json.loads(line) for line in result.out.splitlines() if line not in known]
        if result.status == 0 and records and all(r['type'] == 'end' or r.get('gate') == 'held' for r in records):
            return 'held'
        if result.status not in self.statuses:
            raise Wrong('not a status for this')
        if result.status == 1 and not any('code' in r for r in records):
            raise Wrong('nothing says what was refused')
        if result.status > 1 and not result.err:
            raise Wrong('no message')
        for ref in set(old) | set(refs):
            if refs.get(ref) != old.get(ref) and (refs.get(ref) != self.new.get(ref) or
                                                       (refs.get(ref) or 'deleted') not in result.out + result.err):
                raise Wrong(f'{ref} has moved')
        if os.listdir(self.env['TMPDIR']):
            raise Wrong(f'left in TMPDIR: {os.listdir(self.env["TMPDIR"])}')
        return str(result.status)

    def all(self):
        counts, wrong, turn = collections.Counter(), [], True
        for path in self.files():
            kinds = ['damaged'] if '/refs/' in path else ['missing', 'damaged']
            if self.turns and len(kinds) > 1:
                turn = not turn
                kinds = kinds[turn:turn + 1]
            for damage in kinds:
                if self.owned:
                    self.fresh()
                there, away = os.path.join(self.slot, path), os.path.join(self.base, 'away')
                os.rename(there, away)
                if damage == 'damaged':
                    with open(there, 'wb') as f:
                        f.write(b'neither\n')
                result, old = None, self.refs()
                try:
                    result = self.run()
                    counts[self.outcome(result, old, self.refs(), path)] += 1
                except (Wrong, subprocess.TimeoutExpired) as e:
                    wrong.append(f'{self.name}: {damage}: {path}: {e}: {result}')
                if os.path.exists(there):
                    os.unlink(there)
                os.makedirs(os.path.dirname(there), exist_ok=True)
                os.rename(away, there)
        shutil.rmtree(self.base)
        return self.name, counts, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--least', type=int, default=1, help='runs that an object must have mattered to')
    parser.add_argument('--turns', action='store_true')
    parser.add_argument('scenario', nargs='+')
    given = parser.parse_args()
    total, wrong = 0, []
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix='ringkit-damage.', dir=memory) as base:
        scenarios.make_world(base)
        chosen = {s.name: s for s in scenarios.ALL if s.name in given.scenario}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, counts, bad in pool.map(lambda name: Scenario(chosen[name], base, given.turns).all(), given.scenario):
                print(f'{name}: ' + ', '.join(f'{n} {word}' for word, n in sorted(counts.items())), flush=True)
                total += sum(n for word, n in counts.items() if word != 'same')
                wrong += bad
    for line in wrong:
        print('WRONG', line[:1200])
    print(f'{total} runs with a damaged repository that mattered, {len(wrong)} wrong')
    return 1 if wrong or total < given.least else 0


if __name__ == '__main__':
    sys.exit(main())
