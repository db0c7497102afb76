/*
 * ask - the page behind the link: is this you signing in?
 */
#ifndef PAM_WECHAT_PHONE_ASK_H
#define PAM_WECHAT_PHONE_ASK_H

struct metrics;
struct request;
struct settings;

/* GET (or HEAD, which changes nothing) and POST of <base>/l/<id>. */
void ask_get(struct request *request, const struct settings *settings);
void ask_post(struct request *request, const struct settings *settings, struct metrics *metrics);

#endif
