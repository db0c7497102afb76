/*
 * page - what the phone shows: one small HTML page without script, of a heading, some words, what
 * a login is about, and a form.
 */
#ifndef PAM_WECHAT_PAGE_H
#define PAM_WECHAT_PAGE_H

#include <stddef.h>

#include "language.h"
#include "messages.h"
#include "reason.h"

#define PAGE_MAX 24576

struct browser;
struct login;
struct text;

enum page_form {
	PAGE_NO_FORM,
	PAGE_ASK,       /* Continue, and This isn't me */
	PAGE_TRY_AGAIN, /* the same, after something failed */
	PAGE_REFUSE,    /* This isn't me */
};

struct page {
	int status; /* of HTTP */
	enum language language;
	enum message heading;
	enum message words;
	const struct login *login;     /* NULL, or whose details and form it has */
	const struct browser *browser; /* NULL, or whose token the form has */
	enum page_form form;
	const char *nickname;      /* NULL, or whom to greet */
	const char *pin;           /* NULL, or the digits to show */
	const char *errcode, *rid; /* NULL, or WeChat's words for the administrator */
	const char *base;          /* path of public_url: "" or "/..." */
	const char *brand;         /* NULL: the login's, or "Sign in with WeChat" */
};

/* Appends the page as HTML5. */
void page_render(struct text *text, const struct page *page);

/* Appends a string with the five characters escaped that mean something in HTML. */
void page_escape(struct text *text, const char *string);

/* Sets heading, words and form for the ask page, the pin and the other stages of a login. */
void page_show_stage(struct page *page, const struct login *login, const struct browser *browser);

/* Sets heading, words and form for a reason why a login did not succeed. */
void page_show_reason(struct page *page, enum reason reason);

/* Sets heading, words and status for an error of HTTP. */
void page_show_error(struct page *page, int status);

/* The style sheet, served as <base>/style.css. */
extern const char page_style[];

#endif
