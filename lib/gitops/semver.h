#ifndef RK_SEMVER_H
#define RK_SEMVER_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"

/*
 * Versions by SemVer 2.0.0, and ranges of them as Helm, Argo CD and Flux read them: by the rules of the Go package
 * github.com/Masterminds/semver, version 3.  Its releases differ: since 3.4 a pre-release in a range counts for all comparators
 * that must hold together, before that for its own only; and a number with leading zeros is valid.
 */

/* Return whether s is one version and not a range: three numbers, after an optional "v", then pre-release and build. */
bool rk_semver_is_version(const char *s);

/* Return whether s is a range, valid or not: it has an operator, a comma, a blank, a wildcard, or fewer than three numbers. */
bool rk_semver_is_range(const char *s);

/*
 * Find the highest version that satisfies a range.
 *
 *   versions  ["<version>", ...]; other strings are ignored, and a "_" in a version is "+", as in the tags of OCI registries
 *   highest   borrowed from versions on RK_OK
 *
 * RK_END: the range is invalid, nothing satisfies it, several versions are the highest and differ only in their build, or the
 * releases of that package choose different ones; err->msg continues the range's name ("is ...").
 */
enum rk_rc rk_semver_highest(const char *range, const json_t *versions, const char **highest, struct rk_err *err);

#endif
