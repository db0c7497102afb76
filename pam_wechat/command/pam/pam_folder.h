/*
 * pam_folder - where the files of PAM services lie, and which of the files there are a service's.
 */
#ifndef PAM_WECHAT_PAM_PAM_FOLDER_H
#define PAM_WECHAT_PAM_PAM_FOLDER_H

#include <dirent.h>

#define PAM_FOLDER "/etc/pam.d"
/* What packages bring: libpam reads it where there is no such file in PAM_FOLDER. */
#define PAM_FOLDER_SHIPPED "/usr/lib/pam.d"

/* Behind the name of a copy that is made before a change. */
#define PAM_FOLDER_BACKUP ".before-pam-wechat"

/*
 * Lists the services' files of PAM_FOLDER, and those of PAM_FOLDER_SHIPPED that have none there, by
 * name, as scandir(3) does: the caller frees each and all. Hidden ones, and the copies of editors,
 * packages and this command, are nobody's. Returns how many there are, or -errno.
 */
int pam_folder_list(struct dirent ***files);

#endif
