/**
 * An authority's log grows here and nowhere else: what was looked at becomes
 * true, in one order (design.md section 2, "Intake").
 *
 * One writer thread per authority takes all requests that wait, up to
 * APPEND_GROUP_MAX items, into one transaction. It locks the shard's row, so
 * that commit order is sequence order among all instances; reads there the
 * last numbers, the time and the versions in force; encodes; commits. What is
 * said of persons is sealed, each record by a key of its own, which becomes
 * true with it. Only
 * then a caller hears that its message is accepted. An error or an unknown
 * outcome makes all of the group APPEND_LATER: sent again, what became true
 * nevertheless is found as a repeat.
 *
 * What it writes is published by publish.h.
 */
#ifndef WAYMARK_INTAKE_APPEND_H
#define WAYMARK_INTAKE_APPEND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/adapters/seal.h"
#include "intake/agree.h"
#include "intake/core/content.h"
#include "intake/core/validate.h"
#include "intake/terms.h"

#define APPEND_GROUP_MAX 500
#define APPEND_GROUP_BYTES ((size_t)8 << 20) /* raw text of one group */

struct append_options {
    const char *conninfo; /* NULL or "": PG* */
    const char *schema;
    struct str authority; /* name */
    uint16_t partition;
    bool log_clock;             /* time comes from append_time only */
    struct terms *terms;        /* takes, whatever comes: how it begins */
    const struct seal *seal;    /* borrowed: seals what is said of persons */
    struct agree_options agree; /* with every new connection: agree.h */
    /* Where a fault test lets the process die; NULL in production. */
    void (*at)(void *self, const char *place);
    void *at_self;
};

/* Why nothing is accepted until somebody does something. */
enum append_away {
    APPEND_AWAY_NOT = 0,
    APPEND_AWAY_RESTORE, /* the log is ahead of the database */
    APPEND_AWAY_FORK,    /* both have one number, and not the same record */
};

/* Read by other threads for /metrics and /readyz. */
struct append_stats {
    _Atomic int64_t accepted;
    _Atomic int64_t repeated;
    _Atomic int64_t refused;
    _Atomic int64_t later;     /* items that were told to come again */
    _Atomic int64_t groups;    /* committed */
    _Atomic int64_t commit_us; /* last group, lock to commit */
    _Atomic int64_t now;       /* last recorded time, ms; TIME_NONE: none */
    _Atomic int64_t turn;
    _Atomic int64_t erased; /* keys, by this process */
    _Atomic int old_master; /* 1: an old one wraps what sealed last */
    _Atomic int ready;      /* 1 while the database answers */
    _Atomic int away;       /* enum append_away */
};

enum append_result {
    APPEND_WAITING = 0,
    APPEND_ACCEPTED,
    APPEND_REPEATED, /* the same key and content before: the first receipt */
    APPEND_REFUSED,  /* v.problems say why */
    APPEND_LATER,    /* the world is not ready: nothing is known to be true */
    APPEND_BROKEN,   /* our own fault, this item only */
};

/*
 * One message on its way. Lent to append_items until it returns: `raw`,
 * `trace_parent`, `terms` and what `v` points to are the caller's throughout.
 */
struct append_item {
    enum item_kind_of item;
    const struct raw_value *raw;
    size_t raw_n;            /* bytes it came as */
    struct str trace_parent; /* or null */
    uint8_t hash[CONTENT_HASH_SIZE];
    struct validated v;        /* how it looked to the caller */
    const struct terms *terms; /* that it was held against */
    time_ms looked_at;         /* and the time taken for received */
    /* What became of it. */
    enum append_result result;
    time_ms recorded_at;
    uint32_t warnings;
    struct id id;
    struct id key_id; /* seals its personal part; ID_NONE: it has none */
    /* What APPEND_LATER waits for, for the log and the answer: the code of the
     * error that ended the group ("database", "restore", "fork", "start", ...)
     * or "clock": no time was told yet. Cut to fit; empty while the process
     * ends. The door uses it in the same way for what it put off itself. */
    char why[16];
};

/* A receipt that was looked up. */
struct append_receipt {
    bool found;
    enum item_kind_of item;
    struct id id;
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    struct str kind;
    time_ms recorded_at;
    uint32_t warnings;
};

/* The key of one record, to be erased by two people. */
struct append_erasure {
    struct id item_id;
    struct str by;        /* in: now; out: when it was done */
    struct str second_by; /* likewise */
    time_ms at;           /* out */
};

/* A profile, calendar or staff list that is to hold, by two people. */
struct append_activation {
    int config_kind; /* in: CONFIG_PROFILE, CONFIG_CALENDAR or CONFIG_STAFF */
    struct str text; /* in */
    struct str by;   /* in */
    struct str second_by; /* in */
    struct str name;      /* out */
    struct str version;   /* out */
    struct str hash;      /* out */
    time_ms at;           /* out: when this answer was given */
    bool repeated;        /* out: it held already, nothing happened */
};

/* An item of a work queue that somebody is at. */
struct append_claim {
    int queue;         /* of codes_queue */
    struct id item_id; /* the notification's */
    bool release;      /* give it up; else take it */
    struct str by;
    struct str from;  /* take it from this owner; null: from nobody */
    struct str owner; /* out: who has it now, null for nobody */
    time_ms since;    /* out */
};

struct append;

/**
 * Start the writer. Borrows the texts. Until append_serve all that comes is
 * APPEND_LATER or ST_RETRY, code "start".
 */
MUST_CHECK enum status append_open(const struct append_options *options,
                                   struct append **out, struct err *err);
/** The schema is there: from now on the database is asked. */
void append_serve(struct append *a);
/** Ends after the group under way; what waits becomes APPEND_LATER. */
void append_close(struct append *a);

/** The newest terms; valid until append_close. */
const struct terms *append_terms(const struct append *a);
/**
 * The time to hold a message against before it is appended: this machine's
 * clock or, with the log clock, the last TimeAdvanced (TIME_NONE before the
 * first).
 */
time_ms append_now(const struct append *a);
const struct append_stats *append_stats(const struct append *a);
/**
 * Can be read after something may have been committed here, until
 * append_heard: who publishes need not wait for the database's NOTIFY.
 */
int append_worked_fd(const struct append *a);
void append_heard(const struct append *a);

/**
 * Append what was looked at and accepted. A call with messages about missing
 * children only goes before all others that wait; items that were refused keep
 * their problems, but with the log clock they are looked at again under the
 * lock. Returns when every item has a result. `arena` is the caller's: problems
 * that are found here are kept there.
 */
void append_items(struct append *a, struct append_item *items, size_t n,
                  struct arena *arena);

/**
 * Append TimeAdvanced to notifications, receipts and indicators. `at` counts
 * with the log clock only, else it is now. *out is what was appended.
 * ST_REJECT, code "time": lower than the last. ST_RETRY: come again.
 */
MUST_CHECK enum status append_time(struct append *a, time_ms at, time_ms *out,
                                   struct err *err);

/**
 * Erase the key that seals what a record says of persons, and append that it
 * was done. Done before: *e says when and by whom, nothing else happens. Texts
 * are in `arena`. ST_REJECT "id": there is no such record; "no_key": nothing
 * in it is sealed. ST_RETRY: come again.
 */
MUST_CHECK enum status append_erase(struct append *a, struct append_erasure *e,
                                    struct arena *arena, struct err *err);

/**
 * Put a text into force, from here on in the log's order (versions.h); all
 * that is accepted later is held against it. Texts of *act are in `arena`.
 * ST_REJECT: what does not check stays out, code and place say why. ST_RETRY:
 * come again.
 */
MUST_CHECK enum status append_activate(struct append *a,
                                       struct append_activation *act,
                                       struct arena *arena, struct err *err);

/**
 * Claim an item of a work queue, or give it up. What is one's own already, or
 * nobody's, is claimed or given up again without an error. ST_REJECT: "id",
 * there is no such record; "claimed", another has it (owner, since). ST_RETRY:
 * come again.
 */
MUST_CHECK enum status append_claim(struct append *a, struct append_claim *c,
                                    struct arena *arena, struct err *err);

/**
 * Hold all that is accepted from here on against another register of agencies,
 * which is borrowed until append_close. Asks no database. ST_RETRY: no memory,
 * or the process ends.
 */
MUST_CHECK enum status append_register(struct append *a,
                                       const struct agencies *agencies,
                                       struct err *err);

/**
 * Does the database answer the writer? Waits for it until `until_us` of the
 * monotonic clock, no longer: one that hangs is no answer, and neither is one
 * that fails.
 */
bool append_ready(struct append *a, int64_t until_us);

/** Look for an item's receipt. Texts are in `arena`. ST_RETRY: come again. */
MUST_CHECK enum status append_find(struct append *a, struct id id,
                                   struct arena *arena,
                                   struct append_receipt *out, struct err *err);

#endif
