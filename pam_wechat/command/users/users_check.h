/*
 * users_check - reads the users table over: can the module use it, and are the users it names such
 * as can sign in on this machine?
 */
#ifndef PAM_WECHAT_USERS_USERS_CHECK_H
#define PAM_WECHAT_USERS_USERS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct report;

struct users_check {
	size_t bindings, errors, warnings;
};

/*
 * Judges a table, and reports each finding: a line that begins with "error: " or "warning: ", and
 * an item of the list "findings" with "severity", "user" (or null) and "problem". That a binding
 * names no uid is a finding if `wants_uids`.
 */
struct users_check users_check(const char *path, bool wants_uids, struct report *report);

#endif
