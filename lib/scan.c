#include <string.h>

#include "grammar.h"
#include "scan.h"
#include "text.h"

#define TENANT "{tenant}"
#define RING_PREFIX "ring-"	/* of each ring's name */

struct scan {
	const struct rk_strings *manifests;
	const char *tenant;		/* the only one wanted, or NULL */
	size_t pattern;			/* which of the manifests' is walked */
	rk_scan_found *found;
	void *context;
	size_t n;
};

/*
 * Does path match a manifests pattern?  *tenant and *len become the tenant's name in path; where they are
 * set already, this is what {tenant} must be.
 */
static bool
matches(const char *pattern, const char *path, const char **tenant, size_t *len)
{
	const char *had = *tenant;
	size_t n;

	for (; *pattern && *pattern != '*' && strncmp(pattern, TENANT, strlen(TENANT)) != 0; pattern++, path++)
		if (*pattern != *path)
			return false;
	if (!*pattern)
		return !*path;
	if (*pattern == '*') {
		for (n = 0;; n++) {
			if (matches(pattern + 1, path + n, tenant, len))
				return true;
			if (!path[n] || path[n] == '/')
				return false;
		}
	}
	pattern += strlen(TENANT);
	if (had)
		return strncmp(path, had, *len) == 0 && matches(pattern, path + *len, tenant, len);
	for (n = strcspn(path, "/"); n > 0; n--) {
		*tenant = path;
		*len = n;
		if (!rk_name_fault(path, n) && matches(pattern, path + n, tenant, len))
			return true;
	}
	*tenant = had;
	return false;
}

bool
rk_scan_match(const struct rk_strings *manifests, const char *path, struct rk_text *tenant)
{
	const char *name = NULL;
	size_t len, i;

	for (i = 0; i < manifests->n && !matches(manifests->item[i], path, &name, &len); i++)
		;
	if (i < manifests->n)
		rk_text_add(tenant, name, len);
	return i < manifests->n;
}

static enum rk_rc
found_path(void *context, const char *path, struct rk_err *err)
{
	struct scan *scan = context;
	const struct rk_strings *patterns = scan->manifests;
	struct rk_text name = { 0 };
	const char *tenant = scan->tenant;
	size_t len = tenant ? strlen(tenant) : 0, i;
	enum rk_rc rc;

	if (!matches(patterns->item[scan->pattern], path, &tenant, &len))
		return RK_OK;
	scan->n++;
	rk_text_add(&name, tenant, len);
	for (i = 0; i < scan->pattern; i++) {
		tenant = scan->tenant;
		if (matches(patterns->item[i], path, &tenant, &len)) {
			rk_text_free(&name);
			return RK_OK;	/* an earlier pattern has given it */
		}
	}
	rc = rk_text_check(&name, err);
	if (rc == RK_OK)
		rc = scan->found(scan->context, name.data, path, err);
	rk_text_free(&name);
	return rc;
}

/* Walk one pattern, with {tenant} replaced. */
static enum rk_rc
walk(struct rk_repo *repo, struct scan *scan, struct rk_err *err)
{
	struct rk_text glob = { 0 };
	enum rk_rc rc;

	scan->n = 0;
	rk_template_fill(&glob, scan->manifests->item[scan->pattern], "tenant",
	    scan->tenant ? scan->tenant : "*");
	rc = rk_text_check(&glob, err);
	if (rc == RK_OK)
		rc = rk_repo_glob(repo, glob.data, found_path, scan, err);
	rk_text_free(&glob);
	return rc;
}

enum rk_rc
rk_scan_tenant(struct rk_repo *repo, const struct rk_service *service, const char *tenant, rk_scan_found *found,
    void *context, struct rk_err *err)
{
	struct scan scan = { &service->manifests, tenant, 0, found, context, 0 };
	struct rk_text glob = { 0 };
	enum rk_rc rc = RK_OK;

	if (service->manifests.n == 0)
		return rk_fail(err, RK_ECONFIG, "the catalogue has no \"manifests\" for the service %s", service->name);
	for (; rc == RK_OK && scan.pattern < service->manifests.n; scan.pattern++) {
		rc = walk(repo, &scan, err);
		if (rc == RK_OK && scan.n == 0) {
			rk_template_fill(&glob, service->manifests.item[scan.pattern], "tenant", tenant);
			rc = rk_refuse(err, "no-manifest", "there is no %s", rk_text_str(&glob));
		}
	}
	rk_text_free(&glob);
	return rc;
}

enum rk_rc
rk_scan(struct rk_repo *repo, const struct rk_strings *manifests, const char *tenant, rk_scan_found *found,
    void *context, struct rk_err *err)
{
	struct scan scan = { manifests, tenant, 0, found, context, 0 };
	enum rk_rc rc = RK_OK;

	for (; rc == RK_OK && scan.pattern < manifests->n; scan.pattern++)
		rc = walk(repo, &scan, err);
	return rc;
}

static int
hex(const char *s, size_t len)
{
	int value = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		int digit = s[i] >= '0' && s[i] <= '9' ? s[i] - '0' : (s[i] | 32) >= 'a' && (s[i] | 32) <= 'f'
		    ? (s[i] | 32) - 'a' + 10 : -1;

		if (digit < 0 || value > 0xffff)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/*
 * What double-quoted text stands for, near enough: an escape of an ASCII character becomes that character, an
 * escaped line break goes with the blanks around it, a quote or backslash loses its backslash; of other escapes
 * the backslash alone is dropped, for none of them is part of an image's name.
 */
static void
unescape(const char *s, size_t len, struct rk_text *text)
{
	size_t at = 0, run, n;
	const char *backslash;
	int c;

	while (at < len) {
		backslash = memchr(s + at, '\\', len - at);
		run = backslash ? (size_t)(backslash - s) - at : len - at;
		rk_text_add(text, s + at, run);
		at += run + 1;
		if (at >= len)
			break;
		n = s[at] == 'x' ? 2 : s[at] == 'u' ? 4 : s[at] == 'U' ? 8 : 0;
		c = n && at + n < len ? hex(s + at + 1, n) : -1;
		if (c > 0 && c < 0x7f) {
			rk_text_putc(text, (char)c);
			at += n + 1;
		} else if (s[at] == 'n' || s[at] == 'r' || s[at] == 't') {
			rk_text_putc(text, s[at] == 'n' ? '\n' : s[at] == 'r' ? '\r' : '\t');
			at++;
		} else if (s[at] == '\n' || s[at] == '\r') {
			while (at < len && strchr(" \t\r\n", s[at]) && s[at])
				at++;
		} else {
			rk_text_putc(text, s[at++]);
		}
	}
}

/* Does one of the escapes stand for a character that a name may have, or for the backslash of another escape? */
static bool
has_escapes(const char *text, size_t len)
{
	const char *at = text, *end = text + len;

	while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
		if (++at == end || !strchr("\"nrt", *at))
			return true;
		at++;
	}
	return false;
}

/* Does text hold needle?  A NUL ends no manifest that can be read: what holds one may hold anything. */
static bool
contains(const struct rk_text *text, const char *needle)
{
	return text->len && (strstr(text->data, needle) || memchr(text->data, '\0', text->len));
}

/* The same of any of three texts. */
static bool
one_contains(const struct rk_text text[3], const char *needle)
{
	return contains(&text[0], needle) || contains(&text[1], needle) || contains(&text[2], needle);
}

/* What the image's repository has in it. */
static void
image_needle(struct rk_text *needle, const char *image, const char *ring)
{
	rk_text_clear(needle);
	if (ring) {
		rk_template_fill(needle, image, "ring", ring);
	} else {
		rk_text_add(needle, image, strcspn(image, "{"));
		rk_text_puts(needle, RING_PREFIX);
	}
}

enum rk_rc
rk_scan_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring, bool *may,
    struct rk_err *err)
{
	/* as it is written; what its escapes stand for; what the escapes in that stand for */
	struct rk_text said[3] = { { .data = (char *)text, .len = len } }, needle = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	*may = false;
	if (has_escapes(text, len)) {
		unescape(text, len, &said[1]);
		if (said[1].len)
			unescape(said[1].data, said[1].len, &said[2]);
		rc = rk_text_check(&said[1], err);
		if (rc == RK_OK)
			rc = rk_text_check(&said[2], err);
	}
	/* each needle has this in it, and few manifests have */
	if (rc != RK_OK || !one_contains(said, ring ? ring : RING_PREFIX))
		goto out;
	if (!service)
		*may = true;
	for (i = 0; service && rc == RK_OK && !*may && i < service->image.n; i++) {
		image_needle(&needle, service->image.item[i], ring);
		rc = rk_text_check(&needle, err);
		if (rc == RK_OK)
			*may = one_contains(said, needle.data);
	}
out:
	rk_text_free(&needle);
	rk_text_free(&said[1]);
	rk_text_free(&said[2]);
	return rc;
}
