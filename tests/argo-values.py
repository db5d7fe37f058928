"""What Argo CD makes Helm render: the values and parameters of an Application's umbrella source.

usage: argo-values.py MANIFEST CHART VALUES-OUT  (prints the --set arguments, one a line)

The order is Argo CD's: parameters over valuesObject over values over valueFiles; a valuesObject, empty or not,
silences values (ApplicationSourceHelm.ValuesYAML).
"""
import json
import sys

import yaml

manifest, chart, out = sys.argv[1:]
with open(manifest, encoding="utf-8-sig", newline="") as file:
    documents = [d for d in yaml.safe_load_all(file.read()) if d]


def deploys(source):
    name = source.get("chart")
    if not name and str(source.get("repoURL", "")).startswith("oci://"):
        name = source["repoURL"].rsplit("/", 1)[-1]
    return (name or source.get("path", "").rstrip("/").rsplit("/", 1)[-1]) == chart


sources = []
for application in (d for d in documents if d.get("kind") == "Application"):
    spec = application["spec"]
    sources += [s for s in spec.get("sources") or [spec["source"]] if deploys(s)]
assert len(sources) == 1, f"{manifest}: {len(sources)} sources deploy {chart}"
helm = sources[0].get("helm") or {}
values = helm.get("valuesObject")
if values is None:
    values = yaml.safe_load(helm.get("values") or "") or {}
with open(out, "w", encoding="utf-8") as file:
    json.dump(values, file)
for parameter in helm.get("parameters") or []:
    print("--set-string" if parameter.get("forceString") else "--set")
    print(f"{parameter['name']}={parameter.get('value', '')}")
