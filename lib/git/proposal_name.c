#include <string.h>

#include "git/proposal_name.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/ring_pattern.h"

#define SERVICE "{service}"
#define RING "{ring}"

const char *
rk_proposal_name_fault(const char *template)
{
	const char *service = strstr(template, SERVICE), *ring = strstr(template, RING);
	struct rk_strbuf name = { 0 };
	const char *start, *end;
	bool valid;

	if (!service || !ring)
		return service ? "does not have " RING : "does not have " SERVICE;
	if (strstr(service + 1, SERVICE) || strstr(ring + 1, RING))
		return "has a placeholder twice";
	start = service < ring ? service + strlen(SERVICE) : ring + strlen(RING);
	end = service < ring ? ring : service;
	if (!memchr(start, '/', (size_t)(end - start)))
		return "does not have a \"/\" between " SERVICE " and " RING;
	rk_proposal_name_add(&name, template, "x", "x");
	rk_strbuf_putc(&name, '/');
	valid = !rk_validate_path(rk_strbuf_str(&name), name.len - 1) && !strstr(name.data, ".lock/") && !strstr(name.data, "./");
	rk_strbuf_free(&name);
	return valid ? NULL : "does not give names that branches can have";
}

void
rk_proposal_name_add(struct rk_strbuf *name, const char *template, const char *service, const char *ring)
{
	struct rk_strbuf half = { 0 };

	rk_template_fill(&half, template, "service", service);
	rk_template_fill(name, rk_strbuf_str(&half), "ring", ring);
	rk_strbuf_free(&half);
}

/* Return whether len bytes of template, and as many of s, are equal. */
static bool
has(const char *s, const char *template, size_t len)
{
	return strncmp(s, template, len) == 0;
}

bool
rk_proposal_name_match(const char *template, const char *ring_pattern, const char *branch, struct rk_strbuf *service,
    struct rk_strbuf *ring)
{
	const bool service_first = strstr(template, SERVICE) < strstr(template, RING);
	const char *first = template + strcspn(template, "{"), *between = first + strcspn(first, "}") + 1;
	const char *second = between + strcspn(between, "{"), *after = second + strcspn(second, "}") + 1;
	const char *one = branch + (first - template), *at, *two;
	const size_t gap = (size_t)(second - between), end = strlen(after), len = strlen(branch);
	struct rk_strbuf *const into[] = { service_first ? service : ring, service_first ? ring : service };

	if (!has(branch, template, (size_t)(first - template)))
		return false;
	for (at = one; (size_t)(branch + len - at) >= gap + end; at++) {
		two = at + gap;
		if (!has(at, between, gap) || strcmp(branch + len - end, after) != 0)
			continue;
		rk_strbuf_clear(service);
		rk_strbuf_clear(ring);
		rk_strbuf_add(into[0], one, (size_t)(at - one));
		rk_strbuf_add(into[1], two, (size_t)(branch + len - end - two));
		if (!rk_validate_name(rk_strbuf_str(service), service->len)
		    && !rk_ring_pattern_check(ring_pattern, rk_strbuf_str(ring), ring->len))
			return true;
	}
	return false;
}
