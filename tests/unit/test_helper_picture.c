#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "qr.h"
#include "text.h"
#include "unit.h"

#define LINK "https://login.example.com/l/Ab3dE9fgHIJ0"
#define SIDE_MAX 100

/* Fills in what the strokes of a path cover. Returns how many there are. */
static size_t paint(const char *path, bool dark[SIDE_MAX][SIDE_MAX])
{
	size_t strokes = 0;
	int x = 0, y = 0;

	while (*path != '\0') {
		char *end;
		char command = *path++;
		long number = strtol(path, &end, 10);

		path = end;
		if (command == 'h') {
			for (; number > 0; number--)
				dark[y][x++] = true;
			strokes++;
		} else if (command == 'm') {
			x += (int)number;
			assert_begins(path, " 0h");
			path += 2;
		} else {
			assert_int_equal(command, 'M');
			x = (int)number;
			y = (int)strtol(path, &end, 10);
			assert_begins(end, ".5h");
			path = end + 2;
		}
	}
	return strokes;
}

static void test_the_strokes_are_the_dark_modules(void **state)
{
	static bool dark[SIDE_MAX][SIDE_MAX];
	char bytes[8192];
	struct qr *qr = NULL;
	struct text path;
	int size;

	(void)state;
	text_init(&path, bytes, sizeof(bytes));
	size = picture_draw(LINK, &path);
	assert_int_equal(qr_create(LINK, &qr), 0);
	assert_int_equal(size, qr_width(qr) + 8);
	assert_true(paint(bytes, dark) > 100);
	for (int y = 0; y < size; y++) {
		for (int x = 0; x < size; x++)
			assert_int_equal(dark[y][x], qr_is_dark(qr, x - 4, y - 4));
	}
	qr_free(&qr);
}

static void test_what_does_not_fit_is_no_picture(void **state)
{
	char bytes[64], large[4000];
	struct text path;

	(void)state;
	text_init(&path, bytes, sizeof(bytes));
	assert_int_equal(picture_draw(LINK, &path), -ENOSPC);
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	text_init(&path, bytes, sizeof(bytes));
	assert_int_equal(picture_draw(large, &path), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_strokes_are_the_dark_modules),
		cmocka_unit_test(test_what_does_not_fit_is_no_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
