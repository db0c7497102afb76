#include "origin.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "text.h"

#define ADDRESS_MAX 128 /* with a zone, whose name may have 15 characters and some digits */

static void show(char *origin, int family, const void *address)
{
	(void)inet_ntop(family, address, origin, ORIGIN_SIZE);
}

/* Takes the address that stands here, of this length. Returns false if there is none. */
static bool take_address(const char *at, size_t length, char *origin)
{
	char string[ADDRESS_MAX];
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (length >= sizeof(string))
		return false;
	memcpy(string, at, length);
	string[length] = '\0';
	if (inet_pton(AF_INET, string, &ipv4) == 1) {
		show(origin, AF_INET, &ipv4);
		return true;
	}
	/* Zones are names of this machine's: sshd adds them to addresses of the link. */
	string[strcspn(string, "%")] = '\0';
	if (inet_pton(AF_INET6, string, &ipv6) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
		show(origin, AF_INET, &ipv6.s6_addr[12]);
	} else {
		if (!IN6_IS_ADDR_LOOPBACK(&ipv6))
			memset(&ipv6.s6_addr[8], 0, 8);
		show(origin, AF_INET6, &ipv6);
	}
	return true;
}

void origin_choose(const struct origin_facts *facts, char origin[static ORIGIN_SIZE])
{
	const char *connection = facts->connection;

	if (facts->rhost[0] != '\0' || connection != NULL) {
		if (!take_address(facts->rhost, strlen(facts->rhost), origin) &&
			(connection == NULL ||
				!take_address(connection, strcspn(connection, " "), origin)))
			strcpy(origin, "name");
		return;
	}
	/* Names of terminals come from the host, which is root's: a longer one is none. */
	if (facts->uid == 0 && facts->tty[0] != '\0' &&
		text_format(origin, ORIGIN_SIZE, "tty:%s", facts->tty) == 0)
		return;
	(void)text_format(origin, ORIGIN_SIZE, "uid:%u", facts->uid);
}
