/**
 * A service in memory: rows that live between batches in plain lists, records
 * handed to it directly, and what it gives out as lines of text. For trace
 * tests: made-up clock, no broker, no database, the service's own pure core.
 *
 *     struct mem *m = mem_open(&(struct mem_options){
 *         .def = &triage_service, .settings = &settings,
 *         .authority = 1, .authority_name = "kent-2015" });
 *     mem_name(m, child_a, "A");
 *     mem_show(m, REC_REFERRAL_DECIDED, "child_id rule_id outcome status");
 *     mem_send(m, TOPIC_NOTIFICATIONS, REC_NOTIFICATION_RECEIVED, &rec, NULL);
 *     assert_string_equal(mem_text(m),
 *         "in  NotificationReceived\n"
 *         "out casework ReferralDecided child_id=A rule_id=KE03 "
 *         "outcome=single_agency status=final\n");
 *
 * Lines: "in  RECORD", "due TABLE INSTANT" before a deadline fires,
 * "out TOPIC RECORD field=value...", "reject CODE: reason" for a dead letter,
 * "fatal CODE: reason" when the service would exit. Instants are local time
 * where a calendar is set, else UTC. A null value is "-"; lists are joined by
 * commas. Ids without a name show their first eight digits.
 *
 * Effects are as in the engine: a batch is touched and loaded in rounds, what
 * is due fires before a later record, a rejected record leaves no trace, an
 * asked-for row that was never wanted is fatal. After a fatal batch nothing of
 * it stays. TimeAdvanced moves the clock and is stepped, but the engine's
 * passing it on is not shown.
 *
 * Everything handed in is borrowed for the call, `settings` and `def` until
 * mem_close. Everything handed out stays valid until mem_close.
 */
#ifndef WAYMARK_TESTS_LIB_MEMORY_H
#define WAYMARK_TESTS_LIB_MEMORY_H

#include "common/core/service.h"
#include "common/core/settings.h"

struct mem;

struct mem_options {
    const struct service_def *def;
    const struct settings *settings; /* NULL: none activated */
    uint16_t authority;
    const char *authority_name;
};

/* One record that was given out: texts and lists copied. */
struct mem_output {
    enum topic topic;
    struct id key;
    enum record_type type;
    const void *body; /* the type's struct; meta as the step set it */
};

struct mem *mem_open(const struct mem_options *options);
void mem_close(struct mem *m);
/**
 * A world of its own with the same rows and the same time, and nothing given
 * out yet: for trying what several events would make of one state. Options are
 * borrowed as those of `m`, names and what is shown are not taken over.
 */
struct mem *mem_copy(const struct mem *m);

/** An arena that lives as long as `m`, for records and settings of the test. */
struct arena *mem_arena(struct mem *m);

/** Show this id under a name of the test's own. */
void mem_name(struct mem *m, struct id id, const char *name);
/**
 * Members to show of a record type, separated by blanks; of `meta` where the
 * record has none of that name. A member that doesn't exist fails the test.
 * Without this call only the record's name is shown.
 */
void mem_show(struct mem *m, enum record_type type, const char *members);

/** One record as a batch of its own, from the service that writes `topic`. */
enum status mem_send(struct mem *m, enum topic topic, enum record_type type,
                     const void *body, const struct person *person);
/**
 * Several records as one batch: for showing that a batch gives what its
 * records give one by one. ST_FATAL where the service would exit, else ST_OK.
 */
enum status mem_run(struct mem *m, const struct event *evs, size_t n);
/** TimeAdvanced(at) on the first input, or on `topic`. */
enum status mem_time(struct mem *m, time_ms at);
enum status mem_time_on(struct mem *m, enum topic topic, time_ms at);

/** The lines since the last mem_clear. */
const char *mem_text(const struct mem *m);
void mem_clear(struct mem *m);

/** All records given out since mem_open, in order; NULL behind the last. */
const struct mem_output *mem_output(const struct mem *m, size_t i);
size_t mem_n_outputs(const struct mem *m);
/** The last one of that type, NULL if there was none. */
const void *mem_last(const struct mem *m, enum record_type type);

/** The committed row with the key of `like`, or NULL. */
const void *mem_row(const struct mem *m, size_t table, const void *like);
/** Committed rows of a table in order of their first insertion; start with *at
 * = 0. */
const void *mem_next(const struct mem *m, size_t table, size_t *at);
size_t mem_count(const struct mem *m, size_t table);

#endif
