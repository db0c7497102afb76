/*
 * terminal - the login as text: QR code, two lines, the link, and the question.
 *
 * All of it is the text of one prompt, because sshd up to 10.2 holds back everything else until
 * the next prompt, and ssh up to 10.2 shows everything else escaped. sudo, whose prompt may be
 * replaced by another, gets it in two parts. TERMINALS.md has the table of what reads what.
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

/* A login as it is shown once. */
struct terminal_screen {
	const struct qr *qr;
	struct terminal_view view;
	const char *link;
	int lang; /* enum settings_lang; a picture that is not of half blocks makes it English */
	enum terminal_hint hint;
	size_t indented; /* columns that the person's client may put in front of a line */
};

/*
 * Composes the prompt. Light modules are drawn, for dark terminals; inverted, the dark ones are.
 * Clients that show one line of it show the last: that holds the link, too, if both fit into 80
 * columns. Overlong texts end truncated, here as below.
 */
void terminal_compose(struct text *prompt, const struct terminal_screen *screen);

/* Composes the same in two parts: a message with the link, and a question of one line with it. */
void terminal_compose_message(struct text *message, const struct terminal_screen *screen);
void terminal_compose_question(struct text *prompt, const struct terminal_screen *screen);

/* Composes the message of a login that only waits: the same without a question. */
void terminal_compose_wait(struct text *message, const struct terminal_screen *screen);

#endif
