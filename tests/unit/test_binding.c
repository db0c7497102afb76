#include "binding.h"
#include "binding_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exact.h"
#include "problem.h"
#include "unit.h"

#define ALICE "oAlice-0000000000000000000_A"
#define BOB "oBob---0000000000000000000_B"
#define CAROL "oCarol-0000000000000000000_C"

/* Everything that an editor may have left in a table. */
#define TABLE                                        \
	"# who may sign in\n"                        \
	"\n"                                         \
	"  " ALICE " \t alice,root\t # Alice, A. \n" \
	"\t# " CAROL " carol\n" BOB "\tbob   \n"     \
	"   \n"                                      \
	"# end"

static void expect_added(const char *old, const char *openid, const char *users,
	const char *comment, const char *expected)
{
	struct problem problem = {""};
	char *text = NULL;

	if (binding_add("users", exact_bytes(old, strlen(old)), strlen(old), openid, users, comment,
		    &text, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_string_equal(text, expected);
	free(text);
}

static void expect_removed(
	const char *old, const char *openid, const char *users, const char *expected)
{
	struct problem problem = {""};
	char *text = NULL;

	if (binding_remove("users", exact_bytes(old, strlen(old)), strlen(old), openid, users,
		    &text, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_string_equal(text, expected);
	free(text);
}

static void expect_not_added(
	const char *old, const char *openid, const char *users, int error, const char *why)
{
	struct problem problem = {""};
	char *text = NULL;

	assert_int_equal(binding_add("users", exact_bytes(old, strlen(old)), strlen(old), openid,
				 users, NULL, &text, &problem),
		error);
	assert_contains(problem.text, why);
	assert_null(text);
}

static void test_a_new_openid_gets_a_line_at_the_end(void **state)
{
	(void)state;
	expect_added("", ALICE, "alice", NULL, ALICE "    alice\n");
	expect_added(BOB " bob\n", ALICE, "alice,root", "Alice, A.",
		BOB " bob\n" ALICE "    alice,root       # Alice, A.\n");
	expect_added(TABLE "\n", CAROL, "carol", "", TABLE "\n" CAROL "    carol\n");
}

static void test_a_last_line_without_an_end_gets_one_first(void **state)
{
	(void)state;
	expect_added(BOB " bob", ALICE, "alice", NULL, BOB " bob\n" ALICE "    alice\n");
	expect_added(TABLE, CAROL, "carol", NULL, TABLE "\n" CAROL "    carol\n");
}

static void test_users_are_put_behind_those_of_the_line(void **state)
{
	(void)state;
	expect_added(TABLE, ALICE, "bob,deploy", NULL,
		"# who may sign in\n\n  " ALICE
		" \t alice,root,bob,deploy\t # Alice, A. \n\t# " CAROL " carol\n" BOB
		"\tbob   \n   \n# end");
	expect_added(TABLE, BOB, "deploy", NULL,
		"# who may sign in\n\n  " ALICE " \t alice,root\t # Alice, A. \n\t# " CAROL
		" carol\n" BOB "\tbob,deploy   \n   \n# end");
	expect_added(BOB " bob", BOB, "root", NULL, BOB " bob,root");
}

static void test_a_comment_is_put_behind_the_comment_of_the_line(void **state)
{
	(void)state;
	expect_added(ALICE " alice # A.  \n", ALICE, "bob", "B.", ALICE " alice,bob # A.; B.  \n");
	expect_added(ALICE " alice #\n", ALICE, "bob", "B.", ALICE " alice,bob # B.\n");
	expect_added(ALICE " alice \n" BOB " bob\n", ALICE, "root", "both",
		ALICE " alice,root  # both \n" BOB " bob\n");
}

static void test_a_comment_is_one_line_that_can_be_shown(void **state)
{
	(void)state;
	expect_added("", ALICE, "alice", "A\n" BOB " root\x1b[2J\xff",
		ALICE "    alice            # A" BOB " root[2J?\n");
}

static void test_a_table_that_is_new_says_what_it_is(void **state)
{
	struct problem problem = {""};
	char *text = NULL;

	(void)state;
	assert_int_equal(binding_add("users", NULL, 0, ALICE, "alice", NULL, &text, &problem), 0);
	assert_begins(text, "# Which WeChat account may sign in");
	assert_contains(text, "\n" ALICE "    alice\n");
	free(text);
}

static void test_what_cannot_be_bound_is_refused(void **state)
{
	static const struct {
		const char *old, *openid, *users;
		int error;
		const char *why;
	} rows[] = {
		{"", "short", "alice", -EINVAL, "not an openid"},
		{"", ALICE " root", "alice", -EINVAL, "not an openid"},
		{"", ALICE, "", -EINVAL, "an empty name"},
		{"", ALICE, "alice,,bob", -EINVAL, "an empty name"},
		{"", ALICE, "alice,", -EINVAL, "an empty name"},
		{"", ALICE, "alice bob", -EINVAL, "\"alice bob\": this cannot be the name"},
		{"", ALICE, "alice\n" BOB "\troot", -EINVAL, "cannot be the name"},
		{"", ALICE, "alice#", -EINVAL, "cannot be the name"},
		{"", ALICE, "-alice", -EINVAL, "cannot be the name"},
		{"", ALICE, "alice,bob,alice", -EINVAL, "alice is named twice"},
		{"", ALICE, "alice:", -EINVAL, "\"alice:\": no uid stands behind the colon"},
		{"", ALICE, "alice:1001,bob,alice:1002", -EINVAL, "alice is named twice"},
		{ALICE " alice:1001\n", ALICE, "alice", -EEXIST, "alice is bound to this"},
		{ALICE " alice:1001\n", ALICE, "alice:1002", -EEXIST, "alice is bound to this"},
		{TABLE, ALICE, "bob,root", -EEXIST, "root is bound to this openid already"},
		{"alice\n", ALICE, "alice", -EINVAL, "users:1: "},
		{ALICE " alice\r\n", BOB, "bob", -EINVAL, "users:1: the line ends as on Windows"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_not_added(
			rows[i].old, rows[i].openid, rows[i].users, rows[i].error, rows[i].why);
}

static void test_a_user_has_at_most_32_openids(void **state)
{
	char table[1024] = "", shorter[1024] = "", again[2048];

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		memcpy(shorter, table, sizeof(table));
		(void)snprintf(table + strlen(table), sizeof(table) - strlen(table),
			"openid%02zu alice\n", i);
	}
	expect_not_added(table, ALICE, "bob,alice", -EINVAL, "alice has 32 openids already");
	(void)snprintf(again, sizeof(again), "%s" ALICE "    alice\n", shorter);
	expect_added(shorter, ALICE, "alice", NULL, again);
}

static void test_a_line_that_would_be_too_long_is_refused(void **state)
{
	char old[4200];

	(void)state;
	(void)snprintf(old, sizeof(old), BOB " bob\n" ALICE " alice # %04060d\n", 0);
	expect_not_added(old, ALICE, "bob", -EINVAL, "users:2: the line is longer than 4096");
}

static void test_users_are_taken_from_their_line_alone(void **state)
{
	(void)state;
	expect_removed(TABLE, ALICE, "alice",
		"# who may sign in\n\n  " ALICE " \t root\t # Alice, A. \n\t# " CAROL " carol\n" BOB
		"\tbob   \n   \n# end");
	expect_removed(TABLE, ALICE, "root",
		"# who may sign in\n\n  " ALICE " \t alice\t # Alice, A. \n\t# " CAROL
		" carol\n" BOB "\tbob   \n   \n# end");
	expect_removed(ALICE " a,b,c,d", ALICE, "d,b,nobody", ALICE " a,c");
}

static void test_a_line_that_binds_nobody_goes(void **state)
{
	(void)state;
	expect_removed(TABLE, ALICE, NULL,
		"# who may sign in\n\n\t# " CAROL " carol\n" BOB "\tbob   \n   \n# end");
	expect_removed(TABLE, BOB, "bob",
		"# who may sign in\n\n  " ALICE " \t alice,root\t # Alice, A. \n\t# " CAROL
		" carol\n   \n# end");
	expect_removed(BOB " bob\n" ALICE " alice,root", ALICE, "root,alice", BOB " bob\n");
	expect_removed(ALICE " alice", ALICE, NULL, "");
}

static void test_a_user_is_taken_from_all_lines(void **state)
{
	(void)state;
	expect_removed(ALICE " alice,ali\n" BOB " alice # B\n" CAROL " bob,alice\n", NULL, "alice",
		ALICE " ali\n" CAROL " bob\n");
}

static void test_nothing_to_take_is_told(void **state)
{
	static const struct {
		const char *openid, *users, *why;
	} rows[] = {
		{CAROL, NULL, "users: no line binds " CAROL},
		{ALICE, "bob", "users: no line binds " ALICE " to bob"},
		{NULL, "carol", "users: no line binds carol"},
		{NULL, "ali", "users: no line binds ali"},
		{"", NULL, "no line binds"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problem problem = {""};
		char *text = NULL;

		assert_int_equal(
			binding_remove("users", exact_bytes(TABLE, strlen(TABLE)), strlen(TABLE),
				rows[i].openid, rows[i].users, &text, &problem),
			-ENOENT);
		assert_contains(problem.text, rows[i].why);
		assert_null(text);
	}
}

static void test_what_was_added_can_be_taken_away_again(void **state)
{
	static const char *const users[] = {"bob", "bob,deploy"};

	(void)state;
	for (size_t i = 0; i < COUNT(users); i++) {
		struct problem problem = {""};
		char *text = NULL;

		assert_int_equal(binding_add("users", exact_bytes(TABLE, strlen(TABLE)),
					 strlen(TABLE), ALICE, users[i], NULL, &text, &problem),
			0);
		expect_removed(text, ALICE, users[i], TABLE);
		free(text);
	}
}

static void test_users_are_bound_with_their_uids(void **state)
{
	(void)state;
	expect_added("", ALICE, "alice:1001", NULL, ALICE "    alice:1001\n");
	expect_added(ALICE " alice\n" BOB " alice:7\n", ALICE, "bob:1002,root:0", "B.",
		ALICE " alice,bob:1002,root:0  # B.\n" BOB " alice:7\n");
}

static void test_users_are_taken_whatever_their_uid(void **state)
{
	static const char table[] = ALICE " alice:1001,bob\n" BOB " alice:1002,alic:1\n";

	(void)state;
	expect_removed(table, ALICE, "alice", ALICE " bob\n" BOB " alice:1002,alic:1\n");
	expect_removed(table, NULL, "alice", ALICE " bob\n" BOB " alic:1\n");
	expect_removed(table, NULL, "alice:1002", ALICE " alice:1001,bob\n" BOB " alic:1\n");
}

/* Alice and root have uids; whoever has 7 gets 8. */
static uid_t choose(const char *user, uid_t uid, void *context)
{
	size_t *asked = context;

	++*asked;
	if (strcmp(user, "alice") == 0)
		return 4294967294;
	if (strcmp(user, "root") == 0)
		return 0;
	return uid == 7 ? 8 : uid;
}

static void expect_numbered(const char *old, const char *openid, size_t asks, const char *expected)
{
	struct problem problem = {""};
	char *text = NULL;
	size_t asked = 0;

	if (binding_set_uids("users", old, strlen(old), openid, choose, &asked, &text, &problem) !=
		0)
		fail_msg("%s", problem.text);
	assert_string_equal(text, expected);
	assert_int_equal(asked, asks);
	free(text);
}

static void test_uids_are_written_and_all_else_stays(void **state)
{
	(void)state;
	expect_numbered(TABLE, NULL, 3,
		"# who may sign in\n\n  " ALICE
		" \t alice:4294967294,root:0\t # Alice, A. \n\t# " CAROL " carol\n" BOB
		"\tbob   \n   \n# end");
	expect_numbered(
		ALICE " alice:1,bob:7,carol:9", NULL, 3, ALICE " alice:4294967294,bob:8,carol:9");
	expect_numbered(
		ALICE " alice\n" BOB " alice", BOB, 1, ALICE " alice\n" BOB " alice:4294967294");
	expect_numbered("# nobody\n", NULL, 0, "# nobody\n");
}

static void test_uids_that_make_a_line_too_long_are_refused(void **state)
{
	struct problem problem = {""};
	char old[4200], *text = NULL;
	size_t asked = 0;

	(void)state;
	(void)snprintf(old, sizeof(old), BOB " bob\n" ALICE " alice # %04050d\n", 0);
	assert_int_equal(
		binding_set_uids("users", old, strlen(old), NULL, choose, &asked, &text, &problem),
		-EINVAL);
	assert_contains(problem.text, "users:2: the line is longer than 4096");
	assert_null(text);
}

static void test_lines_are_walked_in_their_order(void **state)
{
	struct span rest = {exact_bytes(TABLE, strlen(TABLE)), strlen(TABLE)}, users = {"a:1,b", 5};
	struct binding_line line;
	struct binding_user user;

	(void)state;
	assert_true(binding_next(&rest, &line));
	assert_memory_equal(line.openid.at, ALICE, line.openid.length);
	assert_int_equal(line.comment.length, strlen("Alice, A."));
	assert_memory_equal(line.comment.at, "Alice, A.", line.comment.length);
	assert_true(binding_next_user(&line.users, &user));
	assert_memory_equal(user.name.at, "alice", strlen("alice"));
	assert_int_equal(user.name.length, strlen("alice"));
	assert_int_equal(user.uid.length, 0);
	assert_true(binding_next_user(&line.users, &user));
	assert_memory_equal(user.name.at, "root", strlen("root"));
	assert_false(binding_next_user(&line.users, &user));
	assert_true(binding_next_user(&users, &user));
	assert_int_equal(user.whole.length, 3);
	assert_int_equal(user.name.length, 1);
	assert_memory_equal(user.uid.at, "1", user.uid.length);
	assert_true(binding_next_user(&users, &user));
	assert_memory_equal(user.whole.at, "b", user.whole.length);
	assert_false(binding_next_user(&users, &user));
	assert_true(binding_next(&rest, &line));
	assert_memory_equal(line.openid.at, BOB, line.openid.length);
	assert_null(line.comment.at);
	assert_false(binding_next(&rest, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_openid_gets_a_line_at_the_end),
		cmocka_unit_test(test_a_last_line_without_an_end_gets_one_first),
		cmocka_unit_test(test_users_are_put_behind_those_of_the_line),
		cmocka_unit_test(test_a_comment_is_put_behind_the_comment_of_the_line),
		cmocka_unit_test(test_a_comment_is_one_line_that_can_be_shown),
		cmocka_unit_test(test_a_table_that_is_new_says_what_it_is),
		cmocka_unit_test(test_what_cannot_be_bound_is_refused),
		cmocka_unit_test(test_a_user_has_at_most_32_openids),
		cmocka_unit_test(test_a_line_that_would_be_too_long_is_refused),
		cmocka_unit_test(test_users_are_taken_from_their_line_alone),
		cmocka_unit_test(test_a_line_that_binds_nobody_goes),
		cmocka_unit_test(test_a_user_is_taken_from_all_lines),
		cmocka_unit_test(test_nothing_to_take_is_told),
		cmocka_unit_test(test_what_was_added_can_be_taken_away_again),
		cmocka_unit_test(test_users_are_bound_with_their_uids),
		cmocka_unit_test(test_users_are_taken_whatever_their_uid),
		cmocka_unit_test(test_uids_are_written_and_all_else_stays),
		cmocka_unit_test(test_uids_that_make_a_line_too_long_are_refused),
		cmocka_unit_test(test_lines_are_walked_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
