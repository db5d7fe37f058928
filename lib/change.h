#ifndef RK_CHANGE_H
#define RK_CHANGE_H

#include <jansson.h>

#include "err.h"
#include "text.h"

/*
 * Is record a whole patch record (ring-records(5)), each member of its type and grammar, so that whoever applies
 * it needs to check no more?
 *
 *   {"type": "patch", "tenant": s, "path": s, "document": n, "blob": s, "service": s, "ring": s,
 *    "action": "set" | "clear", "image": {"repository": s, "tag": s}, "cohorts": ["source:key:value", ...],
 *    "pull_request": "OWNER/REPO#N", "edits": [{"at": s, "patch": [operation, ...]}, ...]}
 *
 * document (then the file has one), blob, cohorts and pull_request may be missing, image where the action is clear.
 * RK_EDATA: it is not; err->msg names the member.  RK_ENOMEM.
 */
enum rk_rc rk_change_check(const json_t *record, struct rk_err *err);

/*
 * Append what two records must have in common to be the same change, as text: tenant, path, document, service,
 * ring, action and edits.  record is one that rk_change_check() has passed.  RK_ENOMEM.
 */
enum rk_rc rk_change_key(const json_t *record, struct rk_text *key, struct rk_err *err);

/*
 * The message of the commit that makes these changes: a subject, a line for each tenant and image, trailers.
 * It is the same whenever the records and given are the same.
 *
 *   records  borrowed: [record, ...] that rk_change_check() has passed, in the stream's order, at least one
 *   given    borrowed: further trailers, as rk_trailer_add() makes them
 *
 * RK_ENOMEM.
 */
enum rk_rc rk_change_message(const json_t *records, const json_t *given, struct rk_text *message, struct rk_err *err);

#endif
