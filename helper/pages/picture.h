/*
 * picture - a QR code for a page: the strokes of an SVG path.
 */
#ifndef PAM_WECHAT_PAGES_PICTURE_H
#define PAM_WECHAT_PAGES_PICTURE_H

struct text;

/*
 * Appends an SVG path (SVG 1.1, 8.3) whose strokes, one unit wide, are the dark modules, with a
 * quiet zone of four around them. Returns how many units it is wide and high, or -errno.
 */
int picture_draw(const char *string, struct text *path);

#endif
