#ifndef RK_CPU_LIMIT_H
#define RK_CPU_LIMIT_H

#define RK_CPU_LIMIT_SECONDS 300	/* the default */

/*
 * End the program with status 71 and a message when it has used so many seconds of processor time: a backstop against
 * input that makes a library loop.  prog, its name, is borrowed.  A limit that is lower already stays.
 */
void rk_cpu_limit_set(const char *prog, unsigned long seconds);

/* In a child process, which inherits the limit: restore the limit from before. */
void rk_cpu_limit_restore(void);

#endif
