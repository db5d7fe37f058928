"""report.py DIRECTORY LINES BRANCHES: what the counters in DIRECTORY say of lib/ and bin/.

Print the totals and the ten files with the most branches that are not reached; write DIRECTORY/report.txt, which names each line
and branch that is not reached.  Exit with 1 if fewer per cent are reached.

Left out is one branch a loop of jansson's json_array_foreach() and json_object_foreach(): it asks whether an element that exists
is NULL.
"""
import json
import os
import re
import subprocess
import sys

directory, lines, branches = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
subprocess.run(["gcovr", "--root", ".", "--filter", "(lib|bin)/.*", "--exclude-unreachable-branches", "--exclude-throw-branches",
                "-j", str(os.cpu_count()), "--json", directory + "/report.json", directory + "/obj"], check=True)


class Kind:
    def __init__(self, name, least):
        self.name, self.least, self.total, self.missed = name, least, 0, 0

    def line(self):
        reached = 100 * (self.total - self.missed) / max(self.total, 1)
        return f"{self.name}: {reached:.1f} % of {self.total} ({self.missed} not reached), at least {self.least:g} %"

    def holds(self):
        return self.total and 100 * (self.total - self.missed) >= self.least * self.total


FOREACH = re.compile(r"\bjson_(array|object)_foreach\(")
all_lines, all_branches = Kind("lines", lines), Kind("branches", branches)
worst, left_out = [], 0
with open(directory + "/report.json") as found, open(directory + "/report.txt", "w") as report:
    for file in json.load(found)["files"]:
        missed = [0, 0]
        with open(file["file"]) as f:
            source = f.read().split("\n")
        for line in file["lines"]:
            if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
                continue
            taken = [branch["count"] for branch in line["branches"]]
            if FOREACH.search(source[line["line_number"] - 1]) and len(taken) == 4 and not taken[3]:
                del taken[3]
                left_out += 1
            all_lines.total += 1
            all_branches.total += len(taken)
            missed[0] += not line["count"]
            missed[1] += taken.count(0)
            if not line["count"]:
                print(f"{file['file']}:{line['line_number']}: line", file=report)
            elif 0 in taken:
                print(f"{file['file']}:{line['line_number']}: {taken.count(0)} of {len(taken)} branches", file=report)
        all_lines.missed += missed[0]
        all_branches.missed += missed[1]
        worst.append((missed[1], missed[0], file["file"]))

print("not reached: branches, lines")
for missed_branches, missed_lines, name in sorted(worst, reverse=True)[:10]:
    print(f"{missed_branches:6} {missed_lines:6}  {name}")
for kind in all_lines, all_branches:
    print(kind.line())
print(f"left out: {left_out} branches that the macros of loops over JSON make")
sys.exit(0 if all_lines.holds() and all_branches.holds() else 1)
