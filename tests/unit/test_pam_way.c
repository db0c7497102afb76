#include "pam_way.h"

#include <errno.h>

#include "folder.h"
#include "problem.h"
#include "text.h"
#include "unit.h"

#define OURS "auth required pam_wechat.so\n"
#define DEBIAN                                                                      \
	"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" \
	"auth required pam_permit.so\n"

static struct pam_way way;
static struct problem problem;

/* Walks the text of a service, beside which `common` is common-auth. */
static int walk(const char *service, const char *common)
{
	struct folder folder;
	int rv;

	folder_create(&folder);
	folder_write(&folder, "common-auth", 0644, common, strlen(common));
	folder_write(&folder, "loop", 0644, "@include loop\n", 14);
	problem.text[0] = '\0';
	rv = pam_way_walk(&way, folder.path, "service", service, strlen(service), &problem);
	folder_remove(&folder);
	return rv;
}

static void test_debians_common_auth_leads_to_what_stands_behind(void **state)
{
	(void)state;
	assert_int_equal(walk("@include common-auth\n" OURS, DEBIAN), 0);
	assert_int_equal(way.asked, 1);
	assert_contains(way.where, "/service:2");
	assert_string_equal(way.before, "");
	assert_string_equal(way.around, "");
}

static void test_what_lets_in_before_is_named(void **state)
{
	(void)state;
	assert_int_equal(
		walk("\nauth sufficient pam_rootok.so\nsession sufficient a.so\n"
		     "auth [default=ignore success=done] /x/b.so\n" OURS "auth sufficient c.so\n",
			DEBIAN),
		0);
	assert_string_equal(way.before, "line 2 (pam_rootok.so), line 4 (/x/b.so)");
	assert_string_equal(way.around, "");
}

/* What common-auth holds, and the line of it that leads past WeChat, or "". */
static const struct {
	const char *service, *common, *around;
} ways[] = {
	{"@include common-auth\n" OURS, "auth sufficient pam_unix.so\n", "/common-auth:1"},
	{"auth include common-auth\n" OURS, "\nauth [success=done] a.so\n", "/common-auth:2"},
	{"auth substack common-auth\n" OURS, "auth sufficient pam_unix.so\n", ""},
	{"@include common-auth\n" OURS, "auth [success = done] a.so\n", "/common-auth:1"},
	{"auth [success = 1] a.so\n" OURS, "", "/service:1"},
	{OURS "auth [default= reset] a.so\n", "", "/service:2"},
	{OURS "auth substack common-auth\n", "auth [default=reset] a.so\n", ""},
	{OURS "auth sufficient a.so\nauth [success=1] a.so\n", "", ""},
	{"@include common-auth\n" OURS, "session sufficient a.so\n", ""},
	{"@include common-auth\n" OURS, "auth [success=1] a.so\nauth required b.so\n", ""},
	{"@include common-auth\n" OURS, "auth [success=2] a.so\nauth required b.so\n",
		"/common-auth:1"},
	{"auth [success=1] a.so\n" OURS, "", "/service:1"},
	{"auth [success=1] a.so\nauth substack common-auth\n" OURS, DEBIAN, ""},
	{"auth [success=2] a.so\nauth substack common-auth\n" OURS, DEBIAN, "/service:1"},
	{"auth [success=3] a.so\n@include common-auth\n" OURS, DEBIAN, ""},
	{"auth [success=4] a.so\n@include common-auth\n" OURS, DEBIAN, "/service:1"},
	{"auth substack common-auth\n" OURS, "auth [success=9] a.so\n", ""},
	{"auth [success=9] a.so\nauth required \\\npam_wechat.so", "", "/service:1"},
};

static void test_a_way_past_wechat_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		assert_int_equal(walk(ways[i].service, ways[i].common), 0);
		assert_int_equal(way.asked, 1);
		if (ways[i].around[0] == '\0')
			assert_string_equal(way.around, "");
		else
			assert_contains(way.around, ways[i].around);
	}
}

static void test_wechat_in_another_file_is_found(void **state)
{
	(void)state;
	assert_int_equal(walk("auth include common-auth\n", "\nauth required pam_wechat.so\n"), 0);
	assert_int_equal(way.asked, 1);
	assert_contains(way.where, "/common-auth:2");
	assert_int_equal(walk(OURS "@include common-auth\n", OURS), 0);
	assert_int_equal(way.asked, 2);
}

static void test_what_cannot_be_read_is_a_problem(void **state)
{
	(void)state;
	assert_int_equal(walk("@include gone\n" OURS, ""), -ENOENT);
	assert_contains(problem.text, "/gone");
	assert_int_equal(walk("@include loop\n" OURS, ""), -ELOOP);
	assert_int_equal(walk("@include common-auth\n" OURS, "auth required \\"), -EINVAL);
	assert_contains(problem.text, "/common-auth:1: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debians_common_auth_leads_to_what_stands_behind),
		cmocka_unit_test(test_what_lets_in_before_is_named),
		cmocka_unit_test(test_a_way_past_wechat_is_found),
		cmocka_unit_test(test_wechat_in_another_file_is_found),
		cmocka_unit_test(test_what_cannot_be_read_is_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
