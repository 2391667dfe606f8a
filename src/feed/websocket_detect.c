/* websocket_detect.c - finds out by trying which dialect a server speaks, and remembers it. */
#include "websocket_detect.h"

/* What was learned once is dropped after as many connects that reach the server and lead nowhere. */
#define FORGET_AFTER 2

void rf_detect_init(struct rf_detect *detect, enum rf_dialect configured)
{
    *detect = (struct rf_detect){.configured = configured, .route = configured, .known = configured};
    if (configured == RF_DIALECT_AUTO)
        detect->route = RF_DIALECT_SOCKETIO;
}

bool rf_detect_sure(const struct rf_detect *detect)
{
    return detect->configured != RF_DIALECT_AUTO;
}

enum rf_dialect rf_detect_asked(const struct rf_detect *detect)
{
    /* A plain WebSocket may live at /socket.io/ too: once known as that, its silence is no fault. A Socket.IO
     * 2 is asked as 4 was, and told apart by its answer: it may have been brought up to date since. */
    return detect->known == RF_DIALECT_RAW ? RF_DIALECT_RAW : detect->route;
}

void rf_detect_learn(struct rf_detect *detect, enum rf_dialect dialect)
{
    detect->misses = 0;
    if (detect->configured == RF_DIALECT_AUTO)
        detect->known = dialect;
}

bool rf_detect_fail(struct rf_detect *detect, enum rf_detect_end end)
{
    if (detect->configured != RF_DIALECT_AUTO || end == RF_DETECT_ABSENT)
        return false;
    bool guessing = detect->known == RF_DIALECT_AUTO;
    /* What is known to be Socket.IO does not become something else by a proxy that misses its server. */
    if (!guessing && (end == RF_DETECT_UNSURE || ++detect->misses < FORGET_AFTER))
        return false;
    detect->known = RF_DIALECT_AUTO;
    detect->misses = 0;
    bool first = detect->route == RF_DIALECT_SOCKETIO;
    detect->route = first ? RF_DIALECT_RAW : RF_DIALECT_SOCKETIO;
    /* Only the way out is quick: the way back waits, or a server that refuses both would be hammered. */
    return guessing && first && end == RF_DETECT_REFUSED;
}
