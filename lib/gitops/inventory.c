#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gitops/inventory.h"
#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/since.h"
#include "git/source.h"
#include "git/trailer.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/manifest.h"
#include "gitops/override.h"
#include "gitops/prefilter.h"
#include "yaml/yaml.h"

struct listing {
	struct rk_source *repo;
	const struct rk_inventory_query *query;
	const struct rk_strings *manifests;	/* whose services are looked for */
	struct rk_strbuf text;			/* of the manifest, kept to be used again */
	rk_inventory_found *found;
	rk_inventory_refused *refused;
	void *context;
};

/* One manifest's overrides on their way to the caller. */
struct passing {
	struct rk_inventory_item held;
	rk_inventory_found *found;
	void *context;
};

static bool
same_strings(const struct rk_strings *a, const struct rk_strings *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return true;
}

static bool
wanted(const struct rk_inventory_query *query, const struct rk_service *service)
{
	return !query->service || query->service == service;
}

static enum rk_rc
pass(void *context, const struct rk_override *override, struct rk_err *err)
{
	struct passing *passing = context;

	passing->held.override = override;
	return passing->found(passing->context, &passing->held, err);
}

/* manifests NULL: of all services. */
static enum rk_rc
list_text(const char *text, size_t len, const struct rk_inventory_query *query, const struct rk_strings *manifests,
    struct passing *passing, struct rk_err *err)
{
	const struct rk_catalog *catalog = query->catalog;
	struct rk_manifest m;
	bool may, may_service;
	enum rk_rc rc = rk_prefilter_may_hold(text, len, NULL, query->ring, &may, err);
	size_t i;

	for (i = 0; rc == RK_OK && may && i < catalog->n_services; i++) {
		const struct rk_service *service = &catalog->service[i];

		if (!wanted(query, service) || (manifests && !same_strings(manifests, &service->manifests)))
			continue;
		rc = rk_prefilter_may_hold(text, len, service, query->ring, &may_service, err);
		if (rc != RK_OK || !may_service)
			continue;
		rc = rk_manifest_open(text, len, catalog, service, &m, err);
		passing->held.manifest = &m;
		if (rc == RK_OK)
			rc = rk_override_list(&m, service, query->ring, pass, passing, err);
		rk_manifest_close(&m);
	}
	return rc;
}

enum rk_rc
rk_inventory_in(const char *text, size_t len, const char *tenant, const char *path, const struct rk_inventory_query *query,
    rk_inventory_found *found, void *context, struct rk_err *err)
{
	struct passing passing = { { tenant, path, NULL, NULL }, found, context };

	return list_text(text, len, query, NULL, &passing, err);
}

static enum rk_rc
list_file(void *context, const char *tenant, const char *path, struct rk_err *err)
{
	struct listing *listing = context;
	struct passing passing = { { tenant, path, NULL, NULL }, listing->found, listing->context };
	struct rk_err why;
	enum rk_rc rc;

	rk_strbuf_clear(&listing->text);
	rc = rk_source_read(listing->repo, path, RK_YAML_BYTES, &listing->text, NULL, err);
	if (rc == RK_EDATA) {
		/* too large to be looked at */
		why = *err;
		rk_err_refuse(&why, RK_CODE_BAD_YAML, "%s", err->msg);
		return listing->refused(listing->context, tenant, &why, err);
	}
	if (rc == RK_OK)
		rc = list_text(rk_strbuf_str(&listing->text), listing->text.len, listing->query, listing->manifests, &passing,
		    err);
	if (rc != RK_REFUSED)
		return rc;
	rk_manifest_refused(path, err);
	why = *err;
	return listing->refused(listing->context, tenant, &why, err);
}

enum rk_rc
rk_inventory_list(struct rk_source *repo, const struct rk_inventory_query *query, rk_inventory_found *found, rk_inventory_refused *refused,
    void *context, struct rk_err *err)
{
	struct listing listing = { .repo = repo, .query = query, .found = found, .refused = refused,
		.context = context };
	const struct rk_service *service = query->catalog->service;
	enum rk_rc rc = RK_OK;
	size_t i, j;

	/* each set of patterns is walked once, for all services that have it */
	for (i = 0; rc == RK_OK && i < query->catalog->n_services; i++) {
		if (!wanted(query, &service[i]))
			continue;
		for (j = 0; j < i; j++)
			if (wanted(query, &service[j]) && same_strings(&service[j].manifests, &service[i].manifests))
				break;
		if (j < i)
			continue;
		listing.manifests = &service[i].manifests;
		rc = rk_discover(repo, listing.manifests, query->tenant, list_file, &listing, err);
	}
	rk_strbuf_free(&listing.text);
	return rc;
}

/* The service's commit in a tag, by the catalogue's template; "" where none is found. */
static void
tag_commit(const struct rk_service *service, const char *tag, struct rk_strbuf *commit)
{
	rk_strbuf_clear(commit);
	rk_strbuf_add(commit, "", 0);
	if (rk_template_match(service->tag, "sha", tag, commit)
	    && (commit->len < 7 || commit->len > 40 || commit->data[strspn(commit->data, "0123456789abcdef")]))
		rk_strbuf_clear(commit);
}

json_t *
rk_inventory_record(const struct rk_inventory_item *held)
{
	const struct rk_override *o = held->override;
	struct rk_strbuf commit = { 0 };
	json_t *record = NULL;
	struct rk_err err;
	char *revision;

	tag_commit(o->service, o->tag, &commit);
	if (!commit.failed && rk_manifest_target_revision(held->manifest, &revision, &err) == RK_OK) {
		record = json_pack("{ss ss ss ss ss ss s{ss ss} ss* ss* ss*}", "type", "override", "tenant", held->tenant, "path",
		    held->path, "service", o->service->name, "chart", o->chart->name, "ring", o->ring, "image", "repository",
		    o->repository, "tag", o->tag, "commit", commit.len ? commit.data : NULL, "target_revision", revision,
		    "deploys", held->manifest->chart ? held->manifest->chart->name : NULL);
		free(revision);
	}
	rk_strbuf_free(&commit);
	return record;
}

enum rk_rc
rk_inventory_read(const json_t *record, struct rk_inventory_fields *said, struct rk_err *err)
{
	const struct {
		const char *name, **place, *(*fault)(const char *, size_t);
		bool needed;
	} members[] = {
		{ "tenant", &said->tenant, rk_validate_name, true }, { "path", &said->path, rk_validate_path, true },
		{ "service", &said->service, rk_validate_name, true }, { "ring", &said->ring, rk_validate_ring, true },
		{ "chart", &said->chart, NULL, false }, { "commit", &said->commit, NULL, false },
		{ "target_revision", &said->target_revision, NULL, false }, { "deploys", &said->deploys, NULL, false },
	};
	const char *fault;
	json_t *value;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		value = json_object_get(record, members[i].name);
		*members[i].place = json_string_value(value);
		if (!json_is_string(value) && (value || members[i].needed))
			return rk_err_set(err, RK_EDATA, value ? "the override's \"%s\" is no text" : "the override has no \"%s\"",
			    members[i].name);
		fault = members[i].fault ? members[i].fault(*members[i].place, strlen(*members[i].place)) : NULL;
		if (fault)
			return rk_err_set(err, RK_EDATA, "the override's %s \"%s\" %s", members[i].name, *members[i].place, fault);
	}
	return RK_OK;
}

/* What a version of the manifest must still say. */
struct same {
	const struct rk_inventory_item *held;
	const struct rk_inventory_query *query;
	bool found;
};

static enum rk_rc
compare(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	const struct rk_override *a = held->override, *b;
	struct same *same = context;

	(void)err;
	b = same->held->override;
	if (a->chart == b->chart && strcmp(a->repository, b->repository) == 0 && strcmp(a->tag, b->tag) == 0)
		same->found = true;
	return RK_OK;
}

static enum rk_rc
says_same(void *context, const char *text, size_t len, bool *yes, struct rk_err *err)
{
	struct same *same = context;
	const struct rk_inventory_query query = { same->query->catalog, same->held->override->service,
		same->held->override->ring, NULL };
	enum rk_rc rc;

	same->found = false;
	rc = rk_inventory_in(text, len, same->held->tenant, same->held->path, &query, compare, same, err);
	*yes = same->found;
	return rc == RK_REFUSED ? RK_OK : rc;	/* a version that was broken said nothing */
}

enum rk_rc
rk_inventory_record_since(const struct rk_inventory_item *held, const struct rk_inventory_query *query, const char *dir, const char *rev,
    json_t **record, struct rk_err *err)
{
	struct same same = { held, query, false };
	struct rk_since_commit commit;
	json_t *trailers = NULL, *trailer;
	const char *key, *value;
	char when[32];
	enum rk_rc rc;
	time_t time;
	struct tm tm;
	size_t i;

	*record = NULL;
	rc = rk_since_find(dir, rev, held->path, says_same, &same, &commit, err);
	if (rc == RK_OK)
		rc = rk_trailer_read(rk_strbuf_str(&commit.message), &trailers, err);
	if (rc != RK_OK)
		goto out;
	time = (time_t)commit.time;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &tm));
	*record = rk_inventory_record(held);
	if (!*record || json_object_set_new(*record, "since", json_string(when)) < 0
	    || json_object_set_new(*record, "since_commit", json_string(commit.oid)) < 0)
		rc = rk_err_nomem(err);
	json_array_foreach(trailers, i, trailer) {
		key = json_string_value(json_array_get(trailer, 0));
		value = json_string_value(json_array_get(trailer, 1));
		if (rc == RK_OK && key && strcmp(key, "Pull-Request") == 0
		    && json_object_set_new(*record, "pull_request", json_string(value)) < 0)
			rc = rk_err_nomem(err);
	}
out:
	if (rc != RK_OK) {
		json_decref(*record);
		*record = NULL;
	}
	json_decref(trailers);
	rk_strbuf_free(&commit.message);
	return rc;
}
