#include "details.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "text.h"
#include "wire.h"

#define VALUE_MAX 385 /* bytes: of whoever asks, a name of 64 characters and the terminal */

static const struct {
	enum wire_key key;
	size_t offset; /* of the member in struct details */
} members[] = {
	{WIRE_USER, offsetof(struct details, user)},
	{WIRE_HOST, offsetof(struct details, host)},
	{WIRE_SERVICE, offsetof(struct details, service)},
	{WIRE_FROM, offsetof(struct details, from)},
	{WIRE_ASKER, offsetof(struct details, asker)},
	{WIRE_UNTIL, offsetof(struct details, until)},
	{WIRE_BRAND, offsetof(struct details, brand)},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* Thousands of logins may be pending: each has one allocation of just the size it needs. */
struct details *details_create(const struct wire_message *message)
{
	char values[MEMBERS][VALUE_MAX + 4];
	size_t size = sizeof(struct details);
	struct details *details;
	char *at;

	for (size_t i = 0; i < MEMBERS; i++) {
		const char *value = message->value[members[i].key];
		char shown[VALUE_MAX];
		struct text text;

		display_copy(shown, sizeof(shown), value == NULL ? "" : value,
			value == NULL ? 0 : strlen(value));
		text_init(&text, values[i], sizeof(values[i]));
		if (members[i].key == WIRE_USER)
			display_add_quoted(&text, shown);
		else
			text_add(&text, shown);
		size += strlen(values[i]) + 1;
	}
	details = calloc(1, size);
	if (details == NULL)
		return NULL;
	/* login_create() has looked at it. */
	(void)occasion_parse(message->value[WIRE_OCCASION], &details->occasion);
	at = (char *)(details + 1);
	for (size_t i = 0; i < MEMBERS; i++) {
		size_t length = strlen(values[i]) + 1;

		memcpy(at, values[i], length);
		memcpy((char *)details + members[i].offset, &at, sizeof(at));
		at += length;
	}
	return details;
}

void details_add_message(const struct details *details, enum message message,
	enum language language, struct text *text)
{
	const char *const values[] = {
		details->service, details->user, details->asker, details->host};

	message_add(text, message, language, values);
}

void details_add_how(const struct details *details, enum language language, struct text *text)
{
	static const enum message messages[] = {
		[OCCASION_REMOTE] = MESSAGE_HOW_REMOTE,
		[OCCASION_CONSOLE] = MESSAGE_HOW_CONSOLE,
		[OCCASION_LOCAL] = MESSAGE_HOW_LOCAL,
		[OCCASION_BECOME] = MESSAGE_HOW_BECOME,
		[OCCASION_CONFIRM] = MESSAGE_HOW_CONFIRM,
		[OCCASION_DOCTOR] = MESSAGE_HOW_DOCTOR,
		[OCCASION_ENROLL] = MESSAGE_HOW_ENROLL,
	};

	details_add_message(details, messages[details->occasion], language, text);
}
