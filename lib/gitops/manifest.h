#ifndef RK_MANIFEST_H
#define RK_MANIFEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

/*
 * A tenant's manifest.  It is parsed at most once, however many services are looked for in it.  Zeroed is empty; free with
 * rk_manifest_free().  Callers without a source set tenant, entry, file.path and
 * file.text.
 */
struct rk_manifest {
	struct rk_source *source;		/* that it was read from, borrowed; NULL: none */
	const char *tenant;			/* borrowed */
	const struct rk_entry *entry;		/* of the catalogue, borrowed; NULL: none is known */
	struct rk_yaml_file file;
	struct rk_manifest_strings *strings;	/* private */
};

/*
 * Read a manifest; what the struct held before is dropped, and its memory is used again.  source and what
 * found points to are borrowed.
 * RK_REFUSED: no-manifest: no such file; bad-yaml: not a regular file, or larger than RK_YAML_BYTES.
 * RK_ENOINPUT, RK_EIO: as rk_source_read().
 */
enum rk_rc rk_manifest_read(struct rk_source *source, const struct rk_discover_path *found, struct rk_manifest *manifest,
    struct rk_err *err);

/* Parse it, unless it is parsed already.  RK_REFUSED: bad-yaml; err->msg is "PATH:LINE:COLUMN: what". */
enum rk_rc rk_manifest_parse(struct rk_manifest *manifest, struct rk_err *err);

/*
 * Parse the string that a scalar is, unless it is parsed already.  *string (decoded) and *yaml are borrowed until the
 * manifest is freed.  RK_EDATA: not a string, or as rk_yaml_parse().
 */
enum rk_rc rk_manifest_string(struct rk_manifest *manifest, uint32_t scalar, const struct rk_strbuf **string,
    const struct rk_yaml **yaml, struct rk_err *err);

/* Free what a manifest holds, and leave it empty. */
void rk_manifest_free(struct rk_manifest *manifest);

#endif
