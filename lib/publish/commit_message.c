#include <string.h>

#include "publish/commit_message.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/trailer.h"

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

	*repository = rk_json_string(value, "repository");
	*tag = rk_json_string(value, "tag");
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
			path = rk_json_string(operation, "path");
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
	if (*repository && rk_validate_image(*repository, strlen(*repository)))
		*repository = NULL;
	if (*tag && rk_validate_tag(*tag, strlen(*tag)))
		*tag = NULL;
}

static void
add_image(struct rk_strbuf *line, const char *repository, const char *tag)
{
	rk_strbuf_printf(line, "%s%s%s", repository ? repository : "", repository && tag ? ":" : "", tag ? tag : "");
}

/* "acme: set <image> (was <image>)", "acme: clear <image>" */
static void
describe(struct rk_strbuf *line, const json_t *record)
{
	const json_t *image = json_object_get(record, "image");
	const char *repository, *tag;

	seen_image(record, &repository, &tag);
	rk_strbuf_printf(line, "%s: ", rk_json_string(record, "tenant"));
	if (rk_json_is(json_object_get(record, "action"), "clear")) {
		rk_strbuf_puts(line, "clear ");
		if (repository || tag)
			add_image(line, repository, tag);
		else
			rk_strbuf_printf(line, "%s %s", rk_json_string(record, "service"), rk_json_string(record, "ring"));
		return;
	}
	rk_strbuf_puts(line, "set ");
	add_image(line, rk_json_string(image, "repository"), rk_json_string(image, "tag"));
	if (repository && rk_json_is(json_object_get(image, "repository"), repository))
		repository = NULL;
	if (repository || tag) {
		rk_strbuf_puts(line, " (was ");
		add_image(line, repository, tag);
		rk_strbuf_putc(line, ')');
	}
}

static enum rk_rc
add_trailers(const json_t *records, const char *key, const char *member, json_t *trailers, struct rk_err *err)
{
	json_t *record, *value, *element;
	struct rk_strbuf image = { 0 };
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
			rk_strbuf_clear(&image);
			add_image(&image, rk_json_string(value, "repository"), rk_json_string(value, "tag"));
			rc = rk_strbuf_check(&image, err);
			if (rc == RK_OK)
				rc = rk_trailer_add(trailers, key, image.data, err);
		}
		if (rc != RK_OK)
			break;
	}
	rk_strbuf_free(&image);
	return rc;
}

static enum rk_rc
sum_up(const json_t *records, const json_t *given, struct sums *sums, struct rk_err *err)
{
	static const char *const trailers[][2] = { { "Service", "service" }, { "Ring", "ring" }, { "Image", "image" },
	    { "Cohort", "cohorts" }, { "Pull-Request", "pull_request" } };
	struct rk_strbuf line = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *record;
	bool clear, good;
	size_t i;

	json_array_foreach(records, i, record) {
		clear = rk_json_is(json_object_get(record, "action"), "clear");
		rk_strbuf_clear(&line);
		describe(&line, record);
		good = add(sums->services, rk_json_string(record, "service")) && add(sums->rings, rk_json_string(record, "ring")) &&
		    add(clear ? sums->cleared : sums->set, rk_json_string(record, "tenant")) && !line.failed &&
		    add(sums->lines, line.data);
		if (!good) {
			rc = rk_err_nomem(err);
			break;
		}
	}
	rk_strbuf_free(&line);
	for (i = 0; i < sizeof trailers / sizeof trailers[0] && rc == RK_OK; i++)
		rc = add_trailers(records, trailers[i][0], trailers[i][1], sums->trailers, err);
	if (rc == RK_OK && json_object_update(sums->trailers, (json_t *)given) < 0)
		rc = rk_err_nomem(err);
	return rc;
}

/* One is named, several are counted. */
static void
add_names(struct rk_strbuf *text, json_t *names, const char *many)
{
	size_t n = json_object_size(names);

	if (n == 1)
		rk_strbuf_puts(text, json_object_iter_key(json_object_iter(names)));
	else
		rk_strbuf_printf(text, "%zu %s", n, many);
}

static void
add_subject(struct rk_strbuf *message, const struct sums *sums)
{
	bool sets = json_object_size(sums->set) > 0, clears = json_object_size(sums->cleared) > 0;

	rk_strbuf_puts(message, sets ? "Release " : "Clear ");
	add_names(message, sums->services, "services");
	rk_strbuf_putc(message, ' ');
	add_names(message, sums->rings, "rings");
	if (sets) {
		rk_strbuf_puts(message, " to ");
		add_names(message, sums->set, "tenants");
	}
	if (clears) {
		rk_strbuf_puts(message, sets ? ", clear it from " : " from ");
		add_names(message, sums->cleared, "tenants");
	}
	rk_strbuf_puts(message, "\n\n");
}

enum rk_rc
rk_commit_message(const json_t *records, const json_t *given, struct rk_strbuf *message, struct rk_err *err)
{
	struct sums sums = { json_object(), json_object(), json_object(), json_object(), json_object(), json_object() };
	const char *line;
	json_t *value;
	enum rk_rc rc;

	if (!sums.services || !sums.rings || !sums.set || !sums.cleared || !sums.lines || !sums.trailers)
		rc = rk_err_nomem(err);
	else
		rc = sum_up(records, given, &sums, err);
	if (rc == RK_OK) {
		add_subject(message, &sums);
		json_object_foreach(sums.lines, line, value)
			rk_strbuf_printf(message, "%s\n", line);
		rk_trailer_write(message, sums.trailers);
		rc = rk_strbuf_check(message, err);
	}
	json_decref(sums.services);
	json_decref(sums.rings);
	json_decref(sums.set);
	json_decref(sums.cleared);
	json_decref(sums.lines);
	json_decref(sums.trailers);
	return rc;
}
