/*
 * Fuzz the grammars of names, and patterns: an input is a string and, on further lines, a pattern and a template's value.  The
 * grammars are regular expressions here; patterns are matched by fnmatch(3).
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/utf8.h"
#include "base/validate.h"
#include "git/proposal_name.h"
#include "git/ring_pattern.h"
#include "git/source.h"
#include "fuzz.h"

#define WORD "[A-Za-z0-9_][A-Za-z0-9._-]*"
#define OCI "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
#define HOST "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
#define STARS 5	/* fnmatch(3) takes long for more */

static void
check_names(const char *s, size_t len)
{
	const bool word = fuzz_matches("^" WORD "$", s) && len <= 128, dots = strstr(s, "..");
	const bool path = len <= 4096 && fuzz_matches("^" WORD "(/" WORD ")*$", s) && !dots;

	EXPECT(!rk_validate_name(s, len) == (word && !dots));
	EXPECT(!rk_validate_tag(s, len) == word);
	EXPECT(!rk_validate_oid(s, len) == fuzz_matches("^[0-9a-f]{40}$", s));
	EXPECT(rk_validate_path(s, len) || path);
	EXPECT(!path || !rk_validate_path(s, len) || len > 128);	/* a component may be too long */
	EXPECT(rk_validate_ring(s, len) || (len <= 128 && fuzz_matches("^" OCI "(/" OCI ")*$", s) && path));
	EXPECT(!(len <= 128 && path && fuzz_matches("^" OCI "(/" OCI ")*$", s)) || !rk_validate_ring(s, len));
}

/* distribution/reference, in which a host has a dot or a port or is localhost, as the tools read it */
static void
check_image(const char *s, size_t len)
{
	const bool plain = fuzz_matches("^" OCI "(/" OCI ")*$", s);
	const bool host = fuzz_matches("^" HOST "(\\." HOST ")*(:[0-9]+)?(/" OCI ")+$", s);
	const size_t first = strcspn(s, "/");
	const bool has_host = s[first] && (strcspn(s, ".:") < first || (first == 9 && strncmp(s, "localhost", 9) == 0));

	EXPECT(!rk_validate_image(s, len) == (len <= 255 && (has_host ? host : plain)));
}

/* A path is below its root, and not in .git. */
static void
check_path(const char *s, size_t len)
{
	const char *at, *end;

	if (!rk_source_is_path(s))
		return;
	EXPECT(*s && *s != '/' && !strchr(s, '\\'));
	EXPECT(fuzz_printable(s, len));
	for (at = s; at; at = end ? end + 1 : NULL) {
		end = strchr(at, '/');
		len = end ? (size_t)(end - at) : strlen(at);
		EXPECT(len > 0);
		EXPECT(!(len <= 2 && strspn(at, ".") >= len));
		EXPECT(!(len == 4 && strncasecmp(at, ".git", 4) == 0));
		EXPECT(!(len == 5 && strncasecmp(at, "git~1", 5) == 0));
	}
}

static void
check_utf8(const char *s, size_t len)
{
	size_t at = 0, n;

	while (at < len && (n = fuzz_character(s + at, len - at)))
		at += n;
	EXPECT(rk_utf8_valid(s, len) == at);
}

static void
check_glob(const char *pattern, const char *s)
{
	const size_t len = strlen(pattern);
	size_t stars = 0, i;

	for (i = 0; i < len; i++)
		stars += pattern[i] == '*';
	if (strpbrk(pattern, "?[\\") || stars > STARS || len + strlen(s) > 200)
		return;
	EXPECT(rk_glob_match(pattern, len, s, RK_GLOB_NAME) == (fnmatch(pattern, s, FNM_NOESCAPE) == 0));
	EXPECT(rk_glob_match(pattern, len, s, RK_GLOB_PATH) ==
	    (fnmatch(pattern, s, FNM_NOESCAPE | FNM_PATHNAME | FNM_PERIOD) == 0));
}

/* A filled template is one of the template's. */
static void
check_template(const char *template, const char *value)
{
	struct rk_strbuf whole = { 0 }, found = { 0 }, again = { 0 };
	const char *name = strstr(template, "{name}");
	struct rk_err err = { 0 };

	if (rk_template_check(template, "name", &err) != RK_OK) {
		fuzz_message(&err);
		return;
	}
	rk_template_fill(&whole, template, "name", value);
	if (name && *value) {
		EXPECT(rk_template_match(template, "name", whole.data, &found));
		rk_template_fill(&again, template, "name", rk_strbuf_str(&found));
		EXPECT(strcmp(again.data, whole.data) == 0);
		EXPECT(strstr(name + 1, "{name}") || strcmp(found.data, value) == 0);
	}
	if (!name)
		EXPECT(strcmp(rk_strbuf_str(&whole), template) == 0);
	rk_strbuf_free(&whole);
	rk_strbuf_free(&found);
	rk_strbuf_free(&again);
}

/* A ring's name is found in what images have of it. */
static void
check_ring(const char *pattern, const char *ring)
{
	struct rk_strbuf slug = { 0 }, found = { 0 };
	struct rk_err err = { 0 };

	if (rk_template_check(pattern, "name", &err) != RK_OK || rk_ring_pattern_fault(pattern))
		return;
	if (!rk_ring_pattern_check(pattern, ring, strlen(ring))) {
		EXPECT(!rk_validate_ring(ring, strlen(ring)));
		rk_ring_pattern_slug(&slug, ring);
		EXPECT(!strchr(slug.data, '/') && strlen(slug.data) == strlen(ring));
		EXPECT(rk_ring_pattern_ring(pattern, slug.data, &found));
		EXPECT(strcmp(found.data, ring) == 0);
	}
	rk_strbuf_free(&slug);
	rk_strbuf_free(&found);
}

static void
check_proposal(const char *template, const char *ring)
{
	struct rk_strbuf branch = { 0 }, service = { 0 }, found = { 0 };
	struct rk_err err = { 0 };

	if (rk_template_check(template, "service ring", &err) != RK_OK || rk_proposal_name_fault(template))
		return;
	if (!rk_ring_pattern_check(RK_RING_PATTERN, ring, strlen(ring))) {
		rk_proposal_name_add(&branch, template, "shop.x", ring);
		EXPECT(rk_proposal_name_match(template, RK_RING_PATTERN, branch.data, &service, &found));
		EXPECT(strcmp(service.data, "shop.x") == 0 && strcmp(found.data, ring) == 0);
	}
	rk_proposal_name_match(template, RK_RING_PATTERN, ring, &service, &found);
	rk_strbuf_free(&branch);
	rk_strbuf_free(&service);
	rk_strbuf_free(&found);
}

int
fuzz_grammar(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), *rest = text, *s = fuzz_field(&rest);
	char *pattern = fuzz_field(&rest), *value = fuzz_field(&rest);
	const size_t len = strlen(s);

	check_utf8(s, len);
	check_names(s, len);
	check_image(s, len);
	check_path(s, len);
	check_glob(pattern, s);
	check_template(pattern, value);
	check_ring(pattern, s);
	check_ring(RK_RING_PATTERN, s);
	check_proposal(pattern, s);
	EXPECT(rk_validate_name(s, len + 1) && rk_validate_tag(s, len + 1) && rk_validate_path(s, len + 1));
	EXPECT(rk_validate_ring(s, len + 1) && rk_validate_image(s, len + 1) && rk_validate_oid(s, len + 1));
	free(text);
	return 0;
}
