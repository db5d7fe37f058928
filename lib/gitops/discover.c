#include <string.h>

#include "gitops/discover.h"
#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"

#define TENANT "{tenant}"

struct scan {
	const struct rk_strings *manifests;
	const char *tenant;		/* the only one wanted, or NULL */
	size_t pattern;			/* which of the manifests' is walked */
	rk_discover_found *found;
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
		if (!rk_validate_name(path, n) && matches(pattern, path + n, tenant, len))
			return true;
	}
	*tenant = had;
	return false;
}

bool
rk_discover_match(const struct rk_strings *manifests, const char *path, struct rk_strbuf *tenant)
{
	const char *name = NULL;
	size_t len, i;

	for (i = 0; i < manifests->n && !matches(manifests->item[i], path, &name, &len); i++)
		;
	if (i < manifests->n)
		rk_strbuf_add(tenant, name, len);
	return i < manifests->n;
}

static enum rk_rc
found_path(void *context, const char *path, struct rk_err *err)
{
	struct scan *scan = context;
	const struct rk_strings *patterns = scan->manifests;
	struct rk_strbuf name = { 0 };
	const char *tenant = scan->tenant;
	size_t len = tenant ? strlen(tenant) : 0, i;
	enum rk_rc rc;

	if (!matches(patterns->item[scan->pattern], path, &tenant, &len))
		return RK_OK;
	scan->n++;
	rk_strbuf_add(&name, tenant, len);
	for (i = 0; i < scan->pattern; i++) {
		tenant = scan->tenant;
		if (matches(patterns->item[i], path, &tenant, &len)) {
			rk_strbuf_free(&name);
			return RK_OK;	/* an earlier pattern has given it */
		}
	}
	rc = rk_strbuf_check(&name, err);
	if (rc == RK_OK)
		rc = scan->found(scan->context, name.data, path, err);
	rk_strbuf_free(&name);
	return rc;
}

/* Walk one pattern, with {tenant} replaced. */
static enum rk_rc
walk(struct rk_source *repo, struct scan *scan, struct rk_err *err)
{
	struct rk_strbuf glob = { 0 };
	enum rk_rc rc;

	scan->n = 0;
	rk_template_fill(&glob, scan->manifests->item[scan->pattern], "tenant",
	    scan->tenant ? scan->tenant : "*");
	rc = rk_strbuf_check(&glob, err);
	if (rc == RK_OK)
		rc = rk_source_glob(repo, glob.data, found_path, scan, err);
	rk_strbuf_free(&glob);
	return rc;
}

enum rk_rc
rk_discover_tenant(struct rk_source *repo, const struct rk_service *service, const char *tenant, rk_discover_found *found,
    void *context, struct rk_err *err)
{
	struct scan scan = { &service->manifests, tenant, 0, found, context, 0 };
	struct rk_strbuf glob = { 0 };
	enum rk_rc rc = RK_OK;

	if (service->manifests.n == 0)
		return rk_err_set(err, RK_ECONFIG, "the catalogue has no \"manifests\" for the service %s", service->name);
	for (; rc == RK_OK && scan.pattern < service->manifests.n; scan.pattern++) {
		rc = walk(repo, &scan, err);
		if (rc == RK_OK && scan.n == 0) {
			rk_template_fill(&glob, service->manifests.item[scan.pattern], "tenant", tenant);
			rc = rk_err_refuse(err, RK_CODE_NO_MANIFEST, "there is no %s", rk_strbuf_str(&glob));
		}
	}
	rk_strbuf_free(&glob);
	return rc;
}

enum rk_rc
rk_discover(struct rk_source *repo, const struct rk_strings *manifests, const char *tenant, rk_discover_found *found,
    void *context, struct rk_err *err)
{
	struct scan scan = { manifests, tenant, 0, found, context, 0 };
	enum rk_rc rc = RK_OK;

	for (; rc == RK_OK && scan.pattern < manifests->n; scan.pattern++)
		rc = walk(repo, &scan, err);
	return rc;
}
