/*
 * wechat_sites - where an administrator finds what WeChat keeps of an account. Addresses, and no
 * menus: WeChat moves those.
 */
#ifndef PAM_WECHAT_COMMON_WECHAT_SITES_H
#define PAM_WECHAT_COMMON_WECHAT_SITES_H

/* AppID, app secret, IP list, rights; and what a rid is about. */
#define WECHAT_PLATFORM "developers.weixin.qq.com/platform"

/* The domain for web authorization, certification, bans. */
#define WECHAT_ACCOUNTS "mp.weixin.qq.com"

/* A test account, and all about it. */
#define WECHAT_TEST_ACCOUNT "mp.weixin.qq.com/debug/cgi-bin/sandbox?t=sandbox/login"

#endif
