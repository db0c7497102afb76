#include "account.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>

#include "unit.h"

static int answer;        /* what the C library returns */
static bool is_there;     /* and whether it finds an entry */
static size_t least;      /* how large a buffer it wants */
static int interruptions; /* before it answers */

/* In place of the C library's: a directory that answers as the tests want it. */
static int look_up(char *buffer, size_t size, struct passwd *entry, struct passwd **found)
{
	*found = NULL;
	if (interruptions > 0) {
		interruptions--;
		return EINTR;
	}
	if (size < least)
		return ERANGE;
	if (answer != 0 || !is_there)
		return answer;
	*entry = (struct passwd){.pw_name = buffer, .pw_uid = 1001, .pw_gid = 1002};
	strcpy(buffer, "alice");
	*found = entry;
	return 0;
}

int getpwnam_r(
	const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	(void)name;
	return look_up(buffer, size, entry, found);
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	(void)uid;
	return look_up(buffer, size, entry, found);
}

static int set_up(void **state)
{
	(void)state;
	answer = 0;
	is_there = true;
	least = 0;
	interruptions = 0;
	return 0;
}

static void test_an_account_is_found_by_name_and_by_uid(void **state)
{
	struct account account;

	(void)state;
	interruptions = 3;
	assert_int_equal(account_find(&account, "Alice"), 0);
	assert_string_equal(account.name, "alice");
	assert_int_equal(account.uid, 1001);
	assert_int_equal(account.gid, 1002);
	account_finish(&account);
	least = 500000;
	assert_int_equal(account_find_uid(&account, 1001), 0);
	account_finish(&account);
	account_finish(&account);
}

/* Nothing else is "no such user": what could not be found out lets nobody step aside. */
static void test_only_an_answer_without_an_entry_is_an_unknown_user(void **state)
{
	static const int errors[] = {ENOENT, ESRCH, EIO, EBADF, EPERM, EMFILE, ENFILE, EAGAIN,
		ENOMEM, ECONNREFUSED, ETIMEDOUT, EINVAL};
	struct account account;

	(void)state;
	is_there = false;
	assert_int_equal(account_find(&account, "nosuch"), -ENOENT);
	assert_int_equal(account_find_uid(&account, 7), -ENOENT);
	for (size_t i = 0; i < COUNT(errors); i++) {
		int rv;

		answer = errors[i];
		rv = account_find(&account, "alice");
		assert_true(rv < 0);
		assert_int_not_equal(rv, -ENOENT);
		assert_int_equal(account_find_uid(&account, 1001), rv);
		assert_null(account.name);
	}
}

static void test_an_entry_without_end_is_given_up(void **state)
{
	struct account account;

	(void)state;
	least = (size_t)64 << 20;
	assert_int_equal(account_find(&account, "alice"), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_an_account_is_found_by_name_and_by_uid, set_up),
		cmocka_unit_test_setup(
			test_only_an_answer_without_an_entry_is_an_unknown_user, set_up),
		cmocka_unit_test_setup(test_an_entry_without_end_is_given_up, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
