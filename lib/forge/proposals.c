#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "forge/proposals.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "forge/api_internal.h"
#include "forge/json_stream.h"
#include "forge/pulls.h"

/* Add who closed an issue, which a pull request is, too. */
static enum rk_rc
add_closer(struct rk_proposals *p, const json_t *issue, struct rk_err *err)
{
	const json_t *number = json_object_get(issue, "number"), *closer = json_object_get(issue, "closed_by");
	const char *login = rk_json_string(closer, "login");
	char key[32];

	if (!json_is_integer(number) || json_integer_value(number) < 1)
		return rk_err_set(err, RK_EDATA, "an issue: missing \"number\"");
	if (!login && !json_is_null(closer))
		return rk_err_set(err, RK_EDATA, "an issue: invalid \"closed_by\": expected a user with a \"login\"");
	snprintf(key, sizeof key, "%lld", (long long)json_integer_value(number));
	rk_json_set(p->closers, key, json_string(login ? login : ""));
	return RK_OK;
}

/* Add a commit: of a pull request's list, or Git's object. */
static enum rk_rc
add_commit(struct rk_proposals *p, const json_t *commit, struct rk_err *err)
{
	const json_t *inner = json_object_get(commit, "commit"), *parents = json_object_get(commit, "parents");
	const char *message = rk_json_string(inner ? inner : commit, "message"), *id = rk_json_string(commit, "sha");
	const char *parent = rk_json_string(json_array_get(parents, 0), "sha");

	if (!id || !message || !json_is_array(parents) || (json_array_size(parents) && !parent))
		return rk_err_set(err, RK_EDATA, "a commit: missing \"sha\", \"message\" or \"parents\"");
	rk_json_set(p->commits, id, rk_json_pack("{ss ss*}", "message", message, "parent",
	    json_array_size(parents) > 1 ? parent : NULL));
	return RK_OK;
}

static enum rk_rc
found(void *context, json_t *object, struct rk_err *err)
{
	struct rk_proposals *p = context;

	if (json_object_get(object, "head") || json_object_get(object, "headRefName"))
		return rk_pulls_add(p->pulls, object, err);
	if (json_object_get(object, "closed_by"))
		return add_closer(p, object, err);
	if (json_object_get(object, "sha"))
		return add_commit(p, object, err);
	if (rk_api_check(object, "pull requests, issues or commits", err) != RK_OK)
		return RK_EDATA;
	return rk_err_set(err, RK_EDATA, "expected pull requests, issues with \"closed_by\", or commits");
}

enum rk_rc
rk_proposals_read(struct rk_io *io, struct rk_proposals *p, struct rk_err *err)
{
	*p = (struct rk_proposals){ json_array(), json_object(), json_object() };
	return rk_json_stream_objects(io, found, p, err);
}

void
rk_proposals_free(struct rk_proposals *p)
{
	json_decref(p->pulls);
	json_decref(p->closers);
	json_decref(p->commits);
	*p = (struct rk_proposals){ 0 };
}

bool
rk_proposals_same_login(const char *a, const char *b)
{
	static const char app[] = "app/", bot[] = "[bot]";
	const char *name[] = { a, b };
	size_t len[2], i;
	bool is_app[2];

	for (i = 0; i < 2; i++) {
		is_app[i] = strncmp(name[i], app, strlen(app)) == 0;
		name[i] += is_app[i] ? strlen(app) : 0;
		len[i] = strlen(name[i]);
		if (!is_app[i] && len[i] > strlen(bot) && strcmp(name[i] + len[i] - strlen(bot), bot) == 0) {
			is_app[i] = true;
			len[i] -= strlen(bot);
		}
	}
	return is_app[0] == is_app[1] && len[0] == len[1] && strncasecmp(name[0], name[1], len[0]) == 0;
}
