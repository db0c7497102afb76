#include "reason.h"

#include <string.h>

static const char *const words[REASON_COUNT] = {
	[REASON_NONE] = "none",
	[REASON_NOBODY] = "nobody",
	[REASON_ASKING] = "asking",
	[REASON_NOBODY_SCANNED] = "nobody-scanned",
	[REASON_UNFINISHED] = "unfinished",
	[REASON_WRONG_DIGITS] = "wrong-digits",
	[REASON_NO_ANSWER] = "no-answer",
	[REASON_CONVERSATION] = "conversation",
	[REASON_NOT_LINKED] = "not-linked",
	[REASON_OTHER_UID] = "other-uid",
	[REASON_SNAPSHOT] = "snapshot",
	[REASON_RISK] = "risk",
	[REASON_CODE] = "code",
	[REASON_BUSY] = "busy",
	[REASON_SETUP] = "setup",
	[REASON_UNREACHABLE] = "unreachable",
	[REASON_BAD_ANSWER] = "bad-answer",
	[REASON_TOO_MANY] = "too-many-codes",
	[REASON_REPORTED] = "reported",
	[REASON_EXPIRED] = "expired",
	[REASON_INTERRUPTED] = "interrupted",
	[REASON_HELPER] = "helper",
	[REASON_HELPER_SILENT] = "helper-silent",
	[REASON_FULL] = "full",
	[REASON_REJECTED] = "rejected",
	[REASON_MEMORY] = "memory",
	[REASON_INTERNAL] = "internal",
};

const char *reason_word(enum reason reason)
{
	return words[reason];
}

enum reason reason_parse(const char *word)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		if (strcmp(words[i], word) == 0)
			return (enum reason)i;
	}
	return REASON_INTERNAL;
}

enum reason reason_of_refusal(const char *word)
{
	enum reason reason = reason_parse(word);

	return reason == REASON_NONE ? REASON_INTERNAL : reason;
}

bool reason_is_temporary(enum reason reason)
{
	switch (reason) {
	case REASON_NOBODY:
	case REASON_ASKING:
	case REASON_NOT_LINKED:
	case REASON_OTHER_UID:
	case REASON_SNAPSHOT:
	case REASON_CODE:
	case REASON_BUSY:
	case REASON_UNREACHABLE:
	case REASON_BAD_ANSWER:
		return true;
	default:
		return false;
	}
}
