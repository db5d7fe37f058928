#include <string.h>

#include "override/live_object.h"
#include "base/io.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "forge/json_pick.h"
#include "gitops/manifest.h"

#define FILE_BYTES (1u << 30)	/* the largest file that is read */

/* The members of which the bytes are kept. */
enum { SPEC = 1, SOURCE, SOURCES, COMPARED_SOURCE, COMPARED_SOURCES };

#define ALL(member) { .name = (member) }
#define PART(member, picked) { .name = (member), .members = (picked) }
#define BYTES(member, number, picked) { .name = (member), .members = (picked), .raw = (number) }

static const struct rk_json_pick helm[] = { ALL("valueFiles"), { 0 } };
static const struct rk_json_pick source[] = { PART("helm", helm), { 0 } };
static const struct rk_json_pick chart_spec[] = { ALL("valuesFiles"), { 0 } };
static const struct rk_json_pick chart[] = { PART("spec", chart_spec), { 0 } };
static const struct rk_json_pick spec[] = { BYTES("source", SOURCE, source), BYTES("sources", SOURCES, source), ALL("suspend"),
	ALL("valuesFrom"), PART("chart", chart), { 0 } };
static const struct rk_json_pick compared[] = { BYTES("source", COMPARED_SOURCE, NULL), BYTES("sources", COMPARED_SOURCES, NULL),
	{ 0 } };
static const struct rk_json_pick sync_status[] = { ALL("status"), ALL("revision"), ALL("revisions"), PART("comparedTo", compared),
	{ 0 } };
static const struct rk_json_pick health[] = { ALL("status"), ALL("lastTransitionTime"), ALL("message"), { 0 } };
static const struct rk_json_pick operation[] = { ALL("phase"), ALL("finishedAt"), { 0 } };
static const struct rk_json_pick summary[] = { ALL("images"), { 0 } };
static const struct rk_json_pick condition[] = { ALL("type"), ALL("status"), ALL("message"), ALL("lastTransitionTime"), { 0 } };
static const struct rk_json_pick history[] = { ALL("lastDeployed"), ALL("chartVersion"), { 0 } };
static const struct rk_json_pick status[] = { PART("sync", sync_status), PART("health", health), PART("operationState", operation),
	ALL("reconciledAt"), PART("summary", summary), ALL("observedGeneration"), ALL("lastAppliedRevision"),
	PART("conditions", condition), PART("history", history), { 0 } };
static const struct rk_json_pick metadata[] = { ALL("name"), ALL("namespace"), ALL("generation"), { 0 } };
static const struct rk_json_pick picks[] = { ALL("kind"), PART("metadata", metadata), BYTES("spec", SPEC, spec),
	PART("status", status), { 0 } };

struct reading {
	rk_live_object_found *found;
	void *context;
};

/* Write the object's spec as a manifest: values are found in it as in one of Git. */
static void
write_manifest(const struct rk_json_picked *picked, bool flux, struct rk_strbuf *text)
{
	size_t len;
	const char *bytes = rk_json_pick_raw(picked, SPEC, &len);

	rk_strbuf_printf(text, "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"spec\":",
	    flux ? "helm.toolkit.fluxcd.io/v2" : "argoproj.io/v1alpha1", flux ? "HelmRelease" : "Application");
	rk_strbuf_add(text, bytes, len);
	rk_strbuf_putc(text, '}');
}

/* Return whether two members whose bytes are kept are the same value, or both missing. */
static bool
is_same(const struct rk_json_picked *picked, unsigned a, unsigned b)
{
	size_t in_a, in_b;
	const char *raw_a = rk_json_pick_raw(picked, a, &in_a), *raw_b = rk_json_pick_raw(picked, b, &in_b);
	json_t *json_a = NULL, *json_b = NULL;
	struct rk_err ignored;
	bool same = in_a == in_b && memcmp(raw_a, raw_b, in_a) == 0;

	if (!same && in_a && in_b && rk_json_parse(raw_a, in_a, &json_a, &ignored) == RK_OK
	    && rk_json_parse(raw_b, in_b, &json_b, &ignored) == RK_OK)
		same = rk_json_equal(json_a, json_b);
	json_decref(json_a);
	json_decref(json_b);
	return same;
}

/*
 * Return whether Argo CD has compared the spec that the object has now, or does not say what it has compared.  A spec with
 * sources has no source, while comparedTo always has one (argoproj.io, ComparedTo); a sourceHydrator has neither.
 */
static bool
is_compared(const struct rk_json_picked *picked, const json_t *with)
{
	const json_t *in = json_object_get(rk_json_pick_object(picked), "spec");

	if (!with || (!json_object_get(in, "source") && !json_object_get(in, "sources")))
		return true;
	if (json_array_size(json_object_get(in, "sources")))
		return is_same(picked, SOURCES, COMPARED_SOURCES);
	return is_same(picked, SOURCE, COMPARED_SOURCE);
}

/* An object is an Application, as its kind says or, without one (argocd app list), its spec; or a HelmRelease. */
static enum rk_rc
one_object(void *context, const struct rk_json_picked *picked, struct rk_err *err)
{
	const struct reading *reading = context;
	const json_t *object = rk_json_pick_object(picked), *of = json_object_get(object, "metadata");
	const json_t *in = json_object_get(object, "spec"), *sync = json_object_get(json_object_get(object, "status"), "sync");
	const char *kind = rk_json_string(object, "kind");
	struct rk_live_object live = { .flux = kind && strcmp(kind, "HelmRelease") == 0, .json = object,
		.name = rk_json_string(of, "name"), .namespace = rk_json_string(of, "namespace"),
		.manifest = { .file.path = "the live object" } };
	enum rk_rc rc;

	if (kind ? !live.flux && strcmp(kind, "Application") != 0
	    : !json_object_get(in, "source") && !json_object_get(in, "sources") && !json_object_get(in, "sourceHydrator"))
		return rk_err_set(err, RK_EDATA, "expected Applications of Argo CD, or HelmReleases of Flux, got %s",
		    kind ? kind : "an object without a kind");
	if (!live.name || !live.namespace || !json_is_object(in))
		return rk_err_set(err, RK_EDATA, "an object without a name, a namespace or a spec");
	live.is_compared = is_compared(picked, json_object_get(sync, "comparedTo"));
	write_manifest(picked, live.flux, &live.manifest.file.text);
	rc = reading->found(reading->context, &live, err);
	rk_manifest_free(&live.manifest);
	return rc;
}

enum rk_rc
rk_live_object_read_file(const char *path, rk_live_object_found *found, void *context, struct rk_err *err)
{
	struct rk_io io = { 0 };
	enum rk_rc rc = rk_io_open_file(&io, path, FILE_BYTES, err);

	if (rc == RK_OK && (rc = rk_json_pick_items(&io, picks, one_object, &(struct reading){ found, context }, err)) != RK_OK)
		rk_io_where(&io, path, rc, err);
	rk_io_close_file(&io);
	return rc;
}
