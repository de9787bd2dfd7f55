/**
 * Days of a tracker, told by tests: the profile kent-2015 and the calendar as
 * they stand in the repository, what triage decided, what staff did, and time.
 * Instants are local ("2015-06-26T11:05:00"), ids are made of names, and what a
 * test leaves out has a plain value. Any failure fails the test.
 *
 *     struct day *d = *s;                  set up by open_day
 *     struct id a = a_case(d, "A", OUTCOME_CAF_TAF);
 *     allocate(d, "A", "2015-06-26T12:00:00");
 *     tick(d, "2015-07-24T23:59:59.999");
 *     assert_string_equal(lines_with(d, "Alert"), "");
 */
#ifndef WAYMARK_TESTS_LIB_DAY_H
#define WAYMARK_TESTS_LIB_DAY_H

#include "common/core/records.h"
#include "tests/lib/memory.h"
#include "tests/lib/one_profile.h"
#include "tracker/core/tables.h"

struct day {
    struct mem *m;
    struct one_profile given;
    int64_t n; /* records so far: makes their ids */
};

/** A test's setup and teardown; *s is the struct day. */
int open_day(void **s);
int close_day(void **s);

/** The instant of a local time. */
time_ms local(struct day *d, const char *text);
/** An id of its own for each tag and name. */
struct id some_id(const char *tag, const char *name);
/** Meta of the next record, which triage recorded at `at`. */
void fill_meta(struct day *d, struct meta *meta, time_ms at);

/* A decision of triage; what stays 0 has a plain value. */
struct decision {
    const char *at;
    const char *received; /* NULL: the same */
    const char *child;
    const char *ref; /* of the notification */
    int kind;        /* KIND_SCHOOL_REFERRAL */
    int agency_type; /* AGENCY_SCHOOL */
    int entry;       /* ENTRY_EH */
    int side;
    int status; /* DECISION_FINAL */
    int outcome;
    int csc_status;
    const char *rule;
    const char *unit;
    const char *episode;
    const char *found;
    const char *reported;
    const char *graded;
    const char *cancelled;
    int cancel_reason; /* CANCEL_IN_ERROR */
    int risk_grade;
    int rag;
    int32_t amendment;
    int32_t missing_30d; /* 1 */
    int32_t missing_90d; /* 1 */
    const char *action;
    const char *screened_by;
    int match_status; /* MATCH_MATCHED */
    uint32_t needs;   /* bits of enum need */
};

/** The record of a decision; `decide` hands it to the tracker. */
void decision_of(struct day *d, const struct decision *in,
                 struct referral_decided *r);
void decide(struct day *d, const struct decision *in);

/* Something that staff did; recorded when it occurred unless said otherwise. */
struct deed {
    const char *at;
    const char *recorded;
    int activity;
    const char *child;
    const char *about; /* notification that it is about; NULL: none */
    const char *unit;
    const char *worker;
    const char *to_unit;
    const char *authorised_by;
    const char *clock;
    int side;
    int outcome;
    int csc_status;
    int32_t reason_chars;
    struct id case_id;
    struct id alert_id;
};

/** The record of a deed; `act` hands it to the tracker. */
void deed_of(struct day *d, const struct deed *in, struct activity_recorded *a);
void act(struct day *d, const struct deed *in);

/** TimeAdvanced. */
void tick(struct day *d, const char *at);

/** Of the tracker's lines since the last mem_clear those that hold `word`. */
const char *lines_with(struct day *d, const char *word);

/** The last CaseChanged. */
const struct case_changed *last_case(struct day *d);

/** A case of early help, unallocated since Friday 26 June 2015, 11:05. */
struct id a_case(struct day *d, const char *child, int outcome);
/** worker-1 gets it. */
void allocate(struct day *d, const char *child, const char *at);
/** enum case_state of the stored case; 0 where there is none. */
int state_of(struct day *d, struct id case_id);

#endif
