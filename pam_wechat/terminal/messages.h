/*
 * messages - what the person at the terminal reads, in English and Chinese.
 *
 * One table instead of gettext, which needs setlocale(): sshd never calls it, and a module must
 * not change its host's locale. MESSAGES.md shows all of it.
 */
#ifndef PAM_WECHAT_TERMINAL_MESSAGES_H
#define PAM_WECHAT_TERMINAL_MESSAGES_H

#include "reason.h"

enum message {
	MESSAGE_SCAN,
	MESSAGE_OTHER_WAY,
	MESSAGE_OTHER_WAY_OF_ASCII,
	MESSAGE_LINK_ONLY,
	MESSAGE_LINK_IN_WECHAT,
	MESSAGE_LINK_HOW,
	MESSAGE_WRONG_PIN,
	MESSAGE_ASKING,
	MESSAGE_PROMPT,
	MESSAGE_WAIT,
	MESSAGE_WAIT_LINK,
	MESSAGE_WAIT_LINK_OF_ASCII,
	MESSAGE_GREETING,
	MESSAGE_COUNT,
};

/* A text in a language of enum settings_lang. The English ones are ASCII throughout. */
const char *message_text(enum message message, int lang);

/* What to tell the person about the end of a login that was not successful. */
const char *message_refusal(enum reason reason, int lang);

#endif
