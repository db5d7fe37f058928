#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "release/ga_commit.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/umbrella.h"

#define REVISION_BYTES 256	/* the longest targetRevision */

struct rk_ga_commit {
	const struct rk_catalog *catalog;
	struct rk_ancestry *ancestry;
	git_repository *charts;		/* or NULL */
	json_t *answers;		/* {"<query>": ["<commit>", ...] or "<why there are none>", ...} */
	bool unmatched;			/* a pattern found no commit where one should be */
};

enum rk_rc
rk_ga_commit_open(const struct rk_catalog *catalog, struct rk_ancestry *ancestry, const char *charts,
    struct rk_ga_commit **ga, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	*ga = NULL;
	if (charts && (!catalog->umbrella.path || !catalog->umbrella.revision))
		return rk_err_set(err, RK_ECONFIG, "%s: umbrella.path and umbrella.revision are required to read charts",
		    catalog->file);
	*ga = calloc(1, sizeof **ga);
	if (!*ga)
		return rk_err_nomem(err);
	(*ga)->catalog = catalog;
	(*ga)->ancestry = ancestry;
	(*ga)->answers = json_object();
	if (!(*ga)->answers)
		rc = rk_err_nomem(err);
	if (rc == RK_OK && charts)
		rc = rk_git_open(charts, &(*ga)->charts, err);
	if (rc != RK_OK) {
		rk_ga_commit_close(*ga);
		*ga = NULL;
	}
	return rc;
}

void
rk_ga_commit_close(struct rk_ga_commit *ga)
{
	if (!ga)
		return;
	rk_git_close(ga->charts);
	json_decref(ga->answers);
	free(ga);
}

/*
 * Return whether Argo CD or Helm choose a version by this revision (Masterminds/semver: operators, commas, blanks,
 * wildcards).
 */
static bool
is_range(const char *revision)
{
	const char *s;
	size_t n;

	if (revision[strcspn(revision, "*^~<>=|!, \t")])
		return true;
	/* x is any number, before the pre-release and the build */
	for (s = revision + (*revision == 'v'); *s && *s != '-' && *s != '+'; s += n + (s[n] == '.')) {
		n = strcspn(s, ".-+");
		if (n == 1 && (*s == 'x' || *s == 'X'))
			return true;
	}
	return false;
}

static bool
is_version(const char *s)
{
	s += *s == 'v' || *s == 'V';
	return *s >= '0' && *s <= '9' && s[strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_")]
	    == '\0';
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
	if (fault)
		return fault == REG_ESPACE ? rk_err_nomem(err)
		    : rk_err_set(err, RK_EBUG, "invalid regular expression in a checked catalogue: \"%s\"", pattern);
	if (regexec(&regex, s, 2, group, 0) == 0 && group[1].rm_so >= 0)
		rk_strbuf_add(id, s + group[1].rm_so, (size_t)(group[1].rm_eo - group[1].rm_so));
	regfree(&regex);
	return rk_strbuf_check(id, err);
}

/*
 * Add the commit that a pattern finds in s, which is named where in messages; if that is NULL, s is the targetRevision,
 * in which it need not find one.
 * RK_END: it finds none, or the service's repository does not have the commit.
 */
static enum rk_rc
add_commit(struct rk_ga_commit *ga, const char *pattern, const char *s, const char *where, json_t *commits,
    struct rk_err *err)
{
	struct rk_strbuf id = { 0 };
	char oid[RK_OID_HEX];
	enum rk_rc rc = match(pattern, s, &id, err);

	if (rc == RK_OK && !id.len && where) {
		ga->unmatched = true;
		rc = rk_err_set(err, RK_END, "no GA commit in the %s \"%s\" (pattern in the catalogue: %s)", where, s, pattern);
	} else if (rc == RK_OK && id.len && ga->ancestry) {
		rc = rk_ancestry_commit(ga->ancestry, id.data, oid, err);
		if (rc == RK_OK && json_array_append_new(commits, json_string(oid)) < 0)
			rc = rk_err_nomem(err);
		if (rc == RK_END)
			rk_err_prefix(err, rc, "GA commit of the %s \"%s\" not found in the service's repository",
			    where ? where : "targetRevision", s);
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
			rc = add_commit(ga, pattern[i], q->revision, NULL, commits, err);
	return rc;
}

/* Find the commit of a ref in the charts' repository. */
static enum rk_rc
find_ref(const struct rk_ga_commit *ga, const char *name, git_oid *commit, struct rk_err *err)
{
	git_reference *ref = NULL;
	git_object *object = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	/* only a ref: as a revision, "1.4-2-gabcdef0" would name a commit without any tag */
	result = git_reference_dwim(&ref, ga->charts, name);
	if (result == 0)
		result = git_reference_peel(&object, ref, GIT_OBJECT_COMMIT);
	if (result == GIT_ENOTFOUND || result == GIT_EINVALIDSPEC || result == GIT_EPEEL)
		rc = rk_err_set(err, RK_END, "revision \"%s\" not found in the charts' repository (git fetch --tags)", name);
	else if (result < 0)
		rc = rk_git_fail(err, result, "cannot read the charts' revision \"%s\"", name);
	else
		git_oid_cpy(commit, git_object_id(object));
	git_object_free(object);
	git_reference_free(ref);
	return rc;
}

/* Find the commit of the umbrella's version in the charts' repository. */
static enum rk_rc
find_version(const struct rk_ga_commit *ga, const char *revision, git_oid *commit, struct rk_err *err)
{
	const char *template = ga->catalog->umbrella.revision;
	struct rk_strbuf version = { 0 }, name = { 0 };
	git_commit *object;
	enum rk_rc rc;

	if (!rk_validate_oid(revision, strlen(revision))) {
		/* of a Git source: a commit of the charts' repository */
		rc = rk_git_commit(ga->charts, revision, &object, err);
		if (rc == RK_OK)
			git_oid_cpy(commit, git_commit_id(object));
		git_commit_free(object);
		return rc == RK_ENOINPUT ? rk_err_prefix(err, RK_END, "charts' repository") : rc;
	}
	if (rk_template_match(template, "version", revision, &version)) {
		rk_strbuf_puts(&name, revision);	/* of a Git source: the name that the template makes of a version */
	} else {
		rk_strbuf_puts(&version, revision);
		rk_template_fill(&name, template, "version", revision);
	}
	rc = rk_strbuf_check(version.failed ? &version : &name, err);
	if (rc == RK_OK && !is_version(rk_strbuf_str(&version)))
		rc = rk_err_set(err, RK_END, "the targetRevision \"%s\" is not a version: what it deploys may change", revision);
	if (rc == RK_OK)
		rc = find_ref(ga, name.data, commit, err);
	rk_strbuf_free(&version);
	rk_strbuf_free(&name);
	return rc;
}

/* Add the commit in the version of the umbrella's dependency. */
static enum rk_rc
find_in_dependency(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const struct rk_umbrella *umbrella,
    json_t *commits, struct rk_err *err)
{
	const char *name = q->chart->name, *version;
	struct rk_umbrella_chart found;
	enum rk_rc rc = rk_umbrella_find(umbrella, name, &found, err);

	version = rk_json_string(found.dependency, "version");
	if (rc == RK_OK && !found.dependency)
		rc = rk_err_set(err, RK_END, "dependency \"%s\" not found in the umbrella chart", name);
	else if (rc == RK_OK && found.several)
		rc = rk_err_set(err, RK_END, "several dependencies \"%s\" in the umbrella chart", name);
	else if (rc == RK_OK && !version)
		rc = rk_err_set(err, RK_END, "the version of the dependency \"%s\" in the umbrella chart is not a string", name);
	else if (rc == RK_OK && is_range(version))
		rc = rk_err_set(err, RK_END, "the version of the dependency \"%s\" in the umbrella chart is a range: \"%s\"", name,
		    version);
	if (rc == RK_OK)
		rc = add_commit(ga, q->service->ga_version, version, "subchart's version", commits, err);
	rk_umbrella_chart_free(&found);
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
		return rk_err_set(err, RK_END, "the umbrella's values have a digest at %s, which takes precedence over the tag",
		    form->digest);
	if (!at)
		return RK_OK;
	s = json_string_value(at);
	if (!s || strlen(s) != json_string_length(at))
		return rk_err_set(err, RK_END, "the umbrella's value at %s is not a string (quote it)", path);
	*tag = s;
	if (!form->reference)
		return RK_OK;
	*tag = strrchr(s, ':');
	if (!*tag || strchr(*tag, '/') || strchr(s, '@'))
		return rk_err_set(err, RK_END, "the umbrella's value at %s, \"%s\", has no tag, or a digest", path, s);
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
			rc = rk_err_set(err, RK_END, "the umbrella's values have two tags for the image of %s: \"%s\" and \"%s\"",
			    q->chart->name, tag, other);
		if (rc == RK_OK && other)
			tag = other;
	}
	if (rc == RK_OK && !tag)
		rc = rk_err_set(err, RK_END, "the umbrella's values have no tag at %s", form->reference ? form->reference : form->tag);
	if (rc == RK_OK)
		rc = add_commit(ga, q->service->ga_tag, tag, "umbrella's tag", commits, err);
	json_decref(values);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
find_in_charts(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, json_t *commits,
    struct rk_err *err)
{
	struct rk_umbrella *umbrella = NULL;
	struct rk_source *source = NULL;
	git_oid commit;
	enum rk_rc rc;

	rc = find_version(ga, q->revision, &commit, err);
	if (rc != RK_OK)
		return rc;
	rc = rk_source_open_commit(ga->charts, &commit, &source, err);
	if (rc == RK_OK)
		rc = rk_umbrella_open(ga->catalog, source, &umbrella, err);
	if (rc == RK_OK && q->service->ga_version)
		rc = find_in_dependency(ga, q, umbrella, commits, err);
	if (rc == RK_OK && q->service->ga_tag)
		rc = find_in_values(ga, q, umbrella, commits, err);
	rk_umbrella_close(umbrella);
	rk_source_close(source);
	/* a version that cannot be read holds only its own tenants */
	if (rc == RK_EDATA || rc == RK_ENOINPUT || rc == RK_END)
		rc = rk_err_prefix(err, RK_END, "the umbrella at %s", q->revision);
	return rc;
}

static enum rk_rc
find(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, json_t *commits, struct rk_err *err)
{
	const char *revision = q->revision;
	enum rk_rc rc;

	if (!q->service->ga_version && !q->service->ga_tag)
		return rk_err_set(err, RK_END, "missing ga-version or ga-tag in the catalogue for the service %s", q->service->name);
	if (strlen(revision) > REVISION_BYTES)
		return rk_err_set(err, RK_END, "the targetRevision is longer than %d bytes", REVISION_BYTES);
	if (!*revision || is_range(revision))
		return rk_err_set(err, RK_END, "the targetRevision \"%s\" is a range of versions: what it deploys may change",
		    revision);
	rc = find_in_revision(ga, q, commits, err);
	if ((rc != RK_OK && rc != RK_END) || (rc == RK_OK && json_array_size(commits)))
		return rc;
	if (rc == RK_OK && q->by_itself)
		return rk_err_set(err, RK_END, "no GA commit in the targetRevision \"%s\", the version of the chart %s, which is "
		    "deployed by itself", revision, q->chart->name);
	if (rc == RK_OK && !ga->charts)
		return rk_err_set(err, RK_END, "no GA commit in the targetRevision \"%s\", and no charts to search (--charts)",
		    revision);
	if (!ga->charts || q->by_itself)
		return rc;
	json_array_clear(commits);
	return find_in_charts(ga, q, commits, err);
}

enum rk_rc
rk_ga_commit_find(struct rk_ga_commit *ga, const struct rk_ga_commit_query *q, const json_t **commits,
    struct rk_err *err)
{
	struct rk_strbuf key = { 0 };
	json_t *answer = NULL;
	enum rk_rc rc;

	rk_strbuf_printf(&key, "%s\n%s\n%d%s", q->service->name, q->chart->name, q->by_itself, q->revision);
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK && !(answer = json_object_get(ga->answers, key.data))) {
		answer = json_array();
		rc = answer ? find(ga, q, answer, err) : rk_err_nomem(err);
		if (rc == RK_END) {
			json_decref(answer);
			answer = json_string(err->msg);
			rc = RK_OK;
		}
		if (json_object_set_new(ga->answers, key.data, answer) < 0)
			rc = rk_err_nomem(err);
	}
	rk_strbuf_free(&key);
	*commits = answer;
	return rc == RK_OK && json_is_string(answer) ? rk_err_set(err, RK_END, "%s", json_string_value(answer)) : rc;
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
