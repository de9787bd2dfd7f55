#include "tests/lib/rfc8259.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct text {
    const unsigned char *p;
    size_t n;
    size_t i;
    bool limit; /* JSON, but more than is taken */
};

static bool value(struct text *t, int depth);

static unsigned
at(const struct text *t, size_t ahead)
{
    return t->i + ahead < t->n ? t->p[t->i + ahead] : 0x100;
}

static void
blanks(struct text *t)
{
    while (at(t, 0) == 0x20 || at(t, 0) == 0x09 || at(t, 0) == 0x0a ||
           at(t, 0) == 0x0d)
        t->i++;
}

static int
hex4(const struct text *t, size_t ahead)
{
    int v = 0;

    for (size_t k = 0; k < 4; k++) {
        unsigned c = at(t, ahead + k);

        if (c >= '0' && c <= '9')
            v = v * 16 + (int)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f' && c < 0x100)
            v = v * 16 + (int)((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return v;
}

static bool
string(struct text *t)
{
    if (at(t, 0) != '"')
        return false;
    for (t->i++; at(t, 0) != '"'; t->i++) {
        int unit;

        if (at(t, 0) < 0x20 || at(t, 0) == 0x100)
            return false;
        if (at(t, 0) != '\\')
            continue;
        t->i++;
        switch (at(t, 0)) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':
            continue;
        case 'u':
            break;
        default:
            return false;
        }
        unit = hex4(t, 1);
        if (unit < 0)
            return false;
        t->i += 4;
        if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
            t->limit = true;
        if (unit >= 0xd800 && unit <= 0xdbff) {
            int low = at(t, 1) == '\\' && at(t, 2) == 'u' ? hex4(t, 3) : -1;

            if (low >= 0xdc00 && low <= 0xdfff)
                t->i += 6;
            else
                t->limit = true;
        }
    }
    t->i++;
    return true;
}

static bool
digits(struct text *t)
{
    size_t from = t->i;

    while (at(t, 0) >= '0' && at(t, 0) <= '9')
        t->i++;
    return t->i > from;
}

static bool
number(struct text *t)
{
    char copy[400];
    size_t from = t->i;
    bool whole = true;
    size_t n;

    if (at(t, 0) == '-')
        t->i++;
    if (at(t, 0) == '0')
        t->i++;
    else if (!digits(t))
        return false;
    if (at(t, 0) == '.') {
        whole = false;
        t->i++;
        if (!digits(t))
            return false;
    }
    if (at(t, 0) == 'e' || at(t, 0) == 'E') {
        whole = false;
        t->i++;
        if (at(t, 0) == '+' || at(t, 0) == '-')
            t->i++;
        if (!digits(t))
            return false;
    }
    n = t->i - from < sizeof copy ? t->i - from : sizeof copy - 1;
    memcpy(copy, t->p + from, n);
    copy[n] = '\0';
    if (whole ? strtold(copy, NULL) > 9223372036854775807.0L ||
                    strtold(copy, NULL) < -9223372036854775808.0L
              : isinf(strtod(copy, NULL)))
        t->limit = true;
    return true;
}

static bool
list(struct text *t, int depth, unsigned end)
{
    t->limit |= depth > RFC8259_DEPTH_MAX;
    t->i++;
    blanks(t);
    if (at(t, 0) == end) {
        t->i++;
        return true;
    }
    for (;;) {
        blanks(t);
        if (end == '}') {
            if (!string(t))
                return false;
            blanks(t);
            if (at(t, 0) != ':')
                return false;
            t->i++;
        }
        if (!value(t, depth))
            return false;
        blanks(t);
        if (at(t, 0) == end) {
            t->i++;
            return true;
        }
        if (at(t, 0) != ',')
            return false;
        t->i++;
    }
}

static bool
word(struct text *t, const char *w)
{
    size_t n = strlen(w);

    if (t->n - t->i < n || memcmp(t->p + t->i, w, n) != 0)
        return false;
    t->i += n;
    return true;
}

static bool
value(struct text *t, int depth)
{
    blanks(t);
    switch (at(t, 0)) {
    case '{':
        return list(t, depth + 1, '}');
    case '[':
        return list(t, depth + 1, ']');
    case '"':
        return string(t);
    case 't':
        return word(t, "true");
    case 'f':
        return word(t, "false");
    case 'n':
        return word(t, "null");
    default:
        return number(t);
    }
}

/* Well-formed UTF-8 by the table of RFC 3629, section 4. */
static bool
is_utf8(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned c = p[i++];
        unsigned low = 0x80, high = 0xbf;
        int more;

        if (c < 0x80)
            continue;
        if (c >= 0xc2 && c <= 0xdf)
            more = 1;
        else if (c >= 0xe0 && c <= 0xef)
            more = 2;
        else if (c >= 0xf0 && c <= 0xf4)
            more = 3;
        else
            return false;
        if (c == 0xe0)
            low = 0xa0;
        if (c == 0xed)
            high = 0x9f;
        if (c == 0xf0)
            low = 0x90;
        if (c == 0xf4)
            high = 0x8f;
        for (; more > 0; more--) {
            if (i == n || p[i] < low || p[i] > high)
                return false;
            i++;
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}

enum rfc8259
rfc8259_verdict(const char *p, size_t n)
{
    struct text t = { .p = (const unsigned char *)p, .n = n };

    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        t.i = 3; /* a byte order mark may be passed over */
    if (!value(&t, 0))
        return RFC8259_NOT_JSON;
    blanks(&t);
    if (t.i < n)
        return RFC8259_NOT_JSON;
    if (!is_utf8(t.p, n))
        return RFC8259_BAD_UTF8;
    return t.limit ? RFC8259_OVER_LIMIT : RFC8259_JSON;
}
