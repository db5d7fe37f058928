#!/usr/bin/env python3
"""manifest-values.py CATALOG SERVICE MANIFEST: the Helm values that the manifest gives its chart, by PyYAML and the rules of
Argo CD and Flux; without the parameters.  Exit status 1 if it deploys no chart of the service, or several."""
import json
import sys

import yaml


class Loader(yaml.SafeLoader):
    """PyYAML's, with dates as strings, as Go reads them into an interface for JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in resolvers if tag != 'tag:yaml.org,2002:timestamp']
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def load(text):
    return list(yaml.load_all(text, Loader))


with open(sys.argv[1], encoding='utf-8') as file:
    catalog = load(file.read())[0]
charts = {part for name in catalog['services'][sys.argv[2]]['charts'] for part in name.split('/')}
charts.add(catalog['umbrella']['chart'])
with open(sys.argv[3], encoding='utf-8-sig', newline='') as file:
    documents = load(file.read())


def last(path):
    return str(path or '').rstrip('/').split('/')[-1]


def of_source(source):
    if source.keys() & {'kustomize', 'directory', 'plugin'}:
        return None
    url = str(source.get('repoURL', ''))
    name = source.get('chart') or (url if url.startswith('oci://') else source.get('path'))
    if last(name) not in charts:
        return None
    helm = source.get('helm') or {}
    values = helm.get('valuesObject')
    if values is None:
        values = load(helm.get('values') or '') or [None]
        values = values[0]
    return values or {}


def of_object(document):
    """The values of each chart that the object deploys."""
    api = str(document.get('apiVersion', '')).split('/')[0]
    kind = document.get('kind')
    if kind == 'List' and api == 'v1':
        return [v for item in document['items'] for v in of_object(item)]
    if kind == 'Application' and api == 'argoproj.io':
        spec = document['spec']
        dry = (spec.get('sourceHydrator') or {}).get('drySource')
        found = [of_source(s) for s in ([dry] if dry else spec.get('sources') or [spec['source']])]
        return [v for v in found if v is not None]
    if kind == 'HelmRelease' and api == 'helm.toolkit.fluxcd.io':
        spec = document['spec']
        chart = ((spec.get('chart') or {}).get('spec') or {}).get('chart')
        return [] if chart and last(chart) not in charts else [spec.get('values') or {}]
    return [document] if kind is None and 'apiVersion' not in document else []


found = [v for d in documents if isinstance(d, dict) for v in of_object(d)]
if not [d for d in documents if d]:
    found = [{}]
if len(found) != 1 or not isinstance(found[0], dict):
    sys.exit(1)
json.dump(found[0], sys.stdout, sort_keys=True)
