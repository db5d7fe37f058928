#ifndef RK_SUGGEST_H
#define RK_SUGGEST_H

#include <stddef.h>

/* Of the n words, the one that word most likely means (a bounded edit distance), or NULL. */
const char *rk_suggest(const char *word, const char *const *words, size_t n);

#endif
