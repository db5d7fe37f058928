#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "git/trailer.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "git/git.h"

/* The keys that commands trust when they read a commit: only the records set them. */
static const char *const reserved[] = { "Service", "Ring", "Image", "Cohort", "Pull-Request", "Proposal", "Ring-Sync",
    "Release-Commit", "Labels", "Values", "Rejected-Proposal", "Requested-By", "Merge" };

/* Writing */

static bool
is_key(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((key[i] >= 'a' && key[i] <= 'z') || (key[i] >= 'A' && key[i] <= 'Z') ||
		    (key[i] >= '0' && key[i] <= '9') || (key[i] == '-' && i > 0)))	/* "---" ends a message */
			return false;
	return len > 0;
}

static bool
is_value(const char *value)
{
	size_t len = strlen(value), at = 0, used;
	int32_t c;

	if (len == 0 || value[0] == ' ' || value[len - 1] == ' ')
		return false;
	for (; at < len; at += used) {
		c = rk_utf8_decode(value + at, len - at, &used);
		if (c < 0 || rk_utf8_unprintable(c))
			return false;
	}
	return true;
}

static enum rk_rc
add(json_t *trailers, const char *key, size_t len, const char *value, struct rk_err *err)
{
	struct rk_strbuf line = { 0 };

	if (!is_key(key, len))
		return rk_err_set(err, RK_EDATA, "invalid trailer key: \"%.*s\" (expected letters, digits and, after the first, -)", (int)len, key);
	if (!is_value(value))
		return rk_err_set(err, RK_EDATA, "invalid trailer value: \"%s\" (expected one line of printable characters)", value);
	rk_strbuf_add(&line, key, len);
	rk_strbuf_printf(&line, ": %s", value);
	rk_json_set(trailers, line.data, json_null());
	rk_strbuf_free(&line);
	return RK_OK;
}

enum rk_rc
rk_trailer_add(json_t *trailers, const char *key, const char *value, struct rk_err *err)
{
	return add(trailers, key, strlen(key), value, err);
}

enum rk_rc
rk_trailer_add_given(json_t *trailers, const char *given, struct rk_err *err)
{
	size_t len = strcspn(given, ":="), i;
	const char *value;
	enum rk_rc rc;

	if (!given[len])
		return rk_err_set(err, RK_EUSAGE, "invalid trailer: \"%s\" (expected \"Key: value\" or Key=value)", given);
	for (i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (strlen(reserved[i]) == len && strncasecmp(given, reserved[i], len) == 0)
			return rk_err_set(err, RK_EUSAGE, "the trailer \"%s\" is reserved: it is set from the records", reserved[i]);
	value = given + len + 1;
	value += strspn(value, " ");
	rc = add(trailers, given, len, value, err);
	return rc == RK_EDATA ? RK_EUSAGE : rc;
}

void
rk_trailer_write(struct rk_strbuf *message, const json_t *trailers)
{
	const char *line;
	json_t *value;

	if (json_object_size(trailers) > 0)
		rk_strbuf_putc(message, '\n');
	json_object_foreach((json_t *)trailers, line, value) {
		rk_strbuf_puts(message, line);
		rk_strbuf_putc(message, '\n');
	}
}

/* Reading */

/* Append s without the white space around it; each line break and the indentation after it become a blank. */
static void
add_unfolded(struct rk_strbuf *text, const char *s)
{
	size_t len = strlen(s), i = 0;

	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	while (i < len && isspace((unsigned char)s[i]))
		i++;
	while (i < len) {
		rk_strbuf_putc(text, s[i] == '\n' ? ' ' : s[i]);
		if (s[i++] == '\n')
			while (i < len && isspace((unsigned char)s[i]))
				i++;
	}
}

enum rk_rc
rk_trailer_read(const char *message, json_t **trailers, struct rk_err *err)
{
	git_message_trailer_array found = { 0 };
	struct rk_strbuf value = { 0 }, text = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	*trailers = NULL;
	if (rk_git_start() < 0)
		return rk_git_fail(err, -1, "libgit2");
	*trailers = json_array();
	if (git_message_trailers(&found, message) < 0)
		rc = rk_git_fail(err, -1, "the trailers of a message");
	for (i = 0; i < found.count && rc == RK_OK; i++) {
		if (!*found.trailers[i].key)
			continue;	/* libgit2 takes ": value" for a trailer, git does not */
		rk_strbuf_clear(&value);
		rk_strbuf_clear(&text);
		add_unfolded(&value, found.trailers[i].value);
		if (rk_utf8_valid(rk_strbuf_str(&value), value.len) != value.len)
			rk_strbuf_escape(&text, value.data, value.len);	/* JSON cannot hold it, and it is none of ours */
		rk_json_append(*trailers, rk_json_pack("[ss]", found.trailers[i].key,
		    rk_strbuf_str(text.len ? &text : &value)));
	}
	if (rc != RK_OK) {
		json_decref(*trailers);
		*trailers = NULL;
	}
	git_message_trailer_array_free(&found);
	git_libgit2_shutdown();
	rk_strbuf_free(&value);
	rk_strbuf_free(&text);
	return rc;
}

bool
rk_trailer_has(const json_t *trailers, const char *key, const char *value)
{
	json_t *trailer;
	size_t i;

	json_array_foreach(trailers, i, trailer)
		if (rk_json_is(json_array_get(trailer, 0), key) && rk_json_is(json_array_get(trailer, 1), value))
			return true;
	return false;
}
