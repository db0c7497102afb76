/*
 * client - who counts as one of those that send requests: an IPv4 address, or an IPv6 network /64,
 * which is what one customer gets.
 */
#ifndef PAM_WECHAT_LOGIN_CLIENT_H
#define PAM_WECHAT_LOGIN_CLIENT_H

struct in6_addr;

/* Writes what `client` (IPv4 as ::ffff:a.b.c.d) counts as: itself, or the first of its network. */
void client_network(const struct in6_addr *client, struct in6_addr *network);

#endif
