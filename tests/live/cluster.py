#!/usr/bin/env python3
"""cluster.py DIR: write a GitOps repository's files to DIR/gitops, and to DIR/apps.json what a cluster has of them, patched by hand.

20 overrides: ten tenants with values in a map (map-0 to map-9), four in a string (string-0 to string-3), two with both charts of
a service (two-0, two-1); one whose manifest has an image of another author (foreign), one with only one chart of two (half).
"""
import copy
import json
import os
import sys

import yaml

top = sys.argv[1]
REGISTRY = 'ghcr.io/atlanhq/'
apps = []


def image(name, ring='ring-x', tag='5e0c1f7'):
    return {'repository': REGISTRY + name + '-' + ring, 'tag': tag}


def tenant(name, values, patch, string=False):
    manifest = {
        'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Application', 'metadata': {'name': name, 'namespace': 'argocd'},
        'spec': {'project': 'tenants', 'source': {
            'repoURL': 'https://charts.example.com', 'chart': 'atlan', 'targetRevision': '1.4.0', 'helm': {}},
            'destination': {'server': 'https://kubernetes.default.svc', 'namespace': name}}}
    live = copy.deepcopy(manifest)
    patched = copy.deepcopy(values)
    patch(patched)
    if string:
        manifest['spec']['source']['helm']['values'] = 'VALUES'
        live['spec']['source']['helm']['values'] = yaml.safe_dump(patched)
    else:
        manifest['spec']['source']['helm']['valuesObject'] = values
        live['spec']['source']['helm']['valuesObject'] = patched
    text = yaml.safe_dump(manifest, sort_keys=False)
    if string:
        block = ''.join('        ' + line + '\n' for line in yaml.safe_dump(values, sort_keys=False).splitlines())
        text = text.replace('values: VALUES\n', 'values: |\n' + block)
    os.makedirs(f'{top}/gitops/tenants/{name}')
    with open(f'{top}/gitops/tenants/{name}/application.yaml', 'w') as file:
        file.write(f'# {name}\n' + text)
    live['status'] = {'sync': {'status': 'OutOfSync'}, 'health': {'status': 'Healthy'}}
    apps.append(live)


def heracles(values):
    values.setdefault('heracles', {})['image'] = image('heracles')


def atlas(values):
    for chart in 'atlas', 'atlas-read':
        values[chart] = {'atlas': {'image': image('atlas-metastore')}}


def half(values):
    atlas(values)
    del values['atlas-read']


def common(name):
    return {'global': {'domain': name + '.example.com', 'ratio': 1.0, 'limit': 1e3}, 'heracles': {'replicas': 2}}


for i in range(10):
    tenant(f'map-{i}', common(f'map-{i}'), heracles)
for i in range(4):
    tenant(f'string-{i}', common(f'string-{i}'), heracles, True)
for i in range(2):
    tenant(f'two-{i}', common(f'two-{i}'), atlas)
tenant('foreign', {'heracles': {'image': {'repository': 'ghcr.io/ann/heracles', 'tag': 'mine'}}}, heracles)
tenant('half', common('half'), half)
tenant('plain', common('plain'), lambda values: None)
with open(f'{top}/apps.json', 'w') as file:
    json.dump({'apiVersion': 'v1', 'items': apps, 'kind': 'List', 'metadata': {}}, file, indent=4)
