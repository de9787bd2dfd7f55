#include "common/core/str.h"

#include <string.h>

struct str
str_of(const char *c)
{
    if (c == NULL)
        return STR_NULL;
    return (struct str){ .p = c, .n = strlen(c) };
}

bool
str_eq(struct str a, struct str b)
{
    if (a.p == NULL || b.p == NULL)
        return a.p == b.p;
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str s, const char *c)
{
    return str_eq(s, str_of(c));
}

int
str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order;

    if (a.p == NULL || b.p == NULL)
        return (a.p != NULL) - (b.p != NULL);
    order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(struct str s, struct str prefix)
{
    if (s.p == NULL || prefix.p == NULL)
        return false;
    return s.n >= prefix.n &&
           (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

char
str_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
str_is_fold(struct str s, const char *c)
{
    struct str word = str_of(c);

    if (s.n != word.n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (str_lower(s.p[i]) != str_lower(word.p[i]))
            return false;
    return true;
}
