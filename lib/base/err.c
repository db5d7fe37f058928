#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/abort.h"
#include "base/code.h"
#include "base/utf8.h"

#define END_BYTES 128	/* of a message that is too long: its last words say why, or what to do */
#define END_ESCAPED ((size_t)4 * END_BYTES)	/* at most */

/* Set the message to the printable form of text; if it is too long, its middle is left out. */
static void
set(struct rk_err *err, const char *text)
{
	size_t len = strlen(text), at = 0, escaped = 0, n;
	const char *end = text + len;
	char buf[16];

	while (at < len && text[at] >= 0x20 && text[at] < 0x7f)
		at++;
	if (at == len && len < sizeof err->msg) {	/* the common case: nothing to escape */
		memcpy(err->msg, text, len + 1);
		return;
	}
	for (at = 0; at < len && escaped < sizeof err->msg;) {
		at += rk_utf8_escape_next(buf, text + at, len - at);
		escaped += strlen(buf);
	}
	if (escaped < sizeof err->msg) {
		rk_utf8_escape(err->msg, sizeof err->msg, text, len);
		return;
	}
	for (end -= END_BYTES; (*end & 0xc0) == 0x80; end++)	/* not in the middle of a character */
		;
	rk_utf8_escape(err->msg, sizeof err->msg - END_ESCAPED, text, (size_t)(end - text));
	n = strlen(err->msg);
	rk_utf8_escape(err->msg + n, sizeof err->msg - n, end, strlen(end));
}

static void message(struct rk_err *err, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

static void
message(struct rk_err *err, const char *fmt, va_list args)
{
	char small[2048], *big = NULL;
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(small, sizeof small, fmt, args);
	if (len >= (int)sizeof small && (big = malloc((size_t)len + 1)))
		vsnprintf(big, (size_t)len + 1, fmt, again);
	va_end(again);
	set(err, big ? big : small);
	free(big);
}

enum rk_rc
rk_err_vset(struct rk_err *err, enum rk_rc rc, const char *fmt, va_list args)
{
	/* a library that runs out of memory may report anything, such as a syntax error */
	if (errno == ENOMEM && rc != RK_OK && rc != RK_END)
		rk_abort(RK_ENOMEM, "out of memory");
	err->code = RK_CODE_NONE;
	message(err, fmt, args);
	return rc;
}

enum rk_rc
rk_err_set(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rk_err_vset(err, rc, fmt, args);
	va_end(args);
	return rc;
}

enum rk_rc
rk_err_refuse(struct rk_err *err, enum rk_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rk_err_vset(err, RK_REFUSED, fmt, args);
	va_end(args);
	err->code = code;
	return RK_REFUSED;
}

enum rk_rc
rk_err_data(struct rk_err *err, enum rk_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rk_err_vset(err, RK_EDATA, fmt, args);
	va_end(args);
	err->code = code;
	return RK_EDATA;
}

enum rk_rc
rk_err_refuse_data(struct rk_err *err, enum rk_rc rc, enum rk_code code)
{
	if (rc != RK_EDATA)
		return rc;
	err->code = code;
	return RK_REFUSED;
}

enum rk_rc
rk_err_prefix(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
{
	struct rk_err what = *err;
	char both[2 * sizeof err->msg + 2];
	va_list args;

	va_start(args, fmt);
	message(err, fmt, args);
	va_end(args);
	snprintf(both, sizeof both, "%s: %s", err->msg, what.msg);
	set(err, both);
	return rc;
}
