/* handlers_stream.c - the push stream's beginning, and who listens to it. */
#include <stdio.h>
#include <string.h>

#include "headers.h"
#include "query.h"
#include "server_impl.h"

/* Bits of the kinds in "lap,session"; 0 and a sentence in `error` where a name is none of ours. The greeting
 * always comes. */
static unsigned read_kinds(const char *list, char error[RF_QUERY_ERROR])
{
    unsigned kinds = 1u << RF_STREAM_CONNECTED;
    for (const char *at = list; *at != '\0';) {
        size_t len = strcspn(at, ","), kind = 0;
        while (
            kind < RF_STREAM_KINDS && (strlen(rf_stream_name((enum rf_stream_kind)kind)) != len ||
                                          strncmp(rf_stream_name((enum rf_stream_kind)kind), at, len) != 0))
            kind++;
        if (kind == RF_STREAM_KINDS && len > 0) {
            (void)snprintf(error, RF_QUERY_ERROR,
                "events: there is no \"%.*s\"; there are session, lap, position, sessionStart, sessionEnd, "
                "status and heartbeat",
                (int)(len < 32 ? len : 32), at); /* it fits */
            return 0;
        }
        kinds |= len > 0 ? 1u << kind : 0;
        at += len + (at[len] == ',');
    }
    return kinds;
}

static int read_wish(struct rf_request *request, struct rf_query *query, struct rf_stream_wish *wish,
    char error[RF_QUERY_ERROR])
{
    const char *raw = request->uri + request->query_at;
    *wish = (struct rf_stream_wish){.kinds = ~0u};
    if (rf_query_parse(query, raw, strlen(raw), error) < 0 ||
        rf_query_track(query, &wish->by_track, &wish->track, error) < 0)
        return -1;
    const char *events = rf_query_get(query, "events");
    if (events != NULL && (wish->kinds = read_kinds(events, error)) == 0)
        return -1;
    const char *id = MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, "Last-Event-ID");
    if (id == NULL)
        id = rf_query_get(
            query, "lastEventId"); /* for clients that cannot set headers, a browser after a reload */
    if (id != NULL)
        wish->last_id = (struct rf_slice){id, strlen(id)};
    return 0;
}

static enum MHD_Result reply_head(struct rf_request *request)
{
    struct MHD_Response *response =
        rf_headers_checked(MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
    rf_headers_add_common(response, &request->server->cors, request->variant);
    rf_headers_add_stream(response);
    return rf_reply_response(request, MHD_HTTP_OK, response);
}

enum MHD_Result rf_handle_stream(struct rf_request *request)
{
    struct rf_server *server = request->server;
    struct rf_query query;
    struct rf_stream_wish wish;
    char error[RF_QUERY_ERROR];
    if (read_wish(request, &query, &wish, error) != 0)
        return rf_reply_error(request, MHD_HTTP_BAD_REQUEST, error, NULL);
    if (server->closing)
        return rf_reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "The server is stopping", NULL);
    if (request->method == RF_METHOD_HEAD)
        return reply_head(request);
    if (rf_connection_take(request->connection) != 0)
        return rf_reply_error(
            request, MHD_HTTP_SERVICE_UNAVAILABLE, "The server has too many files open for a stream", NULL);
    rf_log_debug(server->log, "http", "GET /api/stream: the stream has the connection from here on");
    rf_metrics_answered(request, MHD_HTTP_OK);
    rf_stream_client_create(&server->stream, request, &wish);
    return MHD_NO; /* makes libmicrohttpd let go of it */
}

enum MHD_Result rf_handle_clients(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT;
    rf_stream_write_clients(&request->server->stream, &body);
    return rf_reply_text(request, MHD_HTTP_OK, &body, NULL);
}
