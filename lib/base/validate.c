#include <stdlib.h>
#include <string.h>

#include "base/validate.h"
#include "base/err.h"
#include "base/utf8.h"

static bool
is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_alnum(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool
all_in(const char *s, size_t len, const char *also, bool upper)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!s[i] || !(is_lower(s[i]) || (upper && is_alnum(s[i])) || strchr(also, s[i])))
			return false;
	return true;
}

/* The rules that names and tags share. */
static const char *
word_fault(const char *s, size_t len)
{
	if (len == 0)
		return "is empty";
	if (!all_in(s, len, "._-", true))
		return "has a character other than A-Z a-z 0-9 . _ -";
	if (*s == '.' || *s == '-')
		return "starts with \".\" or \"-\"";
	return len > RK_NAME_BYTES ? "is longer than 128 characters" : NULL;
}

const char *
rk_validate_name(const char *s, size_t len)
{
	const char *fault = word_fault(s, len);
	size_t i;

	for (i = 0; !fault && i + 1 < len; i++)
		if (s[i] == '.' && s[i + 1] == '.')
			fault = "contains \"..\"";
	return fault;
}

/* OCI distribution spec, <name>: components of [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* */
static bool
is_oci_component(const char *s, size_t len)
{
	size_t at = 0, n;

	while (at < len && is_lower(s[at])) {
		while (at < len && is_lower(s[at]))
			at++;
		if (at == len)
			return true;
		for (n = at; n < len && s[n] == s[at]; n++)
			;
		if (!(s[at] == '-' || (s[at] == '_' && n - at <= 2) || (s[at] == '.' && n - at == 1)))
			return false;
		at = n;
	}
	return false;
}

const char *
rk_validate_path(const char *s, size_t len)
{
	const char *slash, *fault = NULL;
	size_t n;

	if (len == 0)
		return "is empty";
	if (*s == '/')
		return "is absolute";
	if (len > 4096)
		return "is longer than 4096 characters";
	for (; !fault; s += n + 1, len -= n + 1) {
		slash = memchr(s, '/', len);
		n = slash ? (size_t)(slash - s) : len;
		fault = n == 0 ? "has an empty component" : rk_validate_name(s, n);
		if (!slash)
			break;
	}
	return fault;
}

const char *
rk_validate_ring(const char *s, size_t len)
{
	const char *fault = rk_validate_path(s, len);
	size_t at, n;

	if (!fault && len > RK_NAME_BYTES)
		fault = "is longer than 128 characters";
	for (at = 0; !fault && at < len; at += n + 1) {
		for (n = 0; at + n < len && s[at + n] != '/'; n++)
			;
		if (!is_oci_component(s + at, n))
			fault = "cannot be part of an image's name (lower case, digits, single . _ - between)";
	}
	return fault;
}

const char *
rk_validate_tag(const char *s, size_t len)
{
	return word_fault(s, len);
}

/* HOST or HOST:PORT */
static bool
is_host(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t host = colon ? (size_t)(colon - s) : len, i;

	for (i = host + 1; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return host && is_alnum(*s) && is_alnum(s[host - 1]) && all_in(s, host, ".-", true) && host + 1 != len;
}

const char *
rk_validate_image(const char *s, size_t len)
{
	const char *slash = memchr(s, '/', len);
	size_t n = slash ? (size_t)(slash - s) : 0;

	if (len == 0)
		return "is empty";
	if (len > 255)
		return "is longer than 255 characters";
	/* the first component is a host if it has a dot or a port, or is localhost */
	if (n && (memchr(s, '.', n) || memchr(s, ':', n) || (n == 9 && memcmp(s, "localhost", 9) == 0))) {
		if (!is_host(s, n))
			return "does not start with a valid host";
		s += n + 1;
		len -= n + 1;
	}
	for (;;) {
		slash = memchr(s, '/', len);
		n = slash ? (size_t)(slash - s) : len;
		if (!is_oci_component(s, n))
			return "is not an OCI repository name (lower case, digits, single . _ - between, / between components)";
		if (!slash)
			return NULL;
		s += n + 1;
		len -= n + 1;
	}
}

const char *
rk_validate_oid(const char *s, size_t len)
{
	size_t i;

	if (len != 40)
		return "is not 40 characters long";
	for (i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return "has a character other than 0-9 a-f";
	return NULL;
}

/* Return what follows a bracket expression, "[...]". */
static const char *
skip_bracket(const char *s)
{
	s += s[1] == '^' ? 2 : 1;
	s += *s == ']';
	while (*s && *s != ']') {
		if (s[0] == '[' && s[1] && strchr(":.=", s[1])) {	/* "[:alpha:]" */
			const char end[] = { s[1], ']', '\0' }, *found = strstr(s + 2, end);

			s = found ? found + 1 : s;
		}
		s++;
	}
	return s + (*s == ']');
}

const char *
rk_validate_regex(const char *s)
{
	bool counted[RK_REGEX_BYTES + 1] = { false }, last = false;	/* in each open group; in the last atom */
	size_t depth = 0;
	long times;
	char *end;

	if (strlen(s) > RK_REGEX_BYTES)
		return "is longer than 256 bytes";
	while (*s) {
		if (*s == '(') {
			counted[++depth] = false;
			last = false;
		} else if (*s == ')' && depth > 0) {
			last = counted[depth--];
			counted[depth] |= last;
		} else if (*s == '{' && s[1] >= '0' && s[1] <= '9') {
			if (last)
				return "has a counted repetition of a counted repetition";
			for (; *s && *s != '}'; s = end > s + 1 ? end : s + 1) {
				times = strtol(s + 1, &end, 10);
				if (times > RK_REGEX_TIMES)
					return "has a repetition of more than 255 times";
			}
			counted[depth] = last = true;
		} else if (!strchr("*+?", *s)) {
			last = false;
		}
		if (*s == '[')
			s = skip_bracket(s);
		else if (*s)
			s += *s == '\\' && s[1] ? 2 : 1;
	}
	return NULL;
}

static enum rk_rc
malformed(struct rk_err *err, const char *label, size_t len, const char *which, const char *fault)
{
	char shown[256];

	rk_utf8_escape(shown, sizeof shown, label, len);
	return rk_err_refuse(err, RK_CODE_MALFORMED_LABEL, "label \"%s\": %s%s", shown, which, fault);
}

enum rk_rc
rk_validate_label(const char *label, size_t len, char part[3][RK_NAME_BYTES + 1], struct rk_err *err)
{
	static const char *const whose[] = { "its source ", "its key ", "its value " };
	static const char *const lacks[] = {
		"missing key (expected cohort:SOURCE:KEY:VALUE)",
		"missing value (expected cohort:SOURCE:KEY:VALUE)",
	};
	const char *at = label + 7, *end = label + len, *colon, *fault;
	size_t n, i;

	if (len < 7 || memcmp(label, "cohort:", 7) != 0)
		return RK_END;
	for (i = 0; i < 3; i++, at += n + 1) {
		colon = memchr(at, ':', (size_t)(end - at));
		n = (size_t)((colon ? colon : end) - at);
		if (i < 2 && !colon)
			return malformed(err, label, len, "", lacks[i]);
		if (i == 2 && colon)
			return malformed(err, label, len, "", "too many parts (expected cohort:SOURCE:KEY:VALUE)");
		fault = rk_validate_name(at, n);
		if (fault)
			return malformed(err, label, len, whose[i], fault);
		memcpy(part[i], at, n);
		part[i][n] = '\0';
	}
	if (len > RK_LABEL_BYTES)
		return malformed(err, label, len, "", "longer than GitHub's 50 characters");
	return RK_OK;
}
