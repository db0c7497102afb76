#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "decimal.h"

static void map_ipv4(const void *ipv4, struct in6_addr *address)
{
	memset(address, 0, sizeof(*address));
	address->s6_addr[10] = 0xff;
	address->s6_addr[11] = 0xff;
	memcpy(&address->s6_addr[12], ipv4, 4);
}

static int parse_address(const char *string, struct in6_addr *address)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, string, &ipv4) == 1) {
		map_ipv4(&ipv4, address);
		return 0;
	}
	return inet_pton(AF_INET6, string, address) == 1 ? 0 : -EINVAL;
}

int address_range_parse(const char *string, struct address_range *address_range)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(string, '/');
	size_t length = slash == NULL ? strlen(string) : (size_t)(slash - string);
	bool is_ipv4;
	int bits;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, string, length);
	address[length] = '\0';
	if (parse_address(address, &address_range->address) < 0)
		return -EINVAL;
	is_ipv4 = strchr(address, ':') == NULL;
	bits = is_ipv4 ? 32 : 128;
	if (slash != NULL)
		bits = (int)decimal_parse_string(slash + 1, 0, bits);
	if (bits < 0)
		return -EINVAL;
	address_range->bits = (unsigned int)bits + (is_ipv4 ? 96 : 0);
	return 0;
}

bool address_range_contains(
	const struct address_range *address_range, const struct in6_addr *address)
{
	unsigned int whole = address_range->bits / 8;
	unsigned int rest = address_range->bits % 8;

	if (memcmp(&address_range->address, address, whole) != 0)
		return false;
	return rest == 0 || ((address_range->address.s6_addr[whole] ^ address->s6_addr[whole]) >>
				    (8 - rest)) == 0;
}

int address_from_socket(const struct sockaddr *socket, struct in6_addr *address)
{
	if (socket->sa_family == AF_INET) {
		map_ipv4(&((const struct sockaddr_in *)(const void *)socket)->sin_addr, address);
		return 0;
	}
	if (socket->sa_family == AF_INET6) {
		*address = ((const struct sockaddr_in6 *)(const void *)socket)->sin6_addr;
		return 0;
	}
	return -EINVAL;
}

bool address_is_loopback(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address) ||
	       (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

void address_show(const struct in6_addr *address, char *string)
{
	/* Both are large enough, and both families are known. */
	if (IN6_IS_ADDR_V4MAPPED(address))
		(void)inet_ntop(AF_INET, &address->s6_addr[12], string, INET6_ADDRSTRLEN);
	else
		(void)inet_ntop(AF_INET6, address, string, INET6_ADDRSTRLEN);
}

static bool is_trusted(
	const struct address_range *trusted, size_t count, const struct in6_addr *address)
{
	for (size_t i = 0; i < count; i++) {
		if (address_range_contains(&trusted[i], address))
			return true;
	}
	return false;
}

void address_find_client(const struct address_range *trusted, size_t count,
	const struct in6_addr *peer, const char *forwarded, struct in6_addr *client)
{
	size_t left = forwarded == NULL ? 0 : strlen(forwarded);

	*client = *peer;
	while (left > 0 && is_trusted(trusted, count, client)) {
		char address[INET6_ADDRSTRLEN];
		size_t begin, end = left;
		struct in6_addr hop;

		while (left > 0 && forwarded[left - 1] != ',')
			left--;
		begin = left;
		if (left > 0)
			left--; /* the comma */
		while (begin < end && (forwarded[begin] == ' ' || forwarded[begin] == '\t'))
			begin++;
		while (end > begin && (forwarded[end - 1] == ' ' || forwarded[end - 1] == '\t'))
			end--;
		if (end - begin >= sizeof(address))
			return;
		memcpy(address, forwarded + begin, end - begin);
		address[end - begin] = '\0';
		if (parse_address(address, &hop) < 0)
			return;
		*client = hop;
	}
}

int address_parse_listen(const char *string, struct sockaddr_storage *socket, socklen_t *length)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)(void *)socket;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)(void *)socket;
	const char *colon = strrchr(string, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t host_length;
	int port;

	memset(socket, 0, sizeof(*socket));
	if (colon == NULL)
		return -EINVAL;
	host_length = (size_t)(colon - string);
	port = (int)decimal_parse_string(colon + 1, 0, 65535);
	if (port < 0 || host_length < 2 || host_length >= sizeof(host))
		return -EINVAL;
	memcpy(host, string, host_length);
	host[host_length] = '\0';
	if (host[0] == '[' && host[host_length - 1] == ']') {
		host[host_length - 1] = '\0';
		ipv6->sin6_family = AF_INET6;
		ipv6->sin6_port = htons((uint16_t)port);
		*length = sizeof(*ipv6);
		return inet_pton(AF_INET6, host + 1, &ipv6->sin6_addr) == 1 ? 0 : -EINVAL;
	}
	ipv4->sin_family = AF_INET;
	ipv4->sin_port = htons((uint16_t)port);
	*length = sizeof(*ipv4);
	return inet_pton(AF_INET, host, &ipv4->sin_addr) == 1 ? 0 : -EINVAL;
}
