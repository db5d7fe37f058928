#include <stdlib.h>
#include <string.h>

#include "base/template.h"
#include "base/err.h"
#include "base/strbuf.h"

/* Return the length of the placeholder at s, "{name}" or "{name:N}", with braces; *name is its name's length. */
static size_t
placeholder(const char *s, size_t *name, unsigned long *number)
{
	size_t len = strcspn(s, "}"), at;

	*name = strcspn(s + 1, ":}");
	at = *name + 2;
	*number = 0;
	if (s[at - 1] == ':' && strspn(s + at, "0123456789") == len - at)
		*number = strtoul(s + at, NULL, 10);
	return s[len] ? len + 1 : 0;
}

static bool
is_placeholder(const char *s, const char *name, size_t *len, unsigned long *number)
{
	size_t n;

	if (*s != '{')
		return false;
	*len = placeholder(s, &n, number);
	return *len && n == strlen(name) && strncmp(s + 1, name, n) == 0;
}

enum rk_rc
rk_template_check(const char *template, const char *allowed, struct rk_err *err)
{
	const char *s, *word;
	size_t len, name, n;
	unsigned long number;
	bool known;

	for (s = template; *s; s++) {
		if (*s == '}')
			return rk_err_set(err, RK_ECONFIG, "\"%s\" has a } without its {", template);
		if (*s != '{')
			continue;
		len = placeholder(s, &name, &number);
		if (!len)
			return rk_err_set(err, RK_ECONFIG, "\"%s\" has a { without its }", template);
		known = false;
		for (word = allowed; *word && !known; word += n + strspn(word + n, " ")) {
			n = strcspn(word, " ");
			known = (n == name && len == name + 2 && strncmp(word, s + 1, n) == 0)
			    || (n == name + 1 && number && word[n - 1] == ':' && strncmp(word, s + 1, n) == 0);
		}
		if (!known)
			return rk_err_set(err, RK_ECONFIG, "\"%s\" has the unknown placeholder %.*s (known: %s)", template,
			    (int)len, s, allowed);
		s += len - 1;
	}
	return RK_OK;
}

void
rk_template_fill(struct rk_strbuf *text, const char *template, const char *name, const char *value)
{
	unsigned long number;
	size_t len, all = strlen(value);
	const char *s;

	for (s = template; *s; s++) {
		if (is_placeholder(s, name, &len, &number)) {
			rk_strbuf_add(text, value, number && number < all ? number : all);
			s += len - 1;
		} else {
			rk_strbuf_putc(text, *s);
		}
	}
}

bool
rk_template_match(const char *template, const char *name, const char *s, struct rk_strbuf *value)
{
	size_t before = strcspn(template, "{"), len, all = strlen(s), rest, n, had = value->len;
	struct rk_strbuf whole = { 0 };
	unsigned long number;
	bool same = false;

	if (strncmp(template, s, before) != 0 || !is_placeholder(template + before, name, &len, &number))
		return false;
	/* if there is one placeholder only, what follows it fixes where the value ends */
	rest = strlen(template + before + len);
	for (n = all - before; n >= 1 && !same; n--) {
		if (!strchr(template + before + len, '{') && before + n + rest != all)
			continue;
		rk_strbuf_add(value, s + before, n);
		rk_strbuf_clear(&whole);
		rk_template_fill(&whole, template, name, rk_strbuf_str(value) + had);
		same = strcmp(rk_strbuf_str(&whole), s) == 0;
		if (!same) {
			value->len = had;
			if (value->data)
				value->data[had] = '\0';
		}
	}
	rk_strbuf_free(&whole);
	return same;
}
