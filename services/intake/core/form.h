/**
 * Forms: what may be sent, as tables of fields, and the one reader of them.
 *
 * A field says its name, type, limits and where its value goes. The same
 * tables serve validation, and whoever must describe the input to others
 * (templates, OpenAPI). What a field says of itself decides what happens when
 * it is bad (domain.md section 3): a mandatory or strict field refuses the
 * message; any other becomes null with a warning, and its raw text is kept in
 * the details.
 *
 * All problems of a message are found in one reading. No reason or pointer
 * holds a value; a member that no form knows is named only if it looks like
 * the name of a field.
 */
#ifndef WAYMARK_INTAKE_CORE_FORM_H
#define WAYMARK_INTAKE_CORE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/calendar.h"
#include "common/core/check.h"
#include "common/core/field.h"
#include "intake/core/raw.h"

#define FORM_PROBLEMS_MAX 50 /* of one message; more are not told */
/* A clock that is a little fast is no lie (R10). */
#define FORM_FUTURE_MS (10 * MINUTE_MS)
#define FORM_PLANNED_YEARS 5 /* W16 */

enum form_type {
    FORM_TEXT = 1,    /* struct str: one line of 1 to `max` code points */
    FORM_LINES,       /* struct str: the same with line breaks */
    FORM_REF,         /* struct str: an agency's own reference */
    FORM_BOOL,        /* bool */
    FORM_TRI,         /* enum tri: Y, N or U */
    FORM_INSTANT,     /* time_ms: RFC 3339, not in the future */
    FORM_DATE,        /* date_d */
    FORM_PLANNED,     /* date_d: W16 if past or 5 years off, and kept */
    FORM_INT,         /* int32_t: `min` to `max` */
    FORM_TENTHS,      /* int32_t: 0 to `max` tenths, sent as 1.5 */
    FORM_FIGURE,      /* struct str: a number as text or as such (figure.h) */
    FORM_CODE,        /* int: one of `codes` */
    FORM_SET,         /* uint32_t: some of `codes`, added to what is there */
    FORM_WORD,        /* struct str: one of `words`, as it stands */
    FORM_ID,          /* struct id */
    FORM_DIGITS,      /* struct str: exactly `max` digits */
    FORM_NHS_NUMBER,  /* struct str, and so on: check.h */
    FORM_UPN,
    FORM_LA_CHILD_ID,
    FORM_POSTCODE,
    FORM_NAMES,       /* struct texts: up to `max` names */
    FORM_GRADES,      /* struct texts: exactly `max` numbers 1 to 4 */
    FORM_OBJECT,      /* the fields of `sub`, into the same targets */
    FORM_LIST,        /* struct items: `max` objects of `sub` into TO_ITEM */
};

/* Where a value goes; offsets count from there. */
enum form_target {
    TO_RECORD = 0,
    TO_PERSON,
    TO_ITEM,   /* the item of the list that is being read */
    TO_DETAIL, /* as text into the details, under the field's path */
    TO_N,
};

enum form_flag {
    FORM_MUST = 1,
    FORM_STRICT = 2, /* optional, but a bad value refuses the message */
    FORM_WANTED = 4, /* optional here; a rule may want it (R11, R18, R19) */
};

/* A word that stands for another one, with a warning or WARNING_NONE. */
struct form_alias {
    const char *from; /* NULL ends the list */
    const char *to;
    enum warning warning;
};

struct form;

struct form_field {
    const char *name;
    enum form_type type;
    unsigned flags;
    enum form_target to;
    size_t offset;
    int64_t min, max;
    const struct codes *codes;
    const char *const *words;
    const struct form_alias *aliases;
    const struct form *sub;
    size_t item_size;      /* FORM_LIST: of one item */
    const struct fields *item_fields; /* FORM_LIST: to clear one */
    const char *refuse;    /* code of a bad value; NULL: R15 or R03 */
    enum warning warning;  /* of a bad optional value; W09 if none */
    enum warning waived_by; /* not mandatory once this warning was given */
    const char *help;      /* for people: meaning and unit */
    const char *example;   /* as text; NULL: its type's, "": not in examples */
};

struct form {
    const struct form_field *at;
    size_t n;
    const struct form *also; /* fields that stand in the same object */
};

/* The field of that name in a form or those it is joined to; NULL. */
const struct form_field *form_find(const struct form *form, struct str name);

struct problem {
    char code[4];       /* R01 .. R19 */
    struct str pointer; /* RFC 6901 */
    struct str detail;
};

struct problems {
    struct problem *at; /* in the arena */
    size_t n;
};

/* What a reading needs and what it found. */
struct reading {
    struct arena *arena;
    const struct calendar *calendar;
    time_ms received;
    void *base[TO_N];
    struct problems problems;
    uint32_t warnings; /* bit w for Ww */
    struct person_detail *details; /* in the arena */
    size_t n_details;
    size_t room_details;
    char path[128]; /* of the object that is being read, as a pointer */
    size_t path_n;
};

/** A reading without targets yet; `path` is the whole document. */
void form_begin(struct reading *r, struct arena *arena,
                const struct calendar *calendar, time_ms received);

/**
 * Read an object. Its problems and warnings are added to `r`, its values
 * written through r->base. `exact`: members that the form lacks are R03.
 */
void form_read(struct reading *r, const struct form *form,
               const struct raw_value *object, bool exact);

/**
 * Text of a scalar as a form reads it, without the blanks around it; the null
 * text for anything else, NULL included. For whoever must know a code before
 * the form is chosen.
 */
struct str form_text(const struct raw_value *v);

/** Add a problem at a member of the object being read ("" for itself). */
void form_problem(struct reading *r, const char *code, const char *member,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void form_warn(struct reading *r, enum warning w);
bool form_warned(const struct reading *r, enum warning w);

/** The warnings' codes in rising order, in the arena. */
struct texts form_warnings(struct arena *arena, uint32_t warnings);

/** Keep a text under a name that is the sender's field. */
void form_keep(struct reading *r, const char *name, struct str value);

/** Unicode code points of a text; bytes that continue one don't count. */
int32_t form_chars(struct str text);

#endif
