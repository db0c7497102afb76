#include "occasion.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const words[] = {
	[MANNER_REMOTE] = "remote",
	[MANNER_CONSOLE] = "console",
	[MANNER_BECOME] = "become",
	[MANNER_CONFIRM] = "confirm",
	[MANNER_ENROLL] = "enroll",
};

const char *manner_word(enum manner manner)
{
	return words[manner];
}

int manner_parse(const char *word, enum manner *manner)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word) == 0) {
			*manner = (enum manner)i;
			return 0;
		}
	}
	return -EINVAL;
}
