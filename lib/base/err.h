#ifndef RK_ERR_H
#define RK_ERR_H

#include <stdarg.h>

#include "base/code.h"

/*
 * The result of a library function.  io.c maps each to an exit status; the numbers below, except 2, are those of
 * sysexits(3).
 */
enum rk_rc {
	RK_OK = 0,
	RK_END,		/* the end of the input, or "no"; not an error */
	RK_REFUSED,	/* this item cannot be processed, others can; err->code names the rule */
	RK_EUSAGE,	/* 2: wrong usage */
	RK_EDATA,	/* 65: the input is invalid or was cut short */
	RK_ENOINPUT,	/* 66: a named input cannot be read */
	RK_EBUG,	/* 70: a bug in ringkit */
	RK_ENOMEM,	/* 71: out of file descriptors or processes; without memory, rk_memory_fail() ends the program */
	RK_EIO,		/* 74: reading or writing failed */
	RK_ERACE,	/* 75: lost a race or found a lock; trying again may help */
	RK_EPERM,	/* 77: not permitted */
	RK_ECONFIG,	/* 78: the catalogue is invalid */
};

/*
 * Why a function failed.  The caller keeps it on its stack, zeroed; there is nothing to free.
 * code is set with RK_REFUSED, and with another result if a caller decides by it; otherwise it is RK_CODE_NONE.
 * msg is one line of printable UTF-8, whatever was formatted into it; one that is too long lacks its middle.
 */
struct rk_err {
	enum rk_code code;
	char msg[1024];
};

/*
 * Replace err's message, set its code to RK_CODE_NONE (rk_err_vset too), and return rc.  A message too long for err
 * ends in "...".  err->msg may be among the arguments of these functions: it is replaced last.
 */
enum rk_rc rk_err_set(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
enum rk_rc rk_err_vset(struct rk_err *err, enum rk_rc rc, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Replace err's message and code, and return RK_REFUSED. */
enum rk_rc rk_err_refuse(struct rk_err *err, enum rk_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Replace err's message and code, and return RK_EDATA. */
enum rk_rc rk_err_data(struct rk_err *err, enum rk_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* If rc is RK_EDATA, give err this code and return RK_REFUSED, else return rc: one item's input is bad, others can be processed. */
enum rk_rc rk_err_refuse_data(struct rk_err *err, enum rk_rc rc, enum rk_code code);

/* Put the formatted string and ": " before err's message, keep its code, and return rc. */
enum rk_rc rk_err_prefix(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
