"""Kill a command, or let a system call fail, at each of its system calls; Git judges the result.

usage: faults.py [--every N] [--jobs N] SCENARIO ...

A scenario (scenarios.py) is a small directory with repositories in it, and a command.  strace runs the command
once, to list its system calls after the loader's last: the points.  Then, for every Nth point and each fault, it runs in
a fresh copy of the directory with that fault at that point:

  SIGKILL          in place of the call
  ENOSPC EIO ...   the call fails with this error and does nothing (EINTR only for calls that can be interrupted)

A close that fails has nevertheless closed the file.  strace cannot do that, so close.c does it for each close of a file,
with the errors of close(2).

Afterwards:
  - each ref is old or new, git fsck --strict finds nothing in any repository, and no index is there without its pack
  - if the status is 0, all refs are new; otherwise all are old, except those that the message names
  - records of standard output are whole, except the last one of a command that did not end with 0; a record that reports
    success is right; an end record is there if the status is 0, and otherwise only after a kill
  - the same command, undisturbed, ends with 0 and all refs new; or with 75 and the lock and its age, and with 0 after the
    lock has been removed
A directory in the same state as one that was judged is not judged again; the report says how many states there were.
"""
import argparse, collections, concurrent.futures, errno, glob, hashlib, json, os, re, select, shutil, subprocess, sys, tempfile, time

import scenarios

ERRORS = 'ENOSPC EIO EACCES EMFILE EINTR'.split()
# signal(7), and the page of each
INTERRUPTIBLE = set('''open openat read readv pread64 write writev pwrite64 close fsync fdatasync ftruncate fallocate fcntl
    flock dup2 dup3 futex getrandom poll ppoll select pselect6 wait4 waitid nanosleep clock_nanosleep connect accept
    accept4 recvfrom recvmsg sendto sendmsg'''.split())
# The first does not return; no kernel fails the next two, and the C library ends if one does; close.c does the last.
UNFAILING = {'exit_group', 'brk', 'futex', 'close'}
# Git takes an error while it reads a directory for the directory's end.  If that is the quarantine of a push, the remote's
# branch moves to objects that git receive-pack has lost, which this side can neither notice nor repair.
UNFAILING_OF = {'receive-pack': {'getdents64'}}
CLOSE = 'close of a file'
CLOSE_ERRORS = 'ENOSPC EIO EINTR'.split()
STATUSES = {1, 66, 71, 74, 75, 77}
# libgit2 reports a file of the object database that it cannot open as a missing object: the record or ring is refused with
# status 1, and does not change.
MISSING = {'too-shallow', 'unreadable'}
LOCKED = re.compile(r"(\S+\.lock) is \d+ s old|Unable to create '([^']+\.lock)': File exists")
MISSES = 0.03  # of the runs, each tried three times: the number of Git's calls varies a little
LIMIT = 60  # seconds that a run may take
TEMPORARY = re.compile(r'(?<=refs/ringkit/)[-0-9a-f]+|(?<=pack_git2_)[0-9a-f]+?(?=idx|\.|$)|(?<=tmp_obj_)\w+|(?<=tmp_pack_)\w+|(?<=tmp_spool_)\w+|(?<=incoming-)\w+|(?<=objects/ringkit_)\w+')
LITTER = re.compile(r'\.lock$|refs/ringkit/.|pack_git2_|tmp_|incoming-')

# A git that runs the git command $FAULT_CHILD, "NAME N" for the Nth of that name, with $FAULT before it.  It is in PATH, and
# in GIT_EXEC_PATH, so that it also replaces the commands that git starts.
WRAPPER = """#!/bin/sh
child= real={core}/${0##*/} takes=
case ${0##*/} in
git-*) child=${0##*/git-} ;;
*)
	for word; do
		case $takes$word in
		-C | -c) takes=1 ;;
		1* | -*) takes= ;;
		*) child=$word && break ;;
		esac
	done
	;;
esac
[ "$child" = "${FAULT_CHILD% *}" ] || exec "$real" "$@"
n=1
until mkdir "$FAULT_SEEN.$n" 2>/dev/null; do n=$((n + 1)); done
[ "$n" -ne "${FAULT_CHILD#* }" ] || exec $FAULT "$real" "$@"
exec "$real" "$@"
"""

Point = collections.namedtuple('Point', 'call number')  # the call's name, and which one of that name, from 1


def environment(home):
    keep = {name: value for name, value in os.environ.items() if not name.startswith('GIT_')}
    options = keep.get('ASAN_OPTIONS', 'exitcode=99') + ':detect_leaks=0'  # which cannot be under strace
    return dict(keep, HOME=home, XDG_CONFIG_HOME=home, GIT_CONFIG_NOSYSTEM='1', LC_ALL='C', TZ='UTC', ASAN_OPTIONS=options,
                GIT_AUTHOR_NAME='Ann', GIT_AUTHOR_EMAIL='ann@example.com', SOURCE_DATE_EPOCH='1700000000',
                GIT_COMMITTER_NAME='Ann', GIT_COMMITTER_EMAIL='ann@example.com',
                top=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Wrong(Exception):
    """Something does not hold."""


class Run:
    """What a command left: its status (negative: the signal), its output and messages."""

    def __init__(self, argv, directory, env, given=None):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            alive, held = os.pipe()  # closes when all that the command has started have ended
            try:
                done = subprocess.run(argv, cwd=directory, env=env, stdin=given or subprocess.DEVNULL, stdout=out,
                                      stderr=err, pass_fds=[held], timeout=LIMIT)
            finally:
                os.close(held)
            while not select.select([alive], [], [], LIMIT)[0]:
                raise Wrong(f'something that {argv[0]} started does not end')
            os.close(alive)
            self.status = done.returncode
            self.out, self.err = (f.seek(0) or f.read().decode(errors='replace') for f in (out, err))


class Scenario:
    def __init__(self, described, base, closes):
        self.__dict__.update(described._asdict())
        self.base = os.path.join(base, self.name)
        self.pristine = os.path.join(self.base, 'pristine')
        self.home = os.path.join(self.base, 'home')
        self.env = environment(self.home)
        self.judged = {}
        self.wrappers = os.path.join(self.base, 'wrappers')
        self.closes = closes
        os.makedirs(self.pristine)
        os.makedirs(self.home)
        os.makedirs(self.wrappers)
        self.wrap()
        made = Run(['bash', '-euo', 'pipefail', '-c', self.setup], self.pristine, self.env)
        if made.status:
            raise SystemExit(f'{self.name}: cannot be set up: {made.err}')
        self.repositories = sorted({repository for repository, _ in self.refs})
        self.old = self.tips(self.pristine)

        where = self.copy('undisturbed')
        self.points = self.points_of(re.findall(r'^(\w+)\(', self.undisturbed(where, 'strace'), re.M))
        self.new = self.tips(where)
        shutil.rmtree(where)
        if closes:
            where = self.copy('undisturbed')
            n = len(self.undisturbed(where, *self.closing(0, 'EIO')).splitlines())
            self.points += [Point(CLOSE, i + 1) for i in range(n)]
            shutil.rmtree(where)
        if self.status == 0 and any(self.old[ref] == self.new[ref] for ref in self.refs):
            raise SystemExit(f'{self.name}: it changes nothing')
        if self.status != 0 and self.old != self.new:
            raise SystemExit(f'{self.name}: it changes something')

    def wrap(self):
        core = Run(['git', '--exec-path'], self.base, self.env).out.strip()
        for name in os.listdir(core):
            path = os.path.join(self.wrappers, name)
            if name in ('git', 'git-upload-pack', 'git-receive-pack'):
                with open(path, 'w') as f:
                    f.write(WRAPPER.replace('{core}', core))
                    os.fchmod(f.fileno(), 0o755)
            else:
                os.symlink(os.path.join(core, name), path)

    def copy(self, name):
        where = os.path.join(self.base, name)
        shutil.copytree(self.pristine, where, symlinks=True)
        return where

    def tips(self, where):
        found = {}
        for repository, name in self.refs:
            run = Run(['git', '-C', repository, 'rev-parse', '-q', '--verify', name], where, self.env)
            found[repository, name] = run.out.strip() if run.status == 0 else None
        return found

    def closing(self, number, error):
        """What fails a close, to be put in front of a command.  The log's name is run()'s."""
        return ['env', f'LD_PRELOAD={self.closes}', f'FAULT_CLOSE={number}', f'FAULT_ERRNO={getattr(errno, error)}']

    def run(self, where, tool, *words):
        """With the tool, which writes a log, around the command, or around the child that the scenario names."""
        log = where + '.log'
        given = open(os.path.join(where, self.given), 'rb') if self.given else None
        around = [tool, '-o', log, *words] if tool == 'strace' else [tool, 'FAULT_LOG=' + log, *words]
        if self.child:
            env = dict(self.env, PATH=self.wrappers + ':' + self.env['PATH'], GIT_EXEC_PATH=self.wrappers,
                       FAULT_CHILD=self.child, FAULT_SEEN=where + '.seen', FAULT=' '.join(around))
            run = Run(self.command, where, env, given)
        else:
            run = Run([*around, *self.command], where, self.env, given)
        if given:
            given.close()
        run.log = ''
        if os.path.exists(log):
            with open(log, errors='replace') as f:
                run.log = f.read()
            os.unlink(log)
        for seen in glob.glob(glob.escape(where) + '.seen.*'):
            os.rmdir(seen)
        return run

    def undisturbed(self, where, *around):
        run = self.run(where, *around)
        if run.status != self.status or not run.log:
            raise SystemExit(f'{self.name}: undisturbed, it ends with {run.status}, of {self.child}: {run.err}')
        return run.log

    @staticmethod
    def points_of(calls):
        """All calls after the loader's last one, which unmaps its cache of names."""
        seen, points = collections.Counter(), []
        started = calls.index('munmap')
        for i, call in enumerate(calls):
            seen[call] += 1
            if i > started:
                points.append(Point(call, seen[call]))
        return points

    def with_fault(self, point, fault):
        """The command that injects the fault, to be put before another command."""
        if point.call == CLOSE:
            return self.closing(point.number, fault)
        what = 'signal=KILL' if fault == 'SIGKILL' else 'error=' + fault
        # a filter in the kernel spares the other calls; it requires -f, and does not do signals
        fast = [] if self.child or '--push' in self.command or fault == 'SIGKILL' else ['-f', '--seccomp-bpf']
        return ['strace', *fast, '-e', f'trace={point.call}', '-e', f'inject={point.call}:{what}:when={point.number}']

    def try_one(self, point, fault):
        for _ in range(3):
            came = self.try_once(point, fault)
            if came[0] != 'missed':
                break
        return came

    def try_once(self, point, fault):
        """One run: (its outcome in a word, litter); Wrong with all details."""
        where = self.copy(f'{fault}-{point.call}-{point.number}'.replace(' ', '-'))
        try:
            run = self.run(where, *self.with_fault(point, fault))
            if not self.struck(run, fault):
                return 'missed', 0
            tips = self.tips(where)
            self.check_run(run, tips)
            locked, litter = self.check_state(where, tips)
        except (Wrong, subprocess.TimeoutExpired) as wrong:
            raise Wrong(f'{self.name}: {fault} at {point.call} {point.number}: {wrong}') from None
        finally:
            shutil.rmtree(where)
        new = sum(tips[ref] != self.old[ref] for ref in self.refs)
        return 'locked' if locked else 'old' if new == 0 else 'new' if new == len(self.refs) else 'some new', litter

    def struck(self, run, fault):
        return '+++ killed by SIGKILL +++' in run.log if fault == 'SIGKILL' else '(INJECTED)' in run.log

    def check_run(self, run, tips):
        """The status, the messages and the records against the refs."""
        killed = run.status == -9
        details = f'status {run.status}, output {run.out!r}, messages {run.err!r}'
        if run.status < 0 and not killed:
            raise Wrong(f'it crashed: {details}')
        if run.status > 0 and run.status not in STATUSES:
            raise Wrong(f'not a status for this: {details}')
        if run.status == 0 and self.status != 0:
            raise Wrong(f'it cannot have done it: {details}')
        if killed and self.child:
            raise Wrong(f'it died with its child: {details}')
        for ref in self.refs:
            if tips[ref] not in (self.old[ref], self.new[ref]):
                raise Wrong(f'{ref} is neither old nor new: {tips[ref]}; {details}')
            new = tips[ref] != self.old[ref]
            named = re.search(re.escape(f'the branch "{ref[1].split("/", 2)[-1]}"') + '[^:]* (has the commit|is deleted now)', run.err)
            if '"type":"sync"' in run.out and tips[ref] and tips[ref] in run.out or 'the rings are merged, but' in run.err:
                named = new
            if run.status == 0 and not new:
                raise Wrong(f'status 0, and {ref} is old: {details}')
            if run.status > 0 and new and not named:
                raise Wrong(f'{ref} is new, and the messages do not say so: {details}')
            if named and not new:
                raise Wrong(f'{ref} is old, and the messages say new: {details}')
        *lines, rest = run.out.split('\n')
        if rest and run.status == 0:
            raise Wrong(f'a record is cut: {details}')
        records = [json.loads(line) for line in lines]
        for record in records:
            if record['type'] == 'refused' and not (run.status in (1, 75) and record['code'] in MISSING | {'stale'}):
                raise Wrong(f'a fault was reported as a refusal: {details}')
            done = record.get('commit') if record.get('status') == 'committed' else record.get('new')
            if done and done not in tips.values():
                raise Wrong(f'a record is wrong: {details}')
        ended = bool(records) and records[-1]['type'] == 'end'
        # output that is complete before its last close fails may be lost, which is reported
        closed = run.status == 74 and 'cannot write standard output' in run.err
        if run.status in (0, 1) and not ended or run.status > 1 and ended and run.status != 75 and not closed:
            raise Wrong(f'the end record does not agree with the status: {details}')

    def check_state(self, where, tips):
        """Git's judgement of the directory, and of another run: (whether a lock was named, litter)."""
        key, litter = self.state(where)
        if key not in self.judged:
            self.judged[key] = self.judge(where, tips)
        return self.judged[key], litter

    def state(self, where):
        whole, litter = hashlib.sha256(), 0
        for directory, names, files in os.walk(where):
            names.sort()
            for name in files if directory.endswith('/objects/pack') else []:
                # git gc would take it for the index of a removed pack, and remove it
                if name.endswith('.idx') and name[:-3] + 'pack' not in files:
                    raise Wrong(f'an index is there before its pack: {name}')
            for name in sorted(names + files):
                path = os.path.join(directory, name)
                litter += bool(LITTER.search(path)) and not os.path.isdir(path)
                whole.update(TEMPORARY.sub('X', os.path.relpath(path, where)).encode() + b'\0')
                if os.path.isfile(path):
                    with open(path, 'rb') as f:
                        whole.update(hashlib.sha256(f.read()).digest())
        return whole.digest(), litter

    def fsck(self, where):
        for repository in self.repositories:
            run = Run(['git', '-C', repository, 'fsck', '--strict', '--no-dangling', '--no-progress'], where, self.env)
            if run.status or run.out or run.err:
                raise Wrong(f'git fsck in {repository}: {run.out}{run.err}')
        for ref, tip in tips_that_are(self.tips(where)):
            if Run(['git', '-C', ref[0], 'cat-file', '-e', tip + '^{tree}'], where, self.env).status:
                raise Wrong(f'{ref} has no tree')

    def rerun(self, where):
        return Run(['bash', '-uo', 'pipefail', '-c', self.again], where, self.env)

    def judge(self, where, tips):
        locked = False
        self.fsck(where)
        run = self.rerun(where)
        while run.status == 75 and (lock := LOCKED.search(run.err)):
            locked, path = True, os.path.join(where, lock[1] or lock[2])
            for repository, name in self.refs:
                if path.endswith(f'/{name}.lock') and self.tips(where)[repository, name] != tips[repository, name]:
                    raise Wrong(f'{name} has moved, though locked: {run.err}')
            os.unlink(path)
            run = self.rerun(where)
        if run.status != self.status or self.tips(where) != self.new:
            raise Wrong(f'run again, it ends with {run.status}, {self.tips(where)}: {run.out}{run.err}')
        self.fsck(where)
        return locked


def tips_that_are(tips):
    return [(ref, tip) for ref, tip in tips.items() if tip]


def faults_of(point, mapped, child):
    if point.call == CLOSE:
        return CLOSE_ERRORS
    if mapped and point.call in ('mmap', 'munmap', 'mprotect', 'madvise', 'brk', 'mremap', 'futex'):
        return ['SIGKILL']  # the sanitizers' own, which they end with
    return ['SIGKILL'] + [e for e in ERRORS if point.call not in UNFAILING | UNFAILING_OF.get(child.split(' ')[0], set())
                          and (e != 'EINTR' or point.call in INTERRUPTIBLE)]


def chosen(faults, turn):
    """All, or the kill and one error, each in its turn."""
    errors = [fault for fault in faults if fault != 'SIGKILL']
    return faults if turn is None or not errors else [f for f in faults if f == 'SIGKILL' or f == errors[turn % len(errors)]]


def report(scenario, every, turns, struck, results, seconds):
    calls = [point for point in scenario.points if point.call != CLOSE]
    closes = len(scenario.points) - len(calls)
    tried = [point for point in scenario.points[every - 1::every] if point in struck]
    print(f'{scenario.name}: {scenario.about}: {sum(p.call != CLOSE for p in tried)} of {len(calls)} system calls '
          f'({len(set(p.call for p in tried))} kinds), {sum(p.call == CLOSE for p in tried)} of {closes} closes of a file, '
          f'{"a kill and one error each" if turns else "each error"}, {sum(map(len, results.values()))} runs, '
          f'{len(scenario.judged)} different outcomes, {seconds:.0f} s')
    print(f'  {"fault":8} {"runs":>5} {"old":>5} {"new":>5} {"some new":>9} {"lock named":>11} {"litter":>7} {"missed":>7}')
    for fault, came in results.items():
        count = collections.Counter(word for word, _ in came)
        print(f'  {fault:8} {len(came):5} {count["old"]:5} {count["new"]:5} {count["some new"]:9} {count["locked"]:11} '
              f'{sum(1 for _, litter in came if litter):7} {count["missed"]:7}')
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--every', type=int, default=1)
    parser.add_argument('--turns', action='store_true', help='one error a point, each in its turn, and not all of them')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('scenario', nargs='*')
    given = parser.parse_args()
    began, wrong, total = time.time(), [], 0
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix='ringkit-fault.', dir=memory) as base:
        for described in scenarios.ALL:
            if given.scenario and described.name not in given.scenario:
                continue
            start = time.time()
            program = shutil.which(described.command[0])
            with open(program, 'rb') as f:
                mapped = b'__asan_init' in f.read()
            # the sanitizers have a close of their own, in front of all others
            closes = None if mapped else os.path.realpath(os.path.join(os.path.dirname(program), '../fault/close.so'))
            scenario = Scenario(described, base, closes)
            turns = given.turns or scenario.turns
            runs = [(point, fault) for i, point in enumerate(scenario.points[given.every - 1::given.every])
                    for fault in chosen(faults_of(point, mapped, scenario.child), i if turns else None)]
            results, struck = {fault: [] for fault in ['SIGKILL'] + ERRORS}, set()
            with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
                for (point, fault), tried in [(run, pool.submit(scenario.try_one, *run)) for run in runs]:
                    try:
                        results[fault].append(tried.result())
                        struck |= {point} if tried.result()[0] != 'missed' else set()
                    except Wrong as e:
                        wrong.append(str(e))
                        struck.add(point)
            report(scenario, given.every, turns, struck, results, time.time() - start)
            total += sum(map(len, results.values()))
            if len(struck) < scenario.least // given.every:
                wrong.append(f'{scenario.name}: only {len(struck)} calls were struck, where {scenario.least} are stated')
            missed = sum(word == 'missed' for came in results.values() for word, _ in came)
            if missed > 2 + MISSES * len(runs):
                wrong.append(f'{scenario.name}: {missed} of {len(runs)} faults did not happen')
    for line in wrong:
        print('WRONG', line)
    print(f'{total} runs as they must be, {len(wrong)} not, in {time.time() - began:.0f} s')
    return 1 if wrong or not total else 0


sys.exit(main())
