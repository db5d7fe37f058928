#!/usr/bin/env python3
"""structure.py CHECK [TOP]: print each line of the sources that breaks a rule of lib/README.md, as FILE:LINE: why.

What it reads are the sources themselves; it compiles nothing.  Exit status 1 if it printed anything.
"""
import functools
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

FLOORS = [['base'], ['process'], ['yaml', 'git', 'report', 'forge'], ['gitops', 'merge', 'publish'], ['override'], ['release'], ['bin']]
FLOOR = {folder: number for number, floor in enumerate(FLOORS) for folder in floor}
TABLES = ['rk_option']      # structs that callers fill by position, without their members' names
FILES, LINES, FUNCTION, MAKEFILE = 20, 800, 60, 120

found = []


def say(path, line, why):
    found.append(f'{path}:{line}: {why}')


def sources(*patterns):
    for pattern in patterns:
        yield from sorted(Path('.').glob(pattern))


@functools.cache
def read(path):
    return path.read_text(encoding='utf-8')


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


@functools.cache
def split(text):
    """A C source as (code, prose): each of the same length, with blanks for what is in the other one."""
    code, prose = [], []
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[^/"\']+|.', re.S)
    for match in token.finditer(text):
        part = match[0]
        blank = re.sub(r'[^\n]', ' ', part)
        if part.startswith(('/*', '//')) or (part[0] == '"' and len(part) > 1):
            code.append('"' + blank[1:-1] + '"' if part[0] == '"' else blank)
            prose.append(part)
        else:
            code.append(part)
            prose.append(blank)
    return ''.join(code), ''.join(prose)


def check_includes():
    """A file includes its own folder's headers and lower floors' only, as "folder/file.h"."""
    for path in sources('lib/*.[ch]', 'lib/*/*/*.[ch]'):
        say(path, 1, 'not in a folder of lib/')
    for path in sources('lib/*/*.[ch]', 'bin/*.c'):
        folder = path.parts[1] if path.parts[0] == 'lib' else 'bin'
        if folder not in FLOOR:
            say(path, 1, f'lib/{folder} is no layer')
            continue
        for number, line in enumerate(read(path).split('\n'), 1):
            match = re.match(r'\s*#\s*include\s*"([^"]*)"', line)
            if not match:
                continue
            theirs = match[1].split('/')
            if len(theirs) != 2 or theirs[0] not in FLOOR or not Path('lib', match[1]).exists():
                say(path, number, f'"{match[1]}" does not have the form "folder/file.h"')
            elif theirs[0] != folder and FLOOR[theirs[0]] >= FLOOR[folder]:
                say(path, number, f'{folder} may not include {theirs[0]}')
            elif match[1].endswith('_internal.h') and theirs[0] != folder:
                say(path, number, f'"{match[1]}" belongs to {theirs[0]} only')


@functools.cache
def functions(path):
    """The functions that a source defines: [(name, is static, first line, last line), ...]."""
    names = []
    code, _ = split(read(path))
    pattern = re.compile(r'^((?:[a-z_][^\n;{}()=]*\n)+)(\w+)\(([^{};]*)\)\n\{\n', re.M)
    for match in pattern.finditer(code):
        end = code.index('\n}\n', match.end() - 1)
        names.append((match[2], bool(re.search(r'\bstatic\b', match[1])), line_of(code, match.start(2)), line_of(code, end) + 1))
    return names


def check_sizes():
    """No folder, file or function is too large to be read."""
    count = defaultdict(int)
    for path in sources('lib/*/*.c', 'bin/*.c'):
        count[path.parent] += 1
        lines = read(path).count('\n')
        if lines > LINES:
            say(path, lines, f'{lines} lines, more than {LINES}')
        for name, _, first, last in functions(path):
            if last - first - 2 > FUNCTION:
                say(path, first, f'{name}() has {last - first - 2} lines, more than {FUNCTION}')
    for folder, n in count.items():
        if n > FILES:
            say(folder, 1, f'{n} sources, more than {FILES}')
    lines = read(Path('Makefile')).count('\n')
    if lines > MAKEFILE:
        say('Makefile', lines, f'{lines} lines, more than {MAKEFILE}')


def prototypes(path):
    """The prototypes of a header: (name, offset of its first byte, code, whole text)."""
    text = read(path)
    code, _ = split(text)
    pattern = re.compile(r'^(?!typedef|static|#)[a-z_][\w \t*]*?\b(rk_\w+)\([^;{}]*;', re.M)
    for match in pattern.finditer(code):
        yield match[1], match.start(), code, text


def carries(name, base):
    return name == 'rk_' + base or name.startswith('rk_' + base + '_')


def check_names():
    """A public function carries its file's name; what is opened can be closed, what is made can be freed."""
    public = set()
    for path in sources('lib/*/*.c'):
        for name, static, first, _ in functions(path):
            if not static:
                public.add(name)
                if not carries(name, path.stem):
                    say(path, first, f'{name}() does not start with rk_{path.stem}_')
            elif name.startswith('rk_'):
                say(path, first, f'{name}() is static, and has the prefix of a public function')
    everywhere = {name for path in sources('lib/*/*.h') for name, *_ in prototypes(path)}
    for path in sources('lib/*/*.h'):
        declared = {}
        for name, offset, code, _ in prototypes(path):
            declared[name] = line_of(code, offset)
            if name not in public:
                say(path, declared[name], f'{name}() is declared, and not defined')
        for name, line in declared.items():
            for made, ended in (('_open', '_close'), ('_new', '_free')):
                at = name.find(made)
                if at > 0 and name[:at] + ended not in everywhere:
                    say(path, line, f'{name}() has no {name[:at] + ended}()')


def check_used():
    """A public function has a caller outside its file."""
    words = {path: set(re.findall(r'\w+', split(read(path))[0])) for path in sources('lib/*/*.c', 'bin/*.c')}
    for path in sources('lib/*/*.h'):
        for name, offset, code, _ in prototypes(path):
            homes = [source for source in words if any(f == name for f, *_ in functions(source))]
            if not any(name in theirs for source, theirs in words.items() if source not in homes):
                say(path, line_of(code, offset), f'{name}() is public, and nothing outside its file calls it')


def check_contracts():
    """A prototype has its contract right above it, or above its group; a sentence, and not a question."""
    for path in sources('lib/*/*.h'):
        for name, offset, code, text in prototypes(path):
            start = text.rfind('\n\n', 0, offset) + 2
            group = text[start:offset]
            if group.startswith('#ifndef'):
                group = ''
            match = re.match(r'/\*((?:(?!\*/).)*)\*/', group, re.S)
            if not match:
                if not re.match(r'[^\n]*;\s*/\*', text[offset:]):
                    say(path, line_of(code, offset), f'{name}() has no contract above it')
                continue
            words = re.sub(r'\n \*', ' ', match[1]).split()
            first = re.split(r'[.:;]\s', ' '.join(words))[0]
            if '?' in first or words[0] in ('What', 'Who', 'Where', 'Is', 'Are', 'Does', 'Do', 'Has', 'May', 'Could', 'Would'):
                say(path, line_of(text, start), f'the contract of {name}() does not start with a verb or a noun')


def check_private():
    """A struct's member in a header is used by more than the file of that header; others belong into the source."""
    members = {path: set(re.findall(r'(?:\.|->)(\w+)', split(read(path))[0])) for path in
               sources('lib/*/*.[ch]', 'bin/*.c', 'tests/unit/*.[ch]', 'tests/fuzz/*.[ch]', 'tests/bench/*.c')}
    for path in sources('lib/*/*.h'):
        if path.stem.endswith('_internal'):
            continue
        code, _ = split(read(path))
        for match in re.finditer(r'^struct (\w+) \{\n(.*?)^\}', code, re.M | re.S):
            if match[1] in TABLES:
                continue
            for member in re.finditer(r'(\w+)(?:\[[^\]]*\])*(?:\)\([^;]*)?\s*[;,]', re.sub(r'\{[^}]*\}', '', match[2])):
                name = member[1]
                if not any(name in theirs for other, theirs in members.items()
                           if other not in (path, path.with_suffix('.c'))):
                    say(path, line_of(code, match.start(2)) + match[2].count('\n', 0, member.start()),
                        f'only {path.stem}.c uses the member {name} of struct {match[1]}')


def check_messages():
    """Nothing decides by the words of a message."""
    for path in sources('lib/*/*.c', 'bin/*.c'):
        code, _ = split(read(path))
        for match in re.finditer(r'\b(?:str(?:n?cmp|r?chr|str|c?spn|pbrk)|memcmp|memchr|memmem)\((?:[^();]|\([^();]*\))*\bmsg\b|\bmsg\[', code):
            say(path, line_of(code, match.start()), 'searches a message; decide by err->code')


def banned():
    """The phrases that the glossary bans: (regular expression, what to write)."""
    rows = []
    on = False
    for line in read(Path('lib/README.md')).split('\n'):
        if line.startswith('| Not |'):
            on = True
        elif not line.startswith('|'):
            on = False
        elif on and not line.startswith('| ---'):
            phrases, keep, write = (cell.strip() for cell in line.strip('|').split('|'))
            for phrase in re.findall(r'`([^`]+)`', phrases):
                rows.append((phrase, re.findall(r'`([^`]+)`', keep), write))
    return rows


def prose():
    """Every text for people: (path, text with blanks for what is not prose)."""
    for path in sources('lib/*/*.[ch]', 'lib/*/*.def', 'bin/*.c', 'tests/unit/*.[ch]', 'tests/fuzz/*.[ch]', 'tests/bench/*.c',
                        'tests/fault/*.c'):
        text = split(read(path))[1]
        text = re.sub(r'"[^"\n]*\.h"', lambda m: ' ' * len(m[0]), text)
        yield path, re.sub(r'(?<=\n)[ \t]*\*(?!/)|"\n[ \t]*"', lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
    for path in sources('man/*.[157]'):
        yield path, re.sub(r'(?m)^\.\\".*$|^\.(Bd|Ed|Dd|Dt|Os|Xr|Ql|Li|Pa).*$|^\.[A-Z]\w', lambda m: ' ' * len(m[0]), read(path))
    for path in sources('README.md', 'lib/README.md', 'examples/README.md', '.github/*.md', 'tests/*/README.md'):
        yield path, re.sub(r'(?m)^\|.*$', lambda m: ' ' * len(m[0]), read(path))
    for path in sources('tests/*.t', 'tests/*.sh', 'tests/*/*.sh', 'examples/scripts/*', 'examples/*.sh', 'tests/*.mk', 'Makefile',
                        '.ci/*', 'examples/github/*/workflows/*.yml', 'examples/github/*/actions/*/*.yml'):
        if path.is_file():
            kept = []
            for line in read(path).split('\n'):
                match = re.match(r'^(\s*(?:\w+ \|\| |\[.*\] \|\| )?ok )(\'[^\']*\'|"(?:\\.|[^"])*")|^(.*?(?:^|\s))(# .*)$', line)
                if match and match[2]:
                    kept.append(' ' * len(match[1]) + match[2])
                elif match:
                    kept.append(' ' * len(match[3]) + match[4])
                else:
                    kept.append('')
            yield path, '\n'.join(kept)
    for path in sources('tests/*.py', 'tests/*/*.py'):
        yield path, '\n'.join((re.search(r'(?:^|\s)# .*$', line) or [''])[0] for line in read(path).split('\n'))


def check_phrases():
    """Comments, messages, pages and test sentences have none of the phrases that the glossary bans."""
    # a pattern that begins with a letter, in text of one case, is found by a search for that letter
    rows = [(re.compile(re.sub(r'\\? ', r'\\s+', re.escape(phrase.lower())) + r'(?![\w-])'), phrase,
             [re.compile(re.sub(r'\\? ', r'\\s+', re.escape(k.lower()))) for k in keep], write) for phrase, keep, write in banned()]
    if len(rows) < 25:
        say('lib/README.md', 1, f'the glossary bans {len(rows)} phrases, fewer than 25')
    for path, text in prose():
        lower = text.encode().lower().decode()
        for pattern, phrase, keep, write in rows:
            for match in pattern.finditer(lower):
                if re.match(r'[\w-]', lower[match.start() - 1:match.start()]):
                    continue
                around = lower[max(0, match.start() - 60):match.end() + 60]
                at = match.start() - max(0, match.start() - 60)
                if not any(k.start() <= at < k.end() for one in keep for k in one.finditer(around)):
                    say(path, line_of(text, match.start()), f'"{phrase}" (write: {write})')


def check_paths():
    """Every path that lib/README.md names exists, and it names every file of lib/."""
    path = Path('lib/README.md')
    text = read(path)
    for match in re.finditer(r'`((?:lib|bin|man|tests|examples|\.ci|\.github|base|process|yaml|git|merge|forge|gitops|override|publish|release|report)'
                             r'/[\w./*-]+|Makefile|README\.md)`', text):
        name = match[1]
        if 'NAME' not in name and not any(list(Path(top).glob(name)) for top in ('.', 'lib')):
            say(path, line_of(text, match.start()), f'{name} does not exist')
    for source in sources('lib/*/*.c'):
        if f'`{source.stem}`' not in text and f'`{source.parent.name}/{source.name}`' not in text:
            say(path, 1, f'{source} is not named')
    for match in re.finditer(r'`(rk_\w+)\(\)`', text):
        if not any(re.search(rf'\b{match[1]}\(', read(source)) for source in sources('lib/*/*.[ch]')):
            say(path, line_of(text, match.start()), f'{match[1]}() does not exist')
    for match in re.finditer(r'`(\w+)\(\)` in `([\w/]+\.c)`', text):
        if not re.search(rf'^{match[1]}\(', read(Path('lib', match[2])), re.M):
            say(path, line_of(text, match.start()), f'{match[2]} does not define {match[1]}()')


CHECKS = {name[6:]: check for name, check in globals().items() if name.startswith('check_')}

if __name__ == '__main__':
    os.chdir(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent.parent)
    CHECKS[sys.argv[1]]()
    print('\n'.join(found), end='\n' if found else '')
    sys.exit(1 if found else 0)
