/**
 * A made-up world around the turn loop: a log in memory, a store that keeps
 * what was committed, a sink that keeps what was published, each of which can
 * be told to fail. Its text is the trace that a test compares, a line an
 * effect:
 *
 *     own 0                        became owner behind turn 0
 *     commit 1 casework:triage.1:1-2
 *     publish 1 alerts-1 dead-letters-1=decode
 *     publish 1: 3 records         the same in brief
 *     refuse RANGES                the database refuses a value of the turn
 *     commit fails, publish fails  as told
 *     range 0                      the position of input 0 is gone
 *
 * The struct is open: a test turns its knobs and looks at what is kept.
 */
#ifndef WAYMARK_TESTS_LIB_WORLD_H
#define WAYMARK_TESTS_LIB_WORLD_H

#include "common/engine/runner.h"

enum {
    WORLD_INPUTS = 3,
    WORLD_LOG_MAX = 64,
    WORLD_BLOCKS_MAX = 256,
    WORLD_CONFIGS_MAX = 8,
    WORLD_TEXT_MAX = 65536,
    WORLD_WRITERS = 2, /* a topic's, at most */
    WORLD_HOUR = 3600000,
};

/* A record as it lies in the log. */
struct world_record {
    struct str key, value, header;
    struct str aside; /* as in struct raw */
};

struct world {
    const struct service_def *def;
    struct arena *arena; /* for all that outlives a batch */
    struct runner *runner;
    struct runner_options options;
    /* The ports; a test may replace them before the first world_play. */
    struct source source;
    struct store store;
    struct sink sink;
    struct codec codec;
    struct configurer configurer;
    struct ticker ticker;

    /* The log, one an input. */
    struct world_record log[WORLD_INPUTS][WORLD_LOG_MAX];
    size_t log_n[WORLD_INPUTS];
    int64_t log_first[WORLD_INPUTS]; /* offsets below are gone */
    int64_t at[WORLD_INPUTS];        /* where the source reads */
    struct raw raws[SOURCE_GROUPS][WORLD_INPUTS * WORLD_LOG_MAX];
    bool apart;      /* inputs from 1 on are a group of their own */
    bool by_turns;   /* a take gives one record of each input in turn */
    size_t take_max; /* records a take, 0: as many as asked for */
    struct {
        struct origin origin;
        int64_t sequence;
        uint64_t chain;
    } writers[WORLD_INPUTS][WORLD_WRITERS];

    /* The store. Rows are the test's: see world_rows. */
    struct shard shard;
    struct committed blocks[WORLD_BLOCKS_MAX];
    size_t n_blocks;
    struct config_text configs[WORLD_CONFIGS_MAX];
    const char *fail_commit; /* code of the next commit's failure, or NULL */
    int64_t slow_ms;         /* what a commit takes for each record */
    int64_t lease_ms; /* a commit that takes longer has lost it; 0: never */
    int64_t refuse_sequence; /* the database refuses turns with this record */
    bool refuse_all;         /* and these even where it is a dead letter */
    void (*load)(void *self, struct rows *rows, struct arena *arena);
    void (*keep)(void *self, struct rows *rows);
    void *rows_self;

    /* The sink. */
    bool fail_publish;
    bool hold_confirmations;
    bool brief;          /* "publish 1: 2000 records" instead of naming each */
    int64_t published;   /* last turn */
    struct tails in_log; /* last number and chain of ours on each topic */

    int64_t ms; /* the ticker's: one more at each look */
    size_t beats;
    char text[WORLD_TEXT_MAX];
};

/** A world around `def` (borrowed); batches of at most `batch_max` records. */
struct world *world_open(const struct service_def *def, size_t batch_max);
void world_close(struct world *w);

/** Let rows be brought by `load` and taken by `keep`; NULL: there are none. */
void world_rows(struct world *w, void *self,
                void (*load)(void *self, struct rows *rows,
                             struct arena *arena),
                void (*keep)(void *self, struct rows *rows));

/**
 * Turns until the log is read, owning again after ST_RETRY, at most 400.
 * What ended it otherwise: ST_FATAL, or ST_RETRY if that is all there is.
 */
enum status world_play(struct world *w, struct err *err);
/** End the process: what is in memory is gone, the next play owns again. */
void world_die(struct world *w);

/** The next record of `service` on an input, with header; not yet in the log.
 */
struct world_record world_make_by(struct world *w, size_t input,
                                  enum service service, struct str value);
/** The same of the topic's first writer. */
struct world_record world_make(struct world *w, size_t input, struct str value);
/** Append to the log of an input. */
void world_put(struct world *w, size_t input, struct world_record record);

/** Compare the trace with `text` and begin a new one. */
void world_expect(struct world *w, const char *text);

/** One line more. */
void world_say(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
