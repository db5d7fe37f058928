#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "git/git_confine.h"
#include "gitops/catalog.h"
#include "gitops/helm_values.h"
#include "gitops/manifest.h"
#include "gitops/values.h"

enum { SERVICE = 1, PATH, TENANT, SOURCE };

static const struct rk_option options[] = {
	{ 'c', "catalog", "FILE", "the catalogue (default: none, and any chart)" },
	{ SERVICE, "service", "NAME", "with --catalog: the service whose chart is deployed" },
	{ PATH, "path", "PATH", "the manifest's path in the GitOps repository" },
	{ TENANT, "tenant", "NAME", "the tenant, if --path is a file for several" },
	{ SOURCE, "source", NULL, "write where the chart comes from, instead of its values" },
	{ 0 }
};

static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	if (!arg['c'] != !arg[SERVICE])
		return rk_err_set(err, RK_EUSAGE, "--catalog and --service require each other");
	if (arg[TENANT] && !(arg['c'] && arg[PATH]))
		return rk_err_set(err, RK_EUSAGE, "--tenant requires --catalog and --path");
	return RK_OK;
}

/* Find the entry of --path among the service's, and the tenant. */
static enum rk_rc
find_entry(const struct rk_service *service, const char *const arg[128], struct rk_strbuf *tenant,
    struct rk_manifest *manifest, struct rk_err *err)
{
	manifest->entry = rk_discover_match(&service->manifests, arg[PATH], tenant);
	if (!manifest->entry)
		return rk_err_set(err, RK_EUSAGE, "--path: %s matches none of the manifests of the service %s", arg[PATH], service->name);
	if (manifest->entry->elements && !arg[TENANT])
		return rk_err_set(err, RK_EUSAGE, "--tenant is required: %s is for several tenants", arg[PATH]);
	if (!manifest->entry->elements && arg[TENANT] && strcmp(rk_strbuf_str(tenant), arg[TENANT]) != 0)
		return rk_err_set(err, RK_EUSAGE, "--tenant: %s is of the tenant %s", arg[PATH], rk_strbuf_str(tenant));
	manifest->tenant = arg[TENANT] ? arg[TENANT] : rk_strbuf_str(tenant);
	return RK_OK;
}

static enum rk_rc
write_json(struct rk_io *io, const json_t *json, struct rk_err *err)
{
	struct rk_strbuf line = { 0 };
	enum rk_rc rc;

	rk_record_add_json(&line, json);
	rk_strbuf_putc(&line, '\n');
	rc = rk_io_write(io, line.data, line.len, err);
	rk_strbuf_free(&line);
	return rc;
}

/* Write the values, and warn of those that the manifest only names. */
static enum rk_rc
write_values(struct rk_io *io, const struct rk_values *values, struct rk_err *err)
{
	struct rk_strbuf named = { 0 };
	struct rk_err warning;
	json_t *json = NULL;
	enum rk_rc rc = rk_helm_values_named(values, &named, err);

	if (rc == RK_OK)
		rc = rk_helm_values_read(values, &json, err);
	if (rc == RK_OK && named.len && !io->quiet) {
		rk_err_set(&warning, RK_OK, "warning: the output takes precedence over values that are not in it: %s", named.data);
		rk_io_tell(io, &warning);
	}
	if (rc == RK_OK)
		rc = write_json(io, json, err);
	json_decref(json);
	rk_strbuf_free(&named);
	return rc;
}

static enum rk_rc
write_source(struct rk_io *io, const struct rk_values *values, struct rk_err *err)
{
	json_t *json;
	enum rk_rc rc = rk_helm_values_source(values, &json, err);

	if (rc == RK_OK)
		rc = write_json(io, json, err);
	json_decref(json);
	return rc;
}

/* Read the manifest, and write its values or its source. */
static enum rk_rc
convert(struct rk_io *io, const struct rk_catalog *catalog, const struct rk_service *service, struct rk_manifest *manifest,
    bool source, struct rk_err *err)
{
	struct rk_values values = { 0 };
	struct rk_err why;
	const char *bytes;
	size_t len;
	enum rk_rc rc = rk_io_all(io, RK_YAML_BYTES, "the manifest", &bytes, &len, err);

	if (rc == RK_OK) {
		rk_strbuf_add(&manifest->file.text, bytes, len);
		rc = rk_values_find(manifest, catalog, service, &values, err);
	}
	if (rc == RK_OK)
		rc = source ? write_source(io, &values, err) : write_values(io, &values, err);
	rk_values_free(&values);
	if (rc == RK_REFUSED) {
		why = *err;
		rc = rk_record_refuse(io, &why, NULL, NULL, err);
	}
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "manifest-values", .options = options, .plain = true,
		.about = "Write the Helm values that Argo CD or Flux uses for a manifest." };
	struct rk_catalog any_catalog = { 0 }, *catalog = NULL;
	char any[] = "(any)";
	struct rk_service any_service = { .name = any };
	const struct rk_service *service = &any_service;
	struct rk_manifest manifest = { .tenant = "", .file.path = "<stdin>" };
	const char *arg[128] = { 0 };
	struct rk_strbuf tenant = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	if (arg[PATH])
		manifest.file.path = arg[PATH];
	rc = check(arg, &err);
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .file = { arg['c'] } }, &io, &err);
	if (rc == RK_OK && arg['c'])
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && catalog)
		rc = rk_catalog_service(catalog, arg[SERVICE], &service, &err);
	if (rc == RK_OK && catalog && arg[PATH])
		rc = find_entry(service, arg, &tenant, &manifest, &err);
	if (rc == RK_OK)
		rc = convert(&io, catalog ? catalog : &any_catalog, service, &manifest, arg[SOURCE], &err);
	rk_manifest_free(&manifest);
	rk_catalog_free(catalog);
	rk_strbuf_free(&tenant);
	return rk_record_done(&io, rc, &err);
}
