/**
 * A borrowed piece of text: pointer and length, UTF-8, NUL not counted.
 * A null text is (NULL, 0) and differs from the empty text ("", 0).
 */
#ifndef WAYMARK_COMMON_CORE_STR_H
#define WAYMARK_COMMON_CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n;
};

#define STR_NULL ((struct str){ .p = NULL, .n = 0 })
/** A literal as text. */
#define STR(lit) ((struct str){ .p = "" lit, .n = sizeof(lit) - 1 })
/** For printf's "%.*s": two arguments. */
#define STR_ARG(s) (int)(s).n, (s).p == NULL ? "" : (s).p

/** Borrow a NUL-terminated string; NULL gives the null text. */
struct str str_of(const char *c);

/** Same length and bytes; null equals null only. */
bool str_eq(struct str a, struct str b);

/** Same bytes as the NUL-terminated `c`. */
bool str_is(struct str s, const char *c);

/** Order by bytes, shorter first on a tie; null before all. <0, 0, >0. */
int str_cmp(struct str a, struct str b);

/** True when `s` begins with `prefix`. */
bool str_starts(struct str s, struct str prefix);

/** A letter A to Z as a small one; all else as it is, whatever the locale. */
char str_lower(char c);
/** str_is for a word of letters in either case. */
bool str_is_fold(struct str s, const char *c);

#endif
