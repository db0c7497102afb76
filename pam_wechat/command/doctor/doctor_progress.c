/* What is being waited for, for whoever sits at a terminal. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

void doctor_say_progress(struct doctor *doctor, const char *what)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (doctor->progress_length > 0)
		fprintf(stderr, "\r%*s\r", doctor->progress_length, "");
	doctor->progress_length = (int)strlen(what);
	(void)fputs(what, stderr);
}
