#include "qr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

struct qr {
	QRcode *code;
};

int qr_create(const char *string, struct qr **qr)
{
	struct qr *made = calloc(1, sizeof(*made));

	*qr = NULL;
	if (made == NULL)
		return -ENOMEM;
	made->code = QRcode_encodeString8bit(string, 0, QR_ECLEVEL_L);
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
	/* A picture of the link is the link. */
	explicit_bzero((*qr)->code->data, (size_t)(*qr)->code->width * (size_t)(*qr)->code->width);
	QRcode_free((*qr)->code);
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
