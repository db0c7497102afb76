#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "decimal.h"

#define MAPPED_BITS 96 /* of ::ffff:0:0, which IPv4 is mapped to */
#define HOP_MAX 128    /* brackets, an address, a zone and a port */

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
	address_range->bits = (unsigned int)bits + (is_ipv4 ? MAPPED_BITS : 0);
	return IN6_IS_ADDR_V4MAPPED(&address_range->address) && address_range->bits < MAPPED_BITS
	               ? -ERANGE
	               : 0;
}

bool address_range_contains(
	const struct address_range *address_range, const struct in6_addr *address)
{
	unsigned int whole = address_range->bits / 8;
	unsigned int rest = address_range->bits % 8;

	if ((IN6_IS_ADDR_V4MAPPED(address) && address_range->bits < MAPPED_BITS) ||
		memcmp(&address_range->address, address, whole) != 0)
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

/* Takes the brackets off what stands there, and what may follow: ":" and a port. */
static int cut_brackets(char *string)
{
	char *end = strchr(string, ']');
	size_t length;

	if (end == NULL ||
		(end[1] != '\0' && (end[1] != ':' || decimal_parse_string(end + 2, 0, 65535) < 0)))
		return -EINVAL;
	length = (size_t)(end - string) - 1;
	memmove(string, string + 1, length);
	string[length] = '\0';
	return strchr(string, ':') == NULL ? -EINVAL : 0;
}

/* Parses one entry of X-Forwarded-For. Returns 0 or -EINVAL. */
static int parse_hop(const char *bytes, size_t length, struct in6_addr *address)
{
	char string[HOP_MAX];
	char *colon;

	if (length >= 2 && bytes[0] == '"' && bytes[length - 1] == '"') {
		bytes++;
		length -= 2;
	}
	if (length == 0 || length >= sizeof(string) || memchr(bytes, '\0', length) != NULL)
		return -EINVAL;
	memcpy(string, bytes, length);
	string[length] = '\0';
	colon = strchr(string, ':');
	if (string[0] == '[') {
		if (cut_brackets(string) < 0)
			return -EINVAL;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		/* One colon is in no address of IPv6. */
		if (decimal_parse_string(colon + 1, 0, 65535) < 0)
			return -EINVAL;
		*colon = '\0';
	}
	/* A zone is a name of the proxy's own. */
	if (strchr(string, ':') != NULL)
		string[strcspn(string, "%")] = '\0';
	return parse_address(string, address);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

void address_find_client(const struct address_range *trusted, size_t count,
	const struct in6_addr *peer, const char *forwarded, size_t length, struct in6_addr *client)
{
	size_t left = length;

	*client = *peer;
	while (left > 0 && is_trusted(trusted, count, client)) {
		size_t begin, end = left;
		struct in6_addr hop;

		while (left > 0 && forwarded[left - 1] != ',')
			left--;
		begin = left;
		if (left > 0)
			left--; /* the comma */
		while (begin < end && is_blank(forwarded[begin]))
			begin++;
		while (end > begin && is_blank(forwarded[end - 1]))
			end--;
		if (parse_hop(forwarded + begin, end - begin, &hop) < 0)
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
