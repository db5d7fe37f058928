/*
 * Generated documents and patches, judged by an oracle that shares no code with ours: edit-property.py makes them and
 * judges the results.  It runs this program with --driver to apply them, one a line:
 * {"text": s, "edits" or "patch": [...], "strict": b, "document": n, "values": b, "fill": b} gives {"rc": n, "code": s,
 * "message": s, "text": s, "edits": as they are then, "plain": how many of the old and the new text the fast reader has read,
 * "different": how many of these libfyaml reads differently}.  With fill, the sums of the marks are completed before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/json_patch.h"
#include "yaml/yaml.h"
#include "readers.h"

static enum rk_rc
fill(const char *text, const struct rk_json_patch_options *options, json_t *edits, struct rk_err *err)
{
	struct rk_yaml *yaml;
	enum rk_rc rc = rk_yaml_parse(text, strlen(text), &yaml, err);

	if (rc == RK_OK)
		rc = rk_json_patch_check(yaml, options, edits, NULL, err);
	rk_yaml_free(yaml);
	return rc;
}

static int
answer(const char *line, size_t len)
{
	struct rk_json_patch_options options = { .document = -1 };
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	enum readers readers[2];
	const char *text;
	json_t *in, *result;
	enum rk_rc rc;

	rc = rk_json_parse(line, len, &in, &err);
	if (rc != RK_OK) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	text = json_string_value(json_object_get(in, "text"));
	options.strict = json_is_true(json_object_get(in, "strict"));
	options.values = json_is_true(json_object_get(in, "values"));
	if (json_object_get(in, "document"))
		options.document = (long)json_integer_value(json_object_get(in, "document"));
	if (json_is_true(json_object_get(in, "fill")))
		rc = fill(text, &options, json_object_get(in, "edits"), &err);
	if (rc != RK_OK)
		;
	else if (json_object_get(in, "patch"))
		rc = rk_json_patch_apply(text, strlen(text), &options, json_object_get(in, "patch"), &out, &err);
	else
		rc = rk_json_patch_edits(text, strlen(text), &options, json_object_get(in, "edits"), &out, &err);
	readers[0] = compare_readers(text, strlen(text));
	readers[1] = compare_readers(rk_strbuf_str(&out), out.len);
	result = json_pack("{s:i,s:s,s:s,s:s,s:i,s:i,s:O?}", "rc", (int)rc, "code", rk_code_word(err.code), "message", err.msg,
	    "text", rk_strbuf_str(&out), "plain", (readers[0] != NOT_PLAIN) + (readers[1] != NOT_PLAIN),
	    "different", (readers[0] == DIFFERENT) + (readers[1] == DIFFERENT),
	    "edits", json_object_get(in, "edits"));
	json_dumpf(result, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(result);
	json_decref(in);
	rk_strbuf_free(&out);
	return 0;
}

int
main(int argc, char *argv[])
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int status = 0;

	if (argc < 2) {
		execl("/usr/bin/python3", "python3", "tests/unit/edit-property.py", argv[0], (char *)NULL);
		perror("/usr/bin/python3");
		return 1;
	}
	while (status == 0 && (len = getline(&line, &size, stdin)) > 0)
		status = answer(line, (size_t)len);
	free(line);
	return status;
}
