#ifndef RK_CLOCK_H
#define RK_CLOCK_H

/* Return the monotonic clock's time in milliseconds. */
long rk_clock_ms(void);

/* Sleep with randomised exponential backoff; attempt counts from 1. */
void rk_clock_backoff(unsigned attempt);

#endif
