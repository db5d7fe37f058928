#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/option.h"
#include "base/cpu_limit.h"
#include "base/err.h"
#include "base/io.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/suggest.h"

enum { CPU_LIMIT = 30, MOST = 48, DEFAULT_SECONDS = 300, DAY = 86400 };

static const struct rk_option common[] = {
	{ 'q', "quiet",   NULL, "show no progress, and do not repeat refusals on standard error" },
	{ 'v', "verbose", NULL, "report what is done on standard error" },
	{ CPU_LIMIT, "cpu-limit", "SECONDS", "use at most so much processor time (default: 300)" },
	{ 'h', "help",    NULL, "print this help and exit" },
	{ 'V', "version", NULL, "print the version and exit" },
	{ 0 }
};

static void
usage_option(struct rk_strbuf *text, const struct rk_option *option)
{
	size_t start = text->len;

	if (option->letter >= 32)
		rk_strbuf_printf(text, "  -%c, --%s", option->letter, option->name);
	else
		rk_strbuf_printf(text, "      --%s", option->name);
	if (option->arg)
		rk_strbuf_printf(text, " %s", option->arg);
	rk_strbuf_fill(text, ' ', text->len - start < 26 ? 28 - (text->len - start) : 2);
	rk_strbuf_printf(text, "%s\n", option->help);
}

_Noreturn static void
help(struct rk_io *io)
{
	const struct rk_option *option;
	struct rk_strbuf text = { 0 };

	rk_strbuf_printf(&text, "usage: %s [option ...] %s>output\n%s\n\n", io->prog, io->no_input ? "" : "<input ",
	    io->about);
	for (option = io->options; option->name; option++)
		usage_option(&text, option);
	for (option = common; option->name; option++)
		usage_option(&text, option);
	rk_strbuf_printf(&text, "\nSee %s(1) for details and ringkit(7) for an overview.\n", io->prog);
	rk_io_exit(io, RK_OK, rk_strbuf_str(&text));
}

__attribute__((format(printf, 2, 3)))
_Noreturn static void
wrong(struct rk_io *io, const char *fmt, ...)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	va_list args;

	va_start(args, fmt);
	rk_err_vset(&err, RK_EUSAGE, fmt, args);
	va_end(args);
	rk_strbuf_printf(&text, "%s: %s (%s --help lists the options)", io->prog, err.msg, io->prog);
	rk_io_exit(io, RK_EUSAGE, rk_strbuf_str(&text));
}

/*
 * Report what getopt_long() returned '?' for.  It sets letter for an unknown short option, and for a long one that was
 * given a value but takes none; for other long ones the word before optind is the wrong one.
 */
_Noreturn static void
unknown(struct rk_io *io, const struct option *longs, size_t n, const char *word, int letter)
{
	const char *names[MOST], *near;
	struct rk_strbuf several = { 0 };
	size_t len, i, fits = 0;
	char name[64];

	for (i = 0; letter && i < n; i++)
		if (longs[i].val == letter)
			wrong(io, "--%s takes no value", longs[i].name);
	if (letter)
		wrong(io, "unknown option -%c", letter);
	len = strcspn(word + 2, "=");
	snprintf(name, sizeof name, "%.*s", (int)len, word + 2);
	for (i = 0; i < n; i++) {
		names[i] = longs[i].name;
		if (strncmp(names[i], word + 2, len) == 0)
			rk_strbuf_printf(&several, "%s--%s", fits++ ? ", " : "", names[i]);
	}
	if (fits)
		wrong(io, "--%s is ambiguous: %s", name, rk_strbuf_str(&several));
	near = rk_suggest(name, names, n);
	wrong(io, "unknown option --%s%s%s%s", name, near ? ", did you mean --" : "", near ? near : "", near ? "?" : "");
}

/* Make getopt_long()'s tables from ours. */
static size_t
tables(const struct rk_option *options, struct option *longs, char *shorts)
{
	const struct rk_option *option, *part[] = { options, common };
	size_t n = 0, s = 0, i;

	shorts[s++] = ':';
	for (i = 0; i < 2; i++)
		for (option = part[i]; option->name && n < MOST; option++) {
			longs[n++] = (struct option){ option->name, option->arg ? required_argument : no_argument,
				NULL, option->letter };
			if (option->letter >= 32)
				shorts[s++] = option->letter;
			if (option->letter >= 32 && option->arg)
				shorts[s++] = ':';
		}
	shorts[s] = '\0';
	longs[n] = (struct option){ 0 };
	return n;
}

void
rk_option_parse(struct rk_io *io, int argc, char *argv[], const char *arg[128])
{
	struct option longs[MOST + 1];
	char shorts[2 * MOST + 2], version[128];
	unsigned long seconds = RK_CPU_LIMIT_SECONDS;
	struct rk_err err;
	size_t n;
	int c;

	rk_io_open(io);
	n = tables(io->options, longs, shorts);
	io->given = rk_memory_calloc((size_t)argc + 1, sizeof *io->given);
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		switch (c) {
		case 'q':
			io->quiet = true;
			break;
		case 'v':
			io->verbose = true;
			break;
		case 'h':
			help(io);
		case 'V':
			snprintf(version, sizeof version, "%s (ringkit) %s\n", io->prog, RK_VERSION);
			rk_io_exit(io, RK_OK, version);
		case ':':
			wrong(io, "%s requires a value", argv[optind - 1]);
		case '?':
			unknown(io, longs, n, argv[optind - 1], optopt);
		case CPU_LIMIT:
			if (rk_option_number("cpu-limit", optarg ? optarg : "", DAY, &seconds, &err) != RK_OK)
				wrong(io, "%s", err.msg);
			if (seconds == 0)
				wrong(io, "--cpu-limit: expected at least 1 second");
			break;
		case RK_OPTION_LETTER_UNFRAMED:
			io->unframed = true;
			break;
		default:
			arg[c] = optarg ? optarg : "";
			io->given[io->n_given++] = (struct rk_option_given){ (char)c, arg[c] };
		}
	}
	rk_cpu_limit_set(io->prog, seconds);
	if (optind < argc)
		wrong(io, "unexpected argument \"%s\"%s", argv[optind],
		    io->no_input ? "" : ": the input is read from standard input");
}

enum rk_rc
rk_option_number(const char *name, const char *value, unsigned long most, unsigned long *number, struct rk_err *err)
{
	char *end;

	errno = 0;
	*number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || *number > most)
		return rk_err_set(err, RK_EUSAGE, "--%s: expected an integer up to %lu, got \"%s\"", name, most,
		    value);
	return RK_OK;
}

enum rk_rc
rk_option_seconds(const char *timeout, unsigned *seconds, struct rk_err *err)
{
	unsigned long number = DEFAULT_SECONDS;
	enum rk_rc rc = timeout ? rk_option_number("timeout", timeout, DAY, &number, err) : RK_OK;

	*seconds = (unsigned)number;
	return rc == RK_OK && number == 0 ? rk_err_set(err, RK_EUSAGE, "--timeout: expected at least 1 second") : rc;
}
