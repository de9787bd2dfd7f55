/**
 * The sender's tables (sql/002_sending.sql) and what moves a notice on: to a
 * message, up the ladder, or to whoever must hear that it failed. Every call
 * is one transaction; what it says is done stays done.
 *
 * Calls return ST_RETRY where the database is away, and ST_FATAL where a
 * statement is wrong.
 */
#ifndef WAYMARK_NOTIFIER_DESK_H
#define WAYMARK_NOTIFIER_DESK_H

#include "common/adapters/pg.h"
#include "common/core/settings.h"
#include "common/core/staff.h"
#include "notifier/letter.h"

/* Times of the sender, ms. */
struct desk_limits {
    int64_t retry_first_ms; /* doubles from try to try, up to half an hour */
    int64_t give_up_ms;     /* then the next on the ladder */
    int64_t urgent_give_up_ms;
    int64_t hold_after_ms; /* what is older waits for a person */
    int64_t lease_ms;      /* an attempt without outcome is made again */
};

/* One authority's desk, for one thread. */
struct desk {
    struct pg *pg;
    struct arena *arena; /* of the round */
    int shard;
    struct str authority;
    const struct staff *staff;
    const struct settings *settings; /* as the log has activated them */
    const struct zone *zone;         /* never NULL */
    const struct desk_limits *limits;
    time_ms now; /* wall clock of the round */
};

/** Give every notice that is due an address; *n: how many moved. */
MUST_CHECK enum status desk_group(struct desk *d, size_t *n, struct err *err);

/* A message under way; texts are the round's. */
struct message {
    struct id message_id;
    struct str person;
    struct str channel; /* "mail", "hook" */
    struct str address;
    bool urgent;
    int tries; /* this one included */
    time_ms first_at;
    const struct notice *notices;
    size_t n;
};

/**
 * Take the next message that is due, noting the attempt. *found false: there
 * is none. One whose notices nobody wants any more is withdrawn: found with
 * n = 0.
 */
MUST_CHECK enum status desk_claim(struct desk *d, bool urgent_only,
                                  struct message *out, bool *found,
                                  struct err *err);

/**
 * Note what became of an attempt: `outcome` is ST_OK, ST_RETRY or ST_REJECT as
 * the channel said, with its code in `why`. Where it failed for good, or for
 * too long, the next on the ladder is told, and an incident is raised.
 */
MUST_CHECK enum status desk_note(struct desk *d, const struct message *m,
                                 enum status outcome, const struct err *why,
                                 struct err *err);

struct desk_incident {
    struct id incident_id;
    const char *rule;
    struct id subject_id;
    struct str reference;
    int told; /* enum alert_role */
    bool urgent;
};

/** Raise an incident once; *raised false where it is known. */
MUST_CHECK enum status desk_raise(struct desk *d,
                                  const struct desk_incident *incident,
                                  bool *raised, struct err *err);

/** Tell one person that this channel works; once an id. */
MUST_CHECK enum status desk_test(struct desk *d, struct id notice_id,
                                 struct str person, struct err *err);

/** Where this person hears: "mail" or "hook", and the bare address. */
struct str desk_channel(struct str address, struct str *bare);

#endif
