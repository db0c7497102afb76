#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "decimal.h"
#include "text.h"
#include "url.h"

static const char *const keys[WIRE_KEY_COUNT] = {
	[WIRE_APPID] = "appid",
	[WIRE_SECRET] = "secret",
	[WIRE_API_URL] = "api_url",
	[WIRE_OTHER_API_URL] = "other_api_url",
	[WIRE_CA_FILE] = "ca_file",
	[WIRE_PROXY] = "proxy",
	[WIRE_SOCKET] = "socket",
	[WIRE_SCOPE] = "scope",
	[WIRE_STATE] = "state",
	[WIRE_LINK] = "link",
	[WIRE_AUTHORIZE_URL] = "authorize_url",
	[WIRE_OPENIDS] = "openids",
	[WIRE_PIN] = "pin",
	[WIRE_LEFT_MS] = "left_ms",
	[WIRE_UNTIL] = "until",
	[WIRE_USER] = "user",
	[WIRE_HOST] = "host",
	[WIRE_OCCASION] = "occasion",
	[WIRE_SERVICE] = "service",
	[WIRE_FROM] = "from",
	[WIRE_ASKER] = "asker",
	[WIRE_ORIGIN] = "origin",
	[WIRE_LANG] = "lang",
	[WIRE_BRAND] = "brand",
	[WIRE_OPENID] = "openid",
	[WIRE_NICKNAME] = "nickname",
	[WIRE_REASON] = "reason",
	[WIRE_ERRCODE] = "errcode",
	[WIRE_RID] = "rid",
	[WIRE_DETAIL] = "detail",
	[WIRE_TICKET] = "ticket",
	[WIRE_CODE_VALUE] = "code",
	[WIRE_NUMBER] = "version",
	[WIRE_INSTANCE] = "instance",
	[WIRE_NAME] = "login",
	[WIRE_PHONE] = "phone",
};

#define BIT(key) (UINT64_C(1) << (key))
#define SHOWN                                                                       \
	(BIT(WIRE_USER) | BIT(WIRE_HOST) | BIT(WIRE_OCCASION) | BIT(WIRE_SERVICE) | \
		BIT(WIRE_FROM) | BIT(WIRE_ORIGIN) | BIT(WIRE_LANG))
#define SHOWN_IF_GIVEN (BIT(WIRE_ASKER) | BIT(WIRE_BRAND))
#define FAILURE (BIT(WIRE_ERRCODE) | BIT(WIRE_RID))

/* What each message may hold: nothing else is ever accepted or sent. */
static const struct {
	const char *name;
	uint64_t required, optional;
} verbs[WIRE_VERB_COUNT] = {
	[WIRE_LOGIN] = {"LOGIN",
		BIT(WIRE_APPID) | BIT(WIRE_SECRET) | BIT(WIRE_API_URL) | BIT(WIRE_SOCKET) |
			BIT(WIRE_SCOPE) | BIT(WIRE_STATE) | BIT(WIRE_LINK) |
			BIT(WIRE_AUTHORIZE_URL) | BIT(WIRE_OPENIDS) | BIT(WIRE_LEFT_MS) | SHOWN,
		BIT(WIRE_PIN) | BIT(WIRE_OTHER_API_URL) | BIT(WIRE_CA_FILE) | BIT(WIRE_PROXY) |
			SHOWN_IF_GIVEN},
	[WIRE_VERDICT] = {"VERDICT?", 0, 0},
	[WIRE_HOW_FAR] = {"PHONE?", 0, 0},
	[WIRE_ENDED] = {"ENDED", BIT(WIRE_REASON), 0},
	[WIRE_READY] = {"READY", BIT(WIRE_LINK), BIT(WIRE_INSTANCE)},
	[WIRE_IDENTITY] = {"IDENTITY", BIT(WIRE_OPENID), BIT(WIRE_NICKNAME)},
	[WIRE_NAMED] = {"NAMED", BIT(WIRE_OPENID), BIT(WIRE_NICKNAME)},
	[WIRE_REFUSED] = {"REFUSED", BIT(WIRE_REASON),
		FAILURE | BIT(WIRE_DETAIL) | BIT(WIRE_OPENID)},
	[WIRE_THIS_FAR] = {"PHONE", BIT(WIRE_PHONE), 0},
	[WIRE_REGISTER] = {"REGISTER",
		BIT(WIRE_STATE) | BIT(WIRE_LINK) | BIT(WIRE_AUTHORIZE_URL) | BIT(WIRE_LEFT_MS) |
			BIT(WIRE_UNTIL) | SHOWN,
		SHOWN_IF_GIVEN | BIT(WIRE_NUMBER) | BIT(WIRE_PHONE)},
	[WIRE_RESULT] = {"RESULT", BIT(WIRE_TICKET) | BIT(WIRE_REASON),
		FAILURE | BIT(WIRE_PIN) | BIT(WIRE_NICKNAME)},
	[WIRE_LOST] = {"LOST", BIT(WIRE_NAME) | BIT(WIRE_PHONE), 0},
	[WIRE_REGISTERED] = {"REGISTERED", 0, BIT(WIRE_INSTANCE)},
	[WIRE_REJECTED] = {"REJECTED", BIT(WIRE_REASON), BIT(WIRE_DETAIL)},
	[WIRE_OPENED] = {"OPENED", 0, 0},
	[WIRE_CONTINUED] = {"CONTINUED", 0, 0},
	[WIRE_CODE] = {"CODE", BIT(WIRE_TICKET) | BIT(WIRE_CODE_VALUE), 0},
	[WIRE_CANCELLED] = {"CANCELLED", 0, 0},
	[WIRE_REPORTED] = {"REPORTED", 0, 0},
};

static uint64_t carried(const struct wire_message *message)
{
	uint64_t bits = 0;

	for (int key = 0; key < WIRE_KEY_COUNT; key++) {
		if (message->value[key] != NULL)
			bits |= BIT(key);
	}
	return bits;
}

static bool is_complete(const struct wire_message *message)
{
	uint64_t bits = carried(message);
	uint64_t required = verbs[message->verb].required;

	return (bits & required) == required &&
	       (bits & ~(required | verbs[message->verb].optional)) == 0;
}

static int find_verb(const char *name)
{
	for (int i = 0; i < WIRE_VERB_COUNT; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return i;
	}
	return -EBADMSG;
}

/* Returns the key of this name, or -ENOENT. */
static int find_key(const char *name)
{
	/* Version 1 had another word for it. */
	if (strcmp(name, "manner") == 0)
		return WIRE_OCCASION;
	for (int key = 0; key < WIRE_KEY_COUNT; key++) {
		if (strcmp(keys[key], name) == 0)
			return key;
	}
	return -ENOENT;
}

/* Returns 0, -ENOENT for an unknown key, or -EBADMSG. */
static int parse_pair(char *line, struct wire_message *message)
{
	char *value = strchr(line, '=');
	int key;

	if (value == NULL)
		return -EBADMSG;
	*value++ = '\0';
	key = find_key(line);
	if (key < 0)
		return key;
	if (message->value[key] != NULL || url_decode(value) < 0)
		return -EBADMSG;
	message->value[key] = value;
	return 0;
}

int wire_version(const struct wire_message *message)
{
	const char *number = message->value[WIRE_NUMBER];

	return number == NULL ? 1 : (int)decimal_parse_string(number, 1, INT_MAX);
}

int wire_parse(char *datagram, size_t length, struct wire_message *message)
{
	char *end = datagram + length;
	char *line = datagram;
	bool is_known = true;
	int verb = -1;

	memset(message, 0, sizeof(*message));
	if (length == 0 || length > WIRE_MESSAGE_MAX || memchr(datagram, '\0', length) != NULL ||
		datagram[length - 1] != '\n')
		return -EBADMSG;
	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		int rv = 0;

		*newline = '\0';
		if (line == datagram)
			rv = verb = find_verb(line);
		else
			rv = parse_pair(line, message);
		if (rv < 0 && rv != -ENOENT)
			return -EBADMSG;
		is_known = is_known && rv != -ENOENT;
		line = newline + 1;
	}
	message->verb = (enum wire_verb)verb;
	if (verb == WIRE_REGISTER && wire_version(message) > WIRE_VERSION)
		return -EPROTO;
	return is_known && is_complete(message) ? 0 : -EBADMSG;
}

int wire_format(const struct wire_message *message, char *datagram)
{
	struct text text;

	if (!is_complete(message))
		return -EINVAL;
	text_init(&text, datagram, WIRE_MESSAGE_MAX + 1);
	text_add(&text, verbs[message->verb].name);
	text_add(&text, "\n");
	for (int key = 0; key < WIRE_KEY_COUNT; key++) {
		const char *value = message->value[key];

		if (value == NULL)
			continue;
		text_add(&text, keys[key]);
		text_add(&text, "=");
		url_encode(&text, value, strlen(value));
		text_add(&text, "\n");
	}
	return text_finish(&text) < 0 ? -ENOSPC : (int)text.length;
}

int wire_send(int fd, const struct wire_message *message)
{
	char datagram[WIRE_MESSAGE_MAX + 1];
	int length = wire_format(message, datagram);
	ssize_t sent = -1;
	int rv = length;

	if (length > 0) {
		do {
			sent = send(fd, datagram, (size_t)length, MSG_NOSIGNAL);
		} while (sent < 0 && errno == EINTR);
		rv = sent < 0 ? -errno : 0;
		if (rv == -EPIPE)
			rv = -ECONNRESET;
	}
	explicit_bzero(datagram, sizeof(datagram));
	return rv;
}

int wire_receive(int fd, struct wire_inbox *inbox)
{
	struct iovec part = {.iov_base = inbox->datagram, .iov_len = WIRE_MESSAGE_MAX};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t got;

	do {
		/* Descriptors that a peer attaches are not taken: there is no room for them. */
		got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (got == 0)
		return -ECONNRESET;
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return -EBADMSG;
	return wire_parse(inbox->datagram, (size_t)got, &inbox->message);
}

void wire_inbox_wipe(struct wire_inbox *inbox)
{
	explicit_bzero(inbox, sizeof(*inbox));
}
