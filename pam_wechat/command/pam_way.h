/*
 * pam_way - the authentication of a PAM service with all that it includes, walked as libpam
 * walks it: is WeChat asked, and can somebody get in without it?
 */
#ifndef PAM_WECHAT_PAM_WAY_H
#define PAM_WECHAT_PAM_WAY_H

#include <stddef.h>

struct problem;

struct pam_way {
	size_t asked;    /* how often pam_wechat.so stands in it */
	char where[512]; /* the first time: "/etc/pam.d/su:59", or "" */

	/* Lines of the service's own file that can let in before WeChat is asked, or "". */
	char before[512]; /* "line 6 (pam_rootok.so), line 9 (pam_wheel.so)" */

	/* A line that can lead past WeChat, or make its denial forgotten, or "". */
	char around[512]; /* "/etc/pam.d/common-auth:17" */
};

/*
 * Walks the text of the service's file, and the files that it includes from `folder`. Returns 0,
 * or -errno with the problem set if one of them cannot be read.
 */
int pam_way_walk(struct pam_way *way, const char *folder, const char *service, const char *bytes,
	size_t length, struct problem *problem);

#endif
