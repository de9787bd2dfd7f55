/**
 * The engine's interfaces to the world, as tables of functions. The live
 * service, a trace test and the checker each bring their own.
 *
 * Statuses mean the same everywhere: ST_RETRY: the world is not ready, the
 * whole batch may be tried again after everything in memory was dropped;
 * ST_FATAL: stop this shard; err.code says why ("gap", "fork", "schema",
 * "miss", "stuck", "sql", ...). A store that finds another owner in its place
 * says ST_RETRY with code "fence".
 */
#ifndef WAYMARK_COMMON_ENGINE_PORT_H
#define WAYMARK_COMMON_ENGINE_PORT_H

#include "common/core/chain.h"
#include "common/core/outbox.h"
#include "common/core/records.h"
#include "common/core/rows.h"
#include "common/core/service.h"
#include "common/core/settings.h"

/* One message as it came. All of it is the source's until its next take. */
struct raw {
    size_t input;      /* which of the service's inputs */
    int64_t offset;    /* says only where to fetch again */
    struct str key;
    struct str value;  /* STR_NULL for a null value */
    struct str header; /* "wm", STR_NULL where there is none */
    /* Why it goes to dead-letters without anybody reading it, where people put
     * it aside (dead letters of code "kills"); null: it is read. Its time is
     * unknown then and moves nothing. */
    struct str aside;
};

#define OFFSET_EARLIEST ((int64_t)-2)

/* Inputs are read in two groups: all in 0, or those that wait for a barrier in 1. */
#define SOURCE_GROUPS 2

struct taken {
    const struct raw *at;
    size_t n;
    unsigned eof; /* bit i: input i was read to its end, as last seen */
    int64_t behind; /* records that are known to wait behind these, all inputs */
};

struct source {
    void *self;
    /** Read from these offsets, one an input; what was read ahead is dropped. */
    enum status (*start)(void *self, const int64_t *offsets, size_t n,
                         struct err *err);
    /**
     * Take what is there, at most `max` records or about 8 MiB, waiting up to
     * `wait_ms` for the first. Nothing is ST_OK with n = 0. ST_REJECT, code
     * "range": an offset no longer exists; out->at[0].input says of which.
     */
    enum status (*take)(void *self, int group, int wait_ms, size_t max,
                        struct taken *out, struct err *err);
};

/* What a commit made true: the only thing that may be published. */
struct committed {
    int64_t turn;
    struct str block; /* an outbox block */
};

/* A text that the log has activated. */
struct config_text {
    int config_kind; /* codes_config_kind */
    struct str name;
    struct str version;
    struct str hash;
    struct str text;
};

#define SHARD_MARKS_MAX 32

/* What an owner knows of its shard between turns; all of it is in the store. */
struct shard {
    int64_t epoch;          /* rises with every new owner and after every error */
    int64_t turn;           /* last committed */
    int64_t confirmed_turn; /* all up to here is on the topics for certain */
    struct tails tails;
    int64_t offsets[SERVICE_INPUTS_MAX]; /* next to fetch */
    struct mark marks[SHARD_MARKS_MAX];
    size_t n_marks;
    time_ms now;     /* event time; TIME_NONE before the first record */
    time_ms barrier; /* log clock: TimeAdvanced whose echo is awaited, or TIME_NONE */
    int starts;      /* since the last turn: an owner that dies on a record comes back with more */
    size_t n_configs;
};

/* One turn, ready to become true. */
struct turn {
    const struct shard *after; /* the state behind it; its turn is this one's number */
    struct rows *rows;
    struct str block;
    struct str ranges;  /* input ranges in the order of application, as text */
    size_t n_in;        /* records applied, dead letters included */
    size_t n_out;       /* records given out */
    size_t fired;       /* deadlines fired behind the last record */
    const struct config_text *configs; /* activated in this turn */
    size_t n_new_configs;
};

struct store {
    void *self;
    /**
     * Become the owner of the shard and load its state. ST_RETRY, code
     * "lease", while another owner is alive (calls again after a while).
     */
    enum status (*own)(void *self, struct shard *out, struct err *err);
    /**
     * Bring what the working set wants (rows_take_wants). ST_REJECT, code
     * "value": the database refuses a value that is looked for.
     */
    enum status (*load)(void *self, struct rows *rows, struct arena *arena,
                        struct err *err);
    /**
     * Make a turn true, all or nothing. Afterwards *out may be published.
     * ST_REJECT, code "value": the database refuses a value of the batch;
     * nothing was written. Any other failure or an unknown outcome is
     * ST_RETRY: drop everything and own the shard again.
     */
    enum status (*commit)(void *self, const struct turn *turn,
                          struct committed *out, struct err *err);
    /** Keep the lease and note what is confirmed, when there was no turn for a while. */
    enum status (*beat)(void *self, int64_t confirmed_turn, struct err *err);
    /** The next committed block behind turn `after` (in the arena). *found false at the end. */
    enum status (*unconfirmed)(void *self, int64_t after, struct arena *arena,
                               struct committed *out, bool *found,
                               struct err *err);
    /** Text i of those that the log has activated, in order. */
    enum status (*config)(void *self, size_t i, struct arena *arena,
                          struct config_text *out, struct err *err);
};

struct sink {
    void *self;
    /** Forget what is under way; a new producer. */
    enum status (*restart)(void *self, struct err *err);
    /** Hand over a committed block, in order. Copies it. ST_RETRY: start again behind the last confirmed turn. */
    enum status (*publish)(void *self, const struct committed *c,
                           struct err *err);
    /**
     * What stands last of this origin in each topic of the log, sequence 0
     * where there is nothing. NULL where there is no log to compare with.
     */
    enum status (*last)(void *self, const enum topic *topics, size_t n,
                        struct link *out, struct err *err);
    /** Collect confirmations, waiting up to `wait_ms`. *turn: every turn up to it is confirmed. */
    enum status (*confirmed)(void *self, int wait_ms, int64_t *turn,
                             struct err *err);
    /**
     * Do published blocks wait here until others are confirmed? They go on in
     * `confirmed`: call it again soon. NULL: this sink holds nothing back.
     */
    bool (*holds)(void *self);
};

/* Between bytes and structs. */
struct codec {
    void *self;
    /** ST_REJECT "decode": poison. ST_FATAL "schema": a newer sender's. */
    enum status (*decode)(void *self, struct str bytes, struct arena *arena,
                          enum record_type *type, const void **body,
                          struct err *err);
    enum status (*encode)(void *self, enum record_type type, const void *body,
                          struct arena *arena, struct str *out,
                          struct err *err);
    /**
     * Before the persons of a batch are opened: bring the keys of them all
     * (ID_NONE: none), in `arena`. ST_RETRY, code "no_key": one isn't there.
     * NULL: persons need no keys.
     */
    enum status (*fetch_keys)(void *self, const struct id *ids, size_t n,
                              struct arena *arena, struct err *err);
    /**
     * The person inside a record, NULL where there is none. ST_REJECT
     * "person": can't be read; "erased": its key is gone for ever; "lost": a
     * checker's, which goes on without the person.
     */
    enum status (*open_person)(void *self, enum record_type type,
                               const void *body, struct arena *arena,
                               const struct person **out, struct err *err);
};

/*
 * A replay's, NULL in a live service: what the log says that a record gave out
 * that can't be stepped again, because its person was erased since. Either
 * function may be NULL.
 */
struct witness {
    void *self;
    /**
     * Behind the step of `ev`, `box` as in stand_in: is all of it to be undone
     * and stepped again by what the log has? *out, in `arena`, is what it then
     * takes as decided, or NULL.
     */
    enum status (*recall)(void *self, const struct event *ev,
                          struct outbox_mark from, const struct outbox *box,
                          struct arena *arena, const struct recalled **out,
                          struct err *err);
    /**
     * Behind the step of `ev`: `box` holds from `from` on what the step gave
     * out. May put what the log has in its place.
     */
    enum status (*stand_in)(void *self, const struct event *ev,
                            struct outbox_mark from, struct outbox *box,
                            struct err *err);
};

/* Turns activated texts into settings. */
struct configurer {
    void *self;
    /** Add one text; what `settings` points to then holds it. ST_REJECT "profile": it does not check. */
    enum status (*activate)(void *self, const struct config_text *text,
                            struct err *err);
    /** Forget all texts but the first `n`. */
    void (*forget)(void *self, size_t n);
    const struct settings *settings; /* always the current state */
};

/* Monotonic milliseconds, for heartbeats and back-off only; decides nothing. */
struct ticker {
    void *self;
    int64_t (*now_ms)(void *self);
};

#endif
