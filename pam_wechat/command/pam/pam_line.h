/*
 * pam_line - reads the file of a PAM service as libpam does (pam.conf(5)): a line may go on behind
 * a backslash, a '#' ends it, and a control may stand in brackets. Where libpam's versions (1.3 to
 * 1.7) read a line differently, it is a fault.
 */
#ifndef PAM_WECHAT_PAM_PAM_LINE_H
#define PAM_WECHAT_PAM_PAM_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define PAM_LINE_LENGTH_MAX 1023 /* bytes, with its end and all lines that belong to it */

struct problem;

enum pam_line_kind {
	PAM_LINE_NOTHING, /* blank, or a comment */
	PAM_LINE_MODULE,
	PAM_LINE_INCLUDE, /* "@include", or the control "include" */
	PAM_LINE_SUBSTACK,
};

struct pam_line {
	enum pam_line_kind kind;
	size_t number, last; /* of the line, and of the last that belongs to it */
	size_t begin, end;   /* where it stands in the text */
	/* Each is NULL if it is not there; "" stands for "[]". */
	const char *type;    /* "auth" for "-auth", too; or "@include" */
	bool is_quiet;       /* "-auth": libpam logs nothing if the module is not there */
	const char *control; /* "required", "success=1 default=ignore"; NULL behind "@include" */
	const char *module;  /* or the file that is included */
	char *arguments;     /* what stands behind, for pam_line_take() */
};

struct pam_lines {
	const char *bytes, *at, *end;
	size_t number;                       /* of the line that was read last, from 1 */
	char words[PAM_LINE_LENGTH_MAX + 1]; /* of the line that was given last */
};

void pam_lines_init(struct pam_lines *lines, const char *bytes, size_t length);

/*
 * Gives the next line; its strings live until the one after it is asked for. Returns 1; 0 after
 * the last; or with the problem set -EINVAL for a line that libpam's versions read differently, and
 * -ENODATA for one that goes on behind the end of the file, of which libpam reads nothing then.
 * line->number says which line it is, and the one after it may be asked for.
 */
int pam_lines_next(struct pam_lines *lines, struct pam_line *line, struct problem *problem);

/* Takes the next word, or what stands in brackets, from *at. NULL at the end, where *at is. */
char *pam_line_take(char **at);

/* Whether it is of this type ("auth"). "@include" is of none, and brings lines of all. */
bool pam_line_is_of(const struct pam_line *line, const char *type);

/* Whether the line's module is pam_wechat.so, in whatever folder. */
bool pam_line_is_ours(const struct pam_line *line);

/*
 * Copies a line that is to be shown to people: fit for a terminal (display.h), and with one blank
 * between its words.
 */
void pam_line_show(char *shown, size_t size, const char *line, size_t length);

#endif
