/* address.h - client addresses as 16 bytes: what limits count by and what "from this machine" means. Pure. */
#ifndef RF_HTTP_ADDRESS_H
#define RF_HTTP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "racefacer/base/buf.h"

struct rf_address {
    uint8_t bytes[16]; /* IPv6; an IPv4 address is kept as ::ffff:a.b.c.d */
};

/* All zeros for a family that is neither IPv4 nor IPv6. */
struct rf_address rf_address_of(const struct sockaddr *socket_address);

/* Reads "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". False, and *out untouched, for other
 * texts. */
bool rf_address_parse(struct rf_address *out, const char *text, size_t len);

/* 127.0.0.0/8 and ::1. */
bool rf_address_is_loopback(const struct rf_address *address);

/* Who sent a request that came from `peer` with these X-Forwarded-For entries, when the last `proxies` hops
 * are ours: each hop's entry was written by the hop after it, so only that many, from the right, can be
 * believed. An entry that is no address ends the walk. */
struct rf_address rf_address_client(const struct rf_address *peer, struct rf_slice forwarded, int proxies);

/* What limits count by: the address; of IPv6 the /64, since one household or machine has a whole one. */
struct rf_address rf_address_group(const struct rf_address *address);

#endif
