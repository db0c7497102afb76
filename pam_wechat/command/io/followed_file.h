/*
 * followed_file - judges a file of the system's, as whoever opens it finds it: symbolic links are
 * followed, as libpam and sshd follow them.
 */
#ifndef PAM_WECHAT_IO_FOLLOWED_FILE_H
#define PAM_WECHAT_IO_FOLLOWED_FILE_H

struct problem;

/*
 * Whether nobody but root, or whoever we run as, could have written what the absolute path leads
 * to, or led it elsewhere: the directories of each link are judged, and those of the file. Returns
 * 0 if so, also if only the permission to read it is missing; -EPERM if not, with a problem that
 * begins with the file or directory to change; or another -errno with the problem set.
 */
int followed_file_judge(const char *path, struct problem *problem);

#endif
