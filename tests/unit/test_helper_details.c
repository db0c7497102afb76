#include "details.h"

#include <stdlib.h>

#include "text.h"
#include "unit.h"
#include "wire.h"

static struct wire_message registration(void)
{
	struct wire_message message = {.verb = WIRE_REGISTER};

	message.value[WIRE_UNTIL] = "14:32:10";
	message.value[WIRE_USER] = "root";
	message.value[WIRE_HOST] = "web1";
	message.value[WIRE_OCCASION] = "become";
	message.value[WIRE_SERVICE] = "su";
	message.value[WIRE_FROM] = "pts/3";
	message.value[WIRE_ASKER] = "\xc2\xabmallory\xc2\xbb (uid 1003, pts/3)";
	return message;
}

static void test_all_strings_are_there(void **state)
{
	struct wire_message message = registration();
	struct details *details = details_create(&message);

	(void)state;
	assert_non_null(details);
	assert_string_equal(details->user, "\xc2\xabroot\xc2\xbb");
	assert_string_equal(details->host, "web1");
	assert_int_equal(details->occasion, OCCASION_BECOME);
	assert_string_equal(details->service, "su");
	assert_string_equal(details->from, "pts/3");
	assert_string_equal(details->asker, "\xc2\xabmallory\xc2\xbb (uid 1003, pts/3)");
	assert_string_equal(details->until, "14:32:10");
	assert_string_equal(details->brand, "");
	free(details);
}

static void test_they_are_bounded_and_clean(void **state)
{
	struct wire_message message = registration();
	struct details *details;
	char name[400];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	message.value[WIRE_USER] = name;
	message.value[WIRE_FROM] = "a\x1b[31m\xff\xe2\x80\xae z";
	details = details_create(&message);
	assert_int_equal(strlen(details->user), 384 + 4);
	assert_string_equal(details->from, "a[31m? z");
	free(details);
}

static void test_how_is_said_with_the_values_of_this_login(void **state)
{
	static const struct {
		const char *occasion, *en;
	} rows[] = {
		{"remote", "remote login (su)"},
		{"console", "at the console (su)"},
		{"local", "on this machine, by su"},
		{"become",
			"become \xc2\xabroot\xc2\xbb by su, asked by local user \xc2\xabmallory\xc2\xbb (uid 1003, pts/3)"},
		{"confirm", "su, asked by local user \xc2\xabmallory\xc2\xbb (uid 1003, pts/3)"},
		{"enroll", "the administrator links your WeChat (su)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct wire_message message = registration();
		struct details *details;
		char bytes[256];
		struct text how;

		message.value[WIRE_OCCASION] = rows[i].occasion;
		details = details_create(&message);
		text_init(&how, bytes, sizeof(bytes));
		details_add_how(details, LANGUAGE_EN, &how);
		assert_string_equal(bytes, rows[i].en);
		text_init(&how, bytes, sizeof(bytes));
		details_add_how(details, LANGUAGE_ZH, &how);
		assert_contains(bytes, "su");
		assert_null(strchr(bytes, '%'));
		free(details);
	}
}

static void test_a_name_is_no_place_for_others(void **state)
{
	struct wire_message message = registration();
	struct details *details;
	char bytes[256];
	struct text how;

	(void)state;
	message.value[WIRE_USER] = "%3";
	message.value[WIRE_SERVICE] = "%9%";
	details = details_create(&message);
	text_init(&how, bytes, sizeof(bytes));
	details_add_how(details, LANGUAGE_EN, &how);
	assert_string_equal(bytes,
		"become \xc2\xab%3\xc2\xbb by %9%, asked by local user \xc2\xabmallory\xc2\xbb (uid 1003, pts/3)");
	free(details);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_strings_are_there),
		cmocka_unit_test(test_they_are_bounded_and_clean),
		cmocka_unit_test(test_how_is_said_with_the_values_of_this_login),
		cmocka_unit_test(test_a_name_is_no_place_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
