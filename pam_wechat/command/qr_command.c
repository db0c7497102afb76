/* qr - draws any text as the module would, to try a terminal before a login depends on it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "ascii.h"
#include "problem.h"
#include "qr.h"
#include "settings.h"
#include "terminal.h"
#include "text.h"

#define SAMPLE "https://login.example.com/l/Ab3dE9fgHIJ0"

static enum command_exit run(const struct command_call *call)
{
	const char *charset = call_value(call, "charset");
	const char *string = call->word_count == 1 ? call->words[0] : SAMPLE;
	struct terminal_view view = {
		.picture = ascii_is_wanted() ? PICTURE_ASCII : PICTURE_HALF_BLOCKS};
	static char bytes[TERMINAL_SCREEN_MAX];
	struct qr *qr = NULL;
	struct text text;
	int rv;

	if (charset != NULL && strcmp(charset, "ascii") == 0) {
		view.picture = PICTURE_ASCII;
	} else if (charset != NULL && strcmp(charset, "utf8") != 0) {
		fprintf(stderr, "pam-wechat qr: --charset is utf8 or ascii\n");
		return COMMAND_USAGE;
	} else if (charset != NULL) {
		view.picture = PICTURE_HALF_BLOCKS;
		ascii_end();
	}
	view.invert = call_value(call, "invert") != NULL;
	rv = qr_create(string, &qr);
	if (rv == 0) {
		text_init(&text, bytes, sizeof(bytes));
		terminal_draw(&text, qr, view);
		rv = text_finish(&text);
	}
	qr_free(&qr);
	if (rv < 0) {
		fprintf(stderr, "pam-wechat qr: %s\n",
			rv == -E2BIG || rv == -ENOSPC ? "this text is too long for a QR code"
						      : strerror(-rv));
		return COMMAND_REFUSED;
	}
	(void)fputs(bytes, stdout);
	return COMMAND_DONE;
}

const struct command command_qr = {
	.name = "qr",
	.words = "[TEXT]",
	.words_max = 1,
	.word = COMMAND_TEXT,
	.summary = "draw a QR code in this terminal, as a login would",
	.description =
		"Draws TEXT, or an address like those of logins, so that you can scan it with\n"
		"WeChat in the terminal you are going to use.",
	.options =
		(const struct command_option[]){
			{"charset", "CHARSET", COMMAND_TEXT, "utf8 (half blocks) or ascii"},
			{"invert", NULL, COMMAND_NOTHING,
				"draw the dark modules, for light terminals"},
			{NULL, NULL, COMMAND_NOTHING, NULL},
		},
	.run = run,
};
