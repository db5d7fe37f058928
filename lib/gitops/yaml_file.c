#include <stdarg.h>
#include <string.h>

#include "gitops/yaml_file.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "git/source.h"
#include "process/file.h"
#include "yaml/yaml.h"

enum rk_rc
rk_yaml_file_read(struct rk_source *source, const char *path, const git_oid *blob, size_t limit, struct rk_yaml_file *file,
    struct rk_err *err)
{
	rk_yaml_free(file->yaml);
	file->yaml = NULL;
	file->path = path;
	rk_strbuf_clear(&file->text);
	return source ? rk_source_read(source, path, blob, limit, &file->text, file->blob, err)
		      : rk_file_read(path, limit, &file->text, err);
}

enum rk_rc
rk_yaml_file_parse(struct rk_yaml_file *file, struct rk_err *err)
{
	if (file->yaml)
		return RK_OK;
	return rk_yaml_file_prefix(file, rk_yaml_parse(rk_strbuf_str(&file->text), file->text.len, &file->yaml, err), err);
}

void
rk_yaml_file_free(struct rk_yaml_file *file)
{
	rk_yaml_free(file->yaml);
	rk_strbuf_free(&file->text);
	*file = (struct rk_yaml_file){ 0 };
}

enum rk_rc
rk_yaml_file_wrong(const struct rk_yaml_file *file, size_t offset, struct rk_err *err, const char *fmt, ...)
{
	unsigned line = 1, column = 1;
	va_list args;
	size_t i;

	va_start(args, fmt);
	rk_err_vset(err, RK_EDATA, fmt, args);
	va_end(args);
	if (file->yaml)
		rk_yaml_where(file->yaml, (uint32_t)offset, &line, &column);
	for (i = 0; !file->yaml && i < offset; i++) {
		column = file->text.data[i] == '\n' ? 1 : column + 1;
		line += file->text.data[i] == '\n';
	}
	return rk_err_prefix(err, RK_EDATA, "%s:%u:%u", file->path, line, column);
}

enum rk_rc
rk_yaml_file_prefix(const struct rk_yaml_file *file, enum rk_rc rc, struct rk_err *err)
{
	return rc == RK_EDATA ? rk_err_data(err, err->code, "%s:%s", file->path, err->msg) : rc;
}

enum rk_rc
rk_yaml_file_key(const struct rk_yaml_file *file, uint32_t key, const char *const *names, uint32_t *seen, size_t *index,
    struct rk_err *err)
{
	const struct rk_yaml_node *node = rk_yaml_node(file->yaml, key);
	struct rk_strbuf name = { 0 };
	const char *s, *near;
	enum rk_rc rc;

	if (node->kind != RK_YAML_SCALAR)
		return rk_yaml_file_wrong(file, node->start, err, "expected a string as key");
	rc = rk_yaml_file_prefix(file, rk_yaml_scalar(file->yaml, key, &name, err), err);
	s = rk_strbuf_str(&name);
	for (*index = 0; rc == RK_OK && names[*index] && strcmp(names[*index], s) != 0; ++*index)
		;
	if (rc == RK_OK && !names[*index]) {
		near = rk_suggest(s, names, *index);
		rc = rk_yaml_file_wrong(file, node->start, err, "unknown key \"%s\"%s%s%s", s, near ? ", did you mean \"" : "",
		    near ? near : "", near ? "\"?" : "");
	} else if (rc == RK_OK && *seen & 1u << *index) {
		rc = rk_yaml_file_wrong(file, node->start, err, "duplicate key \"%s\"", s);
	} else if (rc == RK_OK) {
		*seen |= 1u << *index;
	}
	rk_strbuf_free(&name);
	return rc;
}
