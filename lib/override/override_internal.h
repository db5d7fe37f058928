#ifndef RK_OVERRIDE_INTERNAL_H
#define RK_OVERRIDE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/values.h"
#include "override/override.h"
#include "yaml/mark.h"

enum rk_override_owner { RK_OVERRIDE_NO_IMAGE, RK_OVERRIDE_THIS_RING, RK_OVERRIDE_ANOTHER_RING, RK_OVERRIDE_NOT_A_RING, RK_OVERRIDE_TAG_ONLY };

/* A member of the values, which may be missing. */
struct rk_override_member {
	char *path;		/* JSON Pointer from the values' root */
	struct rk_json_pointer pointer;
	uint32_t node;		/* its value, 0 if it is missing */
	uint32_t parent;	/* if it is missing: the map that its first missing key belongs in, 0 if that is not a map */
	size_t depth;		/* how many of the pointer's tokens exist */
	struct rk_mark mark;
	bool marked;		/* it has a mark, of the service if not foreign */
	bool foreign;		/* of another service */
	bool intact, exact;	/* the value is the one that was written with the mark; also its quotes are */
};

enum rk_override_part { RK_OVERRIDE_REGISTRY, RK_OVERRIDE_REPOSITORY, RK_OVERRIDE_TAG, RK_OVERRIDE_DIGEST, RK_OVERRIDE_PARTS };

/* One form of a chart's image in the values. */
struct rk_override_image {
	const struct rk_image_form *form;
	size_t number;				/* of the form */
	const struct rk_chart *chart;
	struct rk_override_member part[RK_OVERRIDE_PARTS];	/* of a reference, the repository is the whole, the rest is unused */
	bool digest;				/* there is one, and it is not empty */
	struct rk_strbuf found, version;	/* the repository, with its registry, and the tag that are there */
	struct rk_strbuf ring;			/* the ring that the repository or a mark names, if one does */
	enum rk_override_owner owner;
	bool by_mark;				/* only a mark says so: the image is not the ring's any more */
	bool marked;				/* a part has a mark of the service */
	bool bumped;				/* another value was written over a marked one */
	struct rk_strbuf lower;			/* the ring that it was taken over from */
	bool lower_unmarked;			/* that ring set it without marks, so that marks have its image as "was" */
	const struct rk_override_member *strange;	/* the first part with a mark of another owner, or NULL */
};

/*
 * Find a form of a chart's image in the values, and whose it is: a ring's (NULL: every ring is another one), or neither.
 * Free image in any case.
 * RK_REFUSED: bad-mark, bad-values, and as rk_lookup_member().
 */
enum rk_rc rk_override_image_find(const struct rk_values *values, const char *ring, const struct rk_chart *chart,
    size_t form, struct rk_override_image *image, struct rk_err *err);
void rk_override_image_free(struct rk_override_image *image);

/*
 * Find a member of the values by its JSON Pointer from their root, and its mark.  Free member in any case.
 * RK_REFUSED: bad-mark, and as rk_lookup_member().
 */
enum rk_rc rk_override_image_member(const struct rk_values *values, const char *path, struct rk_override_member *member,
    struct rk_err *err);
void rk_override_image_member_free(struct rk_override_member *member);

/* Append the repository and the tag that marks have as "was" or, if over, of the ring below. */
enum rk_rc rk_override_image_before(const struct rk_override_image *image, bool over, struct rk_strbuf *repository,
    struct rk_strbuf *tag, struct rk_err *err);

/* Return whether the chart has the repository; in the values is a tag, and perhaps a repository that must be the catalogue's. */
bool rk_override_image_is_tag_only(const struct rk_image_form *form);

/* Return the part that says whose the image is: the repository or reference, or of a tag only the tag. */
struct rk_override_member *rk_override_image_main(struct rk_override_image *image);

/* Nodes of the values. */
struct rk_override_nodes {
	uint32_t *node;
	size_t n, size;
};

/* Add a node to nodes; return whether they have it. */
void rk_override_plan_add_node(struct rk_override_nodes *nodes, uint32_t node);
bool rk_override_plan_has_node(const struct rk_override_nodes *nodes, uint32_t node);

/* The changes to a manifest, until they are written as edits. */
struct rk_override_plan {
	const struct rk_values *values;
	const char *ring, *tag, *digest;	/* digest NULL: the ring's image has none */
	const struct rk_override_history *history;	/* or NULL */
	bool clears;				/* nothing is set */
	struct rk_strbuf repository, reference, host;	/* what is to be set; the host of the repository */
	json_t *replaces, *adds, *removes;	/* operations */
	json_t *marks;				/* of these */
	json_t *later, *later_marks;		/* of a second edit */
	json_t *last;				/* operations of a third one */
	json_t *items;				/* operations of a fourth one, which removes items of lists */
	json_t *by_hand;			/* of the setting or the clearing, or NULL */
	const struct rk_override_defaults *defaults;	/* or NULL */
	struct rk_override_nodes grown, removed;	/* maps and lists that get a member; values to remove */
	struct rk_override_nodes unmarked;	/* values whose marks go */
	struct rk_override_nodes touched;	/* values that are changed, or their marks */
};

/*
 * Finish the list of values to remove: a map or list of which nothing stays goes as a whole.  Plan that the marks of maps that were
 * made go when none of our values remain in them.  RK_REFUSED: bad-mark.
 */
enum rk_rc rk_override_maps_finish(struct rk_override_plan *plan, struct rk_err *err);

/* Append a mark; op NULL: it is written.  If it has no sum, rk_json_patch_check() will know that. */
void rk_override_plan_add_mark(json_t *marks, const char *path, const struct rk_mark *mark, const char *op);

/* Return whether a new map in a map would be written in flow style. */
bool rk_override_plan_writes_flow(const struct rk_override_plan *plan, uint32_t map);

void rk_override_plan_open(struct rk_override_plan *plan, const struct rk_values *values, const char *ring, const char *tag);

/*
 * If rc is RK_OK, write the plan as edits, with a test of target_revision unless that is NULL.  Free the plan.
 * RK_REFUSED: stale, bad-values.
 */
enum rk_rc rk_override_plan_close(struct rk_override_plan *plan, enum rk_rc rc, const char *target_revision, json_t **edits,
    struct rk_err *err);

/*
 * Let a member be this string: without a mark, or with one, whose "was" and "over" are those of mark; mark->sum is ignored.
 * With a mark also the maps that are made for it get marks.
 * RK_REFUSED: no-mark, null-parent, not-a-map, empty-flow, bad-values.
 */
enum rk_rc rk_override_plan_set(struct rk_override_plan *plan, const struct rk_override_member *member, const char *s,
    struct rk_mark *mark, struct rk_err *err);

/* The same for any scalar. */
enum rk_rc rk_override_plan_set_value(struct rk_override_plan *plan, const struct rk_override_member *member,
    const json_t *value, struct rk_mark *mark, struct rk_err *err);

/* Add a list that is missing, under marks: each map, list and leaf of it has its own.  RK_REFUSED: null-parent, not-a-map, empty-flow. */
enum rk_rc rk_override_plan_add_list(struct rk_override_plan *plan, const struct rk_override_member *member, const json_t *list,
    struct rk_err *err);

/* Append an item, which gets this index, to a list that is a member, under marks. */
void rk_override_plan_append(struct rk_override_plan *plan, const struct rk_override_member *member, size_t index,
    const json_t *item);

/* Note the path of a value of the ring that another author has changed, and that stays, unless one below it is noted. */
void rk_override_plan_tell(struct rk_override_plan *plan, const char *path);

/* Test that a member stays what it is. */
enum rk_rc rk_override_plan_test(struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_err *err);

/* Remove a member, with its mark, and the maps and lists that become empty and that the edit which added it has made. */
void rk_override_plan_remove(struct rk_override_plan *plan, const struct rk_override_member *member);

/*
 * Give a member the bytes back that its mark has, without the mark; or, if it has some and below is true, those of the ring
 * from which it was taken over, with that ring's mark.  RK_REFUSED: bad-mark.
 */
enum rk_rc rk_override_plan_restore(struct rk_override_plan *plan, const struct rk_override_member *member, bool below,
    struct rk_err *err);

/* Return whether the plan changes a value, or its mark, or removes it. */
bool rk_override_plan_touches(const struct rk_override_plan *plan, const struct rk_override_member *member);

/* Take the mark of a member away. */
void rk_override_plan_unmark(struct rk_override_plan *plan, const struct rk_override_member *member);

/* Write another mark, of a ring, for the value that is there. */
void rk_override_plan_mark(struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_mark *mark,
    const char *ring);

/* After all else, replace a member's value by a string. */
void rk_override_plan_then(struct rk_override_plan *plan, const struct rk_override_member *member, const char *s);

/* Set *same to whether a member is this string. */
enum rk_rc rk_override_plan_is(const struct rk_override_plan *plan, const struct rk_override_member *member, const char *s,
    bool *same, struct rk_err *err);

/* Return whether a mark cannot be at a member, because it is in flow style, or would be. */
bool rk_override_plan_is_flow(const struct rk_override_plan *plan, const struct rk_override_member *member);

/* Set raw to the bytes of a member's value. */
void rk_override_plan_raw(const struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_strbuf *raw);

/* Set text to the value of a scalar whose bytes are raw, and *json, if it is not NULL, to that as JSON.  RK_REFUSED: bad-mark. */
enum rk_rc rk_override_plan_raw_value(const struct rk_strbuf *raw, struct rk_strbuf *text, json_t **json, struct rk_err *err);

/*
 * Find the mark that a part of an image has lost: the one that it had in an earlier version, when it had the value that it has
 * now.  *lost is false if the commit that brought this value did not write a mark.  Free mark in any case.
 * RK_REFUSED: too-shallow.  RK_EIO.
 */
enum rk_rc rk_override_history_mark(const struct rk_override_history *history, const struct rk_values *values,
    const struct rk_override_image *image, enum rk_override_part part, struct rk_mark *mark, bool *lost, struct rk_err *err);

/* Return whether a mark is that of a ring of the service. */
bool rk_override_list_is_ours(const struct rk_values *values, const char *ring, const struct rk_mark *mark);

/* Whose an item of a list is: not the ring's; its own, and all in it; its own, but another author has changed something in it. */
enum rk_override_item { RK_OVERRIDE_ITEM_FOREIGN, RK_OVERRIDE_ITEM_OURS, RK_OVERRIDE_ITEM_CHANGED };

/* Return whose an item is: by its mark, those of all in it, and their sums. */
enum rk_override_item rk_override_list_state(const struct rk_values *values, const char *ring, uint32_t item);

/* Return the outermost item of a list that has the ring's mark and that a node is, or is in; 0 if there is none. */
uint32_t rk_override_list_item(const struct rk_values *values, const char *ring, uint32_t node);

/*
 * Plan that a list has the items that the ring brings, in their order, and add what stays of the ring's to stay: of a list that
 * the ring made, or that is missing; if append, of one of the tenant.  An equal item of another author is left alone.  pointer is
 * that of the list in the umbrella's values.
 * RK_REFUSED: no-list, value-in-the-way, held-by-another-ring, no-mark, bad-values, and as rk_override_plan_add_list().
 */
enum rk_rc rk_override_list_set(struct rk_override_plan *plan, const struct rk_override_member *member, const char *pointer,
    const json_t *items, bool append, struct rk_override_nodes *stay, struct rk_err *err);

/*
 * Plan that the charts which the manifest deploys have the values that the ring brings (gitops/value_rules.h), under marks, and
 * that those which it brought before and does not now are taken back.  A value that is the same already is left alone.
 * RK_REFUSED: held-by-another-ring, value-in-the-way, no-list, no-mark, bad-mark, and as rk_override_plan_set() and
 * rk_value_rules_check().
 */
enum rk_rc rk_override_values_set(struct rk_override_plan *plan, const json_t *values, struct rk_err *err);

/*
 * Add the values that have the ring's mark to an object, as a release record has them, and what a clear gives back for them to
 * before, in the same form.  What another author has written over is not the ring's.  RK_REFUSED: bad-values, too-large.
 */
enum rk_rc rk_override_values_read(const struct rk_values *values, const char *ring, json_t *into, json_t *before,
    struct rk_err *err);

/* Plan that the ring's values are taken back; what another author has written over them stays.  RK_REFUSED: bad-mark, too-large. */
enum rk_rc rk_override_values_clear(struct rk_override_plan *plan, const struct rk_override_clearing *how, struct rk_err *err);

/* Return whether another ring's image is one that the setting lets the ring take over: a commit that it contains. */
bool rk_override_supersede_may(const struct rk_override_plan *plan, const struct rk_override_setting *setting,
    const struct rk_override_image *image);

/*
 * Check that the ring of an image has no values beside it: they would stay, with another ring's image.
 * RK_REFUSED: held-by-another-ring, and as rk_override_values_read().
 */
enum rk_rc rk_override_supersede_check(const struct rk_override_plan *plan, const struct rk_override_image *image,
    struct rk_err *err);

/* Return whether the ring that an image is taken over from has replaced the digest: then the mark must become this ring's. */
bool rk_override_supersede_has_digest(const struct rk_override_image *image);

/* Let a mark say what a part is of an image that is taken over.  One that has no mark is what was there before. */
void rk_override_supersede_mark(const struct rk_override_plan *plan, const struct rk_override_image *image,
    enum rk_override_part number, struct rk_mark *mark);

/* Let the marks of another ring forget the image of a ring, if they took it over. */
void rk_override_supersede_forget(struct rk_override_plan *plan, struct rk_override_image *image, const char *ring);

#endif
