/* Of the clock, by which certificates are judged: it is looked at before any of them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "doctor.h"

#define SECONDS_OFF 60
#define DAY 86400

static const struct finding_kind clock_wrong = {"clock", SEVERITY_WARNING,
	"certificates are judged by this clock, and logs cannot be compared"};

void doctor_mend_clock(struct doctor *doctor)
{
	doctor_mend_command(doctor, "timedatectl set-ntp true");
	doctor_mend_add(doctor, "; date says then whether the clock is right");
}

static void find_wrong(struct doctor *doctor, const char *file, const char *what)
{
	if (doctor->clock_is_wrong)
		return;
	doctor->clock_is_wrong = true;
	doctor_find(doctor, &clock_wrong, file, 0, "%s", what);
	doctor_mend_clock(doctor);
}

void doctor_compare_clock(struct doctor *doctor, time_t date, const char *whose)
{
	long off = (long)(time(NULL) - date);
	char what[128];

	if (date == 0 || labs(off) <= SECONDS_OFF)
		return;
	(void)snprintf(what, sizeof(what), "this machine's clock is %ld seconds %s of %s",
		labs(off), off > 0 ? "ahead" : "behind", whose);
	find_wrong(doctor, NULL, what);
}

void doctor_suspect_clock(struct doctor *doctor, const char *why)
{
	find_wrong(doctor, NULL, why);
}

/* A file that was written in the future tells that the clock was right once. */
void doctor_check_clock(struct doctor *doctor)
{
	const char *const files[] = {doctor->conf, "/etc/passwd", "/etc/ld.so.cache",
		"/proc/self/exe", "/var/lib/systemd/timesync/clock", "/var/log/wtmp"};
	struct stat status;
	char what[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		long ahead = stat(files[i], &status) < 0 ? 0 : (long)(status.st_mtime - time(NULL));

		if (ahead <= DAY)
			continue;
		(void)snprintf(what, sizeof(what),
			"it was changed %ld days later than this machine's clock says",
			ahead / DAY);
		find_wrong(doctor, files[i], what);
	}
}
