#include "console.h"

#include <linux/kd.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static bool has(const struct unimapdesc *map, unsigned short character)
{
	for (unsigned short i = 0; i < map->entry_ct; i++) {
		if (map->entries[i].unicode == character)
			return true;
	}
	return false;
}

bool console_lacks_half_blocks(int fd)
{
	struct unimapdesc map = {0, NULL};
	bool lacks = false;

	/* Without room for any, the kernel fails and says how many there are. */
	(void)ioctl(fd, GIO_UNIMAP, &map);
	if (map.entry_ct == 0)
		return false;
	map.entries = calloc(map.entry_ct, sizeof(*map.entries));
	if (map.entries != NULL && ioctl(fd, GIO_UNIMAP, &map) == 0)
		lacks = !has(&map, 0x2580) || !has(&map, 0x2584) || !has(&map, 0x2588);
	free(map.entries);
	return lacks;
}
