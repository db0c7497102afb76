#include "occasion.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const words[] = {
	[OCCASION_REMOTE] = "remote",
	[OCCASION_CONSOLE] = "console",
	[OCCASION_LOCAL] = "local",
	[OCCASION_BECOME] = "become",
	[OCCASION_CONFIRM] = "confirm",
	[OCCASION_DOCTOR] = "doctor",
	[OCCASION_ENROLL] = "enroll",
};

const char *occasion_word(enum occasion occasion)
{
	return words[occasion];
}

int occasion_parse(const char *word, enum occasion *occasion)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word) == 0) {
			*occasion = (enum occasion)i;
			return 0;
		}
	}
	return -EINVAL;
}
