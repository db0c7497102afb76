/*
 * template - HTML with {{names}} where values go.
 *
 * There is no logic: a name stands for one value, which is always escaped.
 */
#ifndef PAM_WECHAT_PAGES_TEMPLATE_H
#define PAM_WECHAT_PAGES_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#define TEMPLATE_MAX 12288 /* bytes */

struct problem;
struct template;
struct text;

enum slot {
	SLOT_STYLE, /* what pages.c puts into the frame: the style sheet, and a page */
	SLOT_PAGE,
	SLOT_NONCE, /* what the Content-Security-Policy allows that <style> by */
	SLOT_LANGUAGE,
	SLOT_BRAND,
	SLOT_HEADING,
	SLOT_WORDS,
	/* what a login is about */
	SLOT_USER,
	SLOT_HOST,
	SLOT_HOW,
	SLOT_FROM,
	SLOT_UNTIL,
	SLOT_USER_LABEL,
	SLOT_HOST_LABEL,
	SLOT_HOW_LABEL,
	SLOT_FROM_LABEL,
	SLOT_UNTIL_LABEL,
	/* the form */
	SLOT_ACTION,
	SLOT_TOKEN,
	SLOT_CONTINUE,
	SLOT_REFUSE,
	/* the digits */
	SLOT_PIN,
	SLOT_GREETING, /* "" for somebody without a name */
	SLOT_CAUTION,
	SLOT_DETAIL, /* for the administrator; mostly "" */
	/* the link as a QR code */
	SLOT_QR_SIZE, /* modules a side, with the quiet zone */
	SLOT_QR_PATH, /* an SVG path of strokes, one module wide */
	SLOT_QR_LABEL,
	SLOT_HINT,
	SLOT_COUNT,
};

#define SLOT_BIT(slot) (UINT64_C(1) << (slot))

/*
 * Makes a template of a file's contents. `allowed` says which names it may hold, `required` which
 * of them it must. `path` is for messages alone. Returns 0; -EINVAL with the problem set, beginning
 * with "path:line: "; or -ENOMEM.
 */
int template_create(const char *path, const char *bytes, size_t length, uint64_t required,
	uint64_t allowed, struct template **made, struct problem *problem);

/* Frees *template and sets it to NULL. NULL is accepted. */
void template_free(struct template **template);

/* Appends the template with values[slot] in its places, escaped; NULL is as good as "". */
void template_render(
	const struct template *template, const char *const values[SLOT_COUNT], struct text *text);

/* Appends a string, the five characters escaped that mean something in HTML. */
void template_escape(struct text *text, const char *string);

#endif
