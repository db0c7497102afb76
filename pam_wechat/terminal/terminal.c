#include "terminal.h"

#include "messages.h"
#include "qr.h"
#include "settings.h"
#include "text.h"
#include "wire.h"

#define COLUMNS 80
#define QUIET_ZONE 2 /* modules; WeChat reads less, other scanners want it */

struct terminal_view terminal_view_at(int charset, bool invert, int round)
{
	static const struct terminal_view utf8[] = {{PICTURE_HALF_BLOCKS, false},
		{PICTURE_ASCII, false}, {PICTURE_HALF_BLOCKS, true}, {PICTURE_NONE, false}};
	static const struct terminal_view ascii[] = {
		{PICTURE_ASCII, false}, {PICTURE_ASCII, true}, {PICTURE_NONE, false}};
	struct terminal_view view = {PICTURE_NEVER, false};

	if (charset == CHARSET_UTF8)
		view = utf8[round % 4];
	else if (charset == CHARSET_ASCII)
		view = ascii[round % 3];
	view.invert ^= invert;
	return view;
}

/* Two rows of modules a line: the upper and the lower half of each character's cell. */
static void draw_half_blocks(struct text *text, const struct qr *qr, bool invert)
{
	static const char *const cells[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};
	int end = qr_width(qr) + QUIET_ZONE;

	for (int y = -QUIET_ZONE; y < end; y += 2) {
		for (int x = -QUIET_ZONE; x < end; x++) {
			bool upper = qr_is_dark(qr, x, y) == invert;
			bool lower = y + 1 < end && qr_is_dark(qr, x, y + 1) == invert;

			text_add(text, cells[upper * 2 + lower]);
		}
		text_add(text, "\n");
	}
}

static void draw_ascii(struct text *text, const struct qr *qr, bool invert)
{
	int end = qr_width(qr) + QUIET_ZONE;

	for (int y = -QUIET_ZONE; y < end; y++) {
		for (int x = -QUIET_ZONE; x < end; x++)
			text_add(text, qr_is_dark(qr, x, y) == invert ? "@@" : "  ");
		text_add(text, "\n");
	}
}

void terminal_draw(struct text *text, const struct qr *qr, struct terminal_view view)
{
	if (view.picture == PICTURE_HALF_BLOCKS)
		draw_half_blocks(text, qr, view.invert);
	else if (view.picture == PICTURE_ASCII)
		draw_ascii(text, qr, view.invert);
}

static void add_line(struct text *text, const char *line)
{
	text_add(text, line);
	text_add(text, "\n");
}

/* Who gets anything but half blocks has a terminal that shows ASCII alone. */
static int lang_of(struct terminal_view view, int lang)
{
	return view.picture == PICTURE_HALF_BLOCKS ? lang : LANG_EN;
}

/* In a terminal's columns: a byte of ASCII takes one, and a Chinese character, three bytes, two. */
static size_t columns_of(const char *string)
{
	size_t columns = 0;

	for (; *string != '\0'; string++) {
		if (((unsigned char)*string & 0xc0) != 0x80)
			columns += (unsigned char)*string < 0x80 ? 1 : 2;
	}
	return columns;
}

/* Picture and words. */
static void add_picture(struct text *text, const struct terminal_screen *screen)
{
	static const struct {
		enum message first, second;
	} words[] = {
		[PICTURE_HALF_BLOCKS] = {MESSAGE_SCAN, MESSAGE_OTHER_WAY},
		[PICTURE_ASCII] = {MESSAGE_SCAN, MESSAGE_OTHER_WAY_OF_ASCII},
		[PICTURE_NONE] = {MESSAGE_LINK_ONLY, MESSAGE_LINK_IN_WECHAT},
		[PICTURE_NEVER] = {MESSAGE_LINK_ONLY, MESSAGE_LINK_HOW},
	};
	enum message first = screen->hint == HINT_ASKING      ? MESSAGE_ASKING
	                     : screen->hint == HINT_WRONG_PIN ? MESSAGE_WRONG_PIN
	                                                      : words[screen->view.picture].first;
	int lang = lang_of(screen->view, screen->lang);

	terminal_draw(text, screen->qr, screen->view);
	add_line(text, message_text(first, lang));
	add_line(text, message_text(words[screen->view.picture].second, lang));
}

static const char *question_of(const struct terminal_screen *screen)
{
	return message_text(MESSAGE_PROMPT, lang_of(screen->view, screen->lang));
}

void terminal_compose(struct text *prompt, const struct terminal_screen *screen)
{
	const char *question = question_of(screen);
	size_t columns = screen->indented + columns_of(screen->link) + 1 + columns_of(question) +
	                 WIRE_PIN_LENGTH;

	/* ssh puts "(user@host) " in front of the first line. */
	text_add(prompt, "\n");
	add_picture(prompt, screen);
	text_add(prompt, screen->link);
	text_add(prompt, columns <= COLUMNS ? " " : "\n");
	text_add(prompt, question);
}

void terminal_compose_message(struct text *message, const struct terminal_screen *screen)
{
	add_picture(message, screen);
	text_add(message, screen->link);
}

void terminal_compose_question(struct text *prompt, const struct terminal_screen *screen)
{
	text_addf(prompt, "%s %s", screen->link, question_of(screen));
}

void terminal_compose_wait(struct text *message, const struct terminal_screen *screen)
{
	int lang = lang_of(screen->view, screen->lang);

	terminal_draw(message, screen->qr, screen->view);
	add_line(message, message_text(MESSAGE_WAIT, lang));
	add_line(message,
		message_text(screen->view.picture == PICTURE_ASCII ? MESSAGE_WAIT_LINK_OF_ASCII
								   : MESSAGE_WAIT_LINK,
			lang));
	text_add(message, screen->link);
}
