"""manifests.py COUNT flat|sharded: a git fast-import stream of one commit with COUNT manifests of 5 KB.

The same bytes each time.  Their keys are alike and their values are not, so that a pack holds them in about 2 KB
each.  One in a hundred holds an override, and one in ten has escapes that might hide one.
"""
import random
import sys

WORDS = "replicas memory cpu heap storage retention timeout interval endpoint bucket region class limit burst".split()
count, shape = int(sys.argv[1]), sys.argv[2]
out = sys.stdout.buffer


def manifest(tenant, rnd, ring):
    text = ["apiVersion: argoproj.io/v1alpha1", "kind: Application", "metadata:", "  name: " + tenant,
            "  namespace: argocd", "spec:", "  project: tenants", "  destination:", "    name: %s-eu" % tenant,
            "    namespace: atlan", "  source:", "    chart: atlan", "    repoURL: https://charts.example.com",
            "    targetRevision: 1.%d.0" % rnd.randrange(9), "    helm:", "      valuesObject:"]
    if ring:
        for chart in "atlas", "atlas-read":
            text += ["        %s:" % chart, "          atlas:", "            image:",
                     "              repository: ghcr.io/atlanhq/atlas-metastore-ring-bench", "              tag: a%039x" % 1]
    text += ["        global:", "          domain: %s.example.com" % tenant]
    if rnd.random() < .1:
        text.append('          pattern: "^[a-z]+\\\\.%s$"' % tenant)
    size = sum(map(len, text)) + len(text)
    part = 0
    while size < 4900:
        lines = ["        part-%d:" % part]
        for word in rnd.sample(WORDS, 6):
            lines.append("          %s: %s" % (word, rnd.choice((
                "%d" % rnd.randrange(1 << 20), "%064x" % rnd.getrandbits(256), "%s-%x" % (tenant, rnd.getrandbits(40)),
                '"%x\\n"' % rnd.getrandbits(128), "https://%x.%s.example.com/%s" % (rnd.getrandbits(60), tenant, word)))))
        text += lines
        size += sum(map(len, lines)) + len(lines)
        part += 1
    return "\n".join(text).encode() + b"\n"


def paths():
    for i in range(count):
        shard = "%03d/" % (i * 1000 // count) if shape == "sharded" else ""
        yield i, "t%06d" % i, "tenants/%st%06d/application.yaml" % (shard, i)


out.write(b"commit refs/heads/main\ncommitter Ann <ann@example.com> 1 +0000\ndata 0\n\n")
for i, tenant, path in paths():
    text = manifest(tenant, random.Random(i), i % 100 == 7)
    out.write(b"M 644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text))
