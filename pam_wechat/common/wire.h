/*
 * wire - the messages between module, exchange and helper.
 *
 * One datagram is one message of at most 8 KiB: a line with the verb, then a line `key=value` for
 * each value, percent-encoded as RFC 3986 has it. What each verb may carry, and what it must, is
 * one table in wire.c; everything else is refused: unknown verbs, unknown, repeated, missing and
 * needless keys, NULs, a last line without its end.
 */
#ifndef PAM_WECHAT_COMMON_WIRE_H
#define PAM_WECHAT_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define WIRE_MESSAGE_MAX 8192

/*
 * What the exchange and the helper say to each other changes with this number. After an upgrade the
 * exchanges of logins that wait are older than the helper: it takes those of one version before its
 * own, 1 being the one that named none, and tells a newer one that the helper is to be restarted.
 */
#define WIRE_VERSION 2
#define WIRE_VERSION_WORD "2"

/* What helper and module must agree on: without the NUL. */
#define WIRE_LINK_LENGTH 12  /* of the link's last part: base62 */
#define WIRE_STATE_LENGTH 32 /* hexadecimal digits */
#define WIRE_PIN_LENGTH 4
#define WIRE_NAME_LENGTH 6 /* of the link's last part: what logs name a login by */

enum wire_verb {
	/* module (or the command that enrols) to exchange */
	WIRE_LOGIN,   /* first message: everything about the login */
	WIRE_VERDICT, /* "VERDICT?": what is known by now? */
	WIRE_HOW_FAR, /* "PHONE?": how far did a phone come? Nothing is asked behind it */
	WIRE_ENDED, /* last message, handed on to the helper: how the login ended, "none" if well */
	/* exchange to module */
	WIRE_READY,    /* the helper knows the login: its link works */
	WIRE_IDENTITY, /* answer to VERDICT?: whom WeChat named, one of those who may pass */
	WIRE_NAMED,    /* the same for an enrolment: whom WeChat named, whoever it is */
	WIRE_REFUSED,  /* answer to VERDICT?, or to LOGIN: a reason */
	WIRE_THIS_FAR, /* "PHONE": answer to PHONE? */
	/* exchange to helper */
	WIRE_REGISTER, /* first message of a connection: what to show, where Continue leads */
	WIRE_RESULT,   /* answer to CODE */
	WIRE_LOST,     /* only message of a connection: a login's module died without ENDED */
	/* helper to exchange */
	WIRE_REGISTERED, /* answer to REGISTER */
	WIRE_REJECTED,   /* the other answer to REGISTER, and the end of a login that had to go */
	WIRE_OPENED,     /* a browser has opened the link for the first time */
	WIRE_CONTINUED,  /* a browser was sent to WeChat for the first time */
	WIRE_CODE,       /* a browser that had tapped Continue brought a code */
	WIRE_CANCELLED,  /* such a browser came back without a code */
	WIRE_REPORTED,   /* somebody tapped "This isn't me" */
	WIRE_VERB_COUNT,
};

enum wire_key {
	WIRE_APPID,
	WIRE_SECRET,
	WIRE_API_URL,
	WIRE_OTHER_API_URL, /* asked where the first cannot be reached */
	WIRE_CA_FILE,
	WIRE_PROXY,
	WIRE_SOCKET,        /* path of the helper's socket */
	WIRE_SCOPE,         /* snsapi_base or snsapi_userinfo */
	WIRE_STATE,         /* 32 hexadecimal digits */
	WIRE_LINK,          /* the whole address of the ask page */
	WIRE_AUTHORIZE_URL, /* where Continue leads */
	WIRE_OPENIDS,       /* who may pass, separated by '.'; may be empty */
	WIRE_PIN,           /* four digits; absent where a tap is enough */
	WIRE_LEFT_MS,       /* milliseconds until the login's deadline */
	WIRE_UNTIL,         /* the same moment as the host's clock shows it: "14:32:10 UTC+08:00" */
	WIRE_USER,          /* who wants to sign in, fit to be shown */
	WIRE_HOST,          /* where */
	WIRE_OCCASION,      /* how: a word of occasion.h */
	WIRE_SERVICE,       /* by which PAM service */
	WIRE_FROM,          /* the remote address or name, or the terminal; "": this machine */
	WIRE_ASKER,         /* local user who asks (su, sudo), fit to be shown; absent otherwise */
	WIRE_ORIGIN,        /* whose limit of pending logins it counts against */
	WIRE_LANG,          /* zh or en: for a browser that says neither */
	WIRE_BRAND,
	WIRE_OPENID,
	WIRE_NICKNAME, /* fit to be shown; proves nothing */
	WIRE_REASON,   /* a word of reason.h */
	WIRE_ERRCODE,  /* WeChat's */
	WIRE_RID,      /* WeChat's id of the failed request */
	WIRE_DETAIL,   /* a sentence for the administrator's log */
	WIRE_TICKET,   /* of a callback that waits, chosen by the helper */
	WIRE_CODE_VALUE,
	WIRE_NUMBER,   /* of the version that the exchange speaks */
	WIRE_INSTANCE, /* of the helper: 16 hexadecimal digits, others after each start */
	WIRE_NAME,     /* of a login in logs: the first characters of its link's last part */
	WIRE_PHONE,    /* how far a phone came: a word of progress.h */
	WIRE_KEY_COUNT,
};

struct wire_message {
	enum wire_verb verb;
	const char *value[WIRE_KEY_COUNT]; /* NULL: absent */
};

/* Room for one message that comes in. Whoever has it wipes it. */
struct wire_inbox {
	char datagram[WIRE_MESSAGE_MAX + 1];
	struct wire_message message; /* its values are strings inside `datagram` */
};

/*
 * Parses a datagram in place: the message's values are strings inside `datagram`, of which
 * `length` bytes were received and one more may be written. Returns 0; -EPROTO for a REGISTER of a
 * newer version, which may hold anything; or -EBADMSG.
 */
int wire_parse(char *datagram, size_t length, struct wire_message *message);

/* The version of a REGISTER. Returns 1 or more, or -EBADMSG. */
int wire_version(const struct wire_message *message);

/*
 * Writes a message into `datagram`, of WIRE_MESSAGE_MAX + 1 bytes. Returns its length, -ENOSPC if
 * it is too long, or -EINVAL if the verb may not carry what it has, or lacks what it must.
 */
int wire_format(const struct wire_message *message, char *datagram);

/*
 * Sends or receives one message on a SOCK_SEQPACKET socket. Neither raises SIGPIPE. A socket
 * without O_NONBLOCK blocks.
 * Return 0, -EAGAIN, -ECONNRESET when the peer has gone (wire_receive: also at the end of file),
 * -EBADMSG or -EPROTO for what does not parse, or another -errno.
 */
int wire_send(int fd, const struct wire_message *message);
int wire_receive(int fd, struct wire_inbox *inbox);

void wire_inbox_wipe(struct wire_inbox *inbox);

#endif
