/**
 * The life cycle of a case: one table says what each event does in each
 * state (domain.md section 6). Any pair that is not listed is R20.
 *
 * Nothing here knows rows or records: facts go in, the row that applies comes
 * out: next state, clocks to stop and to start (in that order), and what else
 * to do. The tracker carries it out.
 */
#ifndef WAYMARK_TRACKER_CORE_LIFE_H
#define WAYMARK_TRACKER_CORE_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/core/codes.h"
#include "common/core/err.h"
#include "common/core/status.h"

/* Where no case is; the states themselves are enum case_state of codes.h. */
#define LIFE_NONE 0

enum life_event {
    LIFE_PROVISIONAL = 1, /* ReferralDecided, not final */
    LIFE_FINAL_LOW,       /* final or revised, rank 0-1 */
    LIFE_FINAL_HELP,      /* rank 2-4 */
    LIFE_FINAL_INTENT,    /* rank 3 with open_intent */
    LIFE_FINAL_CSC,       /* rank 5-6 */
    LIFE_FINAL_EXISTING,  /* existing_case */
    LIFE_CAF_RECEIVED,
    LIFE_INTENT_DECLINED,
    LIFE_ALLOCATED,
    LIFE_REALLOCATED,
    LIFE_ASSESSMENT_STARTED,
    LIFE_ASSESSMENT_COMPLETED,
    LIFE_PLAN_AGREED,
    LIFE_REVIEW_HELD,
    LIFE_OFFERED, /* handover_offered, or a final step offer */
    LIFE_ACCEPTED,
    LIFE_DECLINED,
    LIFE_WITHDRAWN,
    LIFE_EXPIRED, /* L3 passed for the second time */
    LIFE_CONTACT, /* contact_family, visit */
    LIFE_SEEN,    /* child_seen, contact_agency, session_attended */
    LIFE_NOTE,    /* what moves nothing: notes, needs, services */
    LIFE_TRACKER_REVIEWED,
    LIFE_PANEL_CONSIDERED,
    LIFE_CONSULTED,
    LIFE_CONSULTATION_ANSWERED,
    LIFE_PAUSED,
    LIFE_RESUMED,
    LIFE_STRATEGY_STARTED,
    LIFE_ICPC_HELD,
    LIFE_CORE_GROUP_HELD,
    LIFE_CP_REVIEW_HELD,
    LIFE_CIN_PLAN_STARTED,
    LIFE_CIN_REVIEW_HELD,
    LIFE_LAC_STARTED,
    LIFE_LAC_REVIEW_HELD,
    LIFE_CSC_STATUS_CHANGED,
    LIFE_BIRTH, /* birth_recorded: of a child who was unborn */
    LIFE_CLOSED,
    LIFE_REOPENED,
    LIFE_MERGED,
    LIFE_TRANSFERRED,
    LIFE_EVENT_N,
};

/** "allocated", "final_help", ...; for reasons and traces. */
const char *
life_event_name(enum life_event ev);

/* The clocks that cases and episodes run, in the order of the tables. */
enum life_clock {
    CK_T1,
    CK_T2,
    CK_T3,
    CK_T4,
    CK_T5,
    CK_T6,
    CK_T7,
    CK_T8A,
    CK_T8B,
    CK_T8C,
    CK_T9A,
    CK_T9B,
    CK_T10,
    CK_T12,
    CK_T12B,
    CK_T13,
    CK_T14A,
    CK_T14B,
    CK_T15,
    CK_T16,
    CK_T17,
    CK_T18,
    CK_L1,
    CK_L2,
    CK_L3,
    CK_L4,
    CK_L5,
    CK_L6,
    CK_N,
};

#define CK(c) ((uint32_t)1 << (c))

/** "T1", "T12b", ...: the id in profiles. */
const char *
life_clock_id(enum life_clock c);

/* What the tracker does besides moving the state. */
enum life_effect {
    LIFE_DO_ANSWER = 1,       /* ReferrerAnswered with the outcome */
    LIFE_DO_OPEN = 2,         /* a case comes to be */
    LIFE_DO_STOP_ALL = 4,     /* every clock of the case, every alert */
    LIFE_DO_CONTACT = 8,      /* the child was seen to: D02 anew */
    LIFE_DO_WORKER = 16,      /* the owner is the worker named */
    LIFE_DO_OFFER = 32,       /* a hand-over begins */
    LIFE_DO_END_OFFER = 64,   /* it ends, the case goes back */
    LIFE_DO_OTHER_SIDE = 128, /* it is accepted: the other side's case opens */
    LIFE_DO_OUTCOME = 256,    /* the case takes the decision's outcome */
    LIFE_DO_PAUSE = 512,
    LIFE_DO_RESUME = 1024,
    LIFE_DO_REOPEN = 2048, /* clocks go on with their old due instants */
    LIFE_DO_BIRTH = 4096,  /* T7 counts from the birth */
};

/* What the guards look at; the tracker fills in what it knows. */
struct life_facts {
    int side;        /* enum side of the case, of the decision where none is */
    bool mash;       /* came in by the MASH door */
    int outcome;     /* enum outcome that takes effect */
    int was_outcome; /* of the open case, 0 where none is */
    int csc_status;  /* enum csc_status of the child */
    bool open_elsewhere; /* another open case of the child takes the facts */
    bool side_taken;     /* another case is open on this case's side */
    bool older_open;   /* the other case of a merge is open, older, same side */
    bool has_worker;   /* the case has one */
    bool worker_named; /* the record names one */
    bool unit_named;
    bool consent;          /* given or not needed */
    bool by_named;         /* who did it */
    bool second_named;     /* the leader beside the worker */
    bool reason;           /* some reason given */
    bool long_reason;      /* of 20 characters or more */
    bool outcome_named;    /* a closing outcome */
    bool by_other_side;    /* the record's unit is not the sender's */
    bool cp_plan;          /* the conference agreed a protection plan */
    bool unborn;           /* the child */
    bool first_lac_review; /* T8a is the one that runs */
    int64_t closed_days;   /* local days since the case closed */
};

struct life_result {
    int row;          /* of domain.md section 6, 1 to 24 */
    int next;         /* enum case_state or LIFE_NONE */
    int return_to;    /* where a pending hand-over leads back to, else 0 */
    uint32_t stop;    /* CK bits */
    uint32_t start;   /* CK bits, after stopping */
    /* CK bits to void: clocks of a decision that an episode's next message
     * takes back. Never set here. */
    uint32_t undo;
    unsigned effects; /* enum life_effect bits */
};

/**
 * Find the row for an event in a state. `before` is where a pending hand-over
 * returns to, or what a closed case was; else 0. ST_REJECT with R20 (or R21
 * where a protection plan or looked-after status stands in the way of a
 * step-down): nothing changes.
 */
MUST_CHECK enum status
life_step(int state, int before, enum life_event ev,
          const struct life_facts *facts, struct life_result *out,
          struct err *err);

/** True for the eight states of a case that is open. */
bool
life_is_open(int state);

#endif
