#include "helper_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "seqpacket.h"
#include "text.h"

#define RETRY_MS 100

void helper_link_init(struct helper_link *link)
{
	memset(link, 0, sizeof(*link));
	link->fd = -1;
}

void helper_link_finish(struct helper_link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	link->registered = false;
}

void helper_link_lose(struct helper_link *link, const char *why)
{
	helper_link_finish(link);
	link->retry_at = deadline_in(RETRY_MS);
	problem_set(&link->problem, 0, "%s", why);
}

int helper_link_wait_ms(const struct helper_link *link)
{
	return link->fd >= 0 ? -1 : deadline_left(link->retry_at);
}

/* The deadline as this host's clock will show it; a phone may be in another zone. */
static int format_until(char *until, size_t size, struct deadline deadline)
{
	time_t at = time(NULL) + (deadline_left(deadline) + 999) / 1000;
	struct tm parts;
	struct text text;
	long minutes;

	text_init(&text, until, size);
	if (localtime_r(&at, &parts) == NULL)
		return text_format(until, size, "?");
	text_addf(&text, "%02d:%02d:%02d UTC", parts.tm_hour, parts.tm_min, parts.tm_sec);
	minutes = labs(parts.tm_gmtoff) / 60;
	if (minutes != 0)
		text_addf(&text, "%c%02ld:%02ld", parts.tm_gmtoff < 0 ? '-' : '+', minutes / 60,
			minutes % 60);
	return text_finish(&text);
}

static int send_register(struct helper_link *link, const struct wire_message *login,
	enum progress phone, struct deadline deadline)
{
	static const enum wire_key copied[] = {WIRE_STATE, WIRE_LINK, WIRE_AUTHORIZE_URL, WIRE_USER,
		WIRE_HOST, WIRE_OCCASION, WIRE_SERVICE, WIRE_FROM, WIRE_ASKER, WIRE_ORIGIN,
		WIRE_LANG, WIRE_BRAND};
	struct wire_message message = {.verb = WIRE_REGISTER};
	char left_ms[16], until[48];
	int rv;

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		message.value[copied[i]] = login->value[copied[i]];
	rv = text_format(left_ms, sizeof(left_ms), "%d", deadline_left(deadline));
	if (rv == 0)
		rv = format_until(until, sizeof(until), deadline);
	if (rv < 0)
		return rv;
	message.value[WIRE_LEFT_MS] = left_ms;
	message.value[WIRE_UNTIL] = until;
	message.value[WIRE_NUMBER] = WIRE_VERSION_WORD;
	if (phone != PROGRESS_NONE)
		message.value[WIRE_PHONE] = progress_word(phone);
	return wire_send(link->fd, &message);
}

/*
 * Whether this error of connect says that there is no helper of ours. One that is only busy, and a
 * machine without free descriptors, are what a stranger's flood looks like.
 */
static bool is_absence(int error)
{
	switch (error) {
	case -EACCES:
	case -ECONNREFUSED:
	case -EINVAL:
	case -ELOOP:
	case -ENAMETOOLONG:
	case -ENOENT:
	case -ENOTDIR:
	case -EPERM:
		return true;
	default:
		return false;
	}
}

int helper_link_connect(struct helper_link *link, const struct wire_message *login,
	enum progress phone, struct deadline deadline)
{
	int rv = seqpacket_connect(login->value[WIRE_SOCKET], &link->problem);

	if (rv < 0) {
		link->is_there = link->is_there || !is_absence(rv);
		link->retry_at = deadline_in(RETRY_MS);
		return rv;
	}
	link->fd = rv;
	link->is_there = true;
	problem_set(&link->problem, 0, "%s: the helper does not answer", login->value[WIRE_SOCKET]);
	rv = send_register(link, login, phone, deadline);
	if (rv < 0)
		helper_link_lose(link, strerror(-rv));
	return rv;
}
