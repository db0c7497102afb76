#include "terminal.h"

#include <errno.h>

#include "messages.h"
#include "qr.h"
#include "settings.h"
#include "text.h"
#include "unit.h"
#include "width.h"

/* 53 bytes: the longest that version 3 holds. */
#define LINK "https://login.company-name.example/wechat/l/Ab3dE9xYz"
#define QUIET 2

static char prompt[TERMINAL_SCREEN_MAX];
static const char *lines[256];
static size_t lengths[256], count;

static const char *compose_screen(const char *string, struct terminal_screen *screen,
	void (*composer)(struct text *, const struct terminal_screen *))
{
	struct qr *qr = NULL;
	struct text text;

	assert_int_equal(qr_create(string, &qr), 0);
	screen->qr = qr;
	text_init(&text, prompt, sizeof(prompt));
	composer(&text, screen);
	assert_int_equal(text_finish(&text), 0);
	qr_free(&qr);
	count = 0;
	for (const char *at = prompt; at != NULL && count < COUNT(lines); count++) {
		const char *end = strchr(at, '\n');

		lines[count] = at;
		lengths[count] = end == NULL ? strlen(at) : (size_t)(end - at);
		at = end == NULL ? NULL : end + 1;
	}
	return prompt;
}

/* Composes a prompt and takes it to lines. */
static const char *compose(
	const char *string, struct terminal_view view, int lang, enum terminal_hint hint)
{
	struct terminal_screen screen = {.view = view,
		.link = LINK,
		.lang = lang,
		.hint = hint,
		.indented = strlen("(alice@web1) ")};

	return compose_screen(string, &screen, terminal_compose);
}

static void expect_line(size_t index, const char *expected)
{
	assert_true(index < count);
	assert_int_equal(lengths[index], strlen(expected));
	assert_memory_equal(lines[index], expected, lengths[index]);
}

static void test_the_picture_of_a_53_byte_link_fits_80x24_with_all_lines(void **state)
{
	static const struct terminal_view view = {PICTURE_HALF_BLOCKS, false};

	(void)state;
	assert_int_equal(strlen(LINK), 53);
	for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
		for (int hint = HINT_SCAN; hint <= HINT_ASKING; hint++) {
			compose(LINK, view, lang, (enum terminal_hint)hint);
			assert_int_equal(count, 1 + 17 + 4);
			assert_true(count <= 24);
			for (size_t i = 0; i < count; i++)
				assert_true(width_of(lines[i], lengths[i]) <= 80);
			/* The first line is left to ssh's "(user@host) ". */
			assert_int_equal(lengths[0], 0);
			for (size_t i = 1; i <= 17; i++)
				assert_int_equal(width_of(lines[i], lengths[i]), 33);
		}
	}
}

/* Whether ink stands where module (x, y) is drawn, the quiet zone beginning at -QUIET. */
static bool is_inked(enum terminal_picture picture, int x, int y)
{
	static const char *const cells[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};
	int row = y + QUIET, column = x + QUIET;
	const char *at;

	if (picture == PICTURE_ASCII) {
		at = lines[1 + row] + 2 * column;
		if (memcmp(at, "@@", 2) == 0)
			return true;
		assert_memory_equal(at, "  ", 2);
		return false;
	}
	at = lines[1 + row / 2];
	for (int i = 0; i < column; i++)
		at += *at == ' ' ? 1 : 3;
	for (int i = 0; i < 4; i++) {
		if (strncmp(at, cells[i], strlen(cells[i])) == 0)
			return (i & (row % 2 == 0 ? 2 : 1)) != 0;
	}
	fail_msg("no cell at %d, %d", x, y);
	return false;
}

static void test_every_module_stands_in_its_place(void **state)
{
	static const struct terminal_view views[] = {{PICTURE_HALF_BLOCKS, false},
		{PICTURE_HALF_BLOCKS, true}, {PICTURE_ASCII, false}, {PICTURE_ASCII, true}};
	static const char *const strings[] = {LINK, "https://a.b/l/Ab3dE9xYzQ0", "x"};
	struct qr *qr = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(views); i++) {
		for (size_t j = 0; j < COUNT(strings); j++) {
			compose(strings[j], views[i], LANG_EN, HINT_SCAN);
			assert_int_equal(qr_create(strings[j], &qr), 0);
			for (int y = -QUIET; y < qr_width(qr) + QUIET; y++) {
				for (int x = -QUIET; x < qr_width(qr) + QUIET; x++)
					assert_int_equal(is_inked(views[i].picture, x, y),
						qr_is_dark(qr, x, y) == views[i].invert);
			}
			qr_free(&qr);
		}
	}
}

static void test_ascii_art_has_a_line_for_each_row_of_modules(void **state)
{
	(void)state;
	compose(LINK, (struct terminal_view){PICTURE_ASCII, false}, LANG_EN, HINT_SCAN);
	assert_int_equal(count, 1 + 33 + 4);
	for (size_t i = 1; i <= 33; i++)
		assert_int_equal(lengths[i], 66);
}

static void test_text_and_link_stand_below_the_picture(void **state)
{
	(void)state;
	for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
		compose(LINK, (struct terminal_view){PICTURE_HALF_BLOCKS, false}, lang, HINT_SCAN);
		expect_line(18, message_text(MESSAGE_SCAN, lang));
		expect_line(19, message_text(MESSAGE_OTHER_WAY, lang));
		expect_line(20, LINK);
		expect_line(21, message_text(MESSAGE_PROMPT, lang));
	}
}

static void test_the_hint_is_the_first_line_of_words(void **state)
{
	static const struct terminal_view views[] = {
		{PICTURE_HALF_BLOCKS, false}, {PICTURE_ASCII, false}, {PICTURE_NONE, false}};

	(void)state;
	for (size_t i = 0; i < COUNT(views); i++) {
		compose(LINK, views[i], LANG_EN, HINT_WRONG_PIN);
		assert_non_null(strstr(prompt, message_text(MESSAGE_WRONG_PIN, LANG_EN)));
		assert_null(strstr(prompt, message_text(MESSAGE_SCAN, LANG_EN)));
		assert_null(strstr(prompt, message_text(MESSAGE_LINK_ONLY, LANG_EN)));
		expect_line(count - 2, LINK);
		expect_line(count - 1, message_text(MESSAGE_PROMPT, LANG_EN));
		compose(LINK, views[i], LANG_EN, HINT_ASKING);
		expect_line(count - 4, message_text(MESSAGE_ASKING, LANG_EN));
		assert_null(strstr(prompt, message_text(MESSAGE_WRONG_PIN, LANG_EN)));
		compose(LINK, views[i], LANG_EN, HINT_SCAN);
		assert_null(strstr(prompt, message_text(MESSAGE_WRONG_PIN, LANG_EN)));
		assert_null(strstr(prompt, message_text(MESSAGE_ASKING, LANG_EN)));
	}
}

static void test_the_link_alone_takes_five_lines(void **state)
{
	(void)state;
	compose(LINK, (struct terminal_view){PICTURE_NONE, false}, LANG_EN, HINT_SCAN);
	assert_int_equal(count, 5);
	expect_line(0, "");
	expect_line(1, message_text(MESSAGE_LINK_ONLY, LANG_EN));
	expect_line(2, message_text(MESSAGE_LINK_IN_WECHAT, LANG_EN));
	expect_line(3, LINK);
	expect_line(4, message_text(MESSAGE_PROMPT, LANG_EN));
}

static void test_another_way_is_offered_only_where_there_is_one(void **state)
{
	(void)state;
	for (int hint = HINT_SCAN; hint <= HINT_ASKING; hint++) {
		compose(LINK, (struct terminal_view){PICTURE_NEVER, false}, LANG_EN,
			(enum terminal_hint)hint);
		assert_int_equal(count, 5);
		expect_line(2, message_text(MESSAGE_LINK_HOW, LANG_EN));
		assert_null(strstr(prompt, "Press Enter"));
		compose(LINK, (struct terminal_view){PICTURE_NONE, false}, LANG_EN,
			(enum terminal_hint)hint);
		assert_contains(prompt, "Press Enter");
	}
}

static void test_all_but_half_blocks_is_ascii_whatever_the_language(void **state)
{
	static const enum terminal_picture pictures[] = {
		PICTURE_ASCII, PICTURE_NONE, PICTURE_NEVER};

	(void)state;
	for (size_t i = 0; i < COUNT(pictures); i++) {
		for (int bits = 0; bits < 8; bits++) {
			compose(LINK, (struct terminal_view){pictures[i], (bits & 1) != 0},
				(bits & 2) != 0 ? LANG_ZH : LANG_EN, (bits & 4) != 0);
			width_expect_ascii(prompt);
		}
	}
}

static void test_half_blocks_in_english_are_ascii_but_for_the_blocks(void **state)
{
	(void)state;
	compose(LINK, (struct terminal_view){PICTURE_HALF_BLOCKS, false}, LANG_EN, HINT_SCAN);
	for (char *at = prompt; *at != '\0'; at++) {
		if (memcmp(at, "\xe2\x96", 2) == 0) {
			assert_true(at[2] == '\x80' || at[2] == '\x84' || at[2] == '\x88');
			memset(at, ' ', 3);
		}
	}
	width_expect_ascii(prompt);
}

static void test_empty_answers_go_round_through_the_views(void **state)
{
	static const struct {
		int charset;
		bool invert;
		struct terminal_view views[TERMINAL_VIEWS_MAX];
	} rows[] = {
		{CHARSET_UTF8, false,
			{{PICTURE_HALF_BLOCKS, false}, {PICTURE_ASCII, false},
				{PICTURE_HALF_BLOCKS, true}, {PICTURE_NONE, false},
				{PICTURE_HALF_BLOCKS, false}, {PICTURE_ASCII, false},
				{PICTURE_HALF_BLOCKS, true}, {PICTURE_NONE, false}}},
		{CHARSET_UTF8, true,
			{{PICTURE_HALF_BLOCKS, true}, {PICTURE_ASCII, true},
				{PICTURE_HALF_BLOCKS, false}, {PICTURE_NONE, true},
				{PICTURE_HALF_BLOCKS, true}, {PICTURE_ASCII, true},
				{PICTURE_HALF_BLOCKS, false}, {PICTURE_NONE, true}}},
		{CHARSET_ASCII, false,
			{{PICTURE_ASCII, false}, {PICTURE_ASCII, true}, {PICTURE_NONE, false},
				{PICTURE_ASCII, false}, {PICTURE_ASCII, true},
				{PICTURE_NONE, false}, {PICTURE_ASCII, false},
				{PICTURE_ASCII, true}}},
		{CHARSET_ASCII, true,
			{{PICTURE_ASCII, true}, {PICTURE_ASCII, false}, {PICTURE_NONE, true},
				{PICTURE_ASCII, true}, {PICTURE_ASCII, false}, {PICTURE_NONE, true},
				{PICTURE_ASCII, true}, {PICTURE_ASCII, false}}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int round = 0; round < TERMINAL_VIEWS_MAX; round++) {
			struct terminal_view view =
				terminal_view_at(rows[i].charset, rows[i].invert, round);

			assert_int_equal(view.picture, rows[i].views[round].picture);
			if (view.picture != PICTURE_NONE)
				assert_int_equal(view.invert, rows[i].views[round].invert);
		}
	}
	for (int round = 0; round < TERMINAL_VIEWS_MAX; round++)
		assert_int_equal(terminal_view_at(CHARSET_NONE, round % 2 != 0, round).picture,
			PICTURE_NEVER);
}

/* The longest that the settings allow: authorize_url 512 bytes, public_url 200, all to encode. */
static void test_the_longest_authorize_url_fits_into_the_prompt(void **state)
{
	static char url[1500];

	(void)state;
	memset(url, 'x', 512 + 3 * 209 + 160);
	compose(url, (struct terminal_view){PICTURE_ASCII, false}, LANG_EN, HINT_WRONG_PIN);
	expect_line(count - 1, message_text(MESSAGE_PROMPT, LANG_EN));
}

static void test_a_207_byte_authorize_url_takes_29_rows(void **state)
{
	char url[208];

	(void)state;
	memset(url, 'x', 207);
	url[207] = '\0';
	compose(url, (struct terminal_view){PICTURE_HALF_BLOCKS, false}, LANG_EN, HINT_SCAN);
	assert_int_equal(count, 1 + 29 + 4);
	assert_int_equal(width_of(lines[1], lengths[1]), 57);
}

static void test_what_does_not_fit_is_reported(void **state)
{
	char small[200];
	struct qr *qr = NULL;
	struct text text;

	(void)state;
	assert_int_equal(qr_create(LINK, &qr), 0);
	text_init(&text, small, sizeof(small));
	terminal_compose(
		&text, &(struct terminal_screen){
			       .qr = qr, .view = {PICTURE_HALF_BLOCKS, false}, .link = LINK});
	assert_int_equal(text_finish(&text), -ENOSPC);
	qr_free(&qr);
}

static void test_a_terminal_that_waits_shows_the_same_picture_and_no_question(void **state)
{
	char question[TERMINAL_SCREEN_MAX];

	(void)state;
	for (int lang = LANG_EN; lang <= LANG_ZH; lang++) {
		struct terminal_screen screen = {
			.view = {PICTURE_HALF_BLOCKS, false}, .link = LINK, .lang = lang};

		memcpy(question, compose(LINK, screen.view, lang, HINT_SCAN), sizeof(question));
		compose_screen(LINK, &screen, terminal_compose_wait);
		/* The question begins with an empty line, then both have the picture. */
		assert_memory_equal(prompt, question + 1,
			strstr(question, message_text(MESSAGE_SCAN, lang)) - (question + 1));
		expect_line(count - 3, message_text(MESSAGE_WAIT, lang));
		expect_line(count - 2, message_text(MESSAGE_WAIT_LINK, lang));
		expect_line(count - 1, LINK);
	}
}

static void test_ascii_art_wants_the_phone_farther_away(void **state)
{
	static const struct terminal_view art = {PICTURE_ASCII, false};
	struct terminal_screen screen = {.view = art, .link = LINK, .lang = LANG_ZH};

	(void)state;
	compose(LINK, art, LANG_ZH, false);
	expect_line(count - 3, message_text(MESSAGE_OTHER_WAY_OF_ASCII, LANG_EN));
	compose(LINK, art, LANG_EN, true);
	expect_line(count - 3, message_text(MESSAGE_OTHER_WAY_OF_ASCII, LANG_EN));
	compose_screen(LINK, &screen, terminal_compose_wait);
	expect_line(count - 2, message_text(MESSAGE_WAIT_LINK_OF_ASCII, LANG_EN));
}

static void test_the_last_line_holds_the_link_where_80_columns_hold_both(void **state)
{
	static const char link[] = "https://login.example.com/l/Ab3dE9xYzQ0k";
	static const struct {
		int lang;
		size_t columns; /* of the question, with its blank */
	} rows[] = {{LANG_EN, 20}, {LANG_ZH, 17}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* And four digits. */
		size_t room = 80 - (strlen(link) + 1 + rows[i].columns + 4);
		const char *question = message_text(MESSAGE_PROMPT, rows[i].lang);
		struct terminal_screen screen = {
			.view = {PICTURE_HALF_BLOCKS, false}, .link = link, .lang = rows[i].lang};
		char both[128];

		assert_int_equal(width_of(question, strlen(question)), rows[i].columns);
		(void)text_format(both, sizeof(both), "%s %s", link, question);
		for (screen.indented = 0; screen.indented <= room; screen.indented++) {
			compose_screen(link, &screen, terminal_compose);
			expect_line(count - 2, message_text(MESSAGE_OTHER_WAY, rows[i].lang));
			expect_line(count - 1, both);
		}
		compose_screen(link, &screen, terminal_compose);
		expect_line(count - 2, link);
		expect_line(count - 1, question);
	}
}

static void test_in_two_parts_the_question_is_one_line_and_both_have_the_link(void **state)
{
	static const struct terminal_view views[] = {
		{PICTURE_HALF_BLOCKS, false}, {PICTURE_ASCII, true}, {PICTURE_NEVER, false}};

	(void)state;
	for (size_t i = 0; i < COUNT(views); i++) {
		struct terminal_screen screen = {.view = views[i],
			.link = LINK,
			.hint = i == 1 ? HINT_WRONG_PIN : HINT_SCAN,
			.indented = 80};
		char whole[TERMINAL_SCREEN_MAX], both[128];

		memcpy(whole, compose(LINK, views[i], LANG_EN, i == 1), sizeof(whole));
		compose_screen(LINK, &screen, terminal_compose_message);
		assert_memory_equal(prompt, whole + 1, strlen(prompt));
		expect_line(count - 1, LINK);
		(void)text_format(
			both, sizeof(both), "%s %s", LINK, message_text(MESSAGE_PROMPT, LANG_EN));
		assert_string_equal(compose_screen(LINK, &screen, terminal_compose_question), both);
		assert_int_equal(count, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_picture_of_a_53_byte_link_fits_80x24_with_all_lines),
		cmocka_unit_test(test_every_module_stands_in_its_place),
		cmocka_unit_test(test_ascii_art_has_a_line_for_each_row_of_modules),
		cmocka_unit_test(test_text_and_link_stand_below_the_picture),
		cmocka_unit_test(test_the_hint_is_the_first_line_of_words),
		cmocka_unit_test(test_the_link_alone_takes_five_lines),
		cmocka_unit_test(test_another_way_is_offered_only_where_there_is_one),
		cmocka_unit_test(test_all_but_half_blocks_is_ascii_whatever_the_language),
		cmocka_unit_test(test_half_blocks_in_english_are_ascii_but_for_the_blocks),
		cmocka_unit_test(test_empty_answers_go_round_through_the_views),
		cmocka_unit_test(test_the_longest_authorize_url_fits_into_the_prompt),
		cmocka_unit_test(test_a_207_byte_authorize_url_takes_29_rows),
		cmocka_unit_test(test_what_does_not_fit_is_reported),
		cmocka_unit_test(test_a_terminal_that_waits_shows_the_same_picture_and_no_question),
		cmocka_unit_test(test_ascii_art_wants_the_phone_farther_away),
		cmocka_unit_test(test_the_last_line_holds_the_link_where_80_columns_hold_both),
		cmocka_unit_test(test_in_two_parts_the_question_is_one_line_and_both_have_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
