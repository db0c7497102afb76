/*
 * progress - how far a phone came with one login: a word for the wire and the log.
 */
#ifndef PAM_WECHAT_COMMON_PROGRESS_H
#define PAM_WECHAT_COMMON_PROGRESS_H

/* Each is farther than the one before. */
enum progress {
	PROGRESS_NONE,      /* no browser has opened the link */
	PROGRESS_OPENED,    /* one has */
	PROGRESS_CONTINUED, /* one was sent on to WeChat, by "Continue" */
	PROGRESS_RETURNED,  /* WeChat sent it back, with a code or without */
	PROGRESS_COUNT,
};

/* The word, such as "continued". */
const char *progress_word(enum progress progress);

/* The progress for a word. Returns 0, or -EINVAL if there is none. */
int progress_parse(const char *word, enum progress *progress);

/* Makes *progress this one, if that is farther. */
void progress_reach(enum progress *progress, enum progress reached);

/*
 * What an administrator should know of a phone that came so far and was not heard of again, NULL
 * for nothing: errors on WeChat's own pages reach nobody but the person.
 */
const char *progress_hint(enum progress progress);

#endif
