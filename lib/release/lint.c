#include <string.h>

#include "release/lint.h"
#include "base/array.h"
#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/inventory.h"
#include "gitops/override.h"
#include "gitops/prefilter.h"
#include "gitops/umbrella.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

struct lint {
	const struct rk_catalog *catalog;
	struct rk_source *repo;
	rk_lint_found *found;
	void *context;
};

json_t *
rk_lint_record(const struct rk_lint_finding *f)
{
	return json_pack("{ss ss ss ss* ss* ss* ss*}", "type", "finding", "code", rk_code_word(f->code), "reason", f->reason, "service",
	    f->service, "chart", f->chart, "tenant", f->tenant, "path", f->path);
}

/* A finding whose reason err holds. */
static enum rk_rc
tell(const struct lint *lint, struct rk_lint_finding finding, struct rk_err *err)
{
	struct rk_err why = *err;

	finding.code = why.code;
	finding.reason = why.msg;
	return lint->found(lint->context, &finding, err);
}

/* Where a dependency of the umbrella has its values.yaml. */
static enum rk_rc
values_path(const struct rk_umbrella *umbrella, const json_t *dependency, struct rk_strbuf *path, struct rk_err *err)
{
	const char *repository = rk_json_string(dependency, "repository");
	const char *name = rk_json_string(dependency, "name");
	enum rk_rc rc;

	if (repository && strncmp(repository, "file://", 7) == 0) {
		rc = rk_umbrella_path(umbrella, repository + 7, path, err);
	} else {
		rc = rk_umbrella_path(umbrella, "charts", path, err);
		rk_strbuf_printf(path, "/%s", name ? name : "");
	}
	rk_strbuf_puts(path, "/values.yaml");
	return rc == RK_OK ? rk_strbuf_check(path, err) : rc;
}

static enum rk_rc
lint_member(const struct lint *lint, const struct rk_lint_finding *about, json_t *values, const char *path,
    struct rk_err *err)
{
	const char *inside = path ? strchr(path + 1, '/') : NULL;
	struct rk_json_pointer pointer;
	enum rk_rc rc = RK_OK;
	bool there;

	if (!inside)
		return RK_OK;
	rc = rk_json_pointer_parse(inside, &pointer, err);
	there = rc == RK_OK && rk_json_pointer_get(values, &pointer);
	rk_json_pointer_free(&pointer);
	if (rc != RK_OK || there)
		return rc;
	rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "%s has no %s: an override there would reach nothing", about->path, inside);
	return tell(lint, *about, err);
}

static enum rk_rc
lint_chart(const struct lint *lint, const struct rk_umbrella *umbrella, const struct rk_service *service,
    const struct rk_chart *chart, struct rk_err *err)
{
	struct rk_lint_finding about = { .service = service->name, .chart = chart->name };
	const struct rk_image_form *form = &chart->form[0];
	struct rk_strbuf names = { 0 }, path = { 0 };
	const json_t *dependency;
	json_t *values = NULL;
	bool several;
	enum rk_rc rc;

	dependency = rk_umbrella_dependency(umbrella, chart->name, &several, &names);
	rc = rk_strbuf_check(&names, err);
	if (rc == RK_OK && !dependency)
		rc = rk_err_refuse(err, RK_CODE_UNKNOWN_CHART, "the umbrella chart has no dependency \"%s\" (it has %s)", chart->name,
		    names.len ? names.data : "none");
	if (rc == RK_OK)
		rc = values_path(umbrella, dependency, &path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, &values, err);
	if (rc == RK_END)
		rc = rk_err_refuse(err, RK_CODE_NO_VALUES, "there is no %s to look in: unpack the dependency "
		    "(helm dependency build, then tar -x)", path.data);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_NO_VALUES, "%s", err->msg);
	about.path = path.data;
	if (rc == RK_REFUSED)
		rc = tell(lint, about, err);
	else if (rc == RK_OK) {
		rc = lint_member(lint, &about, values, form->reference ? form->reference : form->repository, err);
		if (rc == RK_OK)
			rc = lint_member(lint, &about, values, form->tag, err);
		if (rc == RK_OK)
			rc = lint_member(lint, &about, values, form->digest, err);
	}
	json_decref(values);
	rk_strbuf_free(&names);
	rk_strbuf_free(&path);
	return rc;
}

enum rk_rc
rk_lint_charts(const struct rk_catalog *catalog, struct rk_source *charts, rk_lint_found *found, void *context,
    struct rk_err *err)
{
	const struct lint lint = { catalog, charts, found, context };
	struct rk_umbrella *umbrella;
	enum rk_rc rc;
	size_t i, j;

	rc = rk_umbrella_open(catalog, charts, &umbrella, err);
	if (rc == RK_END || rc == RK_EDATA)
		rc = rk_err_set(err, RK_ENOINPUT, "the umbrella chart cannot be read: %s", err->msg);
	for (i = 0; i < catalog->n_services; i++)
		for (j = 0; rc == RK_OK && j < catalog->service[i].n_charts; j++)
			rc = lint_chart(&lint, umbrella, &catalog->service[i], &catalog->service[i].chart[j], err);
	rk_umbrella_close(umbrella);
	return rc;
}

/* One manifest in which to look for strays. */
struct stray {
	const struct lint *lint;
	const struct rk_service *service;
	const char *tenant, *path;
	struct rk_strbuf at;		/* JSON Pointer of the string that is looked into, "" for the document */
	json_t *known;			/* {"<at> <pointer>": true}, where the catalogue looks */
};

static enum rk_rc
note_known(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	struct stray *stray = context;
	struct rk_strbuf key = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&key, "%s %s", rk_strbuf_str(&held->manifest->at), held->override->path);
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK && json_object_set_new(stray->known, key.data, json_true()) < 0)
		rc = rk_err_nomem(err);
	rk_strbuf_free(&key);
	return rc;
}

static enum rk_rc
tell_stray(const struct stray *stray, const char *image, const char *pointer, struct rk_err *err)
{
	const struct rk_lint_finding about = { .service = stray->service->name, .tenant = stray->tenant, .path = stray->path };
	struct rk_strbuf key = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&key, "%s %s", rk_strbuf_str(&stray->at), pointer);
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK && !json_object_get(stray->known, key.data)) {
		rk_err_refuse(err, RK_CODE_STRAY_OVERRIDE, "%s stands at %s%s%s, where the catalogue does not look", image,
		    rk_strbuf_str(&stray->at), stray->at.len ? " in " : "", pointer);
		rc = tell(stray->lint, about, err);
	}
	rk_strbuf_free(&key);
	return rc;
}

static enum rk_rc walk(struct stray *stray, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err);

/* A string may hold values of its own. */
static enum rk_rc
walk_string(struct stray *stray, const char *pointer, const struct rk_strbuf *text, struct rk_err *err)
{
	struct rk_yaml *inner;
	struct rk_err ignored;
	enum rk_rc rc;
	bool may;

	rc = rk_prefilter_may_hold(text->data, text->len, stray->service, NULL, &may, err);
	if (rc != RK_OK || !may || stray->at.len || rk_yaml_parse(text->data, text->len, &inner, &ignored) != RK_OK)
		return rc;
	rk_strbuf_puts(&stray->at, pointer);
	rc = walk(stray, inner, rk_yaml_root(inner, 0), err);
	rk_strbuf_clear(&stray->at);
	rk_yaml_free(inner);
	return rc;
}

static enum rk_rc
walk(struct stray *stray, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err)
{
	const struct rk_yaml_node *here = rk_yaml_node(yaml, node);
	struct rk_strbuf text = { 0 }, ring = { 0 }, pointer = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t child = here->kind == RK_YAML_MAP || here->kind == RK_YAML_SEQ ? here->child : 0;

	for (; rc == RK_OK && child; child = rk_yaml_node(yaml, child)->next) {
		if (here->kind == RK_YAML_MAP)
			child = rk_yaml_node(yaml, child)->next;
		rc = walk(stray, yaml, child, err);
	}
	if (rc != RK_OK || here->kind != RK_YAML_SCALAR || rk_yaml_scalar(yaml, node, &text, err) != RK_OK || !text.len)
		goto out;
	rc = rk_lookup_pointer(yaml, node, &pointer, err);
	rk_strbuf_add(&pointer, "", 0);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&pointer, err);
	if (rc == RK_OK && rk_override_is_ring(stray->service, text.data, &ring))
		rc = tell_stray(stray, text.data, pointer.data, err);
	else if (rc == RK_OK)
		rc = walk_string(stray, pointer.data, &text, err);
out:
	rk_strbuf_free(&text);
	rk_strbuf_free(&ring);
	rk_strbuf_free(&pointer);
	return rc;
}

/* What of the lint a scan of one service's manifests needs. */
struct scanning {
	const struct lint *lint;
	const struct rk_service *service;
};

static enum rk_rc
lint_manifest(void *context, const char *tenant, const char *path, struct rk_err *err)
{
	const struct scanning *scanning = context;
	const struct rk_inventory_query query = { scanning->lint->catalog, scanning->service, NULL, NULL };
	struct stray stray = { .lint = scanning->lint, .service = scanning->service, .tenant = tenant, .path = path };
	const struct rk_lint_finding about = { .service = scanning->service->name, .tenant = tenant, .path = path };
	struct rk_strbuf text = { 0 };
	struct rk_yaml *yaml = NULL;
	enum rk_rc rc = RK_OK;
	bool may = false;
	size_t i;

	rc = rk_source_read(scanning->lint->repo, path, RK_YAML_BYTES, &text, NULL, err);
	if (rc == RK_OK)
		rc = rk_prefilter_may_hold(rk_strbuf_str(&text), text.len, scanning->service, NULL, &may, err);
	if (rc != RK_OK || !may)
		goto out;
	rc = rk_yaml_parse(text.data, text.len, &yaml, err);
	if (rc == RK_EDATA) {
		rk_err_refuse(err, RK_CODE_BAD_YAML, "%s:%s", path, err->msg);
		rc = tell(scanning->lint, about, err);
		goto out;
	}
	stray.known = json_object();
	if (rc == RK_OK && !stray.known)
		rc = rk_err_nomem(err);
	if (rc == RK_OK)
		rc = rk_inventory_in(text.data, text.len, tenant, path, &query, note_known, &stray, err);
	if (rc == RK_REFUSED)
		rc = RK_OK;	/* no place for an override, so that any is a stray */
	for (i = 0; rc == RK_OK && i < rk_yaml_documents(yaml); i++)
		rc = walk(&stray, yaml, rk_yaml_root(yaml, i), err);
out:
	json_decref(stray.known);
	rk_yaml_free(yaml);
	rk_strbuf_free(&stray.at);
	rk_strbuf_free(&text);
	return rc == RK_EDATA ? RK_OK : rc;
}

static enum rk_rc
count(void *context, const char *tenant, const char *path, struct rk_err *err)
{
	(void)tenant;
	(void)path;
	(void)err;
	++*(size_t *)context;
	return RK_OK;
}

enum rk_rc
rk_lint_manifests(const struct rk_catalog *catalog, struct rk_source *repo, rk_lint_found *found, void *context,
    struct rk_err *err)
{
	const struct lint lint = { catalog, repo, found, context };
	enum rk_rc rc = RK_OK;
	size_t i, j, n;

	for (i = 0; rc == RK_OK && i < catalog->n_services; i++) {
		const struct rk_service *service = &catalog->service[i];
		struct scanning scanning = { &lint, service };

		for (j = 0; rc == RK_OK && j < service->manifests.n; j++) {
			const struct rk_strings one = { &service->manifests.item[j], 1 };
			const struct rk_lint_finding about = { .service = service->name, .path = one.item[0] };

			n = 0;
			rc = rk_discover(repo, &one, NULL, count, &n, err);
			if (rc == RK_OK && n == 0) {
				rk_err_refuse(err, RK_CODE_NO_MANIFEST, "nothing matches %s", one.item[0]);
				rc = tell(&lint, about, err);
			}
		}
		if (rc == RK_OK)
			rc = rk_discover(repo, &service->manifests, NULL, lint_manifest, &scanning, err);
	}
	return rc;
}
