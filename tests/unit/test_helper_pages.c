#include "pages.h"

#include <errno.h>

#include "builtin.h"
#include "folder.h"
#include "problem.h"
#include "template.h"
#include "text.h"
#include "unit.h"

static int set_up(void **state)
{
	static struct folder folder;

	folder_create(&folder);
	*state = &folder;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	return 0;
}

static const char *render(const struct pages *pages, enum page_kind kind)
{
	static char bytes[32768];
	const char *values[SLOT_COUNT];
	struct text text;

	for (int i = 0; i < SLOT_COUNT; i++)
		values[i] = "value";
	text_init(&text, bytes, sizeof(bytes));
	template_render(pages_find(pages, kind), values, &text);
	assert_int_equal(text_finish(&text), 0);
	return bytes;
}

static void test_every_page_is_built_in(void **state)
{
	struct problem problem = {.text = ""};
	struct pages *pages = NULL;

	(void)state;
	assert_int_equal(pages_create(NULL, &pages, &problem), 0);
	assert_int_equal(builtin_count, PAGE_KIND_COUNT + 2);
	for (int kind = 0; kind < PAGE_KIND_COUNT; kind++) {
		const char *html = render(pages, (enum page_kind)kind);

		assert_begins(html, "<!DOCTYPE html>\n<html lang=\"value\">");
		assert_contains(html, "<h1>value</h1>");
		assert_contains(html, "prefers-color-scheme: dark");
		assert_null(strstr(html, "{{"));
		assert_null(strstr(html, "<script"));
		assert_null(strstr(html, "://"));
	}
	pages_free(&pages);
	assert_null(pages);
}

static void test_a_file_of_the_directory_replaces_one_that_is_built_in(void **state)
{
	struct folder *folder = *state;
	struct problem problem = {.text = ""};
	struct pages *pages = NULL;
	static const char gone[] = "{{heading}}: {{words}}\n";

	folder_write(folder, "gone.html", 0644, gone, strlen(gone));
	folder_write(folder, "style.css", 0644, "b { }", 5);
	folder_write(folder, "README", 0644, "ours", 4);
	folder_write(folder, "gone.html~", 0644, "older", 5);
	assert_int_equal(pages_create(folder->path, &pages, &problem), 0);
	assert_string_equal(problem.text, "");
	assert_contains(render(pages, PAGE_GONE), "</p>\nvalue: value\n</main>");
	assert_contains(render(pages, PAGE_ASK), "<style nonce=\"value\">b { }</style>");
	pages_free(&pages);
}

static void test_a_bad_file_of_the_directory_refuses_all_pages(void **state)
{
	static const struct {
		const char *name, *bytes, *problem;
		mode_t mode;
	} rows[] = {
		{"asc.html", "", "/asc.html: no page has this name; there are: ask.html again.html",
			0644},
		{"styles.css", "", "/styles.css: no page has this name", 0644},
		{"frame.html", "{{nonce}}{{page}}", "/frame.html:1: {{style}} is missing", 0644},
		{"ask.html", "{{style}}", "/ask.html:1: {{style}} is unknown here", 0644},
		{"gone.html", "a\n{{words}}", "/gone.html:2: {{heading}} is missing", 0644},
		{"error.html", "{{heading}}{{words}}{{token}}",
			"/error.html:1: {{token}} is unknown", 0644},
		{"ask.html", "{{user}}{{host}}{{how}}{{until}}{{action}}{{token}}",
			"/ask.html:1: {{from}} is missing", 0644},
		{"style.css", "</style>", "/style.css: must be a style sheet", 0644},
		{"gone.html", "{{heading}}{{words}}", "others may write to it", 0666},
	};
	struct folder *folder = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct problem problem = {.text = ""};
		struct pages *pages = NULL;
		char name[32];
		const char *directory;

		assert_int_equal(text_format(name, sizeof(name), "%zu", i), 0);
		directory = folder_make(folder, name, 0755);
		assert_int_equal(text_format(name, sizeof(name), "%zu/%s", i, rows[i].name), 0);
		folder_write(folder, name, rows[i].mode, rows[i].bytes, strlen(rows[i].bytes));
		assert_true(pages_create(directory, &pages, &problem) < 0);
		assert_null(pages);
		assert_contains(problem.text, rows[i].problem);
	}
}

static void test_a_directory_that_is_not_there(void **state)
{
	struct problem problem = {.text = ""};
	struct pages *pages = NULL;

	assert_int_equal(pages_create(folder_path(*state, "nowhere"), &pages, &problem), -ENOENT);
	assert_contains(problem.text, "nowhere");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_page_is_built_in),
		cmocka_unit_test_setup_teardown(
			test_a_file_of_the_directory_replaces_one_that_is_built_in, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_bad_file_of_the_directory_refuses_all_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_directory_that_is_not_there, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
