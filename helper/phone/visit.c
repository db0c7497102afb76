#include "visit.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "finished.h"
#include "log.h"
#include "login.h"
#include "peer.h"
#include "reply.h"
#include "request.h"
#include "settings.h"
#include "text.h"

#define NAME_MAX_BYTES 64
#define COOKIE_HEADER_MAX 768
#define COOKIE_EXTRA_S 60 /* the page that says "over" needs it, too */

/* Each login has a cookie of its own: two on one phone don't disturb each other. */
static void make_name(char *name, const struct settings *settings, const char *id)
{
	/* The id's length is fixed: it fits. */
	(void)text_format(
		name, NAME_MAX_BYTES, "%spam_wechat_%s", settings->https ? "__Host-" : "", id);
}

static int make_cookie(char *header, const struct visit *visit)
{
	const struct settings *settings = visit->settings;
	const char *path = settings->https || settings->base[0] == '\0' ? "/" : settings->base;
	char name[NAME_MAX_BYTES];

	make_name(name, settings, visit->login->id);
	return text_format(header, COOKIE_HEADER_MAX,
		"%s=%s; Path=%s; Max-Age=%d%s; HttpOnly; SameSite=Lax", name,
		visit->browser->cookie, path,
		deadline_left(visit->login->deadline) / 1000 + COOKIE_EXTRA_S,
		settings->https ? "; Secure" : "");
}

static bool read_cookie(const struct request *request, const struct settings *settings,
	const char *id, char value[LOGIN_TOKEN_LENGTH + 1])
{
	char name[NAME_MAX_BYTES];

	make_name(name, settings, id);
	return request_cookie(request, name, value, LOGIN_TOKEN_LENGTH + 1) == LOGIN_TOKEN_LENGTH;
}

void visit_begin(struct visit *visit, struct request *request, const struct settings *settings)
{
	struct login *login = request->login;
	char cookie[LOGIN_TOKEN_LENGTH + 1];

	memset(visit, 0, sizeof(*visit));
	visit->request = request;
	visit->settings = settings;
	visit->login = login;
	visit->page.language = request_language(request, login->language);
	if (read_cookie(request, settings, login->id, cookie))
		visit->browser = login_find_browser(login, cookie);
	explicit_bzero(cookie, sizeof(cookie));
}

void visit_count(const struct visit *visit)
{
	struct in6_addr client;

	request_client(visit->request, visit->settings, &client);
	login_count_at(visit->login, &client);
}

bool visit_admit(struct visit *visit)
{
	struct login *login = visit->login;
	int rv;

	if (visit->browser != NULL)
		return true;
	/* Its cookie would take the place of the other's, where both share a jar. */
	if (login_stage(login, NULL) != LOGIN_ASK || login_is_finishing(login) ||
		request_browser(visit->request) != REQUEST_WECHAT)
		return false;
	rv = login_admit(login, &visit->browser);
	if (rv < 0) {
		visit->browser = NULL;
		if (rv != -ENOSPC)
			log_limited("login=%.6s: random numbers: %s", login->id, strerror(-rv));
		return false;
	}
	visit->is_new = true;
	visit_count(visit);
	if (!login->opened) {
		login->opened = true;
		progress_reach(&login->phone, PROGRESS_OPENED);
		peer_tell(login->peer, WIRE_OPENED);
	}
	return true;
}

void visit_reply(struct visit *visit)
{
	char cookie[COOKIE_HEADER_MAX];

	visit->page.login = visit->login;
	visit->page.browser = visit->browser;
	if (visit->is_new && make_cookie(cookie, visit) < 0) {
		reply_error(visit->request, visit->settings, 500);
		return;
	}
	reply_page(visit->request, visit->settings, &visit->page, visit->is_new ? cookie : NULL);
	explicit_bzero(cookie, sizeof(cookie));
}

/* Whether this browser's last code has failed while it did not wait for that. */
static bool has_outcome(const struct visit *visit)
{
	return visit->browser != NULL && visit->browser->outcome != NULL &&
	       login_stage(visit->login, visit->browser) == LOGIN_ASK &&
	       !login_is_asking(visit->login, visit->browser);
}

void visit_show(struct visit *visit)
{
	bool known = visit_admit(visit);
	enum request_browser browser = request_browser(visit->request);

	if (has_outcome(visit)) {
		page_show_outcome(&visit->page, visit->browser->outcome);
		visit_reply(visit);
		return;
	}
	page_show_stage(&visit->page, visit->login, visit->browser);
	if (!known && login_stage(visit->login, NULL) == LOGIN_ASK) {
		/* Another is finishing it; or eight have approved, and the real one is among them.
		 */
		if (browser == REQUEST_WECHAT)
			page_show_reason(&visit->page, REASON_NOBODY);
		else
			page_show_open(&visit->page, browser == REQUEST_WECOM);
	}
	visit_reply(visit);
}

void visit_show_over(struct request *request, const struct settings *settings)
{
	const struct finished_login *finished = request->finished;
	enum language fallback = (enum language)settings->lang;
	char cookie[LOGIN_TOKEN_LENGTH + 1];
	struct page page = {0};

	if (finished != NULL && read_cookie(request, settings, finished->id, cookie) &&
		finished_is_winner(finished, cookie)) {
		page.language = request_language(request, finished->language);
		page_show_finished(&page);
	} else {
		page.language = request_language(request, fallback);
		page_show_error(&page, 404);
	}
	reply_page(request, settings, &page, NULL);
	explicit_bzero(cookie, sizeof(cookie));
}
