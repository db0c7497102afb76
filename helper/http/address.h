/*
 * address - whom we listen as, and whom we believe about where a request comes from.
 */
#ifndef PAM_WECHAT_HTTP_ADDRESS_H
#define PAM_WECHAT_HTTP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct address_range {
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d */
	unsigned int bits;       /* 0 to 128 */
};

/*
 * Parses an address or a network, `10.0.0.0/8` or `fd00::/8`. Returns 0; -EINVAL; or -ERANGE for a
 * network of IPv6 that begins with a mapped address and is wider than all of IPv4.
 */
int address_range_parse(const char *string, struct address_range *address_range);

/* Whether it is in there. No network of IPv6 holds addresses of IPv4. */
bool address_range_contains(
	const struct address_range *address_range, const struct in6_addr *address);

/* The address of a socket's peer, mapped as above. Returns 0, or -EINVAL for other families. */
int address_from_socket(const struct sockaddr *socket, struct in6_addr *address);

bool address_is_loopback(const struct in6_addr *address);

/* Writes the address as people write it; `string` holds INET6_ADDRSTRLEN bytes. */
void address_show(const struct in6_addr *address, char *string);

/*
 * Where a request came from: `peer`, unless that is a trusted proxy; then the last address of its
 * X-Forwarded-For (`forwarded`, a list of `length` bytes) that is not a trusted proxy itself. An
 * address may have a port (`192.0.2.1:80`, `[2001:db8::1]:80`), brackets alone, a zone, and quotes
 * around all that. What is no address ends the search at the proxy that said so.
 */
void address_find_client(const struct address_range *trusted, size_t count,
	const struct in6_addr *peer, const char *forwarded, size_t length, struct in6_addr *client);

/*
 * Parses where to listen, `127.0.0.1:8080` or `[::1]:8080`; port 0 is the system's choice. Returns
 * 0 or -EINVAL.
 */
int address_parse_listen(const char *string, struct sockaddr_storage *socket, socklen_t *length);

#endif
