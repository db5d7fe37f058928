"""many.py DIR PREFIX COUNT: write COUNT manifests of every shape that the examples in DIR have, each for a tenant of its own, as
one commit for git fast-import."""
import sys
from pathlib import Path

SHAPES = 'acme corvid delta ember fjord halcyon indigo juniper kestrel mistral'.split()
directory, prefix, count = Path(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
texts = [(shape.encode(), (directory / shape / 'application.yaml').read_bytes()) for shape in SHAPES]
out = sys.stdout.buffer
out.write(b'commit refs/heads/main\ncommitter Ann <ann@example.com> 1 +0000\ndata 0\n')
for i in range(1, count + 1):
    name, text = texts[i % len(texts)]
    text = text.replace(name, b'%s%07d' % (prefix, i))
    out.write(b'M 644 inline tenants/%s%07d/application.yaml\ndata %d\n%s\n' % (prefix, i, len(text), text))
