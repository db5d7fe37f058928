#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "override/override.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/chart_source.h"
#include "gitops/element.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "gitops/shadow.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

/* Whose the image is */

/* Refuse a repository beside a tag that is set, unless it is the catalogue's; the chart may add the host. */
static enum rk_rc
check_repository(const struct rk_override_plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_override_member *repository = &image->part[RK_OVERRIDE_REPOSITORY];
	const char *ours = plan->repository.data, *found = rk_strbuf_str(&image->found);

	if (!repository->node || strcmp(found, ours) == 0
	    || (!strstr(found, plan->host.data) && strcmp(found, rk_image_path(ours)) == 0))
		return RK_OK;
	return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "repository already set for service %s at %s: expected %s, got %s",
	    plan->values->service->name, repository->path, ours, found);
}

/* Refuse to set an image where another ring, or a person, has set one. */
static enum rk_rc
refuse_if_held_by_another(const struct rk_override_plan *plan, struct rk_override_image *image, struct rk_err *err)
{
	const char *service = plan->values->service->name, *tag = rk_strbuf_str(&image->version);
	const char *found = rk_strbuf_str(&image->found), *expected = plan->repository.data;
	const struct rk_override_member *part = image->part;
	const char *colon = rk_image_rings_by_tag(plan->values->service) && *tag ? ":" : "";

	if (*colon)
		expected = plan->reference.data;
	switch (image->owner) {
	case RK_OVERRIDE_ANOTHER_RING:
		return rk_err_refuse(err, RK_CODE_HELD_BY_ANOTHER_RING, "image already overridden for service %s: "
		    "expected %s, got %s%s%s%s%s%s", service, expected, found, colon, *colon ? tag : "", image->by_mark
		    ? " with a mark of " : "", image->by_mark ? image->ring.data : "", image->by_mark ? ": clear that ring" : "");
	case RK_OVERRIDE_NOT_A_RING:
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "image already set for service %s at %s, not by a ring: "
		    "expected %s, got %s%s%s", service, rk_override_image_main(image)->path, expected, *found || *colon ? found
		    : "an empty string", *found ? colon : "", *colon ? tag : "");
	case RK_OVERRIDE_TAG_ONLY:
		return rk_err_refuse(err, RK_CODE_TAG_WITHOUT_REPOSITORY, "tag without repository for service %s at %s: remove it, or "
		    "release without this tenant", service, part[part[RK_OVERRIDE_TAG].node ? RK_OVERRIDE_TAG : RK_OVERRIDE_DIGEST].path);
	case RK_OVERRIDE_NO_IMAGE:
	case RK_OVERRIDE_THIS_RING:
		break;
	}
	if (image->digest)
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "digest already set for service %s at %s: it takes precedence over "
		    "the ring's tag", service, part[RK_OVERRIDE_DIGEST].path);
	if (rk_override_image_is_tag_only(image->form))
		return check_repository(plan, image, err);
	if (part[RK_OVERRIDE_REGISTRY].node && image->owner == RK_OVERRIDE_NO_IMAGE)
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "registry already set for service %s at %s, not by a ring",
		    service, part[RK_OVERRIDE_REGISTRY].path);
	return RK_OK;
}

/* Refuse to touch an image whose parts have marks of another owner. */
static enum rk_rc
refuse_if_strange(const struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_override_member *strange = image->strange;

	if (!strange)
		return RK_OK;
	return rk_err_refuse(err, RK_CODE_BAD_MARK, "the comment of %s has the mark of %s/%s, which did not set this image",
	    strange->path, rk_strbuf_str(&strange->mark.service), rk_strbuf_str(&strange->mark.ring));
}

/* Setting */

static enum rk_rc
refuse_lost(const struct rk_override_member *part, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_MARK_LOST, "the comment of %s that said what was there before is gone", part->path);
}

/*
 * Find what a mark that a part of the ring's image gets has to say: what the old mark says, but a value that another author has
 * written over it takes the place of what was there.
 */
static enum rk_rc
inherit_mark(const struct rk_override_plan *plan, const struct rk_override_image *image, enum rk_override_part number,
    struct rk_mark *mark, bool *plain, struct rk_err *err)
{
	const struct rk_override_member *part = &image->part[number];
	struct rk_mark lost = { 0 };
	bool is_lost = false;
	enum rk_rc rc = RK_OK;

	if (part->marked) {
		mark->replaced = part->mark.replaced || !part->intact;
		rk_strbuf_copy(&mark->over_ring, &part->mark.over_ring);
		rk_strbuf_copy(&mark->over, &part->mark.over);
		rk_strbuf_copy(&mark->was, &part->mark.was);
		if (!part->intact)
			rk_override_plan_raw(plan, part, &mark->was);
		return RK_OK;
	}
	if (!part->node)
		return RK_OK;
	if (image->owner == RK_OVERRIDE_THIS_RING && !rk_override_plan_is_flow(plan, part))
		rc = rk_override_history_mark(plan->history, plan->values, image, number, &lost, &is_lost, err);
	if (rc == RK_OK && is_lost && (image->marked || image->form->reference || rk_override_image_is_tag_only(image->form)))
		rc = refuse_lost(part, err);
	else if (rc == RK_OK && (is_lost || (image->owner == RK_OVERRIDE_THIS_RING && !image->marked)))
		*plain = true;		/* as all that is set without replace */
	else if (rc == RK_OK) {
		mark->replaced = true;
		rk_override_plan_raw(plan, part, &mark->was);
	}
	rk_mark_free(&lost);
	return rc;
}

/* Set a part with a mark. */
static enum rk_rc
set_marked(struct rk_override_plan *plan, const struct rk_override_image *image, enum rk_override_part number, const char *s,
    struct rk_err *err)
{
	const struct rk_override_member *part = &image->part[number];
	struct rk_mark mark = { 0 };
	bool plain = false, same = false;
	enum rk_rc rc = RK_OK;

	if (image->owner == RK_OVERRIDE_ANOTHER_RING)
		rk_override_supersede_mark(plan, image, number, &mark);
	else
		rc = inherit_mark(plan, image, number, &mark, &plain, err);
	if (rc == RK_OK && part->marked && part->intact && image->owner == RK_OVERRIDE_THIS_RING)
		rc = rk_override_plan_is(plan, part, s, &same, err);
	if (rc == RK_OK && !same)
		rc = rk_override_plan_set(plan, part, s, plain ? NULL : &mark, err);
	rk_mark_free(&mark);
	return rc;
}

/* Return whether a part gets a mark, or keeps one: then a part that is missing cannot be added in flow style. */
static bool
gets_mark(const struct rk_override_plan *plan, const struct rk_override_image *image, const char *const *strings)
{
	const struct rk_override_member *part;
	bool gets = false;
	size_t i;

	for (i = 0; i < RK_OVERRIDE_PARTS; i++) {
		part = &image->part[i];
		gets = gets || (part->node ? part->marked || image->owner != RK_OVERRIDE_THIS_RING
					   : strings[i] && !rk_override_plan_is_flow(plan, part));
	}
	return gets;
}

static enum rk_rc
set_replacing(struct rk_override_plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_image_form *form = image->form;
	const char *const strings[RK_OVERRIDE_PARTS] = {
		[RK_OVERRIDE_REGISTRY] = form->registry ? plan->host.data : NULL,
		[RK_OVERRIDE_REPOSITORY] = form->reference ? plan->reference.data : !form->repository ? NULL
		    : form->registry ? rk_image_path(plan->repository.data) : plan->repository.data,
		[RK_OVERRIDE_TAG] = form->tag ? plan->tag : NULL,
		[RK_OVERRIDE_DIGEST] = plan->digest && form->digest ? plan->digest : image->digest || rk_override_supersede_has_digest(image) ? "" : NULL,
	};
	const struct rk_override_member *part;
	bool repository = false, tag = true;
	enum rk_rc rc = RK_OK;
	size_t i;

	if (strings[RK_OVERRIDE_TAG] && strings[RK_OVERRIDE_REPOSITORY]) {
		rc = rk_override_plan_is(plan, &image->part[RK_OVERRIDE_REPOSITORY], strings[RK_OVERRIDE_REPOSITORY], &repository, err);
		if (rc == RK_OK)
			rc = rk_override_plan_is(plan, &image->part[RK_OVERRIDE_TAG], plan->tag, &tag, err);
	}
	if (rc == RK_OK && repository && !tag)
		rc = rk_override_plan_test(plan, &image->part[RK_OVERRIDE_REPOSITORY], err);
	for (i = 0; rc == RK_OK && i < RK_OVERRIDE_PARTS; i++) {
		part = &image->part[i];
		if (strings[i] && !part->node && gets_mark(plan, image, strings) && rk_override_plan_is_flow(plan, part))
			rc = rk_err_refuse(err, RK_CODE_NO_MARK, "cannot mark the value of %s as added: in a flow map there is no place for "
			    "a comment", part->path);
		else if (strings[i])
			rc = set_marked(plan, image, (enum rk_override_part)i, strings[i], err);
	}
	return rc;
}

static enum rk_rc
set_plain(struct rk_override_plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_override_member *part = image->part;
	const char *ours = image->form->registry ? rk_image_path(plan->repository.data) : plan->repository.data;
	bool repository, tag;
	enum rk_rc rc = RK_OK;

	if (image->form->reference)
		return rk_override_plan_set(plan, &part[RK_OVERRIDE_REPOSITORY], plan->reference.data, NULL, err);
	rc = rk_override_plan_is(plan, &part[RK_OVERRIDE_TAG], plan->tag, &tag, err);
	if (rc == RK_OK && rk_override_image_is_tag_only(image->form)) {
		if (!tag && part[RK_OVERRIDE_REPOSITORY].node)
			rc = rk_override_plan_test(plan, &part[RK_OVERRIDE_REPOSITORY], err);
		return rc == RK_OK ? rk_override_plan_set(plan, &part[RK_OVERRIDE_TAG], plan->tag, NULL, err) : rc;
	}
	if (rc == RK_OK)
		rc = rk_override_plan_is(plan, &part[RK_OVERRIDE_REPOSITORY], ours, &repository, err);
	if (rc == RK_OK && repository && !tag)
		/* the new tag is one of this repository: test that it stays */
		rc = rk_override_plan_test(plan, &part[RK_OVERRIDE_REPOSITORY], err);
	if (rc == RK_OK && image->form->registry)
		rc = rk_override_plan_set(plan, &part[RK_OVERRIDE_REGISTRY], plan->host.data, NULL, err);
	if (rc == RK_OK)
		rc = rk_override_plan_set(plan, &part[RK_OVERRIDE_REPOSITORY], ours, NULL, err);
	return rc == RK_OK ? rk_override_plan_set(plan, &part[RK_OVERRIDE_TAG], plan->tag, NULL, err) : rc;
}

/* Return whether a value that is not a scalar is in the place of a part: it is never replaced. */
static bool
has_collection(const struct rk_override_plan *plan, const struct rk_override_image *image)
{
	bool has = false;
	size_t i;

	for (i = 0; i < RK_OVERRIDE_PARTS; i++)
		has = has || (image->part[i].node && rk_yaml_node(plan->values->yaml, image->part[i].node)->kind != RK_YAML_SCALAR);
	return has;
}

/* Clearing */

/* What a part of the ring's image without a mark is: lost its mark, or set without one. */
static enum rk_rc
clear_unmarked(struct rk_override_plan *plan, const struct rk_override_image *image, enum rk_override_part number,
    const struct rk_override_clearing *how, struct rk_err *err)
{
	const struct rk_override_member *part = &image->part[number];
	struct rk_mark lost = { 0 };
	struct rk_strbuf was = { 0 };
	bool is_lost = false;
	enum rk_rc rc = RK_OK;

	if ((image->form->replace || image->marked) && !how->keep_value)
		rc = rk_override_history_mark(plan->history, plan->values, image, number, &lost, &is_lost, err);
	if (rc == RK_OK && is_lost && !how->to)
		rc = refuse_lost(part, err);
	else if (rc == RK_OK && is_lost && lost.replaced) {
		rc = rk_override_plan_raw_value(&lost.was, &was, NULL, err);
		if (rc == RK_OK)
			rk_override_plan_then(plan, part, was.data);
	} else if (rc == RK_OK && !how->keep_value && (is_lost || (!image->marked && number != RK_OVERRIDE_DIGEST)))
		rk_override_plan_remove(plan, part);
	rk_mark_free(&lost);
	rk_strbuf_free(&was);
	return rc;
}

/* Clear a part that has the ring's mark: what another author has written since then stays. */
static enum rk_rc
clear_marked(struct rk_override_plan *plan, const struct rk_override_image *image, const struct rk_override_member *part,
    const struct rk_override_clearing *how, struct rk_err *err)
{
	const struct rk_mark *mark = &part->mark;
	bool lower = image->lower.len && !how->to;

	if (!part->intact || how->keep_value)
		rk_override_plan_unmark(plan, part);
	else if ((mark->over_ring.len && lower) || (mark->replaced && (lower || !image->lower_unmarked)))
		return rk_override_plan_restore(plan, part, lower, err);
	else
		rk_override_plan_remove(plan, part);
	return RK_OK;
}

/* Let the tag of a reference be the one that is asked for: its repository is the one that the mark has. */
static enum rk_rc
set_reference_to(struct rk_override_plan *plan, const struct rk_override_image *image, const struct rk_override_clearing *how,
    struct rk_err *err)
{
	const struct rk_override_member *part = &image->part[RK_OVERRIDE_REPOSITORY];
	struct rk_strbuf reference = { 0 }, ignored = { 0 };
	enum rk_rc rc;

	if (!part->marked || !part->intact || !part->mark.replaced || image->lower_unmarked)
		return rk_err_refuse(err, RK_CODE_MARK_LOST, "%s is a whole reference, of which no mark keeps the repository from before: "
		    "write it by hand", part->path);
	rc = rk_override_image_before(image, false, &reference, &ignored, err);
	if (rc == RK_OK)
		rc = rk_override_plan_restore(plan, part, false, err);
	rk_strbuf_printf(&reference, ":%s", how->to);
	if (rc == RK_OK)
		rk_override_plan_then(plan, part, reference.data);
	rk_strbuf_free(&reference);
	rk_strbuf_free(&ignored);
	return rc;
}

/* Let the tag be the one that is asked for, after all else. */
static enum rk_rc
set_to(struct rk_override_plan *plan, const struct rk_override_image *image, const struct rk_override_clearing *how,
    struct rk_err *err)
{
	const struct rk_override_member *tag = &image->part[RK_OVERRIDE_TAG];
	bool restored = tag->marked && tag->intact && tag->mark.replaced;
	enum rk_rc rc = RK_OK;

	if (image->form->reference)
		return set_reference_to(plan, image, how, err);
	if (!tag->node)
		return RK_OK;
	if (restored)
		rc = rk_override_plan_restore(plan, tag, false, err);
	else if (tag->marked)
		rk_override_plan_unmark(plan, tag);
	if (rc == RK_OK)
		rk_override_plan_then(plan, tag, how->to);
	return rc;
}

/* Take the ring's image away in one form, where it is the ring's. */
static enum rk_rc
clear_image(struct rk_override_plan *plan, struct rk_override_image *image, const struct rk_override_clearing *how,
    struct rk_err *err)
{
	const struct rk_override_member *part;
	bool tag_only = rk_override_image_is_tag_only(image->form);
	enum rk_rc rc = refuse_if_strange(image, err);
	size_t i;

	if (rk_override_plan_touches(plan, rk_override_image_main(image)))
		return rc;	/* another form has cleared it */
	for (i = 0; rc == RK_OK && i < RK_OVERRIDE_PARTS; i++) {
		part = &image->part[i];
		if (!part->node || rk_override_plan_touches(plan, part) || (tag_only && i != RK_OVERRIDE_TAG && !part->marked))
			continue;
		if (how->to && (i == RK_OVERRIDE_TAG || image->form->reference))
			rc = set_to(plan, image, how, err);
		else if (how->to && i == RK_OVERRIDE_DIGEST && part->marked)
			rk_override_plan_unmark(plan, part);	/* it would take precedence over the tag */
		else
			rc = part->marked ? clear_marked(plan, image, part, how, err)
					  : clear_unmarked(plan, image, (enum rk_override_part)i, how, err);
	}
	return rc;
}

static enum rk_rc
check_precedence(const struct rk_override_plan *plan, const struct rk_chart *chart, const struct rk_override_image *image,
    struct rk_err *err)
{
	const struct rk_image_form *form = &chart->form[0];
	const char *const members[] = { form->registry, form->repository, form->tag, form->digest, form->reference };
	enum rk_rc rc = rk_shadow_registry(plan->values, chart, plan->host.data, err);
	size_t i;

	for (i = 0; rc == RK_OK && i < sizeof members / sizeof members[0]; i++)
		if (members[i])
			rc = rk_shadow_check(plan->values, rk_values_path(plan->values, chart, members[i]), plan->repository.data,
			    err);
	if (rc == RK_OK && rk_override_image_is_tag_only(form))	/* it must stay the chart's */
		rc = rk_shadow_check(plan->values, image->part[RK_OVERRIDE_REPOSITORY].path + plan->values->base.len,
		    plan->repository.data, err);
	return rc;
}

/* Set the image in the form that is written, by whose image is there. */
static enum rk_rc
set_image(struct rk_override_plan *plan, const struct rk_override_setting *setting, struct rk_override_image *image,
    struct rk_strbuf *took_over, struct rk_err *err)
{
	bool superseded = rk_override_supersede_may(plan, setting, image);
	bool replaces = superseded || image->marked || (image->form->replace && !has_collection(plan, image)
	    && image->owner != RK_OVERRIDE_ANOTHER_RING);
	enum rk_rc rc = RK_OK;

	if (!replaces || (image->owner == RK_OVERRIDE_ANOTHER_RING && !superseded))
		rc = refuse_if_held_by_another(plan, image, err);
	else if (rk_override_image_is_tag_only(image->form))
		rc = check_repository(plan, image, err);
	if (rc == RK_OK && superseded)
		rc = rk_override_supersede_check(plan, image, err);
	if (rc == RK_OK)
		rc = refuse_if_strange(image, err);
	if (rc == RK_OK)
		rc = check_precedence(plan, image->chart, image, err);
	if (rc != RK_OK)
		return rc;
	if (superseded) {
		rk_strbuf_clear(took_over);
		rk_strbuf_puts(took_over, image->ring.data);
	}
	return replaces ? set_replacing(plan, image, err) : set_plain(plan, image, err);
}

/* Return whether two forms have the image's repository at one path, so that the first of them says whose it is. */
static bool
is_same_place(const struct rk_image_form *a, const struct rk_image_form *b)
{
	return a->repository && b->repository && strcmp(a->repository, b->repository) == 0;
}

/* Set the ring's image in a chart: in the first form, and in no other. */
static enum rk_rc
set_chart(struct rk_override_plan *plan, const struct rk_override_setting *setting, const struct rk_chart *chart,
    struct rk_strbuf *took_over, struct rk_err *err)
{
	const struct rk_override_clearing how = { .ring = plan->ring };
	struct rk_override_image image;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < chart->n_forms; i++) {
		if (i > 0 && is_same_place(&chart->form[i], &chart->form[0]))
			continue;
		rc = rk_override_image_find(plan->values, plan->ring, chart, i, &image, err);
		if (rc == RK_OK && i == 0)
			rc = set_image(plan, setting, &image, took_over, err);
		else if (rc == RK_OK && image.owner != RK_OVERRIDE_TAG_ONLY)
			rc = refuse_if_held_by_another(plan, &image, err);
		if (rc == RK_OK && i > 0 && image.owner == RK_OVERRIDE_THIS_RING)
			rc = clear_image(plan, &image, &how, err);
		rk_override_image_free(&image);
	}
	return rc;
}

/* Return whether a chart that the manifest deploys by itself is one before, in another chart: its values are the same. */
static bool
is_second(const struct rk_values *v, size_t chart)
{
	const struct rk_chart *all = v->service->chart, *this = &all[chart];
	size_t i;

	for (i = 0; v->deployed.len && i < chart; i++)
		if (rk_values_deploys(v, &all[i]) && strcmp(rk_values_path(v, &all[i], rk_catalog_path(&all[i].form[0])),
		    rk_values_path(v, this, rk_catalog_path(&this->form[0]))) == 0)
			return true;
	return false;
}

enum rk_rc
rk_override_set(const struct rk_values *v, const struct rk_override_setting *setting, struct rk_strbuf *took_over, json_t **edits,
    struct rk_err *err)
{
	struct rk_override_plan plan;
	enum rk_rc rc = RK_OK;
	size_t i;

	rk_override_plan_open(&plan, v, setting->ring, setting->tag);
	plan.digest = setting->digest;
	plan.history = setting->history;
	plan.defaults = setting->defaults;
	plan.by_hand = setting->by_hand;
	rk_strbuf_clear(took_over);
	for (i = 0; rc == RK_OK && i < v->service->n_charts; i++)
		if (rk_values_deploys(v, &v->service->chart[i]) && !is_second(v, i))
			rc = set_chart(&plan, setting, &v->service->chart[i], took_over, err);
	if (rc == RK_OK && setting->values)
		rc = rk_override_values_set(&plan, setting->values, err);
	return rk_override_plan_close(&plan, rc, NULL, edits, err);
}

enum rk_rc
rk_override_clear(const struct rk_values *v, const struct rk_override_clearing *how, json_t **edits, struct rk_err *err)
{
	const struct rk_chart *chart;
	struct rk_override_image image;
	struct rk_override_plan plan;
	enum rk_rc rc = RK_OK;
	size_t i, f;

	rk_override_plan_open(&plan, v, how->ring, "");
	plan.history = how->history;
	plan.by_hand = how->by_hand;
	plan.clears = true;
	for (i = 0; i < v->service->n_charts; i++) {
		chart = &v->service->chart[i];
		if (!rk_values_deploys(v, chart) || is_second(v, i))
			continue;
		for (f = 0; rc == RK_OK && f < chart->n_forms; f++) {
			rc = rk_override_image_find(v, how->ring, chart, f, &image, err);
			if (rc == RK_OK && image.owner == RK_OVERRIDE_THIS_RING)
				rc = clear_image(&plan, &image, how, err);
			else if (rc == RK_OK)
				rk_override_supersede_forget(&plan, &image, how->ring);
			rk_override_image_free(&image);
		}
	}
	if (rc == RK_OK)
		rc = rk_override_values_clear(&plan, how, err);
	return rk_override_plan_close(&plan, rc, how->target_revision, edits, err);
}

/* Return a string of its own, NULL if it is empty. */
static char *
own(struct rk_strbuf *text)
{
	char *s = text->len ? text->data : NULL;

	if (!text->len)
		rk_strbuf_free(text);
	*text = (struct rk_strbuf){ 0 };
	return s;
}

/* Add the image of the ring from which this one was taken over. */
static enum rk_rc
add_lower(struct rk_override_list *list, const struct rk_override_image *image, const char *path, struct rk_err *err)
{
	struct rk_override lower = { .chart = image->chart };
	struct rk_strbuf repository = { 0 }, tag = { 0 }, ga = { 0 }, none = { 0 };
	enum rk_rc rc = rk_override_image_before(image, !image->lower_unmarked, &repository, &tag, err);

	if (rc == RK_OK && !image->lower_unmarked)
		rc = rk_override_image_before(image, false, &none, &ga, err);
	rk_strbuf_free(&none);
	if (rc != RK_OK) {
		rk_strbuf_free(&repository);
		rk_strbuf_free(&tag);
		rk_strbuf_free(&ga);
		return rc;
	}
	lower.ring = rk_memory_strdup(image->lower.data);
	lower.under = rk_memory_strdup(image->ring.data);
	lower.path = rk_memory_strdup(path);
	if (!repository.len)
		rk_image_repository(&repository, list->values.service, lower.ring);
	rk_strbuf_add(&tag, "", 0);
	lower.repository = repository.data;
	lower.tag = tag.data;
	lower.ga_tag = own(&ga);
	rk_memory_grow(&list->item, list->n, &list->size, sizeof *list->item);
	list->item[list->n++] = lower;
	return RK_OK;
}

/* Find the tag that a clear leaves. */
static enum rk_rc
find_ga_tag(const struct rk_override_image *image, struct rk_strbuf *tag, struct rk_err *err)
{
	const struct rk_override_member *part = &image->part[image->form->reference ? RK_OVERRIDE_REPOSITORY : RK_OVERRIDE_TAG];
	struct rk_strbuf ignored = { 0 };
	enum rk_rc rc = RK_OK;

	if (image->marked && (part->marked ? !part->intact : image->bumped))
		rk_strbuf_puts(tag, rk_strbuf_str(&image->version));
	else if (image->marked)
		rc = rk_override_image_before(image, image->lower.len && !image->lower_unmarked, &ignored, tag, err);
	rk_strbuf_free(&ignored);
	return rc;
}

/* Add an image of a ring, or that of the ring below it, to a list of overrides; ring NULL: both. */
static enum rk_rc
add_override(struct rk_override_list *list, struct rk_override_image *image, const char *ring, struct rk_err *err)
{
	struct rk_override_member *at = rk_override_image_is_tag_only(image->form) && !image->part[RK_OVERRIDE_REPOSITORY].node
	    ? &image->part[RK_OVERRIDE_TAG] : &image->part[RK_OVERRIDE_REPOSITORY];
	const struct rk_override_member *digest = &image->part[RK_OVERRIDE_DIGEST];
	struct rk_strbuf ga = { 0 }, text = { 0 }, over = { 0 }, ignored = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->item[i].chart == image->chart && strcmp(list->item[i].path, at->path) == 0)
			return RK_OK;	/* another form has found it */
	if (image->lower.len && (!ring || strcmp(ring, image->lower.data) == 0))
		rc = add_lower(list, image, at->path, err);
	if (rc != RK_OK || (ring && image->owner != RK_OVERRIDE_THIS_RING))
		return rc;
	rc = find_ga_tag(image, &ga, err);
	if (rc == RK_OK && image->digest && rk_yaml_node(list->values.yaml, digest->node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(list->values.yaml, digest->node, &text, err);
	if (rc == RK_OK && image->lower.len)
		rc = rk_override_image_before(image, !image->lower_unmarked, &ignored, &over, err);
	rk_strbuf_free(&ignored);
	if (rc != RK_OK) {
		rk_strbuf_free(&ga);
		rk_strbuf_free(&text);
		rk_strbuf_free(&over);
		return rc;
	}
	rk_memory_grow(&list->item, list->n, &list->size, sizeof *list->item);
	rk_strbuf_add(&image->found, "", 0);
	rk_strbuf_add(&image->version, "", 0);
	list->item[list->n++] = (struct rk_override){ .chart = image->chart, .ring = image->ring.data,
		.repository = image->found.data, .tag = image->version.data, .path = at->path, .digest = own(&text), .ga_tag = own(&ga),
		.bumped = image->bumped, .over = own(&image->lower), .over_tag = own(&over) };
	image->ring = image->found = image->version = (struct rk_strbuf){ 0 };
	at->path = NULL;
	return RK_OK;
}

/* Add the values of their rings to overrides. */
static enum rk_rc
add_values(struct rk_override_list *list, struct rk_err *err)
{
	struct rk_override *o;
	json_t *values = NULL, *before = NULL;
	enum rk_rc rc = RK_OK;
	size_t i;

	if (!list->n || !strstr(rk_yaml_text(list->values.yaml), "# ringkit: "))
		return RK_OK;
	for (i = 0; rc == RK_OK && i < list->n; i++) {
		o = &list->item[i];
		if (i == 0 || strcmp(o[-1].ring, o->ring) != 0) {	/* the charts of one ring are read at once */
			json_decref(values);
			json_decref(before);
			values = json_object();
			before = json_object();
			rc = rk_override_values_read(&list->values, o->ring, values, before, err);
		}
		o->values = json_incref(json_object_get(values, o->chart->name));
		o->ga_values = json_incref(json_object_get(before, o->chart->name));
	}
	json_decref(values);
	json_decref(before);
	return rc;
}

/* Find the overrides in list->values. */
static enum rk_rc
find_overrides(struct rk_override_list *list, const char *ring, struct rk_err *err)
{
	const struct rk_service *service = list->values.service;
	const struct rk_chart *chart;
	struct rk_override_image image;
	enum rk_rc rc = RK_OK;
	size_t i, f;

	for (i = 0; i < service->n_charts; i++) {
		chart = &service->chart[i];
		if (!rk_values_deploys(&list->values, chart) || is_second(&list->values, i))
			continue;
		for (f = 0; rc == RK_OK && f < chart->n_forms; f++) {
			rc = rk_override_image_find(&list->values, ring, chart, f, &image, err);
			if (rc == RK_OK && (image.owner == RK_OVERRIDE_THIS_RING || image.owner == RK_OVERRIDE_ANOTHER_RING))
				rc = add_override(list, &image, ring, err);
			rk_override_image_free(&image);
		}
	}
	return rc == RK_OK ? add_values(list, err) : rc;
}

bool
rk_override_may_hold(struct rk_manifest *manifest, const struct rk_service *service, const char *ring)
{
	const struct rk_strbuf *text = &manifest->file.text;
	struct rk_strbuf element = { 0 };
	const char *bytes = NULL;
	size_t len;
	bool may;

	if (manifest->entry && manifest->entry->elements)
		bytes = rk_element_text(manifest, &len);
	/* an alias may refer to the image, so that its element does not have the bytes */
	if (!bytes || memchr(bytes, '*', len))
		return rk_prefilter_may_hold(rk_strbuf_str(text), text->len, service, ring);
	rk_strbuf_add(&element, bytes, len);
	may = rk_prefilter_may_hold(rk_strbuf_str(&element), len, service, ring);
	rk_strbuf_free(&element);
	return may;
}

enum rk_rc
rk_override_find(struct rk_manifest *manifest, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *ring, struct rk_override_list *list, struct rk_err *err)
{
	enum rk_rc rc;

	*list = (struct rk_override_list){ 0 };
	if (!rk_override_may_hold(manifest, service, ring))
		return RK_OK;
	rc = rk_values_find(manifest, catalog, service, &list->values, err);
	if (rc != RK_OK)
		return rc;
	rc = find_overrides(list, ring, err);
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", manifest->file.path) : rc;
}

void
rk_override_list_free(struct rk_override_list *list)
{
	while (list->n > 0) {
		struct rk_override *o = &list->item[--list->n];

		json_decref(o->values);
		json_decref(o->ga_values);
		free(o->ring);
		free(o->repository);
		free(o->tag);
		free(o->path);
		free(o->digest);
		free(o->ga_tag);
		free(o->over);
		free(o->over_tag);
		free(o->under);
	}
	free(list->item);
	rk_values_free(&list->values);
	*list = (struct rk_override_list){ 0 };
}
