/*
 * language - which of the two languages a page is written in.
 */
#ifndef PAM_WECHAT_PAGES_LANGUAGE_H
#define PAM_WECHAT_PAGES_LANGUAGE_H

enum language {
	LANGUAGE_ZH,
	LANGUAGE_EN,
	LANGUAGE_COUNT,
};

/* The words of the configuration and of the wire, in the order above; NULL at the end. */
extern const char *const language_words[];

/* The language for "zh" or "en". Returns 0 or -EINVAL. */
int language_parse(const char *word, enum language *language);

/* What `<html lang>` says. */
const char *language_tag(enum language language);

/*
 * The language that an Accept-Language header (RFC 9110, 12.5.4; or NULL) likes best, or
 * `fallback` if it names neither.
 */
enum language language_choose(const char *accept, enum language fallback);

#endif
