#!/usr/bin/env python3
"""Applications whose Helm values are a string, in every style of YAML: usage: strings.py DIR

Writes DIR/tenants/tN/application.yaml, and prints how many.  Each string is written in each style, with each chomping and
indentation indicator, at the end of the file and before other lines; what PyYAML does not read as that string is left out.
"""

import json
import os
import sys

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONTENTS = [
    "", "\n", "{}", "{}\n", "# only a comment\n", "# only a comment", "a: 1", "a: 1\n", "a: 1\n\n", "a: it's\nb: \"x\"\n", "- a\n",
    "heracles: {}\n", "heracles: {}", "heracles:\n", "heracles: null\n", "heracles: {a: b}\n", "heracles:\n  a: b\n", "heracles:\n  image: {}\n",
    "heracles:\n  image:\n    pullPolicy: Always\n", "a: 1\nheracles:\n  a: b\nc: 2\n", "{a: 1}", "{a: 1}\n", '{"a": 1}', '{"a": 1}\n',
    '{"heracles": {}}', '{"heracles": {"image": {}}}', "{heracles: {image: {a: b}}}\n", '{\n  "a": 1\n}\n', "heracles: {image: {a: b}}\n",
    '{\n  "heracles": {\n    "a": 1\n  }\n}', "\na: 1\n", "a: 1\n# end\n", "a: |\n  x\n  y\n", "a: |-\n  x\n", "a: |+\n  x\n\n",
    "a: >\n  x\n  y\n", "x: [1, 2]\ny:\n- a\n- b\n", "a: &x 1\nb: *x\n", "---\na: 1\n", "a: 1\n...\n", "  a: 1\n  b: 2\n",
    "a:\n\n  b: 1\n\nc: 2\n", 'a: "q\\""\n', "a: 1 # c\n", '"a": 1\n', "other:\n    four: 1\n", "heracles: # c\n  a: b\n", "heracles: {} # c\n",
    "heracles:\n  a: |+\n    x\n\nb: 1\n", "heracles:\n  image:\n    a: |+\n      x\n\n\n# c\nb: 1\n", "a: |+\n  x\n\nheracles:\n  b: >+\n    y\n\n\n",
    "a: 1   \n", "a: 1\n \n", "key: \u00e9\n", "a: 1\n\n\n# c\n\n", "heracles: {image: {}}\n", "heracles: {image: null}\n",
]
HEAD = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  source:\n    chart: atlan\n"
FOLLOWING = ["\n", "\n\n      # c\n      releaseName: x\n", " # c\n  destination: {}\n"]


def quoted(text):
    """The string in single and in double quotes, on one line if it has one."""
    yield json.dumps(text)
    yield "'" + text.replace("'", "''").replace("\n", "\n\n          ") + "'"


def styles(text):
    """The string in every style, in a map that is indented by six columns."""
    yield from quoted(text)
    yield json.dumps(text, ensure_ascii=False)
    yield '"' + json.dumps(text)[1:-1].replace("\\n", "\\n\\\n        ") + '"'
    yield "'" + text.replace("'", "''").replace("\n", "\n\n") + "'"
    yield "'" + text.replace("'", "''").replace("\n", "\n\n        ") + "'"
    for header in ("|", "|-", "|+", "|2", "|2-", "|2+", "|4", ">", ">-", ">+", ">2"):
        indent = " " * (10 if "4" in header else 8)
        body = text.removesuffix("\n")
        if header[0] == ">":
            body = body.replace("\n", "\n\n")
        for blank in ("", indent):
            lines = "".join("\n" + (indent + line if line else blank) for line in body.split("\n"))
            for end in ("", "\n", "\n\n"):
                yield header + lines + end


def manifests(text):
    for string in styles(text):
        for following in FOLLOWING:
            yield HEAD + "    helm:\n      values: " + string + following
    for string in quoted(text):
        yield HEAD + "    helm: {values: " + string + "}\n"
        yield HEAD + "    helm: {values: " + string + ", releaseName: x}\n"
    application = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": {"source": {"chart": "atlan", "helm": {"values": text}}}}
    yield json.dumps(application)
    yield json.dumps(application, indent=2) + "\n"


def is_read(manifest, text):
    """Whether PyYAML reads the string, except for line breaks at its end, which a chomping indicator can change."""
    try:
        values = yaml.load(manifest, Loader=LOADER)["spec"]["source"]["helm"]["values"]
    except yaml.YAMLError:
        return False
    return isinstance(values, str) and values.rstrip("\n") == text.rstrip("\n")


def main():
    written = dict.fromkeys(manifest for text in CONTENTS for manifest in manifests(text) if is_read(manifest, text))
    for n, manifest in enumerate(written):
        directory = f"{sys.argv[1]}/tenants/t{n}"
        os.makedirs(directory)
        with open(f"{directory}/application.yaml", "w", encoding="utf-8") as file:
            file.write(manifest)
    print(len(written))


main()
