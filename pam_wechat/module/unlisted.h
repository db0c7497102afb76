/*
 * unlisted - the users whom the table does not name, where `unlisted=ignore` leaves them alone.
 */
#ifndef PAM_WECHAT_MODULE_UNLISTED_H
#define PAM_WECHAT_MODULE_UNLISTED_H

struct login;

/*
 * Sees whether unlisted=ignore applies to this login's user. Returns PAM_IGNORE, LOGIN_GO_ON, or
 * another code for PAM.
 */
int unlisted_judge(struct login *login);

#endif
