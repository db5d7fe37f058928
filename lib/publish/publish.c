#include <stdlib.h>
#include <string.h>

#include "publish/publish.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "git/commit.h"
#include "git/git.h"
#include "git/ident.h"
#include "git/quarantine.h"
#include "git/sign.h"
#include "git/source.h"
#include "git/trailer.h"
#include "publish/commit_message.h"
#include "publish/patch_record.h"
#include "publish/proposal.h"
#include "publish/target.h"
#include "yaml/json_patch.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

#define MANIFEST_BYTES (16u << 20)
#define TRIES 200		/* to move a busy branch: of 16 writers, some lose 40 races in a row */
#define NONE SIZE_MAX

enum state { UNCHANGED, CHANGED, REFUSED, WITHHELD };

/* A patch of the stream. */
struct record {
	json_t *json;
	size_t line;		/* of the input */
	size_t same;		/* the first record that is the same change: often this one */
	size_t file;		/* that it edits, NONE if it has no edits */
	enum state state;
	struct rk_err *why;	/* if it is REFUSED */
};

/* A version of a file, and the members that the records of this stream have added to it: rk_json_patch_edits(). */
struct version {
	struct rk_strbuf text;
	json_t *created;
};

struct file {
	const char *path;		/* in a record */
	char blob[RK_OID_HEX];		/* in base */
	struct version now, next;	/* after the tenants before; after the tenant that is being applied */
	bool edited;			/* by that tenant, so that next is set */
	bool applied;			/* now is not that of base */
	bool changed;			/* the commit has it */
};

struct rk_publish {
	const struct rk_publish_options *options;
	git_repository *git;
	bool sign;
	struct rk_target_options target_options;
	struct rk_target *target;
	json_t *trailers;		/* the proposal's, and those of the options */
	struct record *record;
	size_t n_records, records_size;
	struct file *file;
	size_t n_files, files_size;
	json_t *keys, *paths;		/* {"<key>": index of the record, ...}, {"<path>": index of the file, ...} */
	json_t *tenants;		/* {"<tenant>": [index of a record, ...], ...} */
	json_t *stopped;		/* tenants that earlier filters have refused: {"<tenant>": null, ...} */
	json_t *services;		/* of the records: {"<service>": null} */
	size_t refused;			/* records, by earlier filters or here */
	git_oid tip, base, commit_id;	/* the branch's commit; the commit to build on; the new commit */
	const char *proposal;		/* its outcome */
	const char *merge;		/* whether it is merged without a person: auto, review; NULL: no record says */
	bool unattended;		/* it is auto */
	bool withdrawn;			/* the branch is deleted */
	struct rk_err foreign;		/* why the branch may not be replaced, if it may not */
	struct rk_source *source;	/* base */
	struct rk_commit *commit;
	struct rk_strbuf diff;
	size_t diff_written;		/* bytes of it */
};

/* Return the index that a table has for a name; a new name gets next. */
static size_t
find_index(json_t *table, const char *name, size_t next)
{
	const json_t *have = json_object_get(table, name);

	if (!have)
		rk_json_set(table, name, json_integer((json_int_t)next));
	return have ? (size_t)json_integer_value(have) : next;
}

static const char *
member(const struct record *record, const char *name)
{
	return rk_json_string(record->json, name);
}

enum rk_rc
rk_publish_open(const struct rk_publish_options *options, struct rk_publish **publish, struct rk_err *err)
{
	struct rk_publish *p = rk_memory_calloc(1, sizeof *p);
	enum rk_rc rc;

	*publish = NULL;
	p->options = options;
	p->keys = json_object();
	p->tenants = json_object();
	p->stopped = json_object();
	p->paths = json_object();
	p->services = json_object();
	p->trailers = json_object();
	rc = rk_git_open(options->dir, &p->git, err);
	p->target_options = (struct rk_target_options){ .git = p->git, .dir = options->dir, .branch = options->branch,
		.onto = options->onto, .remote = options->remote, .seconds = options->seconds, .update = options->update };
	if (rc == RK_OK)
		rc = rk_target_open(&p->target_options, &p->target, err);
	if (rc == RK_OK && options->onto && rk_trailer_add(p->trailers, "Proposal", options->branch, err) == RK_EDATA)
		rc = rk_err_set(err, RK_EUSAGE, "invalid branch for a proposal: \"%s\" has characters that do not print",
		    options->branch);
	if (rc == RK_OK && options->trailers)
		rk_json_update(p->trailers, options->trailers);
	p->sign = options->sign;
	if (rc == RK_OK && !p->sign)
		rc = rk_sign_configured(p->git, &p->sign, err);
	if (rc == RK_OK)
		*publish = p;
	else
		rk_publish_close(p);
	return rc;
}

bool
rk_publish_runs_programs(const struct rk_publish *p)
{
	return p->options->remote || p->options->update || p->sign || rk_ident_asks_git();
}

static void
free_version(struct version *version)
{
	rk_strbuf_free(&version->text);
	json_decref(version->created);
	version->created = NULL;
}

/* Drop the result of one try; the records stay. */
static void
drop_try(struct rk_publish *p)
{
	size_t i;

	for (i = 0; i < p->n_files; i++) {
		free_version(&p->file[i].now);
		free_version(&p->file[i].next);
	}
	p->n_files = 0;
	json_object_clear(p->paths);
	for (i = 0; i < p->n_records; i++) {
		p->refused -= p->record[i].state == REFUSED;
		p->record[i].state = UNCHANGED;
		p->record[i].file = NONE;
		free(p->record[i].why);
		p->record[i].why = NULL;
	}
	rk_source_close(p->source);
	p->source = NULL;
	rk_commit_free(p->commit);
	p->commit = NULL;
	rk_strbuf_clear(&p->diff);
	p->proposal = p->merge = NULL;
	p->foreign = (struct rk_err){ 0 };
}

void
rk_publish_close(struct rk_publish *p)
{
	if (!p)
		return;
	if (p->paths)
		drop_try(p);
	while (p->n_records > 0)
		json_decref(p->record[--p->n_records].json);
	free(p->record);
	free(p->file);
	json_decref(p->keys);
	json_decref(p->tenants);
	json_decref(p->stopped);
	json_decref(p->paths);
	json_decref(p->services);
	json_decref(p->trailers);
	rk_strbuf_free(&p->diff);
	rk_target_close(p->target);
	rk_git_close(p->git);
	free(p);
}

static void
add_patch(struct rk_publish *p, size_t line, json_t *json)
{
	const char *tenant = rk_json_string(json, "tenant");
	json_t *list = json_object_get(p->tenants, tenant);
	struct rk_strbuf key = { 0 };
	size_t at = p->n_records;

	rk_memory_grow(&p->record, at, &p->records_size, sizeof *p->record);
	p->record[at] = (struct record){ .line = line, .file = NONE };
	rk_patch_record_key(json, &key);
	p->record[at].same = find_index(p->keys, key.data, at);
	rk_strbuf_free(&key);
	if (!list)
		rk_json_set(p->tenants, tenant, list = json_array());
	rk_json_append(list, json_integer((json_int_t)at));
	rk_json_set(p->services, rk_json_string(json, "service"), json_null());
	p->record[p->n_records++].json = json_incref(json);
}

enum rk_rc
rk_publish_add(struct rk_publish *p, struct rk_io *io, json_t *json, struct rk_err *err)
{
	const char *tenant = rk_json_string(json, "tenant");
	enum rk_rc rc;

	if (rk_json_is(json_object_get(json, "type"), "refused")) {
		p->refused++;
		if (tenant)
			rk_json_set(p->stopped, tenant, json_null());
		return rk_record_pass(io, err);
	}
	rc = rk_patch_record_check(json, err);
	if (rc == RK_OK)
		add_patch(p, io->line, json);
	return rc;
}

/* Read a file of base.  RK_REFUSED: it cannot be edited. */
static enum rk_rc
read_file(struct rk_publish *p, struct file *file, struct rk_err *err)
{
	static const char lfs[] = "version https://git-lfs.github.com/spec/";
	enum rk_rc rc = rk_source_read(p->source, file->path, NULL, MANIFEST_BYTES, &file->now.text, file->blob, err);

	if (rc == RK_OK)
		rc = rk_source_check_filter(p->source, file->path, err);
	if (rc == RK_END)
		return rk_err_refuse(err, RK_CODE_NO_MANIFEST, "%s", err->msg);
	if (rc == RK_OK && strncmp(rk_strbuf_str(&file->now.text), lfs, sizeof lfs - 1) == 0)
		rc = rk_err_set(err, RK_EDATA, "%s: a Git LFS pointer, not the file itself", file->path);
	return rc == RK_EDATA ? rk_err_refuse(err, RK_CODE_NOT_A_FILE, "%s", err->msg) : rc;
}

/* Find a file, and read it at first.  A refused file is read again for the next record. */
static enum rk_rc
find_file(struct rk_publish *p, const char *path, size_t *at, struct rk_err *err)
{
	enum rk_rc rc;

	*at = find_index(p->paths, path, p->n_files);
	if (*at < p->n_files)
		return RK_OK;
	rk_memory_grow(&p->file, p->n_files, &p->files_size, sizeof *p->file);
	p->file[*at] = (struct file){ .path = path };
	rc = read_file(p, &p->file[*at], err);
	if (rc == RK_OK) {
		p->n_files++;
	} else {
		free_version(&p->file[*at].now);
		json_object_del(p->paths, path);
	}
	return rc;
}

/* Check that exactly one element of the record's list has the tenant's name, and has the record's index. */
static enum rk_rc
check_element(const struct record *record, const struct rk_strbuf *text, struct rk_err *err)
{
	const json_t *element = json_object_get(record->json, "element");
	const char *list = rk_json_string(element, "list"), *name = rk_json_string(element, "member");
	size_t document = (size_t)json_integer_value(json_object_get(record->json, "document"));
	json_int_t index = json_integer_value(json_object_get(element, "index"));
	struct rk_lookup_element found = { 0 };
	struct rk_yaml *yaml = NULL;
	enum rk_rc rc;

	if (!element)
		return RK_OK;
	rc = rk_yaml_parse(rk_strbuf_str(text), text->len, &yaml, err);
	if (rc == RK_OK)
		rc = rk_lookup_element(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, document), list), name, member(record, "tenant"),
		    &found, err);
	rk_yaml_free(yaml);
	if (rc != RK_OK || (found.count == 1 && found.is_string && (json_int_t)found.index == index))
		return rc;
	return rk_err_refuse(err, RK_CODE_STALE, "%zu elements of %s have the %s %s, and not only the one at %lld", found.count, list,
	    name, member(record, "tenant"), (long long)index);
}

static enum rk_rc
edit_file(struct file *file, const struct record *record, struct rk_err *err)
{
	const json_t *document = json_object_get(record->json, "document");
	const struct version *from = file->edited ? &file->next : &file->now;
	struct rk_json_patch_options options = { .document = document ? (long)json_integer_value(document) : -1,
		.strict = true, .values = true };
	struct rk_strbuf out = { 0 };
	enum rk_rc rc;

	rc = check_element(record, &from->text, err);
	if (rc != RK_OK)
		return rc;
	if (!file->edited) {
		free_version(&file->next);
		file->next.created = file->now.created ? json_deep_copy(file->now.created) : json_object();
	}
	options.created = file->next.created;
	rc = rk_json_patch_edits(rk_strbuf_str(&from->text), from->text.len, &options, json_object_get(record->json, "edits"), &out,
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
apply_record(struct rk_publish *p, struct record *record, struct rk_err *err)
{
	const char *blob = member(record, "blob"), *path = member(record, "path");
	enum rk_rc rc;
	size_t at;

	if (json_array_size(json_object_get(record->json, "edits")) == 0)
		return RK_OK;
	rc = find_file(p, path, &at, err);
	if (rc != RK_OK)
		return rc;
	record->file = at;
	rc = edit_file(&p->file[at], record, err);
	/* the edits are valid, so it is the manifest that is not */
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_YAML, "%s:%s", path, err->msg);
	/* a path that was there when the patch was made: another run may help, as after a failed test */
	if (rc == RK_REFUSED && err->code == RK_CODE_NO_SUCH_PATH && blob && strcmp(blob, p->file[at].blob) != 0)
		err->code = RK_CODE_STALE;
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", path) : rc;
}

/* Return the record with an index in a list of p->tenants. */
static struct record *
record_at(struct rk_publish *p, const json_t *index)
{
	return &p->record[json_integer_value(index)];
}

/* Keep a tenant's edits, or drop them. */
static void
end_tenant(struct rk_publish *p, const json_t *list, bool keep)
{
	struct record *record;
	struct file *file;
	json_t *index;
	size_t i;

	json_array_foreach(list, i, index) {
		record = record_at(p, index);
		file = record->file == NONE ? NULL : &p->file[record->file];
		if (!file || !file->edited)
			continue;
		if (keep) {
			free_version(&file->now);
			file->now = file->next;
			file->next = (struct version){ 0 };
			file->applied = true;
		} else {
			free_version(&file->next);
		}
		file->edited = false;
	}
}

static void
refuse_record(struct rk_publish *p, struct record *record, const struct rk_err *why)
{
	record->why = rk_memory_malloc(sizeof *record->why);
	*record->why = *why;
	record->state = REFUSED;
	p->refused++;
}

/* Apply all records of a tenant, or none of them. */
static enum rk_rc
apply_tenant(struct rk_publish *p, const char *tenant, const json_t *list, struct rk_err *err)
{
	bool stopped = json_object_get(p->stopped, tenant);
	struct record *record, *last = NULL;
	enum rk_rc rc = RK_OK;
	json_t *index;
	size_t i;

	json_array_foreach(list, i, index) {
		record = record_at(p, index);
		if (rc != RK_OK || stopped || record != &p->record[record->same])
			continue;
		rc = apply_record(p, record, err);
		last = record;
	}
	end_tenant(p, list, rc == RK_OK && !stopped);
	if (rc == RK_REFUSED) {
		stopped = true;
		refuse_record(p, last, err);
		rc = RK_OK;
	}
	json_array_foreach(list, i, index) {
		record = record_at(p, index);
		if (stopped && record->state != REFUSED && json_array_size(json_object_get(record->json, "edits")) > 0)
			record->state = WITHHELD;
	}
	return rc;
}

/* Put the edited files into the commit. */
static enum rk_rc
put_files(struct rk_publish *p, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	struct file *file;
	size_t i, had;

	for (i = 0; i < p->n_files && rc == RK_OK; i++) {
		file = &p->file[i];
		if (!file->applied)
			continue;
		had = rk_commit_count(p->commit);
		rc = rk_commit_put(p->commit, file->path, rk_strbuf_str(&file->now.text), file->now.text.len, err);
		file->changed = rk_commit_count(p->commit) > had;
		free_version(&file->now);
	}
	return rc;
}

/* Apply all records to base, in memory. */
static enum rk_rc
apply_all(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	const char *tenant;
	struct record *record;
	json_t *list;
	enum rk_rc rc;
	size_t i = 0;
	bool stop;

	rc = rk_source_open_commit(p->git, &p->base, &p->source, err);
	if (rc == RK_OK)
		rc = rk_commit_new(p->git, &p->base, &p->commit, err);
	json_object_foreach(p->tenants, tenant, list) {
		if (rc == RK_OK)
			rc = apply_tenant(p, tenant, list, err);
		rk_io_progress(io, "applying tenant", ++i, json_object_size(p->tenants));
	}
	if (rc == RK_OK)
		rc = put_files(p, err);
	stop = p->refused > 0 && !p->options->partial;
	for (i = 0; i < p->n_records && rc == RK_OK; i++) {
		record = &p->record[i];
		if (record->same != i)
			record->file = p->record[record->same].file;
		if (record->state == UNCHANGED && record->file != NONE && p->file[record->file].changed)
			record->state = stop ? WITHHELD : CHANGED;
	}
	return rc;
}

/* Return an array of those records that the commit changes something for. */
static json_t *
find_changes(const struct rk_publish *p)
{
	json_t *records = json_array();
	size_t i;

	for (i = 0; i < p->n_records; i++)
		if (p->record[i].state == CHANGED)
			rk_json_append(records, json_incref(p->record[i].json));
	return records;
}

/* Check that the results can be written, before there is something to report. */
static enum rk_rc
prepare_output(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	static const char start[] = "diff --git ";	/* the start of every diff, whatever the tip is */
	enum rk_rc rc = RK_OK;

	if (p->options->diff && !p->diff_written) {
		rc = rk_io_write(io, start, sizeof start - 1, err);
		p->diff_written = sizeof start - 1;
	}
	return rc == RK_OK ? rk_record_prepare(io, err) : rc;
}

/* Move the branch to commit_id, or delete it if that is zero; what is the reflog's message.  RK_END: it has moved. */
static enum rk_rc
move_branch(struct rk_publish *p, struct rk_io *io, struct rk_quarantine *quarantine, const char *what, struct rk_err *err)
{
	struct rk_strbuf log = { 0 };
	enum rk_rc rc;

	if (p->options->dry_run)
		return RK_OK;
	rk_strbuf_printf(&log, "%s: %.*s", io->prog, (int)strcspn(what, "\n"), what);
	rc = rk_ident_log(p->git, err);
	if (rc == RK_OK && p->options->remote)
		rk_io_progress(io, "pushing", 0, 0);
	if (rc == RK_OK)
		rc = rk_target_move(p->target, &p->tip, &p->commit_id, quarantine, log.data, err);
	rk_strbuf_free(&log);
	return rc;
}

static enum rk_rc
write_commit(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	struct rk_strbuf message = { 0 }, commit = { 0 };
	struct rk_quarantine *quarantine = NULL;
	json_t *records = find_changes(p);
	enum rk_rc rc = rk_commit_message_add(records, p->trailers, &message, err);

	json_decref(records);
	if (rc == RK_OK)
		rc = rk_commit_draft(p->commit, message.data, &commit, err);
	if (rc == RK_OK && p->sign) {
		rk_io_progress(io, "signing", 0, 0);
		rc = rk_sign(p->git, RK_SIGN_SECONDS, &commit, err);
	}
	if (rc == RK_OK)
		rc = rk_commit_make(p->commit, &commit, &p->commit_id, err);
	if (rc == RK_OK && !p->options->dry_run)
		rc = prepare_output(p, io, err);
	if (rc == RK_OK && !p->options->dry_run)
		rc = rk_commit_write(p->commit, &quarantine, err);
	if (rc == RK_OK)
		rc = move_branch(p, io, quarantine, message.data, err);
	rk_quarantine_close(quarantine);
	rk_strbuf_free(&message);
	rk_strbuf_free(&commit);
	return rc;
}

/* Nothing is changed now: set another state for the records that would have been. */
static void
cancel_changes(struct rk_publish *p, enum state state)
{
	size_t i;

	for (i = 0; i < p->n_records; i++)
		if (p->record[i].state == CHANGED)
			p->record[i].state = state;
}

static enum rk_rc
withdraw(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	p->proposal = "withdrawn";
	if (!p->options->dry_run)
		rc = prepare_output(p, io, err);
	if (rc == RK_OK)
		rc = move_branch(p, io, NULL, "Withdraw the proposal", err);
	p->withdrawn = rc == RK_OK;
	return rc;
}

/* Return whether a record keeps what the existing branch has: that other labels select it now changes no tenant. */
static bool
is_kept(const json_t *records)
{
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
		if (json_is_true(json_object_get(json_object_get(record, "release"), "kept")))
			return true;
	return false;
}

/* Find the trailers that the existing branch must have: *trailers is a new reference, or NULL if there are none. */
static enum rk_rc
find_release(const struct rk_publish *p, json_t **trailers, struct rk_err *err)
{
	json_t *records = find_changes(p);
	enum rk_rc rc = RK_OK;

	*trailers = json_object();
	if (!is_kept(records))
		rc = rk_commit_message_release(records, *trailers, err);
	json_decref(records);
	if (rc == RK_OK && json_object_size(*trailers))
		return RK_OK;
	json_decref(*trailers);
	*trailers = NULL;
	return rc;
}

/* Decide whether a person merges what would be changed now. */
static enum rk_rc
judge(struct rk_publish *p, struct rk_err *err)
{
	json_t *records = find_changes(p);

	p->merge = rk_proposal_merge(records, p->refused > 0);
	p->unattended = p->merge && strcmp(p->merge, "auto") == 0;
	json_decref(records);
	json_object_del(p->trailers, "Merge: auto");
	return p->unattended ? rk_trailer_add(p->trailers, "Merge", "auto", err) : RK_OK;
}

/* Set *current to whether the existing branch is as it should be.  RK_REFUSED: it is not, and may not be replaced. */
static enum rk_rc
check_proposal(struct rk_publish *p, bool changes, bool *current, struct rk_err *err)
{
	struct rk_proposal proposal = { .dir = p->options->dir, .branch = p->options->branch, .tip = p->tip,
		.base = p->base, .services = p->services, .unattended = p->unattended };
	enum rk_rc rc = RK_OK;
	json_t *release = NULL;
	git_oid tree;

	if (changes)
		rc = rk_commit_tree(p->commit, &tree, err);
	if (rc == RK_OK && changes)
		rc = find_release(p, &release, err);
	proposal.tree = changes ? &tree : NULL;
	proposal.release = release;
	if (rc == RK_OK)
		rc = rk_proposal_check(&proposal, current, err);
	json_decref(release);
	return rc;
}

/* Make the branch a proposal of the changes, unless it is one already. */
static enum rk_rc
propose(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	const bool changes = rk_commit_count(p->commit) > 0, exists = !git_oid_is_zero(&p->tip);
	/* what was refused may belong to it, unless all of it has been merged */
	bool current = !changes && p->refused > 0 && exists && !rk_git_contains(p->git, &p->base, &p->tip);
	enum rk_rc rc = RK_OK;

	p->proposal = exists ? "unchanged" : "none";
	rc = judge(p, err);
	if (rc == RK_OK && exists && !current)
		rc = check_proposal(p, changes, &current, err);
	if (rc == RK_REFUSED) {
		p->merge = NULL;
		p->foreign = *err;
		cancel_changes(p, WITHHELD);
		rk_strbuf_clear(&p->diff);
		return RK_OK;
	}
	if (rc != RK_OK || (!changes && !exists))
		return rc;
	if (current) {
		cancel_changes(p, UNCHANGED);
		return RK_OK;
	}
	if (!changes)
		return withdraw(p, io, err);
	p->proposal = exists ? "updated" : "created";
	return write_commit(p, io, err);
}

/* Try once, on the branch as it is now.  RK_END: it has moved. */
static enum rk_rc
try_once(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc;

	if (p->options->remote)
		rk_io_progress(io, "fetching", 0, 0);
	rc = rk_target_read(p->target, &p->tip, &p->base, err);
	p->commit_id = (git_oid){ 0 };
	if (rc == RK_OK)
		rc = apply_all(p, io, err);
	if (rc != RK_OK)
		return rc;
	if (p->refused && !p->options->partial) {
		p->proposal = git_oid_is_zero(&p->tip) ? "none" : "unchanged";
		return RK_OK;
	}
	if (p->options->diff)
		rc = rk_commit_diff(p->commit, &p->diff, err);
	if (rc == RK_OK && p->options->onto)
		return propose(p, io, err);
	return rc == RK_OK && rk_commit_count(p->commit) > 0 ? write_commit(p, io, err) : rc;
}

/* Results */

static enum rk_rc
write_refusal(struct rk_io *io, const struct record *record, struct rk_err *err)
{
	enum rk_rc rc;

	io->line = record->line;
	rc = rk_record_refuse(io, record->why, "tenant", member(record, "tenant"), err);
	io->line = 0;
	return rc;
}

static enum rk_rc
write_result(struct rk_publish *p, struct rk_io *io, const struct record *record, struct rk_err *err)
{
	const bool done = record->state == CHANGED && !p->options->dry_run;
	const char *status = record->state == WITHHELD ? "withheld" : record->state == UNCHANGED ? "unchanged"
	    : done ? "committed" : "planned";
	char commit[RK_OID_HEX];
	json_t *result;

	git_oid_tostr(commit, sizeof commit, &p->commit_id);
	result = rk_json_pack("{ss ss ss ss ss ss ss ss ss* sO* sO* sO* sO* sO*}", "type", "result", "tenant", member(record, "tenant"),
	    "path", member(record, "path"), "service", member(record, "service"), "ring", member(record, "ring"), "action",
	    member(record, "action"), "status", status, "branch", p->options->branch, "commit", done ? commit : NULL, "took_over",
	    json_object_get(record->json, "took_over"), "changed_by_hand", json_object_get(record->json, "changed_by_hand"), "cohorts", json_object_get(record->json, "cohorts"), "pull_request",
	    json_object_get(record->json, "pull_request"), "review", json_array_size(json_object_get(record->json, "edits"))
	    ? json_object_get(record->json, "review") : NULL);
	return rk_record_write(io, result, err);
}

static enum rk_rc
write_results(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < p->n_records && rc == RK_OK; i++)
		rc = p->record[i].state == REFUSED ? write_refusal(io, &p->record[i], err)
						   : write_result(p, io, &p->record[i], err);
	if (rc == RK_OK && p->foreign.code != RK_CODE_NONE)
		rc = rk_record_refuse(io, &p->foreign, NULL, NULL, err);
	if (rc == RK_OK && p->options->diff && p->diff.len > p->diff_written)
		rc = rk_io_write(io, p->diff.data + p->diff_written, p->diff.len - p->diff_written, err);
	return rc == RK_OK ? rk_io_flush(io, err) : rc;
}

enum rk_rc
rk_publish_run(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc, updated;
	struct rk_err why = { 0 };
	char commit[RK_OID_HEX];
	unsigned try;

	for (try = 1; (rc = try_once(p, io, err)) == RK_END; try++) {
		if (try == TRIES)
			return rk_err_set(err, RK_ERACE, "%s has moved each of the %d times that the patches were applied to it",
			    rk_target_name(p->target), TRIES);
		drop_try(p);
		rk_io_note(io, "%s: applying again", err->msg);
		rk_clock_backoff(try);
	}
	if (rc != RK_OK)
		return rc;
	/* any error from now on is reported together with what has happened to the branch */
	if (p->withdrawn)
		rk_io_preface(io, "%s is deleted now, but", rk_target_name(p->target));
	else if (!p->options->dry_run && !git_oid_is_zero(&p->commit_id))
		rk_io_preface(io, "%s has the commit %.12s now, but", rk_target_name(p->target),
		    git_oid_tostr(commit, sizeof commit, &p->commit_id));
	updated = rk_target_update_worktrees(p->target, &why) == RK_OK ? RK_OK : RK_EIO;
	rc = write_results(p, io, err);
	if (rc == RK_OK && updated != RK_OK) {
		*err = why;
		rc = updated;
	}
	return rc;
}

void
rk_publish_ending(const struct rk_publish *p, json_t *ending)
{
	char head[RK_OID_HEX];

	if (!p->options->onto)
		return;
	rk_json_set(ending, "proposal", json_string(p->proposal));
	if (!p->merge)
		return;
	rk_json_set(ending, "merge", json_string(p->merge));
	git_oid_tostr(head, sizeof head, strcmp(p->proposal, "unchanged") == 0 ? &p->tip : &p->commit_id);
	if (!p->options->dry_run)
		rk_json_set(ending, "head", json_string(head));
}
