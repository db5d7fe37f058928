/*
 * Print how each YAML string is read, so that two builds can be compared: readings.py makes the strings and compares.
 * An input line is a JSON string.  An output line is {"reader": ..., "libfyaml": ...}: what rk_yaml_parse()
 * and libfyaml's reader give, each {"rc": n, "code": s, "message": s} or {"nodes": [...], "documents": [...], "values":
 * [...]}.  A string that crashes or hangs the reader gives {"signal": n} instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/code.h"
#include "base/err.h"
#include "yaml/read_libfyaml.h"
#include "yaml/yaml_internal.h"

#define SECONDS 10	/* for one string */

static json_t *
refusal(enum rk_rc rc, const struct rk_err *err)
{
	return json_pack("{s:i,s:s,s:s}", "rc", (int)rc, "code", rk_code_word(err->code), "message", err->msg);
}

static json_t *
value(const struct rk_yaml *yaml, size_t document)
{
	struct rk_err err = { 0 };
	json_t *json;
	enum rk_rc rc;

	if (!rk_yaml_root(yaml, document))
		return json_string("empty");
	rc = rk_yaml_json(yaml, rk_yaml_root(yaml, document), &json, &err);
	return rc == RK_OK ? json_pack("[o]", json) : refusal(rc, &err);
}

static json_t *
tree(const struct rk_yaml *yaml)
{
	json_t *nodes = json_array(), *documents = json_array(), *values = json_array();
	const struct rk_yaml_document *document;
	const struct rk_yaml_node *node;
	size_t i;

	for (i = 1; i < yaml->nodes; i++) {
		node = &yaml->node[i];
		json_array_append_new(nodes, json_pack("[i,i,i,i,i,i,i,i,i]", node->kind, node->style, (int)node->parent,
		    (int)node->child, (int)node->next, (int)node->count, (int)node->start, (int)node->end, (int)node->props));
	}
	for (i = 0; i < yaml->documents; i++) {
		document = &yaml->document[i];
		json_array_append_new(documents, json_pack("[i,i,i]", (int)document->root, (int)document->start,
		    (int)document->end));
		json_array_append_new(values, value(yaml, i));
	}
	return json_pack("{s:o,s:o,s:o}", "nodes", nodes, "documents", documents, "values", values);
}

static void
read_text(const char *text, size_t len)
{
	struct rk_yaml *yaml = NULL, *events = NULL;
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_yaml_parse(text, len, &yaml, &err);
	json_t *line = json_pack("{s:o}", "reader", rc == RK_OK ? tree(yaml) : refusal(rc, &err));

	if (rc == RK_OK && !yaml->json) {
		events = rk_tree_new(text, len);
		events->odd = yaml->odd;
		rc = rk_read_libfyaml(events, &err);
		json_object_set_new(line, "libfyaml", rc == RK_OK ? tree(events) : refusal(rc, &err));
	}
	json_dumpf(line, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
	putchar('\n');
	json_decref(line);
	rk_yaml_free(yaml);
	rk_yaml_free(events);
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;
	json_t *text;
	int status;
	pid_t child;

	while (getline(&line, &size, stdin) > 0) {
		text = json_loads(line, JSON_DECODE_ANY, NULL);
		if (!json_is_string(text)) {
			fprintf(stderr, "expected a JSON string, got %s", line);
			return 1;
		}
		fflush(stdout);
		child = fork();
		if (child == 0) {
			alarm(SECONDS);
			read_text(json_string_value(text), json_string_length(text));
			fflush(stdout);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) < 0) {
			perror("readings");
			return 1;
		}
		if (status != 0)
			printf("{\"signal\":%d}\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
		json_decref(text);
	}
	free(line);
	return 0;
}
