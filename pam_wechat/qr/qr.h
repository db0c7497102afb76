/*
 * qr - a QR code as modules, dark and light (libqrencode; ISO/IEC 18004).
 */
#ifndef PAM_WECHAT_QR_QR_H
#define PAM_WECHAT_QR_QR_H

#include <stdbool.h>
#include <stddef.h>

struct qr;

/*
 * Encodes a string in the smallest version that holds it, at error correction level M if there is
 * room for it, or else L. Returns 0 and a code that the caller frees; -ENOMEM; -E2BIG if no version
 * holds it; or -EINVAL.
 */
int qr_create(const char *string, struct qr **qr);

/* Wipes and frees *qr, and sets it to NULL. NULL is accepted. */
void qr_free(struct qr **qr);

/* Modules a side, without a quiet zone. */
int qr_width(const struct qr *qr);

/* Whether the module at (x, y) is dark. Everything outside the code is light: the quiet zone. */
bool qr_is_dark(const struct qr *qr, int x, int y);

#endif
