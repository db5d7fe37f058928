#include <stdbool.h>
#include <string.h>
#include <jansson.h>

#include "override/override_record.h"
#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/chart_source.h"
#include "gitops/image.h"
#include "gitops/values.h"
#include "override/override.h"

/* Return a string for rk_json_pack()'s "s*": NULL if it is empty. */
static const char *
or_null(const struct rk_strbuf *text)
{
	return text->len ? text->data : NULL;
}

json_t *
rk_override_record_json(const struct rk_values *v, const struct rk_override *o, const struct rk_chart_source *source)
{
	struct rk_strbuf commit = { 0 };
	json_t *record, *from = NULL;

	if (source->url.len || source->fault.len)
		from = rk_json_pack("{ss* ss* ss*}", "url", or_null(&source->url), "path", or_null(&source->path), "fault",
		    or_null(&source->fault));
	if (!o->bumped)		/* else the tag is another author's, even if it names a commit */
		rk_image_commit(v->service, o->tag, &commit);
	record = rk_json_pack("{ss ss ss ss ss ss s{ss ss} ss* ss* so* ss* sO* sO* ss* ss* ss* ss*}", "type", "override", "tenant", v->manifest->tenant,
	    "path", v->manifest->file.path, "service", v->service->name, "chart", o->chart->name, "ring", o->ring, "image",
	    "repository", o->repository, "tag", o->tag, "commit", or_null(&commit), "target_revision",
	    or_null(&source->revision), "source", from, "deploys", or_null(&v->deployed),
	    "values", o->values, "ga_values", o->ga_values, "ga_tag", o->ga_tag, "over", o->over, "under", o->under, "code", o->bumped ? rk_code_word(RK_CODE_HALF_BUMPED) : NULL);
	rk_strbuf_free(&commit);
	return record;
}

/* Read the members of a record's "source".  RK_EDATA: one is invalid. */
static enum rk_rc
read_source(const json_t *record, struct rk_override_record *o, struct rk_err *err)
{
	const struct {
		const char *name, **value;
	} members[] = { { "url", &o->source_url }, { "path", &o->source_path }, { "fault", &o->source_fault } };
	const json_t *source = json_object_get(record, "source"), *value;
	size_t i;

	if (source && !json_is_object(source))
		return rk_err_set(err, RK_EDATA, "expected an object as \"source\" of an override record");
	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		value = json_object_get(source, members[i].name);
		*members[i].value = json_string_value(value);
		if (value && !json_is_string(value))
			return rk_err_set(err, RK_EDATA, "expected a string as \"%s\" of an override record's source", members[i].name);
	}
	return RK_OK;
}

/* Read "values" and "ga_values".  RK_EDATA: one is not an object. */
static enum rk_rc
read_values(const json_t *record, struct rk_override_record *o, struct rk_err *err)
{
	const struct {
		const char *name;
		const json_t **value;
	} members[] = { { "values", &o->values }, { "ga_values", &o->ga_values } };
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		*members[i].value = json_object_get(record, members[i].name);
		if (*members[i].value && !json_is_object(*members[i].value))
			return rk_err_set(err, RK_EDATA, "expected an object as \"%s\" of an override record", members[i].name);
	}
	return RK_OK;
}

enum rk_rc
rk_override_record_read(const json_t *record, struct rk_override_record *o, struct rk_err *err)
{
	const struct {
		const char *name, **value, *(*fault)(const char *, size_t);
		bool required;
	} members[] = {
		{ "tenant", &o->tenant, rk_validate_name, true }, { "path", &o->path, rk_validate_path, true },
		{ "service", &o->service, rk_validate_name, true }, { "ring", &o->ring, rk_validate_ring, true },
		{ "chart", &o->chart, NULL, false }, { "commit", &o->commit, NULL, false },
		{ "target_revision", &o->target_revision, NULL, false }, { "deploys", &o->deploys, NULL, false },
		{ "ga_tag", &o->ga_tag, NULL, false }, { "over", &o->over, NULL, false }, { "under", &o->under, NULL, false },
		{ "code", &o->code, NULL, false },
	};
	const char *fault;
	json_t *value;
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		value = json_object_get(record, members[i].name);
		*members[i].value = json_string_value(value);
		if (!value && members[i].required)
			return rk_err_set(err, RK_EDATA, "missing \"%s\" in an override record", members[i].name);
		if (value && !json_is_string(value))
			return rk_err_set(err, RK_EDATA, "expected a string as \"%s\" of an override record", members[i].name);
		fault = members[i].fault ? members[i].fault(*members[i].value, strlen(*members[i].value)) : NULL;
		if (fault)
			return rk_err_set(err, RK_EDATA, "invalid %s of an override record \"%s\": it %s", members[i].name,
			    *members[i].value, fault);
	}
	rc = read_values(record, o, err);
	return rc == RK_OK ? read_source(record, o, err) : rc;
}
