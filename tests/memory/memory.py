"""Let each allocation of a command fail, and judge what it has done.

usage: memory.py [--every N] [--once N] [--jobs N] [--least N] [--rest] [--first N] [--last N] [SCENARIO ...]

A scenario (scenarios.py) is a command in a small world of repositories.  It runs once undisturbed; then for each allocation
that it makes, the points, with that allocation failing (with --rest: and all later ones).  fail.c does that.  Up to the first
call that could change a file, the points of a command are tried in processes forked from one run; later ones each in a run of
their own, in a fresh copy.  Of the points in the start of libgit2's libraries, which are the same in all scenarios, a full run
tries all in one scenario, and every Nth (--once) in the others.

An outcome is one of these; everything else is wrong:

  same    the output, messages, status and refs are those of the undisturbed run: the allocation was not needed
  71      the status is 71, and the message one line that says so; output is whole records or lines of the undisturbed
          run's, without the end record; one that was begun is marked as failed.  No ref has changed
  moved   the same, but refs have changed as in the undisturbed run: records name no change that did not happen
  LIBRARY the named library has crashed; no ref has changed, or as in the undisturbed run

After all of them no process, temporary directory or lock is left, git fsck --strict finds nothing, and the command, run again,
succeeds.  A directory in a state that was judged is not judged again.  What is left for a reason is counted: objects that
no ref needs.
"""
import argparse, collections, hashlib, multiprocessing, os, re, select, shlex, shutil, subprocess, sys, tempfile, time

import scenarios

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FULL = 'cohort-rev'  # the scenario that tries all points in the start of libgit2's libraries
SCENARIOS = 50  # at least
LIMIT = 60      # seconds that a run may take
NO_MEMORY = re.compile(r'[^\n]*out of memory\n\Z')
BEGUN = re.compile(r'\{"type":"failed","by":"[a-z0-9-]+"\}\n\Z')
# functions of libc that cannot report that they have run out of memory
LIBC = {'regcomp', 'regexec'}
RANDOM = re.compile(r'(?<=refs/ringkit/)[-0-9a-f]+|(?<=ringkit_)\w+|(?<=pack_git2_)\w+|(?<=tmp_obj_)\w+|(?<=tmp_pack_)\w+|(?<=incoming-)\w+')
NEEDLESS = re.compile(r'/objects/(pack(/pack-[0-9a-f]{40}\.(pack|idx|rev|keep))?|[0-9a-f]{2}(/[0-9a-f]{38})?)\Z')
QUIET = re.compile(r'/(FETCH_HEAD|ORIG_HEAD|logs(/.*)?|refs/.*|packed-refs|index)\Z')

Result = collections.namedtuple('Result', 'status out err crash')


class Wrong(Exception):
    """Something does not hold."""


def refs_of(directory):
    """The refs of a repository, read without Git."""
    git = os.path.join(directory, '.git') if os.path.isdir(os.path.join(directory, '.git')) else directory
    found = {}
    if os.path.exists(os.path.join(git, 'packed-refs')):
        with open(os.path.join(git, 'packed-refs')) as f:
            found = {name: tip for tip, name in re.findall(r'^([0-9a-f]{40}) (\S+)$', f.read(), re.M)}
    for where, _, files in os.walk(os.path.join(git, 'refs')):
        for name in files:
            with open(os.path.join(where, name)) as f:
                found[os.path.relpath(os.path.join(where, name), git)] = f.read().strip()
    return found


def blame(crash, program):
    """The library that crashed, from the names of the stack."""
    last = ''
    for frame in crash.split()[1:]:
        thing, _, symbol = frame.partition(':')
        if thing.startswith(('libc.so', 'ld-linux', 'fail.so', 'linux-vdso')):
            last = symbol
        elif thing == program:
            if last in LIBC:
                return 'libc ' + last
            raise Wrong(f'it crashed in our code: {crash}')
        else:
            return re.sub(r'\.so.*', '', thing)
    raise Wrong(f'it crashed: {crash}')


class Scenario:
    def __init__(self, described, base, options):
        self.__dict__.update(described._asdict())
        self.options = options
        self.base = os.path.join(base, 'run', self.name)
        self.world = os.path.join(base, 'world')
        self.env = scenarios.environment(base)
        self.tmp = os.path.join(self.base, 'tmp')
        self.env['TMPDIR'] = self.tmp
        self.owned = self.writes.split()
        self.argv = shlex.split(self.command.replace('$world', self.world))
        self.program = self.argv[0]
        self.log = os.path.join(self.base, 'log')
        self.judged = {}
        self.counts = collections.Counter()
        self.wrong = []
        self.left = collections.Counter()
        os.makedirs(self.tmp)
        self.slot = self.before = None
        self.fresh()
        self.old = self.refs()
        self.given_path = os.path.join(self.world, self.given) if self.given else os.devnull
        self.expected = self.run({})
        if self.expected.status != self.status:
            raise SystemExit(f'{self.name}: status {self.expected.status}, not {self.status}: {self.expected}')
        self.new, self.new_paths = self.refs(), set(self.paths())
        self.fresh()
        self.old_paths = set(self.paths())

    # Directories

    def fresh(self):
        """Be in the world, or in an unchanged copy of what the command writes to, with links to all else."""
        if not self.owned:
            self.slot = self.world
            return
        if self.slot:
            if self.signature() == self.before:
                return
            shutil.rmtree(self.slot)
        self.slot = os.path.join(self.base, 'slot')
        os.mkdir(self.slot)
        for name in os.listdir(self.world):
            if name in self.owned:
                shutil.copytree(os.path.join(self.world, name), os.path.join(self.slot, name), symlinks=True)
            else:
                os.symlink(os.path.join(self.world, name), os.path.join(self.slot, name))
        self.before = self.signature()

    def entries(self):
        stack = [os.path.join(self.slot, name) for name in self.owned]
        while stack:
            with os.scandir(stack.pop()) as found:
                for entry in found:
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)

    def signature(self):
        return {entry.path: (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                for entry in self.entries() for stat in [entry.stat(follow_symlinks=False)]}

    def paths(self):
        return [RANDOM.sub('X', os.path.relpath(entry.path, self.slot)) for entry in self.entries()]

    def refs(self):
        return {name: refs_of(os.path.join(self.slot, name)) for name in self.owned}

    # Runs

    def run(self, how, again=False):
        """Run the command; how: what fail.c shall do."""
        env = dict(self.env, **how)
        if how:
            env.update(LD_PRELOAD=self.options.library, MEMORY_LOG=self.log)
        if os.path.exists(self.log):
            os.unlink(self.log)
        with open(self.given_path, 'rb') as given, open(os.path.join(self.base, 'out'), 'w+b') as out, \
                open(os.path.join(self.base, 'err'), 'w+b') as err:
            alive, held = os.pipe()     # closes when all that the command has started have ended
            os.set_inheritable(held, True)
            try:
                child = subprocess.Popen(self.argv, cwd=self.slot, env=env, stdin=given, stdout=out, stderr=err, pass_fds=[held])
                os.close(held)
                ended = os.pidfd_open(child.pid)    # Popen.wait() with a time limit sleeps up to 50 ms too long
                in_time = select.select([ended], [], [], LIMIT if 'MEMORY_SWEEP' not in how else 3600)[0]
                os.close(ended)
                if not in_time:
                    child.kill()
                status = child.wait()
                if not in_time:
                    raise Wrong('it does not end')
                if not select.select([alive], [], [], 5)[0]:
                    raise Wrong('a process that it started does not end')
            finally:
                os.close(alive)
            texts = [f.seek(0) or f.read().decode(errors='replace') for f in (out, err)]
        return Result(status, *texts, '')

    def read_log(self):
        with open(self.log, 'rb') as f:
            return f.read()

    def sweep(self, first, step, last):
        """Yield (point, Result or None if it is to be tried by itself); return after the last."""
        # fail.c forks, which a confined filter could not
        how = {'MEMORY_SWEEP': f'{first}:{step}:{last}', 'RINGKIT_SANDBOX': 'off'}
        if self.options.rest:
            how['MEMORY_REST'] = '1'
        self.run(how)
        log, at, crash = self.read_log(), 0, ''
        while at < len(log):
            end = log.index(b'\n', at)
            word, *values = log[at:end].decode().split(' ')
            at = end + 1
            if word == 'crash':
                crash = ' '.join(values)
            elif word == 'point':
                point, how, out, err = map(int, values)
                texts = [log[at:at + out].decode(errors='replace'), log[at + out:at + out + err].decode(errors='replace')]
                at += out + err
                status = None if how == -1 else os.waitstatus_to_exitcode(how)
                yield point, None if status is None else Result(status, *texts, crash)
                crash = ''
            elif word in ('skip', 'swept', 'count'):
                yield word, int(values[0])

    def total(self):
        self.run({'MEMORY_AT': '0'})
        return int(re.search(rb'^count (\d+)$', self.read_log(), re.M)[1])

    # Judging

    def outcome(self, result, refs):
        expected = self.expected
        if (result.status, result.out, result.err) == (expected.status, expected.out, expected.err):
            if refs != self.new:
                raise Wrong('it claims what has not happened')
            return 'same'
        for name in self.owned:
            for ref in set(self.old[name]) | set(self.new[name]) | set(refs[name]):
                if refs[name].get(ref) not in (self.old[name].get(ref), self.new[name].get(ref)):
                    raise Wrong(f'{name}: {ref} is neither old nor new')
        if result.status < 0:
            if result.status == -14 or not result.crash:
                raise Wrong('it does not end' if result.status == -14 else 'it was killed')
            word = blame(result.crash, self.program)
        elif result.status == 71:
            word = '71' if refs == self.old else 'moved'
            told = NO_MEMORY.search(result.err)
            if not told or not expected.err.startswith(result.err[:told.start()]):
                raise Wrong('not one line that says why')
        else:
            raise Wrong('not a status for this')
        self.check_output(result, refs)
        return word

    def check_output(self, result, refs):
        out = BEGUN.sub('', result.out)
        if self.form == 'whole' and out not in ('', self.expected.out):
            raise Wrong('a part of the output')
        if not self.expected.out.startswith(out) or (out and not out.endswith('\n') and out != self.expected.out):
            raise Wrong('not whole lines of the output')
        if self.form == 'records' and '"type":"end"' in out:
            raise Wrong('an end record')
        tips = {tip for found in refs.values() for tip in found.values()}
        for commit in re.findall(r'"(?:commit|new)":"([0-9a-f]{40})"[^\n]*\n', out) if self.owned else []:
            if commit not in tips and '"dry_run"' not in out:
                raise Wrong(f'{commit} is not there')

    def check_state(self, refs):
        """No temporary directory; of the repositories: whole, and fit for the next run."""
        if os.listdir(self.tmp):
            found = os.listdir(self.tmp)
            shutil.rmtree(self.tmp)
            os.mkdir(self.tmp)
            raise Wrong(f'left in TMPDIR: {found}')
        if not self.owned or self.signature() == self.before:
            return
        paths = sorted(self.paths())
        for path in set(paths) - self.old_paths - self.new_paths:
            if NEEDLESS.search(path):
                self.left['objects'] += bool(re.search(r'\.pack$|/[0-9a-f]{38}$', path))
            elif not QUIET.search(path) or path.endswith('.lock') or '/refs/ringkit/' in path:
                raise Wrong(f'left: {path}')
        key = hashlib.sha256(repr((paths, refs)).encode()).digest()
        if key not in self.judged:
            self.judged[key] = None
            self.judge()

    def judge(self):
        for name in self.owned:
            run = subprocess.run(['git', '-C', name, 'fsck', '--strict', '--no-dangling', '--no-progress'], cwd=self.slot,
                                 env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if run.returncode or run.stdout:
                raise Wrong(f'git fsck in {name}: {run.stdout}')
        moved = self.refs() != self.old
        again = self.run({})
        # after the move, the patches are stale: 75; or a work tree was to follow the branch, and has yet to: 77
        later = self.name == 'apply-worktree' and 'has uncommitted changes' in again.err
        if again.status not in ((self.status, 75, 1, 77 if later else 75) if moved else (self.status,)):
            raise Wrong(f'run again, it ends with {again.status}: {again.err}')
        if self.refs() != self.new and not moved:
            raise Wrong('run again, it gives other refs')

    def note(self, point, result, refs):
        self.counts['points'] += 1
        try:
            word = self.outcome(result, refs)
            if not self.owned or refs is not self.old:
                self.check_state(refs)
            self.counts[word] += 1
        except Wrong as wrong:
            self.blame(point, wrong, result)

    def blame(self, point, wrong, result=None):
        self.counts['wrong'] += 1
        self.wrong.append(f'{self.name}: allocation {point}: {wrong}' + (f': {result}' if result else ''))

    def alone(self, point):
        """A run of its own."""
        self.fresh()
        try:
            result = self.run(dict({'MEMORY_AT': str(point)}, **({'MEMORY_REST': '1'} if self.options.rest else {})))
        except Wrong as wrong:
            self.counts['points'] += 1
            self.blame(point, wrong)
            return
        log = self.read_log()
        if b'hit ' not in log:
            self.counts['missed'] += 1
            return
        crash = re.search(rb'^crash (.*)$', log, re.M)
        self.note(point, result._replace(crash=crash[1].decode() if crash else ''), self.refs())

    def all(self, every, once):
        began = time.time()
        self.points = self.total()
        self.fresh()
        alone, skipped, swept = [], [], None
        first, last = self.options.first or every, self.options.last or self.points
        for point, result in self.sweep(first, every, last):
            if point == 'skip':
                skipped.append(result)
            elif point in ('swept', 'count'):
                swept = result
            elif result is None:
                alone.append(point)
            else:
                self.note(point, result, self.old)
        if swept is None:
            self.blame(0, Wrong('the sweep was cut short'))
            swept = self.points
        if self.owned and self.signature() != self.before:
            self.blame(0, Wrong('the sweep has changed a file'))
        if os.listdir(self.tmp):
            self.blame(0, Wrong('the sweep has left a temporary file'))
        # a sweep is not confined: where it came to the end, what is left are as many points as confining takes
        alone += [point for point in range(first, last + 1, every) if point > swept]
        self.counts['start'] = len(skipped)
        for point in sorted(alone + skipped[::once]):
            self.alone(point)
        self.seconds = time.time() - began
        shutil.rmtree(self.base)
        return self


def one(task):
    described, base, options, once = task
    os.makedirs(os.path.join(base, 'run'), exist_ok=True)
    try:
        return Scenario(described, base, options).all(options.every, once)
    except SystemExit as e:
        return str(e)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--once', type=int, default=40)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--least', type=int, default=0, help='points that must be tried in all')
    parser.add_argument('--rest', action='store_true')
    parser.add_argument('--first', type=int, help='the first allocation that fails (default: N of --every)')
    parser.add_argument('--last', type=int)
    parser.add_argument('scenario', nargs='*')
    options = parser.parse_args()
    program = shutil.which('labels2json')
    options.library = program and os.path.realpath(os.path.join(os.path.dirname(program), '../memory/fail.so'))
    if not program or not os.path.exists(options.library):
        raise SystemExit('expected the programs in PATH, and memory/fail.so beside their directory')
    began = time.time()
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    base = tempfile.mkdtemp(prefix='ringkit-memory.', dir=memory)
    try:
        scenarios.make_world(base)
        chosen = [s for s in scenarios.ALL if not options.scenario or s.name in options.scenario]
        full = next((s.name for s in chosen if s.name == FULL and options.every == 1), '')
        tasks = [(s, base, options, 1 if s.name == full else options.once) for s in chosen]
        total, wrong, left = collections.Counter(), [], collections.Counter()
        with multiprocessing.Pool(options.jobs) as pool:
            for done in pool.imap_unordered(one, tasks):
                if isinstance(done, str):
                    wrong.append(done)
                    print('WRONG', done[:900], flush=True)
                    continue
                total += done.counts
                left += done.left
                wrong += done.wrong
                words = ', '.join(f'{n} {word}' for word, n in sorted(done.counts.items()) if word not in ('points', 'start'))
                print(f'{done.name}: {done.points} allocations, {done.counts["points"]} tried: {words}; '
                      f'{len(done.judged)} states judged; {done.seconds:.1f} s', flush=True)
                if done.points < dict((s.name, s.least) for s in chosen)[done.name]:
                    wrong.append(f'{done.name}: only {done.points} allocations')
                    print('WRONG', wrong[-1])
                for line in done.wrong:
                    print('WRONG', line[:900], flush=True)
    finally:
        shutil.rmtree(base)
    print(f'{len(chosen)} scenarios, {total["points"]} failed allocations: '
          + ', '.join(f'{n} {word}' for word, n in sorted(total.items()) if word not in ('points', 'start'))
          + f'; left: {dict(left)}; {time.time() - began:.0f} s')
    if len(scenarios.ALL) < SCENARIOS:
        wrong.append(f'only {len(scenarios.ALL)} scenarios')
        print('WRONG', wrong[-1])
    if total['points'] < options.least:
        wrong.append(f'only {total["points"]} allocations were tried, where {options.least} are stated')
        print('WRONG', wrong[-1])
    return 1 if wrong or not total['points'] else 0


sys.exit(main())
