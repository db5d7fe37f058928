"""options.py TESTS PROGRAM ...: print "PROGRAM OPTION" for each option in a program's --help that no test uses.

A test uses it if PROGRAM.t has it, or a line that names the program; or a test that names the program, if no other program has it.
A line ends where the shell says so.
"""
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

tests, programs = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
texts = {path: path.read_text(encoding='utf-8', errors='replace').replace('\\\n', ' ')
         for pattern in ('*.t', '*.sh', '*/*.rows') for path in tests.glob(pattern)}


def options(program):
    usage = subprocess.run([program, '--help'], capture_output=True, text=True, check=True).stdout
    return re.findall(r'^  (?:-(.), |    )(--[a-z0-9-]+)', usage, re.M)


def names(program):
    return re.compile(rf'(?<![\w/.-]){re.escape(program.name)}(?![\w.-])').search


def uses(letter, long):
    short = rf'|(?<!\S)-[qvn0]*{letter}' if letter else ''
    return re.compile(rf'(?<!\S){long}(?![\w-]){short}').search


every = {program: options(program) for program in programs}
count = Counter(long for those in every.values() for _, long in those)
for program, those in every.items():
    own = [texts.get(tests / f'{program.name}.t', '')]
    lines = own + [line for text in texts.values() for line in text.split('\n') if names(program)(line)]
    files = [text for text in texts.values() if names(program)(text)]
    for letter, long in those:
        if not any(map(uses(letter, long), lines + files if count[long] == 1 else lines)):
            print(program.name, long)
