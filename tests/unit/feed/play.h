/* play.h - a loop, a folder of its own, and a record of what a source tells, for tests of recordings. */
#ifndef RACEFACER_TESTS_PLAY_H
#define RACEFACER_TESTS_PLAY_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/memory.h"
#include "racefacer/feed/recorder.h"
#include "racefacer/feed/source.h"

/* Everything a source told, a line each: "<received> <event> <payload>". */
struct heard {
    struct rf_buf lines;
    int count, states, ends, closes;
    struct rf_source *source;
    int close_after; /* close from inside the callback after so many payloads; 0: never */
    int64_t now_at_end;
};

static void heard_closed(void *ctx)
{
    struct heard *heard = ctx;
    heard->closes++;
    heard->source = NULL;
}

static void heard_payload(void *ctx, const char *event, const char *json, size_t len, int64_t received_ms)
{
    struct heard *heard = ctx;
    heard->count++;
    rf_buf_printf(&heard->lines, "%lld %s ", (long long)received_ms, event);
    rf_buf_append(&heard->lines, json, len);
    rf_buf_putc(&heard->lines, '\n');
    if (heard->count == heard->close_after) {
        rf_source_close(heard->source, heard_closed, heard);
        assert_int_equal(heard->closes, 0); /* never from inside the call */
    }
}

static void heard_state(void *ctx)
{
    ((struct heard *)ctx)->states++;
}

static void heard_end(void *ctx)
{
    struct heard *heard = ctx;
    heard->ends++;
    heard->now_at_end = rf_source_now_ms(heard->source);
    rf_source_close(heard->source, heard_closed, heard);
}

static struct rf_source_callbacks heard_callbacks(struct heard *heard)
{
    return (struct rf_source_callbacks){heard_payload, heard_state, heard_end, heard};
}

struct stage {
    uv_loop_t loop;
    char folder[64];
    char path[400];
};

static void stage_init(struct stage *stage)
{
    assert_int_equal(uv_loop_init(&stage->loop), 0);
    snprintf(stage->folder, sizeof stage->folder, "/tmp/rf-feed-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
}

/* The path of a file in the test's folder; valid until the next call. */
static const char *stage_path(struct stage *stage, const char *name)
{
    snprintf(stage->path, sizeof stage->path, "%s/%s", stage->folder, name);
    return stage->path;
}

/* The names in the folder, sorted, each followed by a space. */
static inline void stage_list(struct stage *stage, struct rf_buf *out)
{
    struct dirent **names;
    int count = scandir(stage->folder, &names, NULL, alphasort);
    rf_buf_clear(out);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.')
            rf_buf_printf(out, "%s ", names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

static void stage_finish(struct stage *stage)
{
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&stage->loop), 0);
    struct dirent **names;
    int count = scandir(stage->folder, &names, NULL, NULL);
    for (int i = 0; i < count; i++) {
        (void)unlink(stage_path(stage, names[i]->d_name)); /* "." and ".." stay */
        free(names[i]);
    }
    free(names);
    assert_int_equal(rmdir(stage->folder), 0);
}

/* The file's text, unpacked. */
static inline void stage_read(struct stage *stage, const char *name, struct rf_buf *out)
{
    gzFile file = gzopen(stage_path(stage, name), "rb");
    assert_non_null(file);
    char block[4096];
    int got;
    rf_buf_clear(out);
    while ((got = gzread(file, block, sizeof block)) > 0)
        rf_buf_append(out, block, (size_t)got);
    assert_int_equal(gzclose(file), Z_OK);
}

static inline void stage_write(
    struct stage *stage, const char *name, const char *mode, const void *text, size_t len)
{
    gzFile file = gzopen(stage_path(stage, name), mode);
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)len), (int)len);
    assert_int_equal(gzclose(file), Z_OK);
}

#endif
