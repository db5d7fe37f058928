#include <stdlib.h>
#include <string.h>

#include "publish/apply.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/commit.h"
#include "git/git.h"
#include "git/pack.h"
#include "git/source.h"
#include "publish/patch_list.h"
#include "yaml/json_patch.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

#define MANIFEST_BYTES (16u << 20)

/* What becomes of a patch. */
struct outcome {
	enum rk_apply_state state;
	struct rk_err *why;		/* if it is RK_APPLY_REFUSED */
	bool edits;			/* it has edited its file */
	bool early;			/* it makes the blob made, in apply->early, of the blob from */
	git_oid from, made;
};

/* A version of a file, and the members that the records of this stream have added to it: rk_json_patch_edits(). */
struct version {
	struct rk_strbuf text;
	json_t *created;
};

/* A file that the stream edits. */
struct file {
	bool found;			/* in base, where it is this blob */
	git_oid blob;
	const git_oid *made;		/* what its only patch makes of it; NULL: see now */
	struct version now, next;	/* after the tenants before; after the tenant that is being applied */
	bool edited;			/* by that tenant, so that next is set, or made */
	bool applied;			/* now, or made, is not that of base */
	bool changed;			/* the commit has it */
	uint32_t left;			/* patches whose tenants are still to be applied */
};

struct rk_apply {
	git_repository *git;
	git_odb *odb;			/* NULL before the first blob is read early */
	struct rk_patch_list *list;
	struct outcome *outcome;	/* of each patch */
	size_t outcomes_size;
	struct rk_pack *early;
	struct rk_strbuf aside;		/* where new files are put aside; empty: nowhere */
	json_t *stopped;		/* {"<tenant>": null, ...} */
	size_t refused;
	struct file *file;		/* by the numbers of the paths; NULL before rk_apply_run() */
	struct rk_source *source;	/* base */
	struct rk_commit *commit;
};

struct rk_apply *
rk_apply_new(git_repository *git, bool write)
{
	struct rk_apply *apply = rk_memory_calloc(1, sizeof *apply);

	apply->git = git;
	apply->list = rk_patch_list_new();
	apply->early = rk_pack_new();
	if (write) {
		rk_strbuf_printf(&apply->aside, "%sobjects", git_repository_commondir(git));
		rk_pack_put_aside(apply->early, apply->aside.data);
	}
	apply->stopped = json_object();
	return apply;
}

static void
free_version(struct version *version)
{
	rk_strbuf_free(&version->text);
	json_decref(version->created);
	version->created = NULL;
}

void
rk_apply_drop(struct rk_apply *apply)
{
	const uint32_t n = rk_patch_list_count(apply->list), paths = rk_patch_list_paths(apply->list);
	uint32_t i;

	for (i = 0; i < paths && apply->file; i++) {
		free_version(&apply->file[i].now);
		free_version(&apply->file[i].next);
	}
	free(apply->file);
	apply->file = NULL;
	for (i = 0; i < n; i++) {
		apply->outcome[i].state = RK_APPLY_UNCHANGED;
		apply->outcome[i].edits = false;
		free(apply->outcome[i].why);
		apply->outcome[i].why = NULL;
	}
	apply->refused = 0;
	rk_commit_free(apply->commit);
	apply->commit = NULL;
	rk_source_close(apply->source);
	apply->source = NULL;
}

void
rk_apply_free(struct rk_apply *apply)
{
	if (!apply)
		return;
	rk_apply_drop(apply);
	rk_patch_list_free(apply->list);
	rk_pack_free(apply->early);
	rk_strbuf_free(&apply->aside);
	git_odb_free(apply->odb);
	json_decref(apply->stopped);
	free(apply->outcome);
	free(apply);
}

/* Before the end of the stream */

/* Read a blob if the repository has it.  It is not searched for twice: a stream may name many that are missing. */
static bool
read_blob(struct rk_apply *apply, const git_oid *blob, struct rk_strbuf *text)
{
	git_odb_object *object = NULL;
	git_object_t type;
	size_t len;

	if ((!apply->odb && git_repository_odb(&apply->odb, apply->git) < 0) ||
	    !git_odb_exists_ext(apply->odb, blob, GIT_ODB_LOOKUP_NO_REFRESH) ||
	    git_odb_read_header(&len, &type, apply->odb, blob) < 0 || type != GIT_OBJECT_BLOB || len > MANIFEST_BYTES ||
	    git_odb_read(&object, apply->odb, blob) < 0)
		return false;
	rk_strbuf_add(text, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return true;
}

static bool
is_lfs(const struct rk_strbuf *text)
{
	static const char lfs[] = "version https://git-lfs.github.com/spec/";

	return strncmp(rk_strbuf_str(text), lfs, sizeof lfs - 1) == 0;
}

static struct rk_json_patch_options
how_to_edit(const json_t *record, json_t *created)
{
	const json_t *document = json_object_get(record, "document");

	return (struct rk_json_patch_options){ .document = document ? (long)json_integer_value(document) : -1, .strict = true,
		.values = true, .created = created };
}

/* Make the edits of a record in advance.  Whatever is wrong with it is found again, and reported, by rk_apply_run(). */
static enum rk_rc
edit_early(struct rk_apply *apply, struct outcome *outcome, const json_t *record, struct rk_err *err)
{
	const char *blob = rk_json_string(record, "blob");
	struct rk_strbuf text = { 0 }, out = { 0 };
	struct rk_json_patch_options options;
	json_t *created = json_object();
	struct rk_err ignored = { 0 };
	enum rk_rc rc = RK_OK;

	options = how_to_edit(record, created);
	if (git_oid_fromstr(&outcome->from, blob) == 0 && read_blob(apply, &outcome->from, &text) && !is_lfs(&text) &&
	    rk_json_patch_edits(rk_strbuf_str(&text), text.len, &options, json_object_get(record, "edits"), &out, &ignored) == RK_OK) {
		rc = rk_pack_add(apply->early, GIT_OBJECT_BLOB, rk_strbuf_str(&out), out.len, &outcome->made, err);
		outcome->early = rc == RK_OK;
	}
	rk_strbuf_free(&text);
	rk_strbuf_free(&out);
	json_decref(created);
	return rc;
}

enum rk_rc
rk_apply_add(struct rk_apply *apply, const struct rk_io *io, const json_t *record, struct rk_err *err)
{
	uint32_t n = rk_patch_list_add(apply->list, record, io->line, io->raw, io->raw_len);
	const struct rk_patch *patch = rk_patch_list_at(apply->list, n);

	rk_memory_grow(&apply->outcome, n, &apply->outcomes_size, sizeof *apply->outcome);
	if (rk_patch_list_changes(apply->list, patch->path) == 1 && patch->edits && rk_json_string(record, "blob") &&
	    !json_object_get(record, "element") && !json_object_get(apply->stopped, rk_json_string(record, "tenant")))
		return edit_early(apply, &apply->outcome[n], record, err);
	return RK_OK;
}

void
rk_apply_stop(struct rk_apply *apply, const char *tenant)
{
	rk_json_set(apply->stopped, tenant, json_null());
}

/* After its end */

static enum rk_rc
read_file(struct rk_apply *apply, const char *path, struct file *file, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (!file->made)
		rc = rk_source_read(apply->source, path, &file->blob, MANIFEST_BYTES, &file->now.text, NULL, err);
	if (rc == RK_OK)
		rc = rk_source_check_filter(apply->source, path, err);
	if (rc == RK_OK && !file->made && is_lfs(&file->now.text))
		rc = rk_err_set(err, RK_EDATA, "%s: a Git LFS pointer, not the file itself", path);
	return rc;
}

/*
 * Find a file in base, and read it unless what the patch makes of it is known.  RK_REFUSED: it cannot be edited; it is
 * read again for the next patch.
 */
static enum rk_rc
find_file(struct rk_apply *apply, uint32_t n, struct file **found, struct rk_err *err)
{
	const struct rk_patch *patch = rk_patch_list_at(apply->list, n);
	const char *path = rk_patch_list_path(apply->list, patch->path);
	struct outcome *outcome = &apply->outcome[n];
	struct file *file = &apply->file[patch->path];
	git_filemode_t mode;
	enum rk_rc rc;

	*found = file;
	if (file->found)
		return RK_OK;
	rc = rk_source_find(apply->source, path, &file->blob, &mode, err);
	file->made = outcome->early && rk_patch_list_changes(apply->list, patch->path) == 1 &&
	    git_oid_equal(&outcome->from, &file->blob) ? &outcome->made : NULL;
	if (rc == RK_OK)
		rc = read_file(apply, path, file, err);
	file->found = rc == RK_OK;
	if (!file->found)
		free_version(&file->now);
	if (rc == RK_END)
		return rk_err_refuse(err, RK_CODE_NO_MANIFEST, "%s", err->msg);
	return rc == RK_EDATA ? rk_err_refuse(err, RK_CODE_NOT_A_FILE, "%s", err->msg) : rc;
}

/* Check that exactly one element of the record's list has the tenant's name, and has the record's index. */
static enum rk_rc
check_element(const json_t *record, const struct rk_strbuf *text, struct rk_err *err)
{
	const json_t *element = json_object_get(record, "element");
	const char *list = rk_json_string(element, "list"), *name = rk_json_string(element, "member");
	size_t document = (size_t)json_integer_value(json_object_get(record, "document"));
	json_int_t index = json_integer_value(json_object_get(element, "index"));
	struct rk_lookup_element found = { 0 };
	struct rk_yaml *yaml = NULL;
	enum rk_rc rc;

	if (!element)
		return RK_OK;
	rc = rk_yaml_parse(rk_strbuf_str(text), text->len, &yaml, err);
	if (rc == RK_OK)
		rc = rk_lookup_element(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, document), list), name, rk_json_string(record, "tenant"),
		    &found, err);
	rk_yaml_free(yaml);
	if (rc != RK_OK || (found.count == 1 && found.is_string && (json_int_t)found.index == index))
		return rc;
	return rk_err_refuse(err, RK_CODE_STALE, "%zu elements of %s have the %s %s, and not only the one at %lld", found.count, list,
	    name, rk_json_string(record, "tenant"), (long long)index);
}

static enum rk_rc
edit_file(struct file *file, const json_t *record, struct rk_err *err)
{
	const struct version *from = file->edited ? &file->next : &file->now;
	struct rk_json_patch_options options;
	struct rk_strbuf out = { 0 };
	enum rk_rc rc;

	rc = check_element(record, &from->text, err);
	if (rc != RK_OK)
		return rc;
	if (!file->edited) {
		free_version(&file->next);
		file->next.created = file->now.created ? json_deep_copy(file->now.created) : json_object();
	}
	options = how_to_edit(record, file->next.created);
	rc = rk_json_patch_edits(rk_strbuf_str(&from->text), from->text.len, &options, json_object_get(record, "edits"), &out,
	    err);
	if (rc != RK_OK) {
		rk_strbuf_free(&out);
		return rc;
	}
	rk_strbuf_free(&file->next.text);
	file->next.text = out;
	file->edited = true;
	return RK_OK;
}

static enum rk_rc
apply_record(struct rk_apply *apply, uint32_t n, struct rk_err *err)
{
	const struct rk_patch *patch = rk_patch_list_at(apply->list, n);
	const char *path = rk_patch_list_path(apply->list, patch->path), *blob;
	char hex[RK_OID_HEX];
	struct file *file;
	json_t *record;
	enum rk_rc rc;

	if (!patch->edits)
		return RK_OK;
	rc = find_file(apply, n, &file, err);
	if (rc != RK_OK)
		return rc;
	apply->outcome[n].edits = true;
	if (file->made) {
		file->edited = true;
		return RK_OK;
	}
	record = rk_patch_list_read(apply->list, n);
	blob = rk_json_string(record, "blob");
	rc = edit_file(file, record, err);
	/* the edits are valid, so it is the manifest that is not */
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_BAD_YAML, "%s:%s", path, err->msg);
	else if (rc == RK_REFUSED)
		rk_err_prefix(err, rc, "%s", path);
	/* a path that was there when the patch was made: another run may help, as after a failed test */
	if (rc == RK_REFUSED && err->code == RK_CODE_NO_SUCH_PATH && blob &&
	    strcmp(blob, git_oid_tostr(hex, sizeof hex, &file->blob)) != 0)
		err->code = RK_CODE_STALE;
	json_decref(record);
	return rc;
}

/* Put a file into the commit if it is edited, after the last tenant that could edit it. */
static enum rk_rc
put_file(struct rk_apply *apply, uint32_t path, struct rk_err *err)
{
	const char *name = rk_patch_list_path(apply->list, path);
	struct file *file = &apply->file[path];
	size_t had = rk_commit_count(apply->commit);
	enum rk_rc rc = RK_OK;

	if (!file->applied)
		return RK_OK;
	if (file->made)
		rc = rk_commit_put_from(apply->commit, name, apply->early, file->made, err);
	else
		rc = rk_commit_put(apply->commit, name, rk_strbuf_str(&file->now.text), file->now.text.len, err);
	file->changed = rk_commit_count(apply->commit) > had;
	free_version(&file->now);
	return rc;
}

/* Keep a tenant's edits, or drop them. */
static enum rk_rc
end_tenant(struct rk_apply *apply, uint32_t tenant, bool keep, struct rk_err *err)
{
	const struct rk_patch *patch;
	enum rk_rc rc = RK_OK;
	struct file *file;
	uint32_t n;

	for (n = rk_patch_list_first(apply->list, tenant); n != RK_PATCH_NONE && rc == RK_OK; n = patch->next) {
		patch = rk_patch_list_at(apply->list, n);
		file = &apply->file[patch->path];
		file->left--;
		if (file->edited && keep) {
			free_version(&file->now);
			file->now = file->next;
			file->next = (struct version){ 0 };
			file->applied = true;
		} else if (file->edited) {
			free_version(&file->next);
		}
		file->edited = false;
		if (file->left == 0)
			rc = put_file(apply, patch->path, err);
	}
	return rc;
}

static void
refuse(struct rk_apply *apply, uint32_t n, const struct rk_err *why)
{
	struct outcome *outcome = &apply->outcome[n];

	outcome->why = rk_memory_malloc(sizeof *outcome->why);
	*outcome->why = *why;
	outcome->state = RK_APPLY_REFUSED;
	apply->refused++;
}

/* Apply all patches of a tenant, or none of them. */
static enum rk_rc
apply_tenant(struct rk_apply *apply, uint32_t tenant, struct rk_err *err)
{
	const uint32_t first = rk_patch_list_first(apply->list, tenant);
	bool stopped = json_object_get(apply->stopped, rk_patch_list_tenant(apply->list, tenant));
	const struct rk_patch *patch;
	enum rk_rc rc = RK_OK, ended;
	uint32_t n, last = first;

	for (n = first; n != RK_PATCH_NONE && rc == RK_OK && !stopped; n = patch->next) {
		patch = rk_patch_list_at(apply->list, n);
		if (patch->same != n)
			continue;
		rc = apply_record(apply, n, err);
		last = n;
	}
	if (rc != RK_OK && rc != RK_REFUSED)
		return rc;
	if (rc == RK_REFUSED) {
		stopped = true;
		refuse(apply, last, err);
	}
	ended = end_tenant(apply, tenant, !stopped, err);
	for (n = first; n != RK_PATCH_NONE; n = patch->next) {
		patch = rk_patch_list_at(apply->list, n);
		if (stopped && apply->outcome[n].state != RK_APPLY_REFUSED && patch->edits)
			apply->outcome[n].state = RK_APPLY_WITHHELD;
	}
	return ended;
}

/* Find the patches whose files the commit changes. */
static void
find_changes(struct rk_apply *apply, bool stop)
{
	const uint32_t n = rk_patch_list_count(apply->list);
	const struct rk_patch *patch;
	struct outcome *outcome;
	uint32_t i;

	for (i = 0; i < n; i++) {
		patch = rk_patch_list_at(apply->list, i);
		outcome = &apply->outcome[i];
		outcome->edits = apply->outcome[patch->same].edits;
		if (outcome->state == RK_APPLY_UNCHANGED && outcome->edits && apply->file[patch->path].changed)
			outcome->state = stop ? RK_APPLY_WITHHELD : RK_APPLY_CHANGED;
	}
}

enum rk_rc
rk_apply_run(struct rk_apply *apply, const git_oid *base, size_t refused, bool partial, struct rk_io *io, struct rk_err *err)
{
	const uint32_t n = rk_patch_list_count(apply->list), tenants = rk_patch_list_tenants(apply->list);
	enum rk_rc rc;
	uint32_t i;

	apply->file = rk_memory_calloc(rk_patch_list_paths(apply->list), sizeof *apply->file);
	for (i = 0; i < n; i++)
		apply->file[rk_patch_list_at(apply->list, i)->path].left++;
	rc = rk_source_open_commit(apply->git, base, &apply->source, err);
	if (rc == RK_OK)
		rc = rk_commit_new(apply->git, base, &apply->commit, err);
	if (rc == RK_OK) {
		rk_source_once(apply->source);
		rk_commit_look_in(apply->commit, apply->source);
		rk_commit_put_aside(apply->commit, apply->aside.data);
	}
	for (i = 0; i < tenants && rc == RK_OK; i++) {
		rc = apply_tenant(apply, i, err);
		rk_io_progress(io, "applying tenant", i + 1, tenants);
	}
	if (rc == RK_OK)
		find_changes(apply, refused + apply->refused > 0 && !partial);
	return rc;
}

struct rk_commit *
rk_apply_commit(const struct rk_apply *apply)
{
	return apply->commit;
}

const struct rk_patch_list *
rk_apply_list(const struct rk_apply *apply)
{
	return apply->list;
}

size_t
rk_apply_refused(const struct rk_apply *apply)
{
	return apply->refused;
}

enum rk_apply_state
rk_apply_state(const struct rk_apply *apply, uint32_t patch)
{
	return apply->outcome[patch].state;
}

const struct rk_err *
rk_apply_why(const struct rk_apply *apply, uint32_t patch)
{
	return apply->outcome[patch].why;
}

void
rk_apply_cancel(struct rk_apply *apply, enum rk_apply_state state)
{
	const uint32_t n = rk_patch_list_count(apply->list);
	uint32_t i;

	for (i = 0; i < n; i++)
		if (apply->outcome[i].state == RK_APPLY_CHANGED)
			apply->outcome[i].state = state;
}
