#!/usr/bin/env python3
"""object.py MANIFEST [CHANGE ...] <MANIFEST: print the object that a cluster has of a manifest, healthy and synced, as JSON.

CHANGE is a Python statement on o, the object; app and flux are its kinds.
"""
import json
import sys

import yaml

o = yaml.safe_load(open(sys.argv[1]))
if o['kind'] == 'Application':
    helm = json.dumps(o['spec'])
    o['metadata'].setdefault('namespace', 'argocd')
    o['status'] = {
        'sync': {'status': 'Synced', 'revision': '1.4.0', 'comparedTo': {'destination': {}, **{
            name: value for name, value in json.loads(helm).items() if name in ('source', 'sources')}}},
        'health': {'status': 'Healthy', 'lastTransitionTime': '2026-11-01T10:00:00Z'},
        'operationState': {'phase': 'Succeeded', 'startedAt': '2026-11-01T09:58:00Z', 'finishedAt': '2026-11-01T09:59:00Z'},
        'reconciledAt': '2026-11-01T10:10:00Z',
        'summary': {'images': ['docker.io/library/redis:7']},
        'resources': [{'kind': 'Deployment', 'name': 'atlas', 'status': 'Synced', 'health': {'status': 'Healthy'}}],
    }
else:
    o['metadata'].update(generation=3, namespace=o['metadata'].get('namespace', 'flux'))
    o['status'] = {
        'observedGeneration': 3,
        'conditions': [{'type': 'Released', 'status': 'True'},
                       {'type': 'Ready', 'status': 'True', 'reason': 'UpgradeSucceeded', 'message': 'Helm upgrade succeeded',
                        'lastTransitionTime': '2026-11-01T09:59:30Z'}],
        'history': [{'chartName': 'atlan', 'chartVersion': '1.4.0', 'lastDeployed': '2026-11-01T09:59:00Z', 'status': 'deployed'}],
    }
status = o['status']
for change in sys.argv[2:]:
    exec(change)
json.dump(o, sys.stdout)
