#ifndef RK_PACK_INTERNAL_H
#define RK_PACK_INTERNAL_H

#include <stddef.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "git/git.h"

struct rk_pack_object {
	git_oid oid;
	git_oid near;		/* zero: no other object is near */
	git_object_t type;
	size_t len;
	unsigned char *bytes;
};

struct rk_pack {
	struct rk_intern ids;	/* the 20 bytes of each id; its number is the object's index */
	struct rk_pack_object *object;
	size_t size;		/* of object, which has ids.n in use */
};

/*
 * Write the objects as a pack and its index, on disk (fsync) on return, into a directory, and append the name that they
 * have there without its suffix, "pack-<checksum>".  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_pack_format_write(const struct rk_pack *pack, const char *dir, struct rk_strbuf *name, struct rk_err *err);

#endif
