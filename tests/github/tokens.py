#!/usr/bin/env python3
"""tokens.py OWNER INPUT=NAME ...: the tokens of the example workflows, as the stand-in for GitHub has them in its state.

A token that a workflow asks for is called WORKFLOW-STEP, and may do what the workflow asks for in the repositories that it
names.  INPUT=NAME says which repository an input of the workflows is.  "person" may do all that a person may.
"""
import json
import re
import sys
from pathlib import Path

import yaml

WORKFLOWS = Path(__file__).resolve().parents[2] / 'examples/github/releases/workflows'
owner, *words = sys.argv[1:]
names = dict(word.split('=') for word in words)
everything = dict.fromkeys(('contents', 'pull_requests', 'issues', 'actions', 'environments', 'members'), 'write')
tokens = {'person': {'login': 'ann', 'type': 'User', 'repositories': {'*': everything}}}
for name in ('converge', 'cleanup', 'sync'):
    workflow = yaml.safe_load((WORKFLOWS / f'{name}.yml').read_text(encoding='utf-8'))
    steps = [step for job in workflow['jobs'].values() for step in job['steps']
             if step.get('uses', '').startswith('actions/create-github-app-token@')]
    for step in steps:
        wanted = {key.removeprefix('permission-').replace('-', '_'): value for key, value in step['with'].items()
                  if key.startswith('permission-')}
        inputs = re.findall(r'(?:inputs|matrix)\.([\w-]+)', step['with']['repositories'])
        tokens[f"{name}-{step['id']}"] = {'login': 'ringkit[bot]', 'type': 'Bot', 'repositories': {
            f'{owner}/{names[one]}': wanted for one in inputs if one in names}}
json.dump(tokens, sys.stdout)
