#ifndef RK_DELTA_H
#define RK_DELTA_H

#include <stddef.h>

#include "base/strbuf.h"

/*
 * Append a delta that makes to out of from, as a pack has it (gitformat-pack(5), "Deltified representation").
 * It is meant for trees and files of which little has changed: if both are equally long, the bytes that differ are inserted
 * in place, as where a tree has other ids; otherwise all between the common start and the common end is inserted.
 */
void rk_delta(const unsigned char *from, size_t from_len, const unsigned char *to, size_t to_len, struct rk_strbuf *delta);

#endif
