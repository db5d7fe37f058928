#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "override/directive.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/yaml.h"

/* What a word of a comment begins with that a tool reads. */
static const struct directive {
	const char *word, *tool;
} directives[] = {
	{ "renovate:", "Renovate" },
	{ "{\"$imagepolicy\"", "Flux's image automation" },
	{ "x-release-please-", "release-please" },
	{ "kpt-set:", "kpt" },
	{ "{\"$kpt-set\"", "kpt" },
	{ "{\"$openapi\"", "kustomize and kpt" },
	{ "#@", "ytt" },
	{ "yamllint disable", "yamllint" },
	{ "yamllint enable", "yamllint" },
	{ "checkov:skip=", "Checkov" },
	{ "nosemgrep", "Semgrep" },
	{ "gitleaks:allow", "Gitleaks" },
	{ "pragma: allowlist", "detect-secrets" },
};
enum { N_DIRECTIVES = sizeof directives / sizeof directives[0] };

/* The comments of a chart's image. */
struct search {
	const struct rk_values *values;
	const struct rk_record_about *about;
	json_t *findings;
	uint32_t *found;		/* offsets of comments: several values can be on one line */
	size_t n, size;
};

/* Return the directive in a comment, which goes up to end; NULL if it has none. */
static const struct directive *
find_directive(const char *comment, const char *end)
{
	const char *at;
	size_t i, len;

	for (at = comment; at < end; at++) {
		if (at > comment && !strchr("# \t", at[-1]))
			continue;
		for (i = 0; i < N_DIRECTIVES; i++) {
			len = strlen(directives[i].word);
			if ((size_t)(end - at) >= len && strncmp(at, directives[i].word, len) == 0)
				return &directives[i];
		}
	}
	return NULL;
}

/* Return the end of the line at at, without a carriage return. */
static const char *
line_end(const char *at)
{
	const char *end = at + strcspn(at, "\n");

	return end > at && end[-1] == '\r' ? end - 1 : end;
}

bool
rk_directive_may_be_in(const char *text)
{
	const char *end;

	for (text = strchr(text, '#'); text; text = strchr(end, '#')) {
		end = line_end(text);
		if (find_directive(text, end))
			return true;
	}
	return false;
}

/* Return the comment in a part of a line, or end: a "#" after a blank, outside of quotes. */
static const char *
find_comment(const char *at, const char *end)
{
	const char *close;

	for (; at < end; at++) {
		if (*at == '#' && strchr(" \t\n", at[-1]))
			return at;
		if ((*at != '"' && *at != '\'') || !strchr(" \t,:[{", at[-1]))
			continue;
		for (close = at + 1; close < end && *close != *at; close++)
			close += *at == '"' && *close == '\\';
		at = close;
	}
	return end;
}

static enum rk_rc
add_comment(struct search *s, const char *comment, const char *end, const char *path, struct rk_err *err)
{
	uint32_t offset = (uint32_t)(comment - rk_yaml_text(s->values->yaml));
	const struct directive *directive = find_directive(comment, end);
	size_t i;

	for (i = 0; i < s->n && s->found[i] != offset; i++)
		;
	if (!directive || i < s->n)
		return RK_OK;
	rk_memory_grow(&s->found, s->n, &s->size, sizeof *s->found);
	s->found[s->n++] = offset;
	rk_err_refuse(err, RK_CODE_COMMENT_DIRECTIVE, "%s%s has a comment for %s: \"%.*s\"", rk_strbuf_str(&s->values->at), path,
	    directive->tool, (int)(end - comment), comment);
	return rk_record_add_finding(s->findings, s->about, err);
}

/* Search the lines of a key and its value, if it has one, and the line before. */
static enum rk_rc
search_member(struct search *s, const struct rk_override_member *member, struct rk_err *err)
{
	const struct rk_yaml *yaml = s->values->yaml;
	const struct rk_yaml_node *node = rk_yaml_node(yaml, member->node), *key;
	const char *text = rk_yaml_text(yaml), *line, *end, *comment;
	bool block = node->style == RK_YAML_LITERAL || node->style == RK_YAML_FOLDED;
	enum rk_rc rc;

	key = rk_yaml_node(yaml, rk_yaml_node(yaml, node->parent)->child);
	if (!member->node || rk_yaml_node(yaml, node->parent)->kind != RK_YAML_MAP || node->kind != RK_YAML_SCALAR)
		return RK_OK;
	while (rk_yaml_node(yaml, key->next) != node)
		key = rk_yaml_node(yaml, rk_yaml_node(yaml, key->next)->next);
	/* after the key, with the header of a block scalar, and after the value */
	end = line_end(text + (block ? node->start : node->end));
	comment = find_comment(text + key->end, block ? end : text + node->props);
	if (!block && comment == text + node->props)
		comment = find_comment(text + node->end, end);
	rc = comment < end ? add_comment(s, comment, line_end(comment), member->path, err) : RK_OK;
	for (line = text + key->start; line > text && line[-1] != '\n'; line--)
		;
	if (rc != RK_OK || line == text)
		return rc;
	for (line--; line > text && line[-1] != '\n'; line--)
		;
	line += strspn(line, " \t");
	return *line == '#' ? add_comment(s, line, line_end(line), member->path, err) : RK_OK;
}

enum rk_rc
rk_directive_find(const struct rk_values *values, const struct rk_chart *chart, const struct rk_record_about *about,
    json_t *findings, struct rk_err *err)
{
	struct search search = { .values = values, .about = about, .findings = findings };
	struct rk_override_image image;
	enum rk_rc rc = RK_OK;
	size_t i, j;

	for (i = 0; rc == RK_OK && i < chart->n_forms; i++) {
		rc = rk_override_image_find(values, NULL, chart, i, &image, err);
		for (j = 0; rc == RK_OK && j < RK_OVERRIDE_PARTS; j++)
			rc = search_member(&search, &image.part[j], err);
		rk_override_image_free(&image);
	}
	free(search.found);
	return rc;
}
