/*
 * reason - why a login has not succeeded: one word for the wire and the log.
 *
 * Classes of WeChat's errors are those of its error table in exchange/errcode.c; the others are
 * ours.
 */
#ifndef PAM_WECHAT_COMMON_REASON_H
#define PAM_WECHAT_COMMON_REASON_H

#include <stdbool.h>

enum reason {
	REASON_NONE,           /* nothing is wrong */
	REASON_NOBODY,         /* no phone has finished yet; for the log one of the five below */
	REASON_ASKING,         /* WeChat is being asked whom a phone's code names */
	REASON_NOBODY_SCANNED, /* no phone opened the link */
	REASON_UNFINISHED,     /* a phone did, and the digits were never typed right */
	REASON_WRONG_DIGITS,   /* though WeChat had named somebody who may pass */
	REASON_NO_ANSWER,      /* the host gave none, or one that is too long */
	REASON_CONVERSATION,   /* the conversation with the person failed */
	REASON_NOT_LINKED,     /* WeChat named somebody who is not listed for this user */
	REASON_OTHER_UID,      /* …who is, but the account has another uid than the table says */
	REASON_SNAPSHOT,       /* a snapshot page: WeChat named a virtual user */
	REASON_RISK,           /* WeChat's risk control blocked the account */
	REASON_CODE,           /* WeChat's code is used up or too old: scan again */
	REASON_BUSY,           /* WeChat asks to try again */
	REASON_SETUP,          /* appid, secret, quota or permission: the administrator mends it */
	REASON_UNREACHABLE,    /* no usable connection to WeChat's API */
	REASON_BAD_ANSWER,     /* WeChat's API answered what nobody can read */
	REASON_TOO_MANY,       /* the login had its three codes */
	REASON_REPORTED,       /* somebody tapped "This isn't me" */
	REASON_EXPIRED,        /* the deadline has passed */
	REASON_INTERRUPTED,    /* the person at the terminal gave up */
	REASON_HELPER,         /* no helper listens, or its socket is not to be trusted */
	REASON_HELPER_SILENT,  /* a helper is there, and doesn't answer in time */
	REASON_FULL,           /* the helper has too many pending logins */
	REASON_REJECTED, /* the helper does not take this login: public_url, or a state that lives
	                  */
	REASON_MEMORY,   /* out of memory */
	REASON_INTERNAL, /* a failing system call, a broken message */
	REASON_COUNT,
};

/* The word for a reason, such as "not-linked". */
const char *reason_word(enum reason reason);

/* The reason for a word, or REASON_INTERNAL if there is none. */
enum reason reason_parse(const char *word);

/*
 * The same for the word of a refusal: never REASON_NONE, which would be a success, whatever the
 * word is.
 */
enum reason reason_of_refusal(const char *word);

/* Whether the phone's page offers another try after this: then a terminal that waits waits on. */
bool reason_is_temporary(enum reason reason);

#endif
