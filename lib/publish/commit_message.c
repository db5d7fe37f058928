#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "publish/commit_message.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_digest.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/validate.h"
#include "git/trailer.h"

#define MOST_VALUES 300		/* lines of values */
#define VALUE 200		/* characters of one */

/* Find the first object with a repository or a tag in a value, at any depth. */
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

/* Find the image before the edits, as far as their tests have it. */
static void
find_old_image(const json_t *record, const char **repository, const char **tag)
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
	/* strings from a manifest: only valid images go into a message */
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

void
rk_commit_message_phrase(const json_t *record, struct rk_strbuf *line)
{
	const json_t *image = json_object_get(record, "image");
	const char *repository, *tag;

	find_old_image(record, &repository, &tag);
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

/* Add the trailers of one key that a member makes: a string, an image, or a list of strings. */
static enum rk_rc
add_trailers(const json_t *value, const char *key, bool sets, json_t *trailers, struct rk_err *err)
{
	struct rk_strbuf image = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *element;
	size_t i;

	if (json_is_string(value))
		rc = rk_trailer_add(trailers, key, json_string_value(value), err);
	json_array_foreach(value, i, element)
		if (rc == RK_OK)
			rc = rk_trailer_add(trailers, key, json_string_value(element), err);
	if (json_is_object(value) && sets) {
		add_image(&image, rk_json_string(value, "repository"), rk_json_string(value, "tag"));
		rc = rk_trailer_add(trailers, key, image.data, err);
	}
	rk_strbuf_free(&image);
	return rc;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_label(struct rk_strbuf *text, const char *label)
{
	for (; *label; label++)
		if (*label > ' ' && *label < 0x7f && *label != '%')
			rk_strbuf_putc(text, *label);
		else
			rk_strbuf_printf(text, "%%%02X", (unsigned)(unsigned char)*label);
}

void
rk_commit_message_labels(const json_t *labels, struct rk_strbuf *text)
{
	size_t n = json_array_size(labels), i;
	const char **sorted = rk_memory_calloc(n + 1, sizeof *sorted);

	for (i = 0; i < n; i++)
		sorted[i] = json_string_value(json_array_get(labels, i));
	qsort(sorted, n, sizeof *sorted, compare);
	for (i = 0; i < n; i++) {
		if (i && strcmp(sorted[i], sorted[i - 1]) == 0)
			continue;
		if (i)
			rk_strbuf_putc(text, ' ');
		add_label(text, sorted[i]);
	}
	free(sorted);
}

void
rk_commit_message_values(const json_t *values, struct rk_strbuf *text)
{
	if (json_object_size(values))
		rk_json_digest(values, text);
}

const char *
rk_commit_message_values_fault(const char *s, size_t len)
{
	return len == RK_COMMIT_MESSAGE_VALUES && strspn(s, "0123456789abcdef") == len ? NULL : "is not a SHA-256";
}

enum rk_rc
rk_commit_message_release(const json_t *records, json_t *trailers, struct rk_err *err)
{
	const json_t *release, *labels, *rejected;
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record) {
		release = json_object_get(record, "release");
		labels = json_object_get(release, "labels");
		rejected = json_object_get(release, "rejected");
		if (rc == RK_OK && release)
			rc = rk_trailer_add(trailers, "Release-Commit", rk_json_string(release, "commit"), err);
		rk_strbuf_clear(&text);
		if (rc == RK_OK && json_array_size(labels))
			rk_commit_message_labels(labels, &text);
		if (rc == RK_OK && text.len)
			rc = rk_trailer_add(trailers, "Labels", text.data, err);
		if (rc == RK_OK && json_object_get(release, "values"))
			rc = rk_trailer_add(trailers, "Values", rk_json_string(release, "values"), err);
		rk_strbuf_clear(&text);
		if (rejected)
			rk_strbuf_printf(&text, "%lld", (long long)json_integer_value(rejected));
		if (rc == RK_OK && rejected)
			rc = rk_trailer_add(trailers, "Rejected-Proposal", rk_strbuf_str(&text), err);
	}
	rk_strbuf_free(&text);
	return rc;
}

/* Add a name to a set of the summary. */
static void
add_name(json_t *summary, const char *set, const char *name)
{
	rk_json_set(json_object_get(summary, set), name, json_null());
}

/* The values of the charts of a record, which become lines of the summary. */
struct lines {
	json_t *lines;
	const char *chart;
};

/* Append printable text, in which a forge finds no name, number or address to refer to. */
static void
add_printable(struct rk_strbuf *line, const char *s, size_t most)
{
	size_t len = strlen(s), at, n, used;
	char buf[16];

	for (at = n = 0; at < len && n < most; n++, at += used) {
		used = 1;
		if (s[at] == '#' || s[at] == '@')
			rk_strbuf_printf(line, "\\u%04x", (unsigned)s[at]);
		else if (s[at] == '/' && at > 0 && s[at - 1] == ':')
			rk_strbuf_puts(line, "\\/");
		else {
			used = rk_utf8_escape_next(buf, s + at, len - at);
			rk_strbuf_puts(line, buf);
		}
	}
	rk_strbuf_puts(line, at < len ? "..." : "");
}

static void
add_value(void *context, const char *pointer, const json_t *value)
{
	const struct lines *of = context;
	struct rk_strbuf line = { 0 }, text = { 0 };

	rk_json_add(&text, value);
	rk_strbuf_puts(&line, "- ");
	add_printable(&line, of->chart, VALUE);
	rk_strbuf_putc(&line, ' ');
	add_printable(&line, pointer, VALUE);
	rk_strbuf_puts(&line, ": ");
	add_printable(&line, text.data, VALUE);
	rk_json_set(of->lines, line.data, json_null());
	rk_strbuf_free(&line);
	rk_strbuf_free(&text);
}

/* Collect the values that a record sets. */
static void
add_values(json_t *summary, const json_t *record)
{
	struct lines of = { .lines = json_object_get(summary, "values") };
	json_t *values;

	if (rk_json_is(json_object_get(record, "action"), "set"))
		json_object_foreach(json_object_get(record, "values"), of.chart, values)
			rk_json_pointer_each(values, add_value, &of);
}

/* The trailers, in the order of the message; the last are those of rk_commit_message_release(). */
static const struct { const char *key, *member; } trailers[] = { { "Service", "service" }, { "Ring", "ring" },
    { "Image", "image" }, { "Cohort", "cohorts" }, { "Requested-By", "requested_by" }, { "Pull-Request", "pull_request" },
    { NULL, NULL } };

enum { KEYS = sizeof trailers / sizeof trailers[0] };

struct rk_commit_message {
	json_t *summary;		/* sets: of each, {"<name>": null, ...} in order */
	json_t *trailer[KEYS];		/* lists of rk_trailer_add() */
	struct rk_err err[KEYS];	/* why one cannot be made */
	enum rk_rc rc[KEYS];
	const json_t *members, *cohorts;	/* of the last change */
};

struct rk_commit_message *
rk_commit_message_new(void)
{
	struct rk_commit_message *message = rk_memory_calloc(1, sizeof *message);
	size_t i;

	message->summary = rk_json_pack("{s{} s{} s{} s{} s{} s{}}", "services", "rings", "set", "cleared", "lines", "values");
	for (i = 0; i < KEYS; i++)
		message->trailer[i] = json_object();
	return message;
}

void
rk_commit_message_free(struct rk_commit_message *message)
{
	size_t i;

	if (!message)
		return;
	json_decref(message->summary);
	for (i = 0; i < KEYS; i++)
		json_decref(message->trailer[i]);
	free(message);
}

/* Add what all changes with these members have in common. */
static void
take_members(struct rk_commit_message *message, const json_t *members, const json_t *cohorts)
{
	bool sets = rk_json_is(json_object_get(members, "action"), "set");
	const json_t *value;
	json_t *one;
	size_t i;

	add_name(message->summary, "services", rk_json_string(members, "service"));
	add_name(message->summary, "rings", rk_json_string(members, "ring"));
	add_values(message->summary, members);
	for (i = 0; i < KEYS; i++) {
		if (message->rc[i] != RK_OK)
			continue;
		if (trailers[i].key) {
			value = strcmp(trailers[i].member, "cohorts") == 0 ? cohorts : json_object_get(members, trailers[i].member);
			message->rc[i] = add_trailers(value, trailers[i].key, sets, message->trailer[i], &message->err[i]);
		} else {
			one = rk_json_pack("[O]", members);
			message->rc[i] = rk_commit_message_release(one, message->trailer[i], &message->err[i]);
			json_decref(one);
		}
	}
	message->members = members;
	message->cohorts = cohorts;
}

void
rk_commit_message_take(struct rk_commit_message *message, const char *tenant, const char *phrase, const json_t *members,
    const json_t *cohorts)
{
	struct rk_strbuf line = { 0 };

	if (members != message->members || cohorts != message->cohorts)
		take_members(message, members, cohorts);
	add_name(message->summary, rk_json_is(json_object_get(members, "action"), "clear") ? "cleared" : "set", tenant);
	rk_strbuf_printf(&line, "%s: %s", tenant, phrase);
	add_name(message->summary, "lines", line.data);
	rk_strbuf_free(&line);
}

/* Append the one name of a set, or the number of names. */
static void
add_names(struct rk_strbuf *text, const json_t *summary, const char *set, const char *many)
{
	json_t *names = json_object_get(summary, set);

	if (json_object_size(names) == 1)
		rk_strbuf_puts(text, json_object_iter_key(json_object_iter(names)));
	else
		rk_strbuf_printf(text, "%zu %s", json_object_size(names), many);
}

static void
add_subject(struct rk_strbuf *message, const json_t *summary)
{
	bool sets = json_object_size(json_object_get(summary, "set")) > 0;

	rk_strbuf_puts(message, sets ? "Release " : "Clear ");
	add_names(message, summary, "services", "services");
	rk_strbuf_putc(message, ' ');
	add_names(message, summary, "rings", "rings");
	if (sets) {
		rk_strbuf_puts(message, " to ");
		add_names(message, summary, "set", "tenants");
	}
	if (json_object_size(json_object_get(summary, "cleared")) > 0) {
		rk_strbuf_puts(message, sets ? ", clear it from " : " from ");
		add_names(message, summary, "cleared", "tenants");
	}
	rk_strbuf_puts(message, "\n\n");
}

static void
write_values(struct rk_strbuf *message, const json_t *summary)
{
	json_t *lines = json_object_get(summary, "values"), *value;
	const char *line;
	size_t n = 0;

	if (json_object_size(lines))
		rk_strbuf_puts(message, "\nValues beside the image:\n");
	json_object_foreach(lines, line, value)
		if (n++ < MOST_VALUES)
			rk_strbuf_printf(message, "%s\n", line);
	if (n > MOST_VALUES)
		rk_strbuf_printf(message, "and %zu more\n", n - MOST_VALUES);
}

enum rk_rc
rk_commit_message_write(const struct rk_commit_message *message, const json_t *given, struct rk_strbuf *text, struct rk_err *err)
{
	json_t *all = json_object(), *value;
	const char *line;
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (message->rc[i] != RK_OK) {
			*err = message->err[i];
			json_decref(all);
			return message->rc[i];
		}
		rk_json_update(all, message->trailer[i]);
	}
	if (given)
		rk_json_update(all, given);
	add_subject(text, message->summary);
	json_object_foreach(json_object_get(message->summary, "lines"), line, value)
		rk_strbuf_printf(text, "%s\n", line);
	write_values(text, message->summary);
	rk_trailer_write(text, all);
	json_decref(all);
	return RK_OK;
}
