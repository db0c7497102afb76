#include "terminal.h"

#include "messages.h"
#include "qr.h"
#include "settings.h"
#include "text.h"

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

void terminal_compose(struct text *prompt, const struct qr *qr, struct terminal_view view,
	const char *link, int lang, enum terminal_hint hint)
{
	static const struct {
		enum message first, second;
	} words[] = {
		[PICTURE_HALF_BLOCKS] = {MESSAGE_SCAN, MESSAGE_OTHER_WAY},
		[PICTURE_ASCII] = {MESSAGE_SCAN, MESSAGE_OTHER_WAY},
		[PICTURE_NONE] = {MESSAGE_LINK_ONLY, MESSAGE_LINK_IN_WECHAT},
		[PICTURE_NEVER] = {MESSAGE_LINK_ONLY, MESSAGE_LINK_HOW},
	};
	enum message first = hint == HINT_ASKING      ? MESSAGE_ASKING
	                     : hint == HINT_WRONG_PIN ? MESSAGE_WRONG_PIN
	                                              : words[view.picture].first;

	lang = lang_of(view, lang);
	/* ssh puts "(user@host) " in front of the first line. */
	text_add(prompt, "\n");
	terminal_draw(prompt, qr, view);
	add_line(prompt, message_text(first, lang));
	add_line(prompt, message_text(words[view.picture].second, lang));
	add_line(prompt, link);
	text_add(prompt, message_text(MESSAGE_PROMPT, lang));
}

void terminal_compose_wait(struct text *message, const struct qr *qr, struct terminal_view view,
	const char *link, int lang)
{
	lang = lang_of(view, lang);
	terminal_draw(message, qr, view);
	add_line(message, message_text(MESSAGE_WAIT, lang));
	add_line(message, message_text(MESSAGE_WAIT_LINK, lang));
	text_add(message, link);
}
