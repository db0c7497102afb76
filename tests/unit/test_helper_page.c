#include "page.h"

#include <stdlib.h>

#include "deadline.h"
#include "details.h"
#include "login.h"
#include "problem.h"
#include "settings.h"
#include "text.h"
#include "unit.h"

#define TOO_LARGE 12288 /* bytes: what no page may be */

static struct details hostile = {
	.user = "<script>",
	.host = "a&b",
	.service = "\"sshd\"",
	.from = "it's",
	.asker = "",
	.until = "14:32 UTC+08:00",
	.brand = "<b>",
};
static struct settings settings = {.base = "/sso", .public_url = "https://a.example/sso"};

static int set_up(void **state)
{
	struct problem problem;

	(void)state;
	return pages_create(NULL, &settings.pages, &problem);
}

static int tear_down(void **state)
{
	(void)state;
	pages_free(&settings.pages);
	return 0;
}

static struct login make_login(void)
{
	struct login login = {.id = "Ab3dE9fgHIJ0", .pin = "0042", .details = &hostile};

	memset(login.browsers[0].cookie, 'c', LOGIN_TOKEN_LENGTH);
	memset(login.browsers[0].token, 't', LOGIN_TOKEN_LENGTH);
	return login;
}

static char *render(const struct page *page)
{
	static char bytes[PAGE_MAX];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	page_render(&text, page, &settings);
	assert_int_equal(text_finish(&text), 0);
	assert_contains(bytes, "</html>");
	assert_null(strstr(bytes, "<h1></h1>"));
	assert_null(strstr(bytes, "<p></p>"));
	return bytes;
}

static void test_the_ask_page(void **state)
{
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_EN, .nonce = "once"};
	const char *html;

	(void)state;
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_true(page_has_form(&page));
	html = render(&page);
	assert_contains(html, "<html lang=\"en\">");
	assert_contains(html, "<style nonce=\"once\">");
	assert_contains(html, "<form method=\"post\" action=\"/sso/l/Ab3dE9fgHIJ0\">");
	assert_contains(html, "name=\"token\" value=\"tttttttttttttttttttttttttttttttt\"");
	assert_contains(html, "<button name=\"choice\" value=\"continue\">Continue</button>");
	assert_contains(html, "<button name=\"choice\" value=\"refuse\">");
	assert_contains(html, "<dd>&lt;script&gt;</dd>");
	assert_contains(html, "<dd>remote login (&quot;sshd&quot;)</dd>");
	assert_contains(html, "<p class=\"brand\">&lt;b&gt;</p>");
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<b>"));
	assert_null(strstr(html, "0042"));
	assert_null(strstr(html, "cccc"));
}

/* How many seconds the page says that there are left. */
static long seconds_on(const char *html, const char *before, const char *behind)
{
	const char *at = strstr(html, before);
	char *end;
	long seconds;

	assert_non_null(at);
	seconds = strtol(at + strlen(before), &end, 10);
	assert_int_equal(strncmp(end, behind, strlen(behind)), 0);
	return seconds;
}

static long whole_seconds(int ms)
{
	return (ms + 999) / 1000;
}

static void test_the_time_that_is_left_is_that_of_the_moment(void **state)
{
	static const int lives[] = {300000, 85000, 61000, 0};

	(void)state;
	for (size_t i = 0; i < COUNT(lives); i++) {
		struct login login = make_login();
		struct page page = {.language = LANGUAGE_EN};
		int first, last;
		long said;

		login.deadline = deadline_in(lives[i]);
		page_show_stage(&page, &login, &login.browsers[0]);
		first = deadline_left(login.deadline);
		said = seconds_on(render(&page), "<dt>Valid</dt><dd>for another ",
			" seconds, until 14:32 UTC+08:00</dd>");
		last = deadline_left(login.deadline);
		assert_in_range(said, whole_seconds(last), whole_seconds(first));
		page.language = LANGUAGE_ZH;
		said = seconds_on(render(&page),
			"<dt>\xe6\x9c\x89\xe6\x95\x88\xe6\x9c\x9f</dt><dd>\xe8\xbf\x98\xe6\x9c\x89 ",
			" \xe7\xa7\x92\xef\xbc\x8c\xe8\x87\xb3 14:32 UTC+08:00</dd>");
		assert_in_range(
			said, whole_seconds(deadline_left(login.deadline)), whole_seconds(last));
	}
}

static void test_the_pin_is_on_the_winners_page_alone(void **state)
{
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_ZH};

	(void)state;
	login.winner = &login.browsers[0];
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_contains(render(&page), "<p id=\"pin\">0042</p>");
	assert_contains(render(&page), "<button name=\"choice\" value=\"refuse\">");
	assert_contains(render(&page), "<p class=\"greeting\"></p>");
	assert_null(strstr(render(&page), "value=\"continue\""));
	strcpy(login.nickname, "<Alice>");
	assert_contains(render(&page),
		"<p class=\"greeting\">\xe6\x82\xa8\xe5\xa5\xbd\xef\xbc\x8c&lt;Alice&gt;</p>");
	for (int i = 0; i < 2; i++) {
		page = (struct page){.language = LANGUAGE_ZH};
		page_show_stage(&page, &login, i == 0 ? NULL : &login.browsers[1]);
		assert_null(strstr(render(&page), "0042"));
		assert_null(strstr(render(&page), "<form"));
		assert_null(strstr(render(&page), "Alice"));
	}
}

static void test_an_enrolment_is_called_one_and_asks_for_no_terminal(void **state)
{
	struct login login = make_login();
	struct details details = hostile;
	struct page page = {.language = LANGUAGE_EN};

	(void)state;
	details.occasion = OCCASION_ENROLL;
	login.details = &details;
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_contains(render(&page), "<h1>Link your WeChat to &lt;script&gt; on a&amp;b?</h1>");
	assert_contains(
		render(&page), "<dd>the administrator links your WeChat (&quot;sshd&quot;)</dd>");
	assert_contains(render(&page), "From then on this WeChat signs in there as that user.");
	assert_null(strstr(render(&page), "Is this you signing in?"));
	assert_null(strstr(render(&page), "0042"));
	login.winner = &login.browsers[0];
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_contains(render(&page), "<h1>Read these digits to the administrator</h1>");
	assert_contains(render(&page), "<p id=\"pin\">0042</p>");
	assert_contains(render(&page), "nobody but an administrator whom you know");
	assert_null(strstr(render(&page), "terminal"));
	page_show_open(&page, false);
	assert_contains(render(&page), "speaking with the administrator who sent it");
	assert_null(strstr(render(&page), "script"));
	assert_null(strstr(render(&page), "a&amp;b"));
}

static void test_without_a_pin_the_terminal_goes_on(void **state)
{
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_EN};

	(void)state;
	login.pin[0] = '\0';
	login.winner = &login.browsers[0];
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_contains(render(&page), "<h1>Signed in</h1>");
	assert_null(strstr(render(&page), "<form"));
	assert_null(strstr(render(&page), "id=\"pin\""));
}

static void test_every_reason_has_a_page(void **state)
{
	struct login login = make_login();

	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		struct page page = {.language = LANGUAGE_EN, .login = &login};
		const char *html;

		page.browser = &login.browsers[0];
		page_show_reason(&page, (enum reason)i);
		html = render(&page);
		assert_int_equal(page.status, 200);
		assert_null(strstr(html, "0042"));
		/* For an unknown browser there is nothing to tap, nor anything of the login. */
		page.browser = NULL;
		html = render(&page);
		assert_null(strstr(html, "<form"));
		assert_null(strstr(html, "script&gt;"));
	}
}

static void test_a_snapshot_is_followed_by_the_first_tap(void **state)
{
	struct login login = make_login();
	struct page page = {
		.language = LANGUAGE_EN, .login = &login, .browser = &login.browsers[0]};

	(void)state;
	page_show_reason(&page, REASON_SNAPSHOT);
	assert_contains(render(&page), ">Continue</button>");
	page_show_reason(&page, REASON_BUSY);
	assert_contains(render(&page), ">Try again</button>");
}

static void test_what_the_administrator_needs_is_shown(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .errcode = "40125", .rid = "65-<1>"};

	(void)state;
	page_show_reason(&page, REASON_SETUP);
	assert_contains(render(&page), "error code 40125");
	assert_contains(render(&page), "request id 65-&lt;1&gt;");
	page.rid = NULL;
	assert_null(strstr(render(&page), "request id"));
}

static void test_other_browsers_get_the_link_and_nothing_of_the_login(void **state)
{
	struct login login = make_login();
	const char *html;

	(void)state;
	for (int wecom = 0; wecom < 2; wecom++) {
		struct page page = {.language = LANGUAGE_EN, .login = &login};

		page_show_open(&page, wecom == 1);
		html = render(&page);
		assert_contains(html, wecom == 1 ? "not in WeCom</h1>" : "<h1>Open in WeChat</h1>");
		assert_contains(html, "viewBox=\"0 0 37 37\"");
		assert_contains(html, "<path stroke=\"#000\" d=\"M4 4.5h7");
		assert_null(strstr(html, "a&amp;b"));
		assert_null(strstr(html, "&lt;b&gt;"));
		assert_null(strstr(html, "<form"));
		assert_false(page_has_form(&page));
	}
}

static void test_every_error_has_a_page(void **state)
{
	static const int errors[] = {400, 404, 405, 413, 414, 417, 429, 431, 500, 501, 503};

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct page page = {.language = LANGUAGE_EN};

		page_show_error(&page, errors[i]);
		assert_int_equal(page.status, errors[i]);
		render(&page);
	}
}

/* What the module sends at most: 32 bytes of a name, 127 of where from, and 128 of a host. */
static void test_the_largest_pages_are_small(void **state)
{
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_ZH};
	char wide[128];
	char url[512] = "https://";
	struct details longest = {
		.user = wide + 63,
		.host = wide,
		.service = wide + 63,
		.from = wide,
		.asker = wide,
		.until = "14:32:10",
		.brand = wide,
		.occasion = OCCASION_BECOME,
	};
	struct settings deep = settings;

	(void)state;
	memset(wide, '"', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	login.details = &longest;
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_true(strlen(render(&page)) < TOO_LARGE);
	page_show_open(&page, false);
	memset(url + 8, 'a', 200);
	deep.public_url = url;
	settings = deep;
	assert_true(strlen(render(&page)) < TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_ask_page),
		cmocka_unit_test(test_the_time_that_is_left_is_that_of_the_moment),
		cmocka_unit_test(test_the_pin_is_on_the_winners_page_alone),
		cmocka_unit_test(test_an_enrolment_is_called_one_and_asks_for_no_terminal),
		cmocka_unit_test(test_without_a_pin_the_terminal_goes_on),
		cmocka_unit_test(test_every_reason_has_a_page),
		cmocka_unit_test(test_a_snapshot_is_followed_by_the_first_tap),
		cmocka_unit_test(test_what_the_administrator_needs_is_shown),
		cmocka_unit_test(test_other_browsers_get_the_link_and_nothing_of_the_login),
		cmocka_unit_test(test_every_error_has_a_page),
		cmocka_unit_test(test_the_largest_pages_are_small),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
