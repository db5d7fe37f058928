#ifndef RK_GLOB_H
#define RK_GLOB_H

#include <stdbool.h>
#include <stddef.h>

enum rk_glob {
	RK_GLOB_NAME,	/* "*" matches any run of bytes */
	RK_GLOB_PATH,	/* "*" matches any run of bytes except "/", and at the start of a component no leading "." */
};

/*
 * Return whether the whole of string matches the first len bytes of pattern, in which every byte except "*" stands
 * for itself.  The time grows with the product of both lengths at most, whatever the pattern is.
 */
bool rk_glob_match(const char *pattern, size_t len, const char *string, enum rk_glob how);

#endif
