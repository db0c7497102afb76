/*
 * enroll_scan - learns from WeChat whose phone it is: a login that signs nobody in.
 *
 * The phone opens the same pages, and WeChat names whoever holds it. That this is the person who
 * is meant, nobody but a person can know: they read the digits on their phone to the administrator.
 */
#ifndef PAM_WECHAT_ENROLL_ENROLL_SCAN_H
#define PAM_WECHAT_ENROLL_ENROLL_SCAN_H

#include <stdbool.h>

#include "reason.h"

#define ENROLL_LINK_SECONDS 300 /* the most that the helper takes, and `timeout` */

struct prompt;
struct settings;

struct enroll_scan {
	const struct settings *settings;
	const char *user;
	bool link_alone; /* no picture: the person is somewhere else */
	struct prompt *prompt;

	/* What came of it: */
	char openid[65];
	char nickname[128]; /* fit to be shown, proves nothing; "" for none */
};

/*
 * Shows the link, and asks for the digits until they are right, it has failed for good, or the
 * settings' timeout has passed; for a link alone, which takes its time to reach somebody,
 * ENROLL_LINK_SECONDS. Returns REASON_NONE and the openid; REASON_INTERRUPTED at the end
 * of the input; or why it failed, after saying so.
 */
enum reason enroll_scan_run(struct enroll_scan *scan);

#endif
