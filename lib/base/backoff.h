#ifndef RK_BACKOFF_H
#define RK_BACKOFF_H

/* Sleep with randomised exponential backoff; attempt counts from 1. */
void rk_backoff_sleep(unsigned attempt);

#endif
