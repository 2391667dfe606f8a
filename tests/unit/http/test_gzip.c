/* test_gzip.c - what is compressed comes out again, whole or in parts of any choice and order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "http/gzip.h"
#include "racefacer/base/memory.h"

#define GZIP_ALONE (15 + 16)

/* zlib checks the sum and the length at the end. */
static void assert_unpacks(const struct rf_buf *packed, const void *data, size_t len)
{
    char *out = rf_new(len + 1);
    z_stream inflater = {.next_in = (Bytef *)packed->data, .avail_in = (uInt)packed->len};
    assert_int_equal(inflateInit2(&inflater, GZIP_ALONE), Z_OK);
    inflater.next_out = (Bytef *)out;
    inflater.avail_out = (uInt)len + 1;
    assert_int_equal(inflate(&inflater, Z_FINISH), Z_STREAM_END);
    assert_int_equal(inflater.avail_in, 0);
    assert_int_equal(inflater.total_out, len);
    assert_memory_equal(out, data, len);
    assert_int_equal(inflateEnd(&inflater), Z_OK);
    free(out);
}

static void fill_with_noise(char *out, size_t len)
{
    uint32_t seed = 1;
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        out[i] = (char)(seed >> 24);
    }
}

static void test_whole(void **state)
{
    (void)state;
    static char noise[100000], zeros[100000];
    struct rf_gzip *gzip = rf_gzip_create();
    fill_with_noise(noise, sizeof noise);
    const struct {
        const char *data;
        size_t len;
    } cases[] = {{"", 0}, {"a", 1}, {noise, sizeof noise}, {zeros, sizeof zeros}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rf_buf packed = RF_BUF_INIT;
        rf_gzip_whole(gzip, &packed, cases[i].data, cases[i].len);
        assert_unpacks(&packed, cases[i].data, cases[i].len);
        rf_buf_finish(&packed);
    }
    rf_gzip_destroy(gzip);
}

static void test_parts(void **state)
{
    (void)state;
    static char noise[70000];
    fill_with_noise(noise, sizeof noise);
    const char *texts[] = {"event: lap\n\n", "event: lap\n\n", "", "x"};
    struct rf_gzip *gzip = rf_gzip_create();
    struct rf_buf parts[5] = {0};
    struct rf_gzip_sum sums[5];
    for (int i = 0; i < 4; i++)
        sums[i] = rf_gzip_part(gzip, &parts[i], texts[i], strlen(texts[i]));
    sums[4] = rf_gzip_part(gzip, &parts[4], noise, sizeof noise);
    static const int choices[][6] = {
        {-1}, {0, 1, 2, 3, 4, -1}, {4, 3, 2, 1, 0, -1}, {1, 1, 1, -1}, {3, -1}, {2, 2, 4, -1}};
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        struct rf_buf packed = RF_BUF_INIT, wanted = RF_BUF_INIT;
        struct rf_gzip_sum sum = {0};
        char end[RF_GZIP_END_SIZE];
        rf_buf_append(&packed, RF_GZIP_HEAD, RF_GZIP_HEAD_SIZE);
        for (const int *part = choices[c]; *part >= 0; part++) {
            rf_buf_append(&packed, parts[*part].data, parts[*part].len);
            if (*part == 4)
                rf_buf_append(&wanted, noise, sizeof noise);
            else
                rf_buf_puts(&wanted, texts[*part]);
            rf_gzip_add(&sum, &sums[*part]);
        }
        rf_gzip_end(&sum, end);
        rf_buf_append(&packed, end, sizeof end);
        assert_unpacks(&packed, rf_buf_str(&wanted), wanted.len);
        rf_buf_finish(&packed);
        rf_buf_finish(&wanted);
    }
    for (int i = 0; i < 5; i++)
        rf_buf_finish(&parts[i]);
    rf_gzip_destroy(gzip);
}

/* Whoever has a part can read all of it, and waits for nothing that follows. */
static void test_a_part_is_read_at_once(void **state)
{
    (void)state;
    static const char text[] = "id: 1\nevent: lap\ndata: {}\n\n";
    struct rf_gzip *gzip = rf_gzip_create();
    struct rf_buf packed = RF_BUF_INIT;
    char out[100];
    rf_buf_append(&packed, RF_GZIP_HEAD, RF_GZIP_HEAD_SIZE);
    (void)rf_gzip_part(gzip, &packed, text, strlen(text));
    z_stream inflater = {.next_in = (Bytef *)packed.data, .avail_in = (uInt)packed.len};
    assert_int_equal(inflateInit2(&inflater, GZIP_ALONE), Z_OK);
    inflater.next_out = (Bytef *)out;
    inflater.avail_out = sizeof out;
    assert_int_equal(inflate(&inflater, Z_NO_FLUSH), Z_OK);
    assert_int_equal(inflater.total_out, strlen(text));
    assert_memory_equal(out, text, strlen(text));
    (void)inflateEnd(&inflater); /* says that it was not at its end, and it was not */
    rf_buf_finish(&packed);
    rf_gzip_destroy(gzip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_a_part_is_read_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
