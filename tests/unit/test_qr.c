#include "qr.h"

#include <errno.h>

#include "unit.h"

static struct qr *make(size_t length)
{
	char string[3001];
	struct qr *qr = NULL;

	memset(string, 'x', length);
	string[length] = '\0';
	assert_int_equal(qr_create(string, &qr), 0);
	assert_non_null(qr);
	return qr;
}

/* ISO/IEC 18004: bytes that versions hold at level L. Version v has 17 + 4v modules a side. */
static void test_the_smallest_version_is_taken(void **state)
{
	static const struct {
		size_t length;
		int width;
	} rows[] = {
		{17, 21}, {18, 25}, {32, 25}, {33, 29}, {53, 29}, {54, 33}, {207, 53}, {2953, 177}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct qr *qr = make(rows[i].length);

		assert_int_equal(qr_width(qr), rows[i].width);
		qr_free(&qr);
		assert_null(qr);
	}
}

/* The first two modules of the format information, which are masked by 10. */
static char level_of(const struct qr *qr)
{
	static const char levels[] = {'H', 'Q', 'M', 'L'};

	return levels[qr_is_dark(qr, 0, 8) * 2 + qr_is_dark(qr, 1, 8)];
}

/* The same standard, of both levels. */
static void test_error_correction_is_the_stronger_one_where_it_costs_no_module(void **state)
{
	static const struct {
		size_t medium, low; /* bytes that the version holds */
	} versions[] = {{14, 17}, {26, 32}, {42, 53}, {62, 78}, {84, 106}, {106, 134}, {122, 154},
		{152, 192}, {180, 230}};
	size_t length = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		for (; length <= versions[i].low; length++) {
			struct qr *qr = make(length);

			assert_int_equal(qr_width(qr), 21 + 4 * (int)i);
			assert_int_equal(level_of(qr), length <= versions[i].medium ? 'M' : 'L');
			qr_free(&qr);
		}
	}
}

static void test_what_no_version_holds_is_refused(void **state)
{
	char string[2955];
	struct qr *qr = NULL;

	(void)state;
	memset(string, 'x', 2954);
	string[2954] = '\0';
	assert_int_equal(qr_create(string, &qr), -E2BIG);
	assert_null(qr);
}

static void test_the_empty_string_is_refused(void **state)
{
	struct qr *qr = NULL;

	(void)state;
	assert_int_equal(qr_create("", &qr), -EINVAL);
	assert_null(qr);
}

static void test_freeing_nothing_is_fine(void **state)
{
	struct qr *qr = NULL;

	(void)state;
	qr_free(&qr);
	assert_null(qr);
}

/* A ring of light between a dark frame and a dark middle of three by three. */
static bool is_finder_dark(int x, int y)
{
	bool frame = x == 0 || x == 6 || y == 0 || y == 6;
	bool middle = x >= 2 && x <= 4 && y >= 2 && y <= 4;

	return frame || middle;
}

static void test_the_three_corners_are_finder_patterns(void **state)
{
	struct qr *qr = make(53);
	int far = qr_width(qr) - 7;

	(void)state;
	for (int y = 0; y < 7; y++) {
		for (int x = 0; x < 7; x++) {
			assert_int_equal(qr_is_dark(qr, x, y), is_finder_dark(x, y));
			assert_int_equal(qr_is_dark(qr, far + x, y), is_finder_dark(x, y));
			assert_int_equal(qr_is_dark(qr, x, far + y), is_finder_dark(x, y));
		}
	}
	qr_free(&qr);
}

static void test_the_timing_pattern_alternates(void **state)
{
	struct qr *qr = make(53);

	(void)state;
	for (int i = 8; i < qr_width(qr) - 8; i++) {
		assert_int_equal(qr_is_dark(qr, i, 6), i % 2 == 0);
		assert_int_equal(qr_is_dark(qr, 6, i), i % 2 == 0);
	}
	qr_free(&qr);
}

static void test_everything_outside_is_light(void **state)
{
	struct qr *qr = make(17);
	int width = qr_width(qr);

	(void)state;
	for (int i = -3; i < width + 3; i++) {
		assert_false(qr_is_dark(qr, i, -1));
		assert_false(qr_is_dark(qr, -1, i));
		assert_false(qr_is_dark(qr, i, width));
		assert_false(qr_is_dark(qr, width, i));
	}
	qr_free(&qr);
}

static void test_the_error_correction_level_is_l(void **state)
{
	struct qr *qr = make(17);

	(void)state;
	/* The format's first two bits, 01 for L, under the mask 10: 11. */
	assert_true(qr_is_dark(qr, 0, 8));
	assert_true(qr_is_dark(qr, 1, 8));
	qr_free(&qr);
}

static void test_different_strings_look_different(void **state)
{
	struct qr *a = NULL, *b = NULL;
	int differences = 0;

	(void)state;
	assert_int_equal(qr_create("https://a.example/l/Ab3dE9xYzQ01", &a), 0);
	assert_int_equal(qr_create("https://a.example/l/Ab3dE9xYzQ02", &b), 0);
	assert_int_equal(qr_width(a), qr_width(b));
	for (int y = 0; y < qr_width(a); y++) {
		for (int x = 0; x < qr_width(a); x++)
			differences += qr_is_dark(a, x, y) != qr_is_dark(b, x, y);
	}
	assert_true(differences > 8);
	qr_free(&a);
	qr_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_smallest_version_is_taken),
		cmocka_unit_test(
			test_error_correction_is_the_stronger_one_where_it_costs_no_module),
		cmocka_unit_test(test_what_no_version_holds_is_refused),
		cmocka_unit_test(test_the_empty_string_is_refused),
		cmocka_unit_test(test_freeing_nothing_is_fine),
		cmocka_unit_test(test_the_three_corners_are_finder_patterns),
		cmocka_unit_test(test_the_timing_pattern_alternates),
		cmocka_unit_test(test_everything_outside_is_light),
		cmocka_unit_test(test_the_error_correction_level_is_l),
		cmocka_unit_test(test_different_strings_look_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
