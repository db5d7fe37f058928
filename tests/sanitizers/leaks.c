/* The leaks that are not ours.  A confined program cannot read a file of them, so they are linked into each that is sanitized. */
#include <sanitizer/lsan_interface.h>

/* libgit2 1.5: a configuration key that does not match a regular expression leaks the match's state. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libpcre2-8\n";
}
