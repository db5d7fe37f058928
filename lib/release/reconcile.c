#include <stdlib.h>
#include <string.h>

#include "release/reconcile.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/element.h"
#include "gitops/fleet.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "gitops/policy.h"
#include "gitops/values.h"
#include "override/claims.h"
#include "override/override.h"
#include "override/override_record.h"
#include "override/reverts.h"
#include "override/stray.h"
#include "publish/commit_message.h"
#include "publish/patch_record.h"
#include "release/adopt.h"
#include "release/decide.h"
#include "yaml/json_patch.h"
#include "yaml/yaml.h"

struct rk_reconcile {
	const struct rk_reconcile_options *options;
	struct rk_io *io;
	struct rk_discover_list list;	/* the manifests of the tenant that is looked at */
	struct rk_manifest manifest;	/* the one of them that is looked at */
	json_t *selected;		/* {"<tenant>": true}, those on the input */
	json_t *selection;		/* the record that says how many are in all repositories, or NULL */
	json_t *overrides;		/* {"<key>": record} of those to clear, one for each manifest, service and ring */
	json_t *adoptions;		/* rk_adopt_add()'s */
	struct rk_reverts *reverts;	/* NULL: they are not respected */
	struct rk_override_history *history;
	json_t *cleared;		/* {"<tenant and path>": text}: after those so far; null before the first, false if one only */
	json_t *claims;			/* rk_claims_read()'s, or NULL */
	json_t *proposed;		/* rk_claims_proposed()'s, or NULL */
	json_t *release;		/* for the patches, or NULL */
	json_t *plain;			/* with options->rfc6902, the patch */
};

/* A change of a tenant's manifests, and the patch records for it. */
struct change {
	const struct rk_service *service;
	const char *ring, *tag;		/* tag NULL: clear */
	const char *digest;		/* of the image, or NULL */
	const json_t *values;		/* that the ring brings with this image, or NULL */
	bool proposed;			/* they are those of the ring's proposal, and were checked when it was made */
	json_t *by_hand;		/* what another author has changed in the manifest that is looked at, and stays */
	const json_t *supersedes;	/* images that may be taken over, or NULL */
	const char *target_revision;	/* what a clear tests, or NULL */
	const json_t *cohorts;		/* of the tenant record, or NULL */
	const json_t *requested_by;	/* likewise */
	const json_t *adoption;		/* what live objects have, or NULL: nothing that runs may change */
	const char *took_over;		/* the ring from which the manifest that is looked at was taken, or NULL */
	const char *sequence;		/* NULL, or the key in cleared of a manifest that is changed several times */
	const char *doubt;		/* why a person must merge it, or NULL */
	bool only_held;			/* no records for manifests in which nothing changes */
	json_t *records;
	json_t *charts;			/* {"<chart>": true}, those that the manifests deploy; or NULL */
};

enum rk_rc
rk_reconcile_open(const struct rk_reconcile_options *options, struct rk_io *io, struct rk_reconcile **reconcile,
    struct rk_err *err)
{
	const struct rk_claims_query query = { .dir = options->dir, .rev = options->rev, .catalog = options->catalog,
		.service = options->service, .pattern = options->claims, .remote = options->remote, .open = options->open };
	struct rk_reconcile *r = rk_memory_calloc(1, sizeof *r);
	struct rk_claims_release of = { { 0 }, { 0 } };
	enum rk_rc rc = RK_OK;

	*reconcile = NULL;
	r->options = options;
	r->io = io;
	r->selected = json_object();
	r->overrides = json_object();
	r->adoptions = json_object();
	r->cleared = json_object();
	r->history = rk_override_history_new(options->catalog, options->dir, options->rev);
	if (options->action == RK_SET && options->tag)
		rc = rk_image_check_tag(options->service, options->ring, options->tag, err);
	if (rc == RK_OK && (options->claims || options->remote))
		rc = rk_claims_read(&query, &r->claims, err);
	if (rc == RK_OK && (options->proposal || options->remote) && options->action == RK_KEEP && !options->rejected)
		rc = rk_claims_proposed(&query, options->ring, options->proposal, &r->proposed, &of, err);
	if (rc == RK_OK && options->respect_reverts && options->service)
		rc = rk_reverts_open(options->dir, options->rev, options->service, options->catalog, &r->reverts, err);
	if (options->release)
		r->release = json_incref((json_t *)options->release);
	else if (rc == RK_OK && *of.commit && options->labels)
		r->release = rk_json_pack("{ss sO ss* sb}", "commit", of.commit, "labels", options->labels, "values",
		    rk_commit_message_values_fault(of.values, strlen(of.values)) ? NULL : of.values, "kept", 1);
	if (rc == RK_OK)
		*reconcile = r;
	else
		rk_reconcile_close(r);
	return rc;
}

void
rk_reconcile_close(struct rk_reconcile *r)
{
	if (!r)
		return;
	rk_manifest_free(&r->manifest);
	rk_discover_free(&r->list);
	json_decref(r->selected);
	json_decref(r->selection);
	json_decref(r->overrides);
	json_decref(r->adoptions);
	rk_reverts_close(r->reverts);
	rk_override_history_free(r->history);
	json_decref(r->cleared);
	json_decref(r->claims);
	json_decref(r->proposed);
	json_decref(r->release);
	json_decref(r->plain);
	free(r);
}

/* Patch records of a manifest */

/* Take edits as the one plain patch: a string that holds the values is replaced as a whole. */
static enum rk_rc
set_plain_patch(struct rk_reconcile *r, const struct rk_values *v, const json_t *edits, struct rk_err *err)
{
	const struct rk_json_patch_options options = { .document = (long)v->document, .strict = true, .values = true };
	const struct rk_strbuf *text = &v->manifest->file.text;
	const char *at = rk_strbuf_str(&v->at);
	struct rk_strbuf after = { 0 };
	struct rk_yaml *yaml = NULL;
	json_t *edit, *value = NULL;
	enum rk_rc rc = RK_OK;
	size_t i;

	if (r->plain)
		return rk_err_set(err, RK_EUSAGE, "--rfc6902 writes the patch of one manifest, and this is the second (%s)",
		    v->manifest->file.path);
	r->plain = json_array();
	/* to a plain JSON Patch an empty document is not a map */
	if (!*at && !v->root)
		rk_json_append(r->plain, rk_json_pack("{ss ss s{}}", "op", "add", "path", "", "value"));
	json_array_foreach(edits, i, edit) {
		if (json_array_size(json_object_get(edit, "marks")))
			return rk_err_set(err, RK_EUSAGE, "--rfc6902 cannot carry the marks of values that are replaced (%s)",
			    v->manifest->file.path);
		if (!*rk_json_string(edit, "at"))
			rk_json_extend(r->plain, json_object_get(edit, "patch"));
	}
	if (!*at || json_array_size(edits) == 0)
		return RK_OK;
	rc = rk_json_patch_edits(rk_strbuf_str(text), text->len, &options, edits, &after, err);
	if (rc == RK_OK)
		rc = rk_yaml_parse(after.data, after.len, &yaml, err);
	if (rc == RK_OK)
		rc = rk_yaml_json(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, v->document), at), &value, err);
	if (rc == RK_OK) {
		rk_json_append(r->plain, rk_json_pack("{ss ss ss%}", "op", "test", "path", at, "value", v->string->data,
		    v->string->len));
		rk_json_append(r->plain, rk_json_pack("{ss ss sO}", "op", "replace", "path", at, "value", value));
	}
	json_decref(value);
	rk_yaml_free(yaml);
	rk_strbuf_free(&after);
	return rc;
}

/* Append a patch record with edits, and the image that is kept, or if that is NULL the one that is set, if there is one. */
static void
add_record(const struct rk_reconcile *r, struct change *change, const struct rk_values *v,
    const struct rk_override *kept, json_t *edits)
{
	const char *tag = kept ? kept->tag : change->tag;
	struct rk_strbuf ours = { 0 };
	json_t *image = NULL, *record, *element = NULL;

	if (v->element_at.len)
		element = rk_json_pack("{ss sI ss}", "list", v->manifest->entry->elements, "index", (json_int_t)v->element, "member",
		    v->manifest->entry->tenant);
	rk_image_repository(&ours, change->service, change->ring);
	if (tag)
		image = rk_json_pack("{ss ss}", "repository", kept ? kept->repository : rk_strbuf_str(&ours), "tag", tag);
	record = rk_json_pack("{ss ss ss sI sO* ss ss ss ss sO* sO* sO* ss* sO* sO* ss* sO* sO}", "type", "patch", "tenant", v->manifest->tenant,
	    "path", v->manifest->file.path, "document", (json_int_t)v->document, "element", element, "blob", v->manifest->file.blob,
	    "service", change->service->name, "ring", change->ring, "action", tag ? "set" : "clear", "image", image,
	    "values", tag && !kept && json_object_size(change->values) ? change->values : NULL,
	    "changed_by_hand", json_array_size(change->by_hand) ? change->by_hand : NULL, "took_over",
	    change->took_over, "cohorts", change->cohorts, "requested_by", change->requested_by, "pull_request", r->options->pull_request,
	    "release", r->release, "edits", edits);
	json_decref(image);
	json_decref(element);
	rk_strbuf_free(&ours);
	rk_unattended_judge(r->options->unattended, change->doubt, record);
	rk_json_append(change->records, record);
}

/* Note the service's charts that a manifest deploys. */
static void
note_charts(const struct change *change, const struct rk_values *v)
{
	const struct rk_service *service = change->service;
	size_t i;

	for (i = 0; change->charts && i < service->n_charts; i++)
		if (rk_values_deploys(v, &service->chart[i]))
			rk_json_set(change->charts, service->chart[i].name, json_true());
}

/* Check that the manifests deploy all charts of the service: they are released together. */
static enum rk_rc
check_charts(const struct change *change, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < change->service->n_charts; i++)
		if (!json_object_get(change->charts, change->service->chart[i].name))
			return rk_err_refuse(err, RK_CODE_NO_CHART, "no manifest of the tenant deploys %s, which is released with the "
			    "other charts of the service %s", change->service->chart[i].name, change->service->name);
	return RK_OK;
}

/*
 * Check that applypatch(1) will be able to make the edits: a refusal there would come late, and stop other tenants.  What the
 * manifest then is, is appended to after, which may be NULL.
 */
static enum rk_rc
check_edits(const struct rk_reconcile *r, const struct rk_values *v, json_t *edits, struct rk_strbuf *after, struct rk_err *err)
{
	const struct rk_strbuf *text = &v->manifest->file.text;
	const struct rk_json_patch_options options = { .document = (long)v->document, .strict = true, .values = true };
	enum rk_rc rc;

	if (json_array_size(edits) == 0)
		return RK_OK;
	if (rk_patch_record_operations(edits) > RK_PATCH_RECORD_OPERATIONS)
		return rk_err_refuse(err, RK_CODE_TOO_LARGE, "%s: %zu operations and marks, more than %d in one patch",
		    v->manifest->file.path, rk_patch_record_operations(edits), RK_PATCH_RECORD_OPERATIONS);
	rc = rk_source_check_filter(r->options->source, v->manifest->file.path, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_NOT_A_FILE, "%s", err->msg);
	if (rc == RK_OK)
		rc = rk_element_check(v, &options, edits, err);
	if (rc == RK_OK && after)
		rc = rk_json_patch_edits(rk_strbuf_str(text), text->len, &options, edits, after, err);
	if (rc == RK_END)
		rc = rk_json_patch_check(v->manifest->file.yaml, &options, edits, after, err);
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", v->manifest->file.path) : rc;
}

/* Make the edits of a manifest. */
static enum rk_rc
make_edits(const struct rk_reconcile *r, const struct change *change, const struct rk_values *values, struct rk_strbuf *took_over,
    json_t **edits, struct rk_err *err)
{
	const struct rk_reconcile_options *o = r->options;
	struct rk_override_defaults defaults = { 0 };
	const struct rk_override_setting setting = { .ring = change->ring, .tag = change->tag, .digest = change->digest,
		.values = change->values, .supersedes = change->supersedes, .history = r->history,
		.defaults = o->charts || change->proposed ? &defaults : NULL, .by_hand = change->by_hand };
	const struct rk_override_clearing clearing = { .ring = change->ring, .target_revision = change->target_revision,
		.to = o->to, .keep_value = o->keep_value, .history = r->history, .by_hand = change->by_hand };

	rk_chart_values_defaults(change->proposed ? NULL : o->charts, &defaults);
	return change->tag ? rk_override_set(values, &setting, took_over, edits, err)
			   : rk_override_clear(values, &clearing, edits, err);
}

/* Read a manifest, as it is after the changes of it so far. */
static enum rk_rc
read_manifest(struct rk_reconcile *r, const struct change *change, const struct rk_discover_path *found, struct rk_err *err)
{
	const json_t *text = change->sequence ? json_object_get(r->cleared, change->sequence) : NULL;
	enum rk_rc rc = rk_manifest_read(r->options->source, found, &r->manifest, err);

	if (rc == RK_OK && json_is_string(text)) {
		rk_strbuf_clear(&r->manifest.file.text);
		rk_strbuf_add(&r->manifest.file.text, json_string_value(text), json_string_length(text));
	}
	return rc;
}

/* Note what the manifest is after edits, if another change of it may follow: applypatch(1) makes them one after another. */
static void
note_cleared(struct rk_reconcile *r, const struct change *change, const json_t *edits, const struct rk_strbuf *after)
{
	if (change->sequence && json_array_size(edits) > 0)
		rk_json_set(r->cleared, change->sequence, json_stringn(rk_strbuf_str(after), after->len));
}

/* Make the patch record of a manifest. */
static enum rk_rc
change_manifest(struct rk_reconcile *r, struct change *change, const struct rk_discover_path *found, struct rk_err *err)
{
	struct rk_values values = { 0 };
	struct rk_strbuf took_over = { 0 }, after = { 0 };
	json_t *edits = NULL, *by_hand = json_array();
	bool may = true;
	enum rk_rc rc = read_manifest(r, change, found, err);

	if (rc == RK_OK && change->only_held)
		may = rk_override_may_hold(&r->manifest, change->service, change->ring);
	if (rc != RK_OK || !may) {
		json_decref(by_hand);
		return rc;
	}
	change->by_hand = by_hand;
	rc = rk_values_find(&r->manifest, r->options->catalog, change->service, &values, err);
	if (rc == RK_OK)
		note_charts(change, &values);
	if (rc == RK_OK && change->adoption)
		rc = rk_adopt_check_charts(change->adoption, change->charts, err);
	if (rc == RK_OK)
		rc = make_edits(r, change, &values, &took_over, &edits, err);
	if (rc == RK_OK)
		rc = check_edits(r, &values, edits, change->sequence || change->adoption ? &after : NULL, err);
	if (rc == RK_OK)
		note_cleared(r, change, edits, &after);
	if (rc == RK_OK && change->adoption && json_array_size(edits) > 0)
		rc = rk_adopt_check_values(change->adoption, &values, r->options->catalog, &after, err);
	if (rc == RK_OK && !(change->only_held && json_array_size(edits) == 0)) {
		if (r->options->rfc6902)
			rc = set_plain_patch(r, &values, edits, err);
		rk_io_note(r->io, "%s: %s %s", found->tenant, found->path, json_array_size(edits) ? "changes" : "is up to date");
		change->took_over = took_over.len ? took_over.data : NULL;
		if (rc == RK_OK)
			add_record(r, change, &values, NULL, edits);
		change->took_over = NULL;
	}
	change->by_hand = NULL;
	json_decref(by_hand);
	json_decref(edits);
	rk_values_free(&values);
	rk_strbuf_free(&took_over);
	rk_strbuf_free(&after);
	return rc;
}

/* Make a patch record without edits if the ring has its image in a manifest. */
static enum rk_rc
keep_manifest(struct rk_reconcile *r, struct change *change, const struct rk_discover_path *found, struct rk_err *err)
{
	struct rk_override_list list = { 0 };
	json_t *edits = json_array();
	enum rk_rc rc;
	size_t i;

	rc = rk_manifest_read(r->options->source, found, &r->manifest, err);
	if (rc == RK_OK)
		rc = rk_override_find(&r->manifest, r->options->catalog, change->service, change->ring, &list, err);
	for (i = 0; i < list.n && (!*list.item[i].tag || list.item[i].under); i++)
		;
	/* the charts of one manifest are one record */
	if (rc == RK_OK && i < list.n)
		add_record(r, change, &list.values, &list.item[i], edits);
	json_decref(edits);
	rk_override_list_free(&list);
	return rc;
}

/* Tenants */

/* Write a tenant's records, or if rc is RK_REFUSED, the refusal in err. */
static enum rk_rc
write_tenant(struct rk_reconcile *r, const char *tenant, json_t *records, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err why = *err;
	json_t *record;
	size_t i;

	if (rc == RK_REFUSED && json_array_size(records) > 0) {	/* the plain patch is this tenant's */
		json_decref(r->plain);
		r->plain = NULL;
	}
	if (rc == RK_REFUSED)
		return rk_record_refuse(r->io, &why, "tenant", tenant, err);
	if (rc != RK_OK || r->options->rfc6902)
		return rc;
	json_array_foreach(records, i, record) {
		rc = rk_record_write(r->io, json_incref(record), err);
		if (rc != RK_OK)
			break;
	}
	return rc;
}

static enum rk_rc
check_tenant(const json_t *record, const char **tenant, struct rk_err *err)
{
	const char *fault;

	*tenant = rk_json_string(record, "tenant");
	if (!*tenant)
		return rk_err_set(err, RK_EDATA, "missing \"tenant\" in a tenant record");
	fault = rk_validate_name(*tenant, strlen(*tenant));
	if (fault)
		return rk_err_set(err, RK_EDATA, "invalid name of a tenant \"%s\": it %s", *tenant, fault);
	return rk_patch_record_check_names(record, "tenant", err);
}

/* Refuse a tenant that the open proposal of another ring claims. */
static enum rk_rc
check_claims(const struct rk_reconcile *r, const char *tenant, struct rk_err *err)
{
	json_t *claim;
	size_t i;

	json_array_foreach(json_object_get(r->claims, tenant), i, claim)
		if (!rk_json_is(json_object_get(claim, "ring"), r->options->ring))
			return rk_err_refuse(err, RK_CODE_CLAIMED_BY_ANOTHER_RING, "service %s is claimed by %s in the open proposal %s, "
			    "not by %s", r->options->service->name, rk_json_string(claim, "ring"), rk_json_string(claim, "branch"),
			    r->options->ring);
	return RK_OK;
}

/*
 * Return whether a manifest that was refused is only a neighbour of the tenant's manifests: a pattern with "*" matches
 * it, it is not a place for Helm values, and it has no image of the service's rings.
 */
static bool
is_neighbour(struct rk_reconcile *r, const struct rk_service *service, const struct rk_discover_path *found,
    enum rk_code code)
{
	return strchr(found->entry->path, '*') && (code == RK_CODE_NOT_AN_APPLICATION || code == RK_CODE_NOT_HELM)
	    && !rk_override_may_hold(&r->manifest, service, NULL);
}

/* Make the patch records of a tenant's manifests.  Neighbours are left out, as long as one is not a neighbour. */
static enum rk_rc
change_manifests(struct rk_reconcile *r, struct change *change, const struct rk_discover_list *list, struct rk_err *err)
{
	struct rk_err why = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i, left_out = 0;

	for (i = 0; rc == RK_OK && i < list->n; i++) {
		rc = change_manifest(r, change, &list->item[i], err);
		if (rc != RK_REFUSED)
			continue;
		if (!is_neighbour(r, change->service, &list->item[i], err->code))
			return RK_REFUSED;
		rc = RK_OK;
		if (!left_out++)
			why = *err;
	}
	if (rc != RK_OK || left_out < list->n)
		return rc;
	*err = why;
	return RK_REFUSED;
}

/* Make the patch records of a tenant, and write them. */
static enum rk_rc
change_tenant(struct rk_reconcile *r, struct change change, const char *tenant, bool keep, struct rk_err *err)
{
	const struct rk_reconcile_options *o = r->options;
	struct rk_discover_list *list = &r->list;
	enum rk_rc rc = RK_OK;
	size_t i;

	if (!change.adoption) {
		change.service = o->service;
		change.ring = o->ring;
	}
	change.records = json_array();
	change.charts = json_object();
	if (change.tag && o->action == RK_SET)
		rc = check_claims(r, tenant, err);
	if (rc == RK_OK && change.tag && r->reverts)
		rc = rk_reverts_check(r->reverts, change.ring, change.tag, tenant, err);
	if (rc == RK_OK)
		rc = keep ? rk_discover(o->source, &change.service->manifests, tenant, list, err)
			  : rk_discover_tenant(o->source, change.service, tenant, list, err);
	for (i = 0; rc == RK_OK && keep && i < list->n; i++)
		rc = keep_manifest(r, &change, &list->item[i], err);
	if (rc == RK_OK && !keep)
		rc = change_manifests(r, &change, list, err);
	if (rc == RK_OK && change.tag)
		rc = check_charts(&change, err);
	if (rc == RK_OK && change.tag && !change.adoption)
		rc = rk_policy_check_freeze(o->freeze, change.records, err);
	rc = write_tenant(r, tenant, change.records, rc, err);
	rk_discover_clear(list);
	json_decref(change.records);
	json_decref(change.charts);
	return rc;
}

/* Set what the ring's proposal gives to a tenant; nothing if proposed is NULL. */
static void
take_proposed(struct change *change, const json_t *proposed)
{
	change->tag = rk_json_string(proposed, "tag");
	change->digest = rk_json_string(proposed, "digest");
	change->values = json_object_get(proposed, "values");
	change->supersedes = json_object_get(proposed, "supersedes");
	change->proposed = true;
	change->doubt = "kept";
}

enum rk_rc
rk_reconcile_set(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	struct change change = { .cohorts = json_object_get(record, "cohorts"),
		.requested_by = json_object_get(record, "requested_by") };
	const char *tenant;
	enum rk_rc rc = check_tenant(record, &tenant, err);

	if (rc != RK_OK)
		return rc;
	if (json_object_get(r->selected, tenant))
		return RK_OK;
	rk_json_set(r->selected, tenant, json_true());
	if (r->options->action == RK_SET) {
		change.tag = r->options->tag;
		change.digest = r->options->digest;
		change.values = r->options->values;
		change.supersedes = r->options->supersedes;
	} else {
		take_proposed(&change, json_object_get(r->proposed, tenant));
	}
	if (change.tag)
		return change_tenant(r, change, tenant, false, err);
	return r->options->action == RK_KEEP && !r->options->rfc6902 ? change_tenant(r, change, tenant, true, err) : RK_OK;
}

enum rk_rc
rk_reconcile_wait(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	const char *tenant;
	enum rk_rc rc = check_tenant(record, &tenant, err);

	if (rc == RK_OK)
		rk_json_set(r->selected, tenant, json_true());
	return rc == RK_OK ? rk_record_pass(r->io, err) : rc;
}

enum rk_rc
rk_reconcile_selection(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	return rk_fleet_read_selection(record, &r->selection, err);
}

enum rk_rc
rk_reconcile_remove(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	struct change change = { .cohorts = json_object_get(record, "cohorts"),
		.requested_by = json_object_get(record, "requested_by") };
	const char *tenant;
	enum rk_rc rc;

	if (!r->options->service)
		return rk_err_set(err, RK_EUSAGE, "--service and --ring are required to clear tenants");
	rc = check_tenant(record, &tenant, err);
	return rc == RK_OK ? change_tenant(r, change, tenant, false, err) : rc;
}

/* Overrides */

/* Append what tells a tenant's manifest from others. */
static void
manifest_key(struct rk_strbuf *key, const json_t *override)
{
	rk_strbuf_printf(key, "%s\n%s\n", rk_json_string(override, "tenant"), rk_json_string(override, "path"));
}

enum rk_rc
rk_reconcile_override(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	struct rk_override_record o;
	struct rk_strbuf key = { 0 }, manifest = { 0 };
	enum rk_rc rc = rk_override_record_read(record, &o, err);

	if (rc != RK_OK)
		return rc;
	if (rk_json_is(json_object_get(record, "gate"), "held"))
		return rk_record_pass(r->io, err);
	manifest_key(&manifest, record);
	rk_strbuf_printf(&key, "%s%s\n%s", manifest.data, o.service, o.ring);
	/* the charts of one service in one manifest are one change */
	if (!json_object_get(r->overrides, key.data)) {
		rk_json_set(r->overrides, key.data, json_incref((json_t *)record));
		rk_json_set(r->cleared, manifest.data, json_object_get(r->cleared, manifest.data) ? json_null() : json_false());
	}
	rk_strbuf_free(&manifest);
	rk_strbuf_free(&key);
	return RK_OK;
}

static enum rk_rc
clear_override(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	struct rk_discover_path found = { .tenant = rk_json_string(record, "tenant"), .path = rk_json_string(record, "path") };
	struct change change = { .ring = rk_json_string(record, "ring"), .doubt = rk_unattended_doubt(record),
		.target_revision = rk_json_string(record, "target_revision") };
	struct rk_strbuf tenant = { 0 }, key = { 0 };
	enum rk_rc rc;
	bool stray;

	manifest_key(&key, record);
	if (!json_is_false(json_object_get(r->cleared, key.data)))
		change.sequence = key.data;
	rc = rk_catalog_service(r->options->catalog, rk_json_string(record, "service"), &change.service, err);
	if (rc == RK_EUSAGE)
		rc = rk_err_refuse(err, RK_CODE_NO_SUCH_SERVICE, "%s", err->msg);
	else if (rc == RK_OK)
		found.entry = rk_stray_entry(change.service, found.path, &tenant, &stray);
	change.records = json_array();
	if (rc == RK_OK)
		rc = change_manifest(r, &change, &found, err);
	rc = write_tenant(r, found.tenant, change.records, rc, err);
	rk_strbuf_free(&tenant);
	rk_strbuf_free(&key);
	json_decref(change.records);
	return rc;
}

enum rk_rc
rk_reconcile_adopt(struct rk_reconcile *r, const json_t *record, struct rk_err *err)
{
	return rk_adopt_add(r->adoptions, record, err);
}

/* Write the records that adopt what live objects have of a service in a tenant, or a refusal. */
static enum rk_rc
adopt(struct rk_reconcile *r, const json_t *adoption, struct rk_err *err)
{
	struct change change = { .adoption = adoption, .doubt = "adopted", .ring = rk_json_string(adoption, "ring"),
		.tag = rk_json_string(json_object_get(adoption, "image"), "tag") };
	const char *tenant = rk_json_string(adoption, "tenant");
	enum rk_rc rc = rk_catalog_service(r->options->catalog, rk_json_string(adoption, "service"), &change.service, err);

	if (rc == RK_EUSAGE)
		rc = rk_err_refuse(err, RK_CODE_NO_SUCH_SERVICE, "%s", err->msg);
	else if (rc == RK_OK)
		rc = rk_adopt_check(adoption, change.service, err);
	return rc == RK_OK ? change_tenant(r, change, tenant, false, err) : write_tenant(r, tenant, NULL, rc, err);
}

/* Tenants that are not selected */

/* Note a clear, or the refusal in err if rc is RK_REFUSED, in clears: {"<tenant>": records or refusal}. */
static enum rk_rc
note_clear(json_t *clears, const char *tenant, json_t *records, enum rk_rc rc, struct rk_err *err)
{
	json_t *entry = json_object_get(clears, tenant);

	if (rc == RK_REFUSED)
		rk_json_set(clears, tenant, rk_json_pack("{ss ss}", "code", rk_code_word(err->code), "reason", err->msg));
	else if (rc == RK_OK && entry)
		rk_json_extend(entry, records);
	else if (rc == RK_OK && json_array_size(records))
		rk_json_set(clears, tenant, json_incref(records));
	return rc == RK_REFUSED ? RK_OK : rc;
}

/* Find all clears of tenants that the ring holds and that are not selected. */
static enum rk_rc
find_clears(struct rk_reconcile *r, json_t *clears, struct rk_err *err)
{
	const struct rk_reconcile_options *o = r->options;
	struct change change = { .service = o->service, .ring = o->ring, .only_held = true };
	struct rk_discover_list list = { 0 };
	const char *tenant;
	enum rk_rc rc;
	size_t i;

	rc = rk_discover_all(o->source, o->catalog, o->service, NULL, &list, err);
	for (i = 0; rc == RK_OK && i < list.n; i++) {
		tenant = list.item[i].tenant;
		if (json_is_object(json_object_get(clears, tenant))
		    || (o->action != RK_CLEAR && json_object_get(r->selected, tenant)))
			continue;
		change.records = json_array();
		rc = change_manifest(r, &change, &list.item[i], err);
		rc = note_clear(clears, tenant, change.records, rc, err);
		json_decref(change.records);
	}
	rk_discover_free(&list);
	return rc;
}

/* Refuse to clear more tenants than are allowed: *stop is set. */
static enum rk_rc
check_number(struct rk_reconcile *r, size_t tenants, bool *stop, struct rk_err *err)
{
	const size_t repositories = rk_fleet_size(r->options->catalog), most = r->options->max_clear / repositories;
	struct rk_err why = { 0 };

	*stop = tenants > most;
	if (!*stop)
		return RK_OK;
	rk_err_refuse(&why, RK_CODE_TOO_MANY_TO_CLEAR, "%zu tenants of %s are to be cleared, more than %zu%s: none is cleared "
	    "(--max-clear %zu clears them)", tenants, r->options->ring, most, repositories > 1 ? ", the share of this repository" : "",
	    tenants * repositories);
	return rk_record_refuse(r->io, &why, NULL, NULL, err);
}

/* Set *stop to whether nothing may be cleared, and report why. */
static enum rk_rc
check_selection(struct rk_reconcile *r, size_t tenants, bool *stop, struct rk_err *err)
{
	const struct rk_reconcile_options *o = r->options;
	struct rk_err why = { 0 };

	*stop = true;
	if (r->io->told_refused)
		rk_err_set(&why, RK_REFUSED, "selection-incomplete: the input has %zu refusals, so nothing is cleared "
		    "(%zu tenants that %s holds are not selected)", r->io->told_refused, tenants, o->ring);
	else if (json_object_size(r->selected) == 0 && rk_fleet_selected(r->selection) == 0 && !o->allow_empty)
		rk_err_set(&why, RK_REFUSED, "no tenant is selected, so nothing is cleared (%s holds %zu tenants; "
		    "--allow-empty clears them)", o->ring, tenants);
	else
		return check_number(r, tenants, stop, err);
	rk_io_tell(r->io, &why);
	return RK_OK;
}

static enum rk_rc
clear_unselected(struct rk_reconcile *r, struct rk_err *err)
{
	json_t *clears = json_object(), *entry;
	const char *tenant;
	enum rk_rc rc = find_clears(r, clears, err);
	bool stop = json_object_size(clears) == 0;

	/* the clear of a release record does not depend on the selection */
	if (rc == RK_OK && !stop && r->options->action != RK_CLEAR)
		rc = check_selection(r, json_object_size(clears), &stop, err);
	else if (rc == RK_OK && !stop && r->options->retargeted)
		rc = check_number(r, json_object_size(clears), &stop, err);
	json_object_foreach(clears, tenant, entry) {
		if (rc != RK_OK || stop)
			break;
		if (json_is_object(entry))
			rc = rk_err_refuse(err, rk_code_find(rk_json_string(entry, "code")), "%s", rk_json_string(entry, "reason"));
		rc = write_tenant(r, tenant, entry, rc, err);
	}
	json_decref(clears);
	return rc;
}

/* An incomplete selection takes nothing away, not from the ring's proposal either. */
static enum rk_rc
keep_proposed(struct rk_reconcile *r, struct rk_err *err)
{
	struct change change = { 0 };
	const char *tenant;
	enum rk_rc rc = RK_OK;
	json_t *proposed;

	json_object_foreach(r->proposed, tenant, proposed) {
		take_proposed(&change, proposed);
		if (rc == RK_OK && !json_object_get(r->selected, tenant))
			rc = change_tenant(r, change, tenant, false, err);
	}
	return rc;
}

static enum rk_rc
write_plain_patch(const struct rk_reconcile *r, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc;

	rk_json_add(&text, r->plain);
	rk_strbuf_putc(&text, '\n');
	rc = rk_io_write(r->io, text.data, text.len, err);
	rk_strbuf_free(&text);
	return rc;
}

enum rk_rc
rk_reconcile_end(struct rk_reconcile *r, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	json_t *record;
	const char *key;

	json_object_foreach(r->overrides, key, record)
		if (rc == RK_OK)
			rc = clear_override(r, record, err);
	json_object_foreach(r->adoptions, key, record)
		if (rc == RK_OK)
			rc = adopt(r, record, err);
	if (rc == RK_OK && r->options->reconcile && r->io->told_refused)
		rc = keep_proposed(r, err);
	if (rc == RK_OK && r->options->reconcile && r->options->action != RK_HOLD)
		rc = clear_unselected(r, err);
	return rc == RK_OK && r->plain ? write_plain_patch(r, err) : rc;
}
