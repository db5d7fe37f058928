"""workflows.py FILE ...: what an example workflow must not do; one line for each fault, status 1 when there is one."""

import re
import sys

import yaml


def uses(node):
    """Every step or job that uses something else."""
    if isinstance(node, dict):
        if isinstance(node.get("uses"), str):
            yield node
        for value in node.values():
            yield from uses(value)
    elif isinstance(node, list):
        for value in node:
            yield from uses(value)


def scripts(node):
    """Every text that something executes."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("run", "script") and isinstance(value, str):
                yield value
            else:
                yield from scripts(value)
    elif isinstance(node, list):
        for value in node:
            yield from scripts(value)


def faults(document):
    jobs = document.get("jobs", {})
    if jobs and "permissions" not in document:
        yield "no permissions"
    for name, job in jobs.items():
        if "permissions" not in job:
            yield f"job {name}: no permissions"
    for text in scripts(document):
        if "${{" in text:
            yield f"an expression in a script: {text.strip().splitlines()[0]}"
        if re.search(r"[^|]\|[^|]", text) and "pipefail" not in text:
            yield f"a pipeline without pipefail: {text.strip().splitlines()[0]}"
    for one in uses(document):
        if not re.fullmatch(r"\./[\w./-]+|[\w./-]+@[0-9a-f]{40}", one["uses"]):
            yield f"not pinned: {one['uses']}"
    # PyYAML reads the key "on" as true
    events = document.get(True) or {}
    if "pull_request_target" in events:
        for one in uses(document):
            if one["uses"].startswith("actions/checkout@"):
                yield "pull_request_target checks something out beside a secret"
        if list(scripts(document)):
            yield "pull_request_target runs a script of its own"
    for one in uses(document):
        if re.search(r"head[._](ref|sha)", str((one.get("with") or {}).get("ref", ""))):
            yield "the head of a pull request is checked out"


bad = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for fault in faults(yaml.safe_load(file)):
            print(f"{path}: {fault}")
            bad = 1
sys.exit(bad)
