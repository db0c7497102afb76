/*
 * unit - what every unit test includes: cmocka, and the headers it wants to come first.
 */
#ifndef PAM_WECHAT_UNIT_H
#define PAM_WECHAT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fails unless the string holds the part, and shows both. */
#define assert_contains(string, part)                                                 \
	do {                                                                          \
		if (strstr((string), (part)) == NULL)                                 \
			fail_msg("\"%s\" does not contain \"%s\"", (string), (part)); \
	} while (0)

/* Fails unless the string begins with the part, and shows both. */
#define assert_begins(string, part)                                                      \
	do {                                                                             \
		if (strncmp((string), (part), strlen(part)) != 0)                        \
			fail_msg("\"%s\" does not begin with \"%s\"", (string), (part)); \
	} while (0)

#endif
