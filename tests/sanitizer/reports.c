/*
 * Linked into the exchange of a build with sanitizers. It is started with /dev/null as its standard
 * error and may write no file (RLIMIT_FSIZE), but a FIFO is none: tests/run reads it.
 */
#include <fcntl.h>
#include <unistd.h>

/* While it is still root, and before main. Without a reader, reports stay unseen. */
__attribute__((constructor)) static void send_reports(void)
{
	int fifo = open(REPORTS, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fifo < 0)
		return;
	(void)fcntl(fifo, F_SETFL, 0);
	(void)dup2(fifo, STDERR_FILENO);
	(void)close(fifo);
}
