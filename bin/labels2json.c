#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "base/utf8.h"
#include "base/validate.h"
#include "process/confine.h"
#include "forge/actors.h"
#include "forge/labels.h"

#define SHOWN_BYTES 1024	/* the longest label that its refusal repeats */

enum { ACTORS = 1 };

static const struct rk_option options[] = {
	{ '0', "null", NULL, "each label of the input ends with a NUL, as with xargs -0" },
	{ ACTORS, "actors", "FILE", "the events of the pull request's timeline, and members of teams, from REST" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

struct output {
	struct rk_io *io;
	struct rk_actors *actors;	/* NULL without --actors */
};

/* Copy a label that a record can hold into text; NULL if it is too long or not a string. */
static const char *
shown(char text[SHOWN_BYTES + 1], const char *label, size_t len)
{
	if (len > SHOWN_BYTES || memchr(label, '\0', len) || rk_utf8_valid(label, len) != len)
		return NULL;
	memcpy(text, label, len);
	text[len] = '\0';
	return text;
}

static enum rk_rc
selector(void *context, const char *label, size_t len, struct rk_err *err)
{
	char part[3][RK_NAME_BYTES + 1], text[SHOWN_BYTES + 1];
	struct rk_err why = { 0 };
	const struct output *out = context;
	struct rk_io *io = out->io;

	switch (rk_validate_label(label, len, part, &why)) {
	case RK_OK:
		return rk_record_write(io, rk_json_pack("{ss ss% ss ss ss ss* so*}", "type", "selector", "label", label, len,
		    "source", part[0], "key", part[1], "value", part[2], "actor", rk_actors_find(out->actors, label, len), "teams",
		    rk_actors_teams(out->actors, label, len)), err);
	case RK_REFUSED:
		return rk_record_refuse(io, &why, "label", shown(text, label, len), err);
	default:
		rk_io_note(io, "ignored: %.*s", (int)len, label);
		return RK_OK;
	}
}

int
main(int argc, char *argv[])
{
	struct rk_io io = {
		.prog = "labels2json",
		.about = "Turn the cohort labels of a pull request into selectors.",
		.options = options
	};
	const char *arg[128] = { 0 };
	struct output out = { .io = &io };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);
	rc = rk_confine(&(struct rk_confine){ .read = (const char *const[]){ arg[ACTORS], NULL } }, &io, &err);
	if (rc == RK_OK && arg[ACTORS])
		rc = rk_actors_read(arg[ACTORS], &out.actors, &err);
	if (rc == RK_OK)
		rc = rk_labels_read(&io, arg['0'] != NULL, rk_actors_pull_request(out.actors), selector, &out, &err);
	rk_actors_free(out.actors);
	return rk_record_done(&io, rc, &err);
}
