#include <string.h>

#include "gitops/image.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"

void
rk_image_repository(struct rk_strbuf *text, const struct rk_service *service, const char *ring)
{
	struct rk_strbuf slug = { 0 };

	rk_ring_pattern_slug(&slug, ring);
	text->failed = text->failed || slug.failed;
	rk_template_fill(text, service->image.item[0], "ring", rk_strbuf_str(&slug));
	rk_strbuf_free(&slug);
}

enum rk_rc
rk_image_host(struct rk_strbuf *text, const struct rk_service *service, const char *ring, struct rk_err *err)
{
	struct rk_strbuf repository = { 0 };
	const char *path;

	rk_image_repository(&repository, service, ring);
	path = rk_image_path(rk_strbuf_str(&repository));
	if (path > repository.data)
		rk_strbuf_add(text, repository.data, (size_t)(path - repository.data) - 1);
	text->failed = text->failed || repository.failed;
	rk_strbuf_free(&repository);
	return rk_strbuf_check(text, err);
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

static bool
is_ring(const struct rk_service *service, const char *template, const char *repository, struct rk_strbuf *ring)
{
	struct rk_strbuf slug = { 0 };
	bool is;

	rk_strbuf_clear(ring);
	is = rk_template_match(template, "ring", repository, &slug) && rk_ring_pattern_ring(service->ring, slug.data, ring);
	rk_strbuf_free(&slug);
	return is;
}

bool
rk_image_is_ring(const struct rk_service *service, const char *image, bool hostless, struct rk_strbuf *ring)
{
	struct rk_strbuf repository = { 0 };
	const char *template;
	bool is = false;
	size_t i;

	rk_strbuf_add(&repository, image, rk_image_repository_length(image));
	for (i = 0; i < service->image.n && !is && !repository.failed; i++) {
		template = service->image.item[i];
		is = is_ring(service, template, repository.data, ring)
		    || (hostless && is_ring(service, rk_image_path(template), repository.data, ring));
	}
	rk_strbuf_free(&repository);
	return is;
}
