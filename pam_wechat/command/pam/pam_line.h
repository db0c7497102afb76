/*
 * pam_line - reads the file of a PAM service as libpam does (pam.conf(5)): a line may go on behind
 * a backslash, a '#' ends it, and a control may stand in brackets.
 */
#ifndef PAM_WECHAT_PAM_PAM_LINE_H
#define PAM_WECHAT_PAM_PAM_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define PAM_LINE_LENGTH_MAX 4096

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
	const char *type;    /* "auth" for "-auth", too; or "@include"; or "" */
	const char *control; /* "required", "success=1 default=ignore", or "" */
	const char *module;  /* or the file that is included; "" if there is none */
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
 * the last; or -EINVAL with the problem set for a line that is too long, or goes on behind the end
 * of the file: line->number says which, and the one after it may be asked for.
 */
int pam_lines_next(struct pam_lines *lines, struct pam_line *line, struct problem *problem);

/* Takes the next word, or what stands in brackets, from *at; "" at the end. */
const char *pam_line_take(char **at);

/* Whether it is of this type ("auth"), or an "@include", which brings lines of every type. */
bool pam_line_is_of(const struct pam_line *line, const char *type);

/* Whether the line's module is pam_wechat.so, in whatever folder. */
bool pam_line_is_ours(const struct pam_line *line);

#endif
