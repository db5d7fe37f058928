/*
 * edit MODE DIR COUNT OUT: process DIR/0.yaml, DIR/1.yaml and so on.  MODE edit makes the edits of DIR/edits.jsonl, verified, and
 * writes the new files to OUT; events only parses each file, and the string that its edit is inside of, by libfyaml.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libfyaml.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/json_patch.h"
#include "yaml/yaml.h"

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

static void
events(const struct rk_strbuf *text)
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

static void
one(const char *mode, const char *dir, long n, const json_t *edits, const char *to)
{
	struct rk_json_patch_options options = { .document = -1, .strict = true };
	struct rk_strbuf text = { 0 }, more = { 0 };
	struct rk_err err = { 0 };
	char name[4096];

	snprintf(name, sizeof name, "%s/%ld.yaml", dir, n);
	read_file(name, &text);
	if (strcmp(mode, "edit") == 0) {
		if (rk_json_patch_edits(text.data, text.len, &options, edits, &more, &err) != RK_OK)
			fail(name, err.msg);
		write_file(to, n, &more);
	} else {
		string_of(&text, edits, &more);
		events(&text);
		if (more.len)
			events(&more);
	}
	rk_strbuf_free(&text);
	rk_strbuf_free(&more);
}

int
main(int argc, char *argv[])
{
	struct rk_strbuf lines = { 0 };
	char name[4096];
	const char *line;
	json_t *edits;
	long n;

	if (argc != 5)
		fail("usage", "edit edit|events DIR COUNT OUT");
	snprintf(name, sizeof name, "%s/edits.jsonl", argv[2]);
	read_file(name, &lines);
	for (n = 0, line = rk_strbuf_str(&lines); n < atol(argv[3]); n++, line += strcspn(line, "\n") + 1) {
		edits = json_loadb(line, strcspn(line, "\n"), 0, NULL);
		one(argv[1], argv[2], n, edits, argv[4]);
		json_decref(edits);
	}
	rk_strbuf_free(&lines);
	return 0;
}
