#include "page.h"

#include "login.h"
#include "text.h"
#include "unit.h"

static struct shown hostile = {
	.user = "<script>",
	.host = "a&b",
	.service = "\"sshd\"",
	.from = "it's",
	.until = "14:32",
	.brand = "<b>",
};

static struct login make_login(void)
{
	struct login login = {.id = "Ab3dE9fgHIJ0", .pin = "0042", .shown = &hostile};

	memset(login.browsers[0].cookie, 'c', LOGIN_TOKEN_LENGTH);
	memset(login.browsers[0].token, 't', LOGIN_TOKEN_LENGTH);
	return login;
}

static char *render(const struct page *page)
{
	static char bytes[PAGE_MAX];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	page_render(&text, page);
	assert_int_equal(text_finish(&text), 0);
	return bytes;
}

static void test_escaping(void **state)
{
	char bytes[64];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	page_escape(&text, "a<b>&\"c'\xe5\x8f\xb7");
	assert_string_equal(bytes, "a&lt;b&gt;&amp;&quot;c&#39;\xe5\x8f\xb7");
}

static void test_the_ask_page(void **state)
{
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_EN, .base = "/sso"};
	const char *html;

	(void)state;
	page_show_stage(&page, &login, &login.browsers[0]);
	html = render(&page);
	assert_contains(html, "<html lang=\"en\">");
	assert_contains(html, "<form method=\"post\" action=\"/sso/l/Ab3dE9fgHIJ0\">");
	assert_contains(html, "name=\"token\" value=\"tttttttttttttttttttttttttttttttt\"");
	assert_contains(html, "<button name=\"choice\" value=\"continue\">");
	assert_contains(html, "<button name=\"choice\" value=\"refuse\">");
	assert_contains(html, "&lt;script&gt;");
	assert_contains(html, "&quot;sshd&quot;");
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<b>"));
	assert_null(strstr(html, "0042"));
	assert_null(strstr(html, "cccc"));
}

static void test_the_pin_is_on_the_winners_page_alone(void **state)
{
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_ZH, .base = ""};

	(void)state;
	login.winner = &login.browsers[0];
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_contains(render(&page), "<p id=\"pin\">0042</p>");
	assert_contains(render(&page), "<button name=\"choice\" value=\"refuse\">");
	assert_null(strstr(render(&page), "value=\"continue\""));
	for (int i = 0; i < 2; i++) {
		page = (struct page){.language = LANGUAGE_ZH, .base = ""};
		page_show_stage(&page, &login, i == 0 ? NULL : &login.browsers[1]);
		assert_null(strstr(render(&page), "0042"));
		assert_null(strstr(render(&page), "<form"));
	}
}

static void test_every_reason_has_a_page(void **state)
{
	struct login login = make_login();

	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		struct page page = {.language = LANGUAGE_EN, .base = "", .login = &login};
		const char *html;

		page.browser = &login.browsers[0];
		page_show_reason(&page, (enum reason)i);
		html = render(&page);
		assert_int_equal(page.status, 200);
		assert_null(strstr(html, "<h1></h1>"));
		assert_null(strstr(html, "<p></p>"));
		assert_null(strstr(html, "0042"));
	}
}

static void test_every_error_has_a_page(void **state)
{
	static const int errors[] = {400, 404, 405, 413, 414, 417, 429, 431, 500, 501, 503};

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct page page = {.language = LANGUAGE_EN, .base = ""};

		page_show_error(&page, errors[i]);
		assert_int_equal(page.status, errors[i]);
		assert_null(strstr(render(&page), "<h1></h1>"));
	}
}

static void test_the_longest_page_fits(void **state)
{
	struct shown longest;
	struct login login = make_login();
	struct page page = {.language = LANGUAGE_ZH, .base = ""};

	(void)state;
	memset(&longest, '"', sizeof(longest));
	longest.user[sizeof(longest.user) - 1] = '\0';
	longest.host[sizeof(longest.host) - 1] = '\0';
	longest.service[sizeof(longest.service) - 1] = '\0';
	longest.from[sizeof(longest.from) - 1] = '\0';
	longest.asker[sizeof(longest.asker) - 1] = '\0';
	longest.until[sizeof(longest.until) - 1] = '\0';
	longest.brand[sizeof(longest.brand) - 1] = '\0';
	login.shown = &longest;
	page_show_stage(&page, &login, &login.browsers[0]);
	assert_contains(render(&page), "</html>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_the_ask_page),
		cmocka_unit_test(test_the_pin_is_on_the_winners_page_alone),
		cmocka_unit_test(test_every_reason_has_a_page),
		cmocka_unit_test(test_every_error_has_a_page),
		cmocka_unit_test(test_the_longest_page_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
