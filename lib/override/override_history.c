#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/since.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "gitops/values.h"
#include "override/override.h"
#include "override/override_internal.h"
#include "override/stray.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

struct rk_override_history {
	const struct rk_catalog *catalog;
	struct rk_since *since;
	const char *rev;
};

struct rk_override_history *
rk_override_history_new(const struct rk_catalog *catalog, const char *dir, const char *rev)
{
	struct rk_override_history *history = rk_memory_calloc(1, sizeof *history);

	history->catalog = catalog;
	history->since = rk_since_new(dir);
	history->rev = rev;
	return history;
}

void
rk_override_history_free(struct rk_override_history *history)
{
	if (!history)
		return;
	rk_since_free(history->since);
	free(history);
}

/* The value that versions of a manifest are searched for, and the mark that it had in one of them. */
struct search {
	const struct rk_override_history *history;
	const struct rk_values *now;
	const struct rk_override_image *image;
	enum rk_override_part part;
	struct rk_strbuf value;
	struct rk_mark *mark;
	bool found;
};

/* Compare a version's image with the one that is there now, and take the mark that it has. */
static enum rk_rc
compare(struct search *s, const struct rk_values *values, bool *same, struct rk_err *err)
{
	struct rk_override_image image;
	struct rk_override_member *part = &image.part[s->part];
	struct rk_strbuf value = { 0 };
	enum rk_rc rc = rk_override_image_find(values, NULL, s->image->chart, s->image->number, &image, err);

	if (rc == RK_OK && rk_yaml_node(values->yaml, part->node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(values->yaml, part->node, &value, err);
	*same = rc == RK_OK && part->node && strcmp(rk_strbuf_str(&value), rk_strbuf_str(&s->value)) == 0;
	if (*same && part->marked && !part->foreign && part->intact
	    && strcmp(rk_strbuf_str(&part->mark.ring), rk_strbuf_str(&s->image->ring)) == 0) {
		rk_mark_free(s->mark);
		*s->mark = part->mark;
		part->mark = (struct rk_mark){ 0 };
		s->found = true;
	}
	rk_strbuf_free(&value);
	rk_override_image_free(&image);
	return rc;
}

static enum rk_rc
has_same(void *context, const char *text, size_t len, bool *yes, struct rk_err *err)
{
	struct search *s = context;
	struct rk_manifest manifest = { .tenant = s->now->manifest->tenant, .file.path = s->now->manifest->file.path };
	struct rk_values values = { 0 };
	struct rk_strbuf tenant = { 0 };
	bool stray;
	enum rk_rc rc;

	*yes = false;
	manifest.entry = rk_stray_entry(s->now->service, manifest.file.path, &tenant, &stray);
	rk_strbuf_add(&manifest.file.text, text, len);
	rc = rk_values_find(&manifest, s->history->catalog, s->now->service, &values, err);
	if (rc == RK_OK)
		rc = compare(s, &values, yes, err);
	rk_values_free(&values);
	rk_manifest_free(&manifest);
	rk_strbuf_free(&tenant);
	return rc == RK_REFUSED || rc == RK_EDATA ? RK_OK : rc;	/* an invalid version does not have it */
}

enum rk_rc
rk_override_history_mark(const struct rk_override_history *history, const struct rk_values *values,
    const struct rk_override_image *image, enum rk_override_part part, struct rk_mark *mark, bool *lost, struct rk_err *err)
{
	struct search search = { .history = history, .now = values, .image = image, .part = part, .mark = mark };
	struct rk_since_commit commit = { 0 };
	uint32_t node = image->part[part].node;
	enum rk_rc rc = RK_OK;

	*mark = (struct rk_mark){ 0 };
	*lost = false;
	if (!history || !node || rk_yaml_node(values->yaml, node)->kind != RK_YAML_SCALAR)
		return RK_OK;
	rc = rk_yaml_scalar(values->yaml, node, &search.value, err);
	if (rc == RK_OK)
		rc = rk_since_find(history->since, history->rev, values->manifest->file.path, has_same, &search, &commit, err);
	*lost = rc == RK_OK && search.found;
	rk_strbuf_free(&commit.message);
	rk_strbuf_free(&search.value);
	return rc == RK_ENOINPUT ? rk_err_refuse(err, RK_CODE_TOO_SHALLOW, "%s", err->msg) : rc;
}
