"""Which manifests have no place for a mark at a service's image?

usage: flow.py SERVICE FILE ...

Prints json, flow or block for each file: the whole is JSON, or an image of the service is in a flow map, or neither.
"""
import sys
import yaml

PATHS = {"atlas": [["atlas", "atlas", "image"], ["atlas-read", "atlas", "image"]], "heracles": [["heracles", "image"]]}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def maps(node):
    """Every map in a node, also in strings that hold YAML."""
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from maps(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from maps(value)
    elif isinstance(node, yaml.ScalarNode) and "\n" in node.value:
        try:
            yield from maps(yaml.compose(node.value, Loader=LOADER))
        except yaml.YAMLError:
            pass


def is_flow(here, path):
    """Is a map, or one that the path leads to from there, in flow style?"""
    for key in path:
        if not isinstance(here, yaml.MappingNode):
            return False
        if here.flow_style:
            return True
        here = next((v for k, v in here.value if k.value == key), None)
    return isinstance(here, yaml.MappingNode) and here.flow_style


for name in sys.argv[2:]:
    with open(name, encoding="utf-8", newline="") as file:
        text = file.read()
    if text.lstrip().startswith("{"):
        print("json")
        continue
    roots = [root for root in yaml.compose_all(text, Loader=LOADER) if root]
    found = [is_flow(here, path) for root in roots for here in maps(root) for path in PATHS[sys.argv[1]]
             if any(k.value == path[0] for k, _ in here.value)]
    print("flow" if any(found) else "block")
