"""changes.py REPO COUNT DIR: one line more in COUNT manifests of a repository, for each who is to commit them.

DIR/patches	records for applypatch
DIR/files	for bench/commit
DIR/import	for git fast-import
DIR/info	for git update-index --index-info, with ids to come from DIR/paths
DIR/paths	the new files, for git hash-object --stdin-paths
DIR/tree/	the new files
"""
import json
import os
import subprocess
import sys

repo, count, to = sys.argv[1], int(sys.argv[2]), sys.argv[3]
entries = [line.split() for line in subprocess.run(["git", "-C", repo, "ls-tree", "-r", "main"], stdout=subprocess.PIPE, check=True,
                                                   text=True).stdout.splitlines()]
entries = [entries[i * len(entries) // count] for i in range(count)]
blobs = subprocess.run(["git", "-C", repo, "cat-file", "--batch"], stdout=subprocess.PIPE, check=True,
                       input="".join("%s\n" % blob for _, _, blob, _ in entries).encode()).stdout
patches, files, stream, paths = (open(os.path.join(to, n), "wb") for n in ("patches", "files", "import", "paths"))
stream.write(b"commit refs/heads/main\ncommitter Ann <ann@example.com> 1700000000 +0000\ndata 6\nBench\nfrom refs/heads/main^0\n")
at = 0
for number, (_, _, blob, name) in enumerate(entries):
    end = blobs.index(b"\n", at)
    size = int(blobs[at:end].split()[2])
    text = blobs[end + 1:end + 1 + size] + b"          bench: b%d\n" % number
    at = end + 1 + size + 1
    part = text[:size].decode().rsplit("\n        part-", 1)[1].split(":")[0]
    patches.write(json.dumps({
        "type": "patch", "tenant": name.split("/")[-2], "path": name, "document": 0, "blob": blob, "service": "atlas",
        "ring": "ring-bench", "action": "set", "image": {"repository": "x/atlas-ring-bench", "tag": "b"}, "edits": [
            {"at": "", "patch": [{"op": "add", "path": "/spec/source/helm/valuesObject/part-%s/bench" % part,
                                  "value": "b%d" % number}]}]}, separators=(",", ":")).encode() + b"\n")
    files.write(b"%s %d\n%s" % (name.encode(), len(text), text))
    stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(text), text))
    path = os.path.join(to, "tree", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text)
    paths.write(path.encode() + b"\n")
patches.write(b'{"type":"end","by":"bench","records":%d,"refused":0}\n' % count)
with open(os.path.join(to, "info"), "w") as info:
    info.writelines(name + "\n" for *_, name in entries)
