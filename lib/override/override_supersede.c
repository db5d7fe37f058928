#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "gitops/image.h"
#include "gitops/values.h"
#include "override/override.h"
#include "override/override_internal.h"
#include "yaml/mark.h"

bool
rk_override_supersede_may(const struct rk_override_plan *plan, const struct rk_override_setting *setting,
    const struct rk_override_image *image)
{
	struct rk_strbuf commit = { 0 };
	const json_t *lower;
	const char *id;
	bool is = false;
	size_t i;

	rk_image_commit(plan->values->service, rk_strbuf_str(&image->version), &commit);
	json_array_foreach(setting->supersedes, i, lower) {
		id = rk_json_string(lower, "commit");
		is = is || (image->owner == RK_OVERRIDE_ANOTHER_RING && !image->by_mark && !image->bumped && !image->strange && commit.len && id
		    && rk_json_is(json_object_get(lower, "ring"), image->ring.data) && strncmp(id, commit.data, commit.len) == 0);
	}
	rk_strbuf_free(&commit);
	return is && !image->lower.len;		/* one level */
}

enum rk_rc
rk_override_supersede_check(const struct rk_override_plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	json_t *values = json_object(), *before = json_object();
	enum rk_rc rc = rk_override_values_read(plan->values, image->ring.data, values, before, err);

	if (rc == RK_OK && json_object_size(values))
		rc = rk_err_refuse(err, RK_CODE_HELD_BY_ANOTHER_RING, "image already overridden for service %s: %s has values beside its "
		    "image, so it cannot be taken over: clear that ring", plan->values->service->name, image->ring.data);
	json_decref(values);
	json_decref(before);
	return rc;
}

bool
rk_override_supersede_has_digest(const struct rk_override_image *image)
{
	return image->owner == RK_OVERRIDE_ANOTHER_RING && image->part[RK_OVERRIDE_DIGEST].marked;
}

void
rk_override_supersede_mark(const struct rk_override_plan *plan, const struct rk_override_image *image, enum rk_override_part number,
    struct rk_mark *mark)
{
	const struct rk_override_member *part = &image->part[number];

	if (!part->node)
		return;
	mark->replaced = !part->marked || part->mark.replaced;
	if (!part->marked) {
		rk_override_plan_raw(plan, part, &mark->was);
		return;
	}
	rk_strbuf_puts(&mark->over_ring, image->ring.data);
	rk_override_plan_raw(plan, part, &mark->over);
	rk_strbuf_copy(&mark->was, &part->mark.was);
}

void
rk_override_supersede_forget(struct rk_override_plan *plan, struct rk_override_image *image, const char *ring)
{
	const struct rk_override_member *part;
	struct rk_mark mark;
	size_t i;

	if (strcmp(rk_strbuf_str(&image->lower), ring) != 0 || rk_override_plan_touches(plan, rk_override_image_main(image)))
		return;
	for (i = 0; i < RK_OVERRIDE_PARTS; i++) {
		part = &image->part[i];
		mark = (struct rk_mark){ .replaced = part->mark.replaced && !image->lower_unmarked };
		if (part->marked && !part->foreign && !part->intact)
			rk_override_plan_unmark(plan, part);	/* what another author has written is what was there */
		else if (part->marked && !part->foreign) {
			rk_strbuf_copy(&mark.was, &part->mark.was);
			rk_override_plan_mark(plan, part, &mark, image->ring.data);
		}
		rk_mark_free(&mark);
	}
}
