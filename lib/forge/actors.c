#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "forge/actors.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "forge/api_internal.h"
#include "forge/json_stream.h"

#define FILE_BYTES (64u << 20)	/* the largest file that is read */

static const char example[] = "2026-01-02T03:04:05Z";
static const char cohort[] = "cohort:";

/* Labels, teams and logins have no capital letters here: GitHub does not tell them apart by case. */
struct rk_actors {
	json_t *events;		/* of each label the last: {"<label>": {"at": time, "id": n, "added": b, "user": {...} | null}, ...} */
	json_t *teams;		/* {"<org/team>": {"<login>": the user's id, or 0}, ...}; null: cannot be read */
	json_int_t issue;	/* the number that an event has, or 0 */
	json_int_t pull_request;	/* 0 until the last object was read */
};

static void
add_lower(struct rk_strbuf *text, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		rk_strbuf_putc(text, (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + ('a' - 'A') : s[i]));
}

/* Return a user's login, borrowed; NULL if there is none that a record can have. */
static const char *
find_login(const json_t *user)
{
	const json_t *login = json_object_get(user, "login");

	return json_is_string(login) && !rk_validate_login(json_string_value(login), json_string_length(login))
	    ? json_string_value(login) : NULL;
}

/* Return whether s is a time as GitHub writes it, so that two of them compare as strings. */
static bool
is_time(const char *s)
{
	size_t i;

	for (i = 0; s[i] && example[i]; i++)
		if (example[i] >= '0' && example[i] <= '9' ? s[i] < '0' || s[i] > '9' : s[i] != example[i])
			return false;
	return s[i] == example[i];
}

/* Check that an event, if it says of which issue it is, is of the same one as the others. */
static enum rk_rc
check_issue(struct rk_actors *a, const json_t *event, struct rk_err *err)
{
	const json_t *number = json_object_get(json_object_get(event, "issue"), "number");

	if (!json_is_integer(number))
		return RK_OK;
	if (a->issue && a->issue != json_integer_value(number))
		return rk_err_set(err, RK_EDATA, "expected the timeline of one pull request, got events of #%" JSON_INTEGER_FORMAT " and #%"
		    JSON_INTEGER_FORMAT, a->issue, json_integer_value(number));
	a->issue = json_integer_value(number);
	return RK_OK;
}

/* Note an event if it is a label's last one so far: by time and, in one second, by id, as GitHub numbers events. */
static enum rk_rc
add_event(struct rk_actors *a, const json_t *event, bool added, struct rk_err *err)
{
	const json_t *name = json_object_get(json_object_get(event, "label"), "name"), *id = json_object_get(event, "id"), *seen;
	const char *at = rk_json_string(event, "created_at");
	struct rk_strbuf label = { 0 };
	enum rk_rc rc;
	int order;

	if (!json_is_string(name) || !json_is_integer(id) || !at || !is_time(at) || !json_object_get(event, "actor"))
		return rk_err_set(err, RK_EDATA, "invalid event \"%s\": expected \"id\", \"actor\", \"label\" with a \"name\", and "
		    "\"created_at\" as %s", rk_json_string(event, "event"), example);
	rc = check_issue(a, event, err);
	if (rc != RK_OK || strncasecmp(json_string_value(name), cohort, strlen(cohort)) != 0
	    || strlen(json_string_value(name)) != json_string_length(name))
		return rc;	/* not a label that selects tenants */
	add_lower(&label, json_string_value(name), json_string_length(name));
	seen = json_object_get(a->events, label.data);
	order = seen ? strcmp(at, rk_json_string(seen, "at")) : 1;
	if (order > 0 || (order == 0 && json_integer_value(id) > json_integer_value(json_object_get(seen, "id"))))
		rk_json_set(a->events, label.data, rk_json_pack("{ss sO sb sO}", "at", at, "id", id, "added", added, "user",
		    json_object_get(event, "actor")));
	rk_strbuf_free(&label);
	return RK_OK;
}

static enum rk_rc
add_member(json_t *members, const json_t *user, struct rk_err *err)
{
	const json_t *id = json_object_get(user, "id");
	const char *login = rk_json_string(user, "login");
	struct rk_strbuf name = { 0 };

	if (!login)
		return rk_err_set(err, RK_EDATA, "invalid \"members\" of a team: expected users with a \"login\"");
	add_lower(&name, login, strlen(login));
	rk_json_set(members, rk_strbuf_str(&name), json_integer(json_integer_value(id)));
	rk_strbuf_free(&name);
	return RK_OK;
}

/* Add the members of a team: all, or a page of them.  A team of which one page cannot be read is not known. */
static enum rk_rc
add_team(struct rk_actors *a, const json_t *object, struct rk_err *err)
{
	const json_t *team = json_object_get(object, "team"), *members = json_object_get(object, "members"), *user;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *known;
	size_t i;

	if (!json_is_string(team) || !strchr(json_string_value(team), '/')
	    || rk_validate_actor(json_string_value(team), json_string_length(team)))
		return rk_err_set(err, RK_EDATA, "invalid \"team\": expected ORG/TEAM");
	if (!json_is_array(members) && !json_is_null(members))
		return rk_err_set(err, RK_EDATA, "invalid \"members\" of a team: expected an array, or null");
	add_lower(&name, json_string_value(team), json_string_length(team));
	known = json_object_get(a->teams, name.data);
	if (json_is_null(members) || !known) {
		known = json_is_null(members) ? json_null() : json_object();
		rk_json_set(a->teams, name.data, known);
	}
	json_array_foreach(members, i, user)
		if (rc == RK_OK && json_is_object(known))
			rc = add_member(known, user, err);
	rk_strbuf_free(&name);
	return rc;
}

static enum rk_rc
end(struct rk_actors *a, const json_t *object, struct rk_err *err)
{
	const json_t *number = json_object_get(object, "pull_request");

	if (!json_is_true(json_object_get(object, "complete")) || !json_is_integer(number) || json_integer_value(number) < 1)
		return rk_err_set(err, RK_EDATA, "expected {\"complete\":true,\"pull_request\":NUMBER}");
	a->pull_request = json_integer_value(number);
	if (a->issue && a->issue != a->pull_request)
		return rk_err_set(err, RK_EDATA, "expected the timeline of pull request %" JSON_INTEGER_FORMAT ", got that of %"
		    JSON_INTEGER_FORMAT, a->pull_request, a->issue);
	return RK_OK;
}

static enum rk_rc
found(void *context, json_t *object, struct rk_err *err)
{
	const json_t *event = json_object_get(object, "event");
	struct rk_actors *a = context;

	if (a->pull_request)
		return rk_err_set(err, RK_EDATA, "expected nothing after \"complete\"");
	if (rk_json_is(event, "labeled") || rk_json_is(event, "unlabeled"))
		return add_event(a, object, rk_json_is(event, "labeled"), err);
	if (json_is_string(event))
		return RK_OK;
	if (json_object_get(object, "complete"))
		return end(a, object, err);
	if (json_object_get(object, "team"))
		return add_team(a, object, err);
	if (rk_api_check(object, "events of a timeline", err) != RK_OK)
		return RK_EDATA;
	return rk_err_set(err, RK_EDATA, "expected events of a timeline, or objects with \"team\" and \"members\"");
}

enum rk_rc
rk_actors_read(const char *file, struct rk_actors **actors, struct rk_err *err)
{
	struct rk_actors *a = rk_memory_calloc(1, sizeof *a);
	struct rk_io io = { 0 };
	enum rk_rc opened = rk_io_open_file(&io, file, FILE_BYTES, err), rc = opened;

	a->events = json_object();
	a->teams = json_object();
	if (rc == RK_OK)
		rc = rk_json_stream_objects(&io, found, a, err);
	if (rc == RK_OK && !a->pull_request)
		rc = rk_err_set(err, RK_EDATA, "missing {\"complete\":true,\"pull_request\":NUMBER} at the end: the timeline may have been "
		    "cut short");
	if (rc != RK_OK) {
		if (opened == RK_OK)	/* else the message has the file already */
			rk_io_where(&io, file, rc, err);
		rk_actors_free(a);
		a = NULL;
	}
	rk_io_close_file(&io);
	*actors = a;
	return rc;
}

void
rk_actors_free(struct rk_actors *a)
{
	if (!a)
		return;
	json_decref(a->events);
	json_decref(a->teams);
	free(a);
}

json_int_t
rk_actors_pull_request(const struct rk_actors *a)
{
	return a ? a->pull_request : 0;
}

/* Return the user who added a label that is there now: borrowed, or NULL. */
static const json_t *
find_user(const struct rk_actors *a, const char *label, size_t len)
{
	struct rk_strbuf name = { 0 };
	const json_t *last;

	if (!a)
		return NULL;
	add_lower(&name, label, len);
	last = json_object_get(a->events, rk_strbuf_str(&name));
	rk_strbuf_free(&name);
	return json_is_true(json_object_get(last, "added")) ? json_object_get(last, "user") : NULL;
}

const char *
rk_actors_find(const struct rk_actors *a, const char *label, size_t len)
{
	return find_login(find_user(a, label, len));
}

json_t *
rk_actors_teams(const struct rk_actors *a, const char *label, size_t len)
{
	const json_t *user = find_user(a, label, len), *id = json_object_get(user, "id"), *member;
	const char *login = find_login(user), *team;
	struct rk_strbuf name = { 0 };
	json_t *teams, *members;
	bool is;

	if (!a || !login)
		return NULL;
	teams = json_object();
	add_lower(&name, login, strlen(login));
	json_object_foreach(a->teams, team, members) {
		member = json_object_get(members, name.data);
		/* a name may have another owner by now, an id has not */
		is = member && (!json_is_integer(id) || !json_integer_value(member) || json_integer_value(member) == json_integer_value(id));
		if (json_is_object(members))
			rk_json_set(teams, team, json_boolean(is));
	}
	rk_strbuf_free(&name);
	if (json_object_size(teams))
		return teams;
	json_decref(teams);
	return NULL;
}
