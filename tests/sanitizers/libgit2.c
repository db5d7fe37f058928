/*
 * Functions of libgit2 that leak.  The linker puts these in front of them (--wrap), because a confined program cannot read its
 * symbols, with which a list of leaks could name them.
 */
#include <git2.h>
#include <sanitizer/lsan_interface.h>

int __real_git_merge_base(git_oid *base, git_repository *git, const git_oid *one, const git_oid *two);
int __real_git_merge_bases(git_oidarray *bases, git_repository *git, const git_oid *one, const git_oid *two);
int __real_git_revwalk_next(git_oid *id, git_revwalk *walk);
int __real_git_revparse_single(git_object **object, git_repository *git, const char *rev);
int __wrap_git_merge_base(git_oid *base, git_repository *git, const git_oid *one, const git_oid *two);
int __wrap_git_merge_bases(git_oidarray *bases, git_repository *git, const git_oid *one, const git_oid *two);
int __wrap_git_revwalk_next(git_oid *id, git_revwalk *walk);
int __wrap_git_revparse_single(git_object **object, git_repository *git, const char *rev);

/* libgit2 1.5: these three leak a list if a parent is missing, in a shallow clone for example. */
int
__wrap_git_merge_base(git_oid *base, git_repository *git, const git_oid *one, const git_oid *two)
{
	int result;

	__lsan_disable();
	result = __real_git_merge_base(base, git, one, two);
	__lsan_enable();
	return result;
}

int
__wrap_git_merge_bases(git_oidarray *bases, git_repository *git, const git_oid *one, const git_oid *two)
{
	int result;

	__lsan_disable();
	result = __real_git_merge_bases(bases, git, one, two);
	__lsan_enable();
	return result;
}

int
__wrap_git_revwalk_next(git_oid *id, git_revwalk *walk)
{
	int result;

	__lsan_disable();
	result = __real_git_revwalk_next(id, walk);
	__lsan_enable();
	return result;
}

/* libgit2 1.5: leaks the reference if its object cannot be read. */
int
__wrap_git_revparse_single(git_object **object, git_repository *git, const char *rev)
{
	int result;

	__lsan_disable();
	result = __real_git_revparse_single(object, git, rev);
	__lsan_enable();
	return result;
}
