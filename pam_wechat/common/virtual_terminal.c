#include "virtual_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

#include "decimal.h"
#include "text.h"

#define DEV "/dev/"
#define FIRST 1 /* tty0 is whichever is in front */
#define LAST 63 /* from 64 on the numbers are serial lines' */

#define OPENED (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)

/* The name without "/dev/". */
static const char *name_of(const char *tty)
{
	return strncmp(tty, DEV, strlen(DEV)) == 0 ? tty + strlen(DEV) : tty;
}

static bool is_name(const char *name)
{
	return strncmp(name, "tty", 3) == 0 && name[3] != '0' &&
	       decimal_parse_string(name + 3, FIRST, LAST) > 0;
}

/* The device of a terminal, whatever its node is called or stands for; 0 for anything else. */
static dev_t device_of(int fd)
{
	unsigned int device = 0;

	return ioctl(fd, TIOCGDEV, &device) == 0 ? device : 0;
}

int virtual_terminal_open(const char *tty)
{
	char path[16];
	dev_t device;
	int fd;

	if (!is_name(name_of(tty)) || text_format(path, sizeof(path), DEV "%s", name_of(tty)) < 0)
		return -ENOTTY;
	fd = open(path, OPENED);
	if (fd < 0)
		return -errno;
	device = device_of(fd);
	if (major(device) == TTY_MAJOR && minor(device) >= FIRST && minor(device) <= LAST)
		return fd;
	close(fd);
	return -ENOTTY;
}

bool virtual_terminal_is_ours(const char *tty)
{
	int named = virtual_terminal_open(tty);
	int controlling = open(DEV "tty", OPENED);
	dev_t device = named < 0 ? 0 : device_of(named);
	bool is_ours = device != 0 && controlling >= 0 && device_of(controlling) == device &&
	               device_of(STDIN_FILENO) == device;

	if (controlling >= 0)
		close(controlling);
	if (named >= 0)
		close(named);
	return is_ours;
}
