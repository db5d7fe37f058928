#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <git2.h>
#include <jansson.h>

#include "release/chart_version.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/git.h"
#include "git/ref.h"
#include "gitops/catalog.h"
#include "gitops/semver.h"
#include "release/chart_index.h"


struct rk_chart_version {
	const struct rk_catalog *catalog;
	git_repository *git;
	char *origin;			/* the URL of the remote, or NULL */
	json_t *index;			/* ["<version>", ...], or NULL */
};

/* The repository */

static enum rk_rc
read_origin(struct rk_chart_version *charts, struct rk_err *err)
{
	git_remote *remote = NULL;
	int result = git_remote_lookup(&remote, charts->git, "origin");

	if (result == GIT_ENOTFOUND)
		return RK_OK;
	if (result < 0)
		return rk_git_fail(err, result, "cannot read the remote of the charts' repository");
	if (git_remote_url(remote))
		charts->origin = rk_memory_strdup(git_remote_url(remote));
	git_remote_free(remote);
	return RK_OK;
}

enum rk_rc
rk_chart_version_open(const struct rk_catalog *catalog, const char *dir, const char *index, struct rk_chart_version **charts,
    struct rk_err *err)
{
	enum rk_rc rc;

	*charts = NULL;
	if (!catalog->umbrella.path || !catalog->umbrella.revision)
		return rk_err_set(err, RK_ECONFIG, "%s: umbrella.path and umbrella.revision are required to read charts",
		    catalog->file);
	*charts = rk_memory_calloc(1, sizeof **charts);
	(*charts)->catalog = catalog;
	rc = rk_git_open(dir, &(*charts)->git, err);
	if (rc == RK_OK)
		rc = read_origin(*charts, err);
	if (rc == RK_OK && index)
		rc = rk_chart_index_read(catalog, index, &(*charts)->index, err);
	if (rc != RK_OK) {
		rk_chart_version_close(*charts);
		*charts = NULL;
	}
	return rc;
}

void
rk_chart_version_close(struct rk_chart_version *charts)
{
	if (!charts)
		return;
	rk_git_close(charts->git);
	free(charts->origin);
	json_decref(charts->index);
	free(charts);
}

git_repository *
rk_chart_version_repository(const struct rk_chart_version *charts)
{
	return charts->git;
}

/* Find the commit of a ref, or, if it does not start with "refs/", of a short name of one.  RK_END: there is none. */
static enum rk_rc
find_ref(const struct rk_chart_version *charts, const char *name, git_oid *commit, struct rk_err *err)
{
	git_reference *ref = NULL;
	git_object *object = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	/* only a ref: as a revision, "1.4-2-gabcdef0" would name a commit without any tag */
	result = strncmp(name, "refs/", 5) == 0 ? git_reference_lookup(&ref, charts->git, name)
						: git_reference_dwim(&ref, charts->git, name);
	if (result == 0)
		result = git_reference_peel(&object, ref, GIT_OBJECT_COMMIT);
	if (result == GIT_ENOTFOUND || result == GIT_EINVALIDSPEC || result == GIT_EPEEL)
		rc = rk_err_set(err, RK_END, RK_HOLD_NOT_FOUND, name);
	else if (result < 0)
		rc = rk_git_fail(err, result, "cannot read the charts' revision \"%s\"", name);
	else
		git_oid_cpy(commit, git_object_id(object));
	git_object_free(object);
	git_reference_free(ref);
	return rc;
}

/* Find a commit by its full id, or one that starts with id. */
static enum rk_rc
find_commit(const struct rk_chart_version *charts, const char *id, git_oid *commit, struct rk_err *err)
{
	git_commit *object = NULL;
	git_oid prefix;
	enum rk_rc rc = RK_OK;
	int result;

	if (git_oid_fromstrn(&prefix, id, strlen(id)) < 0)
		return rk_git_fail(err, -1, "%s", id);
	result = git_commit_lookup_prefix(&object, charts->git, &prefix, strlen(id));
	if (result == GIT_ENOTFOUND || result == GIT_EAMBIGUOUS)
		rc = rk_err_set(err, RK_END, RK_HOLD_CHARTS_COMMIT, id, result == GIT_ENOTFOUND ? "git fetch" : "several ids start with it");
	else if (result < 0)
		rc = rk_git_fail(err, result, "%s", id);
	else
		git_oid_cpy(commit, git_commit_id(object));
	git_commit_free(object);
	return rc;
}

/* Versions */

/* Find the highest version of a range in the index. */
static enum rk_rc
find_highest(const struct rk_chart_version *charts, const char *range, const char **highest, struct rk_err *err)
{
	enum rk_rc rc;

	*highest = NULL;
	if (!charts->index)
		return rk_err_set(err, RK_END, RK_HOLD_NO_INDEX, range);
	rc = rk_semver_highest(range, charts->index, highest, err);
	return rc == RK_END ? rk_err_set(err, rc, RK_HOLD_RANGE, range, err->msg) : rc;
}

/* Return whether a range has a sign or wildcard, so that no tool takes it for a version, as "1.4". */
static bool
is_signed_range(const char *revision)
{
	return rk_semver_is_range(revision) && revision[strspn(revision, "v0123456789.")];
}

/* Find the commit of a released version. */
static enum rk_rc
find_released(const struct rk_chart_version *charts, const char *revision, struct rk_strbuf *version, git_oid *commit,
    struct rk_err *err)
{
	const char *template = charts->catalog->umbrella.revision, *s;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;

	if (rk_template_match(template, "version", revision, version)) {
		rk_strbuf_puts(&name, revision);	/* the name that the template makes of a version */
	} else {
		rk_strbuf_puts(version, revision);
		rk_template_fill(&name, template, "version", revision);
	}
	s = rk_strbuf_str(version);
	s += *s == 'v' || *s == 'V';
	if (*s < '0' || *s > '9' || s[strspn(s, RK_CHART_INDEX_CHARACTERS)])
		rc = rk_err_set(err, RK_END, RK_HOLD_NO_VERSION, revision);
	if (rc == RK_OK)
		rc = find_ref(charts, name.data, commit, err);
	if (rc == RK_END && rk_semver_is_range(rk_strbuf_str(version)))
		rk_err_set(err, rc, RK_HOLD_PARTIAL, revision);
	rk_strbuf_free(&name);
	return rc;
}

static enum rk_rc
find_version(const struct rk_chart_version *charts, const char *revision, struct rk_strbuf *version, git_oid *commit,
    struct rk_err *err)
{
	const char *highest;
	enum rk_rc rc;

	if (!rk_validate_oid(revision, strlen(revision)))
		return find_commit(charts, revision, commit, err);	/* of a Git source */
	if (!is_signed_range(revision))
		return find_released(charts, revision, version, commit, err);
	rc = find_highest(charts, revision, &highest, err);
	return rc == RK_OK ? find_released(charts, highest, version, commit, err) : rc;
}

/* Git sources */

/* A URL of a Git repository, for comparing: the host with a port that is not the default, and the path without ".git". */
struct url {
	const char *host, *path;
	size_t host_len, path_len;
};

static struct url
parse_url(const char *s)
{
	static const struct { const char *scheme, *port; } schemes[] = { { "https://", ":443" }, { "http://", ":80" },
		{ "ssh://", ":22" }, { "git+ssh://", ":22" }, { "file://", "" }, { "git://", "" } };
	const char *port = NULL, *at;
	struct url url = { .host = s };
	size_t i, n;

	for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strncasecmp(s, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
			port = schemes[i].port;
			url.host = s + strlen(schemes[i].scheme);
		}
	n = strcspn(url.host, port ? "/" : ":/");	/* without a scheme: HOST:PATH, or a path */
	if (!port && url.host[n] != ':')
		n = 0;
	at = memchr(url.host, '@', n);
	url.path = url.host + n + (!port && n > 0);
	if (at) {
		n -= (size_t)(at + 1 - url.host);
		url.host = at + 1;
	}
	url.host_len = n;
	n = port ? strlen(port) : 0;
	if (n > 0 && url.host_len > n && strncmp(url.host + url.host_len - n, port, n) == 0)
		url.host_len -= n;
	url.path += strspn(url.path, "/");
	url.path_len = strlen(url.path);
	while (url.path_len > 0 && url.path[url.path_len - 1] == '/')
		url.path_len--;
	if (url.path_len > 4 && strncasecmp(url.path + url.path_len - 4, ".git", 4) == 0)
		url.path_len -= 4;
	return url;
}

/* Return whether two URLs name the same repository.  Argo CD ignores the case, too. */
static bool
same_repository(const char *a, const char *b)
{
	struct url u = parse_url(a), v = parse_url(b);

	return u.host_len == v.host_len && strncasecmp(u.host, v.host, u.host_len) == 0 && u.path_len == v.path_len
	    && strncasecmp(u.path, v.path, u.path_len) == 0;
}

/* Append a URL without user information, which may have a password. */
static void
append_url(struct rk_strbuf *text, const char *s)
{
	struct url url = parse_url(s);

	rk_strbuf_add(text, url.host, url.host_len);
	rk_strbuf_printf(text, "/%s", url.path);
}

/* Compare paths in a repository without "./" before and "/" after them. */
static bool
same_path(const char *a, const char *b)
{
	const char *const path[] = { a, b };
	const char *start[2];
	size_t len[2], i;

	for (i = 0; i < 2; i++) {
		start[i] = path[i];
		while (start[i][0] == '.' && (start[i][1] == '/' || !start[i][1]))
			start[i] += 1 + strspn(start[i] + 1, "/");
		len[i] = strlen(start[i]);
		while (len[i] > 0 && start[i][len[i] - 1] == '/')
			len[i]--;
	}
	return len[0] == len[1] && strncmp(start[0], start[1], len[0]) == 0;
}

static enum rk_rc
check_origin(const struct rk_chart_version *charts, const struct rk_chart_version_query *q, struct rk_err *err)
{
	const char *path = charts->catalog->umbrella.path;
	struct rk_strbuf source = { 0 }, origin = { 0 };
	enum rk_rc rc = RK_OK;

	if (!charts->origin)
		return rk_err_set(err, RK_END, RK_HOLD_NO_ORIGIN, q->revision);
	if (!same_repository(charts->origin, q->url)) {
		append_url(&source, q->url);
		append_url(&origin, charts->origin);
		rc = rk_err_set(err, RK_END, RK_HOLD_OTHER_ORIGIN, source.data, origin.data);
		rk_strbuf_free(&source);
		rk_strbuf_free(&origin);
		return rc;
	}
	return same_path(q->path ? q->path : "", path) ? RK_OK
	    : rk_err_set(err, RK_END, RK_HOLD_OTHER_PATH, q->path ? q->path : "", path);
}

/* Set *found to whether the ref PREFIX NAME is there, and commit to its commit if it is. */
static enum rk_rc
try_ref(const struct rk_chart_version *charts, const char *prefix, const char *name, bool *found, git_oid *commit,
    struct rk_err *err)
{
	struct rk_strbuf ref = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&ref, "%s%s", prefix, name);
	rc = find_ref(charts, ref.data, commit, err);
	rk_strbuf_free(&ref);
	*found = rc == RK_OK;
	return rc == RK_END ? RK_OK : rc;
}

/*
 * Find the commit of a name: refs/heads/NAME, refs/tags/NAME, or the branch or tag NAME as it was fetched from origin.
 * *found is false if there is none.  RK_END: there are both.
 */
static enum rk_rc
find_name(const struct rk_chart_version *charts, const char *name, bool *found, git_oid *commit, struct rk_err *err)
{
	static const char branches[] = "refs/remotes/origin/", tags[] = "refs/tags/", heads[] = "refs/heads/";
	bool tag = false;
	enum rk_rc rc;

	if (strncmp(name, heads, strlen(heads)) == 0)
		return try_ref(charts, branches, name + strlen(heads), found, commit, err);
	if (strncmp(name, tags, strlen(tags)) == 0)
		return try_ref(charts, "", name, found, commit, err);
	rc = try_ref(charts, branches, name, found, commit, err);
	if (rc == RK_OK)
		rc = try_ref(charts, tags, name, &tag, commit, err);
	if (rc == RK_OK && *found && tag)
		return rk_err_set(err, RK_END, RK_HOLD_BOTH, name);
	*found = *found || tag;
	return rc;
}

/* Find the highest tag of a range, as Argo CD and Flux do for a Git source: *tag is new on RK_OK. */
static enum rk_rc
find_highest_tag(const struct rk_chart_version *charts, const char *range, char **tag, struct rk_err *err)
{
	static const char prefix[] = "refs/tags/";
	struct rk_ref_list refs;
	const char *highest, *name;
	json_t *tags = json_array();
	enum rk_rc rc = rk_ref_list(charts->git, prefix, &refs, err);
	size_t i;

	for (i = 0; i < refs.n; i++) {	/* one that is not UTF-8 is not a version */
		name = refs.name[i] + strlen(prefix);
		if (!name[strspn(name, RK_CHART_INDEX_CHARACTERS)])
			rk_json_append(tags, json_string(name));
	}
	rk_ref_list_free(&refs);
	if (rc == RK_OK)
		rc = rk_semver_highest(range, tags, &highest, err);
	if (rc == RK_END)
		rk_err_set(err, rc, RK_HOLD_RANGE, range, err->msg);
	if (rc == RK_OK)
		*tag = rk_memory_strdup(highest);
	json_decref(tags);
	return rc;
}

static enum rk_rc
find_in_origin(const struct rk_chart_version *charts, const struct rk_chart_version_query *q, git_oid *commit, struct rk_err *err)
{
	const char *name = q->revision;
	char *tag = NULL;
	bool found = false;
	enum rk_rc rc = check_origin(charts, q, err);

	if (rc == RK_OK && !rk_validate_oid(name, strlen(name)))
		return find_commit(charts, name, commit, err);
	if (rc == RK_OK)
		rc = find_name(charts, name, &found, commit, err);
	if (rc == RK_OK && is_signed_range(name)) {
		if (found)
			return rk_err_set(err, RK_END, RK_HOLD_RANGE_OR_NAME, name);
		rc = find_highest_tag(charts, name, &tag, err);
		if (rc == RK_OK)
			rc = find_name(charts, tag, &found, commit, err);
		free(tag);
	} else if (rc == RK_OK && !found && strlen(name) >= 7 && !name[strspn(name, "0123456789abcdef")]) {
		return find_commit(charts, name, commit, err);
	}
	return rc == RK_OK && !found ? rk_err_set(err, RK_END, RK_HOLD_NO_BRANCH, name) : rc;
}

enum rk_rc
rk_chart_version_find(const struct rk_chart_version *charts, const struct rk_chart_version_query *q, struct rk_strbuf *version,
    git_oid *commit, struct rk_err *err)
{
	rk_strbuf_clear(version);
	return q->url ? find_in_origin(charts, q, commit, err) : find_version(charts, q->revision, version, commit, err);
}
