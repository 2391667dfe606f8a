/* nearest.c - which of some names somebody may have meant. */
#include "app/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define LONGEST 63

static int letter(const char *text, size_t at)
{
    return toupper((unsigned char)text[at]);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t rf_edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST || b_len > LONGEST)
        return SIZE_MAX;
    /* Three rows of the table of distances between beginnings: of this letter of `a`, and of the two before
     * it. */
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        before[j] = last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = last[j - 1] + (letter(a, i - 1) != letter(b, j - 1));
            now[j] = least(change, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && letter(a, i - 1) == letter(b, j - 2) &&
                letter(a, i - 2) == letter(b, j - 1))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b_len];
}

void rf_nearest(const char *wanted, const char *candidate, const char **best, size_t *distance)
{
    size_t found = rf_edit_distance(wanted, candidate);
    size_t near = strlen(wanted) <= 4 ? 1 : strlen(wanted) <= 8 ? 2 : 3;
    if (found <= near && (*best == NULL || found < *distance)) {
        *best = candidate;
        *distance = found;
    }
}
