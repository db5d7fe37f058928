#include <stdlib.h>

#include "place.h"
#include "ref.h"
#include "text.h"

struct rk_place {
	const struct rk_place_options *options;
	struct rk_ref ref;
	struct rk_text name;
	git_oid from, to;		/* of the move that was made, if one was */
};

enum rk_rc
rk_place_open(const struct rk_place_options *options, struct rk_place **place, struct rk_err *err)
{
	struct rk_place *new = calloc(1, sizeof *new);
	enum rk_rc rc;

	*place = NULL;
	if (!new)
		return rk_nomem(err);
	new->options = options;
	rk_text_printf(&new->name, "the branch \"%s\"", options->branch);
	rc = rk_text_check(&new->name, err);
	if (rc == RK_OK)
		rc = options->update ? rk_ref_open_everywhere(options->git, options->branch, options->onto, &new->ref, err)
				     : rk_ref_open(options->git, options->branch, options->onto, &new->ref, err);
	if (rc == RK_OK)
		*place = new;
	else
		rk_place_close(new);
	return rc;
}

void
rk_place_close(struct rk_place *place)
{
	if (!place)
		return;
	rk_ref_free(&place->ref);
	rk_text_free(&place->name);
	free(place);
}

const char *
rk_place_name(const struct rk_place *place)
{
	return place->name.data;
}

enum rk_rc
rk_place_read(struct rk_place *place, git_oid *tip, git_oid *base, struct rk_err *err)
{
	enum rk_rc rc = rk_ref_tip(&place->ref, tip, err);

	*base = *tip;
	if (rc == RK_OK && place->options->onto)
		rc = rk_ref_read(place->options->git, place->options->onto, base, err);
	return rc;
}

enum rk_rc
rk_place_move(struct rk_place *place, const git_oid *old, const git_oid *new, const char *message, struct rk_err *err)
{
	enum rk_rc rc = rk_ref_move(&place->ref, old, new, message, err);

	if (rc == RK_OK) {
		place->from = *old;
		place->to = *new;
	}
	return rc;
}

enum rk_rc
rk_place_bring(struct rk_place *place, struct rk_err *err)
{
	if (git_oid_is_zero(&place->to))
		return RK_OK;
	return rk_ref_bring(&place->ref, &place->from, &place->to, err);
}
