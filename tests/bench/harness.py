"""What the parts of the benchmark share: run contenders in turns, keep what was measured, compare what they made."""
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field


class Failed(Exception):
    """A contender failed, or made something else than the others: there is nothing to compare."""


@dataclass
class Contender:
    """A program, or a pipeline of programs (a list of argument lists), that does the work of a contest.

    before runs untimed in front of each run, and check after it: check raises Failed unless the work was done.
    """
    name: str
    pipeline: list
    stdin: str = os.devnull
    stdout: str = os.devnull
    cwd: str = '.'
    env: dict = field(default_factory=dict)
    before: object = None
    check: object = None
    rounds: int = 1000


@dataclass
class Row:
    """What was measured of one contender: a list of (seconds, processor seconds, peak KiB), one a round.

    items is what the work is for: tenants, manifests, rings; further is how many lines differ beyond those that must.
    """
    part: str
    work: str
    who: str
    size: int
    reference: str
    runs: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    further: int = None
    series: str = ''
    items: int = 1

    def seconds(self):
        return statistics.median(run[0] for run in self.runs)

    def cpu(self):
        return statistics.median(run[1] for run in self.runs)

    def peak(self):
        return max((run[2] for run in self.runs if run[2] is not None), default=None)

    def ratio(self):
        return statistics.median(self.ratios)


class Bench:
    """The rows and goals of one run."""

    def __init__(self, build, tools, sizes, quick):
        self.build, self.directory = build, os.path.join(build, 'bench', 'data')
        self.tools, self.sizes, self.quick = tools, sizes, quick
        self.rows, self.goals = [], []
        self.slow = 100 if quick else 1000      # the most manifests that slow peers get
        self.load = ' '.join('%.1f' % load for load in os.getloadavg())
        self.figures = self.path('figures')

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def measure(self, contender):
        command = [self.tools['measure'], self.figures]
        for number, stage in enumerate(contender.pipeline):
            command += (['@'] if number else []) + stage
        with open(contender.stdin, 'rb') as stdin, open(contender.stdout, 'wb') as stdout:
            done = subprocess.run(command, stdin=stdin, stdout=stdout, cwd=contender.cwd, env={**os.environ, **contender.env})
        if done.returncode != 0:
            raise Failed('%s: status %d' % (contender.name, done.returncode))
        with open(self.figures) as file:
            elapsed, cpu, peak = file.read().split()
        return float(elapsed), float(cpu), int(peak)

    def contest(self, part, work, contenders, rounds, reference, size=0, series='', items=1):
        """Let contenders take turns, and add a row for each; return the rows by name.

        The ratio of a row is to the reference, in the same round.  Items is how many tenants, manifests or rings the work is for.
        """
        rows = {c.name: Row(part, work, c.name, size, reference, series=series, items=items) for c in contenders}
        print('%s: %s: %s' % (part, work, ', '.join(rows)), file=sys.stderr, flush=True)
        for number in range(max(rounds, 1)):
            took = {}
            for c in contenders:
                if number >= c.rounds:
                    continue
                if c.before:
                    c.before()
                os.sync()
                took[c.name] = self.measure(c)
                if c.check:
                    c.check()
            for name, run in took.items():
                rows[name].runs.append(run)
                rows[name].ratios.append(run[0] / took[reference][0])
        self.rows += rows.values()
        return rows

    def goal(self, says, is_met, shows):
        """Keep a goal; shows is what was measured."""
        self.goals.append((says, is_met, shows))

    def not_measured(self, says, why):
        self.goals.append((says, None, why))


def paired(one, other):
    """Return the median of the ratios of two rows, round by round."""
    return statistics.median(a[0] / b[0] for a, b in zip(one.runs, other.runs))


def run(*command, **more):
    """Run a command that is not measured, and return what it prints."""
    done = subprocess.run(command, **{'stdout': subprocess.PIPE, **more})
    if done.returncode != 0:
        raise Failed('%s: status %d' % (' '.join(command[:6]), done.returncode))
    return (done.stdout or b'').decode()


def require(holds, why):
    if not holds:
        raise Failed(why)


def values(text):
    """Return the documents of a YAML stream as its readers understand them."""
    import yaml
    return [d for d in yaml.load_all(text, yaml.CSafeLoader) if d is not None]
