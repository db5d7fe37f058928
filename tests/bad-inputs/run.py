#!/usr/bin/env python3
"""run.py [--show] FIXTURES [FILE ...]: run each row of bad inputs, and compare what the filter does with what is expected.

A file of rows has lines of these forms; if one ends in <<, TEXT is the following lines up to a line >>.

    # a comment
    rule PAGE: the sentence of the manual page that the rows below test
    run PROGRAM ARGUMENT ...        the command; a word @@ is the row's subject, split into words.  Ends what is set below.
    in TEXT                         standard input
    file PATH TEXT                  a file of the current directory
    make KIND PATH [TARGET]         one that is a directory, fifo, link, socket or an empty, sparse file of TARGET bytes
    commit PATH TEXT                a file of the commit of the branch $ROW in the repository $GITOPS
    commit-link PATH TARGET         a symbolic link there; commit-module PATH: a submodule
    env NAME=VALUE                  a variable of the environment
    stream NUMBER closed|full|PATH  a standard stream
    needs root                      the rows are left out if the user is another one
    where TEXT                      what surrounds the message, in which @ is what the row has

    STATUS TAB SUBJECT TAB MESSAGE [TAB OUTPUT]

In TEXT, @ is the row's subject.  \\xHH, \\n, \\t, \\r and \\\\ are bytes, and {{N*TEXT}} is TEXT, N times; $ROW and the
variables that FIXTURES/paths lists are replaced.  MESSAGE is all of standard error, without "PROGRAM: ", in which " || "
separates lines and ... is any text within a line; empty: nothing is written there.  [CODE] before a line: standard output
has a refusal or finding with this code, and with the line's end as its reason.  OUTPUT is a part of standard output.
Whatever a row says, these must hold, too:

    standard error has printable characters only, and nothing that a CI system takes for a command;
    standard output has whole records, and an end record that counts them if the status is 0, 1 or 75, else none; if it
    does not consist of records, it is empty unless the status is 0, 1 or 75;
    no file of the current directory, of TMPDIR or of a repository has come, gone or changed.
"""
import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

LEAST = 1000
SECONDS = 60
TOP = Path(__file__).resolve().parent.parent.parent
ESCAPE = re.compile(r'\\(x[0-9a-fA-F]{2}|[ntr\\])|\{\{(\d+)\*(.*?)\}\}')
BYTES = {'n': '\n', 't': '\t', 'r': '\r', '\\': '\\'}
REFUSING = (0, 1, 75)


class Row:
    def __init__(self, setting, rule, place, cells):
        self.setting, self.rule, self.place = setting, rule, place
        self.status, self.subject, self.message, self.output = int(cells[0]), *(cells[1:] + ['', ''])[:3]

    def program(self):
        return self.setting['run'].split()[0]


class Paths:
    """What $NAME stands for."""
    def __init__(self, fixtures):
        lines = (fixtures / 'paths').read_text().split('\n')
        self.value = dict(line.split('=', 1) for line in lines if line)
        self.pattern = re.compile(r'\$(ROW|' + '|'.join(self.value) + r')\b')

    def replace(self, text, row):
        return self.pattern.sub(lambda m: row if m[1] == 'ROW' else self.value[m[1]], text)


def unescape(text):
    def one(match):
        if match[3] is not None:
            return unescape(match[3]) * int(match[2])
        what = match[1]
        return bytes([int(what[1:], 16)]).decode('utf-8', 'surrogateescape') if what[0] == 'x' else BYTES[what]
    return ESCAPE.sub(one, text)


def to_bytes(text):
    """The bytes of a string; those that \\x makes come as they are."""
    return text.encode('utf-8', 'surrogateescape')


def read_rows(path):
    setting, rule, rows = None, None, []
    lines = path.read_text(encoding='utf-8', errors='surrogateescape').split('\n')
    at = 0
    while at < len(lines):
        line, place = lines[at], f'{path.stem}:{at + 1}'
        at += 1
        if not line or line.startswith('#'):
            continue
        cells = line.split('\t')
        if re.fullmatch(r'\d+', cells[0]):
            if rule is None or setting is None or len(cells) not in (3, 4):
                sys.exit(f'{place}: expected a rule, a command, and STATUS, SUBJECT and MESSAGE')
            rows.append(Row(dict(setting), rule, place, cells))
            continue
        word, _, rest = line.partition(' ')
        if rest.endswith('<<'):
            end = lines.index('>>', at)
            rest = rest[:-2] + '\n'.join(lines[at:end]) + '\n'
            at = end + 1
        if word == 'rule':
            rule = rest
        elif word == 'run':
            setting = {'run': rest, 'files': {}, 'make': [], 'commit': [], 'env': {}, 'stream': {}, 'in': '', 'where': '@', 'needs': ''}
        elif word in ('in', 'where', 'needs'):
            setting[word] = rest
        elif word == 'file':
            name, _, text = rest.partition(' ')
            setting['files'] = {**setting['files'], name: text}
        elif word in ('commit', 'commit-link', 'commit-module'):
            name, _, text = rest.partition(' ')
            mode = {'commit': '100644', 'commit-link': '120000', 'commit-module': '160000'}[word]
            setting['commit'] = setting['commit'] + [(mode, name, text)]
        elif word == 'make':
            setting['make'] = setting['make'] + [rest]
        elif word == 'env':
            name, _, value = rest.partition('=')
            setting['env'] = {**setting['env'], name: value}
        elif word == 'stream':
            number, how = rest.split()
            setting['stream'] = {**setting['stream'], int(number): how}
        else:
            sys.exit(f'{place}: {word}?')
    return rows


def fill(template, row, paths, name):
    """A string of the row: its subject in place of @, then the escapes."""
    return unescape(paths.replace(template.replace('@', row.subject), name))


def make_commits(rows, paths):
    """Commit the files of each row on a branch of its own, from the branch main."""
    stream = []
    for number, row in enumerate(rows):
        if not row.setting['commit']:
            continue
        stream.append(f'commit refs/heads/row-{number}\ncommitter A <a@example.com> 1767225600 +0000\ndata 0\n'
                      'from refs/heads/main^0\n'.encode())
        for mode, name, text in row.setting['commit']:
            name = json.dumps(fill(name, row, paths, f'row-{number}'))
            if mode == '160000':
                stream.append(f'M {mode} {"1" * 40} {name}\n'.encode())
            else:
                data = to_bytes(fill(text, row, paths, f'row-{number}'))
                stream.append(f'M {mode} inline {name}\ndata {len(data)}\n'.encode() + data + b'\n')
    git = ['git', '-C', paths.value['GITOPS']]
    subprocess.run(git + ['-c', 'core.compression=0', 'fast-import', '--quiet', '--depth=0'], input=b''.join(stream), check=True)
    subprocess.run(git + ['pack-refs', '--all'], check=True)


def snapshot(top):
    """Every file below a directory, with what changes if it is written."""
    seen, left = {}, [str(top)]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                now = entry.stat(follow_symlinks=False)
                seen[entry.path] = (now.st_mode, now.st_ino, 0 if stat.S_ISDIR(now.st_mode) else (now.st_size, now.st_mtime_ns))
                if stat.S_ISDIR(now.st_mode):
                    left.append(entry.path)
    return seen


class Kept:
    """The directories that no filter may change."""
    def __init__(self, top):
        self.top = top
        self.before = {entry.name: snapshot(entry.path) for entry in os.scandir(top)}

    def changed(self, names):
        for name in names & set(self.before):
            now, before = snapshot(self.top / name), self.before[name]
            if now != before:
                return 'changed: ' + ' '.join(sorted(p for p in set(now) | set(before) if now.get(p) != before.get(p))[:5])
        return None

    def all_changed(self):
        return self.changed({entry.name for entry in os.scandir(self.top)} | set(self.before))


def make_files(row, paths, name):
    for text in row.setting['make']:
        kind, path, *target = fill(text, row, paths, name).split(' ')
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == 'directory':
            path.mkdir()
        elif kind == 'fifo':
            os.mkfifo(path)
        elif kind == 'link':
            path.symlink_to(target[0])
        elif kind == 'socket':
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(str(path))
        elif kind == 'sparse':
            with open(path, 'wb') as made:
                made.truncate(int(target[0]))
        else:
            sys.exit(f'{row.place}: make {kind}?')
    for path, text in row.setting['files'].items():
        path = Path(fill(path, row, paths, name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_bytes(fill(text, row, paths, name)))


def command(row, paths, name):
    words = []
    for word in shlex.split(row.setting['run']):
        if word == '@@':
            words += [unescape(paths.replace(w, name)) for w in shlex.split(row.subject.replace('\\', '\\\\'))]
        else:
            words.append(fill(word, row, paths, name))
    return words


def execute(row, paths, name):
    """Run the filter; return its status, output and messages."""
    argv = command(row, paths, name)
    env = {**os.environ, **{k: fill(v, row, paths, name) for k, v in row.setting['env'].items()}}
    streams = [os.memfd_create('stream') for _ in range(3)]
    os.write(streams[0], to_bytes(fill(row.setting['in'], row, paths, name)))
    os.lseek(streams[0], 0, os.SEEK_SET)
    actions = []
    for number, stream in enumerate(streams):
        how = row.setting['stream'].get(number)
        if how == 'closed':
            actions.append((os.POSIX_SPAWN_CLOSE, number))
        elif how == 'full':
            actions.append((os.POSIX_SPAWN_OPEN, number, '/dev/full', os.O_RDWR, 0))
        elif how:
            actions.append((os.POSIX_SPAWN_OPEN, number, how, os.O_RDONLY, 0))
        else:
            actions.append((os.POSIX_SPAWN_DUP2, stream, number))
    program = os.path.join(os.environ['RINGKIT_BIN'], argv[0])
    child = os.posix_spawn(program, [to_bytes(a) for a in argv], env, file_actions=actions, setsigdef=[signal.SIGPIPE])
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(SECONDS)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(0)
    texts = []
    for stream in streams[1:]:
        os.lseek(stream, 0, os.SEEK_SET)
        texts.append(os.read(stream, 1 << 26))
    for stream in streams:
        os.close(stream)
    return status, *texts


def is_plain(row, argv):
    return (row.program() in ('manifest-values', 'ringreport') or '--patch' in argv or '--diff' in argv or '--rfc6902' in argv
            or any(a.startswith('--patch=') for a in argv))


def judge_output(status, out):
    """What is wrong with a stream of records on standard output, and its refusals and findings."""
    if out and not out.endswith(b'\n'):
        return 'half a line on standard output', []
    records = []
    for line in out.split(b'\n')[:-1]:
        try:
            record = json.loads(line)
        except ValueError:
            return 'a line of standard output is not JSON', []
        if not isinstance(record, dict) or not isinstance(record.get('type'), str):
            return 'a line of standard output is not a record', []
        records.append(record)
    refused = [r for r in records if r['type'] in ('refused', 'finding')]
    ends = [n for n, r in enumerate(records) if r['type'] == 'end']
    if status not in REFUSING:
        return ('an end record, but status %d' % status if ends else None), refused
    if ends != [len(records) - 1]:
        return 'not one end record, at the end', refused
    end = records[-1]
    if end['records'] != len(records) - 1 or end['refused'] != sum(r['type'] == 'refused' for r in refused):
        return 'the end record counts wrongly', refused
    if (status != 0) != bool(refused):
        return 'the status does not say whether there are refusals', refused
    return None, refused


def judge_messages(row, err, refused, paths, name):
    """What is wrong with standard error."""
    try:
        text = err.decode()
    except UnicodeDecodeError:
        return 'standard error is not UTF-8'
    if re.search(r'[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e]', text) or '##[' in text:
        return 'standard error has a character that a terminal or a log would act on'
    wanted = []
    for line in row.message.split(' || ') if row.message else []:
        code = re.match(r'\[([a-z.-]+)\] ', line)
        whole = row.setting['where'].replace('@', line[code.end():] if code else line)
        wanted.append((unescape(paths.replace(whole, name)), code and code[1]))
    lines = text.split('\n')[:-1]
    if text and not text.endswith('\n'):
        return 'half a line on standard error'
    if len(lines) != len(wanted):
        return f'{len(lines)} lines on standard error, not {len(wanted)}'
    for line, (want, code) in zip(lines, wanted):
        pattern = '.*'.join(map(re.escape, (row.program() + ': ' + want).split('...')))
        if not re.fullmatch(pattern, line):
            return f'expected: {row.program()}: {want[:2000]}'
        if code and not any(r.get('code') == code and line.replace(r'\x23#[', '##[').endswith(r['reason']) for r in refused):
            return f'no refusal with the code {code} and this reason'
    return None


def named(row, paths, name):
    """The directories below KEPT that a row's command and environment name, and TMPDIR."""
    words = ' '.join([*command(row, paths, name), *row.setting['env'].values(), '$TMPDIR'])
    return set(re.findall(re.escape(paths.value['KEPT']) + r'/([^/\s=:"]+)', paths.replace(words, name)))


def judge(row, number, paths, kept):
    """Run a row; return what is wrong, None if nothing is, and what was written."""
    name = f'row-{number}'
    make_files(row, paths, name)
    had = snapshot('.')
    status, out, err = execute(row, paths, name)
    plain = is_plain(row, command(row, paths, name))
    wrong, refused = None, []
    if plain:
        wrong = 'standard output claims something' if out and status not in REFUSING else None
    elif not re.search(r'(-h|--help|-V|--version)$', row.subject) or out.startswith(b'{'):
        wrong, refused = judge_output(status, out)
    if status != row.status:
        wrong = f'status {status}, not {row.status}'
    wrong = wrong or judge_messages(row, err, refused, paths, name)
    if not wrong and row.output and to_bytes(fill(row.output, row, paths, name)) not in out:
        wrong = f'expected in standard output: {row.output}'
    if not wrong and snapshot('.') != had:
        wrong = 'a file of the current directory has changed'
    wrong = wrong or kept.changed(named(row, paths, name))
    for path in os.scandir('.'):
        shutil.rmtree(path.path) if path.is_dir(follow_symlinks=False) else os.unlink(path.path)
    return wrong, status, out, err


def shown(text, limit=1500):
    return text.decode('utf-8', 'backslashreplace')[:limit].encode('unicode_escape').decode().replace('\\n', '\n# ')


def claims(rows):
    """The sentences about all rows, and whether they hold: (sentence, what is missing)."""
    enough = [] if len(rows) >= LEAST else [f'{len(rows)} rows']
    tests = {p: p.read_text(errors='replace') for p in sorted((TOP / 'tests').rglob('*'))
             if p.suffix in ('.t', '.rows', '.sh', '.py', '.c') and p.is_file()}
    text = '\n'.join(tests.values())
    words = re.findall(r'^RK_CODE\(\w+, "([a-z-]+)"', (TOP / 'lib/base/codes.def').read_text(), re.M)
    codes = [w for w in words if not re.search(rf'(?<![\w-]){w}(?![\w-])', text)]
    options, statuses = [], []
    ran = {(row.program(), row.status) for row in rows}
    for page in sorted((TOP / 'man').glob('*.1')):
        mine = '\n'.join(t for t in tests.values() if page.stem in t)
        for option in sorted(set(re.findall(r'\.It Fl .*?-([a-z][a-z0-9-]+)', page.read_text()))):
            if not re.search(rf'--{option}(?![\w-])', mine):
                options.append(f'{page.stem} --{option}')
        section = page.read_text().split('.Sh EXIT STATUS')[1].split('.Sh ')[0]
        for status in re.findall(r'^\.It (\d+)', section, re.M):
            # a bug, and a lack of memory, cannot be asked for; tests/fault.t has what comes of a failed call
            if status not in ('70', '71') and (page.stem, int(status)) not in ran and not re.search(rf'exits {status}\b', mine):
                statuses.append(f'{page.stem} {status}')
    return [(f'there are at least {LEAST} rows', enough), ('every code of a refusal or finding has a test', codes),
            ('every option has a test', options), ('every status of every page has a row or a test', statuses)]


def main():
    show = sys.argv[1] == '--show'
    fixtures, *files = sys.argv[1 + show:]
    fixtures = Path(fixtures)
    files = [Path(f) for f in files] or sorted(Path(__file__).parent.glob('*.rows'))
    whole = len(sys.argv) == 2
    rows = [row for file in files for row in read_rows(file)]
    paths = Paths(fixtures)
    make_commits(rows, paths)
    os.chdir(paths.value['CWD'])
    kept = Kept(fixtures / 'kept')
    n = 0
    for number, row in enumerate(rows):
        if row.setting['needs'] == 'root' and os.geteuid() != 0:
            print(f'# {row.place} needs root')
            continue
        wrong, status, out, err = judge(row, number, paths, kept)
        n += 1
        print(f'{"not ok" if wrong else "ok"} {n} - {row.place} {row.program()}: {row.subject[:60]!r}'.replace('#', '\\#'))
        if wrong:
            print(f'# rule: {row.rule}\n# {wrong}\n# status {status}\n# messages: {shown(err)}\n# output: {shown(out)}')
        if show:
            print(f'# {status} {shown(err)}')
    changed = kept.all_changed()
    sentences = [('nothing is left in any of the directories', [changed] if changed else [])]
    for sentence, missing in sentences + (claims(rows) if whole else []):
        n += 1
        print(f'{"not ok" if missing else "ok"} {n} - {sentence}' + ''.join(f'\n# {m}' for m in missing))
    for program, count in sorted(Counter(row.program() for row in rows).items()):
        print(f'# {count} rows of {program}, for {len({r.rule for r in rows if r.program() == program})} rules')
    print(f'# {len(rows)} rows, for {len({r.rule for r in rows})} rules\n1..{n}')


main()
