/* fuzz_headers.c - any text as the headers that say who asks and what they have: nobody gets more rights by
 * them. The lines of the input are X-Forwarded-For, If-None-Match, Authorization, Origin, Host and
 * Sec-Fetch-Site; one that is "-" was not sent. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "expect.h"
#include "http/address.h"
#include "http/etag.h"
#include "http/permission.h"

#define LINES 6
#define TOKEN "0123456789abcdef"
#define MY_MACHINE "127.0.0.1"

/* Each line in memory of exactly its size, so that a read past its end is noticed; data NULL: not sent. */
static void take_lines(struct rf_slice lines[LINES], const char *text, size_t size)
{
    const char *end = text + size;
    for (int i = 0; i < LINES; i++) {
        const char *newline = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
        size_t len = (size_t)((newline != NULL ? newline : end) - text);
        lines[i] = (struct rf_slice){0};
        if (len != 1 || *text != '-') {
            char *copy = malloc(len > 0 ? len : 1);
            memcpy(copy, text, len);
            lines[i] = (struct rf_slice){copy, len};
        }
        text = newline != NULL ? newline + 1 : end;
    }
}

static bool same(struct rf_address a, struct rf_address b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* An address that was read is read again when it is written as libc writes it. */
static void check_address(struct rf_slice text)
{
    struct rf_address address, again;
    char written[INET6_ADDRSTRLEN];
    if (!rf_address_parse(&address, text.data, text.len))
        return;
    expect(inet_ntop(AF_INET6, address.bytes, written, sizeof written) != NULL);
    expect(rf_address_parse(&again, written, strlen(written)) && same(address, again));
    again = rf_address_group(&address);
    expect(same(again, rf_address_group(&again)));
}

/* Only what our own proxies wrote is believed: the last entries, whatever stands before them. */
static struct rf_address check_client(struct rf_address peer, struct rf_slice forwarded)
{
    struct rf_address client = rf_address_client(&peer, forwarded, 1);
    expect(same(rf_address_client(&peer, forwarded, 0), peer));
    char *longer = malloc(forwarded.len + 8);
    memcpy(longer, "1.2.3.4,", 8);
    memcpy(longer + 8, forwarded.data, forwarded.len);
    struct rf_slice forged = {longer, forwarded.len + 8};
    expect(same(rf_address_client(&peer, forged, 1), forwarded.len == 0 ? peer : client));
    free(longer);
    return client;
}

static void check_etags(struct rf_slice list)
{
    char etag[RF_ETAG_SIZE];
    rf_etag_make(etag, list.data, list.len);
    bool star = memchr(list.data, '*', list.len) != NULL;
    bool named = memmem(list.data, list.len, etag, strlen(etag)) != NULL;
    expect(!rf_etag_listed(list, etag) || star || named);
}

static void check_permission(struct rf_asker asker)
{
    struct rf_slice given = asker.authorization;
    /* With a token nothing else counts; and nobody passes who did not send it whole. */
    bool may = rf_permission_refusal(TOKEN, &asker) == NULL;
    expect(!may || (given.len >= strlen("Bearer " TOKEN) && strncasecmp(given.data, "Bearer ", 7) == 0 &&
                       memmem(given.data, given.len, TOKEN, strlen(TOKEN)) != NULL));
    may = rf_permission_refusal("", &asker) == NULL;
    expect(!may || (rf_address_is_loopback(&asker.peer) && rf_address_is_loopback(&asker.client)));
    expect(!may || asker.trust_proxy || !asker.forwarded);
    /* A page may only where it came from a name of this machine, whatever the Host header claims. */
    expect(!may || asker.origin.data == NULL || asker.origin.len == asker.host.len + strlen("http://"));
    asker.origin = (struct rf_slice){"http://evil.example", strlen("http://evil.example")};
    expect(rf_permission_refusal("", &asker) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rf_slice lines[LINES];
    struct rf_address peer;
    take_lines(lines, (const char *)data, size);
    expect(rf_address_parse(&peer, MY_MACHINE, strlen(MY_MACHINE)));
    struct rf_asker asker = {.peer = peer,
        .client = peer,
        .forwarded = lines[0].data != NULL,
        .trust_proxy = size % 2 == 0,
        .authorization = lines[2],
        .origin = lines[3],
        .host = lines[4],
        .fetch_site = lines[5]};
    if (lines[0].data != NULL)
        asker.client = check_client(peer, lines[0]);
    if (lines[1].data != NULL)
        check_etags(lines[1]);
    for (int i = 0; i < LINES; i++)
        if (lines[i].data != NULL)
            check_address(lines[i]);
    check_permission(asker);
    for (int i = 0; i < LINES; i++)
        free((char *)lines[i].data);
    return 0;
}
