#ifndef RK_DELTA_H
#define RK_DELTA_H

#include <stddef.h>

#include "base/strbuf.h"

/*
 * Append what makes to of from, as a pack holds it (gitformat-pack(5), "Deltified representation").  It is made for
 * trees and texts of which little has changed: of equally long ones, the bytes that differ are looked for in their
 * places, as where a tree has other ids; else what is between that with which both start and that with which both
 * end is new.
 */
void rk_delta(const unsigned char *from, size_t from_len, const unsigned char *to, size_t to_len, struct rk_strbuf *delta);

#endif
