/* address.c - client addresses as 16 bytes. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static void set_v4(struct rf_address *out, const void *four)
{
    memcpy(out->bytes, mapped, sizeof(mapped));
    memcpy(out->bytes + 12, four, 4);
}

struct rf_address rf_address_of(const struct sockaddr *socket_address)
{
    struct rf_address out = {{0}};
    if (socket_address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, socket_address, sizeof(in));
        set_v4(&out, &in.sin_addr);
    } else if (socket_address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, socket_address, sizeof(in6));
        memcpy(out.bytes, &in6.sin6_addr, sizeof(out.bytes));
    }
    return out;
}

bool rf_address_parse(struct rf_address *out, const char *text, size_t len)
{
    char copy[64];
    while (len > 0 && (*text == ' ' || *text == '\t'))
        text++, len--;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    char *bare = copy, *colon = strchr(copy, ':');
    if (copy[0] == '[') {
        char *close = strchr(copy, ']');
        if (close == NULL || (close[1] != '\0' && close[1] != ':'))
            return false;
        *close = '\0';
        bare++;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *colon = '\0'; /* one colon is an IPv4 address with a port: IPv6 has two or more */
    }
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, bare, &four) == 1) {
        set_v4(out, &four);
        return true;
    }
    if (inet_pton(AF_INET6, bare, &six) != 1)
        return false;
    memcpy(out->bytes, &six, sizeof(out->bytes));
    return true;
}

static bool is_v4(const struct rf_address *address)
{
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

bool rf_address_is_loopback(const struct rf_address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    if (is_v4(address))
        return address->bytes[12] == 127;
    return memcmp(address->bytes, one, sizeof(one)) == 0;
}

struct rf_address rf_address_client(const struct rf_address *peer, struct rf_slice forwarded, int proxies)
{
    struct rf_address client = *peer;
    size_t end = forwarded.len;
    for (int hop = 0; hop < proxies && end > 0; hop++) {
        size_t start = end;
        while (start > 0 && forwarded.data[start - 1] != ',')
            start--;
        if (!rf_address_parse(&client, forwarded.data + start, end - start))
            break;
        end = start > 0 ? start - 1 : 0;
    }
    return client;
}

struct rf_address rf_address_group(const struct rf_address *address)
{
    struct rf_address group = *address;
    if (!is_v4(address))
        memset(group.bytes + 8, 0, 8);
    return group;
}
