#include "random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

int random_token(char *token, size_t length, const char *alphabet)
{
	size_t letters = strlen(alphabet);
	/* Bytes past the last whole multiple of the alphabet would favour its beginning. */
	size_t even = 256 - 256 % letters;
	unsigned char pool[64];
	size_t filled = 0;

	while (filled < length) {
		ssize_t got = getrandom(pool, sizeof(pool), 0);

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		for (ssize_t i = 0; i < got && filled < length; i++) {
			if (pool[i] < even)
				token[filled++] = alphabet[pool[i] % letters];
		}
	}
	token[length] = '\0';
	explicit_bzero(pool, sizeof(pool));
	return 0;
}
