#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_pointer.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"

enum rk_rc
rk_json_pointer_parse(const char *s, struct rk_json_pointer *pointer, struct rk_err *err)
{
	size_t n = 0, i;
	char *out;

	*pointer = (struct rk_json_pointer){ 0 };
	if (*s && *s != '/')
		return rk_err_set(err, RK_EDATA, "invalid JSON Pointer \"%s\": expected a leading \"/\"", s);
	for (i = 0; s[i]; i++) {
		n += s[i] == '/';
		if (s[i] == '~' && s[i + 1] != '0' && s[i + 1] != '1')
			return rk_err_set(err, RK_EDATA, "invalid JSON Pointer \"%s\": expected 0 or 1 after \"~\"", s);
	}
	if (n == 0)
		return RK_OK;
	pointer->bytes = out = rk_memory_malloc(strlen(s) + 1);
	pointer->token = rk_memory_calloc(n, sizeof *pointer->token);
	for (; *s; s++) {
		if (*s == '/') {
			*out++ = '\0';
			pointer->token[pointer->n++] = out;
		} else if (*s == '~') {
			*out++ = *++s == '0' ? '~' : '/';
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
	return RK_OK;
}

void
rk_json_pointer_free(struct rk_json_pointer *pointer)
{
	free(pointer->token);
	free(pointer->bytes);
	*pointer = (struct rk_json_pointer){ 0 };
}

void
rk_json_pointer_add(struct rk_strbuf *text, const char *token)
{
	rk_strbuf_putc(text, '/');
	for (; *token; token++) {
		if (*token == '~')
			rk_strbuf_puts(text, "~0");
		else if (*token == '/')
			rk_strbuf_puts(text, "~1");
		else
			rk_strbuf_putc(text, *token);
	}
}

size_t
rk_json_pointer_index(const char *token)
{
	size_t index = 0;
	const char *c;

	if (!*token || strlen(token) > 18 || (token[0] == '0' && token[1]))
		return SIZE_MAX;
	for (c = token; *c; c++) {
		if (*c < '0' || *c > '9')
			return SIZE_MAX;
		index = 10 * index + (size_t)(*c - '0');
	}
	return index;
}

json_t *
rk_json_pointer_get(json_t *json, const struct rk_json_pointer *pointer)
{
	size_t i;

	for (i = 0; json && i < pointer->n; i++)
		json = json_is_array(json) ? json_array_get(json, rk_json_pointer_index(pointer->token[i]))
					   : json_object_get(json, pointer->token[i]);
	return json;
}

enum rk_rc
rk_json_pointer_find(json_t *json, const char *s, json_t **found, struct rk_err *err)
{
	struct rk_json_pointer pointer;
	enum rk_rc rc = rk_json_pointer_parse(s, &pointer, err);

	*found = rc == RK_OK ? rk_json_pointer_get(json, &pointer) : NULL;
	rk_json_pointer_free(&pointer);
	return rc;
}

bool
rk_json_pointer_covers(const struct rk_json_pointer *a, const struct rk_json_pointer *b)
{
	size_t i;

	if (a->n > b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->token[i], b->token[i]) != 0)
			return false;
	return true;
}

struct walk {
	void (*each)(void *context, const char *pointer, const json_t *value);
	void *context;
	struct rk_strbuf pointer;
};

static void
walk(struct walk *w, const json_t *json)
{
	size_t len = w->pointer.len;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)json, key, value) {
		rk_json_pointer_add(&w->pointer, key);
		if (json_object_size(value))
			walk(w, value);
		else
			w->each(w->context, w->pointer.data, value);
		w->pointer.len = len;
		w->pointer.data[len] = '\0';
	}
}

void
rk_json_pointer_each(const json_t *json, void (*each)(void *context, const char *pointer, const json_t *value), void *context)
{
	struct walk w = { .each = each, .context = context };

	walk(&w, json);
	rk_strbuf_free(&w.pointer);
}
