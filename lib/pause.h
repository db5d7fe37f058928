#ifndef RK_PAUSE_H
#define RK_PAUSE_H

/* What has passed since some moment, in milliseconds. */
long rk_milliseconds(void);

/* Sleep before the try-th try (from 1), longer each time and never as long as the neighbour does. */
void rk_pause(unsigned try);

#endif
