/*
 * conf - the module's configuration, as the command reads it: the file of --conf, without the words
 * of a PAM line.
 */
#ifndef PAM_WECHAT_IO_CONF_H
#define PAM_WECHAT_IO_CONF_H

struct problem;
struct settings;

/* As settings_read(): returns 0, or -errno with the problem set; to be finished either way. */
int conf_read(const char *path, struct settings *settings, struct problem *problem);

#endif
