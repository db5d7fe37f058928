#ifndef RK_OPTION_H
#define RK_OPTION_H

#include <stddef.h>

#include "base/err.h"
#include "base/io.h"

/*
 * One option of a filter.  letter is its short form and its place in arg[]; below 32 it has no short form.
 * A table ends with { 0 }; --quiet, --verbose, --help and --version are every filter's and stand in none.
 */
struct rk_option {
	char letter;
	const char *name;
	const char *arg;	/* what its value is called; NULL: it takes none */
	const char *help;
};

struct rk_option_given {
	char letter;
	const char *value;
};

#define RK_OPTION_LETTER_UNFRAMED 31	/* --unframed sets io->unframed */
#define RK_OPTION_UNFRAMED { RK_OPTION_LETTER_UNFRAMED, "unframed", NULL, "take records without end records, as they are" }

/*
 * Read the command line into arg[], by the options' letters: an option's value, or "" for one that takes
 * none; an option that was not given leaves its place alone.  Of a repeated one arg[] has the last;
 * io->given has all.  Wrong usage, --help and --version end the program here.
 */
void rk_option_parse(struct rk_io *io, int argc, char *argv[], const char *arg[128]);

/* The whole number of an option's value.  RK_EUSAGE: it is none, or more than most. */
enum rk_rc rk_option_number(const char *name, const char *value, unsigned long most, unsigned long *number,
    struct rk_err *err);

/* The seconds that --timeout gives, where it is given: from 1 to a day.  RK_EUSAGE. */
enum rk_rc rk_option_seconds(const char *timeout, unsigned *seconds, struct rk_err *err);

#endif
