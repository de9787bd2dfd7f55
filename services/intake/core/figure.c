#include "intake/core/figure.h"

static bool
is_one_of(struct str text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (str_is_fold(text, *words))
            return true;
    return false;
}

static int
gap_of(struct str text)
{
    static const char *const words[][5] = {
        [GAP_NOT_AVAILABLE] = { "na", "n/a", "not_available", "not available",
                                NULL },
        [GAP_AWAITING] = { "awaiting", "awaiting data", NULL },
        [GAP_UNKNOWN] = { "unknown", NULL },
    };

    for (int gap = GAP_NOT_AVAILABLE; gap <= GAP_UNKNOWN; gap++)
        if (is_one_of(text, words[gap]))
            return gap;
    return 0;
}

bool
figure_is_total(struct str breakdown)
{
    static const char *const words[] = { "total", "totals", "all", NULL };

    return is_one_of(breakdown, words);
}

static bool
is_digit(struct str text, size_t i)
{
    return i < text.n && text.p[i] >= '0' && text.p[i] <= '9';
}

/* Digits from *at on, in groups of three where commas stand between. */
static bool
read_whole(struct str text, size_t *at, int64_t *n, size_t *digits)
{
    size_t run = 0;
    bool grouped = false;

    for (; is_digit(text, *at) || (*at < text.n && text.p[*at] == ',');
         (*at)++) {
        if (text.p[*at] == ',') {
            if (grouped ? run != 3 : run == 0 || run > 3)
                return false;
            grouped = true;
            run = 0;
            continue;
        }
        run++;
        if (++*digits > FIGURE_DIGITS_MAX)
            return false;
        *n = *n * 10 + (text.p[*at] - '0');
    }
    return grouped ? run == 3 : run > 0;
}

static bool
read_decimals(struct str text, size_t *at, int64_t *n, size_t *digits,
              int32_t *decimals)
{
    *decimals = 0;
    if (*at == text.n || text.p[*at] != '.')
        return true;
    for ((*at)++; is_digit(text, *at); (*at)++) {
        if (++*digits > FIGURE_DIGITS_MAX)
            return false;
        *n = *n * 10 + (text.p[*at] - '0');
        (*decimals)++;
    }
    return *decimals > 0 && *decimals <= FIGURE_DECIMALS_MAX;
}

/* The sign of percent may stand a blank away. */
static bool
ends(struct str text, size_t at, enum indicator_unit unit)
{
    if (unit == UNIT_PERCENT) {
        if (at + 1 < text.n && text.p[at] == ' ' && text.p[at + 1] == '%')
            at++;
        if (at < text.n && text.p[at] == '%')
            at++;
    }
    return at == text.n;
}

static bool
fits(const struct figure *f, enum indicator_unit unit, int measure)
{
    int64_t most = 100;

    if (unit == UNIT_COUNT)
        return f->decimals == 0;
    if (unit != UNIT_PERCENT || measure == MEASURE_CHANGE)
        return true;
    for (int32_t i = 0; i < f->decimals; i++)
        most *= 10;
    return f->amount <= most;
}

enum figure_is
figure_read(struct str text, enum indicator_unit unit, int measure,
            struct figure *out)
{
    bool minus = text.n > 0 && text.p[0] == '-';
    bool sign = minus || (text.n > 0 && text.p[0] == '+');
    size_t at = sign ? 1 : 0, digits = 0;
    int64_t n = 0;

    *out = (struct figure){ .gap = gap_of(text),
                            .amount = I64_NONE,
                            .decimals = I32_NONE };
    if (out->gap != 0)
        return FIGURE_GAP;
    if (!is_digit(text, at))
        return FIGURE_OTHER;
    if (!read_whole(text, &at, &n, &digits) ||
        !read_decimals(text, &at, &n, &digits, &out->decimals))
        return FIGURE_OTHER;
    if (!ends(text, at, unit))
        return FIGURE_SUFFIX;
    out->amount = minus ? -n : n;
    if ((sign && measure != MEASURE_CHANGE) || !fits(out, unit, measure))
        return FIGURE_RANGE;
    return FIGURE_VALUE;
}
