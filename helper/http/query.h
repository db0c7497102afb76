/*
 * query - what browsers send: query strings, forms and cookies, read strictly.
 *
 * Everything is a pure function of (pointer, length).
 */
#ifndef PAM_WECHAT_HTTP_QUERY_H
#define PAM_WECHAT_HTTP_QUERY_H

#include <stddef.h>

/*
 * Finds the parameter `name` of a query string or of a form (application/x-www-form-urlencoded)
 * and writes its decoded value, NUL-terminated, to `value` of `size` bytes. Returns the value's
 * length; -ENOENT if there is none; -EINVAL if there are two, or its percent-encoding is bad, or it
 * holds a control character; -ENOSPC if it is too long.
 */
int query_get(const char *bytes, size_t length, const char *name, char *value, size_t size);

/*
 * Finds the cookie `name` in a Cookie header and writes its value to `value` of `size` bytes.
 * Returns its length, -ENOENT, -EINVAL if there are two of that name, or -ENOSPC.
 */
int query_cookie(const char *bytes, size_t length, const char *name, char *value, size_t size);

#endif
