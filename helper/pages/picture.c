#include "picture.h"

#include "qr.h"
#include "text.h"

#define QUIET 4

/* Strokes run along the middle of their row. */
static void draw_row(const struct qr *qr, int y, struct text *path)
{
	int width = qr_width(qr);
	int end = 0; /* of the last stroke */
	bool any = false;

	for (int x = 0; x < width; x++) {
		int begin = x;

		while (x < width && qr_is_dark(qr, x, y))
			x++;
		if (x == begin)
			continue;
		if (any)
			text_addf(path, "m%d 0", begin - end);
		else
			text_addf(path, "M%d %d.5", begin + QUIET, y + QUIET);
		text_addf(path, "h%d", x - begin);
		end = x;
		any = true;
	}
}

int picture_draw(const char *string, struct text *path)
{
	struct qr *qr = NULL;
	int width;
	int rv = qr_create(string, &qr);

	if (rv < 0)
		return rv;
	width = qr_width(qr);
	for (int y = 0; y < width; y++)
		draw_row(qr, y, path);
	qr_free(&qr);
	rv = text_finish(path);
	return rv < 0 ? rv : width + 2 * QUIET;
}
