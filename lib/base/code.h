#ifndef RK_CODE_H
#define RK_CODE_H

/* The code of a refusal or a finding (ring-records(5)); RK_CODE_NONE is 0. */
enum rk_code {
	RK_CODE_NONE,
#define RK_CODE(name, word, advice) RK_CODE_##name,
#include "base/codes.def"
#undef RK_CODE
};

/* Return a code's word in records, static: "held-by-another-ring"; "" for RK_CODE_NONE. */
const char *rk_code_word(enum rk_code code);

/* Return the code that a word names, RK_CODE_NONE if it names none of ours. */
enum rk_code rk_code_find(const char *word);

/* Return what a user can do about it, one or two sentences, static; "" for RK_CODE_NONE. */
const char *rk_code_advice(enum rk_code code);

#endif
