"""manifests.py COUNT: a git fast-import stream of one commit with COUNT manifests of 5 KB.

The same bytes each time.  Their keys are alike and their values are not, so that a pack holds them in about 2 KB
each.  One in a hundred holds an override, and one in ten has escapes that might hide one.
"""
import random
import sys

WORDS = "replicas memory cpu heap storage retention timeout interval endpoint bucket region class limit burst".split()
count = int(sys.argv[1])
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
    digits = "%010000x" % rnd.getrandbits(40000)
    part = at = 0
    while size < 4900:
        lines = ["        part-%d:" % part]
        for word in range(part, part + 6):
            kind, some = int(digits[at], 16), digits[at + 1:at + 65]
            at += 65
            lines.append("          %s: %s" % (WORDS[word % len(WORDS)], int(some[:5], 16) if kind < 3 else
                                               "f" + some[1:] if kind < 6 else "%s-x%s" % (tenant, some[:10]) if kind < 9 else
                                               '"x%s\\n"' % some[:31] if kind < 12 else
                                               "https://x%s.%s.example.com/%s" % (some[:14], tenant, WORDS[word % len(WORDS)])))
        text += lines
        size += sum(map(len, lines)) + len(lines)
        part += 1
    return "\n".join(text).encode() + b"\n"


out.write(b"commit refs/heads/main\ncommitter Ann <ann@example.com> 1 +0000\ndata 0\n\n")
for i in range(count):
    text = manifest("t%06d" % i, random.Random(i), i % 100 == 7)
    out.write(b"M 644 inline tenants/t%06d/application.yaml\ndata %d\n%s\n" % (i, len(text), text))
