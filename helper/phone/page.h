/*
 * page - one answer for the phone: which page, what it says, about which login, with which form.
 */
#ifndef PAM_WECHAT_PHONE_PAGE_H
#define PAM_WECHAT_PHONE_PAGE_H

#include <stdbool.h>

#include "language.h"
#include "messages.h"
#include "pages.h"
#include "reason.h"

#define PAGE_MAX 32768

struct browser;
struct login;
struct outcome;
struct settings;
struct text;

struct page {
	int status; /* of HTTP */
	enum language language;
	enum page_kind kind;
	enum message heading;
	enum message words;
	enum message go_on;            /* what the button says that continues */
	const struct login *login;     /* NULL, or whose details and form it has */
	const struct browser *browser; /* NULL, or whose token the form has */
	const char *errcode, *rid;     /* NULL, or WeChat's words for the administrator */
	const char *nonce;             /* NULL, or what the <style> is allowed by */
};

/* Appends the page as HTML5. */
void page_render(struct text *text, const struct page *page, const struct settings *settings);

/* Whether the page has a form, which may lead to the login's authorize URL. */
bool page_has_form(const struct page *page);

/*
 * Sets what the page is for the ask page, the pin and the other stages of a login. A browser whose
 * code WeChat is being asked about is told so.
 */
void page_show_stage(struct page *page, const struct login *login, const struct browser *browser);

/* Sets what the page is for a reason why a login did not succeed. */
void page_show_reason(struct page *page, enum reason reason);

/* The same for a code that failed. The page shows the outcome's own strings. */
void page_show_outcome(struct page *page, const struct outcome *outcome);

/* Sets what the page is for somebody who came back from WeChat without a code. */
void page_show_cancelled(struct page *page);

/* Sets what the page is for a login that this browser finished, and that is over. */
void page_show_finished(struct page *page);

/* Sets what the page is for a browser that is not WeChat's; `wecom`: that of WeCom. */
void page_show_open(struct page *page, bool wecom);

/* Sets what the page is for an error of HTTP. */
void page_show_error(struct page *page, int status);

#endif
