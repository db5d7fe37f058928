#!/usr/bin/env python3
"""object.py MANIFEST [CHANGE ...] <MANIFEST: print the object that a cluster has of a manifest, healthy and synced, as JSON.

CHANGE is a Python statement on o, the object; app and flux are its kinds.
"""
import json
import sys

import yaml

o = next(each for each in yaml.safe_load_all(open(sys.argv[1])) if each['kind'] in ('Application', 'HelmRelease'))
if o['kind'] == 'Application':
    # as Argo CD writes it: an Application with sources has an empty source there
    spec = json.loads(json.dumps(o['spec']))
    compared = {'source': spec.get('source', {'repoURL': ''}), 'destination': spec.get('destination', {})}
    if 'sources' in spec:
        compared['sources'] = spec['sources']
    o['metadata'].setdefault('namespace', 'argocd')
    o['status'] = {
        'sync': {'status': 'Synced', 'revision': '1.4.0', 'comparedTo': compared},
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
