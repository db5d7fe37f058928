#include <string.h>
#include <strings.h>

#include "release/release_record.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "gitops/value_rules.h"
#include "publish/commit_message.h"
#include "release/decide.h"
#include "release/digest.h"

#define FILE_BYTES (64u << 20)	/* the largest file of records that is read */

static enum rk_rc
read_action(const json_t *record, enum rk_action *action, struct rk_err *err)
{
	const char *word = rk_json_string(record, "action");

	for (*action = RK_NONE; *action <= RK_SET; ++*action)
		if (word && strcmp(word, rk_decide_word(*action)) == 0)
			return RK_OK;
	return rk_err_set(err, RK_EDATA, "missing or unknown \"action\" in the release record");
}

static bool
has_reason(const struct rk_release_record *release, const char *word)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(json_object_get(release->record, "reasons"), i, reason)
		if (rk_json_is(reason, word))
			return true;
	return false;
}

/* Read the image.  Records are not trusted: it has to be the one that the catalogue gives the ring. */
static enum rk_rc
read_image(struct rk_release_record *release, struct rk_err *err)
{
	const json_t *image = json_object_get(release->record, "image");
	const json_t *repository = json_object_get(image, "repository"), *tag = json_object_get(image, "tag");
	const json_t *digest = json_object_get(image, "digest");
	struct rk_strbuf expected = { 0 };
	const char *fault;
	enum rk_rc rc = RK_OK;

	if (release->action != RK_SET && !image)
		return RK_OK;
	if (!json_is_string(repository) || !json_is_string(tag))
		return rk_err_set(err, RK_EDATA, "missing \"image\" with \"repository\" and \"tag\" in the release record");
	fault = rk_validate_tag(json_string_value(tag), json_string_length(tag));
	if (fault)
		return rk_err_set(err, RK_EDATA, "invalid tag of the release record \"%s\": it %s", json_string_value(tag), fault);
	if (digest && (!json_is_string(digest) || !rk_digest_is(json_string_value(digest))))
		return rk_err_set(err, RK_EDATA, "expected a digest, such as sha256:..., as \"digest\" of the image in the release record");
	release->tag = json_string_value(tag);
	rk_image_repository(&expected, release->service, release->ring);
	if (!rk_json_is(repository, expected.data))
		rc = rk_err_set(err, RK_EPERM, "image of %s in the release record: expected %s by the catalogue, got %s",
		    release->ring, expected.data, json_string_value(repository));
	rk_strbuf_free(&expected);
	if (rc == RK_OK && rk_image_check_tag(release->service, release->ring, release->tag, err) != RK_OK)
		rc = rk_err_prefix(err, RK_EPERM, "image in the release record");
	return rc;
}

/* Read the values of a set, or of what was rejected, and check them as ringcheck has: records are not trusted. */
static enum rk_rc
read_values(struct rk_release_record *release, struct rk_err *err)
{
	json_t *values = json_object_get(release->record, "values");

	if (release->action != RK_SET && !release->rejected)
		return RK_OK;
	release->values = values ? json_incref(values) : json_object();
	if (rk_value_rules_check(release->service, release->values, err) != RK_OK)
		return rk_err_prefix(err, RK_EPERM, "values in the release record");
	return RK_OK;
}

/* Check the list of rings and commits whose tenants may be taken over. */
static enum rk_rc
check_supersedes(const struct rk_release_record *release, const struct rk_catalog *catalog, struct rk_err *err)
{
	const json_t *list = json_object_get(release->record, "supersedes"), *entry, *ring, *commit;
	size_t i;

	if (list && !json_is_array(list))
		return rk_err_set(err, RK_EDATA, "expected a list as \"supersedes\" of the release record");
	json_array_foreach(list, i, entry) {
		ring = json_object_get(entry, "ring");
		commit = json_object_get(entry, "commit");
		if (!json_is_string(ring) || !json_is_string(commit) ||
		    rk_ring_pattern_check(catalog->ring, json_string_value(ring), json_string_length(ring)) ||
		    rk_validate_oid(json_string_value(commit), json_string_length(commit)) || rk_json_is(ring, release->ring))
			return rk_err_set(err, RK_EDATA, "expected other rings and whole commit ids in \"supersedes\" of the release record");
	}
	return RK_OK;
}

static enum rk_rc
read_service(struct rk_release_record *release, const struct rk_catalog *catalog, struct rk_err *err)
{
	const char *service = rk_json_string(release->record, "service"), *expected;
	const char *repository = rk_json_string(release->record, "repository");
	const json_t *number = json_object_get(release->record, "pull_request");

	if (!service || !repository)
		return rk_err_set(err, RK_EDATA, "missing \"%s\" in the release record", service ? "repository" : "service");
	if (number && (!json_is_integer(number) || json_integer_value(number) < 1))
		return rk_err_set(err, RK_EDATA, "expected a number as \"pull_request\" of the release record");
	if (rk_catalog_service(catalog, service, &release->service, err) != RK_OK)
		return rk_err_prefix(err, RK_EPERM, "release record");
	expected = release->service->repository;
	if (!expected || strcasecmp(expected, repository) != 0)
		return rk_err_set(err, RK_EPERM, "repository of %s in the release record: expected %s by the catalogue, got %s", service,
		    expected ? expected : "none", repository);
	if (number)
		rk_strbuf_printf(&release->pull_request, "%s#%lld", expected, (long long)json_integer_value(number));
	return RK_OK;
}

/* Make what patches say of the release: a set, or what was rejected. */
static enum rk_rc
make_release(struct rk_release_record *release, struct rk_err *err)
{
	json_t *commit = json_object_get(release->record, "commit"), *number = json_object_get(release->record, "rejected_proposal");
	struct rk_strbuf digest = { 0 };
	const json_t *label;
	enum rk_rc rc;
	size_t i;

	release->labels = json_object_get(release->record, "labels");
	if (release->labels && !json_is_array(release->labels))
		return rk_err_set(err, RK_EDATA, "expected a list as \"labels\" of the release record");
	json_array_foreach(release->labels, i, label)
		if (json_string_length(label) == 0)
			return rk_err_set(err, RK_EDATA, "expected strings that are not empty in \"labels\" of the release record");
	if (number && (!json_is_integer(number) || json_integer_value(number) < 1))
		return rk_err_set(err, RK_EDATA, "expected a number as \"rejected_proposal\" of the release record");
	release->rejected = release->action == RK_KEEP && number;
	rc = read_values(release, err);
	if (rc != RK_OK)
		return rc;
	if ((release->action != RK_SET && !release->rejected) || !commit || !release->labels)
		return RK_OK;
	if (!json_is_string(commit) || rk_validate_oid(json_string_value(commit), json_string_length(commit)))
		return rk_err_set(err, RK_EDATA, "expected a whole commit id as \"commit\" of the release record");
	rk_commit_message_values(release->values, &digest);
	release->release = rk_json_pack("{sO sO ss* sO*}", "commit", commit, "labels", release->labels, "values",
	    digest.len ? digest.data : NULL, "rejected", release->rejected ? number : NULL);
	rk_strbuf_free(&digest);
	return RK_OK;
}

static enum rk_rc
read_release(struct rk_release_record *release, const struct rk_catalog *catalog, struct rk_err *err)
{
	const json_t *ring = json_object_get(release->record, "ring");
	const char *fault, *reason = json_string_value(json_array_get(json_object_get(release->record, "reasons"), 0));
	enum rk_rc rc = read_action(release->record, &release->action, err);

	if (rc == RK_OK && release->action == RK_NONE)
		return rk_err_set(err, RK_EPERM, "nothing to do: the action is \"none\" (%s)", reason ? reason : "no reason given");
	if (rc == RK_OK && !json_is_string(ring))
		rc = rk_err_set(err, RK_EDATA, "missing \"ring\" in the release record");
	if (rc != RK_OK)
		return rc;
	release->ring = json_string_value(ring);
	fault = rk_ring_pattern_check(catalog->ring, release->ring, json_string_length(ring));
	if (fault)
		return rk_err_set(err, RK_EDATA, "invalid ring of the release record \"%s\": it %s", release->ring, fault);
	release->retargeted = has_reason(release, RK_DECIDE_RETARGETED);
	rc = read_service(release, catalog, err);
	if (rc == RK_OK)
		rc = make_release(release, err);
	if (rc == RK_OK)
		rc = check_supersedes(release, catalog, err);
	return rc == RK_OK ? read_image(release, err) : rc;
}

enum rk_rc
rk_release_record_read(struct rk_release_record *release, const char *path, bool unframed,
    const struct rk_catalog *catalog, struct rk_err *err)
{
	struct rk_io io = { .unframed = unframed };
	json_t *record;
	enum rk_rc rc = rk_io_open_file(&io, path, FILE_BYTES, err);

	*release = (struct rk_release_record){ 0 };
	if (rc != RK_OK) {
		rk_io_close_file(&io);
		return rc;
	}
	while (rc == RK_OK && (rc = rk_record_next(&io, "release", &record, err)) == RK_OK) {
		if (release->record) {
			json_decref(record);
			rc = rk_err_set(err, RK_EDATA, "expected one release record, got a second one");
		} else {
			release->record = record;
		}
	}
	if (rc == RK_END)
		rc = release->record ? read_release(release, catalog, err)
				     : rk_err_set(err, RK_EDATA, "expected one release record, got none");
	if (rc != RK_OK)
		rk_io_where(&io, path, rc, err);
	rk_io_close_file(&io);
	return rc;
}

void
rk_release_record_free(struct rk_release_record *release)
{
	json_decref(release->release);
	json_decref(release->values);
	json_decref(release->record);
	rk_strbuf_free(&release->pull_request);
}
