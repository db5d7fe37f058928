/*
 * Fuzz proposals: an input is what GitHub says of their pull requests, of who closed them, and of their commits.  What is read
 * is written and must be read as the same again; a release is rejected only by a pull request that was closed.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "forge/proposals.h"
#include "gitops/catalog.h"
#include "release/rejection.h"
#include "fuzz.h"

static const char me[] = "ringkit[bot]";

static enum rk_rc
read_proposals(const void *bytes, size_t len, struct rk_proposals *proposals)
{
	struct rk_io io = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	fuzz_open(&io, bytes, len);
	rc = rk_proposals_read(&io, proposals, &err);
	rk_io_close_file(&io);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	if (rc != RK_OK)
		fuzz_message(&err);
	return rc;
}

/* Who closed what, and the commits, as GitHub says it. */
static json_t *
write_again(const struct rk_proposals *p)
{
	json_t *all = json_array(), *value, *commit, *closer;
	const char *key, *parent;

	json_object_foreach(p->closers, key, value) {
		EXPECT(fuzz_matches("^[1-9][0-9]*$", key) && json_is_string(value));
		closer = *json_string_value(value) ? json_pack("{sO}", "login", value) : json_null();
		json_array_append_new(all, json_pack("{sI so}", "number", (json_int_t)strtoll(key, NULL, 10), "closed_by", closer));
	}
	json_object_foreach(p->commits, key, value) {
		parent = json_string_value(json_object_get(value, "parent"));
		EXPECT(json_is_string(json_object_get(value, "message")));
		commit = json_pack("{ss sO s[]}", "sha", key, "message", json_object_get(value, "message"), "parents");
		if (parent) {
			json_array_append_new(json_object_get(commit, "parents"), json_pack("{ss}", "sha", parent));
			json_array_append_new(json_object_get(commit, "parents"), json_pack("{ss}", "sha", "x"));
		}
		json_array_append_new(all, commit);
	}
	return all;
}

static void
check_same(const struct rk_proposals *p)
{
	json_t *all = write_again(p);
	struct rk_proposals again;
	char *text = json_dumps(all, 0);

	EXPECT(text && read_proposals(text, strlen(text), &again) == RK_OK);
	EXPECT(json_equal(again.closers, p->closers) && json_equal(again.commits, p->commits));
	rk_proposals_free(&again);
	free(text);
	json_decref(all);
}

/* A login is the same as itself, in both ways, and as an App's in gh's form. */
static void
check_logins(const json_t *closers)
{
	const char *number, *last = me, *login;
	json_t *value;

	json_object_foreach((json_t *)closers, number, value) {
		login = json_string_value(value);
		EXPECT(rk_proposals_same_login(login, login));
		EXPECT(rk_proposals_same_login(login, last) == rk_proposals_same_login(last, login));
		last = login;
	}
}

static void
check_rejection(const void *bytes, size_t len, const struct rk_proposals *p)
{
	static struct rk_catalog *catalog;
	struct rk_rejection_query query = { .ring = "ring-x", .commit = "1111111111111111111111111111111111111111", .me = me };
	const char *path = fuzz_file(0, bytes, len);
	json_t *labels = json_pack("[s]", "cohort:a:b:c"), *closed = json_string("closed"), *pull;
	struct rk_err err = { 0 };
	json_int_t number = 0;
	bool open = false, found = false;
	enum rk_rc rc;
	size_t i;

	if (!catalog && rk_catalog_load("examples/releases/ring.yaml", &catalog, &err) != RK_OK)
		fuzz_fail(__FILE__, __LINE__, err.msg);
	query.service = &catalog->service[0];
	query.labels = labels;
	rc = rk_rejection_find(path, &query, &number, &err);
	EXPECT((rc == RK_OK || rc == RK_EDATA) && (rc != RK_OK || number >= 0));
	if (rc != RK_OK)
		fuzz_message(&err);
	json_array_foreach(p ? p->pulls : NULL, i, pull)
		found = found || (json_integer_value(json_object_get(pull, "number")) == number &&
		    json_equal(json_object_get(pull, "state"), closed));
	EXPECT(rc != RK_OK || number == 0 || found);
	rc = rk_rejection_pending(path, &query, &open, &err);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	json_decref(labels);
	json_decref(closed);
}

int
fuzz_proposals(const uint8_t *data, size_t size)
{
	struct rk_proposals p;
	enum rk_rc rc = read_proposals(data, size, &p);

	if (rc == RK_OK) {
		if (json_object_size(p.closers) + json_object_size(p.commits))
			check_same(&p);
		check_logins(p.closers);
	}
	check_rejection(data, size, rc == RK_OK ? &p : NULL);
	rk_proposals_free(&p);
	return 0;
}
