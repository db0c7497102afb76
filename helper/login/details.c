#include "details.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "text.h"
#include "wire.h"

#define VALUE_MAX 257

static const struct {
	enum wire_key key;
	size_t offset; /* of the member in struct shown */
} members[] = {
	{WIRE_USER, offsetof(struct shown, user)},
	{WIRE_HOST, offsetof(struct shown, host)},
	{WIRE_SERVICE, offsetof(struct shown, service)},
	{WIRE_FROM, offsetof(struct shown, from)},
	{WIRE_ASKER, offsetof(struct shown, asker)},
	{WIRE_UNTIL, offsetof(struct shown, until)},
	{WIRE_BRAND, offsetof(struct shown, brand)},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* Thousands of logins may be pending: each has one allocation of just the size it needs. */
struct shown *shown_create(const struct wire_message *message)
{
	char values[MEMBERS][VALUE_MAX];
	size_t size = sizeof(struct shown);
	struct shown *shown;
	char *at;

	for (size_t i = 0; i < MEMBERS; i++) {
		const char *value = message->value[members[i].key];

		display_copy(values[i], VALUE_MAX, value == NULL ? "" : value,
			value == NULL ? 0 : strlen(value));
		size += strlen(values[i]) + 1;
	}
	shown = calloc(1, size);
	if (shown == NULL)
		return NULL;
	/* login_create() has looked at it. */
	(void)manner_parse(message->value[WIRE_MANNER], &shown->manner);
	at = (char *)(shown + 1);
	for (size_t i = 0; i < MEMBERS; i++) {
		size_t length = strlen(values[i]) + 1;

		memcpy(at, values[i], length);
		memcpy((char *)shown + members[i].offset, &at, sizeof(at));
		at += length;
	}
	return shown;
}

void shown_add_message(
	const struct shown *shown, enum message message, enum language language, struct text *text)
{
	const char *const values[] = {shown->service, shown->user, shown->asker, shown->host};
	const char *at = message_text(message, language);
	const char *mark;

	while ((mark = strchr(at, '%')) != NULL) {
		text_add_bytes(text, at, (size_t)(mark - at));
		text_add(text, values[mark[1] - '1']);
		at = mark + 2;
	}
	text_add(text, at);
}

void shown_add_how(const struct shown *shown, enum language language, struct text *text)
{
	static const enum message messages[] = {
		[MANNER_REMOTE] = MESSAGE_HOW_REMOTE,
		[MANNER_CONSOLE] = MESSAGE_HOW_CONSOLE,
		[MANNER_BECOME] = MESSAGE_HOW_BECOME,
		[MANNER_CONFIRM] = MESSAGE_HOW_CONFIRM,
		[MANNER_ENROLL] = MESSAGE_HOW_ENROLL,
	};

	shown_add_message(shown, messages[shown->manner], language, text);
}
