/**
 * The one who writes an authority's log: its connection to PostgreSQL, and
 * what it has learnt through it.
 *
 * A connection counts once the database behind it agrees with the log
 * (agree.h); no number is given out before. Only the writer's thread
 * (append.h) calls these functions, but for those that say otherwise.
 */
#ifndef WAYMARK_INTAKE_WRITER_H
#define WAYMARK_INTAKE_WRITER_H

#include "common/adapters/avro.h"
#include "common/adapters/pg.h"
#include "intake/append.h"

struct writer {
    struct append_options options;
    struct append_stats *stats; /* the owner's, read by other threads */
    struct pg *pg;
    struct avro_codec *avro;
    struct arena *arena; /* of the group under way; reset with the next */
    int key_tree;        /* of the last group; 0: none yet */
    int64_t given;       /* highest number on notifications that was seen */

    /* Internal to writer.c. */
    _Atomic(struct terms *) terms; /* the newest; owns the older ones too */
    _Atomic int serving;           /* writer_serve was called */
    _Atomic int64_t worked_us; /* when the database last did what it should */
    int64_t n_configs;         /* that `terms` knows; -1: never looked */
    char said[16];             /* code of the last failure logged */
    /* Of the connection: what the log held when it was new. */
    struct standing log;
    bool asked;
    bool agreed; /* the database has given out no less than that */
    int64_t ask_at_us;
    struct err unasked; /* why the log could not be asked */
};

/**
 * Begin with all members 0. Takes options->terms, whatever comes; borrows the
 * other texts and `stats` until writer_close. ST_FATAL: no memory.
 */
MUST_CHECK enum status writer_open(struct writer *w,
                                   const struct append_options *options,
                                   struct append_stats *stats, struct err *err);
/** Ends the connection; terms end with it. Fine after a failed open. */
void writer_close(struct writer *w);

/** The schema is there: from now on writer_connect asks it. Any thread. */
void writer_serve(struct writer *w);

/** The newest terms; valid until writer_close. Any thread. */
const struct terms *writer_terms(const struct writer *w);

/** Tell a fault test that the process is at this place. */
void writer_at(const struct writer *w, const char *place);

/** Begin a statement's parameters in w->arena; $1 is the shard. */
void writer_params(const struct writer *w, struct pg_params *p);

/**
 * A connection through which numbers may be given out; the same one until it
 * is lost. ST_RETRY: "start" before writer_serve; "restore" or "fork" where
 * database and log disagree (stats->away says it too); or the world is away.
 */
MUST_CHECK enum status writer_connect(struct writer *w, struct err *err);

/** End the open transaction, or the connection where even that fails. */
void writer_rollback(struct writer *w);

/**
 * Another instance, or an earlier life of this one, may have activated
 * versions: read them where `n_configs`, how many there are now, says so.
 * Within the group's transaction. ST_FATAL: what was activated can't be read.
 */
MUST_CHECK enum status writer_learn(struct writer *w, int64_t n_configs,
                                    struct err *err);
/**
 * So many texts are true now. Takes `newer`, what they make of the terms; NULL
 * where writer_terms holds.
 */
void writer_adopt(struct writer *w, int64_t n_configs, struct terms *newer);

/**
 * From now on messages are held against this register of agencies, which is
 * borrowed until writer_close. The writer's own thread.
 */
MUST_CHECK enum status writer_register(struct writer *w,
                                       const struct agencies *agencies,
                                       struct err *err);

/** A piece of work failed for the world's sake, or ours: logged once a code. */
void writer_failed(struct writer *w, const struct err *err);
/** The database did what it should. */
void writer_worked(struct writer *w);
/** When writer_worked was called last, by monotonic.h. Any thread. */
int64_t writer_worked_us(const struct writer *w);

#endif
