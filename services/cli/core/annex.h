/**
 * Ofsted's Annex A (domain.md section 10): lists 1 contacts, 2 early help, 3
 * referrals, of the six months up to a day, as tables of cells. Headers and
 * code lists stand here; every value of a coded column is one of its list.
 * Nothing is written here: cli/return_annex.c makes the files.
 */
#ifndef WAYMARK_CLI_CORE_ANNEX_H
#define WAYMARK_CLI_CORE_ANNEX_H

#include "cli/core/finding.h"
#include "common/core/codes.h"

#define ANNEX_LISTS 3
#define ANNEX_COLUMNS_MAX 11

/* One contact, assessment or referral of a child. What a list doesn't have
 * stays null. */
struct annex_entry {
    struct id child_id;
    struct id case_id;    /* or none */
    struct str unique_id; /* as the authority's, or of ours: return_unique_id */
    int sex;              /* enum sex; 0 not known */
    int ethnicity;        /* enum ethnicity; 0 not known */
    date_d dob;
    date_d on;               /* of the contact, start or receipt */
    date_d completed;        /* list 2 */
    struct str source;       /* code of the CIN census */
    struct str organisation; /* list 2 */
    struct str unit, worker; /* list 3 */
    bool nfa;                /* list 3 */
};

enum annex_cell_kind {
    ANNEX_EMPTY = 0,
    ANNEX_TEXT,
    ANNEX_DATE,
    ANNEX_NUMBER,
};

struct annex_cell {
    int kind; /* enum annex_cell_kind */
    struct str text;
    date_d date;
    int64_t number;
};

struct annex_list {
    int number; /* 1.. */
    const char *const *headers;
    size_t n_columns;
    struct annex_cell *cells; /* row by row */
    size_t n_rows;
};

/** First day of the window that ends on `as_at`: the same day number six
 * months before, else that month's last. */
date_d annex_first_day(date_d as_at);

/**
 * A list of the entries that fall into the window: list 2 takes assessments
 * that began or ended in it, the others what came in it. Entries stand by
 * child, those of a child by day; list 3 counts the child's referrals that came
 * before on or after the same day 12 months earlier, so they have to begin
 * there. What could not be filled is added to `findings`.
 */
void annex_make(struct arena *arena, int number, date_d as_at,
                const struct annex_entry *entries, size_t n,
                struct annex_list *out, struct findings *findings);

#define ANNEX_DATE_SIZE 11
/** "31/12/2025". */
char *annex_date(date_d d, char out[ANNEX_DATE_SIZE]);

#endif
