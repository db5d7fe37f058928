"""Read ringreport's reports back, with readers that share no code with it, and compare them with the records.

	report.py hostile		a stream whose names and reasons are hostile
	report.py many N		one of N records, of all the tables' kinds
	report.py FORMAT STREAM <report	check that the report has the stream's contents, and nothing else
	report.py cut FORMAT STREAM LIMIT <report	check that it is well-formed, within LIMIT bytes, and counts what it lacks

FORMAT is markdown (as HTML, from a renderer), html, text, github or slack.
"""

import html.parser
import json
import re
import sys

HOSTILE = [
    "a|b||c", "|", "\\|", "a\\\\|b", "\\", "end\\", "`", "``x```", "`|`", "a`b", "` x `", " x ", "two  spaces",
    "first\nsecond", "a\r\n| x | y |", "\t", "<script>alert(1)</script>", "</td></tr></table>", "</details>", "<!-- x -->",
    "-->", "--", "]]>", "<![CDATA[x]]>", "<img src=x onerror=y>", "&lt;b&gt;", "&#124;", "&", "@octocat", "@org/team",
    "(@octocat)", "#123", "GH-123", "owner/repo#1", "https://evil.example/x?a=1&b=2", "www.evil.example",
    "someone@evil.example", "mailto:someone@evil.example", "4f2a9c1d0e8b7a6c5f4e3d2c1b0a99887766554f", "**b**", "_i_",
    "*", "~~s~~", "[x](http://evil.example)", "![x](y)", "[x]: /url", "- x", "# h", "> q", "1. x", "---", "| --- |", "===",
    "::error::x", "%0A::error::y", "::stop-commands::z", "##[add-mask]a", "${{ secrets.X }}", "$x$", ":tada:", "\x1b[31m",
    "a\u202eb", "\u200b", "\u2028", "\ue000", "\u00e9\u20ac\U0001f600", "<!here>", "<@U1>", "<https://evil.example|x>",
    "'; DROP", '"', "x" * 3000, "\U0001f600" * 1001, "|" * 1200, "`" * 900, "@" * 999 + "<",
]


def shown(text):
    """A string as one line, by ring-records(5) and ringreport(1): escapes, and a limit with a count."""
    out = []
    for c in text[:1000]:
        if c in "\n\t\r":
            out.append({"\n": "\\n", "\t": "\\t", "\r": "\\r"}[c])
        elif c < " ":
            out.append("\\x%02x" % ord(c))
        elif c in "\u202e\u200b\u2028":
            out.append("\\u%04x" % ord(c))
        else:
            out.append(c)
    if len(text) > 1000:
        out.append("... (+%d)" % (len(text) - 1000))
    return "".join(out)


def reason(text):
    return f"found {text} and ({text}), want {text}: look at {text}"


def emit(records):
    refused = sum(r["type"] == "refused" for r in records)
    records.append({"type": "end", "by": "test", "records": len(records), "refused": refused})
    for record in records:
        print(json.dumps(record, ensure_ascii=False, separators=(",", ":")))


def result(tenant, status="committed", **more):
    return {"type": "result", "tenant": tenant, "path": "p", "service": "atlas", "ring": "ring-a", "action": "set",
            "status": status, "branch": "main", **more}


def hostile():
    records = []
    for text in HOSTILE:
        records += [
            {"type": "refused", "by": "mkpatch", "code": "shadowed", "reason": reason(text), "tenant": text},
            {"type": "refused", "by": "cohort-resolve", "code": text, "reason": "no cohort", "label": text},
            {"type": "finding", "code": "no-such-path", "reason": reason(text), "chart": text, "path": text},
            result(text, cohorts=[text]),
            result(text, "unchanged", cohorts=[text]),
            {"type": "override", "tenant": text, "service": text, "ring": text, "chart": text, "gate": "held",
             "image": {"repository": "r", "tag": text}, "since": text, "reason": reason(text)},
            {"type": "sync", "branch": text, "status": text, "old": "0", "new": "1", "discarded": [
                {"path": text, "kind": "hunk", "line": 3, "lines": [text, "```", "~~~"]}]},
            {"type": "selector", "label": text, "source": text, "key": text, "value": text},
            {"type": "release", "action": "keep", "service": text, "ring": text, "labels": [text], "reasons": [text],
             "warnings": [{"code": text, "paths": [text]}], "image": {"repository": text, "tag": text}},
        ]
    emit(records)


def many(n):
    records = []
    for i in range(n):
        name = "t\u20ac-%d|`<&" % i
        records.append([
            {"type": "refused", "by": "mkpatch", "code": "shadowed", "reason": reason(name), "tenant": name},
            result(name), result(name, "unchanged"),
            {"type": "sync", "branch": name, "status": "merged", "old": "0", "new": "1",
             "discarded": [{"path": name, "kind": "hunk", "line": i, "lines": ["`" * (i % 7)]}]},
            {"type": "finding", "code": "no-such-path", "reason": reason(name), "path": name}][i % 5])
    emit(records)


class Page(html.parser.HTMLParser):
    """The tables, lists, texts and folds of an HTML page.  Its end tags must fit; so must its tables' rows."""

    OURS = {"h1", "h2", "h3", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "pre",
            "details", "summary", "html", "head", "body", "title", "style", "meta", "header", "main", "script", "div", "span",
            "time", "label", "input", "output", "a"}
    VOID = {"meta", "input"}
    ATTRIBUTES = {"class", "id", "lang", "charset", "name", "content", "http-equiv", "scope", "colspan", "data-label", "data-key",
                  "data-sort", "data-column", "aria-label", "aria-labelledby", "aria-sort", "datetime", "hidden", "for", "type",
                  "autocomplete", "placeholder", "href", "rel", "align"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tables, self.text, self.comments = [], [], [], []
        self.items, self.pre, self.plain = [], [], []
        self.board, self.ring, self.classes = [], None, []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"
        for table in self.tables:
            assert table[0][0] == "Tenant" and "Gate" in table[0] or all(len(row) == len(table[0]) for row in table), f"a broken table: {table[0]}"

    def handle_starttag(self, tag, attrs):
        assert tag in self.OURS, f"a tag that is not ours: {tag} {attrs}"
        assert set(dict(attrs)) <= self.ATTRIBUTES, f"attributes that are not ours: {attrs}"
        assert not dict(attrs).get("href") or re.fullmatch(r"https://github\.com/[\w./?=%+-]+", dict(attrs)["href"]), attrs
        if tag in self.VOID:
            return
        self.open.append(tag)
        self.classes.append(dict(attrs).get("class", dict(attrs).get("data-label", "")))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
            if "ring" == self.classes[-1]:
                self.ring = {"name": "", "service": ""}
            elif self.ring is not None:
                self.board.append({"ring": self.ring})
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "li":
            self.items.append("")
        elif tag == "pre":
            self.pre.append("")

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> where it does not fit"
        self.classes.pop()
        if tag == "table":
            self.ring = None

    def handle_data(self, data):
        if not {"code", "pre"} & set(self.open):
            self.plain.append(data)
        if self.ring is not None and "tr" in self.open:
            row = self.ring if "ring" in self.classes else self.board[-1]
            for name in self.classes[self.open.index("tr"):]:
                row[name] = row.get(name, "") + data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
        elif "li" in self.open:
            self.items[-1] += data
        elif "pre" in self.open:
            self.pre[-1] += data
        elif not {"style"} & set(self.open):
            self.text.append(data)

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_decl(self, decl):
        assert decl == "DOCTYPE html"

    def unknown_decl(self, data):
        raise AssertionError("a declaration: " + data)

    handle_pi = unknown_decl


def expected(records):
    """What each column must have, by the records: a list of (columns, rows)."""
    kinds = [
        (["Tenant", "Code", "Reason"], [[r.get("tenant", r.get("label", "")), r["code"], r["reason"]]
                                        for r in records if r["type"] == "refused"]),
        (["Chart", "Path", "Code", "Reason"], [[r.get("chart", ""), r.get("path", ""), r["code"], r["reason"]]
                                               for r in records if r["type"] == "finding"]),
        (["Tenant", "Change", "Status", "Cohorts"], [[r["tenant"], "set", r["status"], " ".join(r.get("cohorts", []))]
                                                     for r in records if r["type"] == "result"]),
        (["Tenant", "Service", "Ring", "Charts", "Tag", "Since", "Reason"],
         [[r["tenant"], r["service"], r["ring"], r["chart"], r["image"]["tag"], r["since"], r["reason"]]
          for r in records if r["type"] == "override"]),
        (["Ring", "Status", "Before", "After"], [[r["branch"], r["status"], r["old"], r["new"]]
                                                for r in records if r["type"] == "sync"]),
        (["Label", "Source", "Key", "Value"], [[r["label"], r["source"], r["key"], r["value"]]
                                               for r in records if r["type"] == "selector"]),
        (["Service", "Ring", "Action", "Reasons", "Image"],
         [[r["service"], r["ring"], r["action"], "; ".join(r["reasons"]), r["image"]["repository"] + ":" +
           r["image"]["tag"]] for r in records if r["type"] == "release"]),
        (["Service", "Ring", "Code", "Path"], [[r["service"], r["ring"], r["warnings"][0]["code"],
                                                r["warnings"][0]["paths"][0]]
                                               for r in records if r["type"] == "release"]),
    ]
    return [(columns, [[shown(cell) for cell in row] for row in rows]) for columns, rows in kinds if rows]


def board(read, records):
    """Check that the board has exactly the overrides; return how many."""
    want = [[shown(r["tenant"]), shown(r["service"]), shown(r["ring"]), shown(r["chart"]), shown("r:" + r["image"]["tag"]),
             shown(r["since"]), shown(r["gate"]), shown(r["reason"])] for r in records if r["type"] == "override"]
    have = [[row["name"], row["ring"]["service"], row["ring"]["name"], row["sub"], row["image"], row["when"],
             row["idle state"], row["sub why"]] for row in read.board]
    for row in want:
        assert row in have, f"missing on the board: {row}"
    assert len(want) == len(have), f"{len(have)} rows of the board, not {len(want)}"
    return len(want)


def lines_of(records):
    for r in records:
        for d in r.get("discarded", []):
            yield shown(f"{r['branch']}: {d['path']}:{d['line']} ({d['kind']})")
            for line in d["lines"]:
                yield shown("- " + line)


def page(text, records, stripped):
    """Check that the page's tables have exactly the records' cells.  Sentences lose outer blanks in Markdown."""
    read = Page(text)
    same = (lambda cell: cell.strip()) if stripped else (lambda cell: cell)
    # GitHub makes mentions, references and links only outside code
    found = [t for t in read.plain if re.search(r"@|#\d|GH-|://|www\.|[0-9a-f]{40}", t)]
    assert not stripped or not found, f"not in code: {found[:3]}"
    got = {}
    for table in read.tables:
        for row in table[1:]:
            got.setdefault(tuple(table[0]), []).append([same(cell) for cell in row])
    checked = 0 if stripped else board(read, records)
    for columns, rows in expected(records):
        if not stripped and "Since" in columns:
            continue
        have = []
        for head, body in got.items():
            if set(columns) <= set(head) and ("Label" in columns) == ("Label" in head):
                have += [[row[head.index(name)] for name in columns] for row in body]
        if "Label" in columns:   # rows of a release's labels have no other cell
            have = [row for row in have if any(row[1:])]
        want = [[same(cell) for cell in row] for row in rows]
        missing = [row for row in want if row not in have]
        assert not missing, f"{len(missing)} rows of {columns} are missing, the first {missing[0]} of {have[:3]}"
        assert len(have) == len(want), f"{len(have)} rows of {columns}, not {len(want)}"
        checked += len(want)
    lines = list(lines_of(records))
    assert not lines or lines in [pre.strip("\n").split("\n") for pre in read.pre], "the displaced lines are not there"
    assert len(read.comments) <= 1 and all(re.fullmatch(r" ringkit:report[ =A-Za-z0-9._/%-]* ", c) for c in read.comments)
    print(checked, "rows")


def unescape(text, table):
    return re.sub("|".join(map(re.escape, table)), lambda m: table[m.group()], text)


def annotations(text):
    """Workflow commands, as the runner reads them."""
    found = []
    for line in text.split("\n")[:-1]:
        m = re.fullmatch(r"::(error|warning|notice)(?: ([^:]*))?::(.*)", line)
        assert m, f"no annotation: {line!r}"
        properties = {}
        for pair in filter(None, (m.group(2) or "").split(",")):
            name, value = pair.split("=", 1)
            properties[name] = unescape(value, {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","})
        found.append((m.group(1), properties, unescape(m.group(3), {"%25": "%", "%0D": "\r", "%0A": "\n"})))
    return found


def github(text, records):
    found = annotations(text)
    want = [(r["code"] + ": " + r.get("tenant", r.get("label", "")) if r["type"] == "refused" else r["code"],
             r["reason"]) for r in records if r["type"] in ("refused", "finding")]
    errors = [(p.get("title"), m) for kind, p, m in found if kind == "error"]
    most = want if len(want) <= 10 else want[:9]
    assert errors[:len(most)] == [(shown(t), shown(m)) for t, m in most], errors
    if len(want) > 10:
        assert errors[9:] == [(None, f"{len(want) - 9} more are not shown.")], errors[9:]
    for kind in ("error", "warning", "notice"):
        assert sum(k == kind for k, _, _ in found) <= 10
    print(len(errors), "errors")


def slack_lines(text):
    message = json.loads(text)
    assert len(message["blocks"]) <= 50
    lines = []
    for block in message["blocks"]:
        body = block["text"]["text"]
        assert 0 < len(body) <= (150 if block["type"] == "header" else 3000), len(body)
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", body), body
        if block["text"]["type"] == "plain_text":
            assert block["text"]["emoji"] is False
            lines += unescape(body, {"&lt;": "<", "&gt;": ">", "&amp;": "&"}).split("\n")
        else:
            assert re.fullmatch(r"\*[A-Za-z ,]+\*(: \d+)?|[0-9]+ (more|rows? of further tables) (is|are) not shown\.", body), body
    return lines


def slack(text, records):
    lines = slack_lines(text)
    want = ["\u2022 " + " \u00b7 ".join(filter(None, row)) for columns, rows in expected(records[:40]) for row in rows
            if columns[0] == "Tenant" and columns[1] == "Code"]
    want = [line for line in want if len(line.encode()) < 2500]
    missing = [line for line in want if line not in lines]
    assert want and not missing, f"{len(missing)} of {len(want)} are missing: {missing[:2]}"
    print(len(want), "lines")


def text(body, records):
    for line in body.split("\n"):
        assert not re.match(r"\s*::", line), f"a command: {line}"
        assert "##[" not in line, f"a command: {line}"
        assert not re.search("[\x00-\x1f\x7f\u202e\u200b\u2028]", line)
    flat = [re.sub(" +", " ", line) for line in body.split("\n")]
    rows = 0
    for _, want in expected(records):
        for row in want:
            cells = [re.sub(" +", " ", c).strip().replace("##[", "##\\[") for c in row]
            assert any(all(c in line for c in cells) for line in flat), f"missing: {row}"
            rows += 1
    print(rows, "rows")


def cut(kind, body, records, limit):
    assert len(body.encode()) <= limit, f"{len(body.encode())} bytes"
    total = 0
    for columns, rows in expected(records):
        total += len(rows)
    total += len(list(lines_of(records)))
    left = sum(int(n) for n in re.findall(r"(\d+) (?:more|rows? of further tables) (?:is|are) not shown\.", body))
    if kind in ("markdown", "html"):
        read = Page(body)
        have = sum(len(table) - 1 for table in read.tables) + sum(len(p.strip("\n").split("\n")) for p in read.pre if p.strip("\n"))
    elif kind == "slack":
        lines = slack_lines(body)
        have = sum(bool(re.match("\u2022 .*\u00b7|t\u20ac-.*: t|- `*$", line)) for line in lines)
        have -= sum(bool(re.match("\u2022 (Branch|shadowed \u00b7 Remove|displaced) ", line)) for line in lines)
    else:
        have = len(re.findall(r"(?m)^  [-|]", body)) - len(re.findall(r"(?m)^  - (?:Branch|shadowed  +Remove|displaced) ", body))
    assert have + left >= total, f"{have} shown and {left} not, of {total}"
    assert have + left <= total + 3, f"{have} shown and {left} not, of {total}"   # advice and details may be cut as well
    print(have, "shown", left, "not")


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8")
    if command == "hostile":
        hostile()
    elif command == "many":
        many(int(args[0]))
    else:
        stream = args[-2] if command == "cut" else args[0]
        with open(stream, encoding="utf-8", newline="\n") as f:
            given = [json.loads(line) for line in f.read().split("\n") if line]
        given = [r for r in given if r["type"] != "end"]
        if command == "cut":
            cut(args[0], sys.stdin.read(), given, int(args[2]))
        elif command in ("markdown", "html"):
            page(sys.stdin.read(), given, command == "markdown")
        else:
            {"github": github, "slack": slack, "text": text}[command](sys.stdin.read(), given)
