#ifndef RK_LIVE_STATE_H
#define RK_LIVE_STATE_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "override/live.h"
#include "override/live_object.h"

/*
 * Judge one override by the object that deploys it: *state is a new reference to the record's "live" (ring-records(5)).
 *
 *   record    the override record, with since if that is known
 *   shared    another chart in the same object has the same image
 */
enum rk_rc rk_live_state_judge(const struct rk_live_options *options, struct rk_live_object *object, const json_t *record, bool shared,
    json_t **state, struct rk_err *err);

/* Return a state without an object: a new reference to the record's "live". */
json_t *rk_live_state_of(const char *state, const char *reason);

#endif
