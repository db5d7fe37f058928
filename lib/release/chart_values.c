#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "release/chart_values.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/chart_source.h"
#include "gitops/umbrella.h"
#include "gitops/values.h"
#include "override/override.h"
#include "release/chart_version.h"

struct rk_chart_values {
	const struct rk_catalog *catalog;
	const struct rk_chart_version *charts;
	json_t *answers;		/* {"<version and question>": {"value": ..., "why": "why it cannot be told"}, ...} */
	struct rk_strbuf version;	/* of the umbrella that is open: a key */
	struct rk_source *source;
	struct rk_umbrella *umbrella;
};

struct rk_chart_values *
rk_chart_values_open(const struct rk_catalog *catalog, const struct rk_chart_version *charts)
{
	struct rk_chart_values *values = rk_memory_calloc(1, sizeof *values);

	values->catalog = catalog;
	values->charts = charts;
	values->answers = json_object();
	return values;
}

static void
close_umbrella(struct rk_chart_values *values)
{
	rk_umbrella_close(values->umbrella);
	rk_source_close(values->source);
	values->umbrella = NULL;
	values->source = NULL;
	rk_strbuf_clear(&values->version);
}

void
rk_chart_values_close(struct rk_chart_values *values)
{
	if (!values)
		return;
	close_umbrella(values);
	json_decref(values->answers);
	rk_strbuf_free(&values->version);
	free(values);
}

/* Open the umbrella of a version, unless it is open. */
static enum rk_rc
open_umbrella(struct rk_chart_values *values, const struct rk_chart_version_query *query, const char *key, struct rk_err *err)
{
	struct rk_strbuf version = { 0 };
	git_oid commit;
	enum rk_rc rc;

	if (values->umbrella && strcmp(rk_strbuf_str(&values->version), key) == 0)
		return RK_OK;
	close_umbrella(values);
	if (!query->revision || !*query->revision)
		return rk_err_set(err, RK_END, RK_HOLD_NO_REVISION);
	rc = rk_chart_version_find(values->charts, query, &version, &commit, err);
	rk_strbuf_free(&version);
	if (rc == RK_OK)
		rc = rk_source_open_commit(rk_chart_version_repository(values->charts), &commit, &values->source, err);
	if (rc == RK_OK)
		rc = rk_umbrella_open(values->catalog, values->source, &values->umbrella, err);
	if (rc == RK_OK)
		rk_strbuf_puts(&values->version, key);
	return rc;
}

/* Answer a question: the value at a pointer, or whether it is a condition. */
static enum rk_rc
ask(struct rk_chart_values *values, const struct rk_chart_version_query *query, const char *pointer, bool condition,
    const json_t **answer, struct rk_err *err)
{
	struct rk_strbuf version = { 0 }, key = { 0 };
	json_t *value = NULL, *new;
	enum rk_rc rc = RK_OK;
	bool is = false;

	rk_strbuf_printf(&version, "%s\n%s\n%s", query->revision ? query->revision : "", query->url ? query->url : "",
	    query->path ? query->path : "");
	rk_strbuf_printf(&key, "%s\n%d%s", version.data, condition, pointer);
	*answer = json_object_get(values->answers, key.data);
	if (!*answer) {
		rc = open_umbrella(values, query, version.data, err);
		if (rc == RK_OK && condition)
			rc = rk_umbrella_is_condition(values->umbrella, pointer, &is, err);
		else if (rc == RK_OK)
			rc = rk_umbrella_value(values->umbrella, pointer, &value, err);
		/* a version that cannot be read counts for its own tenants only */
		if (rc == RK_OK || rc == RK_END || rc == RK_EDATA || rc == RK_ENOINPUT) {
			new = rk_json_pack("{so* ss*}", "value", condition ? json_boolean(is) : value, "why", rc == RK_OK ? NULL : err->msg);
			rk_json_set(values->answers, key.data, new);
			*answer = new;
			rc = RK_OK;
		}
	}
	rk_strbuf_free(&version);
	rk_strbuf_free(&key);
	return rc == RK_OK && rk_json_string(*answer, "why") ? rk_err_set(err, RK_END, "%s", rk_json_string(*answer, "why")) : rc;
}

enum rk_rc
rk_chart_values_find(struct rk_chart_values *values, const struct rk_chart_version_query *query, const char *pointer,
    const json_t **value, struct rk_err *err)
{
	const json_t *answer = NULL;
	enum rk_rc rc = ask(values, query, pointer, false, &answer, err);

	*value = rc == RK_OK ? json_object_get(answer, "value") : NULL;
	return rc;
}

/* The defaults of a manifest */

/* Ask for a manifest: the value at a pointer, or whether it is a condition. */
static enum rk_rc
ask_for(struct rk_chart_values *values, const struct rk_values *v, const char *pointer, bool condition, const json_t **answer,
    struct rk_err *err)
{
	struct rk_chart_source source = { 0 };
	struct rk_chart_version_query query = { 0 };
	enum rk_rc rc;

	if (v->deployed.len)
		return rk_err_set(err, RK_END, RK_HOLD_ALONE, v->deployed.data);
	rc = rk_chart_source_find(v, &source, err);
	if (rc == RK_OK && source.fault.len)
		rc = rk_err_set(err, RK_END, RK_HOLD_SOURCE, source.fault.data);
	query.revision = rk_strbuf_str(&source.revision);
	query.url = source.url.len ? source.url.data : NULL;
	query.path = source.path.len ? source.path.data : NULL;
	if (rc == RK_OK)
		rc = ask(values, &query, pointer, condition, answer, err);
	rk_chart_source_free(&source);
	return rc;
}

static enum rk_rc
find(void *context, const struct rk_values *v, const char *pointer, const json_t **value, struct rk_err *err)
{
	const json_t *answer = NULL;
	enum rk_rc rc = context ? ask_for(context, v, pointer, false, &answer, err) : RK_OK;

	*value = rc == RK_OK ? json_object_get(answer, "value") : NULL;
	return rc;
}

static enum rk_rc
allow(void *context, const struct rk_values *v, const char *pointer, struct rk_err *err)
{
	const json_t *answer = NULL;
	enum rk_rc rc = context ? ask_for(context, v, pointer, true, &answer, err) : RK_OK;

	if (rc == RK_OK && json_is_true(json_object_get(answer, "value")))
		return rk_err_refuse(err, RK_CODE_FOREIGN_VALUES, "%s: decides whether a dependency of the chart is installed (condition)",
		    pointer);
	return rc == RK_END ? RK_OK : rc;
}

void
rk_chart_values_defaults(struct rk_chart_values *values, struct rk_override_defaults *defaults)
{
	*defaults = (struct rk_override_defaults){ .find = find, .allow = allow, .context = values };
}
