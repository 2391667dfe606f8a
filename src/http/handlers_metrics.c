/* handlers_metrics.c - /metrics: what the server counts, for Prometheus. */
#include <stdlib.h>

#include "body.h"
#include "headers.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "server_impl.h"

void rf_metrics_answered(const struct rf_request *request, unsigned status)
{
    rf_answer_counts_add(
        &request->server->answers, request->route.endpoint, status, rf_clock_mono_us() - request->begun_us);
}

static void write_metrics(struct rf_server *server, struct rf_buf *out)
{
    static const char *const names[RF_REFUSALS] = {
        [RF_REFUSAL_FULL] = "full",
        [RF_REFUSAL_ADDRESS] = "address",
        [RF_REFUSAL_LATE] = "late",
        [RF_REFUSAL_HEADERS] = "headers",
        [RF_REFUSAL_URL] = "url",
        [RF_REFUSAL_QUERY] = "query",
    };
    struct rf_server_status status = {0};
    struct rf_cause_metric refused[RF_REFUSALS];
    struct rf_route_metric *routes =
        rf_new_array((size_t)RF_ENDPOINTS * RF_ANSWER_STATUSES, sizeof(struct rf_route_metric));
    server->backend.status(server->backend.ctx, &status);
    for (size_t i = 0; i < RF_REFUSALS; i++)
        refused[i] = (struct rf_cause_metric){names[i], server->refused[i]};
    struct rf_http_metrics http = {
        .connections = (uint64_t)server->connection_count,
        .refused = refused,
        .refused_count = RF_REFUSALS,
        .routes = routes,
        .route_count = rf_answer_counts_list(&server->answers, routes),
        .busy = server->busy,
        .stream_clients = server->stream.client_count,
        .stream_connections = server->stream.clients_ever,
        .stream_lag_bytes = rf_stream_lag(&server->stream),
        .stream_cut_off = server->stream.cut_off,
    };
    rf_metrics_write(out, server->backend.engine, &status, &http);
    free(routes);
}

enum MHD_Result rf_handle_metrics(struct rf_request *request)
{
    struct rf_server *server = request->server;
    struct rf_buf text = RF_BUF_INIT;
    write_metrics(server, &text);
    bool packed = rf_reply_compress(request, &text);
    size_t len = text.len;
    struct rf_body *body = rf_body_create(&server->once_bytes, rf_buf_take(&text), len);
    struct MHD_Response *response = rf_body_response(body);
    rf_body_drop(body); /* the response has it now */
    rf_headers_add_common(response, &server->cors, request->variant);
    rf_headers_add(response, "Content-Type", RF_METRICS_TYPE);
    rf_headers_add(response, "Cache-Control", "no-store");
    rf_headers_add_encoding(response, packed);
    return rf_reply_response(request, MHD_HTTP_OK, response);
}
