#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "process/scratch.h"
#include "process/spool.h"

enum { ITEMS = 3000, MOST = 3000 };	/* about 4.5 MB */

static struct rk_scratch scratch;
static const char mebi[1u << 20];

/* Item i: as long as it says, and unlike all others. */
static void
make(size_t i, char item[MOST], size_t *len)
{
	size_t k;

	*len = i * 7919 % MOST;
	for (k = 0; k < *len; k++)
		item[k] = (char)(i * 31 + k * (k % 251) + i / 7);
}

static size_t
count_files(const char *dir)
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(list);
	while ((entry = readdir(list)))
		n += entry->d_name[0] != '.';
	closedir(list);
	return n;
}

/* Add all items, each of which is read back at once and once more at the end. */
static void
all_items_are_read_back_from(struct rk_spool *spool)
{
	static uint64_t at[ITEMS];
	struct rk_strbuf read = { 0 };
	struct rk_err err = { 0 };
	char item[MOST];
	size_t i, len;
	unsigned turn;

	for (turn = 0; turn < 2; turn++)
		for (i = 0; i < ITEMS; i++) {
			make(i, item, &len);
			if (turn == 0)
				assert_int_equal(rk_spool_add(spool, item, len, &at[i], &err), RK_OK);
			rk_strbuf_clear(&read);
			rk_strbuf_puts(&read, "before ");
			assert_int_equal(rk_spool_read(spool, at[i], len, &read, &err), RK_OK);
			assert_int_equal(read.len, 7 + len);
			assert_memory_equal(read.data, "before ", 7);
			assert_memory_equal(read.data + 7, item, len);
		}
	rk_strbuf_free(&read);
}

static void
bytes_are_read_back_from_memory(void **state)
{
	struct rk_spool spool = { 0 };

	(void)state;
	all_items_are_read_back_from(&spool);
	assert_false(spool.has_file);
	rk_spool_free(&spool);
}

static void
bytes_are_read_back_from_a_file_that_has_no_name(void **state)
{
	struct rk_spool spool = { .dir = scratch.dir };

	(void)state;
	all_items_are_read_back_from(&spool);
	assert_true(spool.has_file);
	assert_true(spool.filed > 4000000);
	assert_true(spool.held.size <= 2u << 20);
	assert_int_equal(count_files(scratch.dir), 0);
	rk_spool_free(&spool);
	all_items_are_read_back_from(&spool);
	rk_spool_free(&spool);
}

static void
few_bytes_need_no_file(void **state)
{
	struct rk_spool spool = { .dir = "/nowhere/at/all" };
	struct rk_err err = { 0 };
	uint64_t at;

	(void)state;
	assert_int_equal(rk_spool_add(&spool, mebi, sizeof mebi - 1, &at, &err), RK_OK);
	assert_int_equal(at, 0);
	assert_int_equal(rk_spool_add(&spool, "x", 1, &at, &err), RK_EIO);
	assert_string_equal(err.msg, "a temporary file in /nowhere/at/all: No such file or directory");
	rk_spool_free(&spool);
}

static void
a_file_that_cannot_grow_is_an_error(void **state)
{
	struct rk_spool spool = { .dir = scratch.dir };
	struct rlimit before, limit;
	struct rk_err err = { 0 };
	enum rk_rc rc = RK_OK;
	uint64_t at;
	int n;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 2500000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (n = 0; n < 5 && rc == RK_OK; n++)
		rc = rk_spool_add(&spool, mebi, sizeof mebi, &at, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(rc, RK_EIO);
	assert_int_equal(n, 3);
	assert_non_null(strstr(err.msg, ": File too large"));
	rk_spool_free(&spool);
	assert_int_equal(count_files(scratch.dir), 0);
}

static void
a_file_that_was_cut_is_an_error(void **state)
{
	struct rk_spool spool = { .dir = scratch.dir };
	struct rk_strbuf read = { 0 };
	struct rk_err err = { 0 };
	uint64_t at;

	(void)state;
	assert_int_equal(rk_spool_add(&spool, mebi, sizeof mebi, &at, &err), RK_OK);
	assert_int_equal(ftruncate(spool.fd, 1000), 0);
	assert_int_equal(rk_spool_read(&spool, at, sizeof mebi, &read, &err), RK_EIO);
	assert_non_null(strstr(err.msg, " lost its end"));
	rk_strbuf_free(&read);
	rk_spool_free(&spool);
}

static void
too_many_open_files_are_a_lack_of_memory(void **state)
{
	struct rk_spool spool = { .dir = scratch.dir };
	struct rlimit before, none;
	struct rk_err err = { 0 };
	enum rk_rc rc;
	uint64_t at;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = rk_spool_add(&spool, mebi, sizeof mebi, &at, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, RK_ENOMEM);
	rk_spool_free(&spool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_read_back_from_memory),
		cmocka_unit_test(bytes_are_read_back_from_a_file_that_has_no_name),
		cmocka_unit_test(few_bytes_need_no_file),
		cmocka_unit_test(a_file_that_cannot_grow_is_an_error),
		cmocka_unit_test(a_file_that_was_cut_is_an_error),
		cmocka_unit_test(too_many_open_files_are_a_lack_of_memory),
	};
	struct rk_err err = { 0 };
	int failed;

	if (rk_scratch_open(NULL, "rk-spool-", &scratch, &err) != RK_OK)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rk_scratch_close(&scratch);
	return failed;
}
