/*
 * pam_asking - which PAM services lead to pam_wechat.so, by a line of their own or of a file that
 * they include.
 */
#ifndef PAM_WECHAT_PAM_PAM_ASKING_H
#define PAM_WECHAT_PAM_PAM_ASKING_H

struct pam_asking {
	char file[512]; /* where the first such line stands */
	long line;
};

/* Looks for a line of any type. Returns 1 and where it is, 0 if there is none, or -errno. */
int pam_asking_find(const char *service, struct pam_asking *found);

#endif
