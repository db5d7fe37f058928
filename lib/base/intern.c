#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/intern.h"
#include "base/abort.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"

struct rk_intern_table {
	uint64_t key[2];
	struct rk_strbuf bytes;	/* all strings, each with a NUL after it */
	size_t *end, size;	/* of each string in bytes, after its NUL */
	uint32_t *slot;		/* a string's number + 1, or 0; searched from its hash on */
	size_t slots;		/* a power of two, at most half of them in use */
};

static uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void
mix(uint64_t v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

/* SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), words in the machine's byte order. */
static uint64_t
hash(const uint64_t key[2], const unsigned char *bytes, size_t len)
{
	uint64_t v[] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
	uint64_t word = 0, last = (uint64_t)len << 56;
	size_t i;

	for (; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		v[3] ^= word;
		mix(v, 2);
		v[0] ^= word;
	}
	for (i = 0; i < len; i++)
		last |= (uint64_t)bytes[i] << 8 * i;
	v[3] ^= last;
	mix(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static size_t
start(const struct rk_intern_table *table, size_t number)
{
	return number ? table->end[number - 1] : 0;
}

/* The slot in which the bytes are, or would be. */
static uint32_t *
find(const struct rk_intern_table *table, const void *bytes, size_t len)
{
	size_t i = (size_t)hash(table->key, bytes, len), at;

	for (i &= table->slots - 1; table->slot[i]; i = (i + 1) & (table->slots - 1)) {
		at = start(table, table->slot[i] - 1);
		if (table->end[table->slot[i] - 1] - at - 1 == len && memcmp(table->bytes.data + at, bytes, len) == 0)
			break;
	}
	return &table->slot[i];
}

static struct rk_intern_table *
create(void)
{
	struct rk_intern_table *table = rk_memory_calloc(1, sizeof *table);

	if (getentropy(table->key, sizeof table->key) < 0)
		rk_abort(RK_ENOMEM, "cannot get random bytes");
	return table;
}

/* Make space for one more string. */
static void
grow(struct rk_intern *set)
{
	struct rk_intern_table *table = set->table;
	size_t i, n = set->n;

	if (2 * n < table->slots)
		return;
	rk_memory_grow(&table->end, n, &table->size, sizeof *table->end);
	free(table->slot);
	table->slots = 2 * table->size;
	table->slot = rk_memory_calloc(table->slots, sizeof *table->slot);
	for (i = 0; i < n; i++)
		*find(table, table->bytes.data + start(table, i), table->end[i] - start(table, i) - 1) = (uint32_t)i + 1;
}

uint32_t
rk_intern_add_bytes(struct rk_intern *set, const void *bytes, size_t len)
{
	struct rk_intern_table *table;
	uint32_t *slot;

	if (!set->table)
		set->table = create();
	grow(set);
	table = set->table;
	slot = find(table, bytes, len);
	if (*slot)
		return *slot - 1;
	rk_strbuf_add(&table->bytes, bytes, len);
	rk_strbuf_putc(&table->bytes, '\0');
	table->end[set->n++] = table->bytes.len;
	*slot = (uint32_t)set->n;
	return *slot - 1;
}

uint32_t
rk_intern_add(struct rk_intern *set, const char *s)
{
	return rk_intern_add_bytes(set, s, strlen(s));
}

bool
rk_intern_find(const struct rk_intern *set, const void *bytes, size_t len, uint32_t *number)
{
	const uint32_t *slot = set->n ? find(set->table, bytes, len) : NULL;

	if (!slot || !*slot)
		return false;
	*number = *slot - 1;
	return true;
}

const char *
rk_intern_get(const struct rk_intern *set, uint32_t number)
{
	return set->table->bytes.data + start(set->table, number);
}

void
rk_intern_free(struct rk_intern *set)
{
	if (set->table) {
		rk_strbuf_free(&set->table->bytes);
		free(set->table->end);
		free(set->table->slot);
		free(set->table);
	}
	*set = (struct rk_intern){ 0 };
}
