/*
 * Fuzz image references.  An input has on its lines: a template of images, one of tags, the pattern of rings, a ring, a commit,
 * and a reference.  What the catalogue accepts gives each ring an image that names it, and no image names what it does not.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "fuzz.h"

/* A reference is its host, path and the rest, joined. */
static void
check_reference(const char *reference)
{
	const size_t len = rk_image_repository_length(reference);
	char *repository = fuzz_copy(reference, len < strlen(reference) ? len : strlen(reference));
	const char *path = rk_image_path(repository), *slash = strrchr(repository, '/');

	EXPECT(len <= strlen(reference));
	EXPECT(!reference[len] || reference[len] == ':' || reference[len] == '@');
	EXPECT(!strchr(repository, '@'));
	EXPECT(reference[len] != '@' || !strchr(slash ? slash : repository, ':'));
	EXPECT(path == repository || path[-1] == '/');
	EXPECT(path == repository || !memchr(repository, '/', (size_t)(path - repository) - 1));
	free(repository);
}

/* A catalogue with one service; NULL if it is not valid. */
static struct rk_catalog *
load(const char *image, const char *tag, const char *ring)
{
	json_t *json = json_pack("{ss s{s{ss ss s{ss}}}}", "ring", ring, "services", "shop", "image", image, "tag", tag, "charts",
	    "shop", "image");
	char *text = json ? json_dumps(json, 0) : NULL;
	struct rk_catalog *catalog = NULL;
	struct rk_err err = { 0 };

	if (text && rk_catalog_load(fuzz_file(0, text, strlen(text)), &catalog, &err) != RK_OK)
		fuzz_message(&err);
	free(text);
	json_decref(json);
	return catalog;
}

/* The image of a ring and a commit names both. */
static void
check_ring(const struct rk_service *service, const char *ring, const char *commit)
{
	struct rk_strbuf image = { 0 }, tag = { 0 }, found = { 0 }, host = { 0 };
	const bool whole = fuzz_matches("^[0-9a-f]{40}$", commit);

	rk_image_repository(&image, service, ring);
	rk_image_tag(&tag, service, ring, commit);
	rk_image_host(&host, service, ring);
	EXPECT(strncmp(image.data, rk_strbuf_str(&host), host.len) == 0);
	if (!rk_validate_image(image.data, image.len) && !rk_validate_tag(rk_strbuf_str(&tag), tag.len) && whole) {
		EXPECT(rk_image_is_ring(service, image.data, tag.data, false, &found) && strcmp(found.data, ring) == 0);
		EXPECT(rk_image_is_ring(service, rk_image_path(image.data), tag.data, true, &found));
		EXPECT(strcmp(found.data, ring) == 0);
		rk_image_commit(service, tag.data, &found);
		EXPECT(found.len >= 7 ? strncmp(found.data, commit, found.len) == 0 : found.len == 0);
	}
	rk_strbuf_free(&image);
	rk_strbuf_free(&tag);
	rk_strbuf_free(&found);
	rk_strbuf_free(&host);
}

/* A reference that is one of a ring is the ring's. */
static void
check_found(const struct rk_catalog *catalog, const char *reference)
{
	const struct rk_service *service = catalog->service;
	struct rk_strbuf ring = { 0 }, image = { 0 }, commit = { 0 };

	if (rk_image_is_ring(service, reference, NULL, false, &ring)) {
		EXPECT(!rk_ring_pattern_check(catalog->ring, rk_strbuf_str(&ring), ring.len));
		rk_image_repository(&image, service, ring.data);
		EXPECT(strncmp(reference, image.data, image.len) == 0);
		EXPECT(rk_image_repository_length(reference) == image.len);
	}
	if (rk_image_tag_ring(service, reference, &ring)) {
		EXPECT(!rk_ring_pattern_check(catalog->ring, rk_strbuf_str(&ring), ring.len));
		rk_image_commit(service, reference, &commit);
		EXPECT(commit.len >= 7 && commit.len <= 40);
	}
	rk_image_commit(service, reference, &commit);
	EXPECT(fuzz_matches("^([0-9a-f]{7,40})?$", rk_strbuf_str(&commit)));
	rk_strbuf_free(&ring);
	rk_strbuf_free(&image);
	rk_strbuf_free(&commit);
}

int
fuzz_image(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), *rest = text, *field[6];
	struct rk_catalog *catalog;
	size_t i;

	for (i = 0; i < 6; i++)
		field[i] = rest ? fuzz_field(&rest) : text + size;
	check_reference(field[5]);
	catalog = load(field[0], field[1], field[2]);
	if (catalog) {
		if (!rk_ring_pattern_check(catalog->ring, field[3], strlen(field[3])))
			check_ring(catalog->service, field[3], field[4]);
		check_found(catalog, field[5]);
	}
	rk_catalog_free(catalog);
	free(text);
	return 0;
}
