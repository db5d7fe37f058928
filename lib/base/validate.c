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

const char *
rk_validate_cohort(const char *s, size_t len)
{
	const char *colon, *fault = NULL;
	int part;

	for (part = 0; part < 3 && !fault; part++) {
		colon = part < 2 ? memchr(s, ':', len) : s + len;
		if (!colon)
			return "is not source:key:value";
		fault = rk_validate_name(s, (size_t)(colon - s));
		len -= part < 2 ? (size_t)(colon - s) + 1 : 0;
		s = colon + 1;
	}
	return fault;
}

const char *
rk_validate_login(const char *s, size_t len)
{
	static const char bot[] = "[bot]";
	const size_t end = strlen(bot);

	if (len > end && memcmp(s + len - end, bot, end) == 0)
		len -= end;
	if (len == 0)
		return "is empty";
	if (len > RK_NAME_BYTES)
		return "is longer than 128 characters";
	return all_in(s, len, "_-", true) ? NULL : "has a character other than A-Z a-z 0-9 _ -, or [bot] at its end";
}

const char *
rk_validate_actor(const char *s, size_t len)
{
	const char *slash = memchr(s, '/', len), *fault;

	if (!slash)
		return rk_validate_login(s, len);
	fault = rk_validate_name(s, (size_t)(slash - s));
	return fault ? fault : rk_validate_name(slash + 1, (size_t)(s + len - slash - 1));
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

/* HOST or HOST:PORT (distribution/reference): words of letters, digits and, between these, hyphens, separated by dots */
static bool
is_host(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t host = colon ? (size_t)(colon - s) : len, i;

	for (i = host + 1; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	for (i = 0; i < host; i++)
		if (!is_alnum(s[i]) && (i == 0 || i + 1 == host || s[i - 1] == '.' || (s[i] == '.' && s[i - 1] == '-')))
			return false;
	return host && all_in(s, host, ".-", true) && host + 1 != len;
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

/* A regular expression as regcomp(3) builds it, where each repetition is written out: outside of its group, and in it. */
struct regex {
	size_t size[2];
	bool counted[2];	/* has a counted repetition */
	int in;			/* 1 in the group */
	size_t groups;
	size_t atom;		/* the size of the last atom, and whether it has a counted repetition */
	bool atom_counted;
	bool repeated;		/* a repetition was the last that was read */
};

static void
add_atom(struct regex *regex, size_t size, bool counted)
{
	regex->atom = size;
	regex->atom_counted = counted;
	regex->size[regex->in] += size;
	regex->counted[regex->in] |= counted;
	regex->repeated = false;
}

/* Repeat the last atom. */
static const char *
repeat(struct regex *regex, size_t times)
{
	const size_t more = times > 1 ? regex->atom * (times - 1) : 0;

	regex->atom += more;
	regex->size[regex->in] += more;
	if (regex->repeated)
		return "has a repetition right after another";
	regex->repeated = true;
	return NULL;
}

/* Read "{N}", "{N,}", "{,N}" or "{N,N}", and set *next to its brace, or to the end. */
static const char *
read_counts(struct regex *regex, const char *s, const char **next)
{
	size_t most = 1;
	long times;
	char *end;

	if (regex->atom_counted)
		return "has a counted repetition of a counted repetition";
	for (; *s && *s != '}'; s = end > s + 1 ? end : s + 1) {
		times = strtol(s + 1, &end, 10);
		if (times > RK_REGEX_TIMES)
			return "has a repetition of more than 255 times";
		if (times > 0 && (size_t)times >= most)
			most = (size_t)times + (end[0] == ',' && end[1] == '}');
	}
	*next = s;
	regex->counted[regex->in] = regex->atom_counted = true;
	return repeat(regex, most);
}

/* Read one character, bracket or repetition, and set *next to what follows it. */
static const char *
read_piece(struct regex *regex, const char *s, const char **next)
{
	const char *fault = NULL;

	*next = s + (*s == '\\' && s[1] ? 2 : 1);
	if (*s == '(') {
		if (regex->groups++)
			return "has more than one group";
		regex->in = 1;
		regex->atom = 0;
		regex->repeated = false;
	} else if (*s == ')' && regex->in) {
		regex->in = 0;
		add_atom(regex, regex->size[1] + 1, regex->counted[1]);
	} else if (*s == '{' && ((s[1] >= '0' && s[1] <= '9') || s[1] == ',')) {
		fault = read_counts(regex, s, next);
		*next += !fault && **next;
	} else if (*s == '*' || *s == '+' || *s == '?') {
		fault = repeat(regex, *s == '+' ? 2 : 1);
	} else {
		add_atom(regex, 1, false);
		if (*s == '\\' && s[1] >= '1' && s[1] <= '9')
			fault = "has a back-reference";
		else if (*s == '[')
			*next = skip_bracket(s);
	}
	return fault;
}

const char *
rk_validate_regex(const char *s)
{
	struct regex regex = { .in = 0 };
	const char *fault = NULL;

	if (strlen(s) > RK_REGEX_BYTES)
		return "is longer than 256 bytes";
	while (*s && !fault) {
		fault = read_piece(&regex, s, &s);
		if (!fault && regex.size[regex.in] > RK_REGEX_SIZE)
			fault = "has more than 512 characters when its repetitions are written out";
	}
	return fault;
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
