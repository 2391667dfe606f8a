/* stream_frames.c - the newest frame of each session as an event, made once for all who follow it. */
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "server_impl.h"
#include "stream.h"

static struct rf_stream_frame *find(struct rf_stream *stream, const char *session_id)
{
    for (size_t i = 0; i < stream->frame_count; i++)
        if (strcmp(stream->frames[i].session_id, session_id) == 0)
            return &stream->frames[i];
    return NULL;
}

static struct rf_stream_frame *add(struct rf_stream *stream, const char *session_id)
{
    if (stream->frame_count == RF_STREAM_FRAMES)
        return NULL; /* not reached: the engine shows no more sessions than that, and the gone were dropped */
    struct rf_stream_frame *frame = &stream->frames[stream->frame_count++];
    *frame = (struct rf_stream_frame){.session_id = rf_strdup(session_id)};
    return frame;
}

static struct rf_stream_item *make(struct rf_stream *stream, const struct rf_session *session)
{
    rf_buf_clear(&stream->scratch);
    rf_stream_write_session(&stream->scratch, session);
    struct rf_stream_topic topic = {0};
    if (session != NULL)
        topic = (struct rf_stream_topic){session->has_track, session->track};
    return rf_stream_item_make(stream->boot, ++stream->number, RF_STREAM_SESSION, topic,
        (struct rf_slice){stream->scratch.data, stream->scratch.len});
}

static void refresh(struct rf_stream *stream, const struct rf_session *session, bool is_new_default)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are as many sessions as the engine counts */
    struct rf_stream_frame *frame = find(stream, session->id);
    if (frame == NULL)
        frame = add(stream, session->id);
    if (frame == NULL)
        return;
    frame->kept = true;
    /* A session that has become the default gets a new number: to its new followers it is news. */
    if (frame->item != NULL && frame->version == session->version && !is_new_default)
        return;
    rf_stream_item_release(frame->item);
    frame->item = make(stream, session);
    frame->version = session->version;
}

static void drop(struct rf_stream_frame *frame)
{
    free(frame->session_id);
    rf_stream_item_release(frame->item);
}

static void drop_gone(struct rf_stream *stream)
{
    size_t left = 0;
    for (size_t i = 0; i < stream->frame_count; i++) {
        if (stream->frames[i].kept)
            stream->frames[left++] = stream->frames[i];
        else
            drop(&stream->frames[i]);
    }
    stream->frame_count = left;
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void rf_stream_refresh_frames(struct rf_stream *stream)
{
    const struct rf_engine *engine = stream->server->backend.engine;
    const struct rf_session *chosen = rf_engine_default_session(engine);
    const char *chosen_id = chosen != NULL ? chosen->id : NULL;
    bool changed = !same(chosen_id, stream->default_id);
    for (size_t i = 0; i < stream->frame_count; i++)
        stream->frames[i].kept = rf_engine_find_session(engine, stream->frames[i].session_id) != NULL;
    drop_gone(stream);
    for (size_t i = 0; i < rf_engine_session_count(engine); i++) {
        const struct rf_session *session = rf_engine_session_at(engine, i);
        refresh(stream, session, changed && session == chosen);
    }
    if (stream->nothing == NULL || (changed && chosen == NULL)) {
        rf_stream_item_release(stream->nothing);
        stream->nothing = make(stream, NULL);
    }
    if (changed) {
        free(stream->default_id);
        stream->default_id = chosen_id != NULL ? rf_strdup(chosen_id) : NULL;
    }
}

void rf_stream_drop_frames(struct rf_stream *stream)
{
    for (size_t i = 0; i < stream->frame_count; i++)
        drop(&stream->frames[i]);
    stream->frame_count = 0;
    rf_stream_item_release(stream->nothing);
    stream->nothing = NULL;
    free(stream->default_id);
    stream->default_id = NULL;
}

struct rf_stream_item *rf_stream_frame(const struct rf_stream *stream, bool by_track, int64_t track)
{
    for (size_t i = 0; i < stream->frame_count; i++) {
        const struct rf_stream_frame *frame = &stream->frames[i];
        const struct rf_stream_topic *topic = &frame->item->topic;
        if (by_track ? topic->has_track && topic->track == track
                     : same(frame->session_id, stream->default_id))
            return frame->item;
    }
    return stream->nothing;
}
