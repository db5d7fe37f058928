#ifndef RK_FUZZ_H
#define RK_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls, and replay.c: one input; it returns 0, or does not. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
