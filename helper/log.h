/*
 * log - one line on stderr for each thing the administrator should know; systemd's journal takes
 * it from there.
 *
 * No names of users, no codes, states, pins, cookies, tokens, URLs: a login is named by the first
 * six characters of its link.
 */
#ifndef PAM_WECHAT_HELPER_LOG_H
#define PAM_WECHAT_HELPER_LOG_H

/* Logs a line; control characters in it become '?'. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * As log_line(), for what a peer can cause as often as it likes: ten lines in ten seconds at most;
 * the next line then says how many were left out.
 */
void log_limited(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
