#include <stdio.h>
#include <string.h>

#include "gitops/manifest.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

/* What a source may deploy: the umbrella, or one of the service's charts by itself. */
struct wanted {
	const char *umbrella;		/* NULL: any chart */
	const struct rk_service *service;
};

enum kind { OTHER, APPLICATION, APPLICATION_SET, HELM_RELEASE, VALUES, LIST };

/* Which of a text's objects to look at, and what it is: a document's root, or an item of a List. */
struct found {
	enum kind kind;
	size_t document;
	uint32_t object;
	const struct rk_chart *chart;	/* the service's own that it deploys, NULL for the umbrella */
	char prefix[32];	/* JSON Pointer of the object in its document */
	size_t known, fit;	/* objects of a known kind so far, and those that deploy what is wanted */
	struct rk_err why;	/* why the first of a known kind does not fit */
};

static enum rk_rc
kind_of(const struct rk_yaml *yaml, uint32_t root, enum kind *kind, struct rk_err *err)
{
	struct rk_strbuf name = { 0 }, api = { 0 };
	bool argo, flux;
	enum rk_rc rc;

	*kind = OTHER;
	rc = rk_lookup_string(yaml, root, "kind", &name, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(yaml, root, "apiVersion", &api, err);
	if (rc == RK_OK) {
		argo = strncmp(api.data, "argoproj.io/", 12) == 0;
		flux = strncmp(api.data, "helm.toolkit.fluxcd.io/", 23) == 0;
		if (!name.len && !api.len)
			*kind = VALUES;
		else if (argo && strcmp(name.data, "Application") == 0)
			*kind = APPLICATION;
		else if (argo && strcmp(name.data, "ApplicationSet") == 0)
			*kind = APPLICATION_SET;
		else if (flux && strcmp(name.data, "HelmRelease") == 0)
			*kind = HELM_RELEASE;
		else if (strcmp(api.data, "v1") == 0 && strcmp(name.data, "List") == 0)
			*kind = LIST;
	}
	rk_strbuf_free(&name);
	rk_strbuf_free(&api);
	return rc;
}

/* Is the chart of this name wanted?  *chart is the service's own, NULL for the umbrella. */
static bool
is_wanted(const struct wanted *wanted, const char *name, const struct rk_chart **chart)
{
	const struct rk_service *service = wanted->service;
	size_t i;

	*chart = NULL;
	if (wanted->umbrella && strcmp(name, wanted->umbrella) == 0)
		return true;
	for (i = 0; i < service->n_charts; i++)
		if (strcmp(name, service->chart[i].name) == 0) {
			*chart = &service->chart[i];
			return true;
		}
	return !wanted->umbrella;
}

static enum rk_rc
refuse_chart(const struct wanted *wanted, const char *name, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_OTHER_CHART, "the source deploys the chart \"%s\", neither \"%s\" nor one of %s's", name,
	    wanted->umbrella, wanted->service->name);
}

static const char *
last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Does this source deploy what is wanted?  The refusal says what it is instead. */
static enum rk_rc
check_source(const struct rk_yaml *yaml, uint32_t source, const struct wanted *wanted, const struct rk_chart **chart,
    struct rk_err *err)
{
	static const char *const others[] = { "kustomize", "directory", "plugin" };
	struct rk_strbuf name = { 0 }, path = { 0 }, url = { 0 };
	bool helm = !rk_yaml_is_null(yaml, rk_yaml_get(yaml, source, "helm"));
	const char *have = NULL;
	enum rk_rc rc;
	bool fits;
	size_t i;

	*chart = NULL;
	rc = rk_lookup_string(yaml, source, "chart", &name, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(yaml, source, "path", &path, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(yaml, source, "repoURL", &url, err);
	if (rc != RK_OK)
		goto out;
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (!rk_yaml_is_null(yaml, rk_yaml_get(yaml, source, others[i]))) {
			rc = rk_err_refuse(err, RK_CODE_NOT_HELM, "the source is no Helm chart: it has \"%s\"", others[i]);
			goto out;
		}
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.data[--path.len] = '\0';
	if (name.len)
		have = last_component(name.data);
	else if (strncmp(url.data, "oci://", 6) == 0)
		have = last_component(url.data);
	else if (path.len)
		have = last_component(path.data);
	fits = have && is_wanted(wanted, have, chart);
	if (!have || (!fits && !helm && have == last_component(path.data)))
		rc = rk_err_refuse(err, RK_CODE_NOT_HELM, "the source names no Helm chart");
	else if (!fits)
		rc = refuse_chart(wanted, have, err);
out:
	rk_strbuf_free(&name);
	rk_strbuf_free(&path);
	rk_strbuf_free(&url);
	return rc;
}

/* Of spec.sources, the one entry that deploys what is wanted. */
static enum rk_rc
pick_source(const struct rk_yaml *yaml, uint32_t sources, const struct wanted *wanted, struct rk_strbuf *pointer,
    uint32_t *source, const struct rk_chart **chart, struct rk_err *err)
{
	const struct rk_chart *one;
	uint32_t entry = rk_yaml_node(yaml, sources)->child;
	size_t index, at = 0;
	enum rk_rc rc;

	*source = 0;
	for (index = 0; entry; index++, entry = rk_yaml_node(yaml, entry)->next) {
		if (!rk_yaml_is_map(yaml, entry))
			continue;
		rc = check_source(yaml, entry, wanted, &one, err);
		if (rc == RK_REFUSED || (rc == RK_OK && !wanted->umbrella && !one && !rk_yaml_get(yaml, entry, "helm")))
			continue;
		if (rc != RK_OK)
			return rc;
		if (*source)
			return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "spec.sources has the chart more than once");
		*source = entry;
		*chart = one;
		at = index;
	}
	if (!*source)
		return rk_err_refuse(err, RK_CODE_OTHER_CHART, "no entry of spec.sources deploys \"%s\" or one of %s's charts",
		    wanted->umbrella ? wanted->umbrella : "(any)", wanted->service->name);
	rk_strbuf_printf(pointer, "/spec/sources/%zu", at);
	return RK_OK;
}

static enum rk_rc
application_source(const struct rk_yaml *yaml, uint32_t root, const struct wanted *wanted, struct rk_strbuf *pointer,
    uint32_t *source, const struct rk_chart **chart, struct rk_err *err)
{
	uint32_t spec, hydrator, sources, dry = 0;
	enum rk_rc rc;

	*source = 0;
	rc = rk_lookup_member(yaml, root, "spec", &spec, err);
	if (rc != RK_OK)
		return rc;
	if (!rk_yaml_is_map(yaml, spec))
		return rk_err_refuse(err, RK_CODE_NOT_AN_APPLICATION, "the Application has no spec");
	hydrator = rk_yaml_get(yaml, spec, "sourceHydrator");
	if (rk_yaml_is_map(yaml, hydrator))
		dry = rk_yaml_get(yaml, hydrator, "drySource");
	sources = rk_yaml_get(yaml, spec, "sources");
	if (rk_yaml_is_map(yaml, dry)) {
		*source = dry;
		rk_strbuf_puts(pointer, "/spec/sourceHydrator/drySource");
	} else if (sources && rk_yaml_node(yaml, sources)->kind == RK_YAML_SEQ && rk_yaml_node(yaml, sources)->child) {
		return pick_source(yaml, sources, wanted, pointer, source, chart, err);
	} else {
		rc = rk_lookup_member(yaml, spec, "source", source, err);
		if (rc != RK_OK)
			return rc;
		rk_strbuf_puts(pointer, "/spec/source");
	}
	if (!rk_yaml_is_map(yaml, *source))
		return rk_err_refuse(err, RK_CODE_NOT_AN_APPLICATION, "the Application has no source");
	return check_source(yaml, *source, wanted, chart, err);
}

/* Edit inside the values string: parse it. */
static enum rk_rc
open_string(struct rk_manifest *m, uint32_t values, struct rk_err *err)
{
	unsigned line, column;
	enum rk_rc rc;

	rk_strbuf_puts(&m->at, rk_strbuf_str(&m->source));
	rk_strbuf_puts(&m->at, "/helm/values");
	rk_strbuf_clear(&m->base);
	rc = rk_strbuf_check(&m->at, err);
	if (rc == RK_OK)
		rc = rk_yaml_parse(m->inner.data, m->inner.len, &m->inner_yaml, err);
	if (rc == RK_EDATA) {
		rk_yaml_where(m->yaml, rk_yaml_node(m->yaml, values)->start, &line, &column);
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "the values string in line %u is not understood: %s", line, err->msg);
	}
	if (rc != RK_OK)
		return rc;
	if (rk_yaml_documents(m->inner_yaml) > 1)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "the values string has several YAML documents");
	m->values = m->inner_yaml;
	m->root = rk_yaml_root(m->inner_yaml, 0);
	m->keep_base = true;
	return RK_OK;
}

/* The values of a Helm source: in its helm block. */
static enum rk_rc
open_source(struct rk_manifest *m, uint32_t source, struct rk_err *err)
{
	uint32_t helm, object = 0, values = 0;
	enum rk_rc rc;

	rk_strbuf_puts(&m->base, rk_strbuf_str(&m->source));
	rk_strbuf_puts(&m->base, "/helm/valuesObject");
	m->values = m->yaml;
	m->root = rk_yaml_root(m->yaml, m->document);
	rc = rk_lookup_member(m->yaml, source, "helm", &helm, err);
	if (rc != RK_OK || !rk_yaml_is_map(m->yaml, helm))
		return rc;
	m->helm = helm;
	rc = rk_lookup_member(m->yaml, helm, "valuesObject", &object, err);
	if (rc == RK_OK)
		rc = rk_lookup_member(m->yaml, helm, "values", &values, err);
	if (rc != RK_OK)
		return rc;
	if (!rk_yaml_is_null(m->yaml, values) && rk_yaml_node(m->yaml, values)->kind != RK_YAML_SCALAR)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "\"values\" of the source's helm block is no string");
	rk_strbuf_add(&m->inner, "", 0);
	if (!rk_yaml_is_null(m->yaml, values))
		rc = rk_yaml_scalar(m->yaml, values, &m->inner, err);
	if (rc != RK_OK)
		return rc;
	if (!rk_yaml_is_null(m->yaml, object)) {
		m->keep_base = m->inner.len > 0;
		return RK_OK;
	}
	return m->inner.len ? open_string(m, values, err) : RK_OK;
}

/* Does this object, of a known kind, deploy what is wanted? */
static enum rk_rc
check_object(const struct rk_yaml *yaml, uint32_t object, enum kind kind, const struct wanted *wanted,
    const struct rk_chart **chart, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	uint32_t node;
	enum rk_rc rc = RK_OK;

	*chart = NULL;
	if (kind == APPLICATION) {
		rc = application_source(yaml, object, wanted, &text, &node, chart, err);
	} else if (kind == HELM_RELEASE) {
		node = rk_yaml_at(yaml, object, "/spec/chart/spec");
		rc = rk_lookup_string(yaml, node, "chart", &text, err);
		if (rc == RK_OK && text.len && !is_wanted(wanted, last_component(text.data), chart))
			rc = refuse_chart(wanted, text.data, err);
	}
	rk_strbuf_free(&text);
	return rc;
}

/* Look at one object: the first that fits is the one, else the first of a known kind. */
static enum rk_rc
consider(const struct rk_yaml *yaml, size_t document, uint32_t object, const char *prefix,
    const struct wanted *wanted, struct found *found, struct rk_err *err)
{
	const struct rk_chart *chart;
	struct rk_err why = { 0 };
	char inside[32];
	enum kind kind;
	enum rk_rc rc;
	uint32_t item;
	size_t i;

	if (!rk_yaml_is_map(yaml, object))
		return RK_OK;
	rc = kind_of(yaml, object, &kind, err);
	if (rc == RK_OK && kind == LIST && !*prefix) {
		item = rk_yaml_at(yaml, object, "/items/0");
		for (i = 0; rc == RK_OK && item; i++, item = rk_yaml_node(yaml, item)->next) {
			snprintf(inside, sizeof inside, "/items/%zu", i);
			rc = consider(yaml, document, item, inside, wanted, found, err);
		}
		return rc;
	}
	if (rc != RK_OK || kind == OTHER || kind == LIST)
		return rc;
	rc = check_object(yaml, object, kind, wanted, &chart, &why);
	if (rc != RK_OK && rc != RK_REFUSED) {
		*err = why;
		return rc;
	}
	if (rc == RK_REFUSED && !found->known++)
		found->why = why;
	if (rc == RK_REFUSED || found->fit++)
		return RK_OK;
	found->kind = kind;
	found->document = document;
	found->object = object;
	found->chart = chart;
	snprintf(found->prefix, sizeof found->prefix, "%s", prefix);
	return RK_OK;
}

/* Which object of the file is meant: the one that deploys what is wanted. */
static enum rk_rc
pick_object(const struct rk_yaml *yaml, const struct wanted *wanted, struct found *found, struct rk_err *err)
{
	size_t n = rk_yaml_documents(yaml), i;
	enum rk_rc rc = RK_OK;

	*found = (struct found){ .object = rk_yaml_root(yaml, 0) };
	for (i = 0; rc == RK_OK && i < n; i++)
		rc = consider(yaml, i, rk_yaml_root(yaml, i), "", wanted, found, err);
	if (rc != RK_OK)
		return rc;
	if (found->fit > 1)
		return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "%zu of the file's objects could be meant", found->fit);
	if (!found->fit && found->known) {
		*err = found->why;
		return RK_REFUSED;
	}
	if (!found->fit && n <= 1 && rk_yaml_is_null(yaml, found->object))
		found->kind = VALUES;
	return RK_OK;
}

enum rk_rc
rk_manifest_open(const char *text, size_t len, const struct rk_catalog *catalog, const struct rk_service *service,
    struct rk_manifest *m, struct rk_err *err)
{
	const struct wanted wanted = { catalog->umbrella.chart, service };
	struct found found;
	uint32_t source;
	enum rk_rc rc;

	*m = (struct rk_manifest){ 0 };
	rc = rk_yaml_parse(text, len, &m->yaml, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_YAML, "%s", err->msg);
	if (rc == RK_OK)
		rc = pick_object(m->yaml, &wanted, &found, err);
	if (rc != RK_OK)
		return rc;
	m->document = found.document;
	m->values = m->yaml;
	m->object = found.object;
	m->chart = found.chart;
	m->root = rk_yaml_root(m->yaml, m->document);
	switch (found.kind) {
	case APPLICATION:
		rk_strbuf_puts(&m->source, found.prefix);
		rc = application_source(m->yaml, m->object, &wanted, &m->source, &source, &m->chart, err);
		if (rc == RK_OK)
			rc = open_source(m, source, err);
		break;
	case HELM_RELEASE:
		rk_strbuf_printf(&m->base, "%s/spec/values", found.prefix);
		break;
	case VALUES:
		m->keep_base = true;
		break;
	case APPLICATION_SET:
		return rk_err_refuse(err, RK_CODE_APPLICATION_SET, "an ApplicationSet's template reaches every tenant of it: "
		    "override in the tenant's own Application");
	case LIST:
	case OTHER:
		return rk_err_refuse(err, RK_CODE_NOT_AN_APPLICATION, "no Argo CD Application, Flux HelmRelease or values file");
	}
	if (rc == RK_OK)
		rc = rk_strbuf_check(&m->base, err);
	return rc;
}

void
rk_manifest_close(struct rk_manifest *m)
{
	rk_yaml_free(m->yaml);
	rk_yaml_free(m->inner_yaml);
	rk_strbuf_free(&m->source);
	rk_strbuf_free(&m->at);
	rk_strbuf_free(&m->base);
	rk_strbuf_free(&m->inner);
	*m = (struct rk_manifest){ 0 };
}

enum rk_rc
rk_manifest_refused(const char *path, struct rk_err *err)
{
	const struct rk_err why = *err;
	bool placed = why.msg[0] >= '1' && why.msg[0] <= '9' && why.code == RK_CODE_BAD_YAML;

	return rk_err_refuse(err, why.code, "%s:%s%s", path, placed ? "" : " ", why.msg);
}

enum rk_rc
rk_manifest_target_revision(const struct rk_manifest *m, char **revision, struct rk_err *err)
{
	uint32_t root = rk_yaml_root(m->yaml, m->document), source, node = 0;
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;

	*revision = NULL;
	source = m->source.len ? rk_yaml_at(m->yaml, root, m->source.data) : 0;
	if (source)
		node = rk_yaml_get(m->yaml, source, "targetRevision");
	if (node && rk_yaml_node(m->yaml, node)->kind == RK_YAML_SCALAR && !rk_yaml_is_null(m->yaml, node)) {
		rc = rk_yaml_scalar(m->yaml, node, &text, err);
		*revision = text.data;
	}
	return rc;
}
