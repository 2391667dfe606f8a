/* match.h - searching names without regard to case, in any script. */
#ifndef RF_STORE_MATCH_H
#define RF_STORE_MATCH_H

#include <locale.h>
#include <stdbool.h>

/* The text in lower case; the caller frees it. Bytes that are no UTF-8 stay as they are. `utf8` is a UTF-8
 * locale, or 0: then only ASCII letters change. */
char *rf_match_fold(locale_t utf8, const char *text);

/* True where the folded needle stands within one line of the folded text. */
bool rf_match_part(const char *text, const char *needle);

/* As rf_match_part, but a needle of digits only must not be a part of a longer number: "1" is in "Track 1"
 * and not in "Track 12". */
bool rf_match_name(const char *text, const char *needle);

#endif
