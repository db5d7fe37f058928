#ifndef RK_OPTION_H
#define RK_OPTION_H

#include "base/err.h"
#include "base/io.h"

/*
 * An option of a filter.  letter is its short form and its index in arg[]; below 32 there is no short form.
 * A table ends with { 0 }.  Every filter has --quiet, --verbose, --cpu-limit, --help and --version, which are in no table.
 */
struct rk_option {
	char letter;
	const char *name;
	const char *arg;	/* its value in --help: a name in capitals, or the values themselves, "a|b"; NULL: it takes none */
	const char *help;
};

struct rk_option_given {
	char letter;
	const char *value;	/* "" if it takes none */
};

#define RK_OPTION_LETTER_UNFRAMED 31	/* --unframed sets io->unframed */
#define RK_OPTION_UNFRAMED { RK_OPTION_LETTER_UNFRAMED, "unframed", NULL, "accept streams without end records" }

/*
 * Open io and read the command line into arg[], by the options' letters: an option's value, the last if it is
 * repeated, or "" if it takes none.  Options that are not given leave arg[] as it is.  io->given lists all.
 * Exits on wrong usage (2), --help and --version (0).
 */
void rk_option_parse(struct rk_io *io, int argc, char *argv[], const char *arg[128]);

/* Parse the value of --name as a decimal integer up to most.  RK_EUSAGE: it is not one. */
enum rk_rc rk_option_number(const char *name, const char *value, unsigned long most, unsigned long *number,
    struct rk_err *err);

/* Parse the value of --timeout, from 1 second to a day; NULL: the default, 300 seconds.  RK_EUSAGE. */
enum rk_rc rk_option_seconds(const char *timeout, unsigned *seconds, struct rk_err *err);

#endif
