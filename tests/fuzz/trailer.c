/*
 * Fuzz trailers.  An input is a commit's message, which is read; and its lines, as trailers that a user gives, which are
 * written after the rest of it and must be what is read again.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/trailer.h"
#include "fuzz.h"

static json_t *
read_trailers(const char *message)
{
	struct rk_err err = { 0 };
	json_t *trailers, *each;
	const char *s;
	size_t i;

	EXPECT(rk_trailer_read(message, &trailers, &err) == RK_OK);
	json_array_foreach(trailers, i, each) {
		EXPECT(json_array_size(each) == 2);
		s = json_string_value(json_array_get(each, 0));
		EXPECT(s && *s && !strpbrk(s, "\n:"));
		s = json_string_value(json_array_get(each, 1));
		EXPECT(s && !strchr(s, '\n'));
		EXPECT(!*s || (*s != ' ' && s[strlen(s) - 1] != ' '));
	}
	return trailers;
}

static void
check_same(const json_t *given, const json_t *read)
{
	const char *line, *key, *value;
	json_t *nothing;
	size_t i = 0;

	EXPECT(json_object_size(given) == json_array_size(read));
	json_object_foreach((json_t *)given, line, nothing) {
		key = json_string_value(json_array_get(json_array_get(read, i), 0));
		value = json_string_value(json_array_get(json_array_get(read, i), 1));
		EXPECT(strncmp(line, key, strlen(key)) == 0);
		EXPECT(strncmp(line + strlen(key), ": ", 2) == 0);
		EXPECT(strcmp(line + strlen(key) + 2, value) == 0);
		i++;
	}
}

/* Add each line as a trailer; reserved keys are refused in any case of letters. */
static json_t *
give(const char *text)
{
	char *copy = fuzz_copy(text, strlen(text)), *rest = copy, *line;
	json_t *given = json_object();
	struct rk_err err = { 0 };
	enum rk_rc rc;

	EXPECT(rk_trailer_add(given, "Service", "shop", &err) == RK_OK);	/* without any, the tenant's line is read as one */
	while (rest) {
		line = fuzz_field(&rest);
		rc = rk_trailer_add_given(given, line, &err);
		EXPECT(rc == RK_OK || rc == RK_EUSAGE);
		if (rc != RK_OK)
			fuzz_message(&err);
		else
			EXPECT(!fuzz_matches("^([Ss][Ee][Rr][Vv][Ii][Cc][Ee]|[Rr][Ii][Nn][Gg]|[Ll][Aa][Bb][Ee][Ll][Ss])[:=]", line));
	}
	free(copy);
	return given;
}

int
fuzz_trailer(const uint8_t *data, size_t size)
{
	char *message = fuzz_copy(data, size);
	struct rk_strbuf whole = { 0 };
	json_t *given, *read;

	read = read_trailers(message);
	json_decref(read);

	given = give(message);
	rk_strbuf_puts(&whole, "Release shop ring-x\n\nacme: set the image\n");
	rk_trailer_write(&whole, given);
	read = read_trailers(whole.data);
	check_same(given, read);
	json_decref(read);
	json_decref(given);
	rk_strbuf_free(&whole);
	free(message);
	return 0;
}
