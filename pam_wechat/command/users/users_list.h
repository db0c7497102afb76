/*
 * users_list - the users table as columns, with what this machine knows of its users beside it.
 */
#ifndef PAM_WECHAT_USERS_USERS_LIST_H
#define PAM_WECHAT_USERS_USERS_LIST_H

#include <stdbool.h>

struct report;

/*
 * Reports a text that has passed users_parse(), in the order of its lines: a line for each binding,
 * and an item of the list "bindings" with "openid", "user", "exists", "uid" if it does,
 * "bound_uid" if the table names one, and "comment" (or null). Returns whether there is any
 * binding.
 */
bool users_list(const char *table, struct report *report);

#endif
