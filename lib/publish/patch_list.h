#ifndef RK_PATCH_LIST_H
#define RK_PATCH_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"

#define RK_PATCH_NONE UINT32_MAX

/*
 * The patch records of a stream, in little memory: of each, what every result and message needs; its line, which has the
 * edits, is compressed and can be read again.  Patches, tenants and paths are numbered from 0 in the stream's order.
 */
struct rk_patch_list;

/* A patch.  All is borrowed from the list. */
struct rk_patch {
	size_t line;			/* of the input */
	uint32_t tenant, path;
	uint32_t same;			/* the first patch that is the same change: often this one */
	uint32_t next;			/* of the same tenant, or RK_PATCH_NONE */
	bool edits;			/* it has some */
	const json_t *members, *cohorts;	/* the record without tenant, path, edits and cohorts; its cohorts, may be NULL */
};

struct rk_patch_list *rk_patch_list_new(void);	/* an empty one */
void rk_patch_list_free(struct rk_patch_list *list);	/* may be NULL */

/*
 * Add a record that has passed rk_patch_record_check(), and return its number.
 *
 *   line, raw, len  its number in the input, and its bytes, which are copied
 */
uint32_t rk_patch_list_add(struct rk_patch_list *list, const json_t *record, size_t line, const char *raw, size_t len);

/* Return the numbers of patches, tenants and paths. */
uint32_t rk_patch_list_count(const struct rk_patch_list *list);
uint32_t rk_patch_list_tenants(const struct rk_patch_list *list);
uint32_t rk_patch_list_paths(const struct rk_patch_list *list);

/* Return a patch; the first of a tenant; the name of a tenant, and a path.  Borrowed until the next rk_patch_list_add(). */
const struct rk_patch *rk_patch_list_at(const struct rk_patch_list *list, uint32_t patch);
uint32_t rk_patch_list_first(const struct rk_patch_list *list, uint32_t tenant);
const char *rk_patch_list_tenant(const struct rk_patch_list *list, uint32_t tenant);
const char *rk_patch_list_path(const struct rk_patch_list *list, uint32_t path);

/* Return how many different changes a path has that edit it. */
uint32_t rk_patch_list_changes(const struct rk_patch_list *list, uint32_t path);

/* Return what the commit message says of a patch (rk_commit_message_phrase()): borrowed until the next rk_patch_list_add(). */
const char *rk_patch_list_phrase(const struct rk_patch_list *list, uint32_t patch);

/* Read a whole record again, a new reference.  It cannot fail. */
json_t *rk_patch_list_read(struct rk_patch_list *list, uint32_t patch);

#endif
