#include <string.h>
#include <jansson.h>

#include "forge/labels.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json_pointer.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "forge/api_internal.h"
#include "forge/json_stream.h"

#define LINE_BYTES (1u << 20)

/* Where an object has its list of labels; the first that exists is used. */
static const char *const paths[] = {
	"/pull_request/labels",			/* GitHub: webhooks, $GITHUB_EVENT_PATH */
	"/issue/labels",			/* GitHub: a comment on a pull request */
	"/object_attributes/labels",		/* GitLab: webhooks */
	"/data/repository/pullRequest/labels",	/* GitHub: GraphQL */
	"/data/repository/issue/labels",
	"/data/node/labels",
	"/data/project/mergeRequest/labels",	/* GitLab: GraphQL */
	"/labels",				/* gh pr view --json labels, REST: a pull request */
};

static const char bom[] = "\xef\xbb\xbf";
static const char blanks[] = " \t\r\n";
static const char several[] = "expected the labels of one pull request, got those of several";

struct reader {
	struct rk_io *io;
	rk_labels_found *found;
	void *context;
	json_int_t number;	/* of the pull request, or 0 */
	bool only;	/* the document was one pull request: no other may follow */
	bool more;	/* the last page says that there is another */
	json_int_t nodes, total;	/* of GraphQL's pages: labels read, and labels that there are */
};

static enum rk_rc
one_label(struct reader *r, const json_t *label, struct rk_err *err)
{
	const json_t *name = label;

	if (json_is_object(label)) {
		if (json_object_get(label, "labels"))
			return rk_err_set(err, RK_EDATA, "expected labels, got a list of pull requests: choose one "
			    "(gh pr view NUMBER --json labels)");
		name = json_object_get(label, "name");
		if (!name)
			name = json_object_get(label, "title");
	}
	if (!json_is_string(name))
		return rk_err_set(err, RK_EDATA, "invalid label: expected a string, or an object with a \"name\" or "
		    "\"title\"");
	return r->found(r->context, json_string_value(name), json_string_length(name), err);
}

/* The labels of a list: [label, ...], or GraphQL's {"nodes": [...], "totalCount": n, "pageInfo": {"hasNextPage": b}}. */
static enum rk_rc
label_list(struct reader *r, const json_t *list, struct rk_err *err)
{
	const json_t *nodes = json_object_get(list, "nodes"), *label;
	enum rk_rc rc = RK_OK;
	size_t i;

	r->more = json_is_true(json_object_get(json_object_get(list, "pageInfo"), "hasNextPage"));
	if (nodes) {
		r->total = json_integer_value(json_object_get(list, "totalCount"));
		r->nodes += (json_int_t)json_array_size(nodes);
		list = nodes;
	}
	if (!json_is_array(list))
		return rk_err_set(err, RK_EDATA, "invalid \"%s\": expected an array", nodes ? "nodes" : "labels");
	json_array_foreach(list, i, label)
		if ((rc = one_label(r, label, err)) != RK_OK)
			break;
	return rc;
}

/* Check the number of the pull request that labels are of, if it is given here and elsewhere. */
static enum rk_rc
check_number(const struct reader *r, const json_t *number, struct rk_err *err)
{
	if (!r->number || !json_is_integer(number) || json_integer_value(number) == r->number)
		return RK_OK;
	return rk_err_set(err, RK_EDATA, "expected the labels of pull request %" JSON_INTEGER_FORMAT ", as in --actors, got those of %"
	    JSON_INTEGER_FORMAT, r->number, json_integer_value(number));
}

/* The list of labels in an object: borrowed, or NULL. */
static enum rk_rc
find_list(const struct reader *r, json_t *object, json_t **list, struct rk_err *err)
{
	struct rk_strbuf beside = { 0 };
	json_t *number = NULL;
	enum rk_rc rc = RK_OK;
	size_t i;

	*list = json_object_get(object, "nodes") ? object : NULL;
	for (i = 0; rc == RK_OK && !*list && i < sizeof paths / sizeof *paths; i++) {
		rc = rk_json_pointer_find(object, paths[i], list, err);
		if (rc != RK_OK || !*list)
			continue;
		rk_strbuf_add(&beside, paths[i], (size_t)(strrchr(paths[i], '/') - paths[i]));
		rk_strbuf_puts(&beside, "/number");
		rc = rk_json_pointer_find(object, beside.data, &number, err);
		if (rc == RK_OK)
			rc = check_number(r, number, err);
	}
	rk_strbuf_free(&beside);
	return rc;
}

static enum rk_rc
no_labels(const json_t *object, struct rk_err *err)
{
	enum rk_rc rc = rk_api_check(object, "labels", err);

	return rc != RK_OK ? rc
	    : rk_err_set(err, RK_EDATA, "labels not found: a JSON object without labels in any known place (see labels2json(1))");
}

static enum rk_rc
object_labels(struct reader *r, json_t *object, bool first, struct rk_err *err)
{
	enum rk_rc rc;
	json_t *list;

	rc = find_list(r, object, &list, err);
	if (rc != RK_OK)
		return rc;
	if (!list || json_array_size(json_object_get(object, "errors")) > 0)
		return no_labels(object, err);
	r->only = json_is_array(list);
	if (r->only && !first)
		return rk_err_set(err, RK_EDATA, "%s", several);
	return label_list(r, list, err);
}

/* An entry of an array at the top: a label, a page of labels, or a whole answer. */
static enum rk_rc
top_entry(void *context, json_t *entry, struct rk_err *err)
{
	struct reader *r = context;

	r->more = false;
	if (json_is_array(entry))
		return label_list(r, entry, err);
	if (json_object_get(entry, "data"))
		return object_labels(r, entry, false, err);
	return one_label(r, entry, err);
}

/* A value at the top that is not an array. */
static enum rk_rc
top_value(struct reader *r, json_t *json, bool first, struct rk_err *err)
{
	bool label = json_is_string(json) || json_object_get(json, "color");

	return label ? one_label(r, json, err) : object_labels(r, json, first, err);
}

/* A stream of records with one release record. */
static enum rk_rc
release_labels(struct reader *r, struct rk_err *err)
{
	size_t releases = 0;
	json_t *record;
	enum rk_rc rc;

	r->io->line--;	/* rk_record_next() counts this line again */
	while ((rc = rk_record_next(r->io, "release", &record, err)) == RK_OK) {
		if (releases++)
			rc = rk_err_set(err, RK_EDATA, "expected one release record, got a second one");
		else if (!json_is_array(json_object_get(record, "labels")))
			rc = rk_err_set(err, RK_EDATA, "the release record: missing \"labels\"");
		else if ((rc = check_number(r, json_object_get(record, "pull_request"), err)) == RK_OK)
			rc = label_list(r, json_object_get(record, "labels"), err);
		json_decref(record);
		if (rc != RK_OK)
			break;
	}
	if (rc == RK_END && !releases)
		return rk_err_set(err, RK_EDATA, "release record not found among the records");
	return rc;
}

/* The JSON values of the input, one after the other. */
static enum rk_rc
documents(struct reader *r, struct rk_err *err)
{
	bool first = true;
	enum rk_rc rc;
	json_t *json;
	size_t len;
	char c;

	for (; (rc = rk_json_stream_byte(r->io, &c, err)) == RK_OK; first = false) {
		if (r->only)
			return rk_err_set(err, RK_EDATA, "%s", several);
		if (c == '[') {
			rc = rk_json_stream_list(r->io, top_entry, r, err);
		} else {
			rc = rk_json_stream_value(r->io, &json, &len, err);
			if (rc == RK_OK && first && json_is_string(json_object_get(json, "type"))) {
				json_decref(json);
				return release_labels(r, err);
			}
			if (rc == RK_OK)
				rc = top_value(r, json, first, err);
			json_decref(json);
			if (rc == RK_OK)
				rk_io_use(r->io, len);
		}
		if (rc != RK_OK)
			return rc;
	}
	if (rc == RK_END && (r->more || r->total > r->nodes))
		return rk_err_set(err, RK_EDATA, "the list of labels is incomplete (\"%s\"): expected all its pages",
		    r->more ? "hasNextPage" : "totalCount");
	return rc;
}

/* Return whether a line is what jq prints for a value that is missing. */
static bool
is_null(const char *line, size_t len)
{
	while (len > 0 && strchr(blanks, *line)) {
		line++;
		len--;
	}
	while (len > 0 && strchr(blanks, line[len - 1]))
		len--;
	return len == 4 && memcmp(line, "null", 4) == 0;
}

static enum rk_rc
lines(struct reader *r, char delimiter, struct rk_err *err)
{
	const char *label;
	enum rk_rc rc;
	bool whole;
	size_t len;

	while ((rc = rk_io_line(r->io, LINE_BYTES, delimiter, &whole, err)) == RK_OK) {
		label = r->io->raw;
		len = r->io->raw_len;
		if (delimiter == '\n' && r->io->line == 1 && len >= 3 && memcmp(label, bom, 3) == 0) {
			label += 3;
			len -= 3;
		}
		if (delimiter == '\n' && whole && len && label[len - 1] == '\r')
			len--;
		if (delimiter == '\n' && is_null(label, len))
			return rk_err_set(err, RK_EDATA, "expected labels, got null: the command that should have printed them may have "
			    "failed");
		if (len && (rc = r->found(r->context, label, len, err)) != RK_OK)
			break;
	}
	return rc;
}

enum rk_rc
rk_labels_read(struct rk_io *io, bool nul, json_int_t number, rk_labels_found *found, void *context, struct rk_err *err)
{
	struct reader r = { .io = io, .number = number, .found = found, .context = context };
	size_t len = 0, mark = 0, blank = 0;
	enum rk_rc rc = RK_OK;
	const char *bytes;

	if (nul)
		return lines(&r, '\0', err);
	while (rc == RK_OK && mark + blank == len && len <= LINE_BYTES) {
		rc = rk_io_ahead(io, len < 3 ? 3 : len, &bytes, &len, err);
		mark = len >= 3 && memcmp(bytes, bom, 3) == 0 ? 3 : 0;
		blank = strspn(bytes + mark, blanks);
	}
	if (rc != RK_OK && rc != RK_END)
		return rc;
	if (len >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
		return rk_err_set(err, RK_EDATA, "expected UTF-8, got UTF-16");
	if (mark + blank == len || !memchr("{[\"", bytes[mark + blank], 3))
		return lines(&r, '\n', err);
	rk_io_use(io, mark);
	return documents(&r, err);
}
