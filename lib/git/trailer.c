#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "git/trailer.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"

/* What commands decide on when they read a commit; nobody else may say it. */
static const char *const ours[] = { "Service", "Ring", "Image", "Cohort", "Pull-Request", "Proposal", "Ring-Sync" };

/* Writing */

static bool
is_key(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((key[i] >= 'a' && key[i] <= 'z') || (key[i] >= 'A' && key[i] <= 'Z') ||
		    (key[i] >= '0' && key[i] <= '9') || key[i] == '-'))
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
	enum rk_rc rc;

	if (!is_key(key, len))
		return rk_err_set(err, RK_EDATA, "\"%.*s\" is no trailer's key (letters, digits and -)", (int)len, key);
	if (!is_value(value))
		return rk_err_set(err, RK_EDATA, "\"%s\" is no trailer's value (one line of printable text)", value);
	rk_strbuf_add(&line, key, len);
	rk_strbuf_printf(&line, ": %s", value);
	rc = rk_strbuf_check(&line, err);
	if (rc == RK_OK && json_object_set_new(trailers, line.data, json_null()) < 0)
		rc = rk_err_nomem(err);
	rk_strbuf_free(&line);
	return rc;
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
		return rk_err_set(err, RK_EUSAGE, "\"%s\" is no trailer: \"Key: value\" or Key=value is wanted", given);
	for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strlen(ours[i]) == len && strncasecmp(given, ours[i], len) == 0)
			return rk_err_set(err, RK_EUSAGE, "the trailer \"%s\" comes from the records alone", ours[i]);
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

/* Reading: the rules of git's trailer.c, version 2.39 */

static bool
is_blank(const char *line, size_t len)
{
	while (len > 0 && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	return len == 0;
}

/* Where the key's ":" stands in line, or 0. */
static size_t
separator(const char *line, size_t len)
{
	bool blank = false;
	size_t i;

	for (i = 0; i < len && line[i] != ':'; i++) {
		if (!blank && (isalnum((unsigned char)line[i]) || line[i] == '-'))
			continue;
		if (i == 0 || (line[i] != ' ' && line[i] != '\t'))
			return 0;
		blank = true;
	}
	return i < len ? i : 0;
}

static size_t
line_length(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	return newline ? (size_t)(newline - line) + 1 : (size_t)(end - line);
}

/* The start of the line before s, which is the start of a line (or the end). */
static const char *
line_before(const char *start, const char *s)
{
	if (s > start)
		s--;
	while (s > start && s[-1] != '\n')
		s--;
	return s;
}

/* Where the part ends that can hold trailers: before a line "---", and before blank lines and comments. */
static const char *
end_of_message(const char *message)
{
	const char *end = message + strlen(message), *line;
	size_t len;

	for (line = message; line < end; line += len) {
		len = line_length(line, end);
		if (len > 3 && memcmp(line, "---", 3) == 0 && isspace((unsigned char)line[3]))
			end = line;
	}
	while (end > message) {
		line = line_before(message, end);
		if (*line != '#' && !is_blank(line, (size_t)(end - line)))
			break;
		end = line;
	}
	return end;
}

/* Where the title's paragraph ends: it holds no trailers. */
static const char *
end_of_title(const char *message, const char *end)
{
	const char *line = message;

	while (line < end && (*line == '#' || !is_blank(line, line_length(line, end))))
		line += line_length(line, end);
	return line;
}

/* Is this a line that Git itself adds?  One of them makes a paragraph of mixed lines a block of trailers. */
static bool
is_gits(const char *line)
{
	return strncmp(line, "Signed-off-by: ", 15) == 0 ||
	    strncmp(line, "(cherry picked from commit ", 27) == 0;
}

/*
 * The start of the last paragraph, if it is a block of trailers, else end.  It is one when all its lines are
 * trailers, or when one line is Git's own and at least one in four is a trailer.
 */
static const char *
find_block(const char *message, const char *end)
{
	const char *title = end_of_title(message, end), *line = end;
	size_t trailers = 0, others = 0, continued = 0;
	bool gits = false;

	while (line > title) {
		line = line_before(message, line);
		if (line < title)
			return end;
		if (*line == '#') {
			others += continued;
			continued = 0;
		} else if (is_blank(line, line_length(line, end))) {
			others += continued;
			if (trailers && (gits ? trailers * 3 >= others : !others))
				return line + line_length(line, end);
			return end;
		} else if (is_gits(line)) {
			trailers++;
			continued = 0;
			gits = true;
		} else if (separator(line, line_length(line, end))) {
			trailers++;
			continued = 0;
		} else if (isspace((unsigned char)*line)) {
			continued++;
		} else {
			others += 1 + continued;
			continued = 0;
		}
	}
	return end;
}

/* Append s without the white space around it; each line break in it and the indentation behind become a blank. */
static void
add_unfolded(struct rk_strbuf *text, const char *s, size_t len)
{
	size_t i = 0;

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

/* One trailer: its line and the indented ones that go on from it, up to *next. */
static enum rk_rc
read_one(const char *line, size_t colon, const char *end, const char **next, json_t *trailers, struct rk_err *err)
{
	struct rk_strbuf key = { 0 }, value = { 0 };
	enum rk_rc rc;

	*next = line + line_length(line, end);
	while (*next < end && isspace((unsigned char)**next))
		*next += line_length(*next, end);
	add_unfolded(&key, line, colon);
	add_unfolded(&value, line + colon + 1, (size_t)(*next - line) - colon - 1);
	rc = rk_strbuf_check(&key, err) == RK_OK ? rk_strbuf_check(&value, err) : RK_ENOMEM;
	if (rc == RK_OK && json_array_append_new(trailers, json_pack("[ss]", rk_strbuf_str(&key), rk_strbuf_str(&value))) < 0)
		rc = rk_err_nomem(err);
	rk_strbuf_free(&key);
	rk_strbuf_free(&value);
	return rc;
}

enum rk_rc
rk_trailer_read(const char *message, json_t **trailers, struct rk_err *err)
{
	const char *end = end_of_message(message), *line = find_block(message, end);
	enum rk_rc rc = RK_OK;
	size_t colon;

	*trailers = json_array();
	if (!*trailers)
		return rk_err_nomem(err);
	while (line < end && rc == RK_OK) {
		colon = *line == '#' ? 0 : separator(line, line_length(line, end));
		if (colon)
			rc = read_one(line, colon, end, &line, *trailers, err);
		else
			line += line_length(line, end);
	}
	if (rc != RK_OK) {
		json_decref(*trailers);
		*trailers = NULL;
	}
	return rc;
}
