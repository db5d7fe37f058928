#include <string.h>

#include "base/strbuf.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

size_t
rk_splice_line_start(const struct rk_yaml *y, size_t offset)
{
	while (offset > y->first && y->text[offset - 1] != '\n')
		offset--;
	return offset > y->first ? offset : y->first;
}

size_t
rk_splice_line_end(const struct rk_yaml *y, size_t offset)
{
	const char *nl = memchr(y->text + offset, '\n', y->len - offset);
	size_t end = nl ? (size_t)(nl - y->text) : y->len;

	return nl && end > offset && y->text[end - 1] == '\r' ? end - 1 : end;
}

size_t
rk_splice_next_line(const struct rk_yaml *y, size_t offset)
{
	const char *nl = memchr(y->text + offset, '\n', y->len - offset);

	return nl ? (size_t)(nl - y->text) + 1 : y->len;
}

bool
rk_splice_leads_line(const struct rk_yaml *y, size_t offset)
{
	size_t start = rk_splice_line_start(y, offset);

	while (start < offset && y->text[start] == ' ')
		start++;
	return start == offset;
}

bool
rk_splice_has_comment(const struct rk_yaml *y, size_t from, size_t to)
{
	return to > from && memchr(y->text + from, '#', to - from);
}

size_t
rk_splice_skip_gap(const struct rk_yaml *y, size_t offset)
{
	for (;;) {
		while (offset < y->len && is_white(y->text[offset]))
			offset++;
		if (offset == y->len || y->text[offset] != '#')
			return offset;
		offset = rk_splice_line_end(y, offset);
	}
}

size_t
rk_splice_blank_end(const struct rk_yaml *y, size_t offset)
{
	size_t last = rk_splice_line_end(y, offset), line = rk_splice_next_line(y, last), end;

	for (; line < y->len; line = rk_splice_next_line(y, end)) {
		end = rk_splice_line_end(y, line);
		while (line < end && is_blank(y->text[line]))
			line++;
		if (line < end)
			break;
		last = end;
	}
	return last;
}

uint32_t
rk_splice_prior(const struct rk_yaml *y, uint32_t node)
{
	const uint32_t parent = y->node[node].parent;
	uint32_t prior = node - 1;	/* in document order: the parent, or the last of what is below the sibling */

	if (prior == parent)
		return 0;
	while (y->node[prior].parent != parent)
		prior = y->node[prior].parent;
	return prior;
}

bool
rk_splice_in_map(const struct rk_yaml *y, uint32_t node)
{
	return y->node[y->node[node].parent].kind == RK_YAML_MAP;
}

size_t
rk_splice_entry_start(const struct rk_yaml *y, uint32_t node)
{
	uint32_t parent = y->node[node].parent, prior = rk_splice_prior(y, node);
	size_t offset = prior ? y->node[prior].end : y->node[parent].start;

	if (y->node[parent].style == RK_YAML_FLOW) {
		offset += prior == 0;
		offset = rk_splice_skip_gap(y, offset);
		if (prior && y->text[offset] == ',')
			offset++;
	}
	return rk_splice_skip_gap(y, offset);
}

size_t
rk_splice_entry_end(const struct rk_yaml *y, uint32_t node, size_t column)
{
	size_t offset = rk_splice_next_line(y, y->node[node].end), start;

	for (;;) {
		for (start = offset; start < y->len && y->text[start] == ' '; start++)
			;
		if (start == y->len || y->text[start] != '#' || start - offset <= column)
			return offset;
		offset = rk_splice_next_line(y, start);
	}
}

/* The offset after a node's anchor and tag. */
static size_t
props_end(const struct rk_yaml *y, uint32_t node)
{
	size_t offset = y->node[node].props, start = y->node[node].start, end = offset;

	while (offset < start) {
		offset = rk_splice_skip_gap(y, offset);
		if (offset >= start || (y->text[offset] != '&' && y->text[offset] != '!'))
			break;
		while (offset < start && !is_white(y->text[offset]))
			offset++;
		end = offset;
	}
	return end;
}

size_t
rk_splice_slot(const struct rk_yaml *y, uint32_t node)
{
	const struct rk_yaml_node *n = &y->node[node];
	uint32_t prior;
	size_t offset;

	if (n->props != n->start)
		return props_end(y, node);
	if (!n->parent)
		return n->start;
	if (y->node[n->parent].kind == RK_YAML_SEQ)
		return rk_splice_entry_start(y, node) + 1;
	prior = rk_splice_prior(y, node);
	offset = rk_splice_skip_gap(y, y->node[prior].end);
	return y->text[offset] == ':' ? offset + 1 : y->node[prior].end;
}

bool
rk_splice_would_join(const struct rk_yaml *y, size_t offset, size_t column)
{
	size_t end;

	for (; offset < y->len; offset = rk_splice_next_line(y, offset)) {
		for (end = offset; end < y->len && is_blank(y->text[end]); end++)
			;
		if (end < y->len && y->text[end] == '#' && end - offset <= column)
			continue;
		if (end < y->len && y->text[end] != '\n' && y->text[end] != '\r')
			return y->text[end] == '#';
		if (end > offset)
			return true;
	}
	return false;
}

/* After a last line without a line break the entry follows a break and has none itself. */
void
rk_splice_insert_lines(const struct rk_yaml *y, size_t offset, const struct rk_strbuf *entry, const char *newline,
    struct rk_splice *s)
{
	bool unended = offset == y->len && offset > y->first && y->text[offset - 1] != '\n';

	s->from = s->to = offset;
	if (unended)
		rk_strbuf_puts(&s->text, newline);
	rk_strbuf_add(&s->text, rk_strbuf_str(entry), entry->len);
	if (!unended)
		rk_strbuf_puts(&s->text, newline);
}

void
rk_splice_pull_up(const struct rk_yaml *y, uint32_t node, const char *text, size_t len, struct rk_splice *s)
{
	const struct rk_yaml_node *n = &y->node[node];
	size_t first = rk_splice_line_start(y, n->start), last = first;

	s->from = rk_splice_slot(y, node);
	s->to = rk_splice_next_line(y, n->end);
	if (s->to == y->len && y->text[y->len - 1] != '\n')
		while (last > s->from && (y->text[last - 1] == '\n' || y->text[last - 1] == '\r'))
			last--;
	rk_strbuf_putc(&s->text, ' ');
	rk_strbuf_add(&s->text, text, len);
	rk_strbuf_add(&s->text, y->text + s->from, last - s->from);
}

/* Remove the lines of entries of a block collection, from the one at start to the one whose last node is last. */
static void
take_lines(const struct rk_yaml *y, size_t start, uint32_t last, size_t column, struct rk_splice *s)
{
	s->from = rk_splice_line_start(y, start);
	s->to = rk_splice_entry_end(y, last, column);
	if (s->to == y->len && y->text[y->len - 1] != '\n' && s->from > y->first) {
		s->from--;
		s->from -= s->from > 0 && y->text[s->from - 1] == '\r';
	}
}

static void
remove_from_block(const struct rk_yaml *y, uint32_t entry, uint32_t node, struct rk_splice *s)
{
	const struct rk_yaml_node *n = &y->node[s->parent];
	const char *empty = n->kind == RK_YAML_MAP ? "{}" : "[]";
	size_t start = rk_splice_entry_start(y, entry), column = rk_yaml_column(y, n->start);

	if ((int)n->count + s->children == 0 && n->parent && rk_splice_leads_line(y, n->start)) {
		rk_splice_pull_up(y, s->parent, empty, 2, s);
	} else if ((int)n->count + s->children == 0) {
		s->from = n->start;
		s->to = rk_mark_end(y, rk_yaml_after(y, node) - 1);
		s->to = s->to > n->end ? s->to : n->end;	/* the last node may be in brackets */
		rk_strbuf_puts(&s->text, empty);
	} else if (!rk_splice_leads_line(y, start)) {	/* the first entry after a "- ": the next one moves up */
		s->from = start;
		for (s->to = rk_splice_entry_end(y, node, column); is_white(y->text[s->to]); s->to++)
			;
	} else {
		take_lines(y, start, node, column, s);
	}
}

static void
remove_from_flow(const struct rk_yaml *y, uint32_t entry, uint32_t node, struct rk_splice *s)
{
	uint32_t prior = rk_splice_prior(y, entry), next = y->node[node].next;
	size_t start = rk_splice_entry_start(y, entry), end = y->node[node].end;
	size_t first = y->node[s->parent].start + 1, comma = rk_splice_skip_gap(y, end);

	s->from = start;
	s->to = y->text[comma] == ',' ? comma + 1 : end;
	if (!prior && !next) {
		if (!rk_splice_has_comment(y, first, start))
			s->from = first;
		while (s->to > end && is_blank(y->text[s->to]))	/* after a trailing comma */
			s->to++;
	} else if (next) {
		if (!rk_splice_has_comment(y, end, rk_splice_entry_start(y, next)))
			s->to = rk_splice_entry_start(y, next);
	} else if (!rk_splice_has_comment(y, y->node[prior].end, start)) {
		s->from = y->node[prior].end;
		s->to = end;
	}
}

void
rk_splice_removal(const struct rk_yaml *y, uint32_t node, struct rk_splice *s)
{
	bool value = rk_splice_in_map(y, node);
	uint32_t entry = value ? rk_splice_prior(y, node) : node;

	s->parent = y->node[node].parent;
	s->first = entry;
	s->gone = rk_yaml_after(y, node) - entry;
	s->children = value ? -2 : -1;
	if (y->node[s->parent].style == RK_YAML_FLOW)
		remove_from_flow(y, entry, node, s);
	else
		remove_from_block(y, entry, node, s);
}

bool
rk_splice_emptying(const struct rk_yaml *y, uint32_t root, struct rk_splice *s)
{
	const struct rk_yaml_node *n = &y->node[root];

	if (n->style != RK_YAML_BLOCK || !n->child || n->props != n->start || !rk_splice_leads_line(y, n->start))
		return false;
	s->first = root;
	s->gone = rk_yaml_after(y, root) - root;
	take_lines(y, n->start, s->first + s->gone - 1, rk_yaml_column(y, n->start), s);
	return true;
}
