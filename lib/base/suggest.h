#ifndef RK_SUGGEST_H
#define RK_SUGGEST_H

#include <stddef.h>

/* Return the one of n words that is nearest to word by edit distance, borrowed, or NULL if none is near. */
const char *rk_suggest(const char *word, const char *const *words, size_t n);

#endif
