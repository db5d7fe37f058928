#ifndef RK_ERR_H
#define RK_ERR_H

#include "base/code.h"

/* What a library function answers.  io.c alone knows the exit status of each. */
enum rk_rc {
	RK_OK = 0,
	RK_END,		/* nothing more to read; no error */
	RK_REFUSED,	/* this one thing cannot be done; err->code says which rule, the rest goes on */
	RK_EUSAGE,	/* 2: called wrongly */
	RK_EDATA,	/* 65: input is not understood, or was cut short */
	RK_ENOINPUT,	/* 66: a named input cannot be read */
	RK_EBUG,	/* 70: a bug in ringkit */
	RK_ENOMEM,	/* 71: out of memory or another resource */
	RK_EIO,		/* 74: reading or writing failed */
	RK_ERACE,	/* 75: lost a race or found a lock; trying again may help */
	RK_EPERM,	/* 77: not allowed */
	RK_ECONFIG,	/* 78: the catalogue is wrong */
};

/*
 * Why something failed.  The caller keeps it on its stack, zeroed; there is nothing to free.
 * code is set with RK_REFUSED, and with RK_EDATA where a caller needs to know what is wrong; otherwise RK_CODE_NONE.
 * msg is always one line of printable UTF-8, whatever was formatted into it.
 */
struct rk_err {
	enum rk_code code;
	char msg[1024];
};

/*
 * Fill err (replacing what it holds) and return rc.  A message too long for err ends in "...".
 * err->msg may stand among the arguments, here and below: it is replaced last.
 */
enum rk_rc rk_err_set(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Like rk_err_set(), but return RK_REFUSED with the refusal's code. */
enum rk_rc rk_err_refuse(struct rk_err *err, enum rk_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Like rk_err_set(), but return RK_EDATA with a code that says what is wrong with the data. */
enum rk_rc rk_err_data(struct rk_err *err, enum rk_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "where: " in front of err's message and return rc. */
enum rk_rc rk_err_prefix(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* RK_ENOMEM with its message. */
enum rk_rc rk_err_nomem(struct rk_err *err);

#endif
