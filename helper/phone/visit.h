/*
 * visit - a browser's request that concerns one login: who is it, and what may it see?
 */
#ifndef PAM_WECHAT_PHONE_VISIT_H
#define PAM_WECHAT_PHONE_VISIT_H

#include <stdbool.h>

#include "page.h"
#include "reason.h"

struct browser;
struct login;
struct request;
struct settings;

struct visit {
	struct request *request;
	const struct settings *settings;
	struct login *login;
	struct browser *browser; /* NULL: unknown */
	bool is_new;             /* this answer gives it its cookie */
	struct page page;
};

/* Looks who it is, by the cookie of request->login. */
void visit_begin(struct visit *visit, struct request *request, const struct settings *settings);

/* The login counts at this browser's address from now on (login.h). */
void visit_count(const struct visit *visit);

/*
 * Makes an unknown browser of WeChat's known, if there is still something to be asked and no other
 * is finishing the login: the first one is what the exchange learns as OPENED. Returns false if it
 * is not WeChat's, if there is no place left, or no memory: then the browser stays unknown.
 */
bool visit_admit(struct visit *visit);

/*
 * Answers with the ask page, or whatever stage the login is at for this browser. One that did not
 * wait for its code to fail learns that until it continues. Unknown browsers
 * that are not WeChat's learn no more than the link, and how to open it there.
 */
void visit_show(struct visit *visit);

/* Answers with heading, words and form that the caller has set in visit->page. */
void visit_reply(struct visit *visit);

/* Answers for request->finished: to the browser that won, if it is remembered, or to anybody. */
void visit_show_over(struct request *request, const struct settings *settings);

#endif
