#include "triage/core/compare.h"

#include <string.h>

#include "triage/core/nicknames.h"

enum { PREFIX_MAX = 4, BIRTH_DIGITS = 8 };

static struct str
short_of(struct str s)
{
    return (struct str){ .p = s.p, .n = s.n > COMPARE_MAX ? COMPARE_MAX : s.n };
}

/* ---- Jaro-Winkler ------------------------------------------------------ */

/* Bit i: byte i has its partner. */
struct marks {
    uint64_t a, b;
};

/* Equal letters not further apart than half the longer text, each once. */
static int
pair_letters(struct str a, struct str b, struct marks *m)
{
    size_t longer = a.n > b.n ? a.n : b.n;
    size_t window = longer / 2 > 0 ? longer / 2 - 1 : 0;
    int n = 0;

    for (size_t i = 0; i < a.n; i++) {
        size_t from = i > window ? i - window : 0;
        size_t to = i + window + 1 < b.n ? i + window + 1 : b.n;

        for (size_t j = from; j < to; j++)
            if (a.p[i] == b.p[j] && (m->b >> j & 1) == 0) {
                m->a |= UINT64_C(1) << i;
                m->b |= UINT64_C(1) << j;
                n++;
                break;
            }
    }
    return n;
}

/* Paired letters that stand in another order, counted on both sides. */
static int
out_of_order(struct str a, struct str b, const struct marks *m)
{
    size_t j = 0;
    int n = 0;

    for (size_t i = 0; i < a.n; i++) {
        if ((m->a >> i & 1) == 0)
            continue;
        while ((m->b >> j & 1) == 0)
            j++;
        n += a.p[i] != b.p[j++];
    }
    return n;
}

int
compare_names(struct str a, struct str b)
{
    struct marks m = { 0, 0 };
    int64_t n, la, lb, jaro, t;
    int prefix = 0;

    a = short_of(a);
    b = short_of(b);
    if (a.n == 0 || b.n == 0)
        return 0;
    if (str_eq(a, b))
        return COMPARE_SAME;
    n = pair_letters(a, b, &m);
    if (n == 0)
        return 0;
    t = out_of_order(a, b, &m) / 2;
    la = (int64_t)a.n;
    lb = (int64_t)b.n;
    /* (n/la + n/lb + (n-t)/n) / 3 as one fraction, in 1/1000000. */
    jaro =
        1000000 * (n * n * (la + lb) + (n - t) * la * lb) / (3 * la * lb * n);
    while (prefix < PREFIX_MAX && prefix < la && prefix < lb &&
           a.p[prefix] == b.p[prefix])
        prefix++;
    jaro += prefix * (1000000 - jaro) / 10;
    return (int)((jaro + 50) / 100);
}

/* ---- typing errors ----------------------------------------------------- */

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* Row i of the table of distances; `two` and `one` are the rows before. */
static void
next_row(struct str a, struct str b, size_t i, const int *two, const int *one,
         int *row)
{
    row[0] = (int)i;
    for (size_t j = 1; j <= b.n; j++) {
        int d = one[j - 1] + (a.p[i - 1] != b.p[j - 1]);

        d = least(d, least(one[j], row[j - 1]) + 1);
        if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
            a.p[i - 2] == b.p[j - 1])
            d = least(d, two[j - 2] + 1);
        row[j] = d;
    }
}

int
compare_typos(struct str a, struct str b, int most)
{
    int rows[3][COMPARE_MAX + 1];
    size_t apart, i;
    int d;

    a = short_of(a);
    b = short_of(b);
    apart = a.n > b.n ? a.n - b.n : b.n - a.n;
    if (apart > (size_t)most)
        return most + 1;
    /* Most pairs are equal up to a few letters. */
    while (a.n > 0 && b.n > 0 && a.p[0] == b.p[0]) {
        a = (struct str){ .p = a.p + 1, .n = a.n - 1 };
        b = (struct str){ .p = b.p + 1, .n = b.n - 1 };
    }
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = (int)j;
    for (i = 1; i <= a.n; i++)
        next_row(a, b, i, rows[(i + 1) % 3], rows[(i + 2) % 3], rows[i % 3]);
    d = rows[a.n % 3][b.n];
    return d > most ? most + 1 : d;
}

/* ---- sound ------------------------------------------------------------- */

/* Of a to z: 1 to 6; 0 a vowel, which parts equal digits; 7 is h or w, which
 * don't. */
static const char sounds[] = "01230127022455012623017202";

void
compare_sound(struct str name, char out[COMPARE_SOUND_SIZE])
{
    size_t n = 0;
    char last = '0';

    memset(out, 0, COMPARE_SOUND_SIZE);
    if (name.n == 0 || name.p[0] < 'a' || name.p[0] > 'z')
        return;
    for (size_t i = 0; i < name.n && n < COMPARE_SOUND_SIZE - 1; i++) {
        char c = name.p[i], digit;

        if (c < 'a' || c > 'z')
            continue;
        digit = sounds[c - 'a'];
        if (n == 0)
            out[n++] = c;
        else if (digit >= '1' && digit <= '6' && digit != last)
            out[n++] = digit;
        if (digit != '7')
            last = digit;
    }
    while (n < COMPARE_SOUND_SIZE - 1)
        out[n++] = '0';
}

/* ---- nicknames --------------------------------------------------------- */

static bool
in_row(const char *row, struct str name)
{
    size_t n;

    for (const char *p = row; *p != '\0'; p += n + (p[n] == ' ')) {
        n = strcspn(p, " ");
        if (n == name.n && memcmp(p, name.p, n) == 0)
            return true;
    }
    return false;
}

struct forms
compare_forms(struct str name)
{
    struct forms f = { .n = 0 };

    if (name.n == 0)
        return f;
    for (size_t i = 0; i < n_nicknames && f.n < COMPARE_FORMS_MAX; i++)
        if (in_row(nicknames[i], name))
            f.rows[f.n++] = (uint16_t)i;
    return f;
}

bool
compare_is_nickname(const struct forms *a, const struct forms *b)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            if (a->rows[i] == b->rows[j])
                return true;
    return false;
}

/* ---- dates of birth ---------------------------------------------------- */

static int
number_at(struct str s, size_t from, size_t n)
{
    int v = 0;

    for (size_t i = from; i < from + n; i++)
        v = v * 10 + (s.p[i] - '0');
    return v;
}

static int
digits_other(struct str a, struct str b)
{
    int n = 0;

    for (size_t i = 0; i < BIRTH_DIGITS; i++)
        n += a.p[i] != b.p[i];
    return n;
}

static bool
neighbours_swapped(struct str a, struct str b)
{
    size_t i = 0;

    while (a.p[i] == b.p[i])
        i++;
    return i + 1 < BIRTH_DIGITS && a.p[i] == b.p[i + 1] && a.p[i + 1] == b.p[i];
}

enum compare_birth
compare_births(struct str a, struct str b)
{
    bool year, month, day;
    int other, apart;

    if (a.n != BIRTH_DIGITS || b.n != BIRTH_DIGITS)
        return BIRTH_DIFFERENT;
    other = digits_other(a, b);
    if (other == 0)
        return BIRTH_EQUAL;
    year = memcmp(a.p, b.p, 4) == 0;
    month = memcmp(a.p + 4, b.p + 4, 2) == 0;
    day = memcmp(a.p + 6, b.p + 6, 2) == 0;
    if (year && memcmp(a.p + 4, b.p + 6, 2) == 0 &&
        memcmp(a.p + 6, b.p + 4, 2) == 0)
        return BIRTH_SWAPPED;
    if (other == 1 || (other == 2 && neighbours_swapped(a, b)))
        return BIRTH_TYPO;
    apart = number_at(a, 0, 4) - number_at(b, 0, 4);
    if (month && day && (apart == 1 || apart == -1))
        return BIRTH_YEAR;
    return other == 2 || year + month + day == 2 ? BIRTH_PART : BIRTH_DIFFERENT;
}
