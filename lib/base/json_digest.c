#include <sha2.h>
#include <stdint.h>

#include "base/json_digest.h"
#include "base/memory.h"
#include "base/strbuf.h"

static int
hash(const char *bytes, size_t len, void *context)
{
	SHA256Update(context, (const uint8_t *)bytes, len);
	return 0;
}

void
rk_json_digest(const json_t *json, struct rk_strbuf *text)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	if (json_dump_callback(json, hash, &sha, JSON_COMPACT | JSON_SORT_KEYS) < 0)
		rk_memory_fail();
	rk_strbuf_puts(text, SHA256End(&sha, hex));
}
