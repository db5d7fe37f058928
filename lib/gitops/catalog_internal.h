#ifndef RK_CATALOG_INTERNAL_H
#define RK_CATALOG_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

/* What a catalogue has allocated. */
struct rk_catalog_memory {
	void **block;
	size_t n, size;
};

/* Reads a catalogue.  Its first error stays, and every function that reads does nothing after it. */
struct rk_catalog_reader {
	struct rk_catalog *catalog;
	struct rk_catalog_memory *memory;
	struct rk_yaml_file file;
	const char *chart;		/* JSON Pointer of the subchart that is being read */
	bool registry;			/* the service that is being read has a registry in a chart */
	uint32_t tag_only;		/* and has only a tag in one */
	enum rk_rc rc;
	struct rk_err *err;
};

/* The rule for a template. */
struct rk_catalog_rule {
	const char *placeholder, *allowed;	/* the one that it needs; rk_template_check() */
	const char *sample;			/* fills the placeholder in for fault */
	const char *(*fault)(const char *s, size_t len);	/* of the result; NULL: any will do */
	const char *result;			/* what that is, for messages */
	bool optional;				/* the placeholder may be missing */
};

/* A key of a map: its value is read into the member at offset. */
struct rk_catalog_key {
	const char *name;
	void (*read)(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);
	size_t offset;
	const struct rk_catalog_rule *rule;
};

/* Set the error, "FILE:LINE:COLUMN: " of a node and a message. */
#define rk_catalog_reader_wrong(r, node, ...) \
	((r)->rc = rk_yaml_file_wrong(&(r)->file, rk_yaml_node((r)->file.yaml, node)->start, (r)->err, __VA_ARGS__))


/* Allocate zeroed memory that is freed with the catalogue; NULL after an error. */
void *rk_catalog_reader_own(struct rk_catalog_reader *r, size_t size);
char *rk_catalog_reader_own_string(struct rk_catalog_reader *r, const char *s);
void rk_catalog_reader_free(struct rk_catalog_memory *memory);

/* Return a node as JSON, a new reference; NULL after an error. */
json_t *rk_catalog_reader_json(struct rk_catalog_reader *r, uint32_t node);

/* Return the string of a node, which is not empty and owned by the catalogue; NULL after an error. */
char *rk_catalog_reader_scalar(struct rk_catalog_reader *r, uint32_t node);

/* Check a template that a node has. */
void rk_catalog_reader_template(struct rk_catalog_reader *r, uint32_t node, const char *template, const struct rk_catalog_rule *rule);

/* Return the first item of a value, and set *n to their number: those of a list, which is not empty, or the value. */
uint32_t rk_catalog_reader_items(struct rk_catalog_reader *r, uint32_t node, size_t *n);

/*
 * Read values: a string, by the rule unless that is NULL; a string or a list of them into a struct rk_strings; true or
 * false into a bool.
 */
void rk_catalog_reader_string(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);
void rk_catalog_reader_strings(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);
void rk_catalog_reader_bool(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);

/* Append the "/"-separated components of a path, which a node has, to a JSON Pointer, and return their number. */
size_t rk_catalog_reader_components(struct rk_catalog_reader *r, uint32_t node, const char *path, struct rk_strbuf *pointer);

/* Read an integer from 1 to 1000000 into an unsigned long. */
void rk_catalog_reader_number(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);

/* Read a map with these keys, at most 32 that end with { 0 }, into a struct. */
void rk_catalog_reader_keys(struct rk_catalog_reader *r, uint32_t node, const struct rk_catalog_key *keys, void *into);

/* Read "allowed" into a struct rk_allowed_list. */
void rk_policy_allowed(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);

/* Read "merge" into a struct rk_merge_policy, and check it when all services are known. */
void rk_policy_merge(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);
void rk_policy_check_merge(struct rk_catalog_reader *r);

/* Read "gitops" into a struct rk_fleet. */
void rk_fleet_read(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);

/* Read "waves" into a struct rk_waves, and "freeze" into a struct rk_freezes. */
void rk_policy_waves(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);
void rk_policy_freezes(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule);

#endif
