#include "client.h"

#include <netinet/in.h>
#include <string.h>

void client_network(const struct in6_addr *client, struct in6_addr *network)
{
	*network = *client;
	if (!IN6_IS_ADDR_V4MAPPED(client))
		memset(&network->s6_addr[8], 0, 8);
}
