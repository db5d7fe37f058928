#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/err.h"
#include "base/strbuf.h"

/* FNV-1a, started from an address that no input can know: nobody can choose strings that all meet in one slot. */
static size_t
hash(const struct rk_intern *names, const char *s)
{
	uint64_t h = 0xcbf29ce484222325u ^ (uintptr_t)names;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

/* The slot where s is, or would be. */
static size_t
find(const struct rk_intern *names, const char *s)
{
	size_t i = hash(names, s) & (names->slots - 1);

	while (names->slot[i] && strcmp(rk_intern_get(names, names->slot[i] - 1), s) != 0)
		i = (i + 1) & (names->slots - 1);
	return i;
}

static enum rk_rc
grow(struct rk_intern *names, struct rk_err *err)
{
	size_t room = names->room ? 2 * names->room : 64, i;
	uint32_t *slot;
	size_t *at;

	if (room > UINT32_MAX)
		return rk_err_nomem(err);
	at = realloc(names->at, room * sizeof *at);
	if (!at)
		return rk_err_nomem(err);
	names->at = at;
	slot = calloc(2 * room, sizeof *slot);
	if (!slot)
		return rk_err_nomem(err);
	free(names->slot);
	names->slot = slot;
	names->slots = 2 * room;
	names->room = room;
	for (i = 0; i < names->n; i++)
		slot[find(names, rk_intern_get(names, (uint32_t)i))] = (uint32_t)i + 1;
	return RK_OK;
}

enum rk_rc
rk_intern_add(struct rk_intern *names, const char *s, uint32_t *number, struct rk_err *err)
{
	size_t start = names->bytes.len, i;
	enum rk_rc rc = RK_OK;

	if (names->n == names->room)
		rc = grow(names, err);
	if (rc != RK_OK)
		return rc;
	i = find(names, s);
	if (names->slot[i]) {
		*number = names->slot[i] - 1;
		return RK_OK;
	}
	rk_strbuf_add(&names->bytes, s, strlen(s) + 1);
	rc = rk_strbuf_check(&names->bytes, err);
	if (rc != RK_OK)
		return rc;
	*number = (uint32_t)names->n;
	names->at[names->n++] = start;
	names->slot[i] = (uint32_t)names->n;
	return RK_OK;
}

const char *
rk_intern_get(const struct rk_intern *names, uint32_t number)
{
	return names->bytes.data + names->at[number];
}

void
rk_intern_free(struct rk_intern *names)
{
	rk_strbuf_free(&names->bytes);
	free(names->at);
	free(names->slot);
	*names = (struct rk_intern){ 0 };
}
