#ifndef RK_SANITIZER_INTERNAL_H
#define RK_SANITIZER_INTERNAL_H

/* Whether this is a build with AddressSanitizer, which looks for leaks when the program ends: from a process of its own. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define RK_SANITIZER 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define RK_SANITIZER 1
#endif
#ifndef RK_SANITIZER
#define RK_SANITIZER 0
#endif

/* The files that it reads. */
static const char *const rk_sanitizer_files[] = {
#if RK_SANITIZER
	"/proc/self",
#endif
	NULL
};

#endif
