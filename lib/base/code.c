#include <string.h>

#include "base/code.h"

static const struct {
	const char *word, *advice;
} codes[] = {
	{ "", "" },
#define RK_CODE(name, word, advice) { word, advice },
#include "base/codes.def"
#undef RK_CODE
};

const char *
rk_code_word(enum rk_code code)
{
	return codes[code].word;
}

enum rk_code
rk_code_find(const char *word)
{
	size_t i;

	for (i = 1; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(word, codes[i].word) == 0)
			return (enum rk_code)i;
	return RK_CODE_NONE;
}

const char *
rk_code_advice(enum rk_code code)
{
	return codes[code].advice;
}
