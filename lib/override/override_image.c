#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

static void
free_member(struct rk_override_member *member)
{
	rk_json_pointer_free(&member->pointer);
	free(member->path);
}

void
rk_override_image_free(struct rk_override_image *image)
{
	free_member(&image->registry);
	free_member(&image->repository);
	free_member(&image->tag);
	free_member(&image->digest);
	rk_strbuf_free(&image->found);
	rk_strbuf_free(&image->ring);
	rk_strbuf_free(&image->version);
}

static enum rk_rc
find_member(const struct rk_values *v, const struct rk_chart *chart, const char *chart_path, struct rk_override_member *member,
    struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	uint32_t node = v->root, child;
	const struct rk_yaml_node *here;
	enum rk_rc rc;
	size_t i;

	rk_strbuf_puts(&path, rk_strbuf_str(&v->base));
	rk_strbuf_puts(&path, rk_values_path(v, chart, chart_path));
	rc = rk_json_pointer_parse(path.data, &member->pointer, err);
	member->path = path.data;
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
	if (rc == RK_OK)
		member->node = node;
	return rc;
}

/* Append the registry that is there to image->found; if the form has one and it is not there, set *hostless. */
static enum rk_rc
add_registry(const struct rk_values *v, struct rk_override_image *image, bool *hostless, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (image->registry.node && rk_yaml_node(v->yaml, image->registry.node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(v->yaml, image->registry.node, &image->found, err);
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
	bool scalar = rk_yaml_node(v->yaml, image->tag.node)->kind == RK_YAML_SCALAR, hostless;
	enum rk_rc rc = RK_OK;

	image->owner = image->tag.node ? RK_OVERRIDE_NOT_A_RING : RK_OVERRIDE_NO_IMAGE;
	if (scalar)
		rc = rk_yaml_scalar(v->yaml, image->tag.node, &image->version, err);
	if (rc == RK_OK && scalar && rk_image_tag_ring(v->service, rk_strbuf_str(&image->version), &image->ring))
		image->owner = ring && strcmp(image->ring.data, ring) == 0 ? RK_OVERRIDE_THIS_RING : RK_OVERRIDE_ANOTHER_RING;
	if (rc == RK_OK && rk_yaml_node(v->yaml, image->repository.node)->kind == RK_YAML_SCALAR) {
		rc = add_registry(v, image, &hostless, err);
		if (rc == RK_OK)
			rc = rk_yaml_scalar(v->yaml, image->repository.node, &image->found, err);
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
	if (!image->repository.node) {
		image->owner = image->tag.node || image->digest.node ? RK_OVERRIDE_TAG_ONLY : RK_OVERRIDE_NO_IMAGE;
		return RK_OK;
	}
	image->owner = RK_OVERRIDE_NOT_A_RING;
	if (rk_yaml_node(v->yaml, image->repository.node)->kind != RK_YAML_SCALAR) {
		rk_strbuf_puts(&image->found, "a value that is not a string");
		return RK_OK;
	}
	rc = add_registry(v, image, &hostless, err);
	if (rc == RK_OK)
		rc = rk_yaml_scalar(v->yaml, image->repository.node, &image->found, err);
	if (rc == RK_OK && image->tag.node && rk_yaml_node(v->yaml, image->tag.node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(v->yaml, image->tag.node, &image->version, err);
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

/* Take an empty digest as a missing one: it is the default of charts. */
static enum rk_rc
ignore_empty(const struct rk_values *v, struct rk_override_member *member, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;

	if (member->node && rk_yaml_node(v->yaml, member->node)->kind == RK_YAML_SCALAR) {
		rc = rk_yaml_scalar(v->yaml, member->node, &text, err);
		if (rc == RK_OK && (text.len == 0 || rk_yaml_is_null(v->yaml, member->node)))
			member->node = 0;
	}
	rk_strbuf_free(&text);
	return rc;
}

/* Find the tag of such a form, and what is beside it. */
static enum rk_rc
find_tag_members(const struct rk_values *v, const struct rk_chart *chart, struct rk_override_image *image,
    struct rk_err *err)
{
	const struct rk_image_form *form = image->form;
	struct rk_strbuf path = { 0 };
	size_t parent = (size_t)(strrchr(form->tag, '/') - form->tag);
	enum rk_rc rc = find_member(v, chart, form->tag, &image->tag, err);

	rk_strbuf_printf(&path, "%.*s/repository", (int)parent, form->tag);
	if (rc == RK_OK)
		rc = find_member(v, chart, path.data, &image->repository, err);
	rk_strbuf_clear(&path);
	rk_strbuf_printf(&path, "%.*s/registry", (int)parent, form->tag);
	if (rc == RK_OK)
		rc = find_member(v, chart, path.data, &image->registry, err);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
find_members(const struct rk_values *v, const struct rk_chart *chart, struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_image_form *form = image->form;
	enum rk_rc rc = find_member(v, chart, form->reference ? form->reference : form->repository, &image->repository, err);

	if (rc == RK_OK && form->registry)
		rc = find_member(v, chart, form->registry, &image->registry, err);
	if (rc == RK_OK && form->tag)
		rc = find_member(v, chart, form->tag, &image->tag, err);
	return rc;
}

enum rk_rc
rk_override_image_find(const struct rk_values *v, const char *ring, const struct rk_chart *chart, size_t number,
    struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_image_form *form = &chart->form[number];
	enum rk_rc rc;

	*image = (struct rk_override_image){ .form = form };
	rc = rk_override_image_is_tag_only(form) ? find_tag_members(v, chart, image, err) : find_members(v, chart, image, err);
	if (rc == RK_OK && form->digest)
		rc = find_member(v, chart, form->digest, &image->digest, err);
	if (rc == RK_OK)
		rc = ignore_empty(v, &image->digest, err);
	if (rc == RK_OK)
		rc = find_owner(v, ring, image, err);
	return rc == RK_EDATA ? rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s", err->msg) : rc;
}
