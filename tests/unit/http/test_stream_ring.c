/* test_stream_ring.c - events as they go over the wire, and the ring of the newest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/stream_ring.h"
#include "racefacer/base/memory.h"

static struct rf_stream_item *make(uint64_t number, const char *data)
{
    return rf_stream_item_make(
        "b", number, RF_STREAM_LAP, (struct rf_stream_topic){true, 3}, (struct rf_slice){data, strlen(data)});
}

static void test_wire(void **state)
{
    (void)state;
    struct rf_stream_item *item = make(7, "{\"a\":\r\n1}");
    static const char event[] = "id: b-7\nevent: lap\ndata: {\"a\":  1}\n\n";
    assert_int_equal(item->plain->bare_len, strlen(event));
    assert_memory_equal(item->plain->data + item->plain->bare_at, event, strlen(event));
    static const char chunk[] = "24\r\nid: b-7\nevent: lap\ndata: {\"a\":  1}\n\n\r\n"; /* 0x24 = 36 bytes */
    assert_int_equal(item->plain->len, strlen(chunk));
    assert_memory_equal(item->plain->data, chunk, strlen(chunk));
    rf_stream_item_release(item);

    item = rf_stream_item_make(
        "b", 1, RF_STREAM_CONNECTED, (struct rf_stream_topic){0}, (struct rf_slice){"{}", 2});
    static const char greeting[] = "retry: 2000\nid: b-1\nevent: connected\ndata: {}\n\n";
    assert_memory_equal(item->plain->data + item->plain->bare_at, greeting, strlen(greeting));
    rf_stream_item_release(item);
}

static struct rf_stream_ring *new_ring(void)
{
    return rf_new(sizeof(struct rf_stream_ring));
}

static void free_ring(struct rf_stream_ring *ring)
{
    rf_stream_ring_finish(ring);
    free(ring);
}

/* Numbers with gaps: frames have numbers too, and no place in the ring. */
static void test_resume(void **state)
{
    (void)state;
    struct rf_stream_ring *ring = new_ring();
    uint64_t position = 99;
    assert_true(rf_stream_ring_after(ring, 0, &position)); /* nothing yet, and nothing missed */
    assert_int_equal(position, 0);
    rf_stream_ring_add(ring, make(2, "{}"));
    rf_stream_ring_add(ring, make(5, "{}"));
    rf_stream_ring_add(ring, make(6, "{}"));
    assert_true(rf_stream_ring_after(ring, 1, &position));
    assert_int_equal(position, 0);
    assert_true(rf_stream_ring_after(ring, 2, &position));
    assert_int_equal(rf_stream_ring_at(ring, position)->number, 5);
    assert_true(rf_stream_ring_after(ring, 4, &position));
    assert_int_equal(rf_stream_ring_at(ring, position)->number, 5);
    assert_true(rf_stream_ring_after(ring, 6, &position));
    assert_null(rf_stream_ring_at(ring, position));
    assert_int_equal(rf_stream_ring_behind(ring, 1), 2 * ring->items[1]->plain->len);
    assert_int_equal(rf_stream_ring_behind(ring, 3), 0);
    free_ring(ring);
}

static void test_oldest_go(void **state)
{
    (void)state;
    struct rf_stream_ring *ring = new_ring();
    uint64_t position;
    for (uint64_t number = 1; number <= RF_STREAM_RING_ITEMS + 10; number++)
        rf_stream_ring_add(ring, make(number, "{}"));
    assert_int_equal(ring->end - ring->begin, RF_STREAM_RING_ITEMS);
    assert_null(rf_stream_ring_at(ring, 9));
    assert_int_equal(rf_stream_ring_at(ring, 10)->number, 11);
    assert_false(rf_stream_ring_after(ring, 9, &position)); /* what came between may be gone */
    assert_false(rf_stream_ring_after(ring, 10, &position));
    assert_true(rf_stream_ring_after(ring, 11, &position));
    assert_int_equal(rf_stream_ring_at(ring, position)->number, 12);
    free_ring(ring);
}

/* An item outlives its place for as long as somebody is being sent it. */
static void test_bytes_bound(void **state)
{
    (void)state;
    struct rf_stream_ring *ring = new_ring();
    size_t size = (size_t)1 << 20;
    char *data = rf_new(size + 1);
    memset(data, 'x', size);
    struct rf_stream_item *held = make(1, data);
    rf_stream_ring_add(ring, rf_stream_item_hold(held));
    for (uint64_t number = 2; number <= 9; number++) {
        rf_stream_ring_add(ring, make(number, data));
        assert_true(ring->bytes <= RF_STREAM_RING_BYTES);
    }
    assert_int_equal(ring->end - ring->begin, 3);
    assert_int_equal(held->refs, 1);
    assert_int_equal(held->number, 1);
    rf_stream_item_release(held);
    free(data);
    free_ring(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_oldest_go),
        cmocka_unit_test(test_bytes_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
