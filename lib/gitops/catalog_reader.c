#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gitops/catalog_internal.h"
#include "base/err.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define MOST_KEYS 32		/* in a map */

void *
rk_catalog_reader_own(struct rk_catalog_reader *r, size_t size)
{
	struct rk_catalog_memory *memory = r->memory;

	if (r->rc != RK_OK)
		return NULL;
	rk_memory_grow(&memory->block, memory->n, &memory->size, sizeof *memory->block);
	return memory->block[memory->n++] = rk_memory_calloc(1, size);
}

void
rk_catalog_reader_free(struct rk_catalog_memory *memory)
{
	while (memory->n > 0)
		free(memory->block[--memory->n]);
	free(memory->block);
}

char *
rk_catalog_reader_own_string(struct rk_catalog_reader *r, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = rk_catalog_reader_own(r, size);

	return copy ? memcpy(copy, s, size) : NULL;
}

json_t *
rk_catalog_reader_json(struct rk_catalog_reader *r, uint32_t node)
{
	json_t *json = NULL;

	if (r->rc == RK_OK)
		r->rc = rk_yaml_file_prefix(&r->file, rk_yaml_json(r->file.yaml, node, &json, r->err), r->err);
	return json;
}

char *
rk_catalog_reader_scalar(struct rk_catalog_reader *r, uint32_t node)
{
	const char *text;
	char *s = NULL;
	json_t *json;

	if (r->rc == RK_OK && rk_yaml_node(r->file.yaml, node)->kind != RK_YAML_SCALAR)
		rk_catalog_reader_wrong(r, node, "expected a string");
	json = rk_catalog_reader_json(r, node);
	text = json_string_value(json);
	if (json && text && (!*text || strlen(text) != json_string_length(json)))
		rk_catalog_reader_wrong(r, node, "expected a string, got an empty one");
	else if (json && (!text || !rk_yaml_is_string(r->file.yaml, node, text)))
		rk_catalog_reader_wrong(r, node, "expected a string (quote the value)");
	else if (json)
		s = rk_catalog_reader_own_string(r, text);
	json_decref(json);
	return s;
}

void
rk_catalog_reader_template(struct rk_catalog_reader *r, uint32_t node, const char *template, const struct rk_catalog_rule *rule)
{
	struct rk_strbuf filled = { 0 }, whole = { 0 };
	const char *fault = NULL;
	char open[16];

	snprintf(open, sizeof open, "{%s", rule->placeholder);
	if (rk_template_check(template, rule->allowed, r->err) != RK_OK)
		rk_catalog_reader_wrong(r, node, "%s", r->err->msg);
	else if (!rule->optional && !strstr(template, open))
		rk_catalog_reader_wrong(r, node, "missing %s} in \"%s\"", open, template);
	else if (rule->fault) {
		rk_template_fill(&filled, template, rule->placeholder, rule->sample);
		rk_template_fill(&whole, rk_strbuf_str(&filled), "ring", "ring-x");	/* of a tag, which has two */
		fault = rule->fault(whole.data, whole.len);
		if (fault)
			rk_catalog_reader_wrong(r, node, "invalid %s \"%s\": it %s", rule->result, template, fault);
	}
	rk_strbuf_free(&filled);
	rk_strbuf_free(&whole);
}

void
rk_catalog_reader_string(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char **s = member;

	*s = rk_catalog_reader_scalar(r, node);
	if (*s && rule)
		rk_catalog_reader_template(r, node, *s, rule);
}

uint32_t
rk_catalog_reader_items(struct rk_catalog_reader *r, uint32_t node, size_t *n)
{
	const struct rk_yaml_node *value = rk_yaml_node(r->file.yaml, node);
	bool list = value->kind == RK_YAML_SEQ;

	*n = list ? value->count : 1;
	if (*n == 0)
		rk_catalog_reader_wrong(r, node, "expected at least one item, got an empty list");
	return list ? value->child : node;
}

void
rk_catalog_reader_strings(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strings *strings = member;
	size_t n;
	uint32_t item = rk_catalog_reader_items(r, node, &n);

	strings->item = rk_catalog_reader_own(r, n * sizeof *strings->item);
	for (; r->rc == RK_OK && strings->n < n; item = rk_yaml_node(r->file.yaml, item)->next)
		rk_catalog_reader_string(r, item, &strings->item[strings->n++], rule);
}

size_t
rk_catalog_reader_components(struct rk_catalog_reader *r, uint32_t node, const char *path, struct rk_strbuf *pointer)
{
	struct rk_strbuf part = { 0 };
	size_t n, count = 0;

	for (; r->rc == RK_OK; path += n + 1) {
		n = strcspn(path, "/");
		if (n == 0)
			rk_catalog_reader_wrong(r, node, "invalid path: it has an empty component");
		rk_strbuf_clear(&part);
		rk_strbuf_add(&part, path, n);
		rk_json_pointer_add(pointer, rk_strbuf_str(&part));
		count++;
		if (!path[n])
			break;
	}
	rk_strbuf_free(&part);
	return count;
}

void
rk_catalog_reader_number(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	unsigned long *number = member;
	json_t *json = rk_catalog_reader_json(r, node);

	(void)rule;
	*number = (unsigned long)json_integer_value(json);
	if (json && (!json_is_integer(json) || json_integer_value(json) < 1 || *number > 1000000))
		rk_catalog_reader_wrong(r, node, "expected an integer from 1 to 1000000");
	json_decref(json);
}

void
rk_catalog_reader_bool(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	bool *flag = member;
	json_t *json = rk_catalog_reader_json(r, node);

	(void)rule;
	*flag = json_is_true(json);
	if (json && !json_is_boolean(json))
		rk_catalog_reader_wrong(r, node, "expected true or false");
	json_decref(json);
}

void
rk_catalog_reader_keys(struct rk_catalog_reader *r, uint32_t node, const struct rk_catalog_key *keys, void *into)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	const char *names[MOST_KEYS + 1] = { NULL };
	uint32_t key, value, seen = 0;
	size_t i;

	if (map->kind != RK_YAML_MAP) {
		rk_catalog_reader_wrong(r, node, "expected a map");
		return;
	}
	for (i = 0; keys[i].name; i++)
		names[i] = keys[i].name;
	for (key = map->child; r->rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		r->rc = rk_yaml_file_key(&r->file, key, names, &seen, &i, r->err);
		if (r->rc == RK_OK)
			keys[i].read(r, value, (char *)into + keys[i].offset, keys[i].rule);
	}
}

