#include <string.h>

#include "release/ring_values.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "git/ring_pattern.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/value_rules.h"
#include "gitops/yaml_file.h"

/* Read the file's text.  RK_END: there is none. */
static enum rk_rc
read_text(struct rk_source *source, const char *path, struct rk_yaml_file *file, struct rk_err *err)
{
	static const char lfs[] = "version https://git-lfs.github.com/spec/";
	enum rk_rc rc = rk_yaml_file_read(source, path, NULL, RK_VALUE_RULES_BYTES, file, err);

	if (rc == RK_OK)
		rc = rk_source_check_filter(source, path, err);
	if (rc == RK_OK && strncmp(rk_strbuf_str(&file->text), lfs, sizeof lfs - 1) == 0)
		rc = rk_err_set(err, RK_EDATA, "%s: a Git LFS pointer, not the file itself", path);
	if (rc != RK_EDATA)
		return rc;
	return rk_err_refuse(err, err->code == RK_CODE_TOO_LARGE ? RK_CODE_BAD_VALUES : RK_CODE_FOREIGN_VALUES, "%s", err->msg);
}

enum rk_rc
rk_ring_values_read(const struct rk_service *service, const char *dir, const char *ring, const char *commit,
    json_t **values, struct rk_err *err)
{
	struct rk_strbuf slug = { 0 }, path = { 0 };
	struct rk_yaml_file file = { 0 };
	struct rk_source *source = NULL;
	enum rk_rc rc = RK_OK;

	*values = NULL;
	rk_ring_pattern_slug(&slug, ring);
	rk_template_fill(&path, service->values.file, "ring", rk_strbuf_str(&slug));
	if (!dir)
		rc = rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s: not read: give the service's repository (-C)", rk_strbuf_str(&path));
	if (rc == RK_OK)
		rc = rk_source_open(dir, commit, &source, err);
	if (rc == RK_OK)
		rc = read_text(source, rk_strbuf_str(&path), &file, err);
	if (rc == RK_OK)
		rc = rk_value_rules_read(service, &file, values, err);
	if (rc == RK_END) {
		*values = json_object();
		rc = RK_OK;
	}
	rk_source_close(source);
	rk_yaml_file_free(&file);
	rk_strbuf_free(&slug);
	rk_strbuf_free(&path);
	return rc;
}
