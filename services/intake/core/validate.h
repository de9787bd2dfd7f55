/**
 * A raw message becomes a normalised record, or every reason why not
 * (domain.md section 3, "Inputs").
 *
 * R01 to R07 and R09 to R19 and the warnings that the message itself shows
 * are found here; R08 and W11 to W13 need the receipts (append.h). No reason
 * holds a personal value. R23 is found here as far as the staff list and the
 * message tell (role.h).
 *
 * What is filled: everything that the message says, its derived ids, and of
 * `meta` subject and occurred_at. Whoever appends it adds id, source,
 * recorded_at, profile_version, content_hash and the block `person`.
 */
#ifndef WAYMARK_INTAKE_CORE_VALIDATE_H
#define WAYMARK_INTAKE_CORE_VALIDATE_H

#include "common/core/profile.h"
#include "common/core/staff.h"
#include "intake/core/agency.h"
#include "intake/core/kinds.h"

/* The key of every message, as far as it could be read. */
struct item_key {
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
};

/* What a message is held against. */
struct validate_against {
    struct arena *arena;
    struct str authority; /* "kent-2015"; part of every id */
    const struct agencies *agencies;
    const struct staff *staff; /* NULL: no list, nobody's role is asked */
    const struct profile *profile;
    const struct calendar *calendar;
    time_ms received; /* recorded time, or as near as is known yet */
};

/* One message, looked at. `problems.n` is 0 where it is accepted. */
struct validated {
    enum item_kind_of item;
    struct problems problems;
    uint32_t warnings; /* bit w for Ww */
    struct item_key key;
    struct id id;      /* of the notification, activity, ... */
    bool missing_kind; /* about a missing child: a 503 says whom to phone */
    union {
        struct notification_received *notification;
        struct activity_reported *activity;
        struct screening_recorded *screening;
        struct match_resolved *match;
        struct indicator_observed *indicator;
        void *any;
    } record;              /* in the arena; NULL where refused */
    struct person *person; /* of a notification */
    struct str detail;     /* free text of the others; null: none */
};

/** Look at one message; never fails: a refusal is a result. */
void validate(const struct validate_against *against, enum item_kind_of item,
              const struct raw_value *raw, struct validated *out);

#endif
