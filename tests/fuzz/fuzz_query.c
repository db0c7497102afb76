/* A value that was found fits and is whole; one of a query holds no control character, too. */
#include "fuzz.h"

#include <errno.h>

#include "query.h"

static void check(int rv, const char *value, size_t room)
{
	EXPECT(rv >= 0 || rv == -ENOENT || rv == -EINVAL || rv == -ENOSPC);
	EXPECT(rv < (int)room);
	EXPECT(rv < 0 || value[rv] == '\0');
}

static void check_parameter(int rv, const char *value, size_t room)
{
	check(rv, value, room);
	for (int i = 0; i < rv; i++)
		EXPECT((unsigned char)value[i] >= 0x20 && value[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t rooms[] = {1, 8, 513};
	const char *bytes = (const char *)data;

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		char *value = malloc(rooms[i]);

		EXPECT(value != NULL);
		check_parameter(query_get(bytes, size, "code", value, rooms[i]), value, rooms[i]);
		check(query_cookie(bytes, size, "code", value, rooms[i]), value, rooms[i]);
		free(value);
	}
	return 0;
}
