/*
 * meddle - is preloaded into a host, and makes the C library behave as it rarely does:
 *
 *   MEDDLE_ALLOCATION=n  the module's n-th allocation fails
 *   MEDDLE_SPELLING=1    user names are looked up without regard to case, as some directories do
 *   MEDDLE_UNIMAP=file   consoles have a font with this table (struct unipair, one by one)
 *   MEDDLE_CONSOLE=n     whatever is asked for its device is the n-th virtual terminal
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/kd.h>
#include <linux/major.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool is_to_fail(const void *caller)
{
	static long left = -1;
	static __thread bool inside;
	const char *wanted;
	Dl_info info;
	bool fails = false;

	if (inside)
		return false;
	inside = true;
	if (left < 0) {
		wanted = getenv("MEDDLE_ALLOCATION");
		left = wanted == NULL ? 0 : atol(wanted);
	}
	if (left > 0 && dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
		strstr(info.dli_fname, "/pam_wechat.so") != NULL)
		fails = --left == 0;
	inside = false;
	if (fails)
		errno = ENOMEM;
	return fails;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
	return is_to_fail(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_to_fail(CALLER) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return is_to_fail(CALLER) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	return is_to_fail(CALLER) ? NULL : __libc_realloc(old, count * size);
}

char *strdup(const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = is_to_fail(CALLER) ? NULL : __libc_malloc(size);

	return copy == NULL ? NULL : memcpy(copy, string, size);
}

int getpwnam_r(
	const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **);
	char spelled[256] = "";

	/* ISO C has no conversion from dlsym()'s result to a function. */
	*(void **)&next = dlsym(RTLD_NEXT, "getpwnam_r");
	for (size_t i = 0; name[i] != '\0' && i < sizeof(spelled) - 1; i++)
		spelled[i] =
			(char)(getenv("MEDDLE_SPELLING") != NULL ? tolower((unsigned char)name[i])
								 : name[i]);
	return next(spelled, entry, buffer, size, found);
}

/* As the kernel does: as many as there is room for, how many there are, and ENOMEM if not all. */
static int copy_map(const char *path, struct unimapdesc *map)
{
	struct unipair entry;
	unsigned short room = map->entry_ct, count = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return -1;
	for (; fread(&entry, sizeof(entry), 1, file) == 1; count++) {
		if (count < room)
			map->entries[count] = entry;
	}
	fclose(file);
	map->entry_ct = count;
	if (count <= room)
		return 0;
	errno = ENOMEM;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	const char *path = getenv("MEDDLE_UNIMAP");
	const char *console = getenv("MEDDLE_CONSOLE");
	int (*next)(int, unsigned long, ...);
	va_list rest;
	void *argument;

	va_start(rest, request);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (request == GIO_UNIMAP && path != NULL)
		return copy_map(path, argument);
	if (request == TIOCGDEV && console != NULL) {
		*(unsigned int *)argument =
			(unsigned int)makedev(TTY_MAJOR, (unsigned)atoi(console));
		return 0;
	}
	*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	return next(fd, request, argument);
}
