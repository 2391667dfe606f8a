/* fuzz_session_file.c - any bytes as a stored session: what is made of them is JSON, and reads again. */
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "expect.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/session_file.h"
#include "racefacer/codec/views.h"

#define MAX_LAPS 5 /* few, so that laps get dropped */

static const struct rf_analysis_options options = {.limits = {5000, 0}, .min_laps = 3};

static void ignore(void *ctx, const struct rf_event *event)
{
    (void)ctx;
    (void)event;
}

static void check_summary(const char *data, size_t size)
{
    struct rf_summary summary;
    const char *error = NULL;
    if (rf_summary_of_file(&summary, "1760256914000", data, size, &error) != 0) {
        expect(error != NULL);
        return;
    }
    const struct rf_summary *page = &summary;
    struct rf_buf out = RF_BUF_INIT;
    rf_view_listing(&out, &page, 1, 1, 0, NULL);
    check_json(&out);
    expect(rf_utf8_valid(summary.drivers, strlen(summary.drivers)));
    expect(summary.karts >= 0 && summary.laps >= 0 && summary.duration_ms >= 0);
    rf_buf_finish(&out);
    rf_summary_finish(&summary);
}

/* Takes the session over. */
static void check_views(struct rf_session *session)
{
    const struct rf_engine_options engine_options = {
        .analysis = options, .max_laps = MAX_LAPS, .gap_ms = 3600000, .stale_ms = 300000};
    struct rf_engine *engine = rf_engine_create(&engine_options, ignore, NULL);
    struct rf_buf out = RF_BUF_INIT;
    rf_engine_adopt(engine, session);
    rf_view_current(&out, engine, session);
    check_json(&out);
    rf_buf_clear(&out);
    if (rf_view_kart(&out, engine, session, "7"))
        check_json(&out);
    rf_buf_finish(&out);
    rf_engine_destroy(engine);
}

/* Writes the session, checks the text, and reads it back. */
static struct rf_session *store(const struct rf_session *session, struct rf_buf *text)
{
    const char *error = NULL;
    check_session(session, &options);
    rf_session_file_write(text, session, &options);
    check_json(text);
    struct rf_session *restored = rf_session_file_read("x", text->data, text->len, MAX_LAPS, &error);
    expect(restored != NULL);
    return restored;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *error = NULL;
    check_summary((const char *)data, size);
    struct rf_session *session = rf_session_file_read("x", (const char *)data, size, MAX_LAPS, &error);
    if (session == NULL) {
        expect(error != NULL);
        return 0;
    }
    /* What the first writing made of a forged file is ours: from there on nothing may change. */
    struct rf_buf first = RF_BUF_INIT, second = RF_BUF_INIT, third = RF_BUF_INIT;
    struct rf_session *restored = store(session, &first), *again = store(restored, &second);
    rf_session_file_write(&third, again, &options);
    expect(second.len == third.len && memcmp(second.data, third.data, second.len) == 0);
    rf_session_destroy(again);
    rf_session_destroy(restored);
    rf_buf_finish(&first);
    rf_buf_finish(&second);
    rf_buf_finish(&third);
    check_views(session);
    return 0;
}
