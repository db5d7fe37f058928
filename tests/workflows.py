"""workflows.py FILE ...: what an example workflow must not do; one line for each fault, status 1 when there is one.

workflows.py --if JOB EVENT FILE: print whether the job runs at the event, a JSON object of github's members.
"""

import json
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


# The key may be read on the default branch only: what these events run is from there, and so is their ref.
SAFE_EVENTS = {"pull_request_target", "workflow_run", "schedule", "workflow_dispatch", "workflow_call"}


def steps(document):
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", [])
    yield from document.get("runs", {}).get("steps", [])


def faults_of_key(document, events):
    """The App's key comes from the environment, which admits the default branch only."""
    inherits = False
    for name, job in document.get("jobs", {}).items():
        secrets = re.findall(r"secrets\.(?!GITHUB_TOKEN)[\w-]+", json.dumps(job))
        if "uses" in job:
            if secrets or job.get("secrets", "inherit") != "inherit":
                yield f"job {name} passes a secret that every branch can read"
        elif secrets and job.get("environment") != "ringkit":
            yield f'job {name} reads {secrets[0]} without "environment: ringkit"'
        inherits |= bool(secrets) or job.get("secrets") == "inherit"
    if not inherits:
        return
    for event, how in events.items():
        if event == "push" and (how or {}).get("branches") in (["main"], ["master"]):
            continue
        if event not in SAFE_EVENTS:
            yield f"{event} does not run on the default branch, which the environment requires"


def faults_of_pins(document, text):
    for one in uses(document):
        if not re.fullmatch(r"\./[\w./-]+|[\w./-]+@[0-9a-f]{40}", one["uses"]):
            yield f"not pinned: {one['uses']}"
    for line in re.findall(r"uses: (?!\./)(.*)", text):
        if not re.fullmatch(r"\S+ # (v\d+\.\d+\.\d+|replace by a commit that you have reviewed)", line):
            yield f"no version in a comment: {line}"
    for job in document.get("jobs", {}).values():
        for image in [job.get("container"), *(job.get("services") or {}).values()]:
            image = image.get("image") if isinstance(image, dict) else image
            if image and not re.fullmatch(r"[\w./:-]+@sha256:[0-9a-f]{64}", image):
                yield f"not pinned: {image}"


def faults(document, text):
    jobs = document.get("jobs", {})
    if jobs and "permissions" not in document:
        yield "no permissions"
    for name, job in jobs.items():
        if "permissions" not in job:
            yield f"job {name}: no permissions"
    for script in scripts(document):
        if "${{" in script:
            yield f"an expression in a script: {script.strip().splitlines()[0]}"
        if re.search(r"[^|]\|[^|]", script) and "pipefail" not in script:
            yield f"a pipeline without pipefail: {script.strip().splitlines()[0]}"
    yield from faults_of_pins(document, text)
    # PyYAML reads the key "on" as true
    events = document.get(True) or {}
    yield from faults_of_key(document, events)
    if "pull_request_target" in events:
        for one in uses(document):
            if one["uses"].startswith("actions/checkout@"):
                yield "pull_request_target checks something out beside a secret"
        if list(scripts(document)):
            yield "pull_request_target runs a script of its own"
    for one in uses(document):
        if re.search(r"head[._](ref|sha)", str((one.get("with") or {}).get("ref", ""))):
            yield "the head of a pull request is checked out"
    if re.search(r"ghcr\.io/\$(\{\{ *github\.repository|GITHUB_REPOSITORY|\{GITHUB_REPOSITORY(_OWNER)?\})", text):
        yield "an image's name may have capitals, as the repository's owner may"
    for one in steps(document):
        if one.get("uses", "").startswith("docker/build-push-action@") and "arm64" not in str(one["with"].get("platforms")):
            yield "the image is for one architecture only"


def runs(document, job, github):
    """Whether a job's condition holds, which may use github's members, !, &&, ||, ==, !=, contains and startsWith."""
    words = {"&&": " and ", "||": " or ", "!": " not "}

    def member(match):
        value = github
        for name in match[1].split("."):
            value = (value or {}).get(name)
        return repr(value or "")
    parts = re.split(r"('[^']*')", document["jobs"][job]["if"])
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"&&|\|\||!(?!=)", lambda match: words[match[0]], parts[number])
        parts[number] = re.sub(r"\bgithub\.([\w.]+)", member, parts[number])
    return eval("".join(parts).replace("\n", " "), {  # pylint: disable=eval-used
        "contains": lambda text, part: part.lower() in text.lower(),
        "startsWith": lambda text, part: text.lower().startswith(part.lower())})


if sys.argv[1] == "--if":
    with open(sys.argv[4], encoding="utf-8") as file:
        print("runs" if runs(yaml.safe_load(file), sys.argv[2], json.loads(sys.argv[3])) else "skipped")
    sys.exit()
bad = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
        for fault in faults(yaml.safe_load(text), text):
            print(f"{path}: {fault}")
            bad = 1
sys.exit(bad)
