#include "users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exact.h"
#include "folder.h"
#include "problem.h"
#include "text.h"
#include "unit.h"

#define ALICE "oAlice-0000000000000000000_A"
#define BOB "oBob---0000000000000000000_B"
#define CAROL "oCarol-0000000000000000000_C"

static struct users *parse(const char *string)
{
	struct users *users = NULL;
	struct problem problem = {""};

	if (users_parse("users", exact_bytes(string, strlen(string)), strlen(string), &users,
		    &problem) != 0)
		fail_msg("%s", problem.text);
	assert_non_null(users);
	return users;
}

static void expect_openids(const struct users *users, const char *user, const char *openids)
{
	char bytes[512];
	struct text list;
	size_t count = openids[0] != '\0';

	for (const char *at = openids; *at != '\0'; at++)
		count += *at == '.';
	text_init(&list, bytes, sizeof(bytes));
	assert_int_equal(users_add_openids(users, user, USERS_NO_UID, &list), count);
	assert_string_equal(bytes, openids);
}

static void test_one_line_binds_one_openid(void **state)
{
	struct users *users = parse(ALICE " alice\n");

	(void)state;
	assert_false(users_is_empty(users));
	assert_true(users_has_user(users, "alice"));
	assert_true(users_has_link(users, ALICE, "alice", USERS_NO_UID));
	expect_openids(users, "alice", ALICE);
	assert_string_equal(users_user_at(users, 0), "alice");
	assert_null(users_user_at(users, 1));
	users_free(&users);
	assert_null(users);
}

static void test_every_line_keeps_its_users(void **state)
{
	struct users *users =
		parse("# who may sign in\n" ALICE "  alice,root  # both\n"
		      "\n" BOB "\tbob\n"
		      "# a long comment that would hide what stands above it, if it could\n"
		      "  " CAROL " \t carol,alice\t#\n");

	(void)state;
	assert_true(users_has_link(users, ALICE, "alice", USERS_NO_UID));
	assert_true(users_has_link(users, ALICE, "root", USERS_NO_UID));
	assert_true(users_has_link(users, BOB, "bob", USERS_NO_UID));
	assert_true(users_has_link(users, CAROL, "carol", USERS_NO_UID));
	assert_true(users_has_link(users, CAROL, "alice", USERS_NO_UID));
	assert_false(users_has_link(users, ALICE, "bob", USERS_NO_UID));
	assert_false(users_has_link(users, ALICE, "carol", USERS_NO_UID));
	assert_false(users_has_link(users, BOB, "alice", USERS_NO_UID));
	assert_false(users_has_link(users, BOB, "root", USERS_NO_UID));
	assert_false(users_has_link(users, CAROL, "root", USERS_NO_UID));
	expect_openids(users, "alice", ALICE "." CAROL);
	expect_openids(users, "root", ALICE);
	expect_openids(users, "bob", BOB);
	for (size_t i = 0; i < 5; i++)
		assert_true(users_has_user(users, users_user_at(users, i)));
	assert_null(users_user_at(users, 5));
	users_free(&users);
}

static void test_every_binding_knows_its_line(void **state)
{
	static const struct {
		const char *openid;
		size_t line;
	} lines[] = {{ALICE, 4}, {BOB, 2}, {CAROL, 6}};
	struct users *users = parse(
		"# who may sign in\n" BOB " bob\n\n" ALICE " alice,root\n# last\n" CAROL " carol");
	size_t count = 0;

	(void)state;
	for (; users_user_at(users, count) != NULL; count++) {
		for (size_t i = 0; i < COUNT(lines); i++) {
			if (strcmp(users_openid_at(users, count), lines[i].openid) == 0)
				assert_int_equal(users_line_at(users, count), lines[i].line);
		}
	}
	assert_int_equal(count, 4);
	assert_int_equal(users_line_at(users, count), 0);
	users_free(&users);
}

static void test_names_are_compared_exactly(void **state)
{
	struct users *users = parse(ALICE " alice,Bob\n");

	(void)state;
	assert_false(users_has_user(users, "Alice"));
	assert_false(users_has_user(users, "alic"));
	assert_false(users_has_user(users, "alice "));
	assert_false(users_has_user(users, "bob"));
	assert_false(users_has_user(users, ""));
	assert_false(users_has_user(users, "alice,Bob"));
	assert_false(users_has_user(users, ALICE));
	assert_true(users_has_user(users, "Bob"));
	assert_false(users_has_link(users, "oalice-0000000000000000000_A", "alice", USERS_NO_UID));
	assert_false(users_has_link(users, "", "alice", USERS_NO_UID));
	assert_false(users_has_link(users, ALICE, "", USERS_NO_UID));
	expect_openids(users, "Alice", "");
	users_free(&users);
}

static void test_a_table_without_bindings_is_empty(void **state)
{
	static const char *const strings[] = {"", "\n", "# nobody\n", " \t\n\n#" ALICE " alice\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct users *users = parse(strings[i]);

		assert_true(users_is_empty(users));
		assert_null(users_user_at(users, 0));
		assert_false(users_has_user(users, "alice"));
		users_free(&users);
	}
}

static void test_the_last_line_may_lack_its_end(void **state)
{
	struct users *users = parse(ALICE " alice\n" BOB " bob");

	(void)state;
	assert_true(users_has_link(users, ALICE, "alice", USERS_NO_UID));
	assert_true(users_has_link(users, BOB, "bob", USERS_NO_UID));
	users_free(&users);
}

static void test_unusual_but_good_names_are_taken(void **state)
{
	struct users *users = parse(ALICE " DOM\\alice,bob@example.com,x$,\xe5\xbe\xae,a-,_a,1\n");

	(void)state;
	assert_true(users_has_user(users, "DOM\\alice"));
	assert_true(users_has_user(users, "bob@example.com"));
	assert_true(users_has_user(users, "x$"));
	assert_true(users_has_user(users, "\xe5\xbe\xae"));
	assert_true(users_has_user(users, "a-"));
	assert_true(users_has_user(users, "_a"));
	assert_true(users_has_user(users, "1"));
	users_free(&users);
}

static void test_a_mistake_refuses_the_whole_file_and_names_its_line(void **state)
{
	static const struct {
		const char *bytes, *problem;
	} rows[] = {
		{ALICE "\n", "users:1: no user stands behind the openid"},
		{ALICE " # alice\n", "users:1: no user stands behind the openid"},
		{"\n# c\n" BOB " bob\n" ALICE " alice bob\n",
			"users:4: a third column: write users as alice,bob and comments behind #"},
		{ALICE " alice, bob\n", "users:1: a third column"},
		{ALICE " alice ,bob\n", "users:1: a third column"},
		{ALICE " alice,\n", "users:1: an empty name"},
		{ALICE " ,alice\n", "users:1: an empty name"},
		{ALICE " alice,,bob\n", "users:1: an empty name"},
		{ALICE " ,\n", "users:1: an empty name"},
		{ALICE " alice,bob,alice\n", "users:1: the user alice stands here twice"},
		{ALICE " -alice\n", "users:1: this cannot be the name of a local user"},
		{ALICE " alice,-\n", "users:1: this cannot be the name of a local user"},
		{ALICE " al:ice\n", "users:1: no uid stands behind the colon, as in alice:1001"},
		{ALICE " alice:\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:,bob\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:-1\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:+1\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:01001\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:0x3e9\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:1001:\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:1001:1001\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:4294967295\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:4294968297\n", "users:1: no uid stands behind the colon"},
		{ALICE " alice:18446744073709552617\n", "users:1: no uid stands behind the colon"},
		{ALICE " :1001\n", "users:1: this cannot be the name of a local user"},
		{ALICE " alice :1001\n", "users:1: a third column"},
		{ALICE " alice: 1001\n", "users:1: a third column"},
		{ALICE " alice:1001,alice\n", "users:1: the user alice stands here twice"},
		{ALICE " alice:1001,alice:1002\n", "users:1: the user alice stands here twice"},
		{ALICE " alice#\n", "users:1: this cannot be the name of a local user"},
		{"alice " ALICE "\n", "users:1: the first column is not an openid"},
		{ALICE " alice\xe2\x80\x8b\n",
			"users:1: the line holds an invisible character: U+200B; for the whole"},
		{BOB " bob\n" ALICE "\xe3\x80\x80"
		     "alice\n",
			"users:2: the line holds an invisible character: U+3000"},
		{ALICE "\xc2\xa0"
		       "alice\n",
			"users:1: the line holds an invisible character: U+00A0"},
		{ALICE " alice\xef\xbc\x8c"
		       "bob\n",
			"users:1: the line holds U+FF0C in the place of \",\""},
		{ALICE " alice;bob\n", "users:1: a ';' in a name: commas stand between names; for"},
		{ALICE " j\xc3\xbcrgen,j\xc3\xbcrgen\n",
			"users:1: the user j\\xc3\\xbcrgen stands here twice"},
		{"short a\n", "users:1: the first column is not an openid"},
		{"o.lice00000 alice\n", "users:1: the first column is not an openid"},
		{ALICE "# alice\n", "users:1: the first column is not an openid"},
		{ALICE ",alice bob\n", "users:1: the first column is not an openid"},
		{ALICE " alice\n" BOB " bob\n\n" ALICE " carol\n",
			"users:4: this openid stands on line 1, too: join the two lines"},
		{ALICE " alice\n" ALICE " alice\n",
			"users:2: this openid stands on line 1, too: join the two lines"},
		{"\xef\xbb\xbf" ALICE " alice\n",
			"users:1: the file begins with a byte order mark"},
		{BOB " bob\n" ALICE " alice\r\n", "users:2: the line ends as on Windows"},
		{ALICE " al\x1bice\n", "users:1: the line holds a control character"},
		{ALICE " alice\x7f\n", "users:1: the line holds a control character"},
		{ALICE " alice\v\n", "users:1: the line holds a control character"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct users *users = (struct users *)(void *)state;
		struct problem problem = {""};

		if (users_parse("users", exact_bytes(rows[i].bytes, strlen(rows[i].bytes)),
			    strlen(rows[i].bytes), &users, &problem) != -EINVAL)
			fail_msg("accepted: %s", rows[i].bytes);
		assert_null(users);
		assert_begins(problem.text, rows[i].problem);
	}
}

static void test_a_nul_refuses_the_file(void **state)
{
	static const char bytes[] = BOB " bob\n" ALICE " alice\0,root\n";
	struct users *users = NULL;
	struct problem problem = {""};

	(void)state;
	assert_int_equal(users_parse("users", exact_bytes(bytes, sizeof(bytes) - 1),
				 sizeof(bytes) - 1, &users, &problem),
		-EINVAL);
	assert_string_equal(problem.text, "users:2: the line holds a control character");
}

static void test_an_openid_has_the_comment_of_its_line(void **state)
{
	static const struct {
		const char *bytes, *comment;
	} rows[] = {
		{ALICE " alice\n", ""},
		{ALICE " alice,root # Bob \"Li\" \\ # 2\n", "Bob \"Li\" \\ # 2"},
		{ALICE " alice\t##  Bob\n", "Bob"},
		{ALICE " alice #Bob", "Bob"},
		{ALICE " alice #", ""},
		{"# Carol\n" ALICE " alice\n# Dave\n" BOB " bob # Bob\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct users *users = parse(rows[i].bytes);

		assert_string_equal(users_comment_of(users, ALICE), rows[i].comment);
		assert_string_equal(users_comment_of(users, CAROL), "");
		users_free(&users);
	}
}

static void test_a_name_has_at_most_256_bytes(void **state)
{
	char bytes[400] = ALICE " ", name[258];
	struct users *users = NULL;
	struct problem problem = {""};

	(void)state;
	memset(name, 'x', 257);
	name[257] = '\0';
	strcat(bytes, name);
	assert_int_equal(users_parse("users", exact_bytes(bytes, strlen(bytes)), strlen(bytes),
				 &users, &problem),
		-EINVAL);
	assert_begins(problem.text, "users:1: this cannot be the name of a local user");
	bytes[strlen(bytes) - 1] = '\0';
	name[256] = '\0';
	users = parse(bytes);
	assert_true(users_has_link(users, ALICE, name, USERS_NO_UID));
	users_free(&users);
}

static void test_a_line_has_at_most_4096_bytes(void **state)
{
	char bytes[5000] = "# ";
	struct users *users = NULL;
	struct problem problem = {""};

	(void)state;
	memset(bytes + 2, 'x', 4095);
	assert_int_equal(
		users_parse("users", exact_bytes(bytes, 4097), 4097, &users, &problem), -EINVAL);
	assert_string_equal(problem.text, "users:1: the line is longer than 4096 bytes");
	assert_int_equal(users_parse("users", exact_bytes(bytes, 4096), 4096, &users, &problem), 0);
	users_free(&users);
}

static void test_a_table_near_one_mebibyte_is_read_whole(void **state)
{
	char *bytes = malloc(USERS_FILE_MAX + 1);
	struct users *users = NULL;
	struct problem problem = {""};
	char openid[32], user[32];
	size_t length = 0, count = 0;

	(void)state;
	assert_non_null(bytes);
	while (length + 64 < USERS_FILE_MAX)
		length += (size_t)sprintf(bytes + length, "o%027zu user%zu\n", count, count),
			count++;
	memset(bytes + length, '\n', USERS_FILE_MAX + 1 - length);
	assert_int_equal(users_parse("users", exact_bytes(bytes, USERS_FILE_MAX), USERS_FILE_MAX,
				 &users, &problem),
		0);
	for (size_t i = 0; i < count; i += 997) {
		sprintf(openid, "o%027zu", i);
		sprintf(user, "user%zu", i);
		assert_true(users_has_link(users, openid, user, USERS_NO_UID));
		sprintf(user, "user%zu", i + 1);
		assert_false(users_has_link(users, openid, user, USERS_NO_UID));
	}
	sprintf(user, "user%zu", count - 1);
	assert_true(users_has_user(users, user));
	assert_non_null(users_user_at(users, count - 1));
	assert_null(users_user_at(users, count));
	users_free(&users);
	assert_int_equal(users_parse("users", exact_bytes(bytes, USERS_FILE_MAX + 1),
				 USERS_FILE_MAX + 1, &users, &problem),
		-EINVAL);
	assert_string_equal(problem.text, "users: larger than 1 MiB");
	assert_null(users);
	free(bytes);
}

static void test_many_users_fit_on_one_line(void **state)
{
	char bytes[4097] = ALICE " u0";
	struct users *users;

	(void)state;
	for (int i = 1; i < 700; i++)
		sprintf(bytes + strlen(bytes), ",u%d", i);
	users = parse(bytes);
	assert_true(users_has_link(users, ALICE, "u0", USERS_NO_UID));
	assert_true(users_has_link(users, ALICE, "u699", USERS_NO_UID));
	assert_null(users_user_at(users, 700));
	users_free(&users);
}

static void test_a_walk_meets_each_user_once(void **state)
{
	static const bool first[] = {true, true, false, true, false};
	struct users *users = parse(ALICE " alice,bob\n" BOB " alice,carol\n" CAROL " bob\n");

	(void)state;
	for (size_t i = 0; i < COUNT(first); i++)
		assert_int_equal(users_is_first_at(users, i), first[i]);
	assert_null(users_user_at(users, COUNT(first)));
	users_free(&users);
}

static void test_a_binding_with_a_uid_counts_for_this_account_alone(void **state)
{
	struct users *users = parse(ALICE " alice:1001,bob\n" BOB " alice,root:0\n" CAROL
					  " alice:1002,last:4294967294\n");
	char bytes[512];
	struct text list;
	uid_t uid;

	(void)state;
	assert_true(users_has_user(users, "alice"));
	assert_false(users_has_user(users, "alice:1001"));
	assert_true(users_has_link(users, ALICE, "alice", 1001));
	assert_false(users_has_link(users, ALICE, "alice", 1002));
	assert_false(users_has_link(users, ALICE, "alice", 0));
	/* No account, or one that can't be looked up. */
	assert_false(users_has_link(users, ALICE, "alice", USERS_NO_UID));
	assert_true(users_has_link(users, ALICE, "bob", 1001));
	assert_true(users_has_link(users, ALICE, "bob", USERS_NO_UID));
	assert_true(users_has_link(users, BOB, "root", 0));
	assert_false(users_has_link(users, BOB, "root", 1));
	assert_true(users_has_link(users, CAROL, "last", 4294967294));

	assert_true(users_find_link(users, ALICE, "alice", &uid));
	assert_int_equal(uid, 1001);
	assert_true(users_find_link(users, BOB, "alice", &uid));
	assert_int_equal(uid, USERS_NO_UID);
	assert_false(users_find_link(users, BOB, "bob", &uid));

	text_init(&list, bytes, sizeof(bytes));
	assert_int_equal(users_add_openids(users, "alice", 1002, &list), 2);
	assert_string_equal(bytes, BOB "." CAROL);
	expect_openids(users, "alice", BOB);
	users_free(&users);
}

static void test_a_uid_is_found_whose_ever_it_is(void **state)
{
	struct users *users = parse(ALICE " alice:1001,bob\n" BOB " root:0\n");

	(void)state;
	assert_true(users_has_uid(users, 1001));
	assert_true(users_has_uid(users, 0));
	assert_false(users_has_uid(users, 1002));
	/* Bob's line names none: that is no number that somebody without a uid has. */
	assert_false(users_has_uid(users, USERS_NO_UID));
	users_free(&users);
}

static void test_names_without_a_uid_are_listed_once(void **state)
{
	static const char *const expected[] = {"alice", "bob", "carol"};
	struct users *users = parse(
		ALICE " dave:4,bob,alice\n" BOB " carol,alice:1001,bob\n" CAROL " alice,erin:5\n");
	const char **names = NULL;

	(void)state;
	assert_int_equal(users_list_bare(users, &names), 0);
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(names[i], expected[i]);
	assert_null(names[COUNT(expected)]);
	free(names);
	users_free(&users);
	users = parse(ALICE " alice:1001\n");
	assert_int_equal(users_list_bare(users, &names), 0);
	assert_null(names[0]);
	free(names);
	users_free(&users);
}

static void test_a_list_that_does_not_fit_is_reported(void **state)
{
	struct users *users = parse(ALICE " alice\n" BOB " alice\n");
	char bytes[40];
	struct text list;

	(void)state;
	text_init(&list, bytes, sizeof(bytes));
	assert_int_equal(users_add_openids(users, "alice", USERS_NO_UID, &list), 2);
	assert_int_equal(text_finish(&list), -ENOSPC);
	users_free(&users);
}

static void test_a_table_is_read_if_nobody_else_may_read_it(void **state)
{
	static const char bytes[] = ALICE " alice\n" BOB "\n";
	struct users *users = NULL;
	struct problem problem = {""};
	struct folder folder;
	const char *path;

	(void)state;
	folder_create(&folder);
	path = folder_write(&folder, "users", 0600, bytes, strlen(ALICE " alice\n"));
	assert_int_equal(users_read(path, &users, &problem), 0);
	assert_true(users_has_link(users, ALICE, "alice", USERS_NO_UID));
	users_free(&users);
	path = folder_write(&folder, "users", 0600, bytes, strlen(bytes));
	assert_int_equal(users_read(path, &users, &problem), -EINVAL);
	assert_begins(problem.text, path);
	assert_contains(problem.text, "/users:2: no user stands behind the openid");
	path = folder_write(&folder, "users", 0644, bytes, strlen(ALICE " alice\n"));
	assert_int_equal(users_read(path, &users, &problem), -EPERM);
	assert_null(users);
	assert_int_equal(users_read(folder_path(&folder, "none"), &users, &problem), -ENOENT);
	folder_remove(&folder);
}

static void test_a_table_over_one_mebibyte_is_not_read(void **state)
{
	char *bytes = calloc(1, USERS_FILE_MAX + 1);
	struct users *users = NULL;
	struct problem problem = {""};
	struct folder folder;
	const char *path;

	(void)state;
	memset(bytes, '\n', USERS_FILE_MAX + 1);
	folder_create(&folder);
	path = folder_write(&folder, "users", 0600, bytes, USERS_FILE_MAX + 1);
	assert_true(users_read(path, &users, &problem) < 0);
	assert_contains(problem.text, "larger than");
	path = folder_write(&folder, "users", 0600, bytes, USERS_FILE_MAX);
	assert_int_equal(users_read(path, &users, &problem), 0);
	assert_true(users_is_empty(users));
	users_free(&users);
	folder_remove(&folder);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line_binds_one_openid),
		cmocka_unit_test(test_every_line_keeps_its_users),
		cmocka_unit_test(test_every_binding_knows_its_line),
		cmocka_unit_test(test_names_are_compared_exactly),
		cmocka_unit_test(test_a_table_without_bindings_is_empty),
		cmocka_unit_test(test_the_last_line_may_lack_its_end),
		cmocka_unit_test(test_unusual_but_good_names_are_taken),
		cmocka_unit_test(test_a_mistake_refuses_the_whole_file_and_names_its_line),
		cmocka_unit_test(test_a_nul_refuses_the_file),
		cmocka_unit_test(test_an_openid_has_the_comment_of_its_line),
		cmocka_unit_test(test_a_name_has_at_most_256_bytes),
		cmocka_unit_test(test_a_line_has_at_most_4096_bytes),
		cmocka_unit_test(test_a_table_near_one_mebibyte_is_read_whole),
		cmocka_unit_test(test_many_users_fit_on_one_line),
		cmocka_unit_test(test_a_walk_meets_each_user_once),
		cmocka_unit_test(test_a_binding_with_a_uid_counts_for_this_account_alone),
		cmocka_unit_test(test_a_uid_is_found_whose_ever_it_is),
		cmocka_unit_test(test_names_without_a_uid_are_listed_once),
		cmocka_unit_test(test_a_list_that_does_not_fit_is_reported),
		cmocka_unit_test(test_a_table_is_read_if_nobody_else_may_read_it),
		cmocka_unit_test(test_a_table_over_one_mebibyte_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
