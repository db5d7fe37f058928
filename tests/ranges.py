#!/usr/bin/env python3
"""ranges.py SEED VERSIONS RANGES: write files of these names: versions, and ranges of them as Helm reads them; some are invalid."""
import random
import sys

seed, n_versions, n_ranges = map(int, sys.argv[1:])
pick = random.Random(seed)
OPERATORS = ['', '', '^', '~', '>=', '<=', '>', '<', '!=', '=', '~>', '=>', '=<']


def number():
    return pick.choice('001123')


def version():
    pre = '-' + pick.choice(['0', 'rc.1', 'rc.2', 'alpha', 'beta.11', '1', '2', 'a-b']) if pick.random() < 0.35 else ''
    return '.'.join(number() for _ in range(3)) + pre


def part():
    numbers = [pick.choice([number(), number(), number(), number(), 'x', '*', 'X']) for _ in range(pick.choice([1, 2, 3, 3]))]
    pre = '-' + pick.choice(['0', 'rc.1', 'beta']) if pick.random() < 0.2 else ''
    return ('v' if pick.random() < 0.05 else '') + '.'.join(numbers) + pre


def group():
    if pick.random() < 0.1:
        return part() + ' - ' + part()
    if pick.random() < 0.05:
        return pick.choice(['', '>', '1 <', '>=1<2', '1,,2', 'a', '1.2.3.4', '^ ^1', '1.0.0-'])
    comparators = (pick.choice(OPERATORS) + pick.choice(['', '', '', ' ']) + part() for _ in range(pick.choice([1, 1, 1, 2, 2, 3])))
    return pick.choice([' ', ', ', ',', ' , ']).join(comparators)


def written():
    """A range that is not one version, which would be looked for by its name."""
    while True:
        text = pick.choice([' || ', '||']).join(group() for _ in range(pick.choice([1, 1, 1, 1, 2])))
        if any(c in text for c in '*^~<>=|!, xX'):
            return text


with open('versions', 'w') as file:
    print(*sorted({version() for _ in range(n_versions)}), sep='\n', file=file)
with open('ranges', 'w') as file:
    print(*(written() for _ in range(n_ranges)), sep='\n', file=file)
