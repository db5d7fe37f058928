/* Fuzz catalogues: an input is a ring.yaml.  What is accepted must keep the promises of catalog.h, and name rings both ways. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/proposal_name.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "fuzz.h"

static const char commit[] = "0123456789abcdef0123456789abcdef01234567";

static void
check_pointer(const char *pointer, const char *chart)
{
	EXPECT(!pointer || *pointer == '/');
	EXPECT(!pointer || strlen(pointer) > strlen(chart));
}

static void
check_chart(const struct rk_chart *chart)
{
	const struct rk_image_form *form;
	size_t i;

	EXPECT(*chart->name && chart->depth > 0 && chart->n_forms > 0);
	for (i = 0; i < chart->n_forms; i++) {
		form = &chart->form[i];
		EXPECT(!form->reference != !form->tag);
		EXPECT(!form->registry || form->repository);
		EXPECT(rk_catalog_path(form));
		check_pointer(form->reference, chart->name);
		check_pointer(form->repository, chart->name);
		check_pointer(form->registry, chart->name);
		check_pointer(form->digest, chart->name);
		check_pointer(form->tag, chart->name);
	}
}

static void
check_regex(const char *pattern)
{
	regex_t regex;

	if (!pattern)
		return;
	EXPECT(strlen(pattern) <= RK_REGEX_BYTES);
	EXPECT(regcomp(&regex, pattern, REG_EXTENDED) == 0);
	EXPECT(regex.re_nsub == 1);
	regfree(&regex);
}

/* The image that a ring gets is one of the ring's, and has its commit. */
static void
check_ring(const struct rk_service *service, const char *ring)
{
	struct rk_strbuf image = { 0 }, tag = { 0 }, found = { 0 };
	struct rk_err err = { 0 };

	rk_image_repository(&image, service, ring);
	rk_image_tag(&tag, service, ring, commit);
	EXPECT(!strpbrk(rk_strbuf_str(&image), "{}") && !strpbrk(rk_strbuf_str(&tag), "{}"));
	/* a name that is too long is refused where it is written */
	if (!rk_validate_image(image.data, image.len) && !rk_validate_tag(tag.data, tag.len)) {
		EXPECT(rk_image_is_ring(service, image.data, tag.data, false, &found));
		EXPECT(strcmp(rk_strbuf_str(&found), ring) == 0);
		EXPECT(rk_image_check_tag(service, ring, tag.data, &err) == RK_OK);
		rk_strbuf_putc(&image, ':');
		rk_strbuf_puts(&image, tag.data);
		EXPECT(rk_image_is_ring(service, image.data, NULL, true, &found));
		EXPECT(strcmp(rk_strbuf_str(&found), ring) == 0);
		rk_image_commit(service, tag.data, &found);
		EXPECT(found.len >= 7 && strncmp(found.data, commit, found.len) == 0);
	}
	rk_strbuf_free(&image);
	rk_strbuf_free(&tag);
	rk_strbuf_free(&found);
}

static void
check_proposals(const struct rk_service *service, const char *ring)
{
	struct rk_strbuf branch = { 0 }, name = { 0 }, found = { 0 };
	size_t i;

	for (i = 0; i < service->proposals->n; i++) {
		rk_strbuf_clear(&branch);
		rk_proposal_name_add(&branch, service->proposals->item[i], service->name, ring);
		EXPECT(rk_proposal_name_match(service->proposals->item[i], service->ring, branch.data, &name, &found));
		EXPECT(strcmp(rk_strbuf_str(&name), service->name) == 0);
		EXPECT(strcmp(rk_strbuf_str(&found), ring) == 0);
	}
	rk_strbuf_free(&branch);
	rk_strbuf_free(&name);
	rk_strbuf_free(&found);
}

static void
check_service(const struct rk_catalog *catalog, const struct rk_service *service)
{
	const char *after = strstr(catalog->ring, "{name}");
	const struct rk_service *found;
	struct rk_err err = { 0 };
	char ring[300];
	size_t i;

	EXPECT(rk_catalog_service(catalog, service->name, &found, &err) == RK_OK && found == service);
	EXPECT(fuzz_matches("^[A-Za-z0-9_][A-Za-z0-9._-]*$", service->name) && strlen(service->name) <= 128);
	EXPECT(service->image.n > 0 && service->n_charts > 0);
	for (i = 0; i < service->n_charts; i++)
		check_chart(&service->chart[i]);
	check_regex(service->ga_tag);
	check_regex(service->ga_version);
	EXPECT(after);
	snprintf(ring, sizeof ring, "%.*sx-1.b%s", (int)(after - catalog->ring), catalog->ring, after + 6);
	if (!rk_ring_pattern_check(catalog->ring, ring, strlen(ring))) {
		check_ring(service, ring);
		check_proposals(service, ring);
	}
}

int
fuzz_catalog(const uint8_t *data, size_t size)
{
	const char *file = fuzz_file(0, data, size);
	struct rk_catalog *catalog;
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_catalog_load(file, &catalog, &err);
	size_t i, k;

	if (rc != RK_OK) {
		EXPECT(rc == RK_ECONFIG && !catalog);
		fuzz_message(&err);
		EXPECT(strncmp(err.msg, file, strlen(file)) == 0);
		return 0;
	}
	EXPECT(catalog->max_tenants >= 1 && catalog->max_tenants <= 1000000);
	EXPECT(catalog->proposals.n > 0);
	EXPECT(!catalog->cohorts || strstr(catalog->cohorts, "{value}"));
	for (i = 0; i < catalog->manifests.n; i++)
		EXPECT(catalog->manifests.item[i].elements || strstr(catalog->manifests.item[i].path, "{tenant}"));
	for (i = 0; i < catalog->n_services; i++) {
		check_service(catalog, &catalog->service[i]);
		for (k = 0; k < i; k++)
			EXPECT(strcmp(catalog->service[i].name, catalog->service[k].name) != 0);
	}
	rk_catalog_free(catalog);
	return 0;
}
