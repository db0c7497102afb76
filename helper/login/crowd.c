#include "crowd.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static struct crowd *find(const struct table *all, const char *address)
{
	struct table_entry *entry = table_find(all, address);

	return entry == NULL ? NULL
	                     : (struct crowd *)(void *)((char *)entry -
							offsetof(struct crowd, by_address));
}

struct crowd *crowd_join(struct table *all, const struct in6_addr *client)
{
	char address[INET6_ADDRSTRLEN] = "";
	struct in6_addr network;
	struct crowd *crowd;

	if (client != NULL) {
		client_network(client, &network);
		(void)inet_ntop(AF_INET6, &network, address, sizeof(address));
	}
	crowd = find(all, address);
	if (crowd == NULL) {
		crowd = calloc(1, sizeof(*crowd));
		if (crowd == NULL)
			return NULL;
		crowd->all = all;
		memcpy(crowd->address, address, sizeof(address));
		crowd->by_address.key = crowd->address;
		if (table_add(all, &crowd->by_address) < 0) {
			free(crowd);
			return NULL;
		}
	}
	crowd->count++;
	return crowd;
}

void crowd_leave(struct crowd **crowd)
{
	if (--(*crowd)->count == 0) {
		table_remove((*crowd)->all, &(*crowd)->by_address);
		free(*crowd);
	}
	*crowd = NULL;
}
