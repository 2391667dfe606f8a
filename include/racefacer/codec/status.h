/* status.h - what /health and /api/stats tell of the parts of the server. Plain values, filled by their owners. */
#ifndef RACEFACER_CODEC_STATUS_H
#define RACEFACER_CODEC_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "racefacer/base/histogram.h"
#include "racefacer/codec/decode.h"
#include "racefacer/engine/engine.h"

struct rf_feed_status {
    const char *source;         /* "websocket", "replay", "demo" */
    const char *target;         /* the URL or file; no secrets */
    const char *state;          /* "resolving", "connecting", "opening", "joined", "waiting", "ended" */
    bool connected;             /* frames can come: joined, or a replay or the demo */
    const char *dialect;        /* "socketio", "socketio-v2", "raw"; "" not known yet */
    int64_t since_ms;           /* wall time at which `connected` last changed */
    uint64_t attempts;          /* connects tried since the start */
    int64_t next_attempt_ms;    /* wall time; 0: none planned */
    const char *last_error;     /* why the last connection was lost or not made; "" */
    uint64_t connects;          /* connections that were joined */
    uint64_t messages, bytes;
    uint64_t too_large;         /* messages refused for their size */
    uint64_t bad_packets;       /* messages that are no packet */
};

/* Counted by the pipeline: what became of the payloads. */
struct rf_frame_counts {
    uint64_t frames;                        /* decoded frames and laps */
    uint64_t decoded[RF_DECODED_COUNT];
    uint64_t applied[RF_APPLIED_COUNT];
    int64_t newest_frame_ms;                /* wall time of receipt; 0: none yet */
    struct rf_histogram published;          /* from the receipt of a frame to when its laps may be served */
    uint64_t laps, laps_corrected;          /* recorded since the start */
    uint64_t sessions_begun;
};

struct rf_store_status {
    uint64_t sessions;     /* in the listing, live ones included */
    uint64_t unindexed;    /* stored, and not in the listing yet: they are read after the start */
    uint64_t bytes;        /* their files' size in sum */
    uint64_t saves, failures;
    uint64_t unsaved;      /* sessions whose save is under way or waits for the disk; the journal has their laps */
    uint64_t unsaved_bytes; /* of their files */
    bool room_known;       /* the file system tells what room it has */
    uint64_t room;         /* in bytes, at the last save or at the start */
    bool failing;          /* the last save failed, or one hangs */
    const char *error;     /* why; "" */
    uint64_t unreadable;   /* files found at the start that are no sessions */
    uint64_t quarantined;  /* damaged files put aside, never deleted */
    uint64_t unread;       /* files found at the start that the disk does not give: laps may be missing */
    uint64_t commits;      /* of the journal */
    uint64_t commit_failures;
    int64_t commit_ms;     /* how long the newest took */
    struct rf_histogram save_times, commit_times; /* of those that worked and those that failed */
};

struct rf_server_status {
    const char *version;
    int64_t now_ms;
    int64_t uptime_ms;
    int64_t rss_bytes;
    int64_t cpu_us;          /* user and system, since the start */
    int max_sessions;
    struct rf_feed_status feed;
    struct rf_frame_counts frames;
    struct rf_store_status store;
    uint64_t busy;           /* requests refused since too many answers were on their way */
    const char *not_durable; /* why laps are served that are not on disk yet; NULL: they are */
};

#endif
