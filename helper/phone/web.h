/*
 * web - which address leads to which page. Everything else is an error, in the same clothes.
 */
#ifndef PAM_WECHAT_PHONE_WEB_H
#define PAM_WECHAT_PHONE_WEB_H

struct evhttp;
struct helper;

/*
 * Serves what evhttp accepts from the socket `fd`, which is taken over, and has helper->connections
 * look after it. Returns NULL if there is no memory; the result is freed by evhttp_free().
 */
struct evhttp *web_create(struct helper *helper, int fd);

#endif
