#include "metrics.h"

#include "text.h"
#include "unit.h"

static const char *write(const struct metrics *metrics)
{
	static char bytes[METRICS_MAX];
	struct text text;

	text_init(&text, bytes, sizeof(bytes));
	metrics_write(metrics, 7, 8, &text);
	assert_int_equal(text_finish(&text), 0);
	return bytes;
}

static void test_a_result_falls_into_the_first_bucket_that_holds_it(void **state)
{
	struct metrics metrics = {.started = 0};
	static const int64_t ms[] = {0, 50, 51, 10000, 10001};
	const char *shown;

	(void)state;
	for (size_t i = 0; i < COUNT(ms); i++)
		metrics_observe(&metrics, ms[i]);
	shown = write(&metrics);
	assert_contains(shown, "_bucket{le=\"0.05\"} 2\n");
	assert_contains(shown, "_bucket{le=\"0.1\"} 3\n");
	assert_contains(shown, "_bucket{le=\"5\"} 3\n");
	assert_contains(shown, "_bucket{le=\"10\"} 4\n");
	assert_contains(shown, "_bucket{le=\"+Inf\"} 5\n");
	assert_contains(shown, "\npam_wechat_callback_seconds_sum 20.102\n");
	assert_contains(shown, "\npam_wechat_callback_seconds_count 5\n");
}

static void test_what_no_result_should_say_counts_as_internal(void **state)
{
	struct metrics metrics = {.started = 0};
	const char *shown;

	(void)state;
	metrics_refuse(&metrics, REASON_RISK);
	metrics_refuse(&metrics, REASON_FULL);
	metrics_refuse(&metrics, REASON_INTERNAL);
	shown = write(&metrics);
	assert_contains(shown, "{reason=\"risk\"} 1\n");
	assert_contains(shown, "{reason=\"internal\"} 2\n");
	assert_null(strstr(shown, "full"));
}

static void test_the_largest_numbers_fit(void **state)
{
	struct metrics metrics;

	(void)state;
	memset(&metrics, 0xff, sizeof(metrics));
	metrics.failure = REASON_COUNT - 1;
	assert_contains(write(&metrics), "pam_wechat_logins_started_total 18446744073709551615\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_result_falls_into_the_first_bucket_that_holds_it),
		cmocka_unit_test(test_what_no_result_should_say_counts_as_internal),
		cmocka_unit_test(test_the_largest_numbers_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
