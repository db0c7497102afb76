/*
 * sign_in - one attempt to sign in, from the first question to the verdict.
 */
#ifndef PAM_WECHAT_MODULE_SIGN_IN_H
#define PAM_WECHAT_MODULE_SIGN_IN_H

#include <security/pam_modules.h>

/*
 * Authenticates PAM_USER, as pam_sm_authenticate(3) does, with the flags and the words of the PAM
 * line. Returns PAM_SUCCESS only if WeChat named an account that the users table binds to exactly
 * this user, and the person typed the pin that was shown to that account's phone alone, or sits at
 * the machine's own console; PAM_IGNORE only for a user whom the table does not name, where
 * `unlisted=ignore` says so.
 */
int sign_in_run(pam_handle_t *pamh, int flags, int argc, const char **argv);

#endif
