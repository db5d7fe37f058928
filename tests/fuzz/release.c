/*
 * Fuzz release records.  An input is a stream with one; or, if its first byte is "%", what ringcheck reads, in sections: pull
 * requests, builds, overrides and proposals, of which the record is made that must then be read.  What is read agrees with the
 * catalogue, and is the same when the record is written again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "forge/pulls.h"
#include "gitops/catalog.h"
#include "release/decide.h"
#include "release/decide_sources.h"
#include "release/release_record.h"
#include "release/ring_commits.h"
#include "fuzz.h"

static struct rk_catalog *catalog;

static const char *
string(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static void
check_release(const struct rk_release_record *r)
{
	const char *repository = string(json_object_get(r->record, "image"), "repository");
	const struct rk_service *service = r->service;
	char expected[300];
	json_t *label;
	size_t i;

	EXPECT(r->action > RK_NONE && r->action <= RK_SET);
	EXPECT(strcmp(string(r->record, "service"), service->name) == 0);
	EXPECT(fuzz_matches("^ring-[a-z0-9][a-z0-9._-]*$", r->ring) && strlen(r->ring) <= 128);
	EXPECT(r->action != RK_SET || r->tag);
	if (r->tag) {
		EXPECT(fuzz_matches("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", r->tag));
		snprintf(expected, sizeof expected, "%.*s%s", (int)strcspn(service->image.item[0], "{"), service->image.item[0], r->ring);
		EXPECT(repository && strcmp(repository, expected) == 0);
	}
	EXPECT(!r->rejected || r->action == RK_KEEP);
	EXPECT(!r->retargeted || r->action == RK_CLEAR);
	EXPECT(!r->release || fuzz_matches("^[0-9a-f]{40}$", string(r->release, "commit")));
	json_array_foreach(r->labels, i, label)
		EXPECT(json_is_string(label) && json_string_length(label) > 0);
	EXPECT(!r->pull_request.len || fuzz_matches("^[^#]+#[1-9][0-9]*$", r->pull_request.data));
}

/* Write a record as a stream, and read it. */
static enum rk_rc
read_written(const json_t *record, struct rk_release_record *again, struct rk_err *err)
{
	static const char end[] = "\n{\"type\":\"end\",\"by\":\"ringcheck\",\"records\":1,\"refused\":0}\n";
	struct rk_strbuf text = { 0 };
	enum rk_rc rc;

	rk_record_add_json(&text, record);
	rk_strbuf_puts(&text, end);
	rc = rk_release_record_read(again, fuzz_file(3, text.data, text.len), false, catalog, err);
	rk_strbuf_free(&text);
	return rc;
}

static void
check_stream(const void *bytes, size_t len)
{
	const char *path = fuzz_file(0, bytes, len);
	struct rk_release_record r, again;
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_release_record_read(&r, path, false, catalog, &err);

	if (rc == RK_OK) {
		check_release(&r);
		EXPECT(read_written(r.record, &again, &err) == RK_OK);
		EXPECT(again.action == r.action && again.service == r.service && again.rejected == r.rejected);
		EXPECT(again.retargeted == r.retargeted && strcmp(again.ring, r.ring) == 0 && !again.tag == !r.tag);
		EXPECT(json_equal(again.record, r.record) && !again.release == !r.release);
		EXPECT(!r.release || json_equal(again.release, r.release));
		rk_release_record_free(&again);
	} else {
		EXPECT(rc == RK_EDATA || rc == RK_EPERM);
		fuzz_message(&err);
		EXPECT(strncmp(err.msg, path, strlen(path)) == 0);
	}
	rk_release_record_free(&r);
}

/* What ringcheck writes is what mkpatch and labels2json read. */
static void
check_decision(const struct rk_decision *decision)
{
	struct rk_release_record r;
	struct rk_err err = { 0 };
	json_t *record = rk_decide_record(decision);
	enum rk_rc rc;

	EXPECT(json_array_size(json_object_get(record, "reasons")) > 0 || rk_decide_action(decision) == RK_SET ||
	    rk_decide_action(decision) == RK_CLEAR);
	rc = read_written(record, &r, &err);
	if (rk_decide_action(decision) == RK_NONE) {
		EXPECT(rc == RK_EPERM);
	} else {
		EXPECT(rc == RK_OK);
		EXPECT(r.action == rk_decide_action(decision) && strcmp(r.ring, rk_decide_ring(decision)) == 0);
		check_release(&r);
		EXPECT(json_equal(r.record, record));
	}
	rk_release_record_free(&r);
	json_decref(record);
}

static enum rk_rc
decide(const struct rk_ring_commits_sources *from, const json_t *pulls, struct rk_err *err)
{
	struct rk_decision *decision;
	enum rk_rc rc = rk_decide_open(from->service, pulls, &decision, err);

	if (rc == RK_OK)
		rc = rk_decide_sources(decision, from, err);
	if (rc == RK_OK)
		check_decision(decision);
	rk_decide_close(decision);
	return rc;
}

static void
check_sections(char *rest, size_t left)
{
	struct rk_ring_commits_sources from = { .unframed = true, .me = "ringkit[bot]" };
	struct rk_err err = { 0 };
	struct rk_io io = { 0 };
	const char *section, *file[4] = { NULL };
	json_t *pulls;
	size_t len, i;
	enum rk_rc rc;

	section = fuzz_section(&rest, &left, &len);
	fuzz_open(&io, section, len);
	rc = rk_pulls_read(&io, &pulls, &err);
	rk_io_close_file(&io);
	for (i = 0; i < 3; i++) {
		section = fuzz_section(&rest, &left, &len);
		file[i] = section ? fuzz_file((unsigned)i, section, len) : NULL;
	}
	from.runs = file[0] ? file[0] : fuzz_file(0, "[]", 2);
	from.overrides = file[1];
	from.proposals = file[2];
	if (rc == RK_OK)
		rc = rk_decide_service(catalog, pulls, &from.service, &err);
	if (rc == RK_OK)
		rc = decide(&from, pulls, &err);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	if (rc != RK_OK)
		fuzz_message(&err);
	json_decref(pulls);
}

int
fuzz_release(const uint8_t *data, size_t size)
{
	struct rk_err err = { 0 };
	char *text;

	if (!catalog && rk_catalog_load("examples/releases/ring.yaml", &catalog, &err) != RK_OK)
		fuzz_fail(__FILE__, __LINE__, err.msg);
	if (size && data[0] == '%') {
		text = fuzz_copy(data + 1, size - 1);
		check_sections(text, size - 1);
		free(text);
	} else {
		check_stream(data, size);
	}
	return 0;
}
