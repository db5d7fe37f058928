#include <time.h>
#include <unistd.h>

#include "base/backoff.h"

#define PAUSE_MOST 8		/* doublings of the pause: 2.5 ms to 0.3 s on average */

void
rk_backoff_sleep(unsigned try)
{
	unsigned long long most = 5000000ull << (try < PAUSE_MOST ? try - 1 : PAUSE_MOST - 1), seed;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	seed = ((unsigned long long)t.tv_nsec << 20) ^ (unsigned long long)getpid();
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	t.tv_sec = 0;
	t.tv_nsec = (long)((seed >> 33) % most);
	nanosleep(&t, NULL);
}
