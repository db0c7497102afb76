/* What is shown is UTF-8, fits, and holds nothing that moves a cursor or reorders text. */
#include "fuzz.h"

#include <iconv.h>

#include "display.h"

/* glibc's own reader of UTF-8 decides what is, character by character. */
static void check_shown(iconv_t reader, char *shown)
{
	size_t left = strlen(shown);

	while (left > 0) {
		uint32_t c = 0;
		char *to = (char *)&c;
		size_t room = sizeof(c);

		(void)iconv(reader, &shown, &left, &to, &room);
		EXPECT(room == 0);
		EXPECT(c >= 0x20 && !(c >= 0x7f && c <= 0x9f));
		EXPECT(c != 0x61c && !(c >= 0x200b && c <= 0x200f));
		EXPECT(!(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f));
		EXPECT(c != 0xfeff && !(c >= 0xe000 && c <= 0xf8ff) && c < 0xf0000);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t rooms[] = {1, 2, 7, 64, 4096};
	static const char unusual[] = "(unusual name)";
	static iconv_t reader;
	char *name = malloc(size + 1);
	char once[DISPLAY_NAME_SIZE];

	EXPECT(name != NULL);
	if (reader == NULL)
		reader = iconv_open("UTF-32LE", "UTF-8");
	EXPECT(reader != (iconv_t)-1);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		char *shown = malloc(rooms[i]);

		EXPECT(shown != NULL);
		memset(shown, 'x', rooms[i]);
		display_copy(shown, rooms[i], (const char *)data, size);
		EXPECT(memchr(shown, '\0', rooms[i]) != NULL);
		check_shown(reader, shown);
		free(shown);
	}
	memcpy(name, data, size);
	name[size] = '\0';
	display_name(once, name);
	EXPECT(strcmp(once, unusual) == 0 || strcmp(once, name) == 0);
	check_shown(reader, once);
	EXPECT(strpbrk(once, "<>&\"'%/,:;") == NULL);
	free(name);
	return 0;
}
