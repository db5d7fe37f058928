#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define DOUBLINGS 8	/* of the longest sleep: 2.5 ms to 0.3 s on average */

long
rk_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
rk_clock_backoff(unsigned attempt)
{
	unsigned long long longest = 5000000ull << (attempt < DOUBLINGS ? attempt - 1 : DOUBLINGS - 1), seed;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	seed = ((unsigned long long)t.tv_nsec << 20) ^ (unsigned long long)getpid();
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	t.tv_sec = 0;
	t.tv_nsec = (long)((seed >> 33) % longest);
	nanosleep(&t, NULL);
}
