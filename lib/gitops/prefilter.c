#include <string.h>

#include "gitops/prefilter.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"
#include "gitops/image.h"

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
 * Append a double-quoted string decoded, as far as an image's name needs it: an escaped ASCII character becomes that
 * character, an escaped line break and the blanks after it go, and of all other escapes the backslash goes.
 */
static void
unescape(const char *s, size_t len, struct rk_strbuf *text)
{
	size_t at = 0, run, n;
	const char *backslash;
	int c;

	while (at < len) {
		backslash = memchr(s + at, '\\', len - at);
		run = backslash ? (size_t)(backslash - s) - at : len - at;
		rk_strbuf_add(text, s + at, run);
		at += run + 1;
		if (at >= len)
			break;
		n = s[at] == 'x' ? 2 : s[at] == 'u' ? 4 : s[at] == 'U' ? 8 : 0;
		c = n && at + n < len ? hex(s + at + 1, n) : -1;
		if (c > 0 && c < 0x7f) {
			rk_strbuf_putc(text, (char)c);
			at += n + 1;
		} else if (s[at] == 'n' || s[at] == 'r' || s[at] == 't') {
			rk_strbuf_putc(text, s[at] == 'n' ? '\n' : s[at] == 'r' ? '\r' : '\t');
			at++;
		} else if (s[at] == '\n' || s[at] == '\r') {
			while (at < len && strchr(" \t\r\n", s[at]) && s[at])
				at++;
		} else {
			rk_strbuf_putc(text, s[at++]);
		}
	}
}

/* Return whether an escape can mean a character of a name, or the backslash of another escape. */
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

/* Return whether text holds needle.  strstr() does not search after a NUL, so that such text may hold it. */
static bool
contains(const struct rk_strbuf *text, const char *needle)
{
	return text->len && (strstr(text->data, needle) || memchr(text->data, '\0', text->len));
}

/* Return whether one of three buffers does. */
static bool
any_contains(const struct rk_strbuf text[3], const char *needle)
{
	return contains(&text[0], needle) || contains(&text[1], needle) || contains(&text[2], needle);
}

/* The text as written, decoded, and decoded twice. */
struct levels {
	struct rk_strbuf text[3];
};

/* Decode the text, and return whether it holds a ring's name, which is in every image and in few manifests. */
static bool
read_levels(const char *text, size_t len, const char *pattern, const char *ring, struct levels *levels)
{
	struct rk_strbuf needle = { 0 };
	bool may;

	*levels = (struct levels){ { { .data = (char *)text, .len = len } } };
	if (has_escapes(text, len)) {
		unescape(text, len, &levels->text[1]);
		if (levels->text[1].len)
			unescape(levels->text[1].data, levels->text[1].len, &levels->text[2]);
	}
	if (ring)
		rk_ring_pattern_slug(&needle, ring);
	else
		rk_ring_pattern_prefix(&needle, pattern);
	may = any_contains(levels->text, rk_strbuf_str(&needle));
	rk_strbuf_free(&needle);
	return may;
}

static void
free_levels(struct levels *levels)
{
	rk_strbuf_free(&levels->text[1]);
	rk_strbuf_free(&levels->text[2]);
}

/* Return whether the text has a mark (yaml/mark.h) of a service (NULL: of any) and of a ring (NULL: of any). */
static bool
has_mark(const char *text, const struct rk_service *service, const char *ring)
{
	struct rk_strbuf needle = { 0 };
	bool has;

	if (!strstr(text, "# ringkit: "))
		return false;
	rk_strbuf_puts(&needle, "# ringkit: ");
	if (service)
		rk_strbuf_printf(&needle, "%s/", service->name);
	if (service && ring)
		rk_strbuf_printf(&needle, "%s ", ring);
	has = strstr(text, needle.data);
	rk_strbuf_free(&needle);
	return has;
}

bool
rk_prefilter_may_hold_any(const char *text, size_t len, const char *pattern, const char *ring)
{
	struct levels levels;
	bool may;

	may = read_levels(text, len, pattern, ring, &levels) || has_mark(text, NULL, NULL);
	free_levels(&levels);
	return may;
}

/* Return whether the host of the service's image is written apart from the rest. */
static bool
has_registry(const struct rk_service *service)
{
	size_t i, f;

	for (i = 0; i < service->n_charts; i++)
		for (f = 0; f < service->chart[i].n_forms; f++)
			if (service->chart[i].form[f].registry)
				return true;
	return false;
}

/* Set needle to a part of the image's repository. */
static void
image_needle(struct rk_strbuf *needle, const struct rk_service *service, const char *image, const char *ring)
{
	struct rk_strbuf slug = { 0 };

	if (has_registry(service))
		image = rk_image_path(image);
	rk_strbuf_clear(needle);
	if (ring) {
		rk_ring_pattern_slug(&slug, ring);
		rk_template_fill(needle, image, "ring", rk_strbuf_str(&slug));
		rk_strbuf_free(&slug);
	} else {
		rk_strbuf_add(needle, image, strcspn(image, "{"));
		rk_ring_pattern_prefix(needle, service->ring);
	}
}

bool
rk_prefilter_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring)
{
	struct rk_strbuf needle = { 0 };
	struct levels levels;
	bool looks, may = false;
	size_t i;

	looks = read_levels(text, len, service->ring, ring, &levels);
	may = has_mark(text, service, ring);
	for (i = 0; looks && !may && i < service->image.n; i++) {
		if (!strstr(service->image.item[i], "{ring}")) {
			may = true;	/* the ring is in the tag, and the repository may be the chart's */
			break;
		}
		image_needle(&needle, service, service->image.item[i], ring);
		may = any_contains(levels.text, needle.data);
	}
	rk_strbuf_free(&needle);
	free_levels(&levels);
	return may;
}
