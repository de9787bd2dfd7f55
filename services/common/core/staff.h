/**
 * The staff list of an authority (profiles/staff/NAME.json) and the one
 * question asked of it: who is it today? Plain data, read and checked by
 * common/adapters/staff_json.h.
 */
#ifndef WAYMARK_COMMON_CORE_STAFF_H
#define WAYMARK_COMMON_CORE_STAFF_H

#include <stdbool.h>

#include "common/core/calendar.h"
#include "common/core/field.h"
#include "common/core/str.h"

struct staff_person {
    struct str id;      /* as in `worker` of an activity */
    int role;           /* enum alert_role, or enum staff_role */
    struct texts units; /* "swale-1"; "swale-*" for all that begin so; "*" */
    struct str address; /* "mailto:ADDRESS" or "https://HOST/PATH" */
    struct date_ranges absent; /* local dates, both included */
    struct str cover;          /* id of who stands in, or null */
};

/* Who has the duty phone, by local time; the first that fits counts. */
struct staff_shift {
    struct str person;
    uint8_t weekdays; /* bit 0 Monday .. bit 6 Sunday */
    int from_min;     /* minutes after midnight */
    int to_min;       /* > from_min, <= 1440 */
};

/* An agency (by id) or a school (by URN) and where it hears. */
struct staff_party {
    struct str id;
    struct str address;
};

struct staff {
    const struct staff_person *people;
    size_t n_people;
    const struct staff_shift *shifts;
    size_t n_shifts;
    const struct staff_party *parties;
    size_t n_parties;
    struct texts hook_hosts; /* web hooks go to these hosts and no others */
    struct texts test_to;    /* persons whom the daily test alert reaches */
    int test_min;            /* when, minutes after local midnight */
};

struct staff_ask {
    int role;
    struct str unit;   /* or null */
    struct str worker; /* of ROLE_WORKER */
    const struct zone *zone;
    time_ms at;
};

/**
 * Who holds that role now: the worker of that id, whoever has the duty shift,
 * or the first person of the role for the unit; for someone absent his cover,
 * and the cover's. NULL where there is nobody. ROLE_DUTY without a shift is
 * the first person of that role.
 */
const struct staff_person *staff_find(const struct staff *s,
                                      const struct staff_ask *ask);
/** The person of that id, absent or not; NULL if there is none. */
const struct staff_person *staff_person(const struct staff *s, struct str id);
/** Is the unit one of the person's, by name or by a pattern? */
bool staff_has_unit(const struct staff_person *p, struct str unit);
/** Address of an agency or school; null where none is listed. */
struct str staff_party_address(const struct staff *s, struct str id);

#endif
