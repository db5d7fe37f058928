"""build/bench.md and the plots: only what was measured."""
import os
import subprocess
import time

from harness import run

HOW = '''A run is one process, or one pipeline of processes. Its time is from the start of the first process to the end of the last; the
processor time is that of all of them; the memory is the peak (resident set) of the largest process, children included. The
contenders for one piece of work take turns, so that noise of the machine meets all of them. Before each run, the repository is put
back and everything is written to disk. Times are medians, a ratio is the median of the ratios within each turn, with the lowest and
the highest, and memory is the most of all runs.

What each run made is compared: it must be the same tree of Git, the same list or, of programs that write YAML in another way,
the same values. If a run fails, or has made something else, the benchmark ends and writes nothing. No figure is extrapolated: the
slowest peers get at most 1,000 manifests, and only one run with these; the column "for each" is the time divided by the tenants,
manifests, objects or rings. "Further lines" are those that a program changed besides the line that was to be changed, in all
manifests together.

The script is `tests/bench/by-hand.sh`: jq reads the labels and yq the cohort; one start of yq edits a hundred manifests, or one
of kubectl edits one; then `git add` and `git commit`, in a work tree that exists before. `git fast-import` gets the finished files of
ringkit's commit: it reads no labels, cohorts and manifests, and edits nothing. Git has its default configuration, except for
`gc.auto`, which is off: it writes packs with fsync, but not loose objects. ringkit writes all objects and its branch with fsync.
'''


def first_line(*command):
    return run(*command, stderr=subprocess.STDOUT).strip().split('\n')[0]


def machine(bench):
    """Name the machine and the versions, as (what, value)."""
    def lines(path, key):
        with open(path) as file:
            return [line.split(':', 1)[1].strip() for line in file if line.startswith(key)]
    with open('/etc/os-release') as file:
        system = dict(line.rstrip().split('=', 1) for line in file if '=' in line)
    python = 'import ruamel.yaml, yaml; print("ruamel.yaml", ruamel.yaml.__version__)'
    return [
        ('processor', '%s, %d cores' % ((lines('/proc/cpuinfo', 'model name') or ['unknown'])[0], os.cpu_count())),
        ('memory', '%.1f GiB' % (int(lines('/proc/meminfo', 'MemTotal')[0].split()[0]) / (1 << 20))),
        ('system', '%s, Linux %s' % (system['PRETTY_NAME'].strip('"'), os.uname().release)),
        ('file system', run('df', '--output=fstype', bench.directory).split()[-1]),
        ('ringkit', '%s, libgit2 %s, libfyaml %s' % (first_line('ringls', '--version'), first_line('pkg-config', '--modversion', 'libgit2'),
                                                     first_line('pkg-config', '--modversion', 'libfyaml'))),
        ('peers', ', '.join([first_line('git', '--version').replace(' version', ''), first_line('jq', '--version'),
                             'yq %s (Python, on jq)' % first_line('dpkg-query', '-W', '-f', '${Version}', 'yq'),
                             first_line(bench.tools['kubectl'], 'version', '--client').replace('Client Version:', 'kubectl'),
                             first_line('/usr/bin/python3', '-c', python), 'node ' + first_line('node', '--version'),
                             'npm yaml ' + first_line('node', '-p', 'require("%s/node_modules/yaml/package.json").version' % bench.tools['npm'])]))]


def duration(seconds):
    return '%.1f s' % seconds if seconds >= 10 else '%.2f s' % seconds if seconds >= 1 else '%.1f ms' % (1000 * seconds) if seconds >= 0.001 else '%.1f us' % (1e6 * seconds)


def factor(ratio):
    return '%.0f' % ratio if ratio >= 100 else '%.1f' % ratio if ratio >= 10 else '%.2f' % ratio


def row_cells(row):
    ratio = factor(row.ratio())
    if row.who != row.reference:
        ratio += ' (%s to %s)' % (factor(min(row.ratios)), factor(max(row.ratios)))
    return [row.who, duration(row.seconds()), duration(row.seconds() / row.items) if row.items > 1 else '', ratio, duration(row.cpu()), '' if row.peak() is None else '%.1f MiB' % (row.peak() / 1024),
            '' if row.further is None else f'{row.further:,}', str(len(row.runs))]


def grid(head, rows):
    """Write a Markdown table, its columns as wide as their cells."""
    rows = [head] + rows
    wide = [max(len(row[i]) for row in rows) for i in range(len(head))]
    rows.insert(1, ['-' * w for w in wide])
    return ''.join('| %s |\n' % ' | '.join(cell.ljust(w) for cell, w in zip(row, wide)) for row in rows)


def table(bench):
    """The table of everything; a line in bold before the contenders of each work."""
    rows, work = [], None
    for row in bench.rows:
        if (row.part, row.work) != work:
            work = (row.part, row.work)
            rows.append(['**%s**: %s' % work, '', '', 'to ' + row.reference] + [''] * 4)
        rows.append(row_cells(row))
    return grid(['', 'time', 'for each', 'ratio', 'processor', 'memory', 'further lines', 'runs'], rows)


def goals(bench):
    words = {True: 'met', False: 'missed', None: 'not measured'}
    return grid(['goal', '', 'measured'], [[says, words[met], shows] for says, met, shows in bench.goals])


PLOT = '''set terminal svg size 760,460 dynamic background "white" font "sans,14"
set output "%(out)s"
set title "%(title)s" font ",16"
set logscale xy
set grid xtics ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set xlabel "%(across)s"
set ylabel "%(up)s"
set key above center horizontal maxrows 2 Left reverse samplen 2
set offsets graph 0.05, graph 0.05, 0, 0
set xtics (%(xtics)s)
set ytics (%(ytics)s)
set yrange [%(least)g:%(most)g]
%(data)s
plot %(lines)s
'''
COLOURS = '#0b6e4f #c8553d #3d5a80 #b8860b #7b2d8b'.split()
SIZES = [(2.0 ** n, f'{2 ** n:,} MiB') for n in range(0, 15)]


def times(least, most):
    """Label the seconds of an axis: each power of ten, and 2 and 5 between if there are few."""
    steps = (1, 2, 5) if most / least < 100 else (1,)
    marks = [step * 10.0 ** power for power in range(-3, 5) for step in steps]
    return [(mark, '%g ms' % (1000 * mark) if mark < 1 else f'{mark:,.0f} s') for mark in marks]


def plot(bench, series, title, across, what):
    """Plot time or memory of a series against its sizes; each contender as far as it was measured."""
    points = {}
    for row in bench.rows:
        if row.series == series:
            points.setdefault(row.who, []).append((row.size, row.seconds() if what == 'time' else row.peak() / 1024))
    sizes = sorted({x for line in points.values() for x, _ in line})
    if len(sizes) < 2:
        return None
    name = 'bench-%s-%s.svg' % (series, what)
    heights = [y for line in points.values() for _, y in line]
    text = PLOT % {
        'out': os.path.join(bench.build, name), 'title': title, 'across': across, 'up': 'time' if what == 'time' else 'peak memory of the largest process',
        'xtics': ', '.join('"%s" %d' % (f'{x:,}', x) for x in sizes),
        'ytics': ', '.join('"%s" %g' % (label, y) for y, label in (times(min(heights), max(heights)) if what == 'time' else SIZES)),
        'least': min(heights) / 1.6, 'most': max(heights) * 1.6,
        'data': '\n'.join('$line%d << end\n%s\nend' % (n, '\n'.join('%d %.6f' % point for point in line))
                          for n, line in enumerate(points.values())),
        'lines': ', '.join('$line%d with linespoints lw %d pt 7 ps 0.7 lc rgb "%s" title "%s"' % (n, 3 if n == 0 else 2, COLOURS[n], who)
                           for n, who in enumerate(points))}
    run('gnuplot', input=text.encode())
    return name


PLOTS = [('pipeline', 'A release to all tenants', 'tenants'), ('few', 'A release to 20 tenants', 'tenants in the repository'),
         ('scan', 'All overrides of a revision', 'manifests'), ('sync', 'The default branch merged into rings', 'rings')]


def write_report(bench, began):
    """Write build/bench.md and its plots, and return the text of the tables."""
    text = '# ringkit beside its peers\n\nWritten by `make bench`%s in %.0f minutes on %s.\n\n' % (
        ' (a short run)' if bench.quick else '', (time.time() - began) / 60, time.strftime('%Y-%m-%d', time.gmtime()))
    text += grid(['what', 'which'], [list(pair) for pair in bench.machine])
    text += '\nLoad of the machine before the run: %s; at its end: %s.\n' % (bench.load, ' '.join('%.1f' % l for l in os.getloadavg()))
    tables = '## Goals\n\n%s\n## Everything\n\n%s' % (goals(bench), table(bench))
    text += '\n%s\n## How it was measured\n\n%s' % (tables, HOW)
    shown = ''
    for series, title, across in PLOTS:
        for what in 'time', 'memory':
            name = plot(bench, series, title, across, what)
            shown += '\n![%s: %s](%s)\n' % (title, what, name) if name else ''
    if shown:
        text += '\n## Cost against size\n' + shown
    with open(os.path.join(bench.build, 'bench.md'), 'w') as file:
        file.write(text)
    return tables
