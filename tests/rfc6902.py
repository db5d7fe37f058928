"""The table of RFC 6901 and RFC 6902 cases (rfc6902.json) against python-jsonpatch and against applypatch --patch.

usage: rfc6902.py form | oracle | filter json | filter yaml

A case has a rule (the sentence of the RFC in our words), a document, a patch (or patch_text, for what a parsed patch cannot
show), and either the expected document or an error: "malformed", where the patch is not a JSON Patch, or "unsuccessful",
where one of its operations fails.  Prints a line for each case that does not hold; the status is then 1.
"""
import collections, json, os, subprocess, sys, tempfile
import jsonpatch, jsonpointer
from oracle import load, pointers, same

OPERATIONS = {'add', 'remove', 'replace', 'move', 'copy', 'test'}

# python-jsonpatch 1.32 on these cases, and the sentence of the RFC that it does not follow.
DEVIATIONS = {
    'Where an add names the root, an array may become an object.':
        'RFC 6902, 4.1: the root is replaced, whatever it was; it raises TypeError for an array',
    'The whole document may be copied into itself.':
        'RFC 6902, 4.5: from names any location that exists; it looks for a member of that name',
    'Values are equal only where they have the same type: true is not 1.':
        'RFC 6902, 4.6: equal means of the same JSON type; Python says True == 1',
    'Values are equal only where they have the same type: 0 is not false.':
        'RFC 6902, 4.6: equal means of the same JSON type; Python says 0 == False',
    'In an object the token - is a name.':
        'RFC 6901, 4: - is special in arrays only; it refuses to replace such a member',
    'An index has no leading zeros: 01 is not an index of test.':
        'RFC 6901, 4: an index is 0, or digits without a leading 0; it reads 01 as 1',
    'An index has no leading zeros: 00 is not an index of remove.':
        'RFC 6901, 4: an index is 0, or digits without a leading 0; it reads 00 as 0',
    'An index has no leading zeros: 01 is not an index of add.':
        'RFC 6901, 4: an index is 0, or digits without a leading 0; it reads 01 as 1',
    'A token that names nothing ends the evaluation: a scalar has no members.':
        'RFC 6901, 4: a scalar has neither members nor elements; it takes the characters of a string',
}


def patch_text(case):
    return case['patch_text'] if 'patch_text' in case else json.dumps(case['patch'])


def form(cases):
    """The faults of the table itself."""
    faults = []
    for case in cases:
        wrong = set(case) - {'rfc', 'section', 'rule', 'doc', 'patch', 'patch_text', 'expected', 'error'}
        if wrong or ('patch' in case) == ('patch_text' in case) or ('expected' in case) == ('error' in case) or 'doc' not in case:
            faults.append((case['rule'], 'its members are %s' % sorted(case)))
        if case['rfc'] not in ('6901', '6902') or not case['section'].isdigit() and case['section'][:2] != '4.':
            faults.append((case['rule'], 'no such section'))
        if case.get('error', 'malformed') not in ('malformed', 'unsuccessful') or not case['rule'].endswith('.'):
            faults.append((case['rule'], 'no such error, or not a sentence'))
    rules = collections.Counter(case['rule'] for case in cases)
    faults += [(rule, 'is there twice') for rule, n in rules.items() if n > 1]
    good = collections.Counter(op['op'] for case in cases if 'expected' in case for op in case.get('patch', []))
    bad = collections.Counter(op['op'] for case in cases if 'error' in case and isinstance(case.get('patch'), list)
                              for op in case['patch'][-1:] if isinstance(op, dict) and isinstance(op.get('op'), str))
    faults += [(op, 'fewer than five cases that succeed, or that fail') for op in OPERATIONS if good[op] < 5 or bad[op] < 5]
    if len(cases) < 120:
        faults.append(('the table', 'has only %d cases' % len(cases)))
    print('# %d cases' % len(cases))
    return faults


def by_jsonpatch(case):
    """What python-jsonpatch makes of it: a pair of the document, and the exception or None."""
    try:
        return jsonpatch.JsonPatch.from_string(patch_text(case)).apply(case['doc']), None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, ValueError) as e:   # the last two for odd tokens
        return None, e


def agrees(case):
    got, exception = by_jsonpatch(case)
    if 'error' in case:
        return exception is not None
    return exception is None and same(got, case['expected'])


def oracle(cases):
    faults = [(rule, 'no such case') for rule in DEVIATIONS.keys() - {case['rule'] for case in cases}]
    for case in cases:
        before = json.dumps(case['doc'])
        if agrees(case) == (case['rule'] in DEVIATIONS):
            faults.append((case['rule'], 'python-jsonpatch gives %r, %r' % by_jsonpatch(case)))
        if json.dumps(case['doc']) != before:
            faults.append((case['rule'], 'python-jsonpatch changes the document in place'))
    print('# %d cases, %d of them exceptions with the sentence that python-jsonpatch does not follow' % (len(cases), len(DEVIATIONS)))
    return faults


def lines(value, indent=''):
    """Block YAML, all strings in double quotes."""
    if not isinstance(value, (dict, list)) or not value:
        return [indent + json.dumps(value, ensure_ascii=False)]
    out = []
    for key in value if isinstance(value, dict) else range(len(value)):
        lead = indent + (json.dumps(key, ensure_ascii=False) + ':' if isinstance(value, dict) else '-')
        below = lines(value[key], indent + '  ')
        if isinstance(value[key], (dict, list)) and value[key]:
            out += [lead + '  # kept'] + below
        else:
            out.append(lead + ' ' + below[0].lstrip())
    return out


def through_filter(cases, yaml):
    faults = []
    with tempfile.TemporaryDirectory() as tmp:
        patch = os.path.join(tmp, 'patch.json')
        for case in cases:
            with open(patch, 'w') as f:
                f.write(patch_text(case))
            text = '\n'.join(lines(case['doc'])) + '\n' if yaml else json.dumps(case['doc'])
            p = subprocess.run(['applypatch', '--patch', patch], input=text.encode(), stdout=-1, stderr=-1)
            status = {'malformed': 65, 'unsuccessful': 1, None: 0}[case.get('error')]
            new = p.stdout.decode()
            if p.returncode != status:
                faults.append((case['rule'], 'status %d, not %d: %s' % (p.returncode, status, p.stderr.decode())))
            elif status and new:
                faults.append((case['rule'], 'a patch that fails has written %r' % new))
            elif not status and not same(load(new), case['expected']):
                faults.append((case['rule'], 'gives %r' % new))
            elif not status and not case.get('patch', [0]) and new != text:
                faults.append((case['rule'], 'an empty patch has changed a byte: %r' % new))
    return faults


def main():
    with open(os.path.join(os.path.dirname(__file__), 'rfc6902.json'), encoding='utf-8') as f:
        cases = json.load(f)
    how = sys.argv[1]
    faults = form(cases) if how == 'form' else oracle(cases) if how == 'oracle' else through_filter(cases, sys.argv[2] == 'yaml')
    for rule, why in faults:
        print('%s: %s' % (rule, why))
    sys.exit(1 if faults else 0)


main()
