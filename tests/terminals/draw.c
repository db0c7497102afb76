/*
 * terminal-draw LINK CHARSET INVERT LANG ROUND HINT INDENTED - prints the prompt as the module
 * composes it for a link of any length; all but the link are numbers, as the code counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "qr.h"
#include "terminal.h"
#include "text.h"

int main(int argc, char **argv)
{
	static char bytes[TERMINAL_SCREEN_MAX];
	struct terminal_screen screen;
	struct qr *qr = NULL;
	struct text text;

	if (argc != 8 || qr_create(argv[1], &qr) < 0)
		return 2;
	screen = (struct terminal_screen){
		.qr = qr,
		.view = terminal_view_at(atoi(argv[2]), atoi(argv[3]) != 0, atoi(argv[5])),
		.link = argv[1],
		.lang = atoi(argv[4]),
		.hint = (enum terminal_hint)atoi(argv[6]),
		.indented = (size_t)atoi(argv[7]),
	};
	text_init(&text, bytes, sizeof(bytes));
	terminal_compose(&text, &screen);
	qr_free(&qr);
	if (text_finish(&text) < 0)
		return 2;
	fputs(bytes, stdout);
	return 0;
}
