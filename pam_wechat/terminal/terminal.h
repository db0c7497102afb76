/*
 * terminal - the login as text: QR code, two lines, the link, and the question.
 *
 * All of it is the text of one prompt, because sshd up to 10.2 holds back everything else until
 * the next prompt, and ssh up to 10.2 shows everything else escaped. TERMINALS.md has the table of
 * what reads what.
 */
#ifndef PAM_WECHAT_TERMINAL_TERMINAL_H
#define PAM_WECHAT_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct qr;
struct text;

#define TERMINAL_SCREEN_MAX 65536 /* the longest authorize URL as ASCII art needs half of it */
#define TERMINAL_VIEWS_MAX 8

enum terminal_picture {
	PICTURE_HALF_BLOCKS, /* two modules a character: needs UTF-8 */
	PICTURE_ASCII,       /* "@@" for a light module */
	PICTURE_NONE,        /* the link alone, this time */
	PICTURE_NEVER,       /* the link alone, whatever is answered */
};

struct terminal_view {
	enum terminal_picture picture;
	bool invert;
};

/* What the prompt's first line says. */
enum terminal_hint {
	HINT_SCAN,      /* how to begin */
	HINT_WRONG_PIN, /* the last answer was not the pin */
	HINT_ASKING,    /* it could not be: WeChat is being asked */
};

/*
 * The view shown after `round` empty answers, from 0 to TERMINAL_VIEWS_MAX - 1. It begins with
 * what the settings ask for (enum settings_charset, invert), and goes round through the others
 * that this charset allows.
 */
struct terminal_view terminal_view_at(int charset, bool invert, int round);

/* Draws the picture alone, a newline behind each row. */
void terminal_draw(struct text *text, const struct qr *qr, struct terminal_view view);

/*
 * Composes the prompt. Light modules are drawn, for dark terminals; inverted, the dark ones are.
 * `lang` is one of enum settings_lang; a picture that is not of half blocks makes it English.
 * Overlong texts end truncated.
 */
void terminal_compose(struct text *prompt, const struct qr *qr, struct terminal_view view,
	const char *link, int lang, enum terminal_hint hint);

/* Composes the message of a login that only waits: the same without a question. */
void terminal_compose_wait(struct text *message, const struct qr *qr, struct terminal_view view,
	const char *link, int lang);

#endif
