/*
 * Fuzz actors: an input is what GitHub says of a pull request's timeline, and of teams.  Who added a label is a login, and is in
 * a team only by that login.
 */
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "forge/actors.h"
#include "fuzz.h"

static const char *const labels[] = { "cohort:a:b:c", "Cohort:A:b:C", "cohort:d", "bug", "cohort:" };

static void
check(const struct rk_actors *actors, const char *label)
{
	const char *login = rk_actors_find(actors, label, strlen(label)), *team;
	json_t *teams = rk_actors_teams(actors, label, strlen(label)), *member;

	EXPECT(login || !teams);
	EXPECT(!login || fuzz_starts(label, "cohort:") || fuzz_starts(label, "Cohort:"));
	EXPECT(!login || (fuzz_matches("^[A-Za-z0-9_-]+(\\[bot\\])?$", login) && strlen(login) <= 133));
	json_object_foreach(teams, team, member)
		EXPECT(json_is_boolean(member) && fuzz_matches("^[a-z0-9_][a-z0-9._-]*/[a-z0-9_][a-z0-9._-]*$", team));
	json_decref(teams);
}

int
fuzz_actors(const uint8_t *data, size_t size)
{
	struct rk_actors *actors;
	struct rk_err err = { 0 };
	const char *one, *other;
	size_t i;

	if (rk_actors_read(fuzz_file(0, data, size), &actors, &err) != RK_OK) {
		EXPECT(!actors);
		fuzz_message(&err);
		return 0;
	}
	EXPECT(rk_actors_pull_request(actors) > 0);
	for (i = 0; i < sizeof labels / sizeof *labels; i++)
		check(actors, labels[i]);
	one = rk_actors_find(actors, labels[0], strlen(labels[0]));
	other = rk_actors_find(actors, labels[1], strlen(labels[1]));
	EXPECT(one == other);
	rk_actors_free(actors);
	return 0;
}
