#ifndef RK_HELM_SET_H
#define RK_HELM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_HELM_SET_LEVELS 30	/* keys and indices of a name, as in Helm */
#define RK_HELM_SET_INDEX 1000	/* the greatest index; Helm's is 65,536 */

/* The name of a parameter, split: keys and indices of lists.  Zeroed is empty; free with rk_helm_set_free(). */
struct rk_helm_set {
	struct rk_strbuf keys;			/* each with a NUL after it */
	size_t n;
	struct { size_t key, index; bool is_index; } step[RK_HELM_SET_LEVELS];	/* key: its offset in keys */
};

/*
 * Split the name of a parameter: "." separates keys, [N] is an index, and a backslash quotes a character
 * (helm.sh/docs/intro/using_helm, "The Format and Limitations of --set").
 * RK_REFUSED: bad-values: Helm does not accept the name, or does nothing with it; an index is greater than RK_HELM_SET_INDEX.
 */
enum rk_rc rk_helm_set_parse(const char *name, struct rk_helm_set *set, struct rk_err *err);
void rk_helm_set_free(struct rk_helm_set *set);

/* Return whether a sets the same value as b, or one above it. */
bool rk_helm_set_covers(const struct rk_helm_set *a, const struct rk_helm_set *b);

/*
 * Set a parameter's value in values, an object, as Argo CD lets Helm do: with --set-string if string is true, else with --set,
 * which reads whole numbers, true, false and null; {a,b} is a list.  Argo CD quotes commas.
 *
 * RK_REFUSED: bad-values: Helm fails here, too, because of the value, or because another than a map or a list is in the path;
 * values may then be changed.
 */
enum rk_rc rk_helm_set_apply(const struct rk_helm_set *set, const char *value, bool string, json_t *values, struct rk_err *err);

#endif
