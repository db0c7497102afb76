/*
 * app_secret - WeChat's secret of the official account, and the file that holds it.
 */
#ifndef PAM_WECHAT_FILES_APP_SECRET_H
#define PAM_WECHAT_FILES_APP_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define APP_SECRET_SIZE 65 /* with its NUL */

struct problem;

/*
 * Reads the app secret: one line of letters and digits; WeChat's have 32. `size` is
 * APP_SECRET_SIZE, and the caller wipes it. Returns 0, or -errno with the problem set.
 */
int app_secret_read(const char *path, char *app_secret, size_t size, struct problem *problem);

/* Whether `length` bytes may be an app secret: 16 to 64 letters and digits; WeChat's have 32. */
bool app_secret_is_valid(const char *bytes, size_t length);

#endif
