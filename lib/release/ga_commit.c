#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "release/ga_commit.h"
#include "base/array.h"
#include "base/err.h"
#include "base/intern.h"
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

/* An answer: commits, or why there are none. */
struct answer {
	bool found;
	struct rk_ga_commit_list commits;
	uint32_t doubt;
};

struct rk_ga_commit {
	const struct rk_catalog *catalog;
	struct rk_ancestry *history;
	git_repository *charts;		/* may be NULL */
	struct rk_intern asked;		/* "<service>\n<chart>\n<revision>" */
	struct answer *answer;		/* by the number there */
	size_t n_answers, room;
	struct rk_intern doubts;
};

enum rk_rc
rk_ga_commit_open(const struct rk_catalog *catalog, struct rk_ancestry *history, const char *charts,
    struct rk_ga_commit **general, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	*general = NULL;
	if (charts && (!catalog->umbrella.path || !catalog->umbrella.revision))
		return rk_err_set(err, RK_ECONFIG, "%s: to look into charts, umbrella.path and umbrella.revision are wanted",
		    catalog->file);
	*general = calloc(1, sizeof **general);
	if (!*general)
		return rk_err_nomem(err);
	(*general)->catalog = catalog;
	(*general)->history = history;
	if (charts)
		rc = rk_git_open(charts, &(*general)->charts, err);
	if (rc != RK_OK) {
		rk_ga_commit_close(*general);
		*general = NULL;
	}
	return rc;
}

void
rk_ga_commit_close(struct rk_ga_commit *general)
{
	if (!general)
		return;
	rk_git_close(general->charts);
	rk_intern_free(&general->asked);
	rk_intern_free(&general->doubts);
	free(general->answer);
	free(general);
}

/* Does Argo CD, or Helm, choose among versions there?  (Masterminds/semver: operators, commas, blanks, wildcards.) */
static bool
is_range(const char *revision)
{
	const char *s;
	size_t n;

	if (revision[strcspn(revision, "*^~<>=|!, \t")])
		return true;
	/* x stands for any number, before the pre-release and the build */
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

/* The commit that pattern, an extended regular expression with one group, finds in s; "" where it finds none. */
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
		return rk_err_set(err, fault == REG_ESPACE ? RK_ENOMEM : RK_EBUG, "\"%s\" was taken as a regular expression", pattern);
	if (regexec(&regex, s, 2, group, 0) == 0 && group[1].rm_so >= 0)
		rk_strbuf_add(id, s + group[1].rm_so, (size_t)(group[1].rm_eo - group[1].rm_so));
	regfree(&regex);
	return rk_strbuf_check(id, err);
}

/* Find the commit in s, which is what where says.  RK_END: there is none, or the service's repository lacks it. */
static enum rk_rc
find_in(struct rk_ga_commit *general, const char *pattern, const char *s, const char *where,
    struct rk_ga_commit_list *commits, struct rk_err *err)
{
	struct rk_strbuf id = { 0 };
	enum rk_rc rc = match(pattern, s, &id, err);

	if (rc == RK_OK && !id.len)
		rc = rk_err_set(err, RK_END, "the %s \"%s\" names no commit of the general release (the catalogue looks for %s)",
		    where, s, pattern);
	else if (rc == RK_OK) {
		rc = rk_ancestry_commit(general->history, id.data, commits->oid[commits->n], err);
		if (rc == RK_OK)
			commits->n++;
		else if (rc == RK_END)
			rk_err_prefix(err, rc, "in the service's repository the general release, of the %s \"%s\", is not found", where, s);
	}
	rk_strbuf_free(&id);
	return rc;
}

/* In the targetRevision itself.  RK_OK with none found: no pattern matches it. */
static enum rk_rc
find_in_revision(struct rk_ga_commit *general, const struct rk_service *service, const char *revision,
    struct rk_ga_commit_list *commits, struct rk_err *err)
{
	const char *pattern[RK_GA_COMMIT_MOST] = { service->ga_version, service->ga_tag };
	struct rk_strbuf id = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < RK_GA_COMMIT_MOST; i++) {
		if (!pattern[i])
			continue;
		rc = match(pattern[i], revision, &id, err);
		if (rc == RK_OK && id.len)
			rc = find_in(general, pattern[i], revision, "targetRevision", commits, err);
	}
	rk_strbuf_free(&id);
	return rc;
}

/* The commit that a version's Git revision, by the catalogue's template, names in the charts' repository. */
static enum rk_rc
find_revision(const struct rk_ga_commit *general, const char *revision, git_oid *commit, struct rk_err *err)
{
	const char *template = general->catalog->umbrella.revision;
	struct rk_strbuf version = { 0 }, name = { 0 };
	git_reference *ref = NULL;
	git_object *object = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	if (!rk_validate_oid(revision, strlen(revision))) {
		/* of a Git source: a commit of the charts' repository */
		git_oid_fromstr(commit, revision);
		result = git_object_lookup(&object, general->charts, commit, GIT_OBJECT_COMMIT);
		if (result == GIT_ENOTFOUND)
			rc = rk_err_set(err, RK_END, "the charts' repository has no commit %s", revision);
		else if (result < 0)
			rc = rk_git_fail(err, result, "the charts' %s", revision);
		git_object_free(object);
		return rc;
	}
	if (rk_template_match(template, "version", revision, &version))
		rk_strbuf_puts(&name, revision);	/* of a Git source: what the template makes of the version */
	else {
		rk_strbuf_puts(&version, revision);
		rk_template_fill(&name, template, "version", revision);
	}
	rc = rk_strbuf_check(version.failed ? &version : &name, err);
	if (rc == RK_OK && !is_version(rk_strbuf_str(&version)))
		rc = rk_err_set(err, RK_END, "the targetRevision \"%s\" is no version: what it deploys may change", revision);
	if (rc != RK_OK)
		goto out;
	/* a reference, and nothing else that a revision may be: "1.4-2-gabcdef0" would name a commit without any tag */
	result = git_reference_dwim(&ref, general->charts, name.data);
	if (result == 0)
		result = git_reference_peel(&object, ref, GIT_OBJECT_COMMIT);
	if (result == GIT_ENOTFOUND || result == GIT_EINVALIDSPEC || result == GIT_EPEEL)
		rc = rk_err_set(err, RK_END, "the charts' repository has no revision \"%s\" (git fetch --tags)", name.data);
	else if (result < 0)
		rc = rk_git_fail(err, result, "the charts' %s", name.data);
	else
		git_oid_cpy(commit, git_object_id(object));
out:
	git_object_free(object);
	git_reference_free(ref);
	rk_strbuf_free(&version);
	rk_strbuf_free(&name);
	return rc;
}

/* In the version of the subchart that the umbrella depends on. */
static enum rk_rc
find_in_dependency(struct rk_ga_commit *general, const struct rk_service *service, const struct rk_chart *chart,
    const struct rk_umbrella *umbrella, struct rk_ga_commit_list *commits, struct rk_err *err)
{
	const json_t *dependency;
	const char *version;
	bool several;

	dependency = rk_umbrella_dependency(umbrella, chart->name, &several, NULL);
	if (!dependency)
		return rk_err_set(err, RK_END, "the umbrella chart has no dependency \"%s\"", chart->name);
	if (several)
		return rk_err_set(err, RK_END, "the umbrella chart has several dependencies \"%s\"", chart->name);
	version = rk_json_string(dependency, "version");
	if (!version)
		return rk_err_set(err, RK_END, "the umbrella's dependency \"%s\" has no version that is a text", chart->name);
	if (is_range(version))
		return rk_err_set(err, RK_END, "the umbrella's dependency \"%s\" has a range of versions, \"%s\"", chart->name, version);
	return find_in(general, service->ga_version, version, "subchart's version", commits, err);
}

/* What values have at a path: *at is borrowed, NULL where there is nothing, or null. */
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

/* The tag that values give to an image in one form: *tag is borrowed, NULL where they give none. */
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
		return rk_err_set(err, RK_END, "the umbrella's values have a digest at %s, which wins over the tag", form->digest);
	if (!at)
		return RK_OK;
	s = json_string_value(at);
	if (!s || strlen(s) != json_string_length(at))
		return rk_err_set(err, RK_END, "what the umbrella's values have at %s is no text (quotes are wanted)", path);
	if (!form->reference) {
		*tag = s;
		return RK_OK;
	}
	*tag = strrchr(s, ':');
	if (!*tag || strchr(*tag, '/') || strchr(s, '@'))
		return rk_err_set(err, RK_END, "what the umbrella's values have at %s, \"%s\", has no tag, or a digest", path, s);
	++*tag;
	return RK_OK;
}

/* In the tag that the umbrella's own values give to the image. */
static enum rk_rc
find_in_values(struct rk_ga_commit *general, const struct rk_service *service, const struct rk_chart *chart,
    const struct rk_umbrella *umbrella, struct rk_ga_commit_list *commits, struct rk_err *err)
{
	const char *tag = NULL, *one;
	struct rk_strbuf path = { 0 };
	json_t *values = NULL;
	enum rk_rc rc;
	size_t i;

	rc = rk_umbrella_path(umbrella, "values.yaml", &path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, &values, err);
	for (i = 0; rc == RK_OK && i < chart->n_forms; i++) {
		rc = tag_of_form(values, &chart->form[i], &one, err);
		if (rc == RK_OK && tag && one && strcmp(tag, one) != 0)
			rc = rk_err_set(err, RK_END, "the umbrella's values have two tags for the image of %s, \"%s\" and \"%s\"",
			    chart->name, tag, one);
		if (rc == RK_OK && one)
			tag = one;
	}
	if (rc == RK_OK && !tag)
		rc = rk_err_set(err, RK_END, "the umbrella's values have no tag at %s",
		    chart->form[0].reference ? chart->form[0].reference : chart->form[0].tag);
	if (rc == RK_OK)
		rc = find_in(general, service->ga_tag, tag, "umbrella's tag", commits, err);
	json_decref(values);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
find_in_charts(struct rk_ga_commit *general, const struct rk_service *service, const struct rk_chart *chart,
    const char *revision, struct rk_ga_commit_list *commits, struct rk_err *err)
{
	struct rk_umbrella *umbrella = NULL;
	struct rk_source *repo = NULL;
	git_oid commit;
	enum rk_rc rc;

	rc = find_revision(general, revision, &commit, err);
	if (rc != RK_OK)
		return rc;
	rc = rk_source_open_commit(general->charts, &commit, &repo, err);
	if (rc == RK_OK)
		rc = rk_umbrella_open(general->catalog, repo, &umbrella, err);
	if (rc == RK_OK && service->ga_version)
		rc = find_in_dependency(general, service, chart, umbrella, commits, err);
	if (rc == RK_OK && service->ga_tag)
		rc = find_in_values(general, service, chart, umbrella, commits, err);
	rk_umbrella_close(umbrella);
	rk_source_close(repo);
	/* a chart that cannot be read holds its tenants, and nobody else's */
	if (rc == RK_EDATA || rc == RK_ENOINPUT || rc == RK_END)
		rc = rk_err_prefix(err, RK_END, "the umbrella at %s", revision);
	return rc;
}

static enum rk_rc
find(struct rk_ga_commit *general, const struct rk_service *service, const struct rk_chart *chart, const char *revision,
    bool alone, struct rk_ga_commit_list *commits, struct rk_err *err)
{
	enum rk_rc rc;

	if (!service->ga_version && !service->ga_tag)
		return rk_err_set(err, RK_END, "the catalogue has neither ga-version nor ga-tag for the service %s", service->name);
	if (strlen(revision) > REVISION_BYTES)
		return rk_err_set(err, RK_END, "the targetRevision is longer than %d bytes", REVISION_BYTES);
	if (!*revision || is_range(revision))
		return rk_err_set(err, RK_END, "the targetRevision \"%s\" is a range of versions: what it deploys may change",
		    revision);
	rc = find_in_revision(general, service, revision, commits, err);
	if ((rc != RK_OK && rc != RK_END) || (rc == RK_OK && commits->n))
		return rc;
	if (alone && rc == RK_OK)
		return rk_err_set(err, RK_END, "the targetRevision \"%s\" is the version of the chart %s, deployed by itself, and names "
		    "no commit of the general release", revision, chart->name);
	if (!general->charts || alone)
		return rc == RK_END ? rc : rk_err_set(err, RK_END, "the targetRevision \"%s\" names no commit of the general release, "
		    "and there are no charts to look into (--charts)", revision);
	commits->n = 0;
	return find_in_charts(general, service, chart, revision, commits, err);
}

enum rk_rc
rk_ga_commit_find(struct rk_ga_commit *general, const struct rk_service *service, const struct rk_chart *chart,
    const char *revision, bool alone, struct rk_ga_commit_list *commits, struct rk_err *err)
{
	struct answer *more, answer = { 0 };
	struct rk_strbuf key = { 0 };
	uint32_t n = 0;
	enum rk_rc rc;

	*commits = (struct rk_ga_commit_list){ 0 };
	rk_strbuf_printf(&key, "%s\n%s\n%d%s", service->name, chart->name, alone, revision);
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK)
		rc = rk_intern_add(&general->asked, key.data, &n, err);
	rk_strbuf_free(&key);
	if (rc != RK_OK)
		return rc;
	if (n == general->n_answers) {
		rc = find(general, service, chart, revision, alone, &answer.commits, err);
		answer.found = rc == RK_OK;
		if (rc == RK_END)
			rc = rk_intern_add(&general->doubts, err->msg, &answer.doubt, err);
		if (rc != RK_OK)
			return rc;
		more = rk_array_with_room(general->answer, n, &general->room, sizeof *more);
		if (!more)
			return rk_err_nomem(err);
		general->answer = more;
		more[n] = answer;
		general->n_answers++;
	}
	*commits = general->answer[n].commits;
	return general->answer[n].found ? RK_OK
	    : rk_err_set(err, RK_END, "%s", rk_intern_get(&general->doubts, general->answer[n].doubt));
}
