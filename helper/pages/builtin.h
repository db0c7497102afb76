/*
 * builtin - the files of pages/ as the build put them into the program (pages/embed.py).
 */
#ifndef PAM_WECHAT_PAGES_BUILTIN_H
#define PAM_WECHAT_PAGES_BUILTIN_H

#include <stddef.h>

struct problem;

struct builtin {
	const char *name; /* "ask.html" */
	size_t length;
	const char *bytes; /* ASCII, without a NUL at the end */
};

extern const struct builtin builtins[];
extern const size_t builtin_count;

/*
 * Writes all of them into a directory, which is made if it is missing: files of ours, mode 0644.
 * Nothing that is there is replaced. Returns 0, or -errno with the problem set and what was written
 * taken away again.
 */
int builtin_write_all(const char *directory, struct problem *problem);

#endif
