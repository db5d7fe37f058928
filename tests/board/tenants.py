#!/usr/bin/env python3
"""tenants.py manifests DIR N: write manifests of N tenants to DIR/tenants.
tenants.py objects DIR OVERRIDES: print what a cluster has of them at OVERRIDES, the records of ringls.

Each eighth tenant or so does not run its ring, for a reason that Argo CD gives.
"""
import contextlib
import io
import json
import os
import runpy
import sys

NAMES = ('acme beta corvid delta ember fjord glacier harbor iris juniper kestrel lumen meridian nimbus orchid pelican quartz '
         'raven sable tundra umbra vesper willow xenon yarrow zephyr').split()
LONG = 'the-national-institute-of-oceanographic-measurement-production-eu-central-1'

# what is changed of the object of every tenant whose number has that remainder
TROUBLE = {
    5: "status['health'] = {'status': 'Degraded', 'message': 'Deployment \"atlas\" exceeded its progress deadline: 2 of 3 replicas"
       " are updated, back-off 5m0s restarting failed container=atlas pod=atlas-6c9f7d5b8-x2x9k'}",
    11: "status['sync']['status'] = 'OutOfSync'",
    17: "status['health'] = {'status': 'Progressing'}",
    22: "status['summary']['images'] = ['docker.io/library/redis:7']",
}
EVERY = 40


def name(i):
    if i == 7:
        return LONG
    return NAMES[i % len(NAMES)] + ('-%d' % (i // len(NAMES) + 1) if i >= len(NAMES) else '')


def manifests(top, n):
    for i in range(n):
        tenant = name(i)
        os.makedirs(f'{top}/tenants/{tenant}')
        with open(f'{top}/tenants/{tenant}/application.yaml', 'w') as file:
            file.write(f'''apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {tenant}
  namespace: argocd
spec:
  project: tenants
  destination:
    name: {tenant}-eu
    namespace: atlan
  source:
    chart: atlan
    repoURL: https://charts.example.com
    targetRevision: {"1.5.0" if i % 3 == 0 else "1.4.0"}
    helm:
      valuesObject:
        atlas:
          atlas: {{}}
        atlas-read:
          atlas:
            replicas: {i % 5 + 1}
        global:
          domain: {tenant}.example.com
''')


def objects(top, overrides):
    images = {}
    for line in open(overrides):
        record = json.loads(line)
        if record['type'] == 'override':
            images.setdefault(record['tenant'], []).append('%(repository)s:%(tag)s' % record['image'])
    found = []
    for number, (tenant, runs) in enumerate(images.items()):
        if number % EVERY == 30:    # its object was deleted
            continue
        changes = [f"status['summary']['images'] += {runs!r}"] + [TROUBLE[k] for k in TROUBLE if k == number % EVERY]
        sys.argv = ['object.py', f'{top}/tenants/{tenant}/application.yaml', *changes]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            runpy.run_path(os.path.join(os.path.dirname(__file__), '../live/object.py'))
        found.append(json.loads(out.getvalue()))
    json.dump({'apiVersion': 'v1', 'kind': 'List', 'items': found}, sys.stdout)


if sys.argv[1] == 'manifests':
    manifests(sys.argv[2], int(sys.argv[3]))
else:
    objects(sys.argv[2], sys.argv[3])
