/*
 * edit MODE DIR FROM TO STEP [OUT]: process DIR/FROM.yaml and each STEPth file after it up to TO, and print the
 * microseconds of processor time a file and the peak memory in KiB.  MODE is read, edit, or events: parse the file, and
 * the string that the edit is inside of, by libfyaml.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <libfyaml.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/json_patch.h"
#include "yaml/yaml.h"

enum rk_rc bench_edit(const struct rk_strbuf *text, const json_t *edits, struct rk_strbuf *out, struct rk_err *err);
void bench_events(const struct rk_strbuf *text);

static void
fail(const char *where, const char *what)
{
	fprintf(stderr, "%s: %s\n", where, what);
	exit(1);
}

static void
read_file(const char *name, struct rk_strbuf *text)
{
	FILE *file = fopen(name, "rb");
	char bytes[16384];
	size_t n;

	if (!file)
		fail(name, "cannot be read");
	while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
		rk_strbuf_add(text, bytes, n);
	fclose(file);
}

/* callgrind counts these two: they have public names and are never inlined. */
__attribute__((noinline)) enum rk_rc
bench_edit(const struct rk_strbuf *text, const json_t *edits, struct rk_strbuf *out, struct rk_err *err)
{
	struct rk_json_patch_options options = { .document = -1, .strict = true };

	return rk_json_patch_edits(text->data, text->len, &options, edits, out, err);
}

__attribute__((noinline)) void
bench_events(const struct rk_strbuf *text)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_SLOPPY_FLOW_INDENTATION };
	struct fy_parser *parser = fy_parser_create(&cfg);
	struct fy_event *event;

	if (!parser || fy_parser_set_string(parser, text->data, text->len) != 0)
		fail("libfyaml", "no parser");
	while ((event = fy_parser_parse(parser)))
		fy_parser_event_free(parser, event);
	if (fy_parser_get_stream_error(parser))
		fail("libfyaml", "no YAML");
	fy_parser_destroy(parser);
}

/* Read the string that the edit is inside of, if it is in one. */
static void
string_of(const struct rk_strbuf *text, const json_t *edits, struct rk_strbuf *inner)
{
	const char *at = json_string_value(json_object_get(json_array_get(edits, 0), "at"));
	struct rk_err err = { 0 };
	struct rk_yaml *yaml;

	if (!*at)
		return;
	if (rk_yaml_parse(text->data, text->len, &yaml, &err) != RK_OK ||
	    rk_yaml_scalar(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), at), inner, &err) != RK_OK)
		fail(at, err.msg);
	rk_yaml_free(yaml);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
write_file(const char *dir, long n, const struct rk_strbuf *out)
{
	char name[4096];
	FILE *file;

	snprintf(name, sizeof name, "%s/%ld.yaml", dir, n);
	file = fopen(name, "wb");
	if (!file || fwrite(out->data, 1, out->len, file) != out->len || fclose(file) != 0)
		fail(name, "cannot be written");
}

/* Process one file; return the seconds that it took. */
static double
one(const char *mode, const char *dir, long n, const json_t *edits, const char *to)
{
	struct rk_strbuf text = { 0 }, inner = { 0 }, out = { 0 };
	struct rk_err err = { 0 };
	char name[4096];
	double start, spent;

	snprintf(name, sizeof name, "%s/%ld.yaml", dir, n);
	start = now();
	read_file(name, &text);
	if (mode[0] == 'e' && mode[1] == 'd' && bench_edit(&text, edits, &out, &err) != RK_OK)
		fail(name, err.msg);
	spent = now() - start;
	if (mode[0] == 'e' && mode[1] == 'v') {
		string_of(&text, edits, &inner);
		start = now();
		bench_events(&text);
		if (inner.len)
			bench_events(&inner);
		spent += now() - start;
	}
	if (to)
		write_file(to, n, &out);
	rk_strbuf_free(&text);
	rk_strbuf_free(&inner);
	rk_strbuf_free(&out);
	return spent;
}

int
main(int argc, char *argv[])
{
	struct rk_strbuf lines = { 0 };
	struct rusage used;
	char name[4096];
	const char *line;
	long n, from, to, step, files = 0;
	double spent = 0;
	json_t *edits;

	if (argc < 6)
		fail("usage", "edit read|events|edit DIR FROM TO STEP [OUT]");
	from = atol(argv[3]);
	to = atol(argv[4]);
	step = atol(argv[5]);
	snprintf(name, sizeof name, "%s/edits.jsonl", argv[2]);
	read_file(name, &lines);
	for (n = 0, line = rk_strbuf_str(&lines); n < to; n++, line += strcspn(line, "\n") + 1) {
		if (n < from || (n - from) % step)
			continue;
		edits = json_loadb(line, strcspn(line, "\n"), 0, NULL);
		spent += one(argv[1], argv[2], n, edits, argc > 6 ? argv[6] : NULL);
		json_decref(edits);
		files++;
	}
	rk_strbuf_free(&lines);
	getrusage(RUSAGE_SELF, &used);
	printf("%.2f %ld\n", 1e6 * spent / (double)files, used.ru_maxrss);
	return 0;
}
