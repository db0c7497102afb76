/*
 * users_ignored - whom services let in without WeChat as soon as the users table names him no more:
 * unlisted=ignore steps aside for him.
 */
#ifndef PAM_WECHAT_USERS_USERS_IGNORED_H
#define PAM_WECHAT_USERS_USERS_IGNORED_H

struct problem;
struct users;

/*
 * Refuses a change of the table `path` after which a user has no binding any more, while a PAM
 * service has unlisted=ignore with this table. Returns 0; or -EPERM with the problem set, which
 * names the first user and the first such line.
 */
int users_ignored_judge(const char *path, const struct users *before, const struct users *after,
	struct problem *problem);

#endif
