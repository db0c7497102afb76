/* An address that was accepted has a host and a port; decoding undoes encoding. */
#include "fuzz.h"

#include "text.h"
#include "url.h"

static void check_parse(const char *string)
{
	struct url url;

	if (url_parse(string, &url) < 0)
		return;
	EXPECT(url.host[0] != '\0' && url.port > 0);
	EXPECT(url.origin_length < strlen(string) + 1);
	EXPECT(url.path == string + url.origin_length);
	EXPECT(url.path[0] == '\0' || url.path[0] == '/');
	EXPECT(strpbrk(string, " \"<>\\^`{|}?#\n\r\t\x7f") == NULL);
	EXPECT(url_reach(&url) <= URL_PUBLIC);
}

static void check_code(const char *bytes, size_t length)
{
	size_t room = 3 * length + 1;
	char *encoded = malloc(room);
	char *decoded = strdup(bytes);
	struct text text;
	int rv;

	EXPECT(encoded != NULL && decoded != NULL);
	rv = url_decode(decoded);
	EXPECT(rv < 0 || (size_t)rv == strlen(decoded));
	EXPECT(rv <= (int)strlen(bytes));
	text_init(&text, encoded, room);
	url_encode(&text, bytes, strlen(bytes));
	EXPECT(text_finish(&text) == 0);
	EXPECT(url_decode(encoded) == (int)strlen(bytes));
	EXPECT(strcmp(encoded, bytes) == 0);
	free(encoded);
	free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *string = malloc(size + 1);

	EXPECT(string != NULL);
	memcpy(string, data, size);
	string[size] = '\0';
	check_parse(string);
	check_code(string, size);
	free(string);
	return 0;
}
