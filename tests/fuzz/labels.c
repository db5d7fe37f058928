/*
 * Fuzz labels: the input of labels2json after a byte, which says whether a NUL ends each label.  The labels that are found are
 * written again, in JSON and with NULs, and must be found again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "forge/labels.h"
#include "fuzz.h"

/* What was found: as an array of JSON, and with a NUL after each. */
struct found {
	struct rk_strbuf json, nul;
	size_t n;
	bool text;	/* all are UTF-8 */
	bool whole;	/* none is empty or has a NUL */
};

static void
check_label(const char *label, size_t len)
{
	char part[3][RK_NAME_BYTES + 1], *copy = fuzz_copy(label, len);
	struct rk_err err = { 0 };
	struct rk_strbuf joined = { 0 };
	enum rk_rc rc = rk_validate_label(copy, len, part, &err);

	EXPECT((rc == RK_END) == (len < 7 || strncmp(copy, "cohort:", 7) != 0));
	if (rc == RK_REFUSED) {
		EXPECT(err.code == RK_CODE_MALFORMED_LABEL);
		fuzz_message(&err);
	}
	if (rc == RK_OK) {
		rk_strbuf_printf(&joined, "cohort:%s:%s:%s", part[0], part[1], part[2]);
		EXPECT(joined.len == len && memcmp(joined.data, copy, len) == 0);
		EXPECT(len <= 50);
	}
	if (rc != RK_END && strlen(copy) == len) {
		EXPECT((rc == RK_OK) == (len <= 50 && !strstr(copy, "..") &&
		    fuzz_matches("^cohort:[A-Za-z0-9_][A-Za-z0-9._-]*:[A-Za-z0-9_][A-Za-z0-9._-]*:[A-Za-z0-9_][A-Za-z0-9._-]*$", copy)));
	}
	rk_strbuf_free(&joined);
	free(copy);
}

static enum rk_rc
one_label(void *context, const char *label, size_t len, struct rk_err *err)
{
	struct found *found = context;
	size_t i, n;

	(void)err;
	check_label(label, len);
	rk_strbuf_puts(&found->json, found->n++ ? ",\"" : "[\"");
	for (i = 0; i < len; i += n) {
		n = fuzz_character(label + i, len - i);
		found->text = found->text && n > 0;
		n = n ? n : 1;
		if (n == 1 && ((unsigned char)label[i] < 0x20 || strchr("\"\\", label[i])))
			rk_strbuf_printf(&found->json, "\\u%04x", (unsigned)(unsigned char)label[i]);
		else
			rk_strbuf_add(&found->json, label + i, n);
	}
	rk_strbuf_putc(&found->json, '"');
	found->whole = found->whole && len > 0 && !memchr(label, '\0', len);
	rk_strbuf_add(&found->nul, label, len);
	rk_strbuf_putc(&found->nul, '\0');
	return RK_OK;
}

static enum rk_rc
read_labels(const void *bytes, size_t len, bool nul, struct found *found)
{
	struct rk_err err = { 0 };
	struct rk_io io = { 0 };
	enum rk_rc rc;

	*found = (struct found){ .text = true, .whole = true };
	fuzz_open(&io, bytes, len);
	rc = rk_labels_read(&io, nul, 0, one_label, found, &err);
	rk_io_close_file(&io);
	rk_strbuf_puts(&found->json, found->n ? "]" : "[]");
	EXPECT(rc == RK_END || rc == RK_EDATA);
	if (rc == RK_EDATA)
		fuzz_message(&err);
	return rc;
}

static void
free_found(struct found *found)
{
	rk_strbuf_free(&found->json);
	rk_strbuf_free(&found->nul);
}

static void
check_same(const struct found *found, const struct rk_strbuf *text, bool nul)
{
	struct found again;

	EXPECT(read_labels(text->data, text->len, nul, &again) == RK_END);
	EXPECT(again.n == found->n);
	EXPECT(again.nul.len == found->nul.len);
	EXPECT(!found->n || memcmp(again.nul.data, found->nul.data, found->nul.len) == 0);
	free_found(&again);
}

int
fuzz_labels(const uint8_t *data, size_t size)
{
	struct found found;

	if (size == 0)
		return 0;
	if (read_labels(data + 1, size - 1, data[0] % 2, &found) == RK_END) {
		if (found.text)
			check_same(&found, &found.json, false);
		if (found.whole && found.n)
			check_same(&found, &found.nul, true);
	}
	free_found(&found);
	return 0;
}
