/*
 * report - what a subcommand found: lines for people, or JSON (RFC 8259) for programs.
 *
 * A JSON report is one object: values by name, then lists of items of such values.
 */
#ifndef PAM_WECHAT_IO_REPORT_H
#define PAM_WECHAT_IO_REPORT_H

#include <stdbool.h>

struct report;

/* Out of memory ends the program, here and below: nothing was changed yet, or all of it. */
struct report *report_create(bool json);

/*
 * Adds a value to the item begun last, or to the report itself before the first. Strings are made
 * fit to be shown (display.h), here and below: they are on one line.
 */
void report_string(struct report *report, const char *name, const char *value); /* NULL: null */
/* As it is, for programs that put it into a file; report_can_hold() has said yes. */
void report_exact(struct report *report, const char *name, const char *value); /* NULL: null */
void report_number(struct report *report, const char *name, long value);
void report_flag(struct report *report, const char *name, bool value);

/*
 * Whether JSON can hold all bytes of the value without harm to a terminal: it is UTF-8, and what
 * would move a cursor is written as \u001b and the like.
 */
bool report_can_hold(const char *value);

/* What is added from now on belongs to an object of this name in the item, until report_leave(). */
void report_enter(struct report *report, const char *name);
void report_leave(struct report *report);

/* Begins an item of the list that is called `list`. */
void report_item(struct report *report, const char *list);

/* Makes sure that there is a list of this name, even if it stays empty. */
void report_list(struct report *report, const char *list);

/* Prints a line for people, or several with '\n' between; nothing in a report for programs. */
void report_line(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints what is for programs, frees *report and sets it to NULL. */
void report_finish(struct report **report);

#endif
