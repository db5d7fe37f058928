"""Let the calls of libgit2 and libc fail, at each place of the programs that makes them, and the programs that they start; judge
what a program then does.

usage: calls.py [--tries N] [--least N] [-v] [SCENARIO ...]

The scenarios are those of tests/memory/scenarios.py.  Each runs once, while calls.c lists the places that make calls; then it
runs for each place with every call failing that is made there, unless that has mattered in another scenario, or in none of N.
A place is named by its function and the offset in it, for programs share most of their code.  Each Git that a program starts
fails, too: it ends with a message, writes nothing, or not all.  The judge is that of tests/damage/damage.py:

  same      status, output and refs are those of the undisturbed run
  held      only decisions of ringgate(1) differ: something is now held, and nothing is cleared
  STATUS    a status that the manual pages give for this, with a message, or 1 with a record that refuses something; each ref is
            old or, if its new commit is reported, new

All else is wrong, as is a temporary directory or a lock that is left.
"""
import argparse, bisect, collections, concurrent.futures, os, re, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../memory'), os.path.join(HERE, '../damage')]
import damage, scenarios


class Program:
    def __init__(self, path):
        symbols = subprocess.run(['nm', '-n', path], check=True, capture_output=True, text=True).stdout
        self.functions = [(int(address, 16), name) for address, name in re.findall(r'^(\w+) [tT] (\S+)$', symbols, re.M)]

    def place(self, offset):
        address, name = self.functions[bisect.bisect_right(self.functions, (offset, '~')) - 1]
        return f'{name}+{offset - address:x}'


class Scenario(damage.Scenario):
    statuses = damage.Scenario.statuses | {71}  # pipes and processes

    def __init__(self, described, base, library):
        super().__init__(described, base, False)
        self.log = os.path.join(self.base, 'log')
        self.undisturbed = self.env
        self.library = library
        self.fresh()
        self.old = self.refs()

    def run_with(self, **fault):
        """Run it with a fault; return the result and the log."""
        if os.path.exists(self.log):
            os.unlink(self.log)
        if self.owned:
            self.fresh()
        self.env = dict(self.undisturbed, LD_PRELOAD=self.library, CALLS_LOG=self.log, **fault)
        result = self.run()
        with open(self.log) as f:
            return result, f.read().splitlines()

    def faults(self, program):
        """What can fail: a name for it, and the fault."""
        runs = 0
        for word, *words in (line.split() for line in self.run_with()[1]):
            if word == 'place':
                yield f'{program.place(int(words[0], 16))} {words[1]}', {'CALLS_AT': words[0]}
            elif word == 'run':
                runs += 1
                given = re.sub(r'\S*/\S*|[0-9a-f]{40}|ring\S+', 'X', ' '.join(words))
                # of a push only the status counts
                for how in ['fails'] if '--porcelain' in words else ['fails', 'nothing', 'cut']:
                    yield f'{self.argv[0]}: {given}: {how}', {'CALLS_RUN': f'{runs} {how}'}

    def outcome_of(self, fault):
        """The outcome and, if it is wrong, why."""
        result = None
        try:
            result, log = self.run_with(**fault)
            if 'failed' not in log:
                raise damage.Wrong('nothing has failed')
            word = self.outcome(result, self.old, self.refs(), '')
            left = [name for owned in self.owned for _, _, names in os.walk(os.path.join(self.slot, owned)) for name in names
                    if name.endswith('.lock')]
            if left:
                raise damage.Wrong(f'left: {left}')
        except (damage.Wrong, subprocess.TimeoutExpired) as e:
            return 'wrong', f'{e}: {result}'
        return word, ''


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--tries', type=int, default=4)
    parser.add_argument('--least', type=int, default=1, help='faults that must have mattered')
    parser.add_argument('-v', action='store_true')
    parser.add_argument('scenario', nargs='*')
    options = parser.parse_args()
    programs, tried, mattered, counts = {}, collections.Counter(), set(), collections.Counter()
    memory = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix='ringkit-calls.', dir=memory) as base, concurrent.futures.ThreadPoolExecutor(2) as pool:
        scenarios.make_world(base)

        def try_all(described):
            path = shutil.which(described.command.split()[0])
            programs[path] = programs.get(path) or Program(path)
            scenario = Scenario(described, base, os.path.realpath(os.path.join(os.path.dirname(path), '../calls/calls.so')))
            found = []
            for name, fault in list(scenario.faults(programs[path])):
                if name in mattered or tried[name] == options.tries:
                    continue
                tried[name] += 1
                found.append((name, *scenario.outcome_of(fault)))
                if found[-1][1] != 'same':
                    mattered.add(name)
            shutil.rmtree(scenario.base)
            return scenario.name, found

        for name, found in pool.map(try_all, (s for s in scenarios.ALL if s.name in options.scenario or not options.scenario)):
            for fault, word, why in found:
                counts[word] += 1
                if why or options.v:
                    print(f'{name}: {fault}: {word} {why[:900]}')
    print(f'{len(tried)} faults, of which {len(mattered)} mattered: ' + ', '.join(f'{n} {word}' for word, n in sorted(counts.items())))
    return 1 if counts['wrong'] or len(mattered) < options.least else 0


sys.exit(main())
