/*
 * exchange - one login's errand between the module, the helper and WeChat.
 */
#ifndef PAM_WECHAT_EXCHANGE_EXCHANGE_H
#define PAM_WECHAT_EXCHANGE_EXCHANGE_H

/*
 * Serves the module on the socket `module` until it has ended; after the login's deadline without
 * anything secret. If it ended without a word, the helper hears of that. Returns 0 then, or -errno
 * if there was no login to serve.
 */
int exchange_run(int module);

#endif
