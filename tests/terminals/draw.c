/*
 * terminal-draw LINK CHARSET INVERT LANG ROUND HINT - prints the prompt as the module composes it
 * for a link of any length; all but the link are numbers, as the code's enumerations count.
 */
#include <stdio.h>
#include <stdlib.h>

#include "qr.h"
#include "terminal.h"
#include "text.h"

int main(int argc, char **argv)
{
	static char bytes[TERMINAL_SCREEN_MAX];
	struct qr *qr = NULL;
	struct text text;

	if (argc != 7 || qr_create(argv[1], &qr) < 0)
		return 2;
	text_init(&text, bytes, sizeof(bytes));
	terminal_compose(&text, qr,
		terminal_view_at(atoi(argv[2]), atoi(argv[3]) != 0, atoi(argv[5])), argv[1],
		atoi(argv[4]), (enum terminal_hint)atoi(argv[6]));
	qr_free(&qr);
	if (text_finish(&text) < 0)
		return 2;
	fputs(bytes, stdout);
	return 0;
}
