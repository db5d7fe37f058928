#include <string.h>
#include <strings.h>

#include "release/release_record.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog.h"
#include "gitops/override.h"
#include "release/decide.h"

#define FILE_BYTES (64u << 20)	/* the largest file of records that is read */

static enum rk_rc
read_action(const json_t *record, enum rk_action *action, struct rk_err *err)
{
	const char *word = rk_json_string(record, "action");

	for (*action = RK_NONE; *action <= RK_SET; ++*action)
		if (word && strcmp(word, rk_decide_word(*action)) == 0)
			return RK_OK;
	return rk_err_set(err, RK_EDATA, "the release record has no \"action\" that is known");
}

/* The image has to be the one that the catalogue gives to the ring: a record is no trust. */
static enum rk_rc
read_image(struct rk_release_record *order, struct rk_err *err)
{
	const json_t *repository = json_object_get(json_object_get(order->record, "image"), "repository");
	const json_t *tag = json_object_get(json_object_get(order->record, "image"), "tag");
	struct rk_strbuf want = { 0 };
	const char *fault;
	enum rk_rc rc;

	if (order->action != RK_SET && !json_object_get(order->record, "image"))
		return RK_OK;
	if (!json_is_string(repository) || !json_is_string(tag))
		return rk_err_set(err, RK_EDATA, "the release record has no \"image\" with a \"repository\" and a \"tag\"");
	fault = rk_validate_tag(json_string_value(tag), json_string_length(tag));
	if (fault)
		return rk_err_set(err, RK_EDATA, "the release record's tag \"%s\" %s", json_string_value(tag), fault);
	order->tag = json_string_value(tag);
	rk_override_repository(&want, order->service, order->ring);
	rc = rk_strbuf_check(&want, err);
	if (rc == RK_OK && !rk_json_is(repository, want.data))
		rc = rk_err_set(err, RK_EPERM, "the release record's image is %s, and the catalogue's for %s is %s",
		    json_string_value(repository), order->ring, want.data);
	rk_strbuf_free(&want);
	return rc;
}

static enum rk_rc
read_service(struct rk_release_record *order, const struct rk_catalog *catalog, struct rk_err *err)
{
	const char *service = rk_json_string(order->record, "service"), *repository = rk_json_string(order->record, "repository");
	const json_t *number = json_object_get(order->record, "pull_request");

	if (!service || !repository)
		return rk_err_set(err, RK_EDATA, "the release record lacks its \"service\" or \"repository\"");
	if (number && (!json_is_integer(number) || json_integer_value(number) < 1))
		return rk_err_set(err, RK_EDATA, "the release record's \"pull_request\" is no number");
	if (rk_catalog_service(catalog, service, &order->service, err) != RK_OK)
		return rk_err_set(err, RK_EPERM, "the release record: %s", err->msg);
	if (!order->service->repository || strcasecmp(order->service->repository, repository) != 0)
		return rk_err_set(err, RK_EPERM, "the release record is of %s, and the catalogue's repository of %s is %s", repository,
		    service, order->service->repository ? order->service->repository : "none");
	if (number)
		rk_strbuf_printf(&order->pull_request, "%s#%lld", order->service->repository,
		    (long long)json_integer_value(number));
	return rk_strbuf_check(&order->pull_request, err);
}

static enum rk_rc
read_order(struct rk_release_record *order, const struct rk_catalog *catalog, struct rk_err *err)
{
	const json_t *ring = json_object_get(order->record, "ring");
	const char *fault;
	enum rk_rc rc = read_action(order->record, &order->action, err);

	if (rc == RK_OK && order->action == RK_NONE)
		return rk_err_set(err, RK_EPERM, "there is nothing to do (\"none\": %s): nothing is changed",
		    json_string_value(json_array_get(json_object_get(order->record, "reasons"), 0))
		    ? json_string_value(json_array_get(json_object_get(order->record, "reasons"), 0)) : "no reason is given");
	if (rc == RK_OK && !json_is_string(ring))
		rc = rk_err_set(err, RK_EDATA, "the release record has no \"ring\"");
	if (rc != RK_OK)
		return rc;
	order->ring = json_string_value(ring);
	fault = rk_validate_ring(order->ring, json_string_length(ring));
	if (fault)
		return rk_err_set(err, RK_EDATA, "the release record's ring \"%s\" %s", order->ring, fault);
	rc = read_service(order, catalog, err);
	return rc == RK_OK ? read_image(order, err) : rc;
}

enum rk_rc
rk_release_record_read(struct rk_release_record *order, const char *path, bool unframed, const struct rk_catalog *catalog,
    struct rk_err *err)
{
	struct rk_io io = { .unframed = unframed };
	json_t *record;
	enum rk_rc rc = rk_io_open_file(&io, path, FILE_BYTES, err);

	*order = (struct rk_release_record){ 0 };
	if (rc != RK_OK) {
		rk_io_close_file(&io);
		return rc;
	}
	while ((rc = rk_record_next(&io, "release", &record, err)) == RK_OK) {
		if (order->record) {
			json_decref(record);
			rc = rk_err_set(err, RK_EDATA, "a second release record");
			break;
		}
		order->record = record;
	}
	if (rc == RK_END)
		rc = order->record ? read_order(order, catalog, err) : rk_err_set(err, RK_EDATA, "there is no release record in it");
	if (rc != RK_OK)
		rk_io_where(&io, path, rc, err);
	rk_io_close_file(&io);
	return rc;
}

void
rk_release_record_free(struct rk_release_record *order)
{
	json_decref(order->record);
	rk_strbuf_free(&order->pull_request);
}
