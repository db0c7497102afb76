/*
 * decimal - whole numbers as people and programs write them: digits, and nothing else.
 */
#ifndef PAM_WECHAT_COMMON_DECIMAL_H
#define PAM_WECHAT_COMMON_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

/* How many digits the string begins with. */
size_t decimal_span(const char *string);

/*
 * Parses `length` bytes, all of which must be digits: no sign, no blank, no empty string. Zeros may
 * lead, but there are no more digits than `high` has. Returns the number if it lies from `low`,
 * which is not negative, to `high`; or -EINVAL.
 */
int64_t decimal_parse(const char *string, size_t length, int64_t low, int64_t high);

/* As decimal_parse(), all of a string. */
int64_t decimal_parse_string(const char *string, int64_t low, int64_t high);

#endif
