/* test_session_weight.c - a session that the engine takes for one of the heaviest has a file that can be read
 * back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/session_text.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/session_file.h"
#include "racefacer/engine/engine.h"

#define FILE_CAP ((size_t)64 << 20) /* the store's */
#define T0 1767261600000LL

struct shape {
    size_t runs;
    const char *text; /* of each name */
    int frames;       /* two laps of each run in each */
    size_t max_laps;
};

/* Rows with all laps that frame number `n` tells. */
static void fill_rows(struct rf_row *rows, const struct shape *shape, int n)
{
    for (size_t i = 0; i < shape->runs; i++)
        rows[i] = (struct rf_row){.has_id = true,
            .id = (int64_t)1000000000 + (int64_t)i,
            .has_kart_id = true,
            .kart_id = (int64_t)2000000000 + (int64_t)i,
            .kart = shape->text,
            .kart_number = shape->text,
            .driver = shape->text,
            .position = 1000,
            .total_laps = 100000 + 2 * n,
            .last_ms = 1000000,
            .prev_ms = 1000001,
            .raw = {"", 0}};
}

/* Until the engine begins another session; the file of the last state of the first one. */
static void fill(const struct shape *shape, struct rf_buf *file, size_t *laps)
{
    struct rf_engine_options options = {.analysis = {.limits = {5000, 0}, .min_laps = 3},
        .max_laps = shape->max_laps,
        .gap_ms = 3600000,
        .stale_ms = 300000};
    struct rf_engine *engine = rf_engine_create(&options, NULL, NULL);
    struct rf_row *rows = rf_new_array(shape->runs, sizeof *rows);
    char *id = NULL;
    for (int n = 1; n <= shape->frames; n++) {
        fill_rows(rows, shape, n);
        struct rf_frame frame = {.has_event = true,
            .event_name = "",
            .track_name = "",
            .rows = rows,
            .row_count = shape->runs,
            .raw = {"{}", 2}};
        assert_int_equal(rf_engine_apply(engine, &frame, T0 + n * 30000LL), RF_APPLIED);
        const struct rf_session *session = rf_engine_default_session(engine);
        if (id != NULL && strcmp(session->id, id) != 0)
            break;
        free(id);
        id = rf_strdup(session->id);
        *laps = rf_session_timed_laps(session);
        if (n == shape->frames || session->full) {
            rf_session_file_write(file, session, &options.analysis);
            break;
        }
    }
    free(id);
    free(rows);
    rf_engine_destroy(engine);
}

static void check(const struct shape *shape)
{
    struct rf_buf file = RF_BUF_INIT;
    size_t laps = 0;
    const char *error;
    fill(shape, &file, &laps);
    print_message("%zu runs, %zu laps: %zu bytes\n", shape->runs, laps, file.len);
    assert_in_range(file.len, 1 << 17, FILE_CAP - RF_RAW_BYTES - (4 << 20));
    struct rf_session *session = rf_session_file_read("x", file.data, file.len, shape->max_laps, &error);
    assert_non_null(session);
    assert_int_equal(rf_session_timed_laps(session), laps);
    rf_session_destroy(session);
    rf_buf_finish(&file);
}

static void test_laps(void **state)
{
    (void)state;
    check(&(struct shape){.runs = 50, .text = "12345678", .frames = 100000, .max_laps = 100000});
    check(&(struct shape){.runs = 1, .text = "Ana Example", .frames = 100000, .max_laps = 1});
}

static void test_names(void **state)
{
    (void)state;
    char text[513];
    memset(text, '\x01', 512);
    text[512] = '\0';
    check(&(struct shape){.runs = 800, .text = text, .frames = 3, .max_laps = 1000});
    memset(text, 'x', 512);
    check(&(struct shape){.runs = 2000, .text = text, .frames = 3, .max_laps = 1000});
}

/* Rows of the feed may hold thousands of values each: as a tree they would take a hundred times the file. */
static void test_rows_do_not_become_a_tree(void **state)
{
    (void)state;
    static const char json[] =
        "{\"storageVersion\":1,\"sessionData\":{\"a\":1,\"runs\":[{\"id\":1,\"x\":[0,0,0]}]},"
        "\"analysis\":{\"karts\":[1]},\"lapHistory\":{\"5\":[1]},\"runs\":[{\"runId\":1}]}";
    struct rf_session_text text;
    const char *error;
    assert_int_equal(rf_session_text_init(&text, json, strlen(json), &error), 0);
    assert_null(rf_json_path(text.root, "sessionData", "runs", NULL)->child);
    assert_null(rf_json_path(text.root, "analysis", NULL)->child);
    assert_null(rf_json_path(text.root, "lapHistory", NULL)->child);
    assert_non_null(rf_json_path(text.root, "runs", NULL)->child);
    assert_non_null(rf_json_path(text.root, "sessionData", "a", NULL));
    assert_int_equal(
        rf_slice_path(text.whole, "sessionData", "runs", NULL).len, strlen("[{\"id\":1,\"x\":[0,0,0]}]"));
    rf_session_text_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laps),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_rows_do_not_become_a_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
