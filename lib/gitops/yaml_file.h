#ifndef RK_YAML_FILE_H
#define RK_YAML_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/source.h"
#include "yaml/yaml.h"

/* A YAML or JSON file: its bytes, then its nodes.  Zeroed is empty; free with rk_yaml_file_free(). */
struct rk_yaml_file {
	const char *path;		/* borrowed */
	struct rk_strbuf text;
	char blob[RK_OID_HEX];		/* its id in Git, "" for a file in a directory */
	struct rk_yaml *yaml;		/* NULL until rk_yaml_file_parse() */
};

/*
 * Read a file of source, of at most limit bytes; if source is NULL, path is one of the file system.  blob is as for
 * rk_source_read().  What the struct held before is dropped, and its memory is used again.
 * RK_END: source has no such file.  RK_EDATA: not a regular file, or larger.  RK_ENOINPUT, RK_EIO: as
 * rk_source_read() or rk_file_read().
 */
enum rk_rc rk_yaml_file_read(struct rk_source *source, const char *path, const git_oid *blob, size_t limit,
    struct rk_yaml_file *file, struct rk_err *err);

/* Parse what was read, unless it is parsed already.  RK_EDATA: as rk_yaml_parse(), with the path. */
enum rk_rc rk_yaml_file_parse(struct rk_yaml_file *file, struct rk_err *err);
void rk_yaml_file_free(struct rk_yaml_file *file);

/* Set err's message to "PATH:LINE:COLUMN: ", of an offset in the text, and the formatted string.  Return RK_EDATA. */
enum rk_rc rk_yaml_file_wrong(const struct rk_yaml_file *file, size_t offset, struct rk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* If rc is RK_EDATA, put "PATH:" before err's message, which starts with LINE:COLUMN.  Return rc. */
enum rk_rc rk_yaml_file_prefix(const struct rk_yaml_file *file, enum rk_rc rc, struct rk_err *err);

/*
 * Set *index to the number of a map's key among names, at most 32 that end with NULL, and its bit in *seen.
 * RK_EDATA: the key is not a string, unknown (err->msg suggests a name that is similar), or seen before.
 */
enum rk_rc rk_yaml_file_key(const struct rk_yaml_file *file, uint32_t key, const char *const *names, uint32_t *seen,
    size_t *index, struct rk_err *err);

#endif
