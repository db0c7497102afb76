/*
 * pam_load - whether libpam can load a module. It is loaded in a process of its own, since code of
 * a module runs with that.
 */
#ifndef PAM_WECHAT_PAM_PAM_LOAD_H
#define PAM_WECHAT_PAM_PAM_LOAD_H

struct pam_entry;
struct problem;

/*
 * Loads the module of this path, and looks for the function that libpam calls for lines of a type
 * ("auth"). A module that somebody else could have written is not loaded. Returns 0; or with the
 * problem set -ENOENT if it is not there, -EPERM for one that is not loaded, and -ENOEXEC for one
 * that can't be; or another -errno.
 */
int pam_load_try(const char *path, const char *type, struct problem *problem);

/* As pam_load_try(), with the entry's module; if libpam can't load it, is_missing is set. */
int pam_load_entry(struct pam_entry *entry, const char *type, struct problem *problem);

#endif
