/* test_open.c - the start: folders, the lock, what is found there, and which sessions go on. */
#include "fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/wait.h>

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */

static mode_t mode_of(struct fixture *fixture, const char *name)
{
    struct stat status;
    assert_int_equal(stat(at(fixture, name), &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    return status.st_mode & 07777;
}

static void test_folders_are_made(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(rmdir(fixture->path), 0);
    open_store(fixture);
    assert_int_equal(mode_of(fixture, "."), 0750);
    assert_int_equal(mode_of(fixture, "sessions"), 0750);
    assert_int_equal(mode_of(fixture, "current"), 0750);
    assert_lists(fixture, ALL, "/0");
}

static void test_what_a_crash_left_is_removed(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_file(fixture, "sessions/.tmp-session-a.json", "{\"half");
    put_file(fixture, "current/.tmp-session.json", "");
    put_file(fixture, "sessions/note.txt", "mine");
    put_session(fixture, &(struct sample){"a", .started_ms = T0});
    open_store(fixture);
    assert_false(exists(fixture, "sessions/.tmp-session-a.json"));
    assert_false(exists(fixture, "current/.tmp-session.json"));
    assert_true(exists(fixture, "sessions/note.txt"));
    assert_lists(fixture, ALL, "a /1");
    assert_int_equal(status_of(fixture).unreadable, 0);
}

static void test_only_safe_names_are_listed(void **state)
{
    struct fixture *fixture = *state;
    char longest[129], longer[130];
    memset(longest, 'x', 128);
    memset(longer, 'x', 129);
    longest[128] = longer[129] = '\0';
    make_folders(fixture);
    const char *const ids[] = {longest, longer, "a b", "a..b", "x\x01y", "x\x7fy", "x\xffy", "é"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char name[200], *json = sample_json(&(struct sample){"inside", .started_ms = T0 + (int64_t)i});
        (void)snprintf(name, sizeof name, "sessions/session-%s.json", ids[i]);
        put_file(fixture, name, json);
        free(json);
    }
    const char *const others[] = {"sessions/session-.json", "sessions/session-a.json.bak", "sessions/a.json",
        "sessions/xsession-a.json", "sessions/session-a.jso"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        put_file(fixture, others[i], "{\"sessionId\":\"a\"}");
    open_store(fixture);
    char wanted[160];
    (void)snprintf(wanted, sizeof wanted, "é a b %s /3", longest);
    assert_lists(fixture, ALL, wanted);
    assert_int_equal(status_of(fixture).unreadable, 0); /* they are nobody's session files */
}

static void test_files_that_are_no_sessions_are_counted_and_left(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_session(fixture, &(struct sample){"good", .started_ms = T0});
    put_file(fixture, "sessions/session-other.json", "{\"name\":\"a package\"}");
    put_file(fixture, "sessions/session-array.json", "[1,2]");
    assert_int_equal(mkdir(at(fixture, "sessions/session-folder.json"), 0750), 0);
    assert_int_equal(mkfifo(at(fixture, "sessions/session-pipe.json"), 0640), 0);
    open_store(fixture);
    assert_lists(fixture, ALL, "good /1");
    assert_int_equal(status_of(fixture).unreadable, 4);
    assert_int_equal(status_of(fixture).quarantined, 0);
    assert_true(exists(fixture, "sessions/session-other.json"));
    assert_true(exists(fixture, "sessions/session-array.json"));
    assert_false(exists(fixture, "quarantine"));
}

/* Puts a file there as damage would, last changed at 2026-01-01T10:00:00Z. */
static void put_damaged(struct fixture *fixture, const char *name, const char *text)
{
    put_file(fixture, name, text);
    struct timespec times[2] = {{.tv_sec = T0 / 1000}, {.tv_sec = T0 / 1000}};
    assert_int_equal(utimensat(AT_FDCWD, at(fixture, name), times, 0), 0);
}

static void assert_text(struct fixture *fixture, const char *name, const char *wanted)
{
    struct rf_buf content = RF_BUF_INIT;
    if (rf_file_load(at(fixture, name), 1 << 20, &content) != 0)
        fail_msg("%s: %s", name, strerror(errno));
    assert_string_equal(rf_buf_str(&content), wanted);
    rf_buf_finish(&content);
}

static void test_damaged_files_are_put_aside(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_session(fixture, &(struct sample){"good", .started_ms = T0});
    put_damaged(fixture, "sessions/session-empty.json", "");
    put_damaged(fixture, "sessions/session-half.json", "{\"sessionId\":\"half\",\"analy");
    put_damaged(fixture, "sessions/session-bytes.json", "{\"sessionId\":\"\xff\"}");
    open_store(fixture);
    assert_lists(fixture, ALL, "good /1");
    assert_int_equal(status_of(fixture).quarantined, 3);
    assert_int_equal(status_of(fixture).unreadable, 0);
    assert_false(exists(fixture, "sessions/session-half.json"));
    assert_text(fixture, "quarantine/session-empty.json.20260101T100000Z", "");
    assert_text(fixture, "quarantine/session-half.json.20260101T100000Z", "{\"sessionId\":\"half\",\"analy");
    assert_text(fixture, "quarantine/session-bytes.json.20260101T100000Z", "{\"sessionId\":\"\xff\"}");
    close_store(fixture);

    /* Another of the same name and time takes the place of none. */
    put_damaged(fixture, "sessions/session-half.json", "{");
    open_store(fixture);
    assert_int_equal(status_of(fixture).quarantined, 1);
    assert_text(fixture, "quarantine/session-half.json.20260101T100000Z", "{\"sessionId\":\"half\",\"analy");
    assert_text(fixture, "quarantine/session-half.json.20260101T100000Z-2", "{");
}

static void test_what_cannot_be_put_aside_stays(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_file(fixture, "sessions/session-half.json", "{");
    put_file(fixture, "quarantine", "a file in the folder's place");
    open_store(fixture);
    assert_int_equal(status_of(fixture).unreadable, 1);
    assert_int_equal(status_of(fixture).quarantined, 0);
    assert_text(fixture, "sessions/session-half.json", "{");
}

static void test_a_file_larger_than_64_mb_is_not_read(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_file(fixture, "sessions/session-huge.json", "{\"sessionId\":\"huge\"}");
    assert_int_equal(truncate(at(fixture, "sessions/session-huge.json"), (64 << 20) + 1), 0);
    open_store(fixture);
    assert_lists(fixture, ALL, "/0");
    assert_int_equal(status_of(fixture).unreadable, 1);
}

static void test_a_file_of_the_first_server(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_file(fixture, "sessions/session-1767261600000.json",
        "{\"sessionId\":1767261600000,\"timestamp\":\"2026-01-01T10:20:00.000Z\",\"eventName\":\"Heat 4\","
        "\"sessionData\":{\"runs\":[{\"name\":\"Ben\",\"kart\":\"E07\"}]},\"lapHistory\":{\"07\":[{"
        "\"lapNum\":2}]}}");
    open_store(fixture);
    assert_lists(fixture, (struct rf_listing_query){.driver = "ben", .event = "heat"}, "1767261600000 /1");
    const struct rf_summary *summary = rf_store_find(fixture->store, "1767261600000");
    assert_string_equal(summary->id_json, "1767261600000"); /* still a number */
    assert_true(summary->complete);
    char *json = read_now(fixture, "1767261600000");
    assert_memory_equal(json, "{\"sessionId\":1767261600000,", 27);
    free(json);
    assert_int_equal(delete_now(fixture, "1767261600000"), RF_STORE_DELETED);
    assert_false(exists(fixture, "sessions/session-1767261600000.json"));
}

/* ---- refusals */

static void test_a_second_process_is_refused_by_name_of_the_first(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    put_file(fixture, "sessions/.tmp-session-a.json", "a save of the first under way");
    pid_t first = getpid(), child = fork();
    if (child == 0) { /* the inherited handles and the loop are left alone */
        uv_loop_t loop;
        char *error = NULL, wanted[32];
        (void)snprintf(wanted, sizeof wanted, "process %ld.", (long)first);
        if (uv_loop_init(&loop) != 0)
            _exit(2);
        struct rf_store_options options = {.path = fixture->path, .max_sessions = 50};
        if (rf_store_open(&loop, NULL, &options, &error) != NULL)
            _exit(3);
        _exit(strstr(error, wanted) != NULL && strstr(error, fixture->path) != NULL ? 0 : 4);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(exists(fixture, "sessions/.tmp-session-a.json")); /* not its business */
    close_store(fixture);
    open_store(fixture); /* the first is gone: free again */
}

static void assert_refused(struct fixture *fixture, const char *folder, int reason, const char *advice)
{
    char *error = open_error(fixture);
    assert_null(fixture->store);
    assert_non_null(error);
    assert_non_null(strstr(error, at(fixture, folder)));
    assert_non_null(strstr(error, strerror(reason)));
    assert_non_null(strstr(error, advice));
    assert_null(strchr(error, '\n'));
    free(error);
}

static void test_a_file_in_the_place_of_a_folder_is_refused(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture, "current", "");
    assert_refused(fixture, "current", ENOTDIR, "STORAGE_PATH");
    assert_int_equal(unlink(at(fixture, "current")), 0);
    open_store(fixture); /* and nothing was left locked */
}

/* Root is above permission bits, so that this needs another user. */
static void test_a_folder_without_write_permission_is_refused(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    assert_int_equal(chmod(fixture->path, 0755), 0);
    assert_int_equal(chmod(at(fixture, "sessions"), 0555), 0);
    const struct passwd *nobody = getpwnam("nobody");
    bool root = geteuid() == 0;
    if (root && nobody == NULL)
        skip();
    pid_t child = fork();
    if (child == 0) {
        uv_loop_t loop;
        char *error = NULL, wanted[256];
        if (root && (chmod(fixture->path, 0777) != 0 || setgroups(0, NULL) != 0 ||
                        setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0))
            _exit(2);
        (void)snprintf(wanted, sizeof wanted,
            "storage folder %s/sessions cannot be written to: Permission denied. Give user %s write "
            "permission or set "
            "STORAGE_PATH",
            fixture->path, getpwuid(geteuid())->pw_name);
        if (uv_loop_init(&loop) != 0)
            _exit(3);
        struct rf_store_options options = {.path = fixture->path, .max_sessions = 50};
        if (rf_store_open(&loop, NULL, &options, &error) != NULL)
            _exit(4);
        if (strcmp(error, wanted) != 0)
            fprintf(stderr, "got:    %s\nwanted: %s\n", error, wanted);
        _exit(strcmp(error, wanted) == 0 ? 0 : 5);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(chmod(at(fixture, "sessions"), 0755), 0);
}

/* ---- sessions that go on */

struct told {
    struct fixture *fixture;
    struct rf_buf ids;
    bool save_each;
};

static void tell(void *ctx, const struct rf_summary *summary, const char *json, size_t len)
{
    struct told *told = ctx;
    rf_buf_printf(&told->ids, "%s:%d ", summary->id, summary->laps);
    assert_int_equal(json[len], '\0');
    if (told->save_each)
        save(told->fixture, &(struct sample){summary->id, summary->started_ms, .laps = 99}, false);
}

static void assert_open_ones(struct fixture *fixture, const char *wanted)
{
    struct told told = {.fixture = fixture};
    rf_store_each_open_session(fixture->store, tell, &told);
    assert_string_equal(rf_buf_str(&told.ids), wanted);
    rf_buf_finish(&told.ids);
}

static void put_current(struct fixture *fixture, const struct sample *sample)
{
    char *json = sample_json(sample);
    put_file(fixture, "current/session.json", json);
    free(json);
}

static void put_three(struct fixture *fixture)
{
    make_folders(fixture);
    put_session(fixture, &(struct sample){"new", T0 + 3000, .live = true, .laps = 3});
    put_session(fixture, &(struct sample){"done", T0 + 2000, .laps = 2});
    put_session(fixture, &(struct sample){"old", T0 + 1000, .live = true, .laps = 1});
}

static void test_open_sessions_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    put_three(fixture);
    open_store(fixture);
    assert_open_ones(fixture, "old:1 new:3 ");
}

static void test_current_is_told_of_once(void **state)
{
    struct fixture *fixture = *state;
    put_three(fixture);
    put_current(fixture, &(struct sample){"new", T0 + 3000, .live = true, .laps = 2});
    open_store(fixture);
    assert_open_ones(fixture, "old:1 new:3 "); /* from its own file, which is written first */
}

static void test_current_that_is_complete_comes_from_its_own_file(void **state)
{
    struct fixture *fixture = *state;
    put_three(fixture);
    put_current(fixture, &(struct sample){"done", T0 + 2000, .laps = 1});
    open_store(fixture);
    assert_open_ones(fixture, "old:1 done:2 new:3 ");
}

static void test_current_stands_in_for_a_lost_file(void **state)
{
    struct fixture *fixture = *state;
    put_three(fixture);
    put_current(fixture, &(struct sample){"lost", T0 + 2500, .live = true, .laps = 7});
    open_store(fixture);
    assert_open_ones(fixture, "old:1 lost:7 new:3 ");
    put_current(fixture, &(struct sample){"../evil", T0, .live = true});
    assert_open_ones(fixture, "old:1 new:3 ");
    put_damaged(fixture, "current/session.json", "{\"sessionId\":\"half");
    assert_open_ones(fixture, "old:1 new:3 ");
    assert_int_equal(status_of(fixture).quarantined, 1);
    assert_false(exists(fixture, "current/session.json"));
    assert_text(fixture, "quarantine/session.json.20260101T100000Z", "{\"sessionId\":\"half");
}

static void test_open_sessions_may_be_saved_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    put_three(fixture);
    open_store(fixture);
    struct told told = {.fixture = fixture, .save_each = true};
    rf_store_each_open_session(fixture->store, tell, &told);
    assert_string_equal(rf_buf_str(&told.ids), "old:1 new:3 ");
    rf_buf_finish(&told.ids);
    run_until_idle(fixture);
    assert_file_is(fixture, "sessions/session-old.json", &(struct sample){"old", T0 + 1000, .laps = 99});
    assert_open_ones(fixture, "");
}

static void test_a_server_on_its_way_out_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    int lock = open(at(fixture, ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    pid_t child = fork(); /* has the lock with us, and alone once we close ours */
    assert_true(child >= 0);
    if (child == 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        _exit(0);
    }
    assert_int_equal(close(lock), 0);
    open_store(fixture);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_folders_are_made, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_crash_left_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_safe_names_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_files_that_are_no_sessions_are_counted_and_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_files_are_put_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_put_aside_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_larger_than_64_mb_is_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_of_the_first_server, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_second_process_is_refused_by_name_of_the_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_in_the_place_of_a_folder_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_without_write_permission_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_server_on_its_way_out_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_sessions_oldest_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_current_is_told_of_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_current_that_is_complete_comes_from_its_own_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_current_stands_in_for_a_lost_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_sessions_may_be_saved_meanwhile, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
