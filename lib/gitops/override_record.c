#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gitops/override_record.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/image.h"
#include "gitops/override.h"
#include "gitops/values.h"

json_t *
rk_override_record_json(const struct rk_values *v, const struct rk_override *o)
{
	struct rk_strbuf commit = { 0 };
	json_t *record = NULL;
	struct rk_err err;
	char *revision;

	rk_image_commit(v->service, o->tag, &commit);
	if (!commit.failed && rk_values_target_revision(v, &revision, &err) == RK_OK) {
		record = json_pack("{ss ss ss ss ss ss s{ss ss} ss* ss* ss*}", "type", "override", "tenant", v->manifest->tenant,
		    "path", v->manifest->file.path, "service", v->service->name, "chart", o->chart->name, "ring", o->ring, "image",
		    "repository", o->repository, "tag", o->tag, "commit", commit.len ? commit.data : NULL, "target_revision",
		    revision, "deploys", v->deployed.len ? v->deployed.data : NULL);
		free(revision);
	}
	rk_strbuf_free(&commit);
	return record;
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
	};
	const char *fault;
	json_t *value;
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
	return RK_OK;
}
