/*
 * pack REPO ours|libgit2 DIR <IDS: write objects of a repository as one pack into a directory, by rk_pack_write() or by libgit2's
 * git_packbuilder.
 */
#include <git2/sys/mempack.h>
#include <git2/sys/repository.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"

#define MOST 100000

static git_odb_object *object[MOST];
static size_t n;

static int
ours(const char *dir)
{
	struct rk_strbuf name = { 0 };
	struct rk_pack *pack = rk_pack_new();
	struct rk_err err = { 0 };
	git_oid oid;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < n && rc == RK_OK; i++)
		rc = rk_pack_add(pack, git_odb_object_type(object[i]), git_odb_object_data(object[i]), git_odb_object_size(object[i]),
		    &oid, &err);
	if (rc == RK_OK)
		rc = rk_pack_write(pack, dir, &name, &err);
	if (rc != RK_OK)
		fprintf(stderr, "%s\n", err.msg);
	rk_strbuf_free(&name);
	rk_pack_free(pack);
	return rc == RK_OK ? 0 : -1;
}

static int
packbuilder(const char *dir)
{
	git_packbuilder *builder = NULL;
	git_odb_backend *memory = NULL;
	git_repository *repository = NULL;
	git_odb *odb = NULL;
	git_oid oid;
	int result = git_odb_new(&odb);
	size_t i;

	if (result == 0)
		result = git_mempack_new(&memory);
	if (result == 0)
		result = git_odb_add_backend(odb, memory, 1);
	if (result == 0)
		result = git_repository_wrap_odb(&repository, odb);
	if (result == 0)
		result = git_packbuilder_new(&builder, repository);
	for (i = 0; i < n && result == 0; i++) {
		result = git_odb_write(&oid, odb, git_odb_object_data(object[i]), git_odb_object_size(object[i]),
		    git_odb_object_type(object[i]));
		if (result == 0)
			result = git_packbuilder_insert(builder, &oid, NULL);
	}
	if (result == 0)
		result = git_packbuilder_write(builder, dir, 0, NULL, NULL);
	git_packbuilder_free(builder);
	git_repository_free(repository);
	git_odb_free(odb);
	return result;
}

int
main(int argc, char *argv[])
{
	git_repository *git;
	struct rk_err err;
	char id[64];
	git_oid oid;
	git_odb *odb;

	if (argc != 4 || rk_git_open(argv[1], &git, &err) != RK_OK || git_repository_odb(&odb, git) < 0)
		return 2;
	while (n < MOST && scanf("%40s", id) == 1)
		if (git_oid_fromstr(&oid, id) < 0 || git_odb_read(&object[n++], odb, &oid) < 0)
			return 2;
	return (strcmp(argv[2], "ours") == 0 ? ours(argv[3]) : packbuilder(argv[3])) != 0;
}
