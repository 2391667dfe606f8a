/* test_cli.c - the command line: what is taken, what is refused and with what words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "racefacer/app/cli.h"

static struct rf_cli cli;
static struct rf_buf fault;

static int tear_down(void **state)
{
    (void)state;
    rf_buf_finish(&fault);
    return 0;
}

/* The words of one line, parted by single blanks; "@" stands for an empty word. */
static int parse(const char *line)
{
    static char words[512];
    char *argv[16] = {(char[]){"racefacer-analysis"}};
    int argc = 1;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL && argc < 15; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "@") == 0 ? word + 1 : word;
    rf_buf_clear(&fault);
    return rf_cli_parse(&cli, argc, argv, &fault);
}

static void test_nothing_is_run(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(cli.action, RF_CLI_RUN);
    assert_false(cli.demo);
    assert_null(cli.replay_file);
    assert_null(cli.record_file);
    assert_true(cli.replay_speed == 1);
}

static void test_actions(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum rf_cli_action action;
    } cases[] = {{"--help", RF_CLI_HELP}, {"-h", RF_CLI_HELP}, {"--version", RF_CLI_VERSION},
        {"--check-config", RF_CLI_CHECK_CONFIG}, {"--print-config", RF_CLI_PRINT_CONFIG},
        {"--print-env-example", RF_CLI_PRINT_ENV_EXAMPLE}, {"--health", RF_CLI_HEALTH},
        {"--migrate-from old", RF_CLI_MIGRATE}, {"--health --health", RF_CLI_HEALTH},
        {"--demo --help", RF_CLI_HELP}, {"--help --nonsense", RF_CLI_HELP}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].line), 0);
        assert_int_equal(cli.action, cases[i].action);
    }
}

static void test_sources(void **state)
{
    (void)state;
    assert_int_equal(parse("--demo --record out.gz"), 0);
    assert_true(cli.demo);
    assert_string_equal(cli.record_file, "out.gz");
    assert_int_equal(parse("--replay=day.gz --speed 2.5"), 0);
    assert_string_equal(cli.replay_file, "day.gz");
    assert_true(fabs(cli.replay_speed - 2.5) < 1e-9);
    assert_int_equal(parse("--speed=max --replay day.gz"), 0);
    assert_true(cli.replay_speed == 0);
}

static void assert_refused(const char *line, const char *words)
{
    if (parse(line) != -1)
        fail_msg("%s was taken", line);
    if (strstr(rf_buf_str(&fault), words) == NULL)
        fail_msg("%s: \"%s\" says nothing of \"%s\"", line, rf_buf_str(&fault), words);
    assert_non_null(strstr(rf_buf_str(&fault), "see --help\n"));
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("--nonsense", "unknown option --nonsense;");
    assert_refused("--nonsense=1", "unknown option --nonsense;");
    assert_refused("-x", "unknown option -x");
    assert_refused("-", "-: unexpected");
    assert_refused("--dmeo", "unknown option --dmeo, did you mean --demo?");
    assert_refused("--repaly x", "did you mean --replay?");
    assert_refused("--demo=1", "--demo takes no value");
    assert_refused("--help=1", "--help takes no value");
    assert_refused("--replay", "--replay needs FILE");
    assert_refused("--demo --record", "--record needs FILE");
    assert_refused("--replay @", "--replay needs FILE");
    assert_refused("--speed", "--speed needs N|max");
    assert_refused("file.gz", "file.gz: unexpected");
    assert_refused("--demo -- x", "x: unexpected");
}

static void test_refused_together(void **state)
{
    (void)state;
    assert_refused("--demo --replay x", "--demo and --replay");
    assert_refused("--record x --replay y", "--record and --replay");
    assert_refused("--speed 2", "--speed is for --replay");
    assert_refused("--demo --speed max", "--speed is for --replay");
    assert_refused("--check-config --health", "--check-config and --health");
    assert_refused("--migrate-from a --health", "--migrate-from and --health");
    assert_refused("--migrate-from", "--migrate-from needs DIR");
    assert_refused("--migrate-from @", "--migrate-from needs DIR");
}

static void test_speeds(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "0", "-1", "inf", "nan", "1e3", "0x10", "2x", ".", "1000001", "fast", "1.2.3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[64];
        snprintf(line, sizeof line, "--replay x --speed %s", wrong[i]);
        assert_refused(line, "--speed ");
    }
    assert_int_equal(parse("--replay x --speed 0.5"), 0);
    assert_int_equal(parse("--replay x --speed 1000000"), 0);
}

static void test_help(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    rf_cli_print_help(&out);
    static const char *const said[] = {"Usage:", "--demo ", "--record FILE ", "--replay FILE ",
        "--speed N|max ", "--check-config ", "--print-config ", "--print-env-example ", "--health ",
        "--version ", "--help ", "http://localhost:3001/", "  WS_HOST   ", "  MAX_HEADER_BYTES   "};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (strstr(out.data, said[i]) == NULL)
            fail_msg("--help says nothing of \"%s\"", said[i]);
    }
    rf_buf_finish(&out);
}

int main(void)
{
#define TIDY(test) cmocka_unit_test_teardown(test, tear_down)
    const struct CMUnitTest tests[] = {
        TIDY(test_nothing_is_run),
        TIDY(test_actions),
        TIDY(test_sources),
        TIDY(test_refused),
        TIDY(test_refused_together),
        TIDY(test_speeds),
        TIDY(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
