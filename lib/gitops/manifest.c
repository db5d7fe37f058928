#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <git2.h>

#include "gitops/manifest.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/discover.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

/* A scalar of the manifest that was parsed, and those before it. */
struct rk_manifest_strings {
	uint32_t scalar;
	struct rk_strbuf string;
	struct rk_yaml *yaml;
	struct rk_manifest_strings *next;
};

static void
free_strings(struct rk_manifest *manifest)
{
	struct rk_manifest_strings *s, *next;

	for (s = manifest->strings; s; s = next) {
		next = s->next;
		rk_yaml_free(s->yaml);
		rk_strbuf_free(&s->string);
		free(s);
	}
	manifest->strings = NULL;
}

void
rk_manifest_free(struct rk_manifest *manifest)
{
	free_strings(manifest);
	rk_yaml_file_free(&manifest->file);
}

enum rk_rc
rk_manifest_read(struct rk_source *source, const struct rk_discover_path *found, struct rk_manifest *manifest,
    struct rk_err *err)
{
	const bool has_blob = !git_oid_is_zero(&found->blob);
	const bool same = has_blob && manifest->source == source && manifest->file.yaml
	    && git_oid_streq(&found->blob, manifest->file.blob) == 0;
	enum rk_rc rc;

	manifest->source = source;
	manifest->tenant = found->tenant;
	manifest->entry = found->entry;
	manifest->file.path = found->path;
	if (same)
		return RK_OK;	/* the next tenant of one file, or a copy of it */
	free_strings(manifest);
	rc = rk_yaml_file_read(source, found->path, has_blob ? &found->blob : NULL, RK_YAML_BYTES, &manifest->file, err);
	if (rc == RK_END)
		return rk_err_refuse(err, RK_CODE_NO_MANIFEST, "%s", err->msg);
	return rk_err_refuse_data(err, rc, RK_CODE_BAD_YAML);
}

enum rk_rc
rk_manifest_parse(struct rk_manifest *manifest, struct rk_err *err)
{
	enum rk_rc rc = rk_yaml_file_parse(&manifest->file, err);

	return rk_err_refuse_data(err, rc, RK_CODE_BAD_YAML);
}

enum rk_rc
rk_manifest_string(struct rk_manifest *manifest, uint32_t scalar, const struct rk_strbuf **string,
    const struct rk_yaml **yaml, struct rk_err *err)
{
	struct rk_manifest_strings *s = manifest->strings;
	enum rk_rc rc = RK_OK;

	while (s && s->scalar != scalar)
		s = s->next;
	if (!s) {
		s = rk_memory_calloc(1, sizeof *s);
		s->scalar = scalar;
		s->next = manifest->strings;
		manifest->strings = s;
	}
	if (!s->yaml) {
		rk_strbuf_clear(&s->string);
		rc = rk_yaml_scalar(manifest->file.yaml, scalar, &s->string, err);
		if (rc == RK_OK)
			rc = rk_yaml_parse(rk_strbuf_str(&s->string), s->string.len, &s->yaml, err);
	}
	*string = &s->string;
	*yaml = s->yaml;
	return rc;
}
