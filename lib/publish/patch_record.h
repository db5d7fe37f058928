#ifndef RK_PATCH_RECORD_H
#define RK_PATCH_RECORD_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_PATCH_RECORD_OPERATIONS 1000

/*
 * Validate a patch record (ring-records(5)) completely, so that callers need no further checks.
 *
 *   {"type": "patch", "tenant": s, "path": s, "document": n, "blob": s, "service": s, "ring": s,
 *    "action": "set" | "clear", "image": {"repository": s, "tag": s}, "cohorts": ["source:key:value", ...],
 *    "requested_by": [login, ...], "pull_request": "OWNER/REPO#N", "edits": [{"at": s, "patch": [operation, ...], "marks": [mark, ...]}, ...]}
 *
 * document (if the file has one), blob, cohorts, requested_by, pull_request and marks may be missing, and image if the action is clear.
 * RK_EDATA: invalid; err->msg names the member.
 */
enum rk_rc rk_patch_record_check(const json_t *record, struct rk_err *err);

/*
 * Check cohorts and requested_by, which a patch record has from a tenant record; kind, "patch" or "tenant", is for messages.
 * RK_EDATA: one is not a list of valid names.
 */
enum rk_rc rk_patch_record_check_names(const json_t *record, const char *kind, struct rk_err *err);

/* Return how many operations and marks edits have; in a record there are at most RK_PATCH_RECORD_OPERATIONS. */
size_t rk_patch_record_operations(const json_t *edits);

/*
 * Append a string that is the same for two records if they are the same change: their tenant, path, document, service,
 * ring, action and edits.  record has passed rk_patch_record_check().
 */
void rk_patch_record_key(const json_t *record, struct rk_strbuf *key);

#endif
