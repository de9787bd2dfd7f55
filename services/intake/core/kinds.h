/**
 * The forms of everything that enters: kinds of notifications, activities,
 * screenings, matches and indicators (domain.md sections 3 and 9). A field is changed here and
 * nowhere else.
 *
 * Common fields stand at the top of the object beside the kind's own;
 * `child`, `reporter`, `questions` and `subject` are objects, `household` is a
 * list.
 */
#ifndef WAYMARK_INTAKE_CORE_KINDS_H
#define WAYMARK_INTAKE_CORE_KINDS_H

#include "common/core/codes.h"
#include "common/core/records.h"
#include "intake/core/form.h"

#define KINDS_HOUSEHOLD_MAX 40
#define KINDS_ALIASES_MAX 10
#define KINDS_REASON_MIN 20 /* R19: a rationale shorter than that is none */
#define KINDS_GRADES 5
#define KINDS_AMENDMENT_MAX 9999

/* The five things that can be sent; each has receipts of its own. */
enum item_kind_of {
    ITEM_NOTIFICATION = 1,
    ITEM_ACTIVITY,
    ITEM_SCREENING,
    ITEM_MATCH,
    ITEM_INDICATOR,
};

extern const struct codes codes_item;

/*
 * Fields of an activity or a screening that its record has no member for.
 * The forms' TO_PERSON.
 */
struct kinds_texts {
    struct str reason;
    struct str note;
    struct str child; /* of a match: an id or "new" */
};

/** Form of a kind, its own fields joined to the common ones. NULL for 0. */
const struct form *kinds_notification(int kind);
/** The common fields alone: for reading what has no known kind. */
const struct form *kinds_common(void);
/** Form of an activity, by code; with 0 the fields that all have. */
const struct form *kinds_activity(int activity);
const struct form *kinds_screening(void);
const struct form *kinds_match(void);
const struct form *kinds_indicator(void);

/** One of the four kinds about a missing child. */
bool kinds_is_missing(int kind);

/**
 * When what a notification tells of happened, if it doesn't say: the instant
 * that its kind is about; TIME_NONE for kinds without one.
 */
time_ms kinds_instant(const struct notification_received *rec);

#endif
