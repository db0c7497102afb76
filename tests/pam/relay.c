/*
 * relay - stands in place of pam-wechat-exchange and lets a test play it: every message goes on to
 * the SOCK_SEQPACKET socket that is named as this program with ".sock" behind, and back. How far
 * the phone came, which is asked at the end alone, it answers itself.
 */
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MODULE_SOCKET 3

static int connect_to_test(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t room = sizeof(address.sun_path) - sizeof(".sock");
	ssize_t length = readlink("/proc/self/exe", address.sun_path, room);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (length < 0 || fd < 0)
		return -1;
	memcpy(address.sun_path + length, ".sock", sizeof(".sock"));
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static const char question[] = "PHONE?\n", answer[] = "PHONE\nphone=none\n";

/* Returns whether the sender is still there. */
static int pass_on(int from, int to)
{
	static char datagram[65536];
	ssize_t length = recv(from, datagram, sizeof(datagram), 0);

	if (length == sizeof(question) - 1 && memcmp(datagram, question, sizeof(question) - 1) == 0)
		return send(from, answer, sizeof(answer) - 1, MSG_NOSIGNAL) > 0;
	return length > 0 && send(to, datagram, (size_t)length, MSG_NOSIGNAL) == length;
}

int main(void)
{
	struct pollfd ends[2] = {{.fd = MODULE_SOCKET, .events = POLLIN}, {.events = POLLIN}};

	ends[1].fd = connect_to_test();
	if (ends[1].fd < 0)
		return EXIT_FAILURE;
	while (poll(ends, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			if (ends[i].revents != 0 && !pass_on(ends[i].fd, ends[1 - i].fd))
				return EXIT_SUCCESS;
		}
	}
	return EXIT_FAILURE;
}
