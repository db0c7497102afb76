/*
 * privileges - what the process gives up before it reads its first byte.
 */
#ifndef PAM_WECHAT_EXCHANGE_PRIVILEGES_H
#define PAM_WECHAT_EXCHANGE_PRIVILEGES_H

/*
 * Becomes `uid`:`gid` for good if root is the effective user, and the effective user otherwise
 * (then both are "-"). Proves that root cannot be regained, and forbids new privileges and core
 * dumps. Returns 0, or -errno: the process must end then.
 */
int privileges_drop(const char *uid, const char *gid);

#endif
