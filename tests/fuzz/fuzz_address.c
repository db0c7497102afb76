/* Who is found is the peer, if it is not trusted; and the same again, if it is not trusted, too. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <string.h>

#include "address.h"

static const char *const networks[] = {"10.0.0.0/8", "fd00::/8", "2001:db8::1"};
#define COUNT (sizeof(networks) / sizeof(networks[0]))

static bool is_trusted(const struct address_range *trusted, const struct in6_addr *address)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (address_range_contains(&trusted[i], address))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct address_range trusted[COUNT], range;
	struct in6_addr peer, client, again;
	char *string = malloc(size + 1);

	EXPECT(string != NULL);
	memcpy(string, data, size);
	string[size] = '\0';
	for (size_t i = 0; i < COUNT; i++)
		EXPECT(address_range_parse(networks[i], &trusted[i]) == 0);
	EXPECT(inet_pton(AF_INET6, "::ffff:192.0.2.1", &peer) == 1);
	address_find_client(trusted, COUNT, &peer, bytes, size, &client);
	EXPECT(memcmp(&client, &peer, sizeof(peer)) == 0);
	EXPECT(inet_pton(AF_INET6, "::ffff:10.0.0.1", &peer) == 1);
	address_find_client(trusted, COUNT, &peer, bytes, size, &client);
	if (!is_trusted(trusted, &client)) {
		/* What stands before it can't change that. */
		size_t end = size;
		char *longer = malloc(size + 8);

		EXPECT(longer != NULL);
		memcpy(longer, "1.2.3.4,", 8);
		memcpy(longer + 8, data, end);
		address_find_client(trusted, COUNT, &peer, longer, end + 8, &again);
		EXPECT(memcmp(&client, &again, sizeof(client)) == 0);
		free(longer);
	}
	if (address_range_parse(string, &range) == 0) {
		EXPECT(range.bits <= 128);
		EXPECT(range.bits >= 96 || !IN6_IS_ADDR_V4MAPPED(&range.address));
	}
	free(string);
	return 0;
}
