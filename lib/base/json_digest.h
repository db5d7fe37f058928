#ifndef RK_JSON_DIGEST_H
#define RK_JSON_DIGEST_H

#include <jansson.h>

#include "base/strbuf.h"

/* Append the SHA-256 of a value's JSON without white space and with sorted members, in hexadecimal. */
void rk_json_digest(const json_t *json, struct rk_strbuf *text);

#endif
