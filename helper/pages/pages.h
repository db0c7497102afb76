/*
 * pages - what the phone may be shown: one template for each kind of page, in one frame with one
 * style sheet. Those built in, or the administrator's from pages_dir.
 */
#ifndef PAM_WECHAT_PAGES_PAGES_H
#define PAM_WECHAT_PAGES_PAGES_H

struct pages;
struct problem;
struct template;

enum page_kind {
	PAGE_ASK,            /* is this you? */
	PAGE_AGAIN,          /* it failed, or was cancelled, and may be tried again */
	PAGE_ASKING,         /* WeChat has not answered yet */
	PAGE_DIGITS,         /* the pin, for the terminal */
	PAGE_SIGNED_IN,      /* the terminal goes on by itself, or has done so */
	PAGE_REFUSED,        /* there is nothing to be tried here */
	PAGE_GONE,           /* over, unknown, or another phone's by now */
	PAGE_OPEN_IN_WECHAT, /* for browsers that are not WeChat's */
	PAGE_ERROR,          /* of HTTP */
	PAGE_KIND_COUNT,
};

/*
 * Makes all templates: of `directory` what is there, the rest of what is built in; NULL: all built
 * in. Returns 0, or -errno with the problem set.
 */
int pages_create(const char *directory, struct pages **made, struct problem *problem);

/* Frees *pages and sets it to NULL. NULL is accepted. */
void pages_free(struct pages **pages);

const struct template *pages_find(const struct pages *pages, enum page_kind kind);

#endif
