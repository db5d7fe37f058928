#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/commit.h"
#include "git/git.h"
#include "git/ident.h"
#include "git/pack.h"
#include "git/quarantine.h"
#include "git/ref.h"

static git_repository *git;

static void
sh(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void
write_file(const char *path, const struct rk_strbuf *text)
{
	FILE *f = fopen(path, "w");
	const bool written = f && fwrite(text->data, 1, text->len, f) == text->len;

	if (f)
		fclose(f);
	assert_true(written);
}

static int
setup(void **state)
{
	static char dir[] = "/tmp/rk-commit-XXXXXX";
	struct rk_err err;

	(void)state;
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	setenv("HOME", dir, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "Ann", 1);
	setenv("GIT_AUTHOR_EMAIL", "ann@example.com", 1);
	setenv("GIT_COMMITTER_NAME", "Ann", 1);
	setenv("GIT_COMMITTER_EMAIL", "ann@example.com", 1);
	/* names that are sorted differently as files and as directories */
	if (system("git init -q -b main . && mkdir -p a a-b a.d/x && echo 1 >a/f && echo 1 >a-b/f && echo 1 >a.d/x/f && echo 1 >a.b "
	    "&& echo 1 >a0 && : >empty && chmod +x a0 && ln -s a0 link && git add . && git commit -qm one && "
	    "git switch -q --detach") != 0)
		return -1;
	return rk_git_open(".", &git, &err) == RK_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	char cwd[256], command[300];

	(void)state;
	rk_git_close(git);
	if (!getcwd(cwd, sizeof cwd) || strncmp(cwd, "/tmp/rk-commit-", 15) != 0)
		return -1;
	snprintf(command, sizeof command, "rm -rf %s", cwd);
	return chdir("/") == 0 ? system(command) : -1;
}

/* Assert what the committer's date becomes with these values of the variables; "" stands for an error. */
static void
dated(const char *given, const char *epoch, const char *date)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	setenv("GIT_COMMITTER_DATE", given, 1);
	setenv("SOURCE_DATE_EPOCH", epoch, 1);
	rc = rk_ident_add(&text, git, "committer", &err);
	assert_int_equal(rc, *date ? RK_OK : RK_ENOINPUT);
	if (*date)
		assert_string_equal(strchr(text.data, '>') + 2, date);
	else
		assert_non_null(strstr(err.msg, *given ? "GIT_COMMITTER_DATE" : "SOURCE_DATE_EPOCH"));
	rk_strbuf_free(&text);
	unsetenv("GIT_COMMITTER_DATE");
	unsetenv("SOURCE_DATE_EPOCH");
}

static void
a_date_is_the_one_that_is_given(void **state)
{
	(void)state;
	dated("1700000000 +0100", "1600000000", "1700000000 +0100");
	dated("@0 +0000", "", "0 +0000");
	dated("2023-11-14T23:13:20+01:00", "", "1700000000 +0100");
	dated("Tue, 14 Nov 2023 22:13:20 -0230", "", "1700009000 -0230");
	dated("yesterday", "", "");
	dated("", "1600000000", "1600000000 +0000");
	dated("", "-1", "");
	dated("", "soon", "");
}

static void
without_a_date_it_is_the_present_here(void **state)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	const time_t before = time(NULL);
	long long when;
	int zone;

	(void)state;
	setenv("TZ", "IST-05:30", 1);
	assert_int_equal(rk_ident_add(&text, git, "author", &err), RK_OK);
	assert_int_equal(sscanf(text.data, "Ann <ann@example.com> %lld +%4d", &when, &zone), 2);
	assert_in_range(when, before, time(NULL));
	assert_int_equal(zone, 530);
	rk_strbuf_free(&text);
	unsetenv("TZ");
}

static void
a_role_has_its_own_name_or_the_user_s_or_none(void **state)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };

	(void)state;
	setenv("GIT_AUTHOR_NAME", "", 1);
	unsetenv("GIT_AUTHOR_EMAIL");
	unsetenv("EMAIL");
	assert_int_equal(rk_ident_add(&text, git, "author", &err), RK_ENOINPUT);
	assert_string_equal(err.msg, "missing the author's name: set GIT_AUTHOR_NAME, or git config user.name");
	sh("git config user.name ' Bea, '");
	assert_int_equal(rk_ident_add(&text, git, "author", &err), RK_ENOINPUT);
	assert_non_null(strstr(err.msg, "GIT_AUTHOR_EMAIL"));
	setenv("EMAIL", "e@example.com", 1);
	rk_strbuf_clear(&text);
	assert_int_equal(rk_ident_add(&text, git, "author", &err), RK_OK);
	assert_memory_equal(text.data, "Bea <e@example.com> ", 20);
	sh("git config author.name Cy && git config user.email u@example.com");
	rk_strbuf_clear(&text);
	assert_int_equal(rk_ident_add(&text, git, "author", &err), RK_OK);
	assert_memory_equal(text.data, "Cy <u@example.com> ", 19);
	setenv("GIT_AUTHOR_NAME", "A <b> c", 1);
	assert_int_equal(rk_ident_add(&text, git, "author", &err), RK_ENOINPUT);
	assert_non_null(strstr(err.msg, "invalid author: A <b> c"));
	rk_strbuf_free(&text);
	sh("git config --unset user.name; git config --unset user.email; git config --unset author.name");
	unsetenv("EMAIL");
	setenv("GIT_AUTHOR_NAME", "Ann", 1);
	setenv("GIT_AUTHOR_EMAIL", "ann@example.com", 1);
}

/* Commit these files. */
static enum rk_rc
commit(const char *const files[][2], size_t n, git_oid *oid, struct rk_strbuf *diff, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_quarantine *quarantine = NULL;
	struct rk_commit *made;
	git_oid parent;
	enum rk_rc rc;
	size_t i;

	assert_int_equal(git_reference_name_to_id(&parent, git, "refs/heads/main"), 0);
	rc = rk_commit_new(git, &parent, &made, err);
	for (i = 0; i < n && rc == RK_OK; i++)
		rc = rk_commit_put(made, files[i][0], files[i][1], strlen(files[i][1]), err);
	if (rc == RK_OK)
		rc = rk_commit_diff(made, diff, err);
	if (rc == RK_OK)
		rc = rk_commit_draft(made, "Subject\n\nBody\n", &text, err);
	if (rc == RK_OK)
		rc = rk_commit_make(made, &text, oid, err);
	if (rc == RK_OK)
		rc = rk_commit_write(made, &quarantine, err);
	if (rc == RK_OK)
		rc = rk_quarantine_migrate(quarantine, err);
	rk_quarantine_close(quarantine);
	rk_commit_free(made);
	rk_strbuf_free(&text);
	return rc;
}

static void
a_commit_replaces_files_and_keeps_the_others(void **state)
{
	static const char *const files[][2] = { { "a/f", "2\n" }, { "a0", "2\n" }, { "a.d/x/f", "2\n" }, { "a-b/f", "2\n" },
		{ "a.b", "2\n" }, { "empty", "no more\n" } };
	struct rk_strbuf diff = { 0 };
	struct rk_err err = { 0 };
	char command[300];
	git_oid oid;

	(void)state;
	assert_int_equal(commit(files, 6, &oid, &diff, &err), RK_OK);
	snprintf(command, sizeof command, "git fsck --strict --no-dangling && git diff main %s >git.diff && "
	    "test \"$(git diff --name-only main %s | wc -l)\" = 6 && git ls-tree %s a0 | grep -q ^100755", git_oid_tostr_s(&oid),
	    git_oid_tostr_s(&oid), git_oid_tostr_s(&oid));
	sh(command);
	write_file("our.diff", &diff);
	sh("cmp git.diff our.diff");
	rk_strbuf_free(&diff);
}

static void
the_diff_is_that_of_git_with_and_without_final_newlines(void **state)
{
	static const char *const texts[] = { "x", "1", "", "1\n2\n", "a\nb\n1\n", "\n\n1\n\n" };
	struct rk_strbuf diff = { 0 };
	struct rk_err err = { 0 };
	char command[200];
	git_oid oid;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *const files[][2] = { { "a.b", texts[i] } };

		rk_strbuf_clear(&diff);
		assert_int_equal(commit(files, 1, &oid, &diff, &err), RK_OK);
		write_file("our.diff", &diff);
		snprintf(command, sizeof command, "git diff main %s | cmp - our.diff", git_oid_tostr_s(&oid));
		sh(command);
	}
	rk_strbuf_free(&diff);
}

static void
only_a_regular_file_can_be_replaced(void **state)
{
	static const char *const paths[] = { "none", "a", "link", "a/none", "a0/f", "../a0", "/a0", "", "a//f" };
	struct rk_strbuf diff = { 0 };
	struct rk_err err = { 0 };
	git_oid oid;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		const char *const files[][2] = { { paths[i], "2\n" } };

		assert_int_equal(commit(files, 1, &oid, &diff, &err), RK_EDATA);
	}
	rk_strbuf_free(&diff);
}

static void
equal_content_is_not_a_change(void **state)
{
	struct rk_commit *made;
	struct rk_err err = { 0 };
	git_oid parent;

	(void)state;
	assert_int_equal(git_reference_name_to_id(&parent, git, "refs/heads/main"), 0);
	assert_int_equal(rk_commit_new(git, &parent, &made, &err), RK_OK);
	assert_int_equal(rk_commit_put(made, "a.b", "1\n", 2, &err), RK_OK);
	assert_int_equal(rk_commit_count(made), 0);
	rk_commit_free(made);
}

static void
large_and_many_objects_are_read_back(void **state)
{
	struct rk_pack *pack;
	struct rk_quarantine *quarantine;
	struct rk_err err = { 0 };
	struct rk_strbuf large = { 0 };
	git_oid oid, big = { 0 };
	char small[32];
	unsigned i;

	(void)state;
	for (i = 0; i < 400000; i++)
		rk_strbuf_printf(&large, "%u ", i * 2654435761u);
	pack = rk_pack_new();
	assert_int_equal(rk_pack_add(pack, GIT_OBJECT_BLOB, large.data, large.len, &big, &err), RK_OK);
	for (i = 0; i < 3000; i++) {
		snprintf(small, sizeof small, "object %u", i % 2900);
		assert_int_equal(rk_pack_add(pack, GIT_OBJECT_BLOB, small, strlen(small), &oid, &err), RK_OK);
	}
	assert_int_equal(rk_pack_add(pack, GIT_OBJECT_BLOB, "", 0, &oid, &err), RK_OK);
	assert_int_equal(rk_quarantine_open(git, pack, &quarantine, &err), RK_OK);
	assert_int_equal(rk_quarantine_migrate(quarantine, &err), RK_OK);
	rk_quarantine_close(quarantine);
	rk_pack_free(pack);
	sh("git fsck --strict --no-dangling && "
	    "test \"$(git verify-pack -v \"$(ls -S .git/objects/pack/*.idx | head -n 1)\" | grep -c ' blob ')\" = 2902");
	rk_strbuf_free(&large);
}

/* Bytes that cannot be compressed, the same in each run. */
static void
fill(unsigned char *bytes, size_t len, uint32_t *seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		*seed = *seed * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(*seed >> 24);
	}
}

/* Families of objects that each differ from the first somewhere: libgit2 and Git read them back. */
static void
objects_that_are_near_each_other_are_read_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 40, 127, 128, 129, 1000, 0xffff, 0x10000, 0x10001, 0x20100, 300000 };
	enum { FAMILIES = sizeof sizes / sizeof sizes[0], CHILDREN = 40 };
	static git_oid oid[FAMILIES][CHILDREN + 1];
	static unsigned char *bytes[FAMILIES][CHILDREN + 1];
	static size_t len[FAMILIES][CHILDREN + 1];
	struct rk_pack *pack;
	struct rk_quarantine *quarantine;
	git_odb_object *object;
	struct rk_err err = { 0 };
	uint32_t seed = 1;
	git_oid near;
	git_odb *odb;
	size_t f, c, at, n;

	(void)state;
	pack = rk_pack_new();
	for (c = 0; c <= CHILDREN; c++)
		for (f = 0; f < FAMILIES; f++) {
			len[f][c] = sizes[f];
			bytes[f][c] = rk_memory_malloc(2 * sizes[f] + 300);
			memset(&near, (int)f + 1, sizeof near);
			if (c == 0) {
				fill(bytes[f][0], sizes[f], &seed);
			} else {
				memcpy(bytes[f][c], bytes[f][0], sizes[f]);
				at = sizes[f] ? seed % sizes[f] : 0;
				n = seed % (sizes[f] - at + 1);
				n = n < 200 || c % 8 == 0 ? n : n % 200;
				fill(bytes[f][c] + at, n, &seed);
				if (c % 3 == 1) {	/* longer */
					n = seed % 300;
					memmove(bytes[f][c] + at + n, bytes[f][c] + at, sizes[f] - at);
					fill(bytes[f][c] + at, n, &seed);
					len[f][c] += n;
				} else if (c % 3 == 2) {
					memmove(bytes[f][c] + at, bytes[f][c] + at + n, sizes[f] - at - n);
					len[f][c] -= n;
				}
			}
			assert_int_equal(rk_pack_add_near(pack, GIT_OBJECT_BLOB, bytes[f][c], len[f][c], &near, &oid[f][c], &err), RK_OK);
		}
	assert_int_equal(rk_quarantine_open(git, pack, &quarantine, &err), RK_OK);
	assert_int_equal(rk_quarantine_migrate(quarantine, &err), RK_OK);
	rk_quarantine_close(quarantine);
	rk_pack_free(pack);
	assert_int_equal(git_repository_odb(&odb, git), 0);
	for (f = 0; f < FAMILIES; f++)
		for (c = 0; c <= CHILDREN; c++) {
			assert_int_equal(git_odb_read(&object, odb, &oid[f][c]), 0);
			assert_int_equal(git_odb_object_size(object), len[f][c]);
			assert_memory_equal(git_odb_object_data(object), bytes[f][c], len[f][c]);
			git_odb_object_free(object);
			free(bytes[f][c]);
		}
	git_odb_free(odb);
	sh("for pack in .git/objects/pack/*.idx; do git verify-pack -v $pack || exit; done >verified");
	/* some are whole, many are deltas, all against a whole one */
	sh("test $(grep -c '^chain length = 1:' verified) = 1 && ! grep -q '^chain length = 2' verified");
	sh("test $(sed -n 's/^chain length = 1: //p' verified | cut -d' ' -f1) -gt 300");
	sh("rm verified");
}

/* Write one object, whose id is set, to a quarantine. */
static struct rk_quarantine *
quarantine_of(const char *content, git_oid *oid)
{
	struct rk_quarantine *quarantine;
	struct rk_pack *pack;
	struct rk_err err = { 0 };

	pack = rk_pack_new();
	assert_int_equal(rk_pack_add(pack, GIT_OBJECT_BLOB, content, strlen(content), oid, &err), RK_OK);
	assert_int_equal(rk_quarantine_open(git, pack, &quarantine, &err), RK_OK);
	rk_pack_free(pack);
	return quarantine;
}

/* Return whether Git finds an object; libgit2 keeps packs open that are gone. */
static bool
is_there(const git_oid *oid)
{
	char command[100], hex[RK_OID_HEX];

	snprintf(command, sizeof command, "git cat-file -e %s 2>/dev/null", git_oid_tostr(hex, sizeof hex, oid));
	return system(command) == 0;
}

static void
objects_that_do_not_migrate_leave_nothing(void **state)
{
	git_oid oid;
	struct rk_quarantine *quarantine = quarantine_of("lost", &oid);

	(void)state;
	assert_false(is_there(&oid));
	sh("test $(ls .git/objects/ringkit_*/pack/pack-*.pack | wc -l) = 1");
	rk_quarantine_close(quarantine);
	sh("! ls -d .git/objects/ringkit_* 2>/dev/null");
	assert_false(is_there(&oid));
}

static void
git_gc_removes_objects_only_after_the_branch_should_have_moved(void **state)
{
	git_oid oid;
	struct rk_quarantine *quarantine = quarantine_of("kept", &oid);
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_quarantine_migrate(quarantine, &err), RK_OK);
	assert_int_equal(rk_quarantine_migrate(quarantine, &err), RK_OK);
	sh("git gc --quiet --prune=now && git repack -adq");
	assert_true(is_there(&oid));
	rk_quarantine_close(quarantine);
	sh("git gc --quiet --prune=now");
	assert_false(is_there(&oid));
}

static void
what_killed_processes_have_left_is_removed_after_a_day(void **state)
{
	git_oid oid;

	(void)state;
	sh("cd .git/objects && mkdir -p ringkit_old/pack ringkit_new && : >ringkit_old/pack/pack-1.pack");
	sh("cd .git/objects/pack && echo ringkit >pack-old.keep && echo ringkit >pack-new.keep && echo mine >pack-their.keep");
	sh("cd .git/objects && touch -d '25 hours ago' ringkit_old pack/pack-old.keep pack/pack-their.keep");
	rk_quarantine_close(quarantine_of("next", &oid));
	sh("cd .git/objects && test ! -e ringkit_old && test ! -e pack/pack-old.keep");
	sh("cd .git/objects && rmdir ringkit_new && rm pack/pack-new.keep pack/pack-their.keep");
}

static void
a_branch_moves_only_from_its_old_commit(void **state)
{
	static const char *const files[][2] = { { "a.b", "2\n" } }, *const others[][2] = { { "a.b", "3\n" } };
	struct rk_strbuf diff = { 0 };
	struct rk_err err = { 0 };
	struct rk_quarantine *quarantine;
	struct rk_ref *ref;
	git_oid old, new, other, blob;

	(void)state;
	sh("git branch side main");
	assert_int_equal(commit(files, 1, &new, &diff, &err), RK_OK);
	assert_int_equal(commit(others, 1, &other, &diff, &err), RK_OK);
	assert_int_equal(rk_ref_open(git, "side", 0, &ref, &err), RK_OK);
	assert_int_equal(rk_ref_tip(ref, &old, &err), RK_OK);
	assert_int_equal(rk_ref_move(ref, &old, &new, NULL, "test: move", &err), RK_OK);
	quarantine = quarantine_of("of a lost race", &blob);
	assert_int_equal(rk_ref_move(ref, &old, &other, quarantine, "test: lost", &err), RK_END);
	rk_quarantine_close(quarantine);
	assert_false(is_there(&blob));
	assert_int_equal(rk_ref_move(ref, &old, &new, NULL, "test: done before", &err), RK_OK);
	sh("git update-ref -d refs/heads/side");
	assert_int_equal(rk_ref_move(ref, &new, &other, NULL, "test: gone", &err), RK_ENOINPUT);
	rk_ref_close(ref);
	rk_strbuf_free(&diff);
}

static void
a_branch_that_becomes_a_symbolic_ref_is_not_moved(void **state)
{
	struct rk_err err = { 0 };
	struct rk_ref *ref;
	git_oid old, new = { 0 };

	(void)state;
	sh("git branch -f side main && git branch -f aim main");
	assert_int_equal(rk_ref_open(git, "side", 0, &ref, &err), RK_OK);
	assert_int_equal(rk_ref_tip(ref, &old, &err), RK_OK);
	sh("git symbolic-ref refs/heads/side refs/heads/aim");
	assert_int_equal(git_oid_fromstr(&new, "1111111111111111111111111111111111111111"), 0);
	assert_int_equal(rk_ref_move(ref, &old, &new, NULL, "test: symbolic", &err), RK_EIO);
	assert_non_null(strstr(err.msg, "is not at"));
	memset(&new, 0, sizeof new);
	assert_int_equal(rk_ref_move(ref, &old, &new, NULL, "test: symbolic", &err), RK_EIO);
	sh("test \"$(git rev-parse aim)\" = \"$(git rev-parse main)\" && test \"$(git symbolic-ref refs/heads/side)\" = refs/heads/aim");
	rk_ref_close(ref);
	sh("git symbolic-ref --delete refs/heads/side && git branch -D -q aim && git branch -f side main");
}

static void
a_packed_branch_is_not_deleted_while_packed_refs_is_locked(void **state)
{
	struct rk_err err = { 0 };
	struct rk_ref *ref;
	git_oid old, none = { 0 };

	(void)state;
	sh("git branch -f packed main && git pack-refs --all && : >.git/packed-refs.lock");
	assert_int_equal(rk_ref_open(git, "packed", 0, &ref, &err), RK_OK);
	assert_int_equal(rk_ref_tip(ref, &old, &err), RK_OK);
	assert_int_equal(rk_ref_move(ref, &old, &none, NULL, "test: locked", &err), RK_ERACE);
	assert_non_null(strstr(err.msg, "packed-refs.lock is "));
	sh("test -e .git/packed-refs.lock && test ! -e .git/refs/heads/packed.lock && git rev-parse -q --verify packed >/dev/null");
	sh("{ sleep 0.3; rm .git/packed-refs.lock; } &");
	assert_int_equal(rk_ref_move(ref, &old, &none, NULL, "test: unlocked", &err), RK_OK);
	sh("! git rev-parse -q --verify packed");
	rk_ref_close(ref);
}

static void
a_branch_in_use_is_refused(void **state)
{
	static const struct { const char *make, *undo, *says; } cases[] = {
		{ "git switch -q side", "git switch -q --detach", "checked out in " },
		{ "mkdir .git/rebase-merge && echo refs/heads/side >.git/rebase-merge/head-name", "rm -r .git/rebase-merge", "being rebased" },
		{ "mkdir .git/rebase-apply && echo refs/heads/side >.git/rebase-apply/head-name", "rm -r .git/rebase-apply", "being rebased" },
		{ "mkdir .git/rebase-merge && printf 'refs/heads/x\\n1\\n2\\nrefs/heads/side\\n1\\n2\\n' >.git/rebase-merge/update-refs",
		  "rm -r .git/rebase-merge", "being rebased" },
		{ "echo side >.git/BISECT_START", "rm .git/BISECT_START", "being bisected" },
		{ "git worktree add -q linked side", "git worktree remove --force linked", "/linked, " },
	};
	struct rk_err err = { 0 };
	struct rk_ref *ref;
	size_t i;

	(void)state;
	sh("git branch -f side main");
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sh(cases[i].make);
		assert_int_equal(rk_ref_open(git, "side", 0, &ref, &err), RK_EPERM);
		assert_non_null(strstr(err.msg, cases[i].says));
		assert_null(ref);
		sh(cases[i].undo);
		assert_int_equal(rk_ref_open(git, "side", 0, &ref, &err), RK_OK);
		rk_ref_close(ref);
	}
	assert_int_equal(rk_ref_open(git, "none", 0, &ref, &err), RK_ENOINPUT);
	assert_int_equal(rk_ref_open(git, "-x", 0, &ref, &err), RK_EUSAGE);
	assert_int_equal(rk_ref_open(git, "a b", 0, &ref, &err), RK_EUSAGE);
	assert_int_equal(rk_ref_open(git, "HEAD", 0, &ref, &err), RK_EUSAGE);
	assert_int_equal(rk_ref_open(git, "refs/heads/side", 0, &ref, &err), RK_ENOINPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_the_one_that_is_given),
		cmocka_unit_test(without_a_date_it_is_the_present_here),
		cmocka_unit_test(a_role_has_its_own_name_or_the_user_s_or_none),
		cmocka_unit_test(a_commit_replaces_files_and_keeps_the_others),
		cmocka_unit_test(the_diff_is_that_of_git_with_and_without_final_newlines),
		cmocka_unit_test(only_a_regular_file_can_be_replaced),
		cmocka_unit_test(equal_content_is_not_a_change),
		cmocka_unit_test(large_and_many_objects_are_read_back),
		cmocka_unit_test(objects_that_are_near_each_other_are_read_back),
		cmocka_unit_test(objects_that_do_not_migrate_leave_nothing),
		cmocka_unit_test(git_gc_removes_objects_only_after_the_branch_should_have_moved),
		cmocka_unit_test(what_killed_processes_have_left_is_removed_after_a_day),
		cmocka_unit_test(a_branch_moves_only_from_its_old_commit),
		cmocka_unit_test(a_branch_that_becomes_a_symbolic_ref_is_not_moved),
		cmocka_unit_test(a_packed_branch_is_not_deleted_while_packed_refs_is_locked),
		cmocka_unit_test(a_branch_in_use_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
