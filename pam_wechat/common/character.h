/*
 * character - which characters of Unicode can be seen.
 */
#ifndef PAM_WECHAT_COMMON_CHARACTER_H
#define PAM_WECHAT_COMMON_CHARACTER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether this is a letter, a digit, a mark, a sign of punctuation or a symbol, from U+00A1 on.
 * False for controls and formats (bidirectional ones among them), blanks, surrogates, private use,
 * and what was not assigned yet in the version that character.c names.
 */
bool character_is_seen(uint32_t character);

#endif
