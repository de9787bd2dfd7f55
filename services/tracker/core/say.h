/**
 * What the tracker gives out: each function fills one record from rows and
 * adds it to its topic.
 *
 * A moment is what a step works under: the record (or deadline) that is being
 * applied, when it happened, and the limits of the profile that it names.
 *
 * Every say_* borrows its rows and returns what out_add does (out.h): ST_OK;
 * ST_REJECT, code "size", for a record over 1 MiB; ST_FATAL where a mandatory
 * value is missing, which is our own fault.
 */
#ifndef WAYMARK_TRACKER_CORE_SAY_H
#define WAYMARK_TRACKER_CORE_SAY_H

#include "common/core/records.h"
#include "common/core/service.h"
#include "tracker/core/limits.h"
#include "tracker/core/tables.h"

struct moment {
    struct step *step;
    struct limits limits;
    time_ms at;       /* when it happened: stops clocks */
    struct id record; /* id of the record, null where a deadline fires */
    struct str profile_version;
    /* What is applied was done before the case came here (go_live.h): nothing
     * is said of it, and what fell due by now falls due no more. */
    bool quiet;
};

/**
 * Set up a moment; `version` as in limits_of. ST_FATAL "profile" as there.
 */
MUST_CHECK enum status
moment_of(struct moment *m, struct step *step, time_ms at, struct id record,
          struct str version, struct err *err);

/* What CaseChanged says beside the case itself. */
struct case_said {
    int state_before;          /* 0: the case is new */
    struct id decision_id;     /* that it answers, or null */
    struct id notification_id; /* with it; else the one that opened the case */
    int effect;                /* enum outcome, with it */
    struct id activity_id;
};

/** CaseChanged: the case as `c` has it, which need not be stored yet. */
MUST_CHECK enum status
say_case(const struct moment *m, const struct case_row *c,
         const struct case_said *said, struct err *err);
/** HandoverChanged: the offer as `h` has it; place and age are its case's. */
MUST_CHECK enum status
say_handover(const struct moment *m, const struct handover_row *h,
             const struct case_row *c, struct err *err);
/**
 * ClockChanged. `change` is an enum clock_change; `unit` is the one that works
 * the clock's subject now, null where none does.
 */
MUST_CHECK enum status
say_clock(const struct moment *m, const struct clock_row *k, int change,
          struct str unit, struct err *err);
/** MissingEpisodeChanged. `worker` has the child's open case, or null. */
MUST_CHECK enum status
say_episode(const struct moment *m, const struct episode_row *e,
            struct str worker, struct err *err);
/**
 * AlertRaised at stage 1, AlertEscalated above. The row's `told` is the role
 * that hears of it, `unit` whose holder of that role is meant, `worker` who
 * owns the case, whoever is told.
 */
MUST_CHECK enum status
say_alert(const struct moment *m, const struct alert_row *a, struct err *err);
/** AlertAcknowledged: by whom and when stands in the row. */
MUST_CHECK enum status
say_acknowledged(const struct moment *m, const struct alert_row *a,
                 struct err *err);
/** AlertCleared. `reason` is a code: ended, closed, merged, corrected. */
MUST_CHECK enum status
say_cleared(const struct moment *m, const struct alert_row *a,
            struct str reason, struct err *err);

/* Whom to answer, and what. */
struct answer_said {
    struct id notification_id; /* null where an activity is answered */
    struct str agency_id;
    struct str agency_ref;
    int32_t amendment;
    int agency_type;
    struct str rule_id; /* that decided: C01, C02 are withheld from some */
    int outcome;
    struct str unit;
    struct str refusal; /* R20..R23, or null */
    struct id child_id;
    struct id case_id;
};

/** How much its sender is told: domain.md section 11, "Feedback". */
int say_how_much(const struct answer_said *said); /* enum answer */

/** Tell it. */
MUST_CHECK enum status
say_answer(const struct moment *m, const struct answer_said *said,
           struct err *err);

#endif
