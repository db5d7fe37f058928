#ifndef RK_BACKOFF_H
#define RK_BACKOFF_H

/* Sleep before the try-th try (from 1), longer each time and never as long as the neighbour does. */
void rk_backoff_sleep(unsigned try);

#endif
