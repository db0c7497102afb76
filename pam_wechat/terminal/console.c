#include "console.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "decimal.h"
#include "text.h"

#define DEV "/dev/"

/* The name without "/dev/". */
static const char *name_of(const char *tty)
{
	return strncmp(tty, DEV, strlen(DEV)) == 0 ? tty + strlen(DEV) : tty;
}

bool console_is_name(const char *tty)
{
	const char *number;

	tty = name_of(tty);
	if (strncmp(tty, "tty", 3) != 0)
		return false;
	number = tty + 3;
	/* tty1 to tty63: tty0 is whichever is in front, and ttyS0 may be a modem. */
	return number[0] != '0' && decimal_parse_string(number, 1, 63) > 0;
}

static bool has(const struct unimapdesc *map, unsigned short character)
{
	for (unsigned short i = 0; i < map->entry_ct; i++) {
		if (map->entries[i].unicode == character)
			return true;
	}
	return false;
}

bool console_lacks_half_blocks(const char *tty)
{
	struct unimapdesc map = {0, NULL};
	char path[32];
	bool lacks = false;
	int fd = -1;

	if (!console_is_name(tty) || text_format(path, sizeof(path), DEV "%s", name_of(tty)) < 0)
		return false;
	fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	/* Without room for any, the kernel fails and says how many there are. */
	(void)ioctl(fd, GIO_UNIMAP, &map);
	if (map.entry_ct == 0)
		goto out;
	map.entries = calloc(map.entry_ct, sizeof(*map.entries));
	if (map.entries == NULL || ioctl(fd, GIO_UNIMAP, &map) < 0)
		goto out;
	lacks = !has(&map, 0x2580) || !has(&map, 0x2584) || !has(&map, 0x2588);
out:
	free(map.entries);
	close(fd);
	return lacks;
}
