/* test_journal.c - records: framed, walked past damage, and enough to rebuild every lap from. */
#include "session_maker.h"

#include "racefacer/base/memory.h"
#include "racefacer/codec/journal.h"
#include "racefacer/codec/session_file.h"

static const struct rf_analysis_options options = {{5000, 0}, 3};

static void keep(void *ctx, const struct rf_event *event)
{
    rf_journal_write_event(ctx, event);
}

static struct maker journaled(struct rf_buf *journal)
{
    struct rf_engine_options engine = {
        .analysis = options, .max_laps = 1000, .gap_ms = 3600000, .stale_ms = 300000};
    return (struct maker){rf_decoder_create(), rf_engine_create(&engine, keep, journal)};
}

/* Applies all records above what the session has; makes the session where it is NULL. Returns how many
 * changed it. */
static int apply_all(struct rf_session **session, const struct rf_buf *journal)
{
    struct rf_journal_walk walk = {rf_buf_str(journal), rf_buf_str(journal) + journal->len};
    struct rf_slice json;
    int changed = 0;
    while (rf_journal_next(&walk, &json) == RF_JOURNAL_RECORD) {
        struct rf_journal_record record;
        assert_int_equal(rf_journal_parse(&record, json.data, json.len), 0);
        if (*session == NULL)
            *session = rf_journal_begin(&record, 1000);
        changed += rf_journal_apply(*session, &record);
        rf_journal_record_finish(&record);
    }
    rf_session_restored(*session);
    return changed;
}

/* What a session's file says of laps, without what only frames tell. */
static char *laps_of(const struct rf_session *session)
{
    struct rf_buf text = RF_BUF_INIT;
    rf_session_file_write(&text, session, &options);
    cJSON *root = cJSON_Parse(text.data), *run;
    cJSON_ArrayForEach(run, cJSON_GetObjectItem(root, "runs"))
    {
        cJSON_DeleteItemFromObject(run, "inFrame");
        cJSON_DeleteItemFromObject(run, "updatedAt");
        cJSON_DeleteItemFromObject(run, "lastLapAt");
        cJSON_DeleteItemFromObject(run, "position");
    }
    static const char *const kept[] = {
        "sessionId", "eventName", "trackConfigId", "date", "isComplete", "runs"};
    cJSON *short_one = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        cJSON_AddItemToObject(short_one, kept[i], cJSON_DetachItemFromObject(root, kept[i]));
    char *printed = cJSON_Print(short_one);
    cJSON_Delete(short_one);
    cJSON_Delete(root);
    rf_buf_finish(&text);
    return printed;
}

static void assert_same_laps(const struct rf_session *a, const struct rf_session *b)
{
    char *left = laps_of(a), *right = laps_of(b);
    assert_string_equal(left, right);
    free(left);
    free(right);
}

#define DATA(event, rows)                                                                                    \
    "{\"data\":{\"event_name\":\"" event "\",\"track_configuration_id\":3,\"runs\":[" rows "]}}"
#define TWIN(kart, driver, total, last, prev)                                                                \
    "{\"id\":1,\"name\":\"" driver "\",\"kart\":\"" #kart "\",\"kart_id\":" #kart ",\"total_laps\":" #total  \
    ",\"last_time_raw\":" #last ",\"prev_time_raw\":" #prev "}"
#define ROW(id, kart, total, last, prev)                                                                     \
    "{\"id\":" #id ",\"name\":\"D" #id "\",\"kart\":\"" #kart "\",\"kart_id\":" #kart                        \
    ",\"total_laps\":" #total ",\"last_time_raw\":" #last ",\"prev_time_raw\":" #prev "}"

/* A lost frame, a correction, a change of karts, a marshal, the flag. */
static const char *const race[] = {
    DATA("Session #1", ROW(1, 101, 1, null, null) "," ROW(2, 102, 1, null, null)),
    DATA("Session #1", ROW(1, 101, 2, 27000, null) "," ROW(2, 102, 1, null, null)),
    DATA("Session #1", ROW(1, 101, 4, 27200, 27100) "," ROW(2, 102, 2, 30000, null)),
    DATA("Session #1", ROW(1, 101, 4, 27250, 27100) "," ROW(2, 102, 3, 30100, 30000)),
    DATA("Session #1", ROW(1, 201, 5, 27300, 27250) "," ROW(2, 102, 7, 30500, 30400)),
    DATA("Session #1", ROW(1, 201, 6, 27400, 27300) "," ROW(2, 102, 6, 30400, 30300)),
    DATA("Session #1", ROW(1, 201, 6, 27400, 27300) "," ROW(2, 102, 6, 30400, 30300)),
    DATA("Session #1", ROW(1, 201, 3, 27100, 27000) "," ROW(2, 102, 8, 30600, 30550)),
    DATA("Session #1", ROW(1, 201, 3, 27100, 27000) "," ROW(2, 102, 8, 30600, 30550)),
    DATA("Session #1", ROW(1, 201, 4, 28000, 27100) "," ROW(2, 102, 9, 30700, 30600)),
};
#define FRAMES(frames) (sizeof(frames) / sizeof(frames)[0])

/* Three rows with one id, told apart by kart and driver; then a marshal takes laps from one of them. */
static const char *const collision[] = {
    DATA("Session #1",
        TWIN(101, "A", 1, null, null) "," TWIN(102, "A", 1, null, null) "," TWIN(101, "B", 1, null, null)),
    DATA("Session #1",
        TWIN(101, "A", 2, 27000, null) "," TWIN(102, "A", 2, 28000, null) "," TWIN(101, "B", 2, 29000, null)),
    DATA("Session #1", TWIN(101, "A", 3, 27001, 27000) "," TWIN(102, "A", 3, 28001, 28000) "," TWIN(
                           101, "B", 3, 29001, 29000)),
    DATA("Session #1", TWIN(101, "A", 3, 27001, 27000) "," TWIN(102, "A", 2, 28000, null) "," TWIN(
                           101, "B", 4, 29002, 29001)),
    DATA("Session #1", TWIN(101, "A", 4, 27002, 27001) "," TWIN(102, "A", 2, 28000, null) "," TWIN(
                           101, "B", 4, 29002, 29001)),
};

static void check_journal_alone(const char *const *frames, size_t count)
{
    struct rf_buf journal = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    for (size_t i = 0; i < count; i++)
        maker_frame(&maker, START_MS + (int64_t)i * 30000, frames[i]);
    struct rf_session *rebuilt = NULL;
    assert_true(apply_all(&rebuilt, &journal) > 0);
    assert_same_laps(rebuilt, maker_session(&maker));
    assert_int_equal(rebuilt->laps_version, maker_session(&maker)->laps_version);
    assert_int_equal(apply_all(&rebuilt, &journal), 0); /* again: nothing changes */
    assert_same_laps(rebuilt, maker_session(&maker));
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&journal);
}

static void check_any_moment(const char *const *frames, size_t count, size_t first)
{
    for (size_t saved = first; saved <= count; saved++) {
        struct rf_buf journal = RF_BUF_INIT, file = RF_BUF_INIT;
        struct maker maker = journaled(&journal);
        const char *error;
        for (size_t i = 0; i < count; i++) {
            maker_frame(&maker, START_MS + (int64_t)i * 30000, frames[i]);
            if (i + 1 == saved)
                rf_session_file_write(&file, maker_session(&maker), &options);
        }
        struct rf_session *read =
            rf_session_file_read(maker_session(&maker)->id, file.data, file.len, 1000, &error);
        assert_non_null(read);
        (void)apply_all(&read, &journal);
        assert_same_laps(read, maker_session(&maker));
        rf_session_destroy(read);
        maker_destroy(&maker);
        rf_buf_finish(&journal);
        rf_buf_finish(&file);
    }
}

static void the_journal_alone_rebuilds_every_lap(void **state)
{
    (void)state;
    check_journal_alone(race, FRAMES(race));
}

static void a_record_tells_when_its_frame_was_made(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    maker_frame(&maker, START_MS, race[0]);
    maker_frame(&maker, START_MS + 2000,
        "{\"data\":{\"event_name\":\"Session #1\",\"track_configuration_id\":3,\"timestamp\":1760256915,"
        "\"runs\":[" ROW(1, 101, 2, 27000, null) "]}}");
    struct rf_session *rebuilt = NULL;
    assert_true(apply_all(&rebuilt, &journal) > 0);
    assert_int_equal(rebuilt->made_s, 1760256915);
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&journal);
}

/* Whenever the file was saved, it and the journal make the whole. */
static void a_file_of_any_moment_and_the_journal_make_the_whole(void **state)
{
    (void)state;
    check_any_moment(race, FRAMES(race), 1);
}

static void a_kart_that_was_tried_takes_no_laps(void **state)
{
    (void)state;
    static const char *const tried[] = {
        DATA("Session #1", ROW(1, 101, 1, null, null)),
        DATA("Session #1", ROW(1, 101, 2, 27000, null)),
        DATA("Session #1", ROW(1, 201, 2, 27000, null)),
        DATA("Session #1", ROW(1, 301, 2, 27000, null)),
        DATA("Session #1", ROW(1, 201, 2, 27000, null)),
        DATA("Session #1", ROW(1, 201, 3, 27100, 27000)),
        DATA("Session #1", ROW(1, 201, 4, 27200, 27100)),
        DATA("Session #1", ROW(1, 201, 4, 27250, 27150)),
    };
    check_any_moment(tried, FRAMES(tried), 4); /* from then on its file has the kart that was tried */
}

static void rows_that_share_an_id_stay_apart(void **state)
{
    (void)state;
    check_journal_alone(collision, FRAMES(collision));
    check_any_moment(collision, FRAMES(collision), 1);
}

/* The journal's record of a lap may be older than what the feed tells of the kart. */
static void a_kart_told_late_is_known_all_the_same(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    maker_frame(&maker, START_MS, DATA("Session #1", "{\"id\":1,\"kart\":\"7\",\"total_laps\":1}"));
    maker_frame(&maker, START_MS + 30000, DATA("Session #1", TWIN(101, "A", 2, 27000, null)));
    maker_frame(&maker, START_MS + 60000, DATA("Session #1", TWIN(101, "A", 3, 27100, 27000)));
    struct rf_session *rebuilt = NULL;
    (void)apply_all(&rebuilt, &journal);
    assert_int_equal(rebuilt->run_count, 1);
    assert_int_equal(rebuilt->runs[0]->kart_id, 101);
    assert_int_equal(rf_lap_history_timed(&rebuilt->runs[0]->history), 2);
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&journal);
}

/* The first kart's number comes with no lap, and so in no record. */
static void a_change_of_karts_is_told_from_a_kart_told_late(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    maker_frame(&maker, START_MS,
        DATA("Session #1", "{\"id\":1,\"kart\":\"7\",\"total_laps\":2,\"last_time_raw\":27000}"));
    maker_frame(&maker, START_MS + 30000, DATA("Session #1", TWIN(101, "A", 2, 27000, null)));
    maker_frame(&maker, START_MS + 60000, DATA("Session #1", TWIN(102, "A", 3, 27100, 27000)));
    struct rf_session *rebuilt = NULL;
    (void)apply_all(&rebuilt, &journal);
    assert_int_equal(rebuilt->run_count, 2);
    assert_int_equal(rebuilt->runs[0]->history.laps[0].num, 2);
    assert_int_equal(rebuilt->runs[1]->history.laps[0].num, 3);
    assert_int_equal(rebuilt->runs[1]->kart_id, 102);
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&journal);
}

/* More changes of karts than are followed: the laps behind them are kept all the same. */
static void laps_behind_the_last_change_of_karts_are_rebuilt(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT, frame = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    for (int lap = 1; lap <= RF_MAX_STINTS + 5; lap++) {
        rf_buf_clear(&frame);
        rf_buf_printf(&frame,
            DATA("Session #1", "{\"id\":1,\"kart_id\":%d,\"total_laps\":%d,\"last_time_raw\":%d}"), 100 + lap,
            lap, 27000 + lap);
        maker_frame(&maker, START_MS + lap * 30000, frame.data);
    }
    struct rf_session *rebuilt = NULL;
    (void)apply_all(&rebuilt, &journal);
    assert_int_equal(rf_session_timed_laps(rebuilt), RF_MAX_STINTS + 5);
    assert_same_laps(rebuilt, maker_session(&maker));
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&frame);
    rf_buf_finish(&journal);
}

/* A driver changes karts, and before he has a lap on the new one a marshal takes back all he had on the old.
 */
static void laps_taken_back_after_a_change_of_karts_are_gone(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    maker_frame(&maker, START_MS, DATA("Session #1", TWIN(101, "A", 3, null, null)));
    maker_frame(&maker, START_MS + 30000, DATA("Session #1", TWIN(102, "A", 6, null, null)));
    maker_frame(&maker, START_MS + 60000, DATA("Session #1", TWIN(103, "A", 6, 27000, null)));
    assert_int_equal(rf_session_timed_laps(maker_session(&maker)), 1);
    maker_frame(&maker, START_MS + 90000, DATA("Session #1", TWIN(103, "A", 3, null, null)));
    maker_frame(&maker, START_MS + 120000, DATA("Session #1", TWIN(103, "A", 3, null, null)));
    assert_int_equal(rf_session_timed_laps(maker_session(&maker)), 0);
    struct rf_session *rebuilt = NULL;
    (void)apply_all(&rebuilt, &journal);
    assert_int_equal(rf_session_timed_laps(rebuilt), 0);
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&journal);
}

static void the_end_is_recorded(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT;
    struct maker maker = journaled(&journal);
    maker_frame(&maker, START_MS, race[2]);
    rf_engine_tick(maker.engine, START_MS + 3600001);
    struct rf_session *rebuilt = NULL;
    (void)apply_all(&rebuilt, &journal);
    assert_true(rebuilt->ended);
    rf_session_destroy(rebuilt);
    maker_destroy(&maker);
    rf_buf_finish(&journal);
}

static void damage_is_told_from_a_torn_end(void **state)
{
    (void)state;
    struct rf_buf journal = RF_BUF_INIT;
    rf_journal_write_deleted(&journal, "one");
    size_t first = journal.len;
    rf_journal_write_deleted(&journal, "two");
    size_t second = journal.len;
    rf_journal_write_deleted(&journal, "three");
    struct rf_slice json;

    struct rf_journal_walk torn = {journal.data, journal.data + journal.len - 5};
    assert_int_equal(rf_journal_next(&torn, &json), RF_JOURNAL_RECORD);
    assert_int_equal(rf_journal_next(&torn, &json), RF_JOURNAL_RECORD);
    assert_int_equal(rf_journal_next(&torn, &json), RF_JOURNAL_TORN);
    assert_int_equal(rf_journal_next(&torn, &json), RF_JOURNAL_END);

    journal.data[first + 30] ^= 1;
    struct rf_journal_walk damaged = {journal.data, journal.data + journal.len};
    assert_int_equal(rf_journal_next(&damaged, &json), RF_JOURNAL_RECORD);
    assert_int_equal(rf_journal_next(&damaged, &json), RF_JOURNAL_DAMAGED);
    assert_int_equal(json.len, second - first);
    assert_int_equal(rf_journal_next(&damaged, &json), RF_JOURNAL_RECORD);
    struct rf_journal_record record;
    assert_int_equal(rf_journal_parse(&record, json.data, json.len), 0);
    assert_string_equal(record.session_id, "three");
    assert_true(record.deleted);
    rf_journal_record_finish(&record);
    assert_int_equal(rf_journal_next(&damaged, &json), RF_JOURNAL_END);
    rf_buf_finish(&journal);
}

static void strangers_are_refused(void **state)
{
    (void)state;
    struct rf_journal_record record;
    assert_int_equal(rf_journal_parse(&record, "[]", 2), -1);
    assert_int_equal(rf_journal_parse(&record, "{}", 2), -1);
    assert_int_equal(rf_journal_parse(&record, "{\"sessionId\":\"x\"}", 17), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_alone_rebuilds_every_lap),
        cmocka_unit_test(a_record_tells_when_its_frame_was_made),
        cmocka_unit_test(a_file_of_any_moment_and_the_journal_make_the_whole),
        cmocka_unit_test(a_kart_that_was_tried_takes_no_laps),
        cmocka_unit_test(rows_that_share_an_id_stay_apart),
        cmocka_unit_test(a_kart_told_late_is_known_all_the_same),
        cmocka_unit_test(a_change_of_karts_is_told_from_a_kart_told_late),
        cmocka_unit_test(laps_behind_the_last_change_of_karts_are_rebuilt),
        cmocka_unit_test(laps_taken_back_after_a_change_of_karts_are_gone),
        cmocka_unit_test(the_end_is_recorded),
        cmocka_unit_test(damage_is_told_from_a_torn_end),
        cmocka_unit_test(strangers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
