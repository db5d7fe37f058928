#include <string.h>

#include "git/proposal_name.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"

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
	name->failed |= half.failed;
	rk_strbuf_free(&half);
}
