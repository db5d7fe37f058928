"""make bench: ringkit beside its peers, in one run.  Writes build/bench.md and plots.

usage: bench.py BUILD PART ... -- SIZE ...

BUILD has the programs.  A contender that fails, or that makes something else than the others, ends the run.
"""
import glob
import os
import shutil
import sys
import time

import parts
import pipeline
import report
from harness import Bench, Failed

PARTS = {'start': parts.start, 'edit': parts.edit, 'scan': parts.scan, 'commit': parts.commit, 'pipeline': pipeline.pipeline,
         'sync': parts.sync}


def environment(build, directory):
    """Let nothing of the user's configuration into the measurements."""
    home = parts.fresh(directory, 'home')
    parts.write('[gc]\n\tauto = 0\n', home, '.gitconfig')     # it runs beside what is measured next
    for name in [n for n in os.environ if n.startswith(('GIT_', 'RING', 'SOURCE_DATE'))]:
        del os.environ[name]
    os.environ.update(
        LC_ALL='C', TZ='UTC', HOME=home, XDG_CONFIG_HOME=home, GIT_CONFIG_NOSYSTEM='1', PYTHONDONTWRITEBYTECODE='1',
        GIT_AUTHOR_NAME='Ann', GIT_AUTHOR_EMAIL='ann@example.com', GIT_COMMITTER_NAME='Ann', GIT_COMMITTER_EMAIL='ann@example.com',
        PATH=os.path.join(build, 'bin') + ':' + os.environ['PATH'])


def main():
    began, build, split = time.time(), os.path.abspath(sys.argv[1]), sys.argv.index('--')
    chosen, sizes = sys.argv[2:split], sorted(int(size) for size in sys.argv[split + 1:])
    top, directory = os.path.dirname(os.path.dirname(parts.HERE)), os.path.join(build, 'bench', 'data')
    if not sizes or sizes[0] < parts.FEW or not set(chosen) <= set(PARTS):
        print('bench: expected parts of %s, and sizes from %d' % (' '.join(PARTS), parts.FEW), file=sys.stderr)
        return 2
    for name in glob.glob(os.path.join(build, 'bench*.svg')) + glob.glob(os.path.join(build, 'bench.md')):
        os.remove(name)
    tools = {'top': top, 'bin': os.path.join(build, 'bin'), 'npm': os.path.join(top, 'build/npm/helm'),
             'kubectl': os.path.join(top, 'build/helm/kubectl/kubectl')}
    tools.update((name, os.path.join(build, 'bench', name)) for name in ('measure', 'commit', 'edit', 'pack'))
    environment(build, directory)
    bench = Bench(build, tools, sizes, bool(os.environ.get('BENCH_QUICK')))
    try:
        bench.machine = report.machine(bench)
        if 'pipeline' in chosen and 'start' not in chosen:
            parts.start(bench)
        for name in chosen:
            PARTS[name](bench)
        tables = report.write_report(bench, began)
    except Failed as why:
        print('bench: %s' % why, file=sys.stderr)
        return 1
    for name in set(os.listdir(bench.directory)) - {'repos'}:
        shutil.rmtree(bench.path(name)) if os.path.isdir(bench.path(name)) else os.remove(bench.path(name))
    print(tables, end='')
    print('%s has the machine, how it was measured, and plots' % os.path.relpath(os.path.join(build, 'bench.md')))
    return 0


sys.exit(main())
