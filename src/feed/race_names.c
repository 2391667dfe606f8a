/* race_names.c - invented drivers, in the scripts and with the characters that break a page or a parser. */
#include <stdio.h>

#include "feed/race_impl.h"

static const char *const NAMES[] = {
    "Zoë Müllerstein",
    "Íñigo Peñarrubia",
    "Мирослава Примерова",
    "Łucja Brzęczyńska",
    "Άλκης Δοκιμίδης",
    "Bo \"The Brake\" Bendix",
    "ليلى المثالية",
    "Turbo Tina 🏎️",
    "測試 小風",
    "<b>Bert Bracket</b>",
    "ためし はなこ",
    "Siân O'Fastley",
    "Гліб Зразковий",
    "Ragna Þórsdæmi",
    "Père-Noël d'Épingle",
    "시험 하늘",
    "Tom & Ada Amper",
    "परी नमूना",
    "Đorđe Šikanić",
    "Back\\slash Benny",
    "<script>alert('kart')</script>",
    "דוגמה מהירה",
    "👩‍👧 Chicane Family",
    "Ümit Örnekoğlu",
    "Ана Кривина",
    "Cher",
    "例 思速",
    "Nguyễn Thử Nghiệm",
    "Ελένη Στροφή",
    "Åse Ærlig-Øvrebø",
    "Маша О'Шина",
    "Maximiliana Bartholomea von und zu Haarnadelkurve",
    "سامي السريع",
    "{\"name\":\"Json\"}",
    "ทดสอบ เร็ว",
    "Jo",
};

#define NAME_COUNT ((int)(sizeof NAMES / sizeof NAMES[0]))

void race_name(char out[96], int tracks, int track, int index, int session)
{
    int each = NAME_COUNT / tracks;
    int which = track + tracks * ((index + session * 3) % each);
    int round = index / each;
    if (round == 0)
        snprintf(out, 96, "%s", NAMES[which]);
    else
        snprintf(out, 96, "%s %d", NAMES[which], round + 1);
}
