/* test_race.c - generated races: always the same, faulty in every way they should be, and true to their
 * truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "racefacer/codec/json_slice.h"
#include "racefacer/feed/race.h"
#include "unit/feed/follower.h"

#define START_MS 1760000000000

static struct rf_race_options plain_options(void)
{
    return (struct rf_race_options){.seed = 7,
        .start_ms = START_MS,
        .channel = "venue",
        .tracks = 2,
        .karts = 9,
        .lap_ms = 20000,
        .race_ms = 300000,
        .frame_ms = 2000};
}

static struct rf_race_options faulty_options(void)
{
    struct rf_race_options options = plain_options();
    options.faults = options.incidents = true;
    return options;
}

/* What is counted over the frames of a race. */
struct tally {
    struct follower follower;
    int frames, lost, repeated;
    int ghosts, left, in_pit, text_numbers, null_texts, wild_averages, dash_beside_number, negative;
    int64_t last_ms;
    struct rf_buf before; /* the frame before, of any track */
};

static void count_row(struct tally *tally, const cJSON *row, double made_s)
{
    const cJSON *number = cJSON_GetObjectItem(row, "kart_number"),
                *in_pit = cJSON_GetObjectItem(row, "in_pit");
    tally->ghosts += cJSON_IsNull(cJSON_GetObjectItem(row, "kart")) &&
                     cJSON_IsNull(cJSON_GetObjectItem(row, "kart_id")) &&
                     (number == NULL || number->valuestring[0] == '\0');
    double started = field(row, "current_lap_start_timestamp");
    tally->left += started > 0 && made_s - started > 86400;
    tally->in_pit += cJSON_IsTrue(in_pit) || strcmp(text(row, "in_pit"), "true") == 0;
    tally->text_numbers += cJSON_IsString(cJSON_GetObjectItem(row, "total_laps"));
    tally->null_texts += strcmp(text(row, "last_time_raw"), "null") == 0;
    tally->wild_averages += field(row, "avg_lap_raw") == 1e20;
    tally->dash_beside_number += strcmp(text(row, "best_time"), "-") == 0 && field(row, "best_time_raw") > 0;
    const cJSON *lap_ms = cJSON_GetObjectItem(row, "current_lap_milliseconds");
    tally->negative += lap_ms->valuedouble < 0;
}

static void take_frame(struct tally *tally, const struct rf_buf *frame)
{
    assert_true(rf_utf8_valid(frame->data, frame->len));
    assert_true(rf_json_valid(frame->data, frame->len));
    cJSON *payload = cJSON_Parse(frame->data);
    const cJSON *data = cJSON_GetObjectItem(payload, "data"), *row;
    assert_non_null(data);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(data, "runs"))
        count_row(tally, row, field(data, "timestamp_socket"));
    follower_apply(&tally->follower, payload);
    cJSON_Delete(payload);
    if (frame->len == tally->before.len && memcmp(frame->data, tally->before.data, frame->len) == 0)
        tally->repeated++;
    rf_buf_clear(&tally->before);
    rf_buf_append(&tally->before, frame->data, frame->len);
}

/* Plays `count` frames and holds what the follower knows against the truth. */
static void play(const struct rf_race_options *options, int count, struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    follower_init(&tally->follower);
    struct rf_race *race = rf_race_create(options);
    struct rf_buf frame = RF_BUF_INIT, truth = RF_BUF_INIT;
    for (int i = 0; i < count; i++) {
        int64_t due = rf_race_next_ms(race), at = rf_race_next(race, &frame);
        assert_int_equal(due, at);
        assert_true(at >= tally->last_ms);
        tally->last_ms = at;
        tally->frames++;
        if (frame.len == 0)
            tally->lost++;
        else
            take_frame(tally, &frame);
    }
    rf_race_truth(race, &truth);
    cJSON *told = cJSON_Parse(rf_buf_str(&truth));
    assert_non_null(told);
    if (!cJSON_Compare(told, tally->follower.known, true)) {
        char *known = cJSON_PrintUnformatted(tally->follower.known);
        fail_msg("the follower knows\n%s\nthe truth is\n%s", known, rf_buf_str(&truth));
    }
    cJSON_Delete(told);
    rf_buf_finish(&frame);
    rf_buf_finish(&truth);
    rf_race_destroy(race);
}

static void forget(struct tally *tally)
{
    follower_finish(&tally->follower);
    rf_buf_finish(&tally->before);
}

static void all_bytes(const struct rf_race_options *options, struct rf_buf *out)
{
    struct rf_race *race = rf_race_create(options);
    struct rf_buf frame = RF_BUF_INIT;
    for (int i = 0; i < 300; i++) {
        rf_buf_printf(out, "%lld ", (long long)rf_race_next(race, &frame));
        rf_buf_append(out, frame.data, frame.len);
    }
    rf_race_truth(race, out);
    rf_buf_finish(&frame);
    rf_race_destroy(race);
}

static void same_seed_same_bytes(void **state)
{
    (void)state;
    struct rf_race_options options = faulty_options();
    struct rf_buf one = RF_BUF_INIT, two = RF_BUF_INIT, other = RF_BUF_INIT;
    all_bytes(&options, &one);
    all_bytes(&options, &two);
    assert_string_equal(one.data, two.data);
    options.seed++;
    all_bytes(&options, &other);
    assert_string_not_equal(one.data, other.data);
    rf_buf_finish(&one);
    rf_buf_finish(&two);
    rf_buf_finish(&other);
}

/* Without faults every crossing is told: each run has all laps from 2 on, and no counter ever jumps. */
static void a_good_feed_loses_nothing(void **state)
{
    (void)state;
    struct rf_race_options options = plain_options();
    struct tally tally;
    play(&options, 1500, &tally);
    assert_int_equal(tally.lost + tally.repeated + tally.ghosts + tally.left, 0);
    assert_int_equal(tally.follower.dropped + tally.follower.jumps_by_two + tally.follower.jumps_by_more, 0);
    const cJSON *session, *run, *sessions = cJSON_GetObjectItem(tally.follower.known, "sessions");
    assert_true(cJSON_GetArraySize(sessions) >= 4);
    int laps = 0;
    cJSON_ArrayForEach(session, sessions)
    {
        cJSON_ArrayForEach(run, cJSON_GetObjectItem(session, "runs"))
        {
            int count = cJSON_GetArraySize(cJSON_GetObjectItem(run, "laps")),
                total = (int)field(run, "totalLaps");
            assert_int_equal(count, total > 1 ? total - 1 : 0);
            laps += count;
        }
    }
    assert_true(laps > 100);
    forget(&tally);
}

static void every_fault_is_there(void **state)
{
    (void)state;
    struct rf_race_options options = faulty_options();
    struct tally tally;
    play(&options, 6000, &tally);
    assert_true(tally.lost > 0);
    assert_true(tally.repeated > 0);
    assert_true(tally.follower.dropped > 0); /* cached frames */
    assert_true(tally.follower.jumps_by_two > 0);
    assert_true(tally.follower.jumps_by_more > 0);
    assert_true(tally.ghosts > 0);
    assert_true(tally.left > 0);
    assert_true(tally.in_pit > 0);
    assert_true(tally.follower.kart_changes > 0);
    assert_true(tally.text_numbers > 0);
    assert_true(tally.null_texts > 0);
    assert_true(tally.wild_averages > 0);
    assert_true(tally.dash_beside_number > 0);
    assert_true(tally.negative > 0);
    forget(&tally);
}

static void the_truth_holds_for_any_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 112; seed++) {
        struct rf_race_options options = faulty_options();
        options.seed = seed;
        options.sparse = seed % 3 == 0;
        options.race_ms = seed % 4 == 0 ? 0 : 120000;
        options.lap_ms = seed % 2 == 0 ? 8000 : 0;
        options.tracks = 1 + (int)(seed % 4);
        struct tally tally;
        play(&options, 800, &tally);
        assert_true(tally.follower.applied > 400);
        forget(&tally);
    }
}

/* Frames until each of the tracks has sent one, as JSON. */
static cJSON *first_frame(const struct rf_race_options *options, int track)
{
    struct rf_race *race = rf_race_create(options);
    struct rf_buf frame = RF_BUF_INIT;
    cJSON *found = NULL;
    for (int i = 0; i < 50 && found == NULL; i++) {
        rf_race_next(race, &frame);
        cJSON *payload = cJSON_Parse(rf_buf_str(&frame));
        cJSON *data = cJSON_DetachItemFromObject(payload, "data");
        cJSON_Delete(payload);
        if (field(data, "track_configuration_id") == track)
            found = data;
        else
            cJSON_Delete(data);
    }
    rf_buf_finish(&frame);
    rf_race_destroy(race);
    assert_non_null(found);
    return found;
}

static void kart_numbers_repeat_between_tracks(void **state)
{
    (void)state;
    struct rf_race_options options = plain_options();
    options.karts = 40;
    cJSON *one = first_frame(&options, 1), *two = first_frame(&options, 2);
    const cJSON *a, *b;
    int same = 0;
    cJSON_ArrayForEach(a, cJSON_GetObjectItem(one, "runs"))
    {
        cJSON_ArrayForEach(b, cJSON_GetObjectItem(two, "runs"))
        {
            same += strcmp(text(a, "kart_number"), text(b, "kart_number")) == 0;
            assert_true(field(a, "kart_id") != field(b, "kart_id"));
            assert_true(field(a, "id") != field(b, "id"));
            assert_string_not_equal(text(a, "name"), text(b, "name"));
        }
    }
    assert_true(same >= 5);
    cJSON_Delete(one);
    cJSON_Delete(two);
}

static void the_seven_is_on_each_track(void **state)
{
    (void)state;
    struct rf_race_options options = plain_options();
    struct rf_buf frame = RF_BUF_INIT;
    options.karts = 20;
    options.tracks = 2;
    for (options.seed = 1; options.seed <= 50; options.seed++) {
        struct rf_race *race = rf_race_create(&options);
        for (int i = 0; i < 2; i++) { /* the first frame of each track */
            (void)rf_race_next(race, &frame);
            assert_non_null(strstr(rf_buf_str(&frame), "\"kart_number\":\"7\""));
        }
        rf_race_destroy(race);
    }
    rf_buf_finish(&frame);
}

static void a_sparse_venue_tells_little(void **state)
{
    (void)state;
    struct rf_race_options options = plain_options();
    options.sparse = true;
    options.lap_ms = 0;
    cJSON *data = first_frame(&options, -1);
    const cJSON *a, *b;
    int same_label = 0;
    cJSON_ArrayForEach(a, cJSON_GetObjectItem(data, "runs"))
    {
        assert_null(cJSON_GetObjectItem(a, "kart_number"));
        for (b = a->next; b != NULL; b = b->next) {
            same_label += strcmp(text(a, "kart"), text(b, "kart")) == 0;
            assert_true(field(a, "kart_id") != field(b, "kart_id"));
        }
    }
    assert_true(same_label > 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(data, "runs")), 9);
    cJSON_Delete(data);
    /* Laps of about 65 s: too long for a limit of a minute. */
    struct tally tally;
    play(&options, 600, &tally);
    const cJSON *session = cJSON_GetArrayItem(cJSON_GetObjectItem(tally.follower.known, "sessions"), 0), *run,
                *lap;
    int laps = 0;
    cJSON_ArrayForEach(run, cJSON_GetObjectItem(session, "runs"))
    {
        cJSON_ArrayForEach(lap, cJSON_GetObjectItem(run, "laps"))
        {
            assert_in_range((int)field(lap, "timeMs"), 60000, 80000);
            laps++;
        }
    }
    assert_true(laps > 9);
    forget(&tally);
}

/* The next session of a track starts with everything at nothing, under another name and with other run ids.
 */
static void sessions_follow_one_another(void **state)
{
    (void)state;
    struct rf_race_options options = plain_options();
    options.tracks = 1;
    struct rf_race *race = rf_race_create(&options);
    struct rf_buf frame = RF_BUF_INIT;
    char event[64] = "";
    double newest_id = 0;
    int sessions = 0;
    int64_t began = 0;
    while (sessions < 4) {
        int64_t at = rf_race_next(race, &frame);
        cJSON *payload = cJSON_Parse(rf_buf_str(&frame));
        const cJSON *data = cJSON_GetObjectItem(payload, "data"), *row;
        bool begins = strcmp(event, text(data, "event_name")) != 0;
        if (begins) {
            if (sessions > 0)
                assert_int_equal(at - began, 300000);
            began = at;
            sessions++;
            snprintf(event, sizeof event, "%s", text(data, "event_name"));
        }
        double id_before = newest_id;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(data, "runs"))
        {
            if (begins) {
                assert_true(field(row, "id") > id_before);
                assert_true(field(row, "total_laps") == 0);
            }
            if (field(row, "id") > newest_id)
                newest_id = field(row, "id");
        }
        cJSON_Delete(payload);
    }
    rf_buf_finish(&frame);
    rf_race_destroy(race);
}

/* A demo goes on for ever: it keeps no truth, and is the same race all the same. */
static void a_race_can_forget(void **state)
{
    (void)state;
    struct rf_race_options options = faulty_options();
    struct rf_race *one = rf_race_create(&options);
    options.forget = true;
    struct rf_race *two = rf_race_create(&options);
    struct rf_buf a = RF_BUF_INIT, b = RF_BUF_INIT;
    for (int i = 0; i < 800; i++) {
        assert_int_equal(rf_race_next(one, &a), rf_race_next(two, &b));
        assert_string_equal(rf_buf_str(&a), rf_buf_str(&b));
    }
    rf_buf_clear(&b);
    rf_race_truth(two, &b);
    assert_string_equal(b.data, "{\"sessions\":[]}");
    rf_buf_finish(&a);
    rf_buf_finish(&b);
    rf_race_destroy(one);
    rf_race_destroy(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(a_good_feed_loses_nothing),
        cmocka_unit_test(every_fault_is_there),
        cmocka_unit_test(the_truth_holds_for_any_seed),
        cmocka_unit_test(kart_numbers_repeat_between_tracks),
        cmocka_unit_test(the_seven_is_on_each_track),
        cmocka_unit_test(a_sparse_venue_tells_little),
        cmocka_unit_test(sessions_follow_one_another),
        cmocka_unit_test(a_race_can_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
