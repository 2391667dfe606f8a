/* decode_fixture.h - the decoder under test, and short ways to feed it. */
#ifndef UNIT_CODEC_DECODE_FIXTURE_H
#define UNIT_CODEC_DECODE_FIXTURE_H

#include <string.h>

#include "racefacer/codec/decode.h"

static struct rf_decoder *decoder;

static int setup(void **state)
{
    (void)state;
    decoder = rf_decoder_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rf_decoder_destroy(decoder);
    rf_decoder_destroy(NULL);
    return 0;
}

static enum rf_decoded decode(const char *event, const char *json)
{
    return rf_decode(decoder, event, json, strlen(json));
}

static const struct rf_frame *frame_of(const char *json)
{
    enum rf_decoded decoded = decode("venue", json);
    if (decoded != RF_DECODED_FRAME)
        fail_msg("%s is %s", json, rf_decoded_name(decoded));
    return rf_decoder_frame(decoder);
}

#endif
