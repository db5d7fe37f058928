#include <string.h>

#include "release/adopt.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "override/live_list.h"
#include "override/override_record.h"

/* Note why an adoption is refused; the first reason counts. */
static void
set_fault(json_t *adoption, enum rk_code code, const struct rk_strbuf *why)
{
	if (json_object_get(adoption, "fault"))
		return;
	rk_json_set(adoption, "fault", json_string(rk_strbuf_str(why)));
	rk_json_set(adoption, "code", json_string(rk_code_word(code)));
}

/* Check the image of a record: that of another chart must be the same. */
static void
check_image(json_t *adoption, const struct rk_override_record *o, const json_t *image)
{
	const json_t *other = json_object_get(adoption, "image");
	const char *tag = rk_json_string(image, "tag"), *ring = rk_json_string(adoption, "ring");
	struct rk_strbuf why = { 0 };

	if (!*tag) {
		rk_strbuf_printf(&why, "the image of chart %s has no tag", o->chart);
		set_fault(adoption, RK_CODE_LIVE_DIFFERS, &why);
	} else if (rk_validate_tag(tag, strlen(tag))) {
		rk_strbuf_printf(&why, "the tag of chart %s is invalid: it %s", o->chart, rk_validate_tag(tag, strlen(tag)));
		set_fault(adoption, RK_CODE_BAD_VALUES, &why);
	} else if (!json_equal(other, image) || strcmp(ring, o->ring) != 0) {
		rk_strbuf_printf(&why, "the charts have different images: %s:%s, and %s:%s of chart %s", rk_json_string(other,
		    "repository"), rk_json_string(other, "tag"), rk_json_string(image, "repository"), tag, o->chart);
		set_fault(adoption, RK_CODE_LIVE_DIFFERS, &why);
	}
	rk_strbuf_free(&why);
}

/* Return the adoption of a record's tenant and service: borrowed. */
static json_t *
find_or_make(json_t *adoptions, const struct rk_override_record *o, const json_t *image)
{
	struct rk_strbuf key = { 0 };
	json_t *adoption;

	rk_strbuf_printf(&key, "%s\n%s", o->tenant, o->service);
	adoption = json_object_get(adoptions, key.data);
	if (!adoption) {
		adoption = rk_json_pack("{ss ss ss sO s{} s{} s{}}", "tenant", o->tenant, "service", o->service, "ring", o->ring,
		    "image", image, "objects", "charts", "digests");
		rk_json_set(adoptions, key.data, adoption);
	}
	rk_strbuf_free(&key);
	return adoption;
}

enum rk_rc
rk_adopt_add(json_t *adoptions, const json_t *record, struct rk_err *err)
{
	struct rk_override_record o;
	const json_t *image = json_object_get(record, "image"), *digest = json_object_get(record, "helm_values");
	const char *object = rk_json_string(record, "object");
	json_t *adoption;
	enum rk_rc rc = rk_override_record_read(record, &o, err);

	if (rc == RK_OK && (!object || !o.chart || !rk_json_string(image, "repository") || !rk_json_string(image, "tag")
	    || (digest && !json_is_string(digest))))
		rc = rk_err_set(err, RK_EDATA, "expected a record of ringls --apps, which has \"object\", \"chart\" and \"image\"");
	if (rc != RK_OK)
		return rc;
	adoption = find_or_make(adoptions, &o, image);
	rk_json_set(json_object_get(adoption, "objects"), object, json_true());
	rk_json_set(json_object_get(adoption, "charts"), o.chart, json_true());
	if (!digest)
		json_object_del(adoption, "digests");
	else if (json_object_get(adoption, "digests"))
		rk_json_set(json_object_get(adoption, "digests"), json_string_value(digest), json_true());
	check_image(adoption, &o, image);
	return RK_OK;
}

/* Put the names of the live objects before the message of a refusal. */
static enum rk_rc
refuse(const json_t *adoption, enum rk_rc rc, struct rk_err *err)
{
	struct rk_strbuf names = { 0 };
	const char *name;
	json_t *each;

	json_object_foreach(json_object_get(adoption, "objects"), name, each)
		rk_strbuf_printf(&names, "%s%s", names.len ? " " : "", name);
	rk_err_prefix(err, rc, "%s", rk_strbuf_str(&names));
	rk_strbuf_free(&names);
	return rc;
}

enum rk_rc
rk_adopt_check(const json_t *adoption, const struct rk_service *service, struct rk_err *err)
{
	const char *fault = rk_json_string(adoption, "fault"), *ring = rk_json_string(adoption, "ring");
	const char *have = rk_json_string(json_object_get(adoption, "image"), "repository");
	struct rk_strbuf repository = { 0 };
	enum rk_rc rc = RK_OK;

	rk_image_repository(&repository, service, ring);
	if (fault)
		rc = rk_err_refuse(err, rk_code_find(rk_json_string(adoption, "code")), "%s", fault);
	else if (strcmp(rk_strbuf_str(&repository), have) != 0)
		rc = rk_err_refuse(err, RK_CODE_LIVE_DIFFERS, "%s runs, and the manifest would get %s", have, repository.data);
	rk_strbuf_free(&repository);
	return rc == RK_OK ? RK_OK : refuse(adoption, rc, err);
}

enum rk_rc
rk_adopt_check_charts(const json_t *adoption, const json_t *charts, struct rk_err *err)
{
	const json_t *image = json_object_get(adoption, "image");
	const char *chart;
	json_t *each;

	json_object_foreach((json_t *)charts, chart, each)
		if (!json_object_get(json_object_get(adoption, "charts"), chart))
			return refuse(adoption, rk_err_refuse(err, RK_CODE_LIVE_DIFFERS, "chart %s has another image than %s:%s, which "
			    "the manifest would give it", chart, rk_json_string(image, "repository"), rk_json_string(image, "tag")), err);
	return RK_OK;
}

enum rk_rc
rk_adopt_check_values(const json_t *adoption, const struct rk_values *values, const struct rk_catalog *catalog,
    struct rk_strbuf *text, struct rk_err *err)
{
	const struct rk_manifest *before = values->manifest;
	const json_t *digests = json_object_get(adoption, "digests");
	struct rk_manifest after = { .source = before->source, .tenant = before->tenant, .entry = before->entry,
		.file.path = before->file.path, .file.text = *text };
	struct rk_strbuf digest = { 0 };
	struct rk_values now = { 0 };
	enum rk_rc rc;

	if (!digests || (before->entry && before->entry->values))
		return RK_OK;
	if (text->len > RK_ADOPT_BYTES)
		return refuse(adoption, rk_err_refuse(err, RK_CODE_TOO_LARGE, "%s: larger than %u bytes, so that its values are not compared "
		    "with those of the live object", before->file.path, RK_ADOPT_BYTES), err);
	*text = (struct rk_strbuf){ 0 };
	rc = rk_values_find(&after, catalog, values->service, &now, err);
	if (rc == RK_OK)
		rc = rk_live_list_digest(&now, &digest, err);
	if (rc == RK_OK && !json_object_get(digests, digest.data))
		rc = refuse(adoption, rk_err_refuse(err, RK_CODE_LIVE_DIFFERS, "%s would give Helm other values than the live object: "
		    "manifest-values shows both", before->file.path), err);
	rk_values_free(&now);
	rk_manifest_free(&after);
	rk_strbuf_free(&digest);
	return rc;
}
