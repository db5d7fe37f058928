"""Every node of files replaced, removed and added beside: is the value right, and every other byte the same?

usage: everywhere.py DRIVER all|some [--strings] FILE ...

With --strings the nodes of Helm values in a string as well: is the string's new value right, and all around it the same?

PyYAML says where the nodes are and which lines an edit may touch; python-jsonpatch says what the value must be.
"""
import collections, os, re, sys
import yaml
from oracle import Driver, RK_OK, RK_REFUSED, apply, construct, get, insertion, is_json, same

VALUES = ['x', {'n': {'m': ['o', {'p': 'on'}]}}, 'l1\nl2\n', None, [], {}, 5, 'on', ['a', ['b']], 'a: b']


def documents(text):
    flat = text.replace('\t', ' ') if is_json(text) else text    # PyYAML takes no tabs for indentation
    return list(yaml.compose_all(flat, Loader=yaml.CBaseLoader))


def end_of(text, node):
    """The offset after a node's last byte.  To libyaml a collection ends at the next token, a block scalar at the next line."""
    if node.value and isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        key, last = last if isinstance(last, tuple) else (last, last)
        if last.start_mark.index < key.start_mark.index or last in node.value[:-1]:    # an alias; its node is elsewhere
            return len(text[:node.end_mark.index].rstrip())
        return end_of(text, last)
    end = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ('|', '>'):
        header = text[node.start_mark.index:].split('\n')[0]
        body = text[:end].rstrip(' ')
        end = len(body if '+' in header.split('#')[0] else body.rstrip())
    return end


class Place:
    def __init__(self, path, node, up=None, key=None, before=None, after=None):
        self.path, self.node, self.up, self.key, self.before, self.after = path, node, up, key, before, after


def places(node, path='', up=None, seen=None):
    """Every value, except what an alias or a merge key brings."""
    seen = set() if seen is None else seen
    if up is None:
        up = Place('', node)
        yield up
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return
    entries = [(k, v) if isinstance(node, yaml.MappingNode) else (None, k) for k, v in
               (node.value if isinstance(node, yaml.MappingNode) else ((n, n) for n in node.value))]
    for i, (key, value) in enumerate(entries):
        if key is not None and (not isinstance(key, yaml.ScalarNode) or key.value == '<<'):
            continue
        token = str(i) if key is None else key.value.replace('~', '~0').replace('/', '~1')
        here = Place(path + '/' + token, value, up, key, entries[i - 1] if i else None,
                     entries[i + 1] if i + 1 < len(entries) else None)
        if id(value) not in seen:
            yield here
            yield from places(value, path + '/' + token, here, seen)


def line_start(text, at):
    return text.rfind('\n', 0, at) + 1


def line_end(text, at):
    end = text.find('\n', at)
    return len(text) if end < 0 else end + 1


def start_of(text, place):
    """Where an entry starts: its key, or its dash."""
    if place.up is None:
        return place.node.start_mark.index
    if place.key is not None:
        at = place.key.start_mark.index
        mark = text.rfind('?', place.up.node.start_mark.index, at)
        return mark if mark >= 0 and not text[mark + 1:at].strip() else at
    if place.up.node.flow_style:
        return place.node.start_mark.index
    floor = end_of(text, place.before[1]) if place.before else place.up.node.start_mark.index
    return max(text.rfind('-', floor, place.node.start_mark.index + 1), floor)


def area(text, place, removed):
    """The lines that replacing or removing a value may touch."""
    start, end = line_start(text, start_of(text, place)), line_end(text, end_of(text, place.node))
    if place.up is None:
        start = place.node.start_mark.index
    if place.up and place.up.node.flow_style and removed:
        box = place.up.node
        start = end_of(text, place.before[1]) if place.before else box.start_mark.index
        end = (place.after[0] or place.after[1]).start_mark.index if place.after else box.end_mark.index
    elif removed and not place.before and not place.after:      # the {} of the emptied parent
        start = line_start(text, start_of(text, place.up))
    elif removed and not place.before:                          # the next entry moves up, after its dash
        end = (place.after[0] or place.after[1]).start_mark.index if text[start:start_of(text, place)].strip() else end
        if place.key is None and text[start:start_of(text, place)].strip():
            end = line_end(text, end_of(text, place.node) - 1) + len(text[start:start_of(text, place)])
    if removed and place.up and not place.up.node.flow_style:   # comments that are further in than the entry
        while (line := re.match('( *)#', text[end:])) and len(line[1]) > place.up.node.start_mark.column:
            end = line_end(text, end)
    if end == len(text) and not text.endswith('\n') and removed:
        start = max(start - (2 if text[start - 2:start] == '\r\n' else 1), 0)
    return start, end


def outside(text, new, start, end):
    return new.startswith(text[:start]) and new.endswith(text[end:]) and len(new) >= start + len(text) - end


def value_alone(text, place, value):
    """Only the value itself may change: one line replaces another."""
    node = place.node
    return isinstance(node, yaml.ScalarNode) and node.style not in ('|', '>') and node.start_mark.index < node.end_mark.index \
        and not isinstance(value, (dict, list)) and not (isinstance(value, str) and '\n' in value) \
        and text[node.start_mark.index] not in '!&'


def comments(text, start, end):
    return [l.strip() for l in text[start:end].split('\n') if l.strip().startswith('#')]


class Judge:
    def __init__(self, driver, values, strings):
        self.run, self.values, self.strings = Driver(driver), values, strings
        self.done, self.refused, self.faults = collections.Counter(), collections.Counter(), []

    def edit(self, text, documents, document, op):
        """Carry it out; the new text if it was done and gives the right values."""
        answer = self.run(text=self.mark + text, patch=[op], document=document)
        if answer['rc'] == RK_REFUSED:
            self.refused[answer['code']] += 1
            return None
        if answer['rc'] != RK_OK:
            self.faults.append((op, 'failed', answer))
            return None
        self.done[op['op']] += 1
        if not answer['text'].startswith(self.mark):
            self.faults.append((op, 'the byte order mark is lost', answer))
            return None
        answer['text'] = answer['text'][len(self.mark):]
        want = [construct(d) for d in documents]
        want[document] = apply(want[document], op)
        try:
            got = [construct(d) for d in globals()['documents'](answer['text'])]
        except (yaml.YAMLError, AssertionError) as e:
            self.faults.append((op, 'no longer YAML: %s' % e, answer))
            return None
        if not same(want, got):
            self.faults.append((op, 'wrong value', answer))
            return None
        return answer['text']

    def place(self, text, documents, document, place):
        node = place.node
        for value in self.values:
            op = {'op': 'replace', 'path': place.path, 'value': value}
            new = self.edit(text, documents, document, op)
            start, end = area(text, place, False)
            if new is not None and not outside(text, new, start, end):
                self.faults.append((op, 'other lines were touched', {'text': new}))
            if new is not None and value_alone(text, place, value) and not outside(text, new, node.start_mark.index, node.end_mark.index):
                self.faults.append((op, 'more than the value was touched', {'text': new}))
            if isinstance(node, yaml.CollectionNode):
                count = len(node.value)
                tokens = ['fresh'] if isinstance(node, yaml.MappingNode) else ['-', '0', str(count // 2)]
                for token in tokens:
                    op = {'op': 'add', 'path': place.path + '/' + token, 'value': value}
                    new = self.edit(text, documents, document, op)
                    if new is not None and not insertion(text, new):
                        self.faults.append((op, 'an add is not an insertion', {'text': new}))
        if place.up is None:
            return
        op = {'op': 'remove', 'path': place.path}
        new = self.edit(text, documents, document, op)
        start, end = area(text, place, True)
        if new is not None and not outside(text, new, start, end):
            self.faults.append((op, 'other lines were touched', {'text': new}))
        if new is not None and [c for c in comments(text, start, start_of(text, place)) if c not in new]:
            self.faults.append((op, 'a comment above it is lost', {'text': new}))

    def string(self, text, documents, document, place):
        """The nodes of a string that holds YAML: the edits of a patch record go there."""
        try:
            parsed = globals()['documents'](place.node.value)
            inner = construct(parsed[0]) if len(parsed) == 1 else None
        except (yaml.YAMLError, AssertionError, TypeError):    # a template
            return
        if not isinstance(inner, dict):
            return
        for below in places(parsed[0]):
            ops = [{'op': 'remove', 'path': below.path}] if below.up else []
            for value in self.values:
                ops.append({'op': 'replace', 'path': below.path, 'value': value})
                if isinstance(below.node, yaml.MappingNode):
                    ops.append({'op': 'add', 'path': below.path + '/fresh', 'value': value})
                elif isinstance(below.node, yaml.SequenceNode):
                    ops.append({'op': 'add', 'path': below.path + '/-', 'value': value})
            for op in ops:
                self.edit_string(text, documents, document, place, inner, op)

    def edit_string(self, text, documents, document, place, inner, op):
        at = {'at': place.path, 'patch': [op]}
        answer = self.run(text=self.mark + text, edits=[at], document=document)
        if answer['rc'] == RK_REFUSED:
            self.refused[answer['code']] += 1
            return
        if answer['rc'] != RK_OK:
            self.faults.append((at, 'failed', answer))
            return
        self.done[op['op']] += 1
        answer['text'] = new = answer['text'][len(self.mark):]
        want = [construct(d) for d in documents]
        try:
            got = [construct(d) for d in globals()['documents'](new)]
            string = get(got[document], place.path)
            right = same([construct(d) for d in globals()['documents'](string)], [apply(inner, op)])
        except (yaml.YAMLError, AssertionError) as e:
            self.faults.append((at, 'no longer YAML: %s' % e, answer))
            return
        want[document] = apply(want[document], {'op': 'replace', 'path': place.path, 'value': string})
        if not right or not same(want, got):
            self.faults.append((at, 'wrong value', answer))
        if not outside(text, new, *area(text, place, False)):
            self.faults.append((at, 'other lines were touched', answer))

    def file(self, name):
        with open(name, encoding='utf-8', newline='') as f:
            text = f.read()
        self.mark = text[:1] if text.startswith('\ufeff') else ''
        text = text[len(self.mark):]
        parsed = documents(text)
        before = len(self.faults)
        for i, root in enumerate(parsed):
            if root is not None:
                for place in places(root):
                    self.place(text, parsed, i, place)
                    if self.strings and isinstance(place.node, yaml.ScalarNode) and place.path.endswith('/helm/values'):
                        self.string(text, parsed, i, place)
        for op, why, answer in self.faults[before:][:int(os.environ.get('RINGKIT_FAULTS', '2'))]:
            print('# %s: %s: %s\n# %s' % (name, op, why, str(answer.get('message', '')) + '\n# '.join([''] + answer['text'].split('\n'))))
        return len(self.faults) == before


def main():
    driver, how, *files = sys.argv[1:]
    strings = files[0] == '--strings'
    files = files[strings:]
    judge = Judge(driver, VALUES if how == 'all' else VALUES[:3], strings)
    wrong = [name for name in files if not judge.file(name)]
    print('# %d files: %s; refused: %s' % (len(files), dict(judge.done), dict(judge.refused)))
    for name in wrong:
        print('%s: there are faults' % name)
    sys.exit(1 if wrong or not all(judge.done[op] for op in ('add', 'remove', 'replace')) else 0)


main()
