/*
 * sshd_file - the file of pam-wechat's in /etc/ssh/sshd_config.d, by which sshd asks PAM's
 * questions. conf/sshd_config.d has it, too.
 */
#ifndef PAM_WECHAT_SSHD_SSHD_FILE_H
#define PAM_WECHAT_SSHD_SSHD_FILE_H

#include <stdbool.h>

#define SSHD_FILE "/etc/ssh/sshd_config.d/10-pam-wechat.conf"
#define SSHD_FILE_MAX 2048 /* bytes */

struct problem;

enum sshd_form {
	SSHD_FORM_NONE,      /* there is no file */
	SSHD_FORM_OPEN,      /* other methods are left as they are: a key alone, for instance */
	SSHD_FORM_ALONE,     /* nothing but PAM's questions */
	SSHD_FORM_AFTER_KEY, /* a key, and then PAM's questions */
};

/* The text of a form. */
void sshd_file_text(enum sshd_form form, char text[SSHD_FILE_MAX]);

/*
 * The lines of the form that are not in force by now, with "    " before each and '\n' behind; ""
 * if all are, or sshd does not say.
 */
void sshd_file_lacks(enum sshd_form form, char lines[SSHD_FILE_MAX]);

/*
 * Writes the file, or replaces another form of it, and looks whether sshd would start with it and
 * all of it would be in force: otherwise it is put back as it was. Returns 0 and what it was
 * before; -ENOENT if sshd does not read files of that folder; or another -errno with the problem
 * set: it names the line that wins, or what sshd says; -EEXIST if there is a file that is none of
 * the forms.
 */
int sshd_file_write(enum sshd_form form, enum sshd_form *before, struct problem *problem);

/*
 * Makes the file what it was before, unless somebody has changed it. Returns 0, or -errno with the
 * problem set.
 */
int sshd_file_restore(enum sshd_form before, struct problem *problem);

/*
 * Removes the file, if sshd would start without it. Returns 1; 0 if there is none; or -errno with
 * the problem set: -EEXIST if it is none of the forms.
 */
int sshd_file_remove(struct problem *problem);

#endif
