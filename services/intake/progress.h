/**
 * What became of a notification, as far as triage and tracker publish it:
 * their views receipt_state, in schemas of their own, of which intake may read
 * nothing else. Intake answers without them too: where one is slow or absent
 * nothing is known, and the receipt says so.
 */
#ifndef WAYMARK_INTAKE_PROGRESS_H
#define WAYMARK_INTAKE_PROGRESS_H

#include "common/adapters/pg.h"
#include "intake/append.h"

#define PROGRESS_WAIT_MS 500   /* the longest that a caller waits */
#define PROGRESS_PAUSE_MS 2000 /* after a failure nobody is asked for so long  \
                                */

struct progress_options {
    const char *conninfo; /* NULL or "": PG* */
    const char *triage_schema;
    const char *tracker_schema;
};

/* All texts are in the caller's arena. */
struct progress_state {
    bool known;         /* both could be asked; else the rest is empty */
    bool looked_at;     /* rules have decided; a person may still have to */
    bool decided;       /* and its sender was answered */
    time_ms decided_at; /* TIME_NONE: not yet */
    int answer;         /* enum answer; 0: not yet */
    int outcome;        /* enum outcome; with ANSWER_OUTCOME only */
    struct str refusal; /* R20..R23, or null */
    struct str unit;    /* that holds it; with ANSWER_OUTCOME only */
    bool seen;          /* by a person */
};

struct progress;

/** Nothing is asked yet. Borrows the texts. ST_FATAL: no memory. */
MUST_CHECK enum status progress_open(const struct progress_options *options,
                                     struct progress **out, struct err *err);
/** Nobody may be asking any more. NULL does nothing. */
void progress_close(struct progress *p);

/**
 * Ask about the notification with this receipt, of the authority with this
 * partition number. Any thread; one at a time is answered. Takes at most
 * PROGRESS_WAIT_MS or so; `known` is false where that was not enough.
 */
void progress_ask(struct progress *p, uint16_t partition,
                  const struct append_receipt *receipt, struct arena *arena,
                  struct progress_state *out);

#endif
