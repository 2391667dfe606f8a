/* dialogue_talk.h - a dialogue for tests to talk to. What it does is written down, a line each: ">text" sent,
 * "event=json" delivered, "joined", "closed: reason". */
#ifndef TEST_DIALOGUE_TALK_H
#define TEST_DIALOGUE_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "feed/dialogue.h"

#define OPEN4                                                                                                \
    "0{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"
#define OPEN3 "0{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000}"
#define JOIN ">42[\"join\",\"venue\"]\n"

struct fixture {
    struct rf_dialogue dialogue;
    struct rf_buf said;
};

static inline void on_send(void *ctx, const char *text, size_t len)
{
    struct fixture *f = ctx;
    rf_buf_printf(&f->said, ">%.*s\n", (int)len, text);
}

static inline void on_deliver(void *ctx, const char *event, const char *json, size_t len)
{
    struct fixture *f = ctx;
    rf_buf_printf(&f->said, "%s=%.*s\n", event, (int)len, json);
}

static inline void on_joined(void *ctx)
{
    struct fixture *f = ctx;
    rf_buf_puts(&f->said, "joined\n");
}

static inline void on_close(void *ctx, const char *reason)
{
    struct fixture *f = ctx;
    rf_buf_printf(&f->said, "closed: %s\n", reason);
}

static const struct rf_dialogue_ops ops = {
    .send = on_send, .deliver = on_deliver, .joined = on_joined, .close = on_close};

static inline int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    rf_dialogue_init(&f.dialogue, &ops, &f, "venue");
    *state = &f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    rf_dialogue_finish(&f->dialogue);
    rf_buf_finish(&f->said);
    return 0;
}

static inline void open_at(struct fixture *f, enum rf_dialect asked, bool sure)
{
    rf_dialogue_open(&f->dialogue, asked, sure, 100000, 110000);
}

static inline void hear(struct fixture *f, const char *text, int64_t now_ms)
{
    rf_dialogue_message(&f->dialogue, text, strlen(text), false, now_ms);
}

static inline void hear_binary(struct fixture *f, const char *text, int64_t now_ms)
{
    rf_dialogue_message(&f->dialogue, text, strlen(text), true, now_ms);
}

/* What was done since the last call. */
#define assert_said(f, text)                                                                                 \
    do {                                                                                                     \
        assert_string_equal(rf_buf_str(&(f)->said), text);                                                   \
        rf_buf_clear(&(f)->said);                                                                            \
    } while (0)

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
