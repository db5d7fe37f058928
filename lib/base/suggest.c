#include <stdint.h>
#include <string.h>

#include "base/suggest.h"

/* The edit distance of two words, where swapping neighbours costs one; SIZE_MAX if one is longer than 63 bytes. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[3][64], i, j, la = strlen(a), lb = strlen(b), best;

	if (la > 63 || lb > 63)
		return SIZE_MAX;
	for (j = 0; j <= lb; j++)
		row[0][j] = j;
	for (i = 1; i <= la; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= lb; j++) {
			best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[la % 3][lb];
}

const char *
rk_suggest(const char *word, const char *const *words, size_t n)
{
	size_t bound = 1 + strlen(word) / 3, i, d;
	const char *best = NULL;

	for (i = 0; i < n; i++) {
		d = distance(word, words[i]);
		if (d <= bound && (!best || d < distance(word, best)))
			best = words[i];
	}
	return best;
}
