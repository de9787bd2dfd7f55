#include "intake/core/cell.h"

#include <stdint.h>
#include <string.h>

#include "common/core/time.h"

#define DAY_S ((int64_t)86400)
#define FRACTION_DIGITS_MAX 15 /* more than Excel has */

/* A moment of a local day, or the day alone. */
struct moment {
    date_d date;
    bool has_time;
    int64_t tod_s;
};

struct str
cell_trim(struct str cell)
{
    static const char blanks[] = " \t\r\n";

    while (cell.n > 0 && memchr(blanks, cell.p[0], 4) != NULL)
        cell = (struct str){ .p = cell.p + 1, .n = cell.n - 1 };
    while (cell.n > 0 && memchr(blanks, cell.p[cell.n - 1], 4) != NULL)
        cell.n--;
    return cell;
}

/* `min` to `max` digits at the front of *s, taken from it. */
static bool
take_number(struct str *s, size_t min, size_t max, int64_t *out)
{
    size_t n = 0;

    *out = 0;
    while (n < s->n && n < max && s->p[n] >= '0' && s->p[n] <= '9')
        *out = *out * 10 + (s->p[n++] - '0');
    if (n < min || (n < s->n && s->p[n] >= '0' && s->p[n] <= '9'))
        return false;
    *s = (struct str){ .p = s->p + n, .n = s->n - n };
    return true;
}

static bool
take_char(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = (struct str){ .p = s->p + 1, .n = s->n - 1 };
    return true;
}

/* "26/06/2015", or "2015-06-26". */
static bool
take_day(struct str *s, date_d *out)
{
    int64_t first, month, last;
    struct ymd ymd;

    if (!take_number(s, 1, 4, &first))
        return false;
    if (take_char(s, '/')) {
        if (!take_number(s, 1, 2, &month) || !take_char(s, '/') ||
            !take_number(s, 4, 4, &last))
            return false;
        ymd = (struct ymd){ (int)last, (int)month, (int)first };
    } else {
        if (!take_char(s, '-') || !take_number(s, 2, 2, &month) ||
            !take_char(s, '-') || !take_number(s, 2, 2, &last))
            return false;
        ymd = (struct ymd){ (int)first, (int)month, (int)last };
    }
    return date_of(ymd, out);
}

/* "7:12", "07:12:05" */
static bool
take_time(struct str *s, int64_t *tod_s)
{
    int64_t hour, minute, second = 0;

    if (!take_number(s, 1, 2, &hour) || !take_char(s, ':') ||
        !take_number(s, 2, 2, &minute))
        return false;
    if (take_char(s, ':') && !take_number(s, 2, 2, &second))
        return false;
    *tod_s = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}

static bool
read_written(struct str cell, struct moment *out)
{
    *out = (struct moment){ .date = DATE_NONE };
    if (!take_day(&cell, &out->date))
        return false;
    if (cell.n == 0)
        return true;
    out->has_time = true;
    return take_char(&cell, ' ') && take_time(&cell, &out->tod_s) &&
           cell.n == 0;
}

/* "42181", "42181.3", in some countries "42181,3"; to the nearest second. */
static bool
read_serial(struct str cell, struct moment *out)
{
    const struct ymd zero = { 1899, 12, 30 };
    int64_t days, scale = 1, fraction = 0;

    *out = (struct moment){ .date = DATE_NONE };
    if (!date_of(zero, &out->date) || !take_number(&cell, 5, 5, &days) ||
        days < CELL_SERIAL_MIN || days > CELL_SERIAL_MAX)
        return false;
    out->date += (date_d)days;
    if (cell.n == 0)
        return true;
    if (!take_char(&cell, '.') && !take_char(&cell, ','))
        return false;
    if (cell.n == 0 || cell.n > FRACTION_DIGITS_MAX)
        return false;
    out->has_time = true;
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] < '0' || cell.p[i] > '9')
            return false;
        if (scale < INT64_C(1000000000000)) {
            fraction = fraction * 10 + (cell.p[i] - '0');
            scale *= 10;
        }
    }
    out->tod_s = (fraction * DAY_S + scale / 2) / scale;
    if (out->tod_s == DAY_S) {
        out->date++;
        out->tod_s = 0;
    }
    return true;
}

struct str
cell_date(struct arena *arena, struct str cell)
{
    char text[DATE_TEXT_SIZE];
    struct moment m;

    if (!read_written(cell, &m) && !read_serial(cell, &m))
        return cell;
    if (m.tod_s != 0)
        return cell; /* an hour was meant, and this field has none */
    return arena_str(arena, str_of(date_text(m.date, text)));
}

struct str
cell_instant(struct arena *arena, struct str cell)
{
    char text[DATE_TEXT_SIZE];
    struct moment m;

    if (!read_written(cell, &m) && !read_serial(cell, &m))
        return cell;
    if (!m.has_time)
        return cell;
    return arena_printf(arena, "%sT%02d:%02d:%02d", date_text(m.date, text),
                        (int)(m.tod_s / 3600), (int)(m.tod_s / 60 % 60),
                        (int)(m.tod_s % 60));
}

struct str
cell_word(struct arena *arena, struct str cell)
{
    char *p;

    if (cell.n < 2)
        return cell;
    p = arena_copy(arena, cell.p, cell.n);
    for (size_t i = 0; i < cell.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    return (struct str){ .p = p, .n = cell.n };
}
