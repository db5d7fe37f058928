#include <string.h>

#include "release/reconcile.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/git.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/claims.h"
#include "gitops/discover.h"
#include "gitops/inventory.h"
#include "gitops/manifest.h"
#include "gitops/override.h"
#include "gitops/prefilter.h"
#include "release/decide.h"
#include "yaml/json_patch.h"
#include "yaml/yaml.h"

/* The patch records of one tenant while they are made. */
struct making {
	struct rk_reconcile *converge;
	const struct rk_service *service;
	const char *ring, *tag;			/* tag NULL: clear */
	const char *target_revision;
	const json_t *tenant;			/* the tenant record, may be NULL */
	bool held_only;				/* leave out manifests in which nothing is to do */
	json_t *records;
	json_t *charts;				/* {"<chart>": true}, those that the manifests deploy; may be NULL */
};

/* The plain patch that has the edits' effect: a string that holds YAML is replaced whole. */
static enum rk_rc
flatten(const struct rk_manifest *m, const char *text, size_t len, const json_t *edits, json_t *plain,
    struct rk_err *err)
{
	const struct rk_json_patch_options options = { .document = (long)m->document, .strict = true };
	struct rk_strbuf after = { 0 };
	struct rk_yaml *yaml = NULL;
	json_t *edit, *before, *value = NULL;
	const char *at;
	enum rk_rc rc = RK_OK;
	size_t i;

	json_array_foreach(edits, i, edit) {
		at = rk_json_string(edit, "at");
		if (*at)
			continue;
		if (json_array_extend(plain, json_object_get(edit, "patch")) < 0)
			return rk_err_nomem(err);
	}
	if (!m->at.len || json_array_size(edits) == 0)
		return RK_OK;
	rc = rk_json_patch_edits(text, len, &options, edits, &after, err);
	if (rc == RK_OK)
		rc = rk_yaml_parse(after.data, after.len, &yaml, err);
	if (rc == RK_OK)
		rc = rk_yaml_json(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, m->document), m->at.data), &value, err);
	if (rc == RK_OK) {
		before = json_stringn(m->inner.data, m->inner.len);
		if (json_array_append_new(plain, json_pack("{ss ss so}", "op", "test", "path", m->at.data, "value", before)) < 0
		    || json_array_append_new(plain, json_pack("{ss ss sO}", "op", "replace", "path", m->at.data, "value",
		    value)) < 0)
			rc = rk_err_nomem(err);
	}
	json_decref(value);
	rk_yaml_free(yaml);
	rk_strbuf_free(&after);
	return rc;
}

/* repository NULL: the one that the ring's image has. */
static json_t *
patch_record(const struct making *making, const char *tenant, const char *path, const struct rk_manifest *m,
    const char *blob, const char *repository, const char *tag, json_t *edits)
{
	struct rk_strbuf ours = { 0 };
	json_t *image = NULL, *record = NULL;

	if (tag && !repository)
		rk_override_repository(&ours, making->service, making->ring);
	if (tag)
		image = json_pack("{ss ss}", "repository", repository ? repository : rk_strbuf_str(&ours), "tag", tag);
	if (image || !tag)
		record = json_pack("{ss ss ss sI ss ss ss ss sO* sO* ss* sO}", "type", "patch", "tenant", tenant, "path", path,
		    "document", (json_int_t)m->document, "blob", blob, "service", making->service->name, "ring", making->ring,
		    "action", tag ? "set" : "clear", "image", image, "cohorts", json_object_get(making->tenant, "cohorts"),
		    "pull_request", making->converge->pull_request, "edits", edits);
	json_decref(image);
	rk_strbuf_free(&ours);
	return record;
}

/* Note which of the service's charts a manifest deploys. */
static enum rk_rc
note_charts(const struct making *making, const struct rk_manifest *m, struct rk_err *err)
{
	const struct rk_service *service = making->service;
	size_t i;

	for (i = 0; making->charts && i < service->n_charts; i++)
		if ((!m->chart || m->chart == &service->chart[i])
		    && json_object_set_new(making->charts, service->chart[i].name, json_true()) < 0)
			return rk_err_nomem(err);
	return RK_OK;
}

/* Charts of one service are released together: one that no manifest deploys would be left behind. */
static enum rk_rc
check_charts(const struct making *making, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < making->service->n_charts; i++)
		if (!json_object_get(making->charts, making->service->chart[i].name))
			return rk_err_refuse(err, RK_CODE_NO_CHART, "none of the tenant's manifests deploys %s, which is released together "
			    "with the others of service %s", making->service->chart[i].name, making->service->name);
	return RK_OK;
}

/* Make the patch record of one manifest. */
static enum rk_rc
make(void *context, const char *tenant, const char *path, struct rk_err *err)
{
	struct making *making = context;
	struct rk_reconcile *c = making->converge;
	struct rk_strbuf text = { 0 };
	struct rk_manifest m = { 0 };
	char blob[RK_OID_HEX];
	json_t *edits = NULL, *record;
	enum rk_rc rc;
	bool may = true;

	rc = rk_source_read(c->repo, path, RK_YAML_BYTES, &text, blob, err);
	if (rc == RK_END)
		rc = rk_err_refuse(err, RK_CODE_NO_MANIFEST, "there is no %s", path);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_BAD_YAML, "%s", err->msg);
	if (rc == RK_OK && making->held_only)
		rc = rk_prefilter_may_hold(rk_strbuf_str(&text), text.len, making->service, making->ring, &may, err);
	if (rc != RK_OK || !may)
		goto out;
	rk_strbuf_add(&text, "", 0);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_manifest_open(text.data, text.len, c->catalog, making->service, &m, err);
	if (rc == RK_REFUSED)
		rk_manifest_refused(path, err);
	if (rc == RK_OK)
		rc = note_charts(making, &m, err);
	if (rc == RK_OK && making->tag)
		rc = rk_override_set(&m, making->service, making->ring, making->tag, &edits, err);
	else if (rc == RK_OK)
		rc = rk_override_clear(&m, making->service, making->ring, making->target_revision, &edits, err);
	if (rc != RK_OK || (making->held_only && json_array_size(edits) == 0))
		goto out;
	if (c->rfc6902 && c->plain)
		rc = rk_err_set(err, RK_EUSAGE, "--rfc6902 writes the patch of one manifest, and this is the second (%s)", path);
	else if (c->rfc6902)
		rc = (c->plain = json_array()) ? flatten(&m, text.data, text.len, edits, c->plain, err) : rk_err_nomem(err);
	if (rc != RK_OK)
		goto out;
	rk_io_note(c->io, "%s: %s %s", tenant, path, json_array_size(edits) ? "is to be changed" : "is as wanted");
	record = patch_record(making, tenant, path, &m, blob, NULL, making->tag, edits);
	if (!record || json_array_append_new(making->records, record) < 0)
		rc = rk_err_nomem(err);
out:
	json_decref(edits);
	rk_manifest_close(&m);
	rk_strbuf_free(&text);
	return rc;
}

/* Write a tenant's records, or what refused them. */
static enum rk_rc
write_tenant(struct rk_reconcile *c, const char *tenant, json_t *records, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err why = *err;
	json_t *record;
	size_t i;

	if (rc == RK_REFUSED)
		return rk_record_refuse(c->io, &why, "tenant", tenant, err);
	if (rc != RK_OK || c->rfc6902)
		return rc;
	json_array_foreach(records, i, record) {
		rc = rk_record_write(c->io, json_incref(record), err);
		if (rc != RK_OK)
			break;
	}
	return rc;
}

static enum rk_rc
tenant_name(const json_t *record, const char **tenant, struct rk_err *err)
{
	const char *fault;

	*tenant = rk_json_string(record, "tenant");
	if (!*tenant)
		return rk_err_set(err, RK_EDATA, "the record has no \"tenant\"");
	fault = rk_validate_name(*tenant, strlen(*tenant));
	return fault ? rk_err_set(err, RK_EDATA, "the tenant \"%s\" %s", *tenant, fault) : RK_OK;
}

static enum rk_rc
check_tenant(const json_t *record, const char **tenant, struct rk_err *err)
{
	const json_t *cohorts = json_object_get(record, "cohorts"), *cohort;
	enum rk_rc rc = tenant_name(record, tenant, err);
	size_t i;

	if (rc == RK_OK && cohorts && !json_is_array(cohorts))
		rc = rk_err_set(err, RK_EDATA, "the tenant's \"cohorts\" are no list");
	json_array_foreach(cohorts, i, cohort)
		if (rc == RK_OK && !json_is_string(cohort))
			rc = rk_err_set(err, RK_EDATA, "one of the tenant's \"cohorts\" is no text");
	return rc;
}

/* Refuse a tenant that another ring's open proposal claims. */
static enum rk_rc
check_claims(const struct rk_reconcile *c, const char *tenant, struct rk_err *err)
{
	json_t *claims = json_object_get(c->claims, tenant), *claim;
	size_t i;

	json_array_foreach(claims, i, claim)
		if (!rk_json_is(json_object_get(claim, "ring"), c->ring))
			return rk_err_refuse(err, RK_CODE_CLAIMED_BY_ANOTHER_RING, "service %s is claimed by %s, in the open proposal %s; "
			    "%s wants it", c->service->name, rk_json_string(claim, "ring"),
			    rk_json_string(claim, "branch"), c->ring);
	return RK_OK;
}

/* With reconcile, note a tenant as selected.  RK_END: it was already. */
static enum rk_rc
select_tenant(struct rk_reconcile *c, const char *tenant, struct rk_err *err)
{
	if (!c->reconcile)
		return RK_OK;
	if (!c->selected)
		c->selected = json_object();
	if (json_object_get(c->selected, tenant))
		return RK_END;
	return !c->selected || json_object_set_new(c->selected, tenant, json_true()) < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
make_tenant(struct rk_reconcile *c, const json_t *record, const char *tenant, const char *tag, struct rk_err *err)
{
	struct making making = { .converge = c, .service = c->service, .ring = c->ring, .tag = tag, .tenant = record };
	enum rk_rc rc = RK_OK;

	making.records = json_array();
	making.charts = json_object();
	if (!making.records || !making.charts)
		rc = rk_err_nomem(err);
	if (rc == RK_OK && tag && c->action == RK_SET)
		rc = check_claims(c, tenant, err);
	if (rc == RK_OK)
		rc = rk_discover_tenant(c->repo, c->service, tenant, make, &making, err);
	if (rc == RK_OK && tag)
		rc = check_charts(&making, err);
	rc = write_tenant(c, tenant, making.records, rc, err);
	json_decref(making.records);
	json_decref(making.charts);
	return rc;
}

enum rk_rc
rk_reconcile_pending(struct rk_reconcile *c, const char *dir, const char *rev, const char *pattern, struct rk_err *err)
{
	const struct rk_inventory_query query = { c->catalog, c->service, NULL, NULL };

	return rk_claims_read(dir, rev, pattern, &query, &c->claims, err);
}

enum rk_rc
rk_reconcile_proposal(struct rk_reconcile *c, const char *dir, const char *rev, const char *proposal, struct rk_err *err)
{
	const struct rk_inventory_query query = { c->catalog, c->service, c->ring, NULL };

	return rk_claims_proposed(dir, rev, proposal, &query, &c->proposed, err);
}

/* The manifest as it is, which the ring holds: a record that changes nothing. */
struct staying {
	struct making *making;
	const char *blob;
	bool noted;
};

static enum rk_rc
note_stay(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	struct staying *staying = context;
	struct making *making = staying->making;
	json_t *none = json_array(), *record;

	/* the charts of one manifest are one record */
	record = none ? patch_record(making, held->tenant, held->path, held->manifest, staying->blob, held->override->repository,
	    held->override->tag, none) : NULL;
	json_decref(none);
	if (!staying->noted && *held->override->tag && record) {
		staying->noted = true;
		return json_array_append_new(making->records, record) < 0 ? rk_err_nomem(err) : RK_OK;
	}
	json_decref(record);
	return record ? RK_OK : rk_err_nomem(err);
}

static enum rk_rc
stay(void *context, const char *tenant, const char *path, struct rk_err *err)
{
	struct making *making = context;
	const struct rk_inventory_query query = { making->converge->catalog, making->service, making->ring, NULL };
	struct rk_strbuf text = { 0 };
	char blob[RK_OID_HEX];
	struct staying staying = { making, blob, false };
	enum rk_rc rc;

	rc = rk_source_read(making->converge->repo, path, RK_YAML_BYTES, &text, blob, err);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_BAD_YAML, "%s", err->msg);
	rk_strbuf_add(&text, "", 0);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_inventory_in(text.data, text.len, tenant, path, &query, note_stay, &staying, err);
	if (rc == RK_REFUSED)
		rk_manifest_refused(path, err);
	rk_strbuf_free(&text);
	return rc;
}

/* A selected tenant of a ring that is to stay as it is: none is added. */
static enum rk_rc
keep_tenant(struct rk_reconcile *c, const json_t *record, const char *tenant, struct rk_err *err)
{
	struct making making = { .converge = c, .service = c->service, .ring = c->ring, .tenant = record };
	const char *proposed = rk_json_string(c->proposed, tenant);
	enum rk_rc rc;

	if (proposed)
		return make_tenant(c, record, tenant, proposed, err);
	if (c->rfc6902)
		return RK_OK;
	making.records = json_array();
	rc = making.records ? rk_discover(c->repo, &c->service->manifests, tenant, stay, &making, err) : rk_err_nomem(err);
	rc = write_tenant(c, tenant, making.records, rc, err);
	json_decref(making.records);
	return rc;
}

enum rk_rc
rk_reconcile_set(struct rk_reconcile *c, const json_t *record, struct rk_err *err)
{
	const char *tenant;
	enum rk_rc rc = check_tenant(record, &tenant, err);

	if (rc == RK_OK)
		rc = select_tenant(c, tenant, err);
	if (rc != RK_OK)
		return rc == RK_END ? RK_OK : rc;
	if (c->action == RK_SET)
		return make_tenant(c, record, tenant, c->tag, err);
	return c->action == RK_KEEP ? keep_tenant(c, record, tenant, err) : RK_OK;
}

enum rk_rc
rk_reconcile_remove(struct rk_reconcile *c, const json_t *record, struct rk_err *err)
{
	const char *tenant;
	enum rk_rc rc;

	if (!c->service)
		return rk_err_set(err, RK_EUSAGE, "to clear tenants, --service and --ring are wanted");
	rc = check_tenant(record, &tenant, err);
	return rc == RK_OK ? make_tenant(c, record, tenant, NULL, err) : rc;
}

enum rk_rc
rk_reconcile_override(struct rk_reconcile *c, const json_t *override, struct rk_err *err)
{
	struct rk_strbuf key = { 0 };
	struct rk_inventory_fields said;
	enum rk_rc rc = rk_inventory_read(override, &said, err);

	if (rc != RK_OK)
		return rc;
	if (rk_json_is(json_object_get(override, "gate"), "held"))
		return rk_record_pass(c->io, err);
	if (!c->overrides && !(c->overrides = json_object()))
		return rk_err_nomem(err);
	rk_strbuf_printf(&key, "%s\n%s\n%s\n%s", said.tenant, said.path, said.service, said.ring);
	rc = rk_strbuf_check(&key, err);
	/* the charts of one service in one manifest are one change */
	if (rc == RK_OK && !json_object_get(c->overrides, key.data)
	    && json_object_set(c->overrides, key.data, (json_t *)override) < 0)
		rc = rk_err_nomem(err);
	rk_strbuf_free(&key);
	return rc;
}

static enum rk_rc
clear_override(struct rk_reconcile *c, const json_t *override, struct rk_err *err)
{
	const char *tenant = rk_json_string(override, "tenant");
	const char *path = rk_json_string(override, "path");
	struct making making = { .converge = c, .ring = rk_json_string(override, "ring"),
		.target_revision = rk_json_string(override, "target_revision") };
	enum rk_rc rc;

	rc = rk_catalog_service(c->catalog, rk_json_string(override, "service"), &making.service, err);
	if (rc == RK_EUSAGE)
		rc = rk_err_refuse(err, RK_CODE_NO_SUCH_SERVICE, "%s", err->msg);
	making.records = json_array();
	if (rc == RK_OK)
		rc = making.records ? make(&making, tenant, path, err) : rk_err_nomem(err);
	rc = write_tenant(c, tenant, making.records, rc, err);
	json_decref(making.records);
	return rc;
}

/* One manifest of reconcile's scan: what is to clear in it goes to the tenant's entry in context's records. */
static enum rk_rc
reconcile_manifest(void *context, const char *tenant, const char *path, struct rk_err *err)
{
	struct making *all = context, one = *all;
	json_t *entry = json_object_get(all->records, tenant);
	enum rk_rc rc;

	if (json_is_object(entry)
	    || (all->converge->action != RK_CLEAR && json_object_get(all->converge->selected, tenant)))
		return RK_OK;
	one.records = json_array();
	rc = one.records ? make(&one, tenant, path, err) : rk_err_nomem(err);
	if (rc == RK_REFUSED)
		rc = json_object_set_new(all->records, tenant, json_pack("{ss ss}", "code", rk_code_word(err->code), "reason",
		    err->msg)) < 0 ? rk_err_nomem(err) : RK_OK;
	else if (rc == RK_OK && json_array_size(one.records) && !entry)
		rc = json_object_set(all->records, tenant, one.records) < 0 ? rk_err_nomem(err) : RK_OK;
	else if (rc == RK_OK && entry)
		rc = json_array_extend(entry, one.records) < 0 ? rk_err_nomem(err) : RK_OK;
	json_decref(one.records);
	return rc;
}

/* Why nothing may be cleared after all: told on standard error, or refused; *stop is then set. */
static enum rk_rc
guard(struct rk_reconcile *c, size_t tenants, bool *stop, struct rk_err *err)
{
	struct rk_err why = { 0 };

	*stop = true;
	if (c->io->told_refused) {
		rk_err_set(&why, RK_REFUSED, "selection-incomplete: the input holds %zu refused, so that nothing is cleared "
		    "(%zu tenants that %s holds are not selected)", c->io->told_refused, tenants, c->ring);
		rk_io_tell(c->io, &why);
	} else if (json_object_size(c->selected) == 0 && !c->allow_empty) {
		rk_err_set(&why, RK_REFUSED, "nothing is selected, so that nothing is cleared (%s holds %zu tenants; "
		    "--allow-empty clears them)", c->ring, tenants);
		rk_io_tell(c->io, &why);
	} else if (tenants > c->max_clear) {
		rk_err_refuse(&why, RK_CODE_TOO_MANY_TO_CLEAR, "%zu tenants would be cleared of %s, more than %lu: nobody is cleared "
		    "(--max-clear raises the limit)", tenants, c->ring, c->max_clear);
		return rk_record_refuse(c->io, &why, NULL, NULL, err);
	} else {
		*stop = false;
	}
	return RK_OK;
}

static enum rk_rc
reconcile(struct rk_reconcile *c, struct rk_err *err)
{
	struct making making = { .converge = c, .service = c->service, .ring = c->ring, .held_only = true };
	json_t *entry;
	const char *tenant;
	size_t tenants = 0;
	enum rk_rc rc;
	bool stop;

	making.records = json_object();
	rc = making.records ? rk_discover(c->repo, &c->service->manifests, NULL, reconcile_manifest, &making, err) : rk_err_nomem(err);
	json_object_foreach(making.records, tenant, entry)
		tenants++;
	stop = tenants == 0;
	/* a record's clear is meant, and needs no selection that could be short */
	if (rc == RK_OK && !stop && c->action != RK_CLEAR)
		rc = guard(c, tenants, &stop, err);
	if (rc != RK_OK || stop)
		goto out;
	json_object_foreach(making.records, tenant, entry) {
		if (json_is_object(entry))
			rc = rk_err_refuse(err, rk_code_find(rk_json_string(entry, "code")), "%s",
			    rk_json_string(entry, "reason"));
		rc = write_tenant(c, tenant, entry, rc, err);
		if (rc != RK_OK)
			break;
	}
out:
	json_decref(making.records);
	return rc;
}

/* A selection that is incomplete takes nothing away, from the ring's proposal no more than from the manifests. */
static enum rk_rc
keep_proposed(struct rk_reconcile *c, struct rk_err *err)
{
	const char *tenant;
	enum rk_rc rc = RK_OK;
	json_t *tag;

	json_object_foreach(c->proposed, tenant, tag) {
		if (json_object_get(c->selected, tenant))
			continue;
		rc = make_tenant(c, NULL, tenant, json_string_value(tag), err);
		if (rc != RK_OK)
			break;
	}
	return rc;
}

enum rk_rc
rk_reconcile_end(struct rk_reconcile *c, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *override;
	const char *key;

	json_object_foreach(c->overrides, key, override) {
		rc = clear_override(c, override, err);
		if (rc != RK_OK)
			return rc;
	}
	if (c->reconcile && c->io->told_refused)
		rc = keep_proposed(c, err);
	if (rc == RK_OK && c->reconcile && c->action != RK_HOLD)
		rc = reconcile(c, err);
	if (rc == RK_OK && c->plain) {
		rk_json_add(&text, c->plain);
		rk_strbuf_putc(&text, '\n');
		rc = rk_strbuf_check(&text, err);
		if (rc == RK_OK)
			rc = rk_io_write(c->io, text.data, text.len, err);
		rk_strbuf_free(&text);
	}
	return rc;
}

void
rk_reconcile_free(struct rk_reconcile *c)
{
	json_decref(c->selected);
	json_decref(c->overrides);
	json_decref(c->plain);
	json_decref(c->claims);
	json_decref(c->proposed);
}
