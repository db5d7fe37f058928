#ifndef RK_CLOCK_H
#define RK_CLOCK_H

/* What has passed since some moment, in milliseconds. */
long rk_clock_ms(void);

#endif
