#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "release/ga_commit.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/semver.h"
#include "gitops/umbrella.h"
#include "release/chart_version.h"

#define REVISION_BYTES 256	/* the longest targetRevision */

struct rk_ga_commit {
	const struct rk_catalog *catalog;
	struct rk_ancestry *ancestry;
	const struct rk_chart_version *charts;	/* or NULL */
	json_t *answers;		/* {"<query>": {"commits": [...], "resolved": {...}, "why": "why there are none"}, ...} */
	bool unmatched;			/* a pattern found no commit where one should be */
};

struct rk_ga_commit *
rk_ga_commit_open(const struct rk_catalog *catalog, struct rk_ancestry *ancestry, const struct rk_chart_version *charts)
{
	struct rk_ga_commit *ga = rk_memory_calloc(1, sizeof *ga);

	ga->catalog = catalog;
	ga->ancestry = ancestry;
	ga->charts = charts;
	ga->answers = json_object();
	return ga;
}

void
rk_ga_commit_close(struct rk_ga_commit *ga)
{
	if (!ga)
		return;
	json_decref(ga->answers);
	free(ga);
}

/* Set id to what the group of a pattern matches in s; "" if it does not match. */
static enum rk_rc
match(const char *pattern, const char *s, struct rk_strbuf *id, struct rk_err *err)
{
	regmatch_t group[2];
	regex_t regex;
	int fault;

	rk_strbuf_clear(id);
	rk_strbuf_add(id, "", 0);
	fault = regcomp(&regex, pattern, REG_EXTENDED);
	if (fault == REG_ESPACE)
		rk_memory_fail();
	if (fault)
		return rk_err_set(err, RK_EBUG, "invalid regular expression in a checked catalogue: \"%s\"", pattern);
	errno = 0;
	fault = regexec(&regex, s, 2, group, 0);
	/* glibc's may then say that nothing matches */
	if (fault == REG_ESPACE || errno == ENOMEM)
		rk_memory_fail();
	if (fault == 0 && group[1].rm_so >= 0)
		rk_strbuf_add(id, s + group[1].rm_so, (size_t)(group[1].rm_eo - group[1].rm_so));
	regfree(&regex);
	return RK_OK;
}

/* Find a commit of the service.  Of several whose ids start with a short one, it is the only one in the service's branch. */
static enum rk_rc
find_commit(const struct rk_ga_commit *ga, const struct rk_service *service, const char *id, char oid[RK_OID_HEX],
    struct rk_err *err)
{
	static const char *const prefixes[] = { "refs/remotes/origin/", "refs/heads/" };
	char tip[2][RK_OID_HEX], only[RK_OID_HEX];
	const char *tips[2];
	struct rk_err ignored;
	size_t i, n = 0, found = 0;
	enum rk_rc rc = rk_ancestry_commit(ga->ancestry, id, oid, err);

	if (rc != RK_END || !service->branch)
		return rc;
	for (i = 0; i < 2; i++) {
		tips[n] = tip[n];
		rc = rk_ancestry_ref(ga->ancestry, prefixes[i], service->branch, tip[n], &ignored);
		if (rc != RK_OK && rc != RK_END) {
			*err = ignored;
			return rc;
		}
		n += rc == RK_OK;
	}
	rc = rk_ancestry_find_in(ga->ancestry, id, tips, n, only, &found, &ignored);
	if (rc == RK_OK && found == 1) {
		memcpy(oid, only, RK_OID_HEX);
		return RK_OK;
	}
	if (rc == RK_OK || rc == RK_END)
		return RK_END;
	*err = ignored;
	return rc;
}

/*
 * Add the commit that a pattern finds in s, which is named where in messages; if that is NULL, s is the targetRevision,
 * in which it need not find one.
 * RK_END: it finds none, or the service's repository does not have the commit.
 */
static enum rk_rc
add_commit(struct rk_ga_commit *ga, const struct rk_service *service, const char *pattern, const char *s, const char *where,
    json_t *commits, struct rk_err *err)
{
	struct rk_strbuf id = { 0 };
	char oid[RK_OID_HEX];
	enum rk_rc rc = match(pattern, s, &id, err);

	if (rc == RK_OK && !id.len && where) {
		ga->unmatched = true;
		rc = rk_err_set(err, RK_END, RK_HOLD_NO_GA, where, s, pattern);
	} else if (rc == RK_OK && id.len && ga->ancestry) {
		rc = find_commit(ga, service, id.data, oid, err);
		if (rc == RK_OK)
			rk_json_append(commits, json_string(oid));
		if (rc == RK_END)
			rk_err_set(err, rc, RK_HOLD_GA_UNKNOWN, where ? where : "targetRevision", s, err->msg);
	}
	rk_strbuf_free(&id);
	return rc;
}

/* Add the commits that are in the targetRevision itself, if there are any. */
static enum rk_rc
find_in_revision(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, json_t *commits, struct rk_err *err)
{
	const char *const pattern[] = { q->service->ga_version, q->service->ga_tag };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < 2; i++)
		if (pattern[i])
			rc = add_commit(ga, q->service, pattern[i], q->version.revision, NULL, commits, err);
	return rc;
}

/* Add the commit in the version of the umbrella's dependency. */
static enum rk_rc
find_in_dependency(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const struct rk_umbrella *umbrella,
    json_t *commits, struct rk_err *err)
{
	struct rk_strbuf version = { 0 };
	enum rk_rc rc = rk_umbrella_version(umbrella, q->chart->name, &version, err);

	if (rc == RK_OK && rk_semver_is_range(rk_strbuf_str(&version)))
		rc = rk_err_set(err, RK_END, RK_HOLD_DEPENDENCY_RANGE, q->chart->name, rk_strbuf_str(&version));
	if (rc == RK_OK)
		rc = add_commit(ga, q->service, q->service->ga_version, version.data, "subchart's version", commits, err);
	rk_strbuf_free(&version);
	return rc;
}

/* Set *at to what values have at a path: borrowed, NULL if it is missing or null. */
static enum rk_rc
value_at(json_t *values, const char *path, json_t **at, struct rk_err *err)
{
	struct rk_json_pointer pointer;
	enum rk_rc rc = rk_json_pointer_parse(path, &pointer, err);

	*at = rc == RK_OK ? rk_json_pointer_get(values, &pointer) : NULL;
	rk_json_pointer_free(&pointer);
	if (json_is_null(*at))
		*at = NULL;
	return rc;
}

/* Set *tag to the tag that values give to a form of the image: borrowed, NULL if they give none. */
static enum rk_rc
tag_of_form(json_t *values, const struct rk_image_form *form, const char **tag, struct rk_err *err)
{
	const char *path = form->reference ? form->reference : form->tag, *s;
	json_t *at, *digest = NULL;
	enum rk_rc rc = value_at(values, path, &at, err);

	*tag = NULL;
	if (rc == RK_OK && form->digest)
		rc = value_at(values, form->digest, &digest, err);
	if (rc != RK_OK)
		return rc;
	if (digest && !(json_is_string(digest) && json_string_length(digest) == 0))
		return rk_err_set(err, RK_END, RK_HOLD_DIGEST,
		    form->digest);
	if (!at)
		return RK_OK;
	s = json_string_value(at);
	if (!s || strlen(s) != json_string_length(at))
		return rk_err_set(err, RK_END, RK_HOLD_NUMBER, path);
	*tag = s;
	if (!form->reference)
		return RK_OK;
	*tag = strrchr(s, ':');
	if (!*tag || strchr(*tag, '/') || strchr(s, '@'))
		return rk_err_set(err, RK_END, RK_HOLD_REFERENCE, path, s);
	++*tag;
	return RK_OK;
}

/* Add the commit in the tag that the umbrella's values give to the image. */
static enum rk_rc
find_in_values(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const struct rk_umbrella *umbrella,
    json_t *commits, struct rk_err *err)
{
	const struct rk_image_form *form = q->chart->form;
	const char *tag = NULL, *other;
	struct rk_strbuf path = { 0 };
	json_t *values = NULL;
	enum rk_rc rc;
	size_t i;

	rc = rk_umbrella_path(umbrella, "values.yaml", &path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, &values, err);
	for (i = 0; rc == RK_OK && i < q->chart->n_forms; i++) {
		rc = tag_of_form(values, &form[i], &other, err);
		if (rc == RK_OK && tag && other && strcmp(tag, other) != 0)
			rc = rk_err_set(err, RK_END, RK_HOLD_TWO_TAGS,
			    q->chart->name, tag, other);
		if (rc == RK_OK && other)
			tag = other;
	}
	if (rc == RK_OK && !tag)
		rc = rk_err_set(err, RK_END, RK_HOLD_NO_TAG, form->reference ? form->reference : form->tag);
	if (rc == RK_OK)
		rc = add_commit(ga, q->service, q->service->ga_tag, tag, "umbrella's tag", commits, err);
	json_decref(values);
	rk_strbuf_free(&path);
	return rc;
}

/* Add what is known of the version to an answer. */
static void
add_resolved(json_t *answer, const struct rk_strbuf *version, const git_oid *commit)
{
	char oid[RK_OID_HEX];
	json_t *resolved;

	if (!version->len && !commit)
		return;
	if (commit)
		git_oid_tostr(oid, sizeof oid, commit);
	resolved = rk_json_pack("{ss* ss*}", "version", version->len ? version->data : NULL, "commit", commit ? oid : NULL);
	rk_json_set(answer, "resolved", resolved);
}

/* Add the commits that the umbrella has at a commit of the charts' repository. */
static enum rk_rc
find_at(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const git_oid *commit, struct rk_strbuf *version,
    json_t *answer, struct rk_err *err)
{
	json_t *commits = json_object_get(answer, "commits");
	struct rk_umbrella *umbrella = NULL;
	struct rk_source *source = NULL;
	enum rk_rc rc = rk_source_open_commit(rk_chart_version_repository(ga->charts), commit, &source, err);

	if (rc == RK_OK)
		rc = rk_umbrella_open(ga->catalog, source, &umbrella, err);
	if (rc == RK_OK && !version->len)
		rk_strbuf_puts(version, rk_umbrella_own_version(umbrella));
	if (rc == RK_OK)
		add_resolved(answer, version, commit);
	if (rc == RK_OK && q->service->ga_version)
		rc = find_in_dependency(ga, q, umbrella, commits, err);
	if (rc == RK_OK && q->service->ga_tag)
		rc = find_in_values(ga, q, umbrella, commits, err);
	rk_umbrella_close(umbrella);
	rk_source_close(source);
	return rc;
}

static enum rk_rc
find_in_charts(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, json_t *answer, struct rk_err *err)
{
	struct rk_strbuf version = { 0 };
	git_oid commit;
	enum rk_rc rc = rk_chart_version_find(ga->charts, &q->version, &version, &commit, err);

	if (rc == RK_OK) {
		rc = find_at(ga, q, &commit, &version, answer, err);
		/* a version that cannot be read holds only its own tenants */
		if (rc == RK_EDATA || rc == RK_ENOINPUT || rc == RK_END)
			rc = rk_err_set(err, RK_END, RK_HOLD_UMBRELLA, q->version.revision, err->msg);
	} else if (rc == RK_END) {
		add_resolved(answer, &version, NULL);
	}
	rk_strbuf_free(&version);
	return rc;
}

static enum rk_rc
find(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, json_t *answer, struct rk_err *err)
{
	const char *revision = q->version.revision ? q->version.revision : "";	/* with a tag it may be missing */
	json_t *commits = json_object_get(answer, "commits");
	bool in_charts = ga->charts && !q->by_itself;
	enum rk_rc rc = RK_OK;

	if (!q->service->ga_version && !q->service->ga_tag)
		return rk_err_set(err, RK_END, RK_HOLD_PATTERNS, q->service->name);
	if (q->tag && !q->service->ga_tag)
		return rk_err_set(err, RK_END, RK_HOLD_NO_GA_TAG, q->tag, q->service->name);
	if (q->tag)
		return add_commit(ga, q->service, q->service->ga_tag, q->tag, "tenant's tag", commits, err);
	if (strlen(revision) > REVISION_BYTES)
		return rk_err_set(err, RK_END, RK_HOLD_LONG, REVISION_BYTES);
	/* a range, or the name of a branch, may look like a version with a commit in it */
	if (!rk_semver_is_range(revision) && !(q->version.url && in_charts))
		rc = find_in_revision(ga, q, commits, err);
	if ((rc != RK_OK && rc != RK_END) || (rc == RK_OK && json_array_size(commits)))
		return rc;
	if (rc == RK_OK && q->by_itself)
		return rk_err_set(err, RK_END, RK_HOLD_BY_ITSELF, revision, q->chart->name);
	if (rc == RK_OK && !ga->charts)
		return rk_err_set(err, RK_END, RK_HOLD_NO_CHARTS, revision);
	if (!in_charts)
		return rc;
	json_array_clear(commits);
	return find_in_charts(ga, q, answer, err);
}

/* Find an answer, and keep it with the reason if there is one. */
static enum rk_rc
find_answer(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const char *key, json_t **answer, struct rk_err *err)
{
	enum rk_rc rc;

	*answer = rk_json_pack("{s[]}", "commits");
	rc = find(ga, q, *answer, err);
	if (rc == RK_END) {
		rk_json_set(*answer, "why", json_string(err->msg));
		rc = RK_OK;
	}
	if (rc == RK_OK) {
		rk_json_set(ga->answers, key, *answer);
	} else {
		json_decref(*answer);
		*answer = NULL;
	}
	return rc;
}

enum rk_rc
rk_ga_commit_find(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const json_t **commits,
    const json_t **resolved, struct rk_err *err)
{
	const char *url = q->version.url, *path = q->version.path;
	struct rk_strbuf key = { 0 };
	json_t *answer = NULL;
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&key, "%s\n%s\n%s\n%d%s\n%s\n%s", q->service->name, q->chart->name, q->tag ? q->tag : "", q->by_itself,
	    q->version.revision ? q->version.revision : "", url ? url : "", path ? path : "");
	if (!(answer = json_object_get(ga->answers, key.data)))
		rc = find_answer(ga, q, key.data, &answer, err);
	rk_strbuf_free(&key);
	*commits = json_object_get(answer, "commits");
	*resolved = json_object_get(answer, "resolved");
	return rc == RK_OK && rk_json_string(answer, "why") ? rk_err_set(err, RK_END, "%s", rk_json_string(answer, "why")) : rc;
}

enum rk_rc
rk_ga_commit_check(const struct rk_umbrella *umbrella, const struct rk_service *service, const struct rk_chart *chart,
    struct rk_err *err)
{
	const struct rk_ga_commit_query query = { .service = service, .chart = chart };
	struct rk_ga_commit ga = { 0 };
	enum rk_rc rc = RK_OK;

	if (service->ga_version)
		rc = find_in_dependency(&ga, &query, umbrella, NULL, err);
	if (rc == RK_OK && service->ga_tag)
		rc = find_in_values(&ga, &query, umbrella, NULL, err);
	/* without a version or a tag in the umbrella there is nothing that a pattern could match */
	return rc == RK_EDATA || (rc == RK_END && !ga.unmatched) ? RK_OK : rc;
}
