#include <string.h>

#include "git/ring_pattern.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"

#define NAME "{name}"

const char *
rk_ring_pattern_fault(const char *pattern)
{
	const char *name = strstr(pattern, NAME), *fault;
	struct rk_strbuf ring = { 0 };

	if (!name)
		return "does not have " NAME;
	if (name - pattern < 3)
		return "has fewer than three characters before " NAME;
	rk_template_fill(&ring, pattern, "name", "x");
	fault = strstr(name + 1, NAME) ? "has " NAME " twice" : rk_validate_ring(rk_strbuf_str(&ring), ring.len);
	rk_strbuf_free(&ring);
	return fault;
}

const char *
rk_ring_pattern_check(const char *pattern, const char *s, size_t len)
{
	const size_t before = (size_t)(strstr(pattern, NAME) - pattern), after = strlen(pattern) - before - strlen(NAME);
	const char *fault = rk_validate_ring(s, len), *name;

	if (fault)
		return fault;
	if (len <= before + after || memcmp(s, pattern, before) != 0
	    || memcmp(s + len - after, pattern + before + strlen(NAME), after) != 0)
		return strcmp(pattern, RK_RING_PATTERN) == 0 ? "does not start with \"ring-\""
		    : "does not match \"ring\" in the catalogue";
	name = s + before;
	if (memchr(name, '/', len - before - after))
		return "has a \"/\" too many";
	return strchr("._-", *name) ? "has \".\", \"_\" or \"-\" where the ring's own name starts" : NULL;
}

void
rk_ring_pattern_slug(struct rk_strbuf *slug, const char *ring)
{
	for (; *ring; ring++)
		rk_strbuf_putc(slug, *ring == '/' ? '-' : *ring);
}

bool
rk_ring_pattern_ring(const char *pattern, const char *slug, struct rk_strbuf *ring)
{
	struct rk_strbuf pattern_slug = { 0 }, name = { 0 };
	const size_t had = ring->len;
	bool is;

	rk_ring_pattern_slug(&pattern_slug, pattern);
	is = rk_template_match(rk_strbuf_str(&pattern_slug), "name", slug, &name);
	if (is) {
		rk_template_fill(ring, pattern, "name", rk_strbuf_str(&name));
		is = !rk_ring_pattern_check(pattern, ring->data + had, ring->len - had);
	}
	rk_strbuf_free(&pattern_slug);
	rk_strbuf_free(&name);
	return is;
}

void
rk_ring_pattern_prefix(struct rk_strbuf *prefix, const char *pattern)
{
	for (; *pattern && *pattern != '{'; pattern++)
		rk_strbuf_putc(prefix, *pattern == '/' ? '-' : *pattern);
}
