/**
 * Is this item what it says it is? The rules of the item table in domain.md
 * section 3, with the tidied form that is stored and compared.
 *
 * An item that is bad becomes null with a warning; only dates of birth, names
 * and references can refuse a message. Nothing here keeps or prints a value.
 */
#ifndef WAYMARK_COMMON_CORE_CHECK_H
#define WAYMARK_COMMON_CORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/core/arena.h"
#include "common/core/str.h"
#include "common/core/time.h"

/* The warnings of domain.md section 3; the value is the number. */
enum warning {
    WARNING_NONE = 0,
    WARNING_NHS_NUMBER = 1,           /* W01 */
    WARNING_UPN = 2,                  /* W02 */
    WARNING_UPN_TEMPORARY = 3,        /* W03 */
    WARNING_LA_CHILD_ID = 4,          /* W04 */
    WARNING_POSTCODE = 5,             /* W05 bad or unmapped */
    WARNING_BIRTH_UNCONFIRMED = 6,    /* W06 */
    WARNING_TWO_BIRTH_DATES = 7,      /* W07 */
    WARNING_OUTSIDE_AGE = 8,          /* W08 */
    WARNING_OPTIONAL_CODE = 9,        /* W09 */
    WARNING_SENT_LATE = 10,           /* W10 */
    WARNING_AMENDMENT_GAP = 11,       /* W11 */
    WARNING_SUPERSEDED = 12,          /* W12 */
    WARNING_REPEAT = 13,              /* W13 */
    WARNING_ABSENT = 14,              /* W14 */
    WARNING_FOUND_BEFORE_REPORT = 15, /* W15 */
    WARNING_PLANNED_DATE = 16,        /* W16 */
    WARNING_SCHOOL_UNKNOWN = 17,      /* W17 */
};

#define WARNING_LAST WARNING_SCHOOL_UNKNOWN

/** "W01" .. "W17"; "" for WARNING_NONE. */
const char *
warning_code(enum warning w);

enum check_result {
    CHECK_ABSENT,    /* null or blank: nothing was said, no warning */
    CHECK_GOOD,      /* `out` holds the tidied form */
    CHECK_TEMPORARY, /* good, but for a while only: a temporary UPN */
    CHECK_NO_ABODE,  /* a postcode of no fixed abode: to be stored as null */
    CHECK_BAD,       /* to be stored as null with the warning */
};

struct check {
    enum check_result result;
    enum warning warning;
};

/* All tidied forms are NUL-terminated, and "" unless good or temporary. */
#define CHECK_NHS_SIZE 11
#define CHECK_UPN_SIZE 14
#define CHECK_LA_CHILD_ID_SIZE 21
#define CHECK_POSTCODE_SIZE 9

/** NHS number: no spaces or hyphens, check digit; ten equal digits are bad. */
struct check
check_nhs_number(struct str text, char out[CHECK_NHS_SIZE]);

/**
 * Unique pupil number: spaces dropped, upper case, check letter, a local
 * authority number that exists. A letter at the end makes it temporary, W03.
 */
struct check
check_upn(struct str text, char out[CHECK_UPN_SIZE]);

/** Id of a child at a local authority: 1-20 of A-Z a-z 0-9, as it stands. */
struct check
check_la_child_id(struct str text, char out[CHECK_LA_CHILD_ID_SIZE]);

/**
 * Postcode: upper case; spaces, dots and hyphens dropped; one space before
 * the last three. ZZ99 is no fixed abode, whatever follows. Whether a profile
 * maps it is for the caller to ask.
 */
struct check
check_postcode(struct str text, char out[CHECK_POSTCODE_SIZE]);

/** Exactly `n` digits: a local authority code (3), a school's URN (6). */
bool
check_digits(struct str text, size_t n);

/** An agency's own reference: 1-64 of A-Z a-z 0-9 / _ . : - (else R05). */
bool
check_agency_ref(struct str text);

enum check_text {
    CHECK_TEXT_GOOD,
    CHECK_TEXT_NOT_UTF8, /* R17 */
    CHECK_TEXT_CONTROL,  /* R17: NUL, C0, DEL or C1 */
    CHECK_TEXT_TOO_LONG, /* R03 */
};

#define CHECK_NAME_MAX 100     /* code points */
#define CHECK_CONCERN_MAX 8000 /* code points */

/** A name: valid UTF-8 of at most CHECK_NAME_MAX code points, no controls. */
enum check_text
check_name(struct str text);

/**
 * The same for longer text: at most `max` code points; tab, carriage return
 * and line feed are allowed.
 */
enum check_text
check_free_text(struct str text, size_t max);

/**
 * What is compared where names must be equal: Latin letters without their
 * accents and in lower case (ligatures spelt out: "ae", "ss", "th"); spaces,
 * hyphens, apostrophes, full stops and combining accents are gone, so that
 * composed and decomposed letters give one key. Everything else, other scripts
 * and bytes that aren't UTF-8 among it, stays as it is. No sound or spelling
 * variants: a German "ue" for u umlaut is another key. In the arena; null for
 * null.
 */
struct str
name_key(struct arena *a, struct str name);

enum check_birth {
    CHECK_BIRTH_GOOD,
    CHECK_BIRTH_UNCONFIRMED, /* expected more than 14 days ago: W06 */
    CHECK_BIRTH_BAD,         /* R12, for an expected date R13 */
};

/** Born on the day received or before, and less than 120 years ago. */
enum check_birth
check_dob(date_d dob, date_d received);

/** Expected from 14 days before to 294 days after the day received. */
enum check_birth
check_expected_dob(date_d expected, date_d received);

/**
 * The estimate for an age in years (0..119): the first of the month in which
 * age and six months before `received` lies. False for other ages.
 */
bool
check_dob_of_age(int age_years, date_d received, date_d *dob);

#endif
