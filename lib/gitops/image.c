#include <string.h>

#include "gitops/image.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"

#define RING "{ring}"
#define MOST_TAG 128	/* characters (OCI distribution spec) */

void
rk_image_repository(struct rk_strbuf *text, const struct rk_service *service, const char *ring)
{
	struct rk_strbuf slug = { 0 };

	rk_ring_pattern_slug(&slug, ring);
	rk_template_fill(text, service->image.item[0], "ring", rk_strbuf_str(&slug));
	rk_strbuf_free(&slug);
}

void
rk_image_host(struct rk_strbuf *text, const struct rk_service *service, const char *ring)
{
	struct rk_strbuf repository = { 0 };
	const char *path;

	rk_image_repository(&repository, service, ring);
	path = rk_image_path(rk_strbuf_str(&repository));
	if (path > repository.data)
		rk_strbuf_add(text, repository.data, (size_t)(path - repository.data) - 1);
	rk_strbuf_free(&repository);
}

void
rk_image_tag(struct rk_strbuf *text, const struct rk_service *service, const char *ring, const char *commit)
{
	struct rk_strbuf slug = { 0 }, template = { 0 };

	rk_ring_pattern_slug(&slug, ring);
	rk_template_fill(&template, service->tag, "ring", rk_strbuf_str(&slug));
	rk_template_fill(text, rk_strbuf_str(&template), "sha", commit);
	rk_strbuf_free(&slug);
	rk_strbuf_free(&template);
}

bool
rk_image_rings_by_tag(const struct rk_service *service)
{
	return !strstr(service->image.item[0], RING);
}

const char *
rk_image_path(const char *image)
{
	size_t len = strcspn(image, "/"), host = strcspn(image, ".:/");

	if (!image[len] || (host == len && !(len == 9 && strncmp(image, "localhost", 9) == 0)))
		return image;
	return image + len + 1;
}

size_t
rk_image_repository_length(const char *reference)
{
	size_t len = strcspn(reference, "@"), n;

	for (n = len; n > 0 && reference[n - 1] != '/'; n--)
		if (reference[n - 1] == ':')
			return n - 1;
	return len;
}

/* Return whether a tag is what a template whose only placeholder is {sha} makes of a commit, which is appended. */
static bool
match_commit(const char *template, const char *tag, struct rk_strbuf *commit)
{
	rk_strbuf_clear(commit);
	return rk_template_match(template, "sha", tag, commit) && commit->len >= RK_IMAGE_COMMIT_LEAST && commit->len <= 40
	    && !commit->data[strspn(commit->data, "0123456789abcdef")];
}

/*
 * Find ring and commit in a tag, by a template with both.  There is one way to do it: a literal that is not a hexadecimal
 * digit lies between them, so that the commit ends, or starts, there.
 */
static bool
match_tag(const struct rk_service *service, const char *tag, struct rk_strbuf *ring, struct rk_strbuf *commit)
{
	const char *template = service->tag;
	struct rk_strbuf slug = { 0 }, rest = { 0 };
	size_t start, len, all = strlen(tag);
	bool found = false;

	for (start = strcspn(template, "{"); start < all && all <= MOST_TAG && !found; start++)
		for (len = all - start; len > 0 && !found; len--) {
			rk_strbuf_clear(&slug);
			rk_strbuf_add(&slug, tag + start, len);
			rk_strbuf_clear(ring);
			if (!rk_ring_pattern_ring(service->ring, slug.data, ring))
				continue;
			rk_strbuf_clear(&rest);
			rk_template_fill(&rest, template, "ring", slug.data);
			found = match_commit(rest.data, tag, commit);
		}
	rk_strbuf_free(&slug);
	rk_strbuf_free(&rest);
	return found;
}

bool
rk_image_tag_ring(const struct rk_service *service, const char *tag, struct rk_strbuf *ring)
{
	struct rk_strbuf commit = { 0 };
	bool found = strstr(service->tag, RING) && match_tag(service, tag, ring, &commit);

	rk_strbuf_free(&commit);
	return found;
}

void
rk_image_commit(const struct rk_service *service, const char *tag, struct rk_strbuf *commit)
{
	struct rk_strbuf ring = { 0 };

	if (!(strstr(service->tag, RING) ? match_tag(service, tag, &ring, commit) : match_commit(service->tag, tag, commit)))
		rk_strbuf_clear(commit);
	rk_strbuf_add(commit, "", 0);
	rk_strbuf_free(&ring);
}

static bool
is_ring(const struct rk_service *service, const char *template, const char *repository, const char *tag,
    struct rk_strbuf *ring)
{
	struct rk_strbuf slug = { 0 };
	bool is;

	rk_strbuf_clear(ring);
	if (!strstr(template, RING))
		return strcmp(template, repository) == 0 && rk_image_tag_ring(service, tag, ring);
	is = rk_template_match(template, "ring", repository, &slug) && rk_ring_pattern_ring(service->ring, slug.data, ring);
	rk_strbuf_free(&slug);
	return is;
}

bool
rk_image_is_ring(const struct rk_service *service, const char *image, const char *tag, bool hostless,
    struct rk_strbuf *ring)
{
	struct rk_strbuf repository = { 0 }, own = { 0 };
	size_t len = rk_image_repository_length(image), i;
	const char *template;
	bool is = false;

	rk_strbuf_add(&repository, image, len);
	if (!tag)
		rk_strbuf_add(&own, image + len + (image[len] == ':'), strcspn(image + len, "@") - (image[len] == ':'));
	for (i = 0; i < service->image.n && !is; i++) {
		template = service->image.item[i];
		is = is_ring(service, template, repository.data, tag ? tag : own.data, ring)
		    || (hostless && is_ring(service, rk_image_path(template), repository.data, tag ? tag : own.data, ring));
	}
	rk_strbuf_free(&repository);
	rk_strbuf_free(&own);
	return is;
}

enum rk_rc
rk_image_check_tag(const struct rk_service *service, const char *ring, const char *tag, struct rk_err *err)
{
	struct rk_strbuf found = { 0 };
	enum rk_rc rc = RK_OK;

	if (strstr(service->tag, RING) && !(rk_image_tag_ring(service, tag, &found) && strcmp(rk_strbuf_str(&found), ring) == 0))
		rc = rk_err_set(err, RK_EUSAGE, "tag \"%s\" is not one of %s (template in the "
		    "catalogue: \"%s\")", tag, ring, service->tag);
	rk_strbuf_free(&found);
	return rc;
}
