"""Write manifests of every kind and style, from a seed.

usage: manifests.py COUNT SEED DIR [config | set | images]
    writes DIR/tenants/tN/application.yaml; with config, files that have Helm values at /helm/values; with set, one
    ApplicationSet in DIR/set.yaml with an element for each tenant; with images, the services have images already

The services are the examples' atlas (atlas/atlas/image, atlas-read/atlas/image) and heracles (heracles/image).
Some manifests have "{}" at each level of their paths.
"""
import json
import os
import random
import sys

count, seed, out, layout = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], (sys.argv[4:] or [None])[0]
rng = random.Random(seed)
PATHS = [["atlas", "atlas", "image"], ["atlas-read", "atlas", "image"], ["heracles", "image"]]
WORDS = ["global", "redis", "kafka", "celery", "ingress", "flags", "env", "zones", "Überwachung", "a b", "on", "1e3"]


def scalar():
    return rng.choice(["x", "some text", "1.4.0", "on", "0644", "a: b", "# no", "", "long " * 30, "über", True, 3, 1.5, None])


def tree(depth):
    kind = rng.random()
    if depth == 0 or kind < 0.5:
        return scalar()
    if kind < 0.6:
        return rng.choice([{}, []])
    if kind < 0.75:
        return [tree(depth - 1) for _ in range(rng.randint(1, 3))]
    return {w: tree(depth - 1) for w in rng.sample(WORDS, rng.randint(1, 4))}


def image():
    """An image that a tenant has: some of its members, in any order, as scalars that charts have there."""
    members = {"repository": rng.choice(["ghcr.io/atlanhq/atlas", "atlas", "registry.example.com:5000/a/b", ""]),
               "tag": rng.choice(["1.4.2", "v1.4.2", "0644", "1e3", "", None, 1.5, 7, "main-41207e5", "a: b", "# no", "über"]),
               "digest": rng.choice(["sha256:" + "ab" * 32, "", None])}
    chosen = {k: v for k, v in members.items() if rng.random() < (0.9 if k != "digest" else 0.2)}
    chosen.update({w: scalar() for w in rng.sample(["pullPolicy", "zz"], rng.randint(0, 2))})
    items = list(chosen.items())
    rng.shuffle(items)
    return dict(items)


def values():
    """Helm values, with maps on the services' paths down to some depth, empty or not."""
    root = {w: tree(2) for w in rng.sample(WORDS, rng.randint(0, 3))}
    for path in PATHS:
        here = root
        whole = layout == "images" and rng.random() < 0.8
        for key in path[: len(path) if whole else rng.randint(0, len(path))]:
            if not isinstance(here.get(key), dict):
                here[key] = {}
            here = here[key]
            if rng.random() < 0.5:
                here[rng.choice(["replicas", "pullPolicy", "zz"])] = scalar()
        if whole:
            here.update(image())
    items = list(root.items())
    rng.shuffle(items)
    return dict(items)


class Writer:
    """Writes a tree in one style: indentation, lists, quotes, and comments at random lines."""

    def __init__(self):
        self.step = rng.choice([2, 2, 2, 4])
        self.indent_lists = rng.random() < 0.5
        self.quote = rng.choice(["plain", "plain", "single", "double"])
        # where there are images, flow style is as rare as in the field
        self.flow = rng.choice([0] * 10 + [0.1, 0.2] if layout == "images" else [0, 0, 0.1, 0.4])
        self.comments = rng.choice([0, 0, 0.2])
        self.blank = rng.choice([0, 0, 0.1])

    def text(self, value, key=False):
        if isinstance(value, Literal):
            return json.dumps("\n".join(value.lines) + "\n", ensure_ascii=False)
        if value is None:
            return rng.choice(["null", "~"])
        if not isinstance(value, str):
            return json.dumps(value)
        plain = value in ("x", "some text", "über", "1.4.0") or value.replace("-", "").replace(" ", "").isalpha() and value != "on"
        if not plain or self.quote == "double" and not (key and rng.random() < 0.5):
            return json.dumps(value, ensure_ascii=False)
        return "'" + value + "'" if self.quote == "single" and not key else value

    def flowed(self, value):
        if isinstance(value, dict):
            inside = ", ".join(f"{self.text(k, True)}: {self.flowed(v)}" for k, v in value.items())
            return "{" + inside + "}" if rng.random() < 0.7 or not inside else "{ " + inside + " }"
        if isinstance(value, list):
            return "[" + ", ".join(self.flowed(v) for v in value) + "]"
        return self.text(value)

    def note(self, indent, lines):
        if rng.random() < self.blank:
            lines.append("")
        if rng.random() < self.comments:
            lines.append(" " * indent + "# " + rng.choice(["why: so", "ask Mira", "{{ no }}", "- no list"]))

    def tail(self):
        return "   # so it is" if rng.random() < self.comments else ""

    def block(self, value, indent):
        lines = []
        entries = value.items() if isinstance(value, dict) else [(None, v) for v in value]
        for key, item in entries:
            self.note(indent, lines)
            lead = " " * indent + ("- " if key is None else self.text(key, True) + ":")
            if isinstance(item, Literal):
                lines.append(lead + " " + item.header)
                lines += [(" " * (indent + self.step) + line if line else "") for line in item.lines]
            elif not isinstance(item, (dict, list)) or not item or rng.random() < self.flow:
                lines.append((lead if key is None else lead + " ") + self.flowed(item) + self.tail())
            elif key is None:
                inner = self.block(item, indent + 2)
                if inner[0].lstrip().startswith("#") or not inner[0]:
                    inner = [line for line in inner if line and not line.lstrip().startswith("#")]
                lines += [lead + inner[0][indent + 2 :]] + inner[1:]
            else:
                lines.append(lead + self.tail())
                below = indent + self.step
                if isinstance(item, list) and not self.indent_lists:
                    below = indent
                lines += self.block(item, below)
        return lines


class Literal:
    def __init__(self, lines, header="|"):
        self.lines, self.header = lines, header


def helm():
    """Return a helm block: none, values as a map or as a string in some style, or both."""
    kind = rng.choice(["none", "object", "object", "object", "string", "string", "both", "empty"])
    block = {"releaseName": "atlan"} if rng.random() < 0.5 else {}
    if rng.random() < 0.2:
        block["parameters"] = [{"name": "global.x", "value": "y"}]
    if kind in ("object", "both"):
        block["valuesObject"] = values()
    if kind in ("string", "both"):
        inner = values() or {"global": "x"}
        text = Writer().block(inner, 0)
        style = rng.choice(["|", "|-", "|+", "quoted"])
        joined = "\n".join(text) + "\n"
        block["values"] = joined if style == "quoted" else Literal(text, style)
        if not any(line.strip() for line in text):
            block["values"] = ""
    if kind == "empty":
        block["values"] = ""
    return None if kind == "none" and not block else block


def manifest():
    kinds = ["application"] * 6 + ["sources", "hydrator", "release", "values", "list", "documents"]
    name = rng.choice(kinds * 2 + ["json"] if layout == "images" else kinds + ["json"])
    source = {"repoURL": "https://charts.example.com", "chart": "atlan", "targetRevision": "1.4.0"}
    block = helm()
    if block is not None:
        source["helm"] = block
    spec = {"project": "tenants", "source": source}
    if name == "sources":
        spec = {"sources": [{"repoURL": "https://git.example.com/v.git", "ref": "values"}, source]}
    if name == "hydrator":
        del source["chart"]
        source["path"] = "charts/atlan"
        spec = {"sourceHydrator": {"drySource": source, "syncSource": {"targetBranch": "x"}}}
    whole = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "t"}, "spec": spec}
    if name == "release":
        whole = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {"interval": "5m"}}
        if rng.random() < 0.8:
            whole["spec"]["values"] = values()
    if name == "values":
        whole = values()
    if name == "list":
        other = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"x": "y"}}
        whole = {"apiVersion": "v1", "kind": "List", "items": [other, whole]}
    if name == "json":
        return name, json.dumps(whole, indent=rng.choice([None, 2, "\t"]), default=lambda o: "\n".join(o.lines) + "\n")
    if rng.random() < 0.3 and name in ("application", "release"):
        whole["spec"]["destination"] = {"namespace": "x"}
    writer = Writer()
    lines = writer.block(whole, 0) or ["{}"]
    if name == "documents":
        lines = ["kind: ConfigMap", "apiVersion: v1", "---"] + lines
    elif rng.random() < 0.2:
        lines = ["---"] + lines
    text = "\n".join(lines) + ("" if rng.random() < 0.1 else "\n")
    if rng.random() < 0.1:
        text = text.replace("\n", "\r\n")
    return name, text


def literal():
    return Literal([line for line in Writer().block(values() or {"global": "x"}, 0) if line.strip()])


def styled(whole):
    return "\n".join(Writer().block(whole, 0)) + ("" if rng.random() < 0.1 else "\n")


def config():
    """Return a file that is no manifest, with values as a map or a string."""
    helm = {"values": literal() if rng.random() < 0.4 else values()}
    return styled({"chart": {"version": "1.4.0"}, "helm": helm, "region": "eu"})


def applicationset():
    """Return an ApplicationSet whose elements have values as maps or strings."""
    elements = [{"name": f"t{n}", "chartVersion": "1.4.0", "overrides": literal() if rng.random() < 0.4 else values(), "z": "x"}
                for n in range(count)]
    spec = {"goTemplate": True, "generators": [{"list": {"elements": elements}}], "template": {"spec": {"source": {"chart": "atlan"}}}}
    return styled({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "spec": spec})


if layout == "set":
    os.makedirs(out)
    with open(os.path.join(out, "set.yaml"), "w", encoding="utf-8", newline="") as file:
        file.write(applicationset())
    count = 0
for n in range(count):
    folder = os.path.join(out, "tenants", f"t{n}")
    os.makedirs(folder)
    with open(os.path.join(folder, "application.yaml"), "w", encoding="utf-8", newline="") as file:
        file.write(config() if layout == "config" else manifest()[1])
