"""Manifests in which one string cannot be read, for each string of tests/manifests in its turn.

usage: odd_strings.py FROM TO

The strings of each YAML file of FROM, keys and values that are plain or quoted, are replaced in their turn by "a\\0b", which YAML
allows and no JSON of ours holds.  TO/DIRECTORY/FILE-N.yaml is the file with the Nth one replaced, so its tenant is FILE-N.
"""
import sys
from pathlib import Path
import yaml

source, target = Path(sys.argv[1]), Path(sys.argv[2])
count = 0
for path in sorted(source.glob('*/*.y*ml')):
    text = path.read_bytes().decode()
    (target / path.parent.name).mkdir(parents=True, exist_ok=True)
    try:
        # the marks count a mark of byte order and both bytes of CRLF, as Python does
        scalars = [event for event in yaml.parse(text, Loader=yaml.SafeLoader)
                   if isinstance(event, yaml.ScalarEvent) and event.style not in ('|', '>') and event.end_mark.index > event.start_mark.index]
    except yaml.YAMLError:
        continue
    for number, scalar in enumerate(scalars):
        start, end = scalar.start_mark.index, scalar.end_mark.index
        changed = text[:start] + '"a\\0b"' + text[end:]
        (target / path.parent.name / f'{path.stem}-{number}.yaml').write_bytes(changed.encode())
        count += 1
print(count)
