#include "template.h"

#include <errno.h>

#include "exact.h"
#include "problem.h"
#include "text.h"
#include "unit.h"

#define ALL (SLOT_BIT(SLOT_COUNT) - 1)

static struct template *make(const char *bytes)
{
	struct template *template = NULL;
	struct problem problem = {.text = ""};

	assert_int_equal(template_create("a.html", exact_bytes(bytes, strlen(bytes)), strlen(bytes),
				 0, ALL, &template, &problem),
		0);
	assert_string_equal(problem.text, "");
	return template;
}

static const char *render(const char *bytes, const char *const values[SLOT_COUNT])
{
	static char rendered[4096];
	struct template *template = make(bytes);
	struct text text;

	text_init(&text, rendered, sizeof(rendered));
	template_render(template, values, &text);
	assert_int_equal(text_finish(&text), 0);
	template_free(&template);
	assert_null(template);
	return rendered;
}

static void test_escaping(void **state)
{
	char bytes[64];
	struct text text;

	(void)state;
	text_init(&text, bytes, sizeof(bytes));
	template_escape(&text, "a<b>&\"c'\xe5\x8f\xb7");
	assert_string_equal(bytes, "a&lt;b&gt;&amp;&quot;c&#39;\xe5\x8f\xb7");
}

static void test_values_go_where_their_names_are_and_are_always_escaped(void **state)
{
	const char *values[SLOT_COUNT] = {
		[SLOT_USER] = "<u>", [SLOT_HOST] = "h&h", [SLOT_BRAND] = "{{user}}"};

	(void)state;
	assert_string_equal(render("{{user}}@{{host}}", values), "&lt;u&gt;@h&amp;h");
	assert_string_equal(render("{{user}}{{user}}", values), "&lt;u&gt;&lt;u&gt;");
	assert_string_equal(render("<b>{{brand}}</b>\n", values), "<b>{{user}}</b>\n");
}

static void test_a_value_that_is_not_there_is_empty(void **state)
{
	const char *values[SLOT_COUNT] = {NULL};

	(void)state;
	assert_string_equal(render("a{{detail}}b", values), "ab");
	assert_string_equal(render("", values), "");
}

static void test_braces_that_are_no_names_stay(void **state)
{
	const char *values[SLOT_COUNT] = {NULL};

	(void)state;
	assert_string_equal(render("{ } }} {a}", values), "{ } }} {a}");
}

static void test_what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *bytes, *problem;
	} rows[] = {
		{"{{nobody}}", "a.html:1: {{nobody}} is unknown here"},
		{"\n\n {{ user }}", "a.html:3: {{ user }} is unknown here"},
		{"{{user}}\n{{User}}\n", "a.html:2: {{User}} is unknown here"},
		{"{{}}", "a.html:1: {{}} is unknown here"},
		{"{{token}}", "a.html:1: {{token}} is unknown here"},
		{"x\n{{user", "a.html:2: {{ has no }} behind a name"},
		{"{{user\n", "a.html:1: {{ has no }} behind a name"},
		{"{{", "a.html:1: {{ has no }} behind a name"},
		{"{{a name of more than thirty-two bytes}}",
			"a.html:1: {{ has no }} behind a name"},
		{"x\ny\n{{host}}", "a.html:3: {{user}} is missing in the whole file"},
		{"", "a.html:1: {{user}} is missing in the whole file"},
		{"{{user}}\n\xb5\xc7\xc2\xbc", "a.html:2: must be UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problem problem = {.text = ""};
		struct template *template = NULL;

		assert_int_equal(
			template_create("a.html", exact_bytes(rows[i].bytes, strlen(rows[i].bytes)),
				strlen(rows[i].bytes), SLOT_BIT(SLOT_USER),
				SLOT_BIT(SLOT_USER) | SLOT_BIT(SLOT_HOST), &template, &problem),
			-EINVAL);
		assert_null(template);
		assert_string_equal(problem.text, rows[i].problem);
	}
}

static void test_a_file_may_be_so_large_and_holds_no_nul(void **state)
{
	static char bytes[TEMPLATE_MAX + 1];
	struct problem problem = {.text = ""};
	struct template *template = NULL;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(template_create("a.html", exact_bytes(bytes, TEMPLATE_MAX), TEMPLATE_MAX,
				 0, ALL, &template, &problem),
		0);
	template_free(&template);
	assert_int_equal(template_create("a.html", exact_bytes(bytes, TEMPLATE_MAX + 1),
				 TEMPLATE_MAX + 1, 0, ALL, &template, &problem),
		-EINVAL);
	assert_begins(problem.text, "a.html:1: must be text of at most 12288 bytes");
	bytes[5] = '\0';
	assert_int_equal(
		template_create("a.html", exact_bytes(bytes, 10), 10, 0, ALL, &template, &problem),
		-EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_values_go_where_their_names_are_and_are_always_escaped),
		cmocka_unit_test(test_a_value_that_is_not_there_is_empty),
		cmocka_unit_test(test_braces_that_are_no_names_stay),
		cmocka_unit_test(test_what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(test_a_file_may_be_so_large_and_holds_no_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
