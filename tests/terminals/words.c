/*
 * terminal-words - prints pam_wechat/MESSAGES.md: what a person can read in the terminal, and when.
 */
#include <stdio.h>

#include "messages.h"
#include "settings.h"

static const char *const places[MESSAGE_COUNT] = {
	[MESSAGE_SCAN] = "under a picture, first line",
	[MESSAGE_OTHER_WAY] = "under a picture, second line; the link follows",
	[MESSAGE_OTHER_WAY_OF_ASCII] = "under ASCII art, second line; the link follows",
	[MESSAGE_LINK_ONLY] = "above a link without a picture, first line",
	[MESSAGE_LINK_IN_WECHAT] = "there, second line",
	[MESSAGE_LINK_HOW] = "there, second line, with `charset=none`",
	[MESSAGE_WRONG_PIN] = "after a wrong code, in place of the first line",
	[MESSAGE_ASKING] = "after any code that is typed while WeChat is asked, likewise",
	[MESSAGE_PROMPT] = "the question",
	[MESSAGE_WAIT] = "under a picture, first line, where nothing is typed",
	[MESSAGE_WAIT_LINK] = "there, second line; the link follows",
	[MESSAGE_WAIT_LINK_OF_ASCII] = "under ASCII art, second line; the link follows",
	[MESSAGE_GREETING] = "signed in, with the nickname behind it (`scope = snsapi_userinfo`)",
};

static const char *const ends[REASON_COUNT] = {
	[REASON_NOBODY_SCANNED] =
		"three wrong codes or eight empty answers; no phone opened the link",
	[REASON_UNFINISHED] = "the same, and a phone had opened it",
	[REASON_WRONG_DIGITS] = "wrong codes, though WeChat had named somebody who may pass",
	[REASON_NO_ANSWER] = "no answer, or one of 512 bytes or more",
	[REASON_CONVERSATION] = "the conversation failed",
	[REASON_NOT_LINKED] = "somebody else's WeChat",
	[REASON_OTHER_UID] = "the account has another uid than the users table says",
	[REASON_SNAPSHOT] = "WeChat showed a snapshot page",
	[REASON_RISK] = "WeChat's risk control",
	[REASON_CODE] = "WeChat's code was used up or too old",
	[REASON_BUSY] = "WeChat is busy",
	[REASON_SETUP] = "a file, an option, or the WeChat account",
	[REASON_UNREACHABLE] = "no connection to WeChat",
	[REASON_BAD_ANSWER] = "WeChat answered nonsense",
	[REASON_TOO_MANY] = "three codes of WeChat's were tried",
	[REASON_REPORTED] = "somebody tapped \"This isn't me\"",
	[REASON_EXPIRED] = "`timeout` seconds are over",
	[REASON_INTERRUPTED] = "Ctrl-C while waiting",
	[REASON_HELPER] = "no helper listens",
	[REASON_HELPER_SILENT] = "the helper does not answer",
	[REASON_FULL] = "16 logins of one origin, or 10,000 in all, are pending",
	[REASON_REJECTED] = "the helper does not take the login",
	[REASON_MEMORY] = "no memory",
	[REASON_INTERNAL] = "a system call failed",
};

int main(void)
{
	puts("<!-- Made by tests/terminals/table: do not edit. -->\n\n"
	     "# What the terminal says\n\n"
	     "Each sentence says what happened and what to do. All of the English is ASCII. Beside "
	     "a\n"
	     "picture of ASCII art, without a picture, and on the machine's own console it is "
	     "English\n"
	     "whatever `lang` says; so are the ends of logins that came over the network, because "
	     "ssh up to\n"
	     "10.2 shows everything else there as octal numbers.\n\n"
	     "## While the login lasts\n\n| where | English | 中文 |\n|---|---|---|");
	for (int i = 0; i < MESSAGE_COUNT; i++)
		printf("| %s | %s | %s |\n", places[i], message_text((enum message)i, LANG_EN),
			message_text((enum message)i, LANG_ZH));
	puts("\n## When it ends without success\n\n"
	     "| what happened | `reason` in the log | English | 中文 |\n|---|---|---|---|");
	for (int i = REASON_ASKING + 1; i < REASON_COUNT; i++) /* the first two are no end */
		printf("| %s | %s | %s | %s |\n", ends[i], reason_word((enum reason)i),
			message_refusal((enum reason)i, LANG_EN),
			message_refusal((enum reason)i, LANG_ZH));
	return 0;
}
