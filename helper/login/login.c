#include "login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "decimal.h"
#include "details.h"
#include "display.h"
#include "occasion.h"
#include "random.h"
#include "secret.h"
#include "token.h"
#include "url.h"
#include "wire.h"

#define LEFT_MS_MAX 300000
#define AUTHORIZE_URL_MAX 2048
#define CHECKS "doctor" /* the origin of all checks: they push nobody out but each other */

/* Returns the number, or -EINVAL for what is no number from 1 to LEFT_MS_MAX. */
static int64_t parse_left(const char *string)
{
	return decimal_parse_string(string, 1, LEFT_MS_MAX);
}

/* Returns "https://host[:port]" of a URL that has a query and a fragment, or NULL. */
static char *make_origin(const char *string)
{
	const char *host = strstr(string, "://");
	char *origin = NULL;
	struct url url;

	if (host == NULL)
		return NULL;
	host += 3;
	origin = strndup(string, (size_t)(host - string) + strcspn(host, "/?#"));
	if (origin != NULL && url_parse(origin, &url) < 0) {
		free(origin);
		origin = NULL;
	}
	return origin;
}

static bool is_printable(const char *string)
{
	for (; *string != '\0'; string++) {
		if (*string < 0x21 || *string > 0x7e)
			return false;
	}
	return true;
}

static const char *find_fault(
	const struct wire_message *message, const char *public_url, const char **id)
{
	const char *link = message->value[WIRE_LINK];
	const char *authorize_url = message->value[WIRE_AUTHORIZE_URL];
	size_t length = strlen(public_url);
	enum occasion occasion;

	if (strncmp(link, public_url, length) != 0 || strncmp(link + length, "/l/", 3) != 0)
		return "the link does not begin with the helper's public_url: both "
		       "configurations must name the same";
	*id = link + length + 3;
	if (!token_is_link(*id))
		return "the link does not end in twelve letters or digits";
	if (!token_is_state(message->value[WIRE_STATE]))
		return "the state is not 32 hexadecimal digits";
	if (parse_left(message->value[WIRE_LEFT_MS]) < 0)
		return "left_ms is not a number from 1 to 300000";
	if (strnlen(authorize_url, AUTHORIZE_URL_MAX + 1) > AUTHORIZE_URL_MAX ||
		!is_printable(authorize_url))
		return "the authorize URL is too long or not printable";
	if (strlen(message->value[WIRE_ORIGIN]) > LOGIN_ORIGIN_MAX)
		return "the origin is too long";
	if (occasion_parse(message->value[WIRE_OCCASION], &occasion) < 0)
		return "the occasion is unknown";
	return NULL;
}

static bool is_check(const struct wire_message *message)
{
	return strcmp(message->value[WIRE_OCCASION], occasion_word(OCCASION_DOCTOR)) == 0;
}

int login_create(const struct wire_message *message, const char *public_url, struct login **made,
	const char **fault)
{
	struct login *login = NULL;
	const char *id = NULL;
	int rv = -ENOMEM;

	*made = NULL;
	*fault = find_fault(message, public_url, &id);
	if (*fault != NULL)
		return -EINVAL;
	login = calloc(1, sizeof(*login));
	if (login == NULL)
		return -ENOMEM;
	TAILQ_INIT(&login->tickets);
	memcpy(login->id, id, sizeof(login->id));
	memcpy(login->state, message->value[WIRE_STATE], sizeof(login->state));
	login->by_link.key = login->id;
	login->by_state.key = login->state;
	login->deadline = deadline_in(parse_left(message->value[WIRE_LEFT_MS]));
	/* Of a login that a helper before us knew. */
	if (message->value[WIRE_PHONE] != NULL)
		(void)progress_parse(message->value[WIRE_PHONE], &login->phone);
	login->details = details_create(message);
	login->authorize_url = strdup(message->value[WIRE_AUTHORIZE_URL]);
	login->origin_name = strdup(is_check(message) ? CHECKS : message->value[WIRE_ORIGIN]);
	if (login->details == NULL || login->authorize_url == NULL || login->origin_name == NULL)
		goto out;
	rv = -EINVAL;
	login->authorize_origin = make_origin(login->authorize_url);
	if (login->authorize_origin == NULL)
		*fault = "the authorize URL is not http or https";
	else if (language_parse(message->value[WIRE_LANG], &login->language) < 0)
		*fault = "lang is neither zh nor en";
	else
		rv = 0;
out:
	if (rv < 0)
		login_free(&login);
	*made = login;
	return rv;
}

void login_free(struct login **login)
{
	struct ticket *ticket;

	if (*login == NULL)
		return;
	while ((ticket = TAILQ_FIRST(&(*login)->tickets)) != NULL)
		login_drop_ticket(*login, ticket);
	for (size_t i = 0; i < LOGIN_BROWSERS_MAX; i++)
		login_drop_outcome(&(*login)->browsers[i]);
	secret_free_string(&(*login)->authorize_url); /* it holds the state */
	free((*login)->authorize_origin);
	free((*login)->origin_name);
	free((*login)->details);
	explicit_bzero(*login, sizeof(**login));
	free(*login);
	*login = NULL;
}

bool login_is_check(const struct login *login)
{
	return login->details->occasion == OCCASION_DOCTOR;
}

bool login_enrols(const struct login *login)
{
	return login->details->occasion == OCCASION_ENROLL;
}

bool login_is_finishing(const struct login *login)
{
	return !login->reported && (login->winner != NULL || login->ticket_count > 0);
}

void login_count_at(struct login *login, const struct in6_addr *client)
{
	struct crowd *crowd = crowd_join(login->crowd->all, client);

	if (crowd == NULL)
		return;
	crowd_leave(&login->crowd);
	login->crowd = crowd;
}

struct browser *login_find_browser(struct login *login, const char *cookie)
{
	struct browser *found = NULL;

	if (cookie == NULL || strlen(cookie) != LOGIN_TOKEN_LENGTH)
		return NULL;
	for (size_t i = 0; i < LOGIN_BROWSERS_MAX; i++) {
		if (secret_equal(login->browsers[i].cookie, cookie, LOGIN_TOKEN_LENGTH))
			found = &login->browsers[i];
	}
	return found;
}

/* A free place, or the oldest of those who approved nothing, or NULL. */
static struct browser *find_place(struct login *login)
{
	struct browser *place = NULL;

	for (size_t i = 0; i < LOGIN_BROWSERS_MAX; i++) {
		struct browser *browser = &login->browsers[i];

		if (browser->cookie[0] == '\0')
			return browser;
		if (!browser->approved && (place == NULL || browser->born < place->born))
			place = browser;
	}
	return place;
}

int login_admit(struct login *login, struct browser **admitted)
{
	struct browser browser = {.born = ++login->browsers_born};
	int rv;

	*admitted = find_place(login);
	if (*admitted == NULL)
		return -ENOSPC;
	rv = random_token(browser.cookie, LOGIN_TOKEN_LENGTH, RANDOM_HEX);
	if (rv == 0)
		rv = random_token(browser.token, LOGIN_TOKEN_LENGTH, RANDOM_HEX);
	if (rv == 0)
		**admitted = browser;
	explicit_bzero(&browser, sizeof(browser));
	return rv;
}

bool login_is_token(const struct browser *browser, const char *token)
{
	return strlen(token) == LOGIN_TOKEN_LENGTH &&
	       secret_equal(browser->token, token, LOGIN_TOKEN_LENGTH);
}

enum login_stage login_stage(const struct login *login, const struct browser *browser)
{
	if (login->reported)
		return LOGIN_REPORTED;
	if (login->winner == NULL)
		return LOGIN_ASK;
	return browser == login->winner ? LOGIN_WON : LOGIN_NEUTRAL;
}

int login_issue_ticket(
	struct login *login, struct browser *browser, uint64_t number, struct ticket **issued)
{
	struct ticket *ticket;

	*issued = NULL;
	if (login->ticket_count >= LOGIN_TICKETS_MAX)
		return -ENOSPC;
	ticket = calloc(1, sizeof(*ticket));
	if (ticket == NULL)
		return -ENOMEM;
	ticket->number = number;
	ticket->browser = browser;
	TAILQ_INSERT_TAIL(&login->tickets, ticket, entries);
	login->ticket_count++;
	*issued = ticket;
	return 0;
}

bool login_is_asking(const struct login *login, const struct browser *browser)
{
	const struct ticket *ticket;

	TAILQ_FOREACH(ticket, &login->tickets, entries)
	{
		if (browser != NULL && ticket->browser == browser)
			return true;
	}
	return false;
}

void login_keep_outcome(struct browser *browser, const struct outcome *outcome)
{
	if (browser->outcome == NULL)
		browser->outcome = malloc(sizeof(*outcome));
	if (browser->outcome != NULL)
		*browser->outcome = *outcome;
}

void login_drop_outcome(struct browser *browser)
{
	free(browser->outcome);
	browser->outcome = NULL;
}

struct ticket *login_find_ticket(struct login *login, uint64_t number)
{
	struct ticket *ticket;

	TAILQ_FOREACH(ticket, &login->tickets, entries)
	{
		if (ticket->number == number)
			return ticket;
	}
	return NULL;
}

void login_drop_ticket(struct login *login, struct ticket *ticket)
{
	TAILQ_REMOVE(&login->tickets, ticket, entries);
	login->ticket_count--;
	free(ticket);
}

void login_win(struct login *login, struct browser *browser, const char *pin, const char *nickname)
{
	if (login->winner != NULL || login->reported)
		return;
	login->winner = browser;
	if (pin != NULL)
		memcpy(login->pin, pin, WIRE_PIN_LENGTH);
	if (nickname != NULL)
		display_copy(login->nickname, sizeof(login->nickname), nickname, strlen(nickname));
}

void login_report(struct login *login)
{
	login->reported = true;
	explicit_bzero(login->pin, sizeof(login->pin));
}
