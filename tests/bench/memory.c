#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? -1 : strtol(at + strlen(name), NULL, 10);
}

long memory_private_kib(void)
{
	int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	char text[4096];
	long clean, dirty;
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got < 0)
		return -1;
	text[got] = '\0';
	clean = field(text, "Private_Clean:");
	dirty = field(text, "Private_Dirty:");
	return clean < 0 || dirty < 0 ? -1 : clean + dirty;
}
