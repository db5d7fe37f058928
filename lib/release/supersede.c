#include <stdbool.h>
#include <string.h>

#include "release/supersede.h"
#include "base/err.h"
#include "base/json.h"
#include "git/ancestry.h"
#include "git/git.h"

/* Set *older to whether a commit is certain to be an ancestor of another one, and not the same; both are whole ids. */
static enum rk_rc
is_ancestor(struct rk_ancestry *ancestry, const char *id, const char *of, bool *older, struct rk_err *err)
{
	char oid[RK_OID_HEX], tip[RK_OID_HEX];
	enum rk_rc rc = rk_ancestry_commit(ancestry, id, oid, err);

	*older = false;
	if (rc == RK_OK)
		rc = rk_ancestry_commit(ancestry, of, tip, err);
	if (rc == RK_OK && strcmp(oid, tip) != 0)
		rc = rk_ancestry_contains(ancestry, tip, oid, older, err);
	return rc == RK_END ? RK_OK : rc;
}

/* Set *in to whether a commit, a whole id, is certain to lie in a pull request: at its head, or before. */
static enum rk_rc
is_in_pull(struct rk_ancestry *ancestry, const json_t *pull, const char *oid, bool *in, struct rk_err *err)
{
	const char *head = rk_json_string(pull, "commit");

	*in = strcmp(head, oid) == 0;
	return *in ? RK_OK : is_ancestor(ancestry, oid, head, in, err);
}

/* Set *contained to whether one of the ring's merged pull requests has the commit oid, and its merge is before commit. */
static enum rk_rc
check_pulls(struct rk_ancestry *ancestry, const json_t *merged, const char *ring, const char *oid, const char *commit,
    bool *contained, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	bool in = false;
	const json_t *pull;
	size_t i;

	json_array_foreach(merged, i, pull) {
		if (rc != RK_OK || *contained)
			break;
		if (!rk_json_is(json_object_get(pull, "head"), ring) || json_is_true(json_object_get(pull, "fork")))
			continue;
		rc = is_in_pull(ancestry, pull, oid, &in, err);
		if (rc == RK_OK && in)
			rc = is_ancestor(ancestry, rk_json_string(pull, "merge"), commit, contained, err);
	}
	return rc;
}

/* Add a ring and one of its deployed commits, if commit contains it. */
static enum rk_rc
consider(struct rk_ancestry *ancestry, const json_t *merged, const char *ring, const char *id, const char *commit,
    json_t *supersedes, struct rk_err *err)
{
	enum rk_rc rc;
	char oid[RK_OID_HEX];
	bool contained = false;
	json_t *entry, *old;
	size_t i;

	rc = rk_ancestry_commit(ancestry, id, oid, err);
	if (rc == RK_END && strlen(id) == RK_OID_HEX - 1)
		memcpy(oid, id, sizeof oid);	/* after a squash merge, only a pull request may have it */
	else if (rc != RK_OK)
		return rc == RK_END ? RK_OK : rc;
	rc = is_ancestor(ancestry, oid, commit, &contained, err);
	if (rc == RK_OK && !contained)
		rc = check_pulls(ancestry, merged, ring, oid, commit, &contained, err);
	if (rc != RK_OK || !contained)
		return rc;
	entry = rk_json_pack("{ss ss}", "ring", ring, "commit", oid);
	json_array_foreach(supersedes, i, old) {
		if (rk_json_equal(old, entry)) {
			json_decref(entry);
			return RK_OK;
		}
	}
	rk_json_append(supersedes, entry);
	return RK_OK;
}

enum rk_rc
rk_supersede_find(struct rk_ancestry *ancestry, const json_t *others, const json_t *merged, const char *commit,
    json_t **supersedes, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	json_t *found = json_array(), *ids, *id;
	const char *ring;
	size_t i;

	*supersedes = NULL;
	json_object_foreach((json_t *)others, ring, ids)
		json_array_foreach(ids, i, id)
			if (rc == RK_OK)
				rc = consider(ancestry, merged, ring, json_string_value(id), commit, found, err);
	if (rc == RK_OK)
		*supersedes = found;
	else
		json_decref(found);
	return rc;
}
