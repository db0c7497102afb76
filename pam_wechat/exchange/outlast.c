#include "outlast.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "deadline.h"
#include "problem.h"
#include "reason.h"
#include "seqpacket.h"

#define REPORT_S 60
#define RETRY_MS 100

/* Returns 0, or -errno: the module has ended, -ESHUTDOWN if it said so. */
static int answer(int module, const struct wire_message *question, enum progress phone)
{
	struct wire_message message = {.verb = WIRE_REFUSED};

	if (question->verb == WIRE_ENDED)
		return -ESHUTDOWN;
	if (question->verb == WIRE_HOW_FAR) {
		message.verb = WIRE_THIS_FAR;
		message.value[WIRE_PHONE] = progress_word(phone);
	} else {
		message.value[WIRE_REASON] = reason_word(REASON_EXPIRED);
	}
	return wire_send(module, &message);
}

static int wait_for_end(int module, enum progress phone)
{
	int rv = 0;

	while (rv == 0) {
		struct wire_inbox inbox;

		rv = wire_receive(module, &inbox);
		if (rv == 0)
			rv = answer(module, &inbox.message, phone);
		wire_inbox_wipe(&inbox);
	}
	return rv;
}

static void report(const struct remains *remains)
{
	struct wire_message message = {.verb = WIRE_LOST};
	struct deadline deadline = deadline_in(REPORT_S * 1000);
	struct problem problem;
	int fd;

	message.value[WIRE_NAME] = remains->name;
	message.value[WIRE_PHONE] = progress_word(remains->phone);
	while ((fd = seqpacket_connect(remains->socket, &problem)) < 0) {
		if (deadline_left(deadline) == 0)
			return;
		(void)poll(NULL, 0, RETRY_MS);
	}
	(void)wire_send(fd, &message);
	close(fd);
}

void outlast(int module, struct remains *remains)
{
	if (remains->duty == REMAINS_TO_WAIT) {
		/* The alarm was for what could hang. This ends with the module, whose socket it is.
		 */
		(void)alarm(0);
		if (wait_for_end(module, remains->phone) == -ECONNRESET)
			remains->duty = REMAINS_TO_REPORT;
	}
	(void)alarm(REPORT_S + 1);
	if (remains->duty == REMAINS_TO_REPORT)
		report(remains);
}
