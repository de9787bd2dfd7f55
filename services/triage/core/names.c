#include "triage/core/names.h"

#include "common/core/check.h"

#include <string.h>

/* Shorter names have no room for a typing error. */
#define TYPO_MIN_CHARS 4

struct str
triage_norm(struct arena *a, struct str name)
{
    struct str key = name_key(a, name);

    return key.n == 0 ? STR_NULL : key;
}

/* Do the rests behind the first difference agree? */
static bool
rest_eq(struct str a, size_t from_a, struct str b, size_t from_b)
{
    if (from_a > a.n || from_b > b.n || a.n - from_a != b.n - from_b)
        return false;
    return memcmp(a.p + from_a, b.p + from_b, a.n - from_a) == 0;
}

bool
triage_is_typo(struct str a, struct str b)
{
    size_t i = 0;

    if (a.p == NULL || b.p == NULL)
        return false;
    if (str_eq(a, b))
        return true;
    if (a.n < TYPO_MIN_CHARS || b.n < TYPO_MIN_CHARS)
        return false;
    while (i < a.n && i < b.n && a.p[i] == b.p[i])
        i++;
    if (rest_eq(a, i + 1, b, i + 1) || rest_eq(a, i + 1, b, i) ||
        rest_eq(a, i, b, i + 1))
        return true;
    return i + 1 < a.n && i + 1 < b.n && a.p[i] == b.p[i + 1] &&
           a.p[i + 1] == b.p[i] && rest_eq(a, i + 2, b, i + 2);
}

struct str
triage_forename_norm(struct arena *a, struct str name)
{
    static const char *const none[] = { "baby", "unknown", "notknown" };
    struct str norm = triage_norm(a, name);

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (str_is(norm, none[i]))
            return STR_NULL;
    return norm;
}
