/* websocket_link.c - libwebsockets on our loop: context, one client connection, messages put together, end
 * told once. */
#include "websocket_link.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>
#include <uv.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "websocket_log.h"
#include "websocket_way.h"

#define OUT_MAX 256           /* messages that wait for being written */
#define DEAD_S 60             /* without a sign of life */
#define KEEP_MAX (256u << 10) /* memory kept for the next message */

struct outgoing {
    struct outgoing *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE bytes for the library, then the text */
};

struct rf_link {
    uv_loop_t *loop;
    struct lws_context *context; /* set to NULL by the library when the last of it is gone */
    struct rf_link_callbacks callbacks;
    char *agent;
    bool tls;
    bool busy;       /* there is a connection, and its end is still to be told */
    struct lws *wsi; /* it */
    enum rf_link_reached reached;
    int64_t alive_ms;   /* newest sign of life; monotonic */
    char farewell[128]; /* of the server's close frame */
    struct rf_buf message;
    bool binary, skipping;
    struct outgoing *out;
    int out_count;
    int turns;        /* of the loop, without a handle of the library on it */
    uv_idle_t reaper; /* waits for the context to be gone */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* Quiet lines are asked for a sign of life; it is the only way to notice a dead one that has no pings of its
 * own. */
static const lws_retry_bo_t idle_policy = {.secs_since_valid_ping = 30, .secs_since_valid_hangup = DEAD_S};

static void forget(struct rf_link *link)
{
    struct outgoing *out, *next;
    LL_FOREACH_SAFE(link->out, out, next)
    free(out);
    link->out = NULL;
    link->out_count = 0;
    rf_buf_finish(&link->message);
    link->skipping = false;
    link->wsi = NULL;
    link->busy = false;
}

static __attribute__((format(printf, 3, 4))) void end(
    struct rf_link *link, int http_status, const char *format, ...)
{
    struct rf_link_end told = {.reached = link->reached, .http_status = http_status};
    va_list args;
    va_start(args, format);
    vsnprintf(told.reason, sizeof told.reason, format, args);
    va_end(args);
    forget(link);
    link->callbacks.ended(link->callbacks.ctx, &told);
}

/* No WebSocket has come of it. The library's own text is of little use, but for what went wrong in HTTP. */
static void fail(struct rf_link *link, struct lws *wsi, const char *text)
{
    const char *certificate = rf_websocket_log_certificate();
    int status = link->reached == RF_LINK_SERVER ? (int)lws_http_client_http_response(wsi) : 0;
    int error = 0, fd = lws_get_socket_fd(wsi);
    socklen_t size = sizeof error;
    if (status == 101)
        end(link, 0, "the server's answer is no WebSocket: %s", text != NULL ? text : "no reason given");
    else if (status != 0)
        end(link, status, "the server answers HTTP %d", status);
    else if (certificate[0] != '\0')
        end(link, 0, "the server's certificate is refused: %s", certificate);
    else if (text != NULL && strstr(text, "SSL") != NULL)
        end(link, 0, "the TLS handshake failed: is it a TLS port?");
    else if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0)
        end(link, 0, "%s", strerror(error));
    else if (link->reached == RF_LINK_SERVER)
        end(link, 0, "the server breaks off in the handshake");
    else
        end(link, 0, "no connection%s%s", text != NULL ? ": " : "", text != NULL ? text : "");
}

static int receive(struct rf_link *link, struct lws *wsi, const char *data, size_t len)
{
    if (lws_is_first_fragment(wsi)) {
        rf_buf_clear(&link->message);
        link->binary = lws_frame_is_binary(wsi);
        link->skipping = false;
    }
    if (!link->skipping && link->message.len + len > RF_LINK_MESSAGE_MAX) {
        link->skipping = true;
        rf_buf_finish(&link->message);
        link->callbacks.too_large(link->callbacks.ctx);
    }
    if (!link->skipping)
        rf_buf_append(&link->message, data, len);
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
        return 0;
    lws_validity_confirmed(wsi);
    if (!link->skipping)
        link->callbacks.message(
            link->callbacks.ctx, rf_buf_str(&link->message), link->message.len, link->binary);
    if (link->message.cap > KEEP_MAX)
        rf_buf_finish(&link->message);
    return 0;
}

static int write_next(struct rf_link *link, struct lws *wsi)
{
    struct outgoing *out = link->out;
    if (out == NULL)
        return 0;
    LL_DELETE(link->out, out);
    link->out_count--;
    int written = lws_write(wsi, out->data + LWS_PRE, out->len, LWS_WRITE_TEXT);
    bool whole = written >= (int)out->len;
    free(out);
    if (link->out != NULL)
        lws_callback_on_writable(wsi);
    return whole ? 0 : -1;
}

static int add_agent(struct rf_link *link, struct lws *wsi, void *in, size_t len)
{
    unsigned char **at = in, *limit = *at + len;
    if (link->agent[0] == '\0')
        return 0;
    return lws_add_http_header_by_token(
        wsi, WSI_TOKEN_HTTP_USER_AGENT, (unsigned char *)link->agent, (int)strlen(link->agent), at, limit);
}

/* The server says goodbye: a code, and perhaps a text. */
static void keep_farewell(struct rf_link *link, const unsigned char *in, size_t len)
{
    if (len < 2)
        return;
    int text = len - 2 < 100 ? (int)len - 2 : 100;
    int code = in[0] << 8 | in[1];
    /* libwebsockets 4.1 writes 1002 over the codes it does not know, 1012 to 1014 among them. */
    const char *unsure = code == LWS_CLOSE_STATUS_PROTOCOL_ERR ? " or one not known" : "";
    snprintf(link->farewell, sizeof link->farewell, "%d%s%s%.*s", code, unsure, text > 0 ? " " : "", text,
        (const char *)in + 2);
    for (char *c = link->farewell; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct rf_link *link = lws_get_opaque_user_data(wsi);
    if (link == NULL)
        return 0;
    if (!link->busy || link->wsi != wsi) /* one that was dropped */
        return reason == LWS_CALLBACK_CLIENT_RECEIVE ? -1 : 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        link->reached = RF_LINK_SERVER;
        return add_agent(link, wsi, in, len);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        link->reached = RF_LINK_OPEN;
        link->alive_ms = rf_clock_mono_ms();
        link->callbacks.opened(link->callbacks.ctx);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE: link->alive_ms = rf_clock_mono_ms(); return receive(link, wsi, in, len);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG: link->alive_ms = rf_clock_mono_ms(); return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return write_next(link, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: keep_farewell(link, in, len); return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: fail(link, wsi, in); return 0;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: /* all that is told of a handshake that was reset */
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY: /* should all else have been silent */
        if (link->reached != RF_LINK_OPEN)
            fail(link, wsi, NULL);
        else if (link->farewell[0] != '\0')
            end(link, 0, "the server has closed the connection (%s)", link->farewell);
        else if (rf_clock_mono_ms() - link->alive_ms >= DEAD_S * 1000LL)
            end(link, 0, "the connection is dead: no answer to a ping");
        else
            end(link, 0, "the connection broke");
        return 0;
    default: return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "feed", .callback = on_event, .rx_buffer_size = 16384}, {0}};

struct rf_link *rf_link_create(uv_loop_t *loop, struct rf_log *log, const struct rf_link_options *options,
    const struct rf_link_callbacks *callbacks, const char **error)
{
    bool own_ca = options->tls && options->ca_file[0] != '\0';
    *error = NULL;
    rf_websocket_log_to(log);
    rf_websocket_log_clear();
    if (own_ca && access(options->ca_file, R_OK) != 0) {
        *error = strerror(errno);
        return NULL;
    }
    struct rf_link *link = rf_new(sizeof *link);
    void *loops[] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .timeout_secs = 60, /* the deadlines are the owner's */
        .connect_timeout_secs = 60,
        .ka_time = 30,
        .ka_probes = 3,
        .ka_interval = 10,
        .pt_serv_buf_size = 16384,
        .pcontext = &link->context,
    };
    info.http_proxy_address = ":0"; /* none; NULL would go by $http_proxy, even to the own machine */
    if (options->tls)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT; /* 8 MB: not without need */
    if (own_ca) {
        info.client_ssl_ca_filepath = options->ca_file;
        info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    }
    link->context = lws_create_context(&info);
    if (link->context == NULL) {
        *error = "libwebsockets cannot be set up: is libwebsockets-evlib-uv installed?";
        free(link);
        return NULL;
    }
    link->loop = loop;
    link->callbacks = *callbacks;
    link->tls = options->tls;
    link->agent = rf_strdup(options->agent);
    if (rf_websocket_log_ca_refused())
        *error = "it holds no PEM certificates";
    return link;
}

/* For the Host header. SNI and the check of the certificate go by it, too. */
static void format_host(
    const struct rf_link *link, const struct rf_link_target *target, char *out, size_t size)
{
    bool colons = strchr(target->host, ':') != NULL;
    int len = snprintf(out, size, colons ? "[%s]" : "%s", target->host);
    if (target->port != (link->tls ? 443 : 80) && len > 0 && (size_t)len < size)
        snprintf(out + len, size - (size_t)len, ":%d", target->port);
}

void rf_link_connect(struct rf_link *link, const struct rf_link_target *target)
{
    char host[300];
    rf_link_drop(link);
    rf_websocket_log_clear();
    format_host(link, target, host, sizeof host);
    struct lws_client_connect_info info = {
        .context = link->context,
        .address = target->address,
        .port = target->port,
        .ssl_connection = (link->tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .path = target->path,
        .host = host,
        .local_protocol_name = protocols[0].name,
        .pwsi = &link->wsi,
        .opaque_user_data = link,
        .retry_and_idle_policy = &idle_policy,
    };
    link->busy = true;
    /* A connect that fails at once would leave a handle of the library on the loop, for ever. */
    int fault = rf_way_to(target->address, target->port);
    if (fault != 0)
        end(link, 0, "%s", strerror(fault));
    else if (lws_client_connect_via_info(&info) == NULL && link->busy)
        end(link, 0, "the connection could not be begun");
}

enum rf_link_reached rf_link_reached(const struct rf_link *link)
{
    return link->reached;
}

bool rf_link_send(struct rf_link *link, const char *text, size_t len)
{
    if (!link->busy)
        return true;
    if (link->out_count == OUT_MAX)
        return false;
    struct outgoing *out = rf_new(sizeof *out + LWS_PRE + len + 1);
    out->len = len;
    memcpy(out->data + LWS_PRE, text, len);
    LL_APPEND(link->out, out);
    link->out_count++;
    lws_callback_on_writable(link->wsi);
    return true;
}

void rf_link_hang_up(struct rf_link *link)
{
    if (!link->busy || link->reached != RF_LINK_OPEN)
        return;
    /* Not by a -1 from a callback: Debian's library is built with a test of its own that closes such a
     * connection twice, and the second time throws away the close frame that waits for being sent. */
    lws_close_reason(link->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    lws_set_timeout(link->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

void rf_link_drop(struct rf_link *link)
{
    struct lws *wsi = link->busy ? link->wsi : NULL;
    forget(link);
    link->reached = RF_LINK_NOWHERE;
    link->farewell[0] = '\0';
    if (wsi != NULL)
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void on_reaper_closed(uv_handle_t *handle)
{
    struct rf_link *link = handle->data;
    void (*closed)(void *ctx) = link->closed;
    void *ctx = link->closed_ctx;
    rf_websocket_log_to(NULL);
    free(link->agent);
    free(link);
    closed(ctx);
}

static void find_library_handle(uv_handle_t *handle, void *arg)
{
    struct rf_link *link = arg;
    if (handle->data == link->context)
        link->turns = 0;
}

/* On a loop that is not its own, libwebsockets 4.1 closes its handles when its context is destroyed, but
 * tells nobody when that is done, and has to be called once more then to free the rest. Its handles point to
 * the context; the ones of its connections, which do not, are closed a turn of the loop before those. */
static void on_reap(uv_idle_t *idle)
{
    struct rf_link *link = idle->data;
    if (link->context != NULL) {
        uv_walk(idle->loop, find_library_handle, link);
        if (++link->turns < 5)
            return;
        lws_context_destroy(link->context);
    }
    uv_close((uv_handle_t *)idle, on_reaper_closed);
}

void rf_link_destroy(struct rf_link *link, void (*closed)(void *ctx), void *ctx)
{
    rf_link_drop(link);
    link->closed = closed;
    link->closed_ctx = ctx;
    link->reaper.data = link;
    lws_context_destroy(link->context);
    uv_idle_init(link->loop, &link->reaper);
    uv_idle_start(&link->reaper, on_reap);
}
