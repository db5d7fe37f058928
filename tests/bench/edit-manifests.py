"""Argo CD manifests of 2.8 to 7.6 KB as a team writes them, with the values in a map or in a literal string.

usage: edit-manifests.py COUNT map|string DIR  (writes DIR/N.yaml and DIR/edits.jsonl: what the release changes in each)
"""
import json, os, random, sys

count, inside, out = int(sys.argv[1]), sys.argv[2] == 'string', sys.argv[3]
os.makedirs(out, exist_ok=True)
SERVICES = ['heracles', 'chronos', 'heka', 'numaflow', 'metastore', 'lineage', 'query', 'workflow', 'playground', 'search']


def service(r, name):
    lines = ['%s:' % name, '  enabled: %s' % r.choice(['true', 'false'])]
    if r.random() < 0.5:
        lines += ['  # sized on %d March, see the capacity sheet' % r.randint(1, 31)]
    lines += ['  replicaCount: %d' % r.randint(1, 5), '  resources:', '    requests:', '      cpu: %dm' % (50 * r.randint(1, 20)),
              '      memory: %dMi' % (128 * r.randint(1, 16)), '    limits:', '      memory: "%dGi"' % r.randint(1, 8)]
    if r.random() < 0.5:
        lines += ['  env:'] + ['  - {name: %s_%d, value: "%d"}' % (name.upper(), i, r.randint(0, 999)) for i in range(r.randint(1, 4))]
    if r.random() < 0.4:
        lines += ['', '  nodeSelector:', "    workload: '%s'   # dedicated" % r.choice(['batch', 'online'])]
    return lines


def values(r, size):
    tag = '%040x' % r.getrandbits(160)
    lines = ['# values of this tenant', 'global:', '  domain: t%d.example.com' % r.randint(1, 9999), '  tier: gold # until renewal']
    image = ['atlas:', '  atlas:', '    image:', '      repository: ghcr.io/atlanhq/atlas-metastore-ring-x', '      tag: %s' % tag,
             '    replicas: %d' % r.randint(1, 3)]
    parts, n = [image], 0
    while sum(len(l) + 9 for p in parts for l in p) + 900 < size:
        parts.append(service(r, SERVICES[n % len(SERVICES)] + (str(n // len(SERVICES)) if n >= len(SERVICES) else '')))
        n += 1
    r.shuffle(parts)
    for part in parts:
        lines += part
        if r.random() < 0.2:
            lines.append('')
    return lines, tag


def manifest(r, n):
    lines, tag = values(r, r.randint(2800, 7500))
    head = ['# tenant %d' % n, 'apiVersion: argoproj.io/v1alpha1', 'kind: Application', 'metadata:', '  name: tenant-%d' % n,
            '  namespace: argocd', '  labels: {tier: gold, "ring": none}', '  annotations:',
            '    notifications.argoproj.io/subscribe.on-sync-failed.slack: releases', '  finalizers:',
            '  - resources-finalizer.argocd.argoproj.io', 'spec:', '  project: tenants', '  destination:',
            '    server: https://kubernetes.default.svc', '    namespace: tenant-%d' % n, '  source:',
            '    repoURL: https://charts.example.com', '    chart: atlan', "    targetRevision: '1.%d.0'" % r.randint(1, 40),
            '    helm:', '      releaseName: atlan']
    head.append('      values: |' if inside else '      valuesObject:')
    lines = [' ' * 8 + l if l else '' for l in lines]
    while not lines[-1]:
        lines.pop()
    foot = ['  syncPolicy:', '    automated: {prune: true, selfHeal: true}', '    syncOptions:', '    - CreateNamespace=true',
            '  # the operator scales these', '  ignoreDifferences:', '  - group: apps', '    kind: Deployment', '    jsonPointers:',
            '    - /spec/replicas']
    return '\n'.join(head + lines + foot) + '\n'


with open(os.path.join(out, 'edits.jsonl'), 'w') as edits:
    for n in range(count):
        r = random.Random(1000003 + n)
        text = ''
        while not 2800 <= len(text) <= 7600:
            text = manifest(r, n)
        with open(os.path.join(out, '%d.yaml' % n), 'w') as f:
            f.write(text)
        patch = [{'op': 'replace', 'path': ('' if inside else '/spec/source/helm/valuesObject') + '/atlas/atlas/image/tag',
                  'value': '%040x' % (r.getrandbits(156) | 0xa << 156)}]
        edits.write(json.dumps([{'at': '/spec/source/helm/values' if inside else '', 'patch': patch}]) + '\n')
