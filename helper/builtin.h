/*
 * builtin - the files of pages/ as the build put them into the program (pages/embed.py).
 */
#ifndef PAM_WECHAT_BUILTIN_H
#define PAM_WECHAT_BUILTIN_H

#include <stddef.h>

struct builtin {
	const char *name; /* "ask.html" */
	size_t length;
	const char *bytes; /* ASCII, without a NUL at the end */
};

extern const struct builtin builtins[];
extern const size_t builtin_count;

#endif
