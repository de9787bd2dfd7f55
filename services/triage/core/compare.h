/**
 * How alike are two texts: the comparators of record linkage.
 *
 * Integers only, so that every machine decides alike. Texts are normalised
 * before (linkage.h) and compared as bytes; of a longer one only the first
 * COMPARE_MAX count. A null or empty text is like nothing.
 */
#ifndef WAYMARK_TRIAGE_CORE_COMPARE_H
#define WAYMARK_TRIAGE_CORE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/str.h"

#define COMPARE_MAX 64
#define COMPARE_SAME 10000 /* of compare_names: equal */
#define COMPARE_SOUND_SIZE 5

/**
 * Jaro-Winkler similarity in ten-thousandths: 0 nothing in common, 10000
 * equal. The prefix bonus is 0.1 a letter for at most four letters, without
 * a least similarity (W. E. Winkler, String Comparator Metrics, 1990).
 */
int compare_names(struct str a, struct str b);

/**
 * Fewest typing errors from one text to the other: a letter more, less, other,
 * or two neighbours swapped, no place touched twice. More than `most` gives
 * most + 1.
 */
int compare_typos(struct str a, struct str b, int most);

/**
 * Soundex key (US National Archives, "The Soundex Indexing System"): a letter
 * and three digits, "" for a text that does not begin with a-z. NUL-terminated.
 */
void compare_sound(struct str name, char out[COMPARE_SOUND_SIZE]);

/* Rows of the table of nicknames (nicknames.h) in which a name stands; of
 * further ones than COMPARE_FORMS_MAX the last are left out. */
#define COMPARE_FORMS_MAX 6

struct forms {
    uint16_t rows[COMPARE_FORMS_MAX];
    size_t n;
};

/** The rows of a normalised forename; none for a null or unknown one. */
struct forms compare_forms(struct str name);
/** Two names of one row: forms of one given name. */
bool compare_is_nickname(const struct forms *a, const struct forms *b);

enum compare_birth {
    BIRTH_EQUAL,
    BIRTH_TYPO,    /* one digit other, or two neighbours swapped */
    BIRTH_SWAPPED, /* day and month */
    BIRTH_YEAR,    /* same day and month, year one off (1999 and 2000) */
    BIRTH_PART,    /* two digits other, or two of day, month and year equal */
    BIRTH_DIFFERENT,
};

/** Both of exactly eight digits, year first; need not be dates that exist. */
enum compare_birth compare_births(struct str a, struct str b);

#endif
