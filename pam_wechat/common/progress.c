#include "progress.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const words[PROGRESS_COUNT] = {
	[PROGRESS_NONE] = "none",
	[PROGRESS_OPENED] = "opened",
	[PROGRESS_CONTINUED] = "continued",
	[PROGRESS_RETURNED] = "returned",
};

const char *progress_word(enum progress progress)
{
	return words[progress];
}

int progress_parse(const char *word, enum progress *progress)
{
	for (int i = 0; i < PROGRESS_COUNT; i++) {
		if (strcmp(words[i], word) == 0) {
			*progress = (enum progress)i;
			return 0;
		}
	}
	return -EINVAL;
}

void progress_reach(enum progress *progress, enum progress reached)
{
	if (reached > *progress)
		*progress = reached;
}

const char *progress_hint(enum progress progress)
{
	return progress == PROGRESS_CONTINUED
	               ? "WeChat showed an error page, or the person went no further: ask for its "
	                 "number, pam-wechat doctor NUMBER"
	               : NULL;
}
