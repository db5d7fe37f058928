#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "grammar.h"
#include "json.h"
#include "pointer.h"
#include "trailer.h"

static const char *
string(const json_t *record, const char *member)
{
	return json_string_value(json_object_get(record, member));
}

typedef const char *fault_fn(const char *s, size_t len);

/* A member that is a string of a grammar. */
static enum rk_rc
check_string(const json_t *record, const char *member, bool wanted, fault_fn *fault_of, struct rk_err *err)
{
	const json_t *value = json_object_get(record, member);
	const char *fault;

	if (!value && !wanted)
		return RK_OK;
	if (!json_is_string(value))
		return rk_fail(err, RK_EDATA, "a patch record wants a \"%s\" string", member);
	fault = fault_of(json_string_value(value), json_string_length(value));
	return fault ? rk_fail(err, RK_EDATA, "the patch record's %s \"%s\" %s", member, json_string_value(value), fault)
		     : RK_OK;
}

static const char *
action_fault(const char *s, size_t len)
{
	(void)len;
	return strcmp(s, "set") == 0 || strcmp(s, "clear") == 0 ? NULL : "is neither \"set\" nor \"clear\"";
}

/* "source:key:value" */
static const char *
cohort_fault(const char *s, size_t len)
{
	const char *colon, *fault = NULL;
	int part;

	for (part = 0; part < 3 && !fault; part++) {
		colon = part < 2 ? memchr(s, ':', len) : s + len;
		if (!colon)
			return "is not source:key:value";
		fault = rk_name_fault(s, (size_t)(colon - s));
		len -= part < 2 ? (size_t)(colon - s) + 1 : 0;
		s = colon + 1;
	}
	return fault;
}

/* "OWNER/REPO#N"; an owner may be a group in a group */
static const char *
pull_request_fault(const char *s, size_t len)
{
	const char *number = memchr(s, '#', len);
	size_t digits;

	if (!number || !memchr(s, '/', (size_t)(number - s)))
		return "is not OWNER/REPO#N";
	digits = strspn(number + 1, "0123456789");
	if (digits == 0 || digits > 18 || number + 1 + digits != s + len)
		return "has no number behind the #";
	return rk_path_fault(s, (size_t)(number - s));
}

static enum rk_rc
check_image(const json_t *record, struct rk_err *err)
{
	const json_t *image = json_object_get(record, "image");
	enum rk_rc rc;

	if (!image && rk_json_is(json_object_get(record, "action"), "clear"))
		return RK_OK;
	if (!json_is_object(image))
		return rk_fail(err, RK_EDATA, "a patch record that sets wants an \"image\" object");
	rc = check_string(image, "repository", true, rk_image_fault, err);
	return rc == RK_OK ? check_string(image, "tag", true, rk_tag_fault, err) : rc;
}

static enum rk_rc
check_cohorts(const json_t *record, struct rk_err *err)
{
	const json_t *cohorts = json_object_get(record, "cohorts");
	const char *fault;
	json_t *cohort;
	size_t i;

	if (cohorts && !json_is_array(cohorts))
		return rk_fail(err, RK_EDATA, "the patch record's \"cohorts\" is no array");
	json_array_foreach(cohorts, i, cohort) {
		if (!json_is_string(cohort))
			return rk_fail(err, RK_EDATA, "the patch record's \"cohorts\" holds what is no string");
		fault = cohort_fault(json_string_value(cohort), json_string_length(cohort));
		if (fault)
			return rk_fail(err, RK_EDATA, "the patch record's cohort \"%s\" %s", json_string_value(cohort), fault);
	}
	return RK_OK;
}

static enum rk_rc
check_pointer(const json_t *object, const char *member, struct rk_err *err)
{
	const char *s = string(object, member);
	struct rk_pointer pointer;
	enum rk_rc rc;

	if (!s)
		return rk_fail(err, RK_EDATA, "an edit of the patch record lacks its \"%s\"", member);
	rc = rk_pointer_parse(s, &pointer, err);
	rk_pointer_free(&pointer);
	return rc;
}

/* RFC 6902, section 4 */
static enum rk_rc
check_operation(const json_t *operation, struct rk_err *err)
{
	static const struct { const char *op, *wants; } known[] = { { "add", "value" }, { "replace", "value" },
	    { "test", "value" }, { "remove", NULL }, { "move", "from" }, { "copy", "from" } };
	const char *op = string(operation, "op");
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (op && strcmp(op, known[i].op) == 0)
			break;
	if (i == sizeof known / sizeof known[0])
		return rk_fail(err, RK_EDATA, "an edit of the patch record has no \"op\" of RFC 6902");
	rc = check_pointer(operation, "path", err);
	if (rc != RK_OK || !known[i].wants)
		return rc;
	if (strcmp(known[i].wants, "from") == 0)
		return check_pointer(operation, "from", err);
	return json_object_get(operation, "value") ? RK_OK
	    : rk_fail(err, RK_EDATA, "an edit of the patch record lacks its \"value\"");
}

static enum rk_rc
check_edits(const json_t *record, struct rk_err *err)
{
	const json_t *edits = json_object_get(record, "edits"), *patch;
	json_t *edit, *operation;
	enum rk_rc rc = RK_OK;
	size_t i, j;

	if (!json_is_array(edits))
		return rk_fail(err, RK_EDATA, "a patch record wants an \"edits\" array");
	json_array_foreach(edits, i, edit) {
		patch = json_object_get(edit, "patch");
		if (!json_is_array(patch))
			return rk_fail(err, RK_EDATA, "an edit of the patch record wants a \"patch\" array");
		rc = check_pointer(edit, "at", err);
		for (j = 0; rc == RK_OK && j < json_array_size(patch); j++) {
			operation = json_array_get(patch, j);
			rc = check_operation(operation, err);
		}
		if (rc != RK_OK)
			break;
	}
	return rc;
}

enum rk_rc
rk_change_check(const json_t *record, struct rk_err *err)
{
	static const struct { const char *member; bool wanted; fault_fn *fault; } members[] = {
		{ "tenant", true, rk_name_fault }, { "path", true, rk_path_fault }, { "blob", false, rk_oid_fault },
		{ "service", true, rk_name_fault }, { "ring", true, rk_ring_fault }, { "action", true, action_fault },
		{ "pull_request", false, pull_request_fault },
	};
	const json_t *document = json_object_get(record, "document");
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0] && rc == RK_OK; i++)
		rc = check_string(record, members[i].member, members[i].wanted, members[i].fault, err);
	if (rc == RK_OK && document && !(json_is_integer(document) && json_integer_value(document) >= 0 &&
	    json_integer_value(document) <= 1000000))
		rc = rk_fail(err, RK_EDATA, "the patch record's \"document\" is no number from 0");
	if (rc == RK_OK)
		rc = check_image(record, err);
	if (rc == RK_OK)
		rc = check_cohorts(record, err);
	return rc == RK_OK ? check_edits(record, err) : rc;
}

enum rk_rc
rk_change_key(const json_t *record, struct rk_text *key, struct rk_err *err)
{
	static const char *const members[] = { "tenant", "path", "document", "service", "ring", "action", "edits" };
	char *value;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		if (!json_object_get(record, members[i])) {
			rk_text_putc(key, '\n');
			continue;
		}
		value = json_dumps(json_object_get(record, members[i]), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
		if (!value)
			return rk_nomem(err);
		rk_text_puts(key, value);
		rk_text_putc(key, '\n');
		free(value);
	}
	return rk_text_check(key, err);
}

/* What the records name, each once, in order: objects whose members' names matter. */
struct sums {
	json_t *services, *rings, *set, *cleared, *lines, *trailers;
};

static bool
add(json_t *set, const char *s)
{
	return json_object_set_new(set, s, json_null()) == 0;
}

/* The first image in a value: an object with a repository or a tag, in whatever it stands. */
static void
find_image(const json_t *value, const char **repository, const char **tag)
{
	const char *key;
	json_t *below;

	*repository = string(value, "repository");
	*tag = string(value, "tag");
	json_object_foreach((json_t *)value, key, below)
		if (!*repository && !*tag)
			find_image(below, repository, tag);
}

/* The image that the edits saw before they change it, as far as their tests tell. */
static void
seen_image(const json_t *record, const char **repository, const char **tag)
{
	const char *path, *last, *seen[2];
	json_t *edit, *operation, *value;
	size_t i, j;

	*repository = *tag = NULL;
	json_array_foreach(json_object_get(record, "edits"), i, edit) {
		json_array_foreach(json_object_get(edit, "patch"), j, operation) {
			if (!rk_json_is(json_object_get(operation, "op"), "test"))
				continue;
			value = json_object_get(operation, "value");
			path = string(operation, "path");
			last = strrchr(path, '/');
			find_image(value, &seen[0], &seen[1]);
			if (last && strcmp(last, "/repository") == 0)
				seen[0] = json_string_value(value);
			if (last && strcmp(last, "/tag") == 0)
				seen[1] = json_string_value(value);
			*repository = *repository ? *repository : seen[0];
			*tag = *tag ? *tag : seen[1];
		}
	}
	/* text from a manifest: only what an image is made of goes into a message */
	if (*repository && rk_image_fault(*repository, strlen(*repository)))
		*repository = NULL;
	if (*tag && rk_tag_fault(*tag, strlen(*tag)))
		*tag = NULL;
}

static void
add_image(struct rk_text *line, const char *repository, const char *tag)
{
	rk_text_printf(line, "%s%s%s", repository ? repository : "", repository && tag ? ":" : "", tag ? tag : "");
}

/* "acme: set <image> (was <image>)", "acme: clear <image>" */
static void
describe(struct rk_text *line, const json_t *record)
{
	const json_t *image = json_object_get(record, "image");
	const char *repository, *tag;

	seen_image(record, &repository, &tag);
	rk_text_printf(line, "%s: ", string(record, "tenant"));
	if (rk_json_is(json_object_get(record, "action"), "clear")) {
		rk_text_puts(line, "clear ");
		if (repository || tag)
			add_image(line, repository, tag);
		else
			rk_text_printf(line, "%s %s", string(record, "service"), string(record, "ring"));
		return;
	}
	rk_text_puts(line, "set ");
	add_image(line, string(image, "repository"), string(image, "tag"));
	if (repository && rk_json_is(json_object_get(image, "repository"), repository))
		repository = NULL;
	if (repository || tag) {
		rk_text_puts(line, " (was ");
		add_image(line, repository, tag);
		rk_text_putc(line, ')');
	}
}

static enum rk_rc
add_trailers(const json_t *records, const char *key, const char *member, json_t *trailers, struct rk_err *err)
{
	json_t *record, *value, *element;
	struct rk_text image = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i, j;

	json_array_foreach(records, i, record) {
		value = json_object_get(record, member);
		if (json_is_string(value))
			rc = rk_trailer_add(trailers, key, json_string_value(value), err);
		json_array_foreach(value, j, element)
			if (rc == RK_OK)
				rc = rk_trailer_add(trailers, key, json_string_value(element), err);
		if (json_is_object(value) && rk_json_is(json_object_get(record, "action"), "set")) {
			rk_text_clear(&image);
			add_image(&image, string(value, "repository"), string(value, "tag"));
			rc = rk_text_check(&image, err);
			if (rc == RK_OK)
				rc = rk_trailer_add(trailers, key, image.data, err);
		}
		if (rc != RK_OK)
			break;
	}
	rk_text_free(&image);
	return rc;
}

static enum rk_rc
sum_up(const json_t *records, const json_t *given, struct sums *sums, struct rk_err *err)
{
	static const char *const trailers[][2] = { { "Service", "service" }, { "Ring", "ring" }, { "Image", "image" },
	    { "Cohort", "cohorts" }, { "Pull-Request", "pull_request" } };
	struct rk_text line = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *record;
	bool clear, good;
	size_t i;

	json_array_foreach(records, i, record) {
		clear = rk_json_is(json_object_get(record, "action"), "clear");
		rk_text_clear(&line);
		describe(&line, record);
		good = add(sums->services, string(record, "service")) && add(sums->rings, string(record, "ring")) &&
		    add(clear ? sums->cleared : sums->set, string(record, "tenant")) && !line.failed &&
		    add(sums->lines, line.data);
		if (!good) {
			rc = rk_nomem(err);
			break;
		}
	}
	rk_text_free(&line);
	for (i = 0; i < sizeof trailers / sizeof trailers[0] && rc == RK_OK; i++)
		rc = add_trailers(records, trailers[i][0], trailers[i][1], sums->trailers, err);
	if (rc == RK_OK && json_object_update(sums->trailers, (json_t *)given) < 0)
		rc = rk_nomem(err);
	return rc;
}

/* One is named, several are counted. */
static void
add_names(struct rk_text *text, json_t *names, const char *many)
{
	size_t n = json_object_size(names);

	if (n == 1)
		rk_text_puts(text, json_object_iter_key(json_object_iter(names)));
	else
		rk_text_printf(text, "%zu %s", n, many);
}

static void
add_subject(struct rk_text *message, const struct sums *sums)
{
	bool sets = json_object_size(sums->set) > 0, clears = json_object_size(sums->cleared) > 0;

	rk_text_puts(message, sets ? "Release " : "Clear ");
	add_names(message, sums->services, "services");
	rk_text_putc(message, ' ');
	add_names(message, sums->rings, "rings");
	if (sets) {
		rk_text_puts(message, " to ");
		add_names(message, sums->set, "tenants");
	}
	if (clears) {
		rk_text_puts(message, sets ? ", clear it from " : " from ");
		add_names(message, sums->cleared, "tenants");
	}
	rk_text_puts(message, "\n\n");
}

enum rk_rc
rk_change_message(const json_t *records, const json_t *given, struct rk_text *message, struct rk_err *err)
{
	struct sums sums = { json_object(), json_object(), json_object(), json_object(), json_object(), json_object() };
	const char *line;
	json_t *value;
	enum rk_rc rc;

	if (!sums.services || !sums.rings || !sums.set || !sums.cleared || !sums.lines || !sums.trailers)
		rc = rk_nomem(err);
	else
		rc = sum_up(records, given, &sums, err);
	if (rc == RK_OK) {
		add_subject(message, &sums);
		json_object_foreach(sums.lines, line, value)
			rk_text_printf(message, "%s\n", line);
		rk_trailer_write(message, sums.trailers);
		rc = rk_text_check(message, err);
	}
	json_decref(sums.services);
	json_decref(sums.rings);
	json_decref(sums.set);
	json_decref(sums.cleared);
	json_decref(sums.lines);
	json_decref(sums.trailers);
	return rc;
}
