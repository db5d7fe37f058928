#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

void
rk_override_image_member_free(struct rk_override_member *member)
{
	rk_json_pointer_free(&member->pointer);
	rk_mark_free(&member->mark);
	free(member->path);
}

void
rk_override_image_free(struct rk_override_image *image)
{
	size_t i;

	for (i = 0; i < RK_OVERRIDE_PARTS; i++)
		rk_override_image_member_free(&image->part[i]);
	rk_strbuf_free(&image->found);
	rk_strbuf_free(&image->ring);
	rk_strbuf_free(&image->version);
	rk_strbuf_free(&image->lower);
}

/* Return whether a value is the one that a mark was written with, also if its quotes have changed. */
static bool
is_intact(const struct rk_values *v, struct rk_override_member *member)
{
	static const char *const quotes[] = { "", "\"", "'" };
	const struct rk_yaml_node *node = rk_yaml_node(v->yaml, member->node);
	struct rk_strbuf text = { 0 }, raw = { 0 };
	char sum[RK_MARK_SUM];
	struct rk_err ignored;
	bool is;
	size_t i;

	rk_mark_sum(rk_yaml_text(v->yaml) + node->start, node->end - node->start, sum);
	is = member->exact = strcmp(sum, member->mark.sum) == 0;
	if (!is && node->kind == RK_YAML_SCALAR && rk_yaml_scalar(v->yaml, member->node, &text, &ignored) == RK_OK)
		for (i = 0; !is && i < sizeof quotes / sizeof quotes[0]; i++) {
			rk_strbuf_clear(&raw);
			rk_strbuf_printf(&raw, "%s%s%s", quotes[i], rk_strbuf_str(&text), quotes[i]);
			rk_mark_sum(raw.data, raw.len, sum);
			is = strcmp(sum, member->mark.sum) == 0;
		}
	rk_strbuf_free(&text);
	rk_strbuf_free(&raw);
	return is;
}

static enum rk_rc
find_mark(const struct rk_values *v, struct rk_override_member *member, struct rk_err *err)
{
	enum rk_rc rc = rk_mark_find(v->yaml, member->node, &member->mark, err);

	if (rc == RK_OK && member->mark.made && rk_yaml_node(v->yaml, member->node)->kind == RK_YAML_SCALAR)
		rc = rk_err_refuse(err, RK_CODE_BAD_MARK, "a mark of a map");
	if (rc == RK_OK) {
		member->marked = true;
		member->foreign = strcmp(rk_strbuf_str(&member->mark.service), v->service->name) != 0;
		member->intact = is_intact(v, member);
	}
	return rc == RK_END ? RK_OK : rc == RK_REFUSED ? rk_err_prefix(err, rc, "comment of %s", member->path) : rc;
}

enum rk_rc
rk_override_image_member(const struct rk_values *v, const char *path, struct rk_override_member *member, struct rk_err *err)
{
	uint32_t node = v->root, child;
	const struct rk_yaml_node *here;
	enum rk_rc rc;
	size_t i;

	rc = rk_json_pointer_parse(path, &member->pointer, err);
	member->path = rk_memory_strdup(path);
	for (; rc == RK_OK && node && member->depth < member->pointer.n; member->depth++, node = child) {
		here = rk_yaml_node(v->yaml, node);
		if (here->kind == RK_YAML_SEQ) {
			child = here->child;
			for (i = rk_json_pointer_index(member->pointer.token[member->depth]); child && i > 0; i--)
				child = rk_yaml_node(v->yaml, child)->next;
		} else if (here->kind == RK_YAML_MAP) {
			rc = rk_lookup_member(v->yaml, node, member->pointer.token[member->depth], &child, err);
			if (rc == RK_OK && !child) {
				member->parent = node;
				return RK_OK;
			}
		} else {
			return RK_OK;
		}
	}
	if (rc != RK_OK)
		return rc;
	member->node = node;
	return node ? find_mark(v, member, err) : RK_OK;
}

static enum rk_rc
find_member(const struct rk_values *v, const struct rk_chart *chart, const char *chart_path, struct rk_override_member *member,
    struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	rk_strbuf_puts(&path, rk_strbuf_str(&v->base));
	rk_strbuf_puts(&path, rk_values_path(v, chart, chart_path));
	rc = rk_override_image_member(v, path.data, member, err);
	rk_strbuf_free(&path);
	return rc;
}

/* Append the registry that is there to image->found; if the form has one and it is not there, set *hostless. */
static enum rk_rc
add_registry(const struct rk_values *v, struct rk_override_image *image, bool *hostless, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (image->part[RK_OVERRIDE_REGISTRY].node && rk_yaml_node(v->yaml, image->part[RK_OVERRIDE_REGISTRY].node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(v->yaml, image->part[RK_OVERRIDE_REGISTRY].node, &image->found, err);
	*hostless = image->form->registry && image->found.len == 0;
	if (image->found.len)
		rk_strbuf_putc(&image->found, '/');
	return rc;
}

bool
rk_override_image_is_tag_only(const struct rk_image_form *form)
{
	return !form->reference && !form->repository;
}

/* Find whose the image is by its tag. */
static enum rk_rc
find_tag_owner(const struct rk_values *v, const char *ring, struct rk_override_image *image, struct rk_err *err)
{
	bool scalar = rk_yaml_node(v->yaml, image->part[RK_OVERRIDE_TAG].node)->kind == RK_YAML_SCALAR, hostless;
	enum rk_rc rc = RK_OK;

	image->owner = image->part[RK_OVERRIDE_TAG].node ? RK_OVERRIDE_NOT_A_RING : RK_OVERRIDE_NO_IMAGE;
	if (scalar)
		rc = rk_yaml_scalar(v->yaml, image->part[RK_OVERRIDE_TAG].node, &image->version, err);
	if (rc == RK_OK && scalar && rk_image_tag_ring(v->service, rk_strbuf_str(&image->version), &image->ring))
		image->owner = ring && strcmp(image->ring.data, ring) == 0 ? RK_OVERRIDE_THIS_RING : RK_OVERRIDE_ANOTHER_RING;
	if (rc == RK_OK && rk_yaml_node(v->yaml, image->part[RK_OVERRIDE_REPOSITORY].node)->kind == RK_YAML_SCALAR) {
		rc = add_registry(v, image, &hostless, err);
		if (rc == RK_OK)
			rc = rk_yaml_scalar(v->yaml, image->part[RK_OVERRIDE_REPOSITORY].node, &image->found, err);
	} else if (image->owner == RK_OVERRIDE_THIS_RING || image->owner == RK_OVERRIDE_ANOTHER_RING) {
		rk_image_repository(&image->found, v->service, image->ring.data);
	}
	rk_strbuf_add(&image->found, "", 0);
	return rc;
}

/* Find whose the image is: this ring's, another ring's, or neither. */
static enum rk_rc
find_owner(const struct rk_values *v, const char *ring, struct rk_override_image *image, struct rk_err *err)
{
	bool hostless = false;
	enum rk_rc rc;
	size_t len;

	rk_strbuf_add(&image->found, "", 0);
	rk_strbuf_add(&image->version, "", 0);
	if (rk_override_image_is_tag_only(image->form))
		return find_tag_owner(v, ring, image, err);
	if (!image->part[RK_OVERRIDE_REPOSITORY].node) {
		image->owner = image->part[RK_OVERRIDE_TAG].node || image->digest ? RK_OVERRIDE_TAG_ONLY : RK_OVERRIDE_NO_IMAGE;
		return RK_OK;
	}
	image->owner = RK_OVERRIDE_NOT_A_RING;
	if (rk_yaml_node(v->yaml, image->part[RK_OVERRIDE_REPOSITORY].node)->kind != RK_YAML_SCALAR) {
		rk_strbuf_puts(&image->found, "a value that is not a string");
		return RK_OK;
	}
	rc = add_registry(v, image, &hostless, err);
	if (rc == RK_OK)
		rc = rk_yaml_scalar(v->yaml, image->part[RK_OVERRIDE_REPOSITORY].node, &image->found, err);
	if (rc == RK_OK && image->part[RK_OVERRIDE_TAG].node && rk_yaml_node(v->yaml, image->part[RK_OVERRIDE_TAG].node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(v->yaml, image->part[RK_OVERRIDE_TAG].node, &image->version, err);
	if (rc != RK_OK)
		return rc;
	if (image->form->reference) {
		len = rk_image_repository_length(image->found.data);
		rk_strbuf_puts(&image->version, image->found.data + len + (image->found.data[len] == ':'));
		image->found.len = len;
		image->found.data[len] = '\0';
	}
	if (rk_image_is_ring(v->service, image->found.data, rk_strbuf_str(&image->version), hostless, &image->ring))
		image->owner = ring && strcmp(image->ring.data, ring) == 0 ? RK_OVERRIDE_THIS_RING : RK_OVERRIDE_ANOTHER_RING;
	return RK_OK;
}

/* An empty digest is like a missing one: it is the default of charts. */
static enum rk_rc
find_digest(const struct rk_values *v, struct rk_override_image *image, struct rk_err *err)
{
	uint32_t node = image->part[RK_OVERRIDE_DIGEST].node;
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;

	image->digest = node;
	if (node && rk_yaml_node(v->yaml, node)->kind == RK_YAML_SCALAR) {
		rc = rk_yaml_scalar(v->yaml, node, &text, err);
		image->digest = !(rc == RK_OK && (text.len == 0 || rk_yaml_is_null(v->yaml, node)));
	}
	rk_strbuf_free(&text);
	return rc;
}

/* Let the image be that of a ring, by its mark. */
static void
take_owner(struct rk_override_image *image, const struct rk_mark *mark, const char *ring)
{
	rk_strbuf_clear(&image->ring);
	rk_strbuf_puts(&image->ring, rk_strbuf_str(&mark->ring));
	image->owner = ring && strcmp(image->ring.data, ring) == 0 ? RK_OVERRIDE_THIS_RING : RK_OVERRIDE_ANOTHER_RING;
	image->by_mark = true;
}

/* Find the ring that the image was taken over from. */
static enum rk_rc
find_lower(const struct rk_values *v, struct rk_override_image *image, struct rk_err *err)
{
	struct rk_strbuf repository = { 0 }, tag = { 0 };
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < RK_OVERRIDE_PARTS && !image->lower.len; i++)
		rk_strbuf_puts(&image->lower, rk_strbuf_str(&image->part[i].mark.over_ring));
	if (image->lower.len)
		return RK_OK;
	rc = rk_override_image_before(image, false, &repository, &tag, err);
	image->lower_unmarked = rc == RK_OK && repository.len
	    && rk_image_is_ring(v->service, repository.data, rk_strbuf_str(&tag), image->form->registry, &image->lower);
	rk_strbuf_free(&repository);
	rk_strbuf_free(&tag);
	return rc;
}

/* Look at the marks: whose the image is if its value does not say so. */
static enum rk_rc
see_marks(const struct rk_values *v, struct rk_override_image *image, const char *ring, struct rk_err *err)
{
	const struct rk_override_member *part, *tag = &image->part[RK_OVERRIDE_TAG];
	uint32_t parent = rk_yaml_node(v->yaml, tag->node)->parent;
	struct rk_strbuf commit = { 0 };
	bool named, may_be_marked = rk_yaml_node(v->yaml, parent)->style != RK_YAML_FLOW;
	size_t i;

	for (i = 0; i < RK_OVERRIDE_PARTS; i++) {
		part = &image->part[i];
		named = image->owner == RK_OVERRIDE_THIS_RING || image->owner == RK_OVERRIDE_ANOTHER_RING;
		if (part->marked && !part->foreign && !named)
			take_owner(image, &part->mark, ring);
		if (part->marked && (part->foreign || strcmp(rk_strbuf_str(&part->mark.ring), rk_strbuf_str(&image->ring)) != 0))
			image->strange = image->strange ? image->strange : part;
		else if (part->marked)
			image->marked = true;
		image->bumped = image->bumped || (part->marked && !part->foreign && !part->intact);
	}
	if (!image->marked)
		return RK_OK;
	/* a tool may have written a tag, perhaps a commit, and not kept the comment */
	rk_image_commit(v->service, rk_strbuf_str(&image->version), &commit);
	image->bumped = image->bumped || (tag->node && !tag->marked
	    && (!commit.len || (may_be_marked && image->part[RK_OVERRIDE_REPOSITORY].marked)));
	rk_strbuf_free(&commit);
	return find_lower(v, image, err);
}

enum rk_rc
rk_override_image_before(const struct rk_override_image *image, bool over, struct rk_strbuf *repository, struct rk_strbuf *tag,
    struct rk_err *err)
{
	struct rk_strbuf value = { 0 };
	const struct rk_override_member *part;
	enum rk_rc rc = RK_OK;
	size_t i, len;

	for (i = 0; rc == RK_OK && i <= RK_OVERRIDE_TAG; i++) {
		part = &image->part[i];
		if (!part->marked || !(over ? part->mark.over_ring.len : part->mark.replaced))
			continue;
		rk_strbuf_clear(&value);
		rc = rk_override_plan_raw_value(over ? &part->mark.over : &part->mark.was, &value, NULL, err);
		len = rk_strbuf_str(&value) && image->form->reference ? rk_image_repository_length(rk_strbuf_str(&value)) : value.len;
		if (rc != RK_OK)
			break;
		if (i == RK_OVERRIDE_REPOSITORY && repository->len)
			rk_strbuf_putc(repository, '/');
		rk_strbuf_add(i == RK_OVERRIDE_TAG ? tag : repository, value.data, len);
		if (image->form->reference && value.data[len] == ':')
			rk_strbuf_puts(tag, value.data + len + 1);
	}
	rk_strbuf_free(&value);
	return rc;
}

struct rk_override_member *
rk_override_image_main(struct rk_override_image *image)
{
	return &image->part[rk_override_image_is_tag_only(image->form) ? RK_OVERRIDE_TAG : RK_OVERRIDE_REPOSITORY];
}

/* Find the tag of such a form, and what is beside it. */
static enum rk_rc
find_tag_members(const struct rk_values *v, const struct rk_chart *chart, struct rk_override_image *image,
    struct rk_err *err)
{
	const struct rk_image_form *form = image->form;
	struct rk_strbuf path = { 0 };
	size_t parent = (size_t)(strrchr(form->tag, '/') - form->tag);
	enum rk_rc rc = find_member(v, chart, form->tag, &image->part[RK_OVERRIDE_TAG], err);

	rk_strbuf_printf(&path, "%.*s/repository", (int)parent, form->tag);
	if (rc == RK_OK)
		rc = find_member(v, chart, path.data, &image->part[RK_OVERRIDE_REPOSITORY], err);
	rk_strbuf_clear(&path);
	rk_strbuf_printf(&path, "%.*s/registry", (int)parent, form->tag);
	if (rc == RK_OK)
		rc = find_member(v, chart, path.data, &image->part[RK_OVERRIDE_REGISTRY], err);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
find_members(const struct rk_values *v, const struct rk_chart *chart, struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_image_form *form = image->form;
	enum rk_rc rc = find_member(v, chart, form->reference ? form->reference : form->repository, &image->part[RK_OVERRIDE_REPOSITORY], err);

	if (rc == RK_OK && form->registry)
		rc = find_member(v, chart, form->registry, &image->part[RK_OVERRIDE_REGISTRY], err);
	if (rc == RK_OK && form->tag)
		rc = find_member(v, chart, form->tag, &image->part[RK_OVERRIDE_TAG], err);
	return rc;
}

enum rk_rc
rk_override_image_find(const struct rk_values *v, const char *ring, const struct rk_chart *chart, size_t number,
    struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_image_form *form = &chart->form[number];
	enum rk_rc rc;

	*image = (struct rk_override_image){ .form = form, .number = number, .chart = chart };
	rc = rk_override_image_is_tag_only(form) ? find_tag_members(v, chart, image, err) : find_members(v, chart, image, err);
	if (rc == RK_OK && form->digest)
		rc = find_member(v, chart, form->digest, &image->part[RK_OVERRIDE_DIGEST], err);
	if (rc == RK_OK)
		rc = find_digest(v, image, err);
	if (rc == RK_OK)
		rc = find_owner(v, ring, image, err);
	if (rc == RK_OK)
		rc = see_marks(v, image, ring, err);
	return rk_err_refuse_data(err, rc, RK_CODE_BAD_VALUES);
}
