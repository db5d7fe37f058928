#ifndef RK_PATCH_RECORD_H
#define RK_PATCH_RECORD_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

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
enum rk_rc rk_patch_record_check(const json_t *record, struct rk_err *err);

/*
 * Append what two records must have in common to be the same change, as text: tenant, path, document, service,
 * ring, action and edits.  record is one that rk_patch_record_check() has passed.  RK_ENOMEM.
 */
enum rk_rc rk_patch_record_key(const json_t *record, struct rk_strbuf *key, struct rk_err *err);

#endif
