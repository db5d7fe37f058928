#include <string.h>

#include "forge/json_scan_internal.h"

bool
rk_json_scan(struct rk_json_scan *scan, const char *text, size_t len)
{
	for (; scan->at < len; scan->at++) {
		char c = text[scan->at];

		if (scan->escaped) {
			scan->escaped = false;
		} else if (scan->string) {
			scan->escaped = c == '\\';
			scan->string = c != '"';
			if (!scan->string && scan->depth == 0) {
				scan->at++;
				return true;
			}
		} else if (c == '}' || c == ']') {
			if (scan->depth == 0)
				return true;
			if (--scan->depth == 0) {
				scan->at++;
				return true;
			}
		} else if (scan->depth == 0 && scan->at > 0 && c && strchr(" \t\r\n,{[\"", c)) {
			return true;
		} else {
			scan->string = c == '"';
			scan->depth += c == '{' || c == '[';
		}
	}
	return false;
}
