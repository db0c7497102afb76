#include "qr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

struct qr {
	QRcode *code;
};

/* A picture of the link is the link. */
static void free_code(QRcode *code)
{
	explicit_bzero(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
}

/*
 * Levels differ in what fits into a version, and many strings leave room. Q and H are free for no
 * link: what a version holds of them, the version before it holds at level L.
 */
static QRcode *encode(const char *string)
{
	QRcode *code = QRcode_encodeString8bit(string, 0, QR_ECLEVEL_L);
	QRcode *stronger = code == NULL ? NULL : QRcode_encodeString8bit(string, 0, QR_ECLEVEL_M);

	if (stronger == NULL)
		return code;
	if (stronger->width > code->width) {
		free_code(stronger);
		return code;
	}
	free_code(code);
	return stronger;
}

int qr_create(const char *string, struct qr **qr)
{
	struct qr *made = calloc(1, sizeof(*made));

	*qr = NULL;
	if (made == NULL)
		return -ENOMEM;
	made->code = encode(string);
	if (made->code == NULL) {
		int error = errno == ERANGE ? -E2BIG : errno == ENOMEM ? -ENOMEM : -EINVAL;

		free(made);
		return error;
	}
	*qr = made;
	return 0;
}

void qr_free(struct qr **qr)
{
	if (*qr == NULL)
		return;
	free_code((*qr)->code);
	free(*qr);
	*qr = NULL;
}

int qr_width(const struct qr *qr)
{
	return qr->code->width;
}

bool qr_is_dark(const struct qr *qr, int x, int y)
{
	int width = qr->code->width;

	if (x < 0 || y < 0 || x >= width || y >= width)
		return false;
	return (qr->code->data[y * width + x] & 1) != 0;
}
