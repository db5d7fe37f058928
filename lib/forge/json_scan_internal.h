#ifndef RK_JSON_SCAN_INTERNAL_H
#define RK_JSON_SCAN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

/* A search for the end of a JSON value whose bytes come in one by one.  Start with { 0 }. */
struct rk_json_scan {
	size_t at, depth;
	bool string, escaped;
};

/*
 * Return whether a value ends within len bytes; then it is the first scan->at of them (0: there is no value).
 * text[0] is the value's first byte; text may have moved and grown since the last call.
 */
bool rk_json_scan(struct rk_json_scan *scan, const char *text, size_t len);

#endif
