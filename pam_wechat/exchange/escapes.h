/*
 * escapes - the \u escapes of a JSON text that its reader can't take.
 */
#ifndef PAM_WECHAT_EXCHANGE_ESCAPES_H
#define PAM_WECHAT_EXCHANGE_ESCAPES_H

#include <stddef.h>

/*
 * Replaces, in place, what makes cJSON cut a string short or refuse the whole text: \u0000 by
 * \u0001, which no shape of ours allows either, and half of a surrogate pair by \ufffd. Everything
 * else stays, "\\u0000" too: a backslash and five more characters, which a nickname may be.
 */
void escapes_defuse(char *text, size_t length);

#endif
