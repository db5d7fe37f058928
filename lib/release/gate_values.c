#include <stdbool.h>
#include <string.h>
#include <jansson.h>

#include "release/gate_values.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/value_rules.h"
#include "override/override_record.h"
#include "release/chart_values.h"
#include "release/chart_version.h"

struct check {
	struct rk_chart_values *charts;
	const struct rk_override_record *o;
	struct rk_strbuf path;		/* JSON Pointer in the umbrella's values */
	size_t chart;			/* the length of the part of path that is the chart's */
	struct rk_err *err;
};

/* Find what the chart has at the path.  RK_END: it is not known. */
static enum rk_rc
find_value(const struct check *c, const json_t **value)
{
	const struct rk_override_record *o = c->o;
	const struct rk_chart_version_query query = { .revision = o->target_revision, .url = o->source_url, .path = o->source_path };

	if (o->deploys)
		return rk_err_set(c->err, RK_END, RK_HOLD_ALONE, o->chart);
	if (o->source_fault)
		return rk_err_set(c->err, RK_END, RK_HOLD_SOURCE, o->source_fault);
	if (!c->charts)
		return rk_err_set(c->err, RK_END, RK_HOLD_NOT_GIVEN);
	return rk_chart_values_find(c->charts, &query, c->path.data, value, c->err);
}

/* Compare a value with that of the chart. */
static enum rk_rc
compare_with_chart(struct check *c, const json_t *value, const char *text)
{
	const json_t *found = NULL;
	struct rk_err why;
	enum rk_rc rc = find_value(c, &found);

	if (rc == RK_END) {
		why = *c->err;
		rc = rk_err_set(c->err, RK_END, RK_HOLD_VALUE_UNKNOWN, c->path.data + c->chart, text, why.msg);
	}
	if (rc != RK_OK || (found && rk_json_equal(found, value)))
		return rc;
	return rk_err_set(c->err, RK_END, RK_HOLD_VALUE, c->path.data + c->chart, text);
}

/* Check one value; back is what a clear gives back, or NULL. */
static enum rk_rc
check_value(struct check *c, const json_t *value, const json_t *back, bool append)
{
	struct rk_strbuf text = { 0 }, other = { 0 };
	enum rk_rc rc = RK_OK;

	rk_json_add(&text, value);
	if (append) {
		rc = rk_err_set(c->err, RK_END, RK_HOLD_VALUE_ITEMS, c->path.data + c->chart, text.data);
	} else if (!back) {
		rc = compare_with_chart(c, value, text.data);
	} else if (!rk_json_equal(back, value)) {
		rk_json_add(&other, back);
		rc = rk_err_set(c->err, RK_END, RK_HOLD_VALUE_BACK, c->path.data + c->chart, other.data, text.data);
	}
	rk_strbuf_free(&text);
	rk_strbuf_free(&other);
	return rc;
}

static enum rk_rc
check_map(struct check *c, const json_t *values, const json_t *back)
{
	size_t path = c->path.len, len;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	const char *key;
	json_t *value;
	bool append;

	json_object_foreach((json_t *)values, key, value) {
		if (rc != RK_OK)
			break;
		len = rk_value_rules_key(key, &append);
		rk_strbuf_clear(&name);
		rk_strbuf_add(&name, key, len);
		rk_json_pointer_add(&c->path, rk_strbuf_str(&name));
		if (json_object_size(value))
			rc = check_map(c, value, json_object_get(back, key));
		else
			rc = check_value(c, value, json_object_get(back, key), append);
		c->path.len = path;
		c->path.data[path] = '\0';
	}
	rk_strbuf_free(&name);
	return rc;
}

enum rk_rc
rk_gate_values_check(struct rk_chart_values *charts, const struct rk_chart *chart, const struct rk_override_record *o,
    struct rk_err *err)
{
	struct check c = { .charts = charts, .o = o, .err = err };
	enum rk_rc rc;

	rk_value_rules_chart(chart, &c.path);
	c.chart = c.path.len;
	rc = check_map(&c, o->values, o->ga_values);
	rk_strbuf_free(&c.path);
	return rc;
}
