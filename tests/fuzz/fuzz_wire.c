/* A message that was accepted is written again, and then reads the same. */
#include "fuzz.h"

#include <errno.h>

#include "wire.h"

static void expect_same(const struct wire_message *a, const struct wire_message *b)
{
	EXPECT(a->verb == b->verb);
	for (int key = 0; key < WIRE_KEY_COUNT; key++) {
		EXPECT((a->value[key] == NULL) == (b->value[key] == NULL));
		if (a->value[key] != NULL)
			EXPECT(strcmp(a->value[key], b->value[key]) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* One byte more may be written. */
	char *datagram = malloc(size + 1);
	char again[WIRE_MESSAGE_MAX + 1];
	struct wire_message message, same;

	EXPECT(datagram != NULL);
	memcpy(datagram, data, size);
	if (wire_parse(datagram, size, &message) == 0) {
		int length = wire_format(&message, again);

		EXPECT(size <= WIRE_MESSAGE_MAX);
		for (int key = 0; key < WIRE_KEY_COUNT; key++)
			EXPECT(message.value[key] == NULL ||
				(message.value[key] > datagram &&
					message.value[key] < datagram + size));
		/* Encoding may make it longer than what came. */
		EXPECT(length > 0 || length == -ENOSPC);
		if (length > 0) {
			EXPECT(wire_parse(again, (size_t)length, &same) == 0);
			expect_same(&message, &same);
		}
	}
	free(datagram);
	return 0;
}
