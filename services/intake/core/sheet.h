/**
 * Rows of a spreadsheet as raw messages. What a column means says its name,
 * never its place, and the names are those of the forms (kinds.h): a path
 * from the top of the message with dots, "agency_ref", "child.dob",
 * "questions.crime_feared", "household.2.name" (people from 1). So a row
 * becomes the tree that the same JSON would be, and everything behind it,
 * rules, codes and pointers, is shared.
 *
 * In a cell: lists have ";" or "|" between their entries, codes also commas
 * and blanks; dates and times may be Excel's (cell.h); blank is absent.
 *
 * What is wrong with a sheet itself has codes of its own:
 *   C01 a column that is not known     C04 more or fewer cells than columns
 *   C02 a column that stands twice     C05 quotes (found by the reader)
 *   C03 a column that must be there    C06 no line of headings
 * C01 to C03 and C06 refuse the whole file, since every row would be wrong.
 */
#ifndef WAYMARK_INTAKE_CORE_SHEET_H
#define WAYMARK_INTAKE_CORE_SHEET_H

#include "intake/core/kinds.h"

#define SHEET_COLUMNS_MAX 200
#define SHEET_DEPTH_MAX 4

/* Names that a file of rejected rows has besides; they are never read. */
#define SHEET_ERROR_CODE "error_code"
#define SHEET_ERROR_FIELD "error_field"
#define SHEET_ERROR_DETAIL "error_detail"

/* What a sheet holds as far as its columns don't say. */
struct sheet_options {
    enum item_kind_of item;
    int kind;          /* enum kind, or activity; 0: a column says */
    struct str agency; /* null: a column says */
};

struct sheet_column {
    struct str name; /* as the forms have it */
    struct str parts[SHEET_DEPTH_MAX];
    size_t n;
    const struct form_field *field; /* NULL: not to be read */
    size_t group[SHEET_DEPTH_MAX];  /* first column with the same parts */
    int64_t item;                   /* number in its list, else 0 */
};

struct sheet {
    struct sheet_options options;
    size_t headings; /* number of their row */
    struct sheet_column at[SHEET_COLUMNS_MAX];
    size_t n;
    size_t order[SHEET_COLUMNS_MAX]; /* items of lists rising */
};

/* A row as the reader of the file found it. */
struct sheet_cells {
    size_t number; /* as a spreadsheet counts: headings are 1 */
    const struct str *at;
    size_t n;
    const char *code;   /* NULL, or why it could not be read */
    const char *detail; /* the same for people */
};

/* And as it was understood. */
struct sheet_row {
    size_t number;
    size_t n_bytes;         /* that it came as; the caller's to set */
    struct raw_value raw;   /* where the problem's code is "" */
    struct problem problem; /* C04, C05, R04, R17 */
};

enum sheet_taken {
    SHEET_ROW = 1,
    SHEET_BLANK, /* nothing stands in any cell */
    SHEET_NOTE,  /* below the headings, "#" or "# ..." in the first cell: the
                    template's explanations */
};

/**
 * What a file holds by its name: "school_referral-week-12.csv" says the kind,
 * "activities.csv" the item; else notifications with a column `kind`. Case
 * doesn't matter. Only item and kind are set.
 */
void sheet_of_name(const char *name, struct sheet_options *out);

/** The kind or activity of a code's word and what it is an item of, or false. */
bool sheet_kind(struct str word, struct sheet_options *out);

/**
 * Read the headings; all of `*s` is in `arena` or borrowed from the options.
 * Every reason against the sheet is in `problems` (in the arena); none: rows
 * can be read. A heading that doesn't look like one is not repeated.
 */
void sheet_begin(struct sheet *s, struct arena *arena,
                 const struct sheet_options *options,
                 const struct sheet_cells *headings,
                 struct problems *problems);

/** Understand a row below the headings; `*out` is set for SHEET_ROW only. */
enum sheet_taken sheet_take(const struct sheet *s, struct arena *arena,
                            const struct sheet_cells *row,
                            struct sheet_row *out);

/** Nothing stands in any cell. */
bool sheet_is_blank(const struct str *cells, size_t n);
/** What SHEET_NOTE is, wherever it stands. */
bool sheet_is_note(const struct str *cells, size_t n);

/** Which column a pointer of a problem means: "/child/dob" is "child.dob". */
struct str sheet_column_of(struct arena *arena, const struct raw_value *raw,
                           struct str pointer);

/**
 * Every column that a form has, one after the other; lists with `items` of
 * their items. `each` borrows the name.
 */
void sheet_columns(const struct form *form, int items,
                   void (*each)(void *self, const char *name,
                                const struct form_field *field, bool must),
                   void *self);

/** Form of what a sheet holds: with kind 0 what all have. */
const struct form *sheet_form(const struct sheet_options *options);

#endif
