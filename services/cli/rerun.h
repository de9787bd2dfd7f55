/**
 * The past once more: triage and tracker over all that intake accepted, in
 * memory, with another profile in force from one instant on.
 *
 * With the log clock the two interleave as in the live services: triage hears
 * of cases at each TimeAdvanced, so the rerun by the log's own profiles gives
 * the log's own decisions. With the wall clock nobody knows how they would have
 * interleaved; triage hears of each case at once then.
 */
#ifndef WAYMARK_CLI_RERUN_H
#define WAYMARK_CLI_RERUN_H

#include "cli/past.h"
#include "common/core/records.h"
#include "common/core/str.h"

struct rerun_options {
    const struct past *past;
    const struct authority *authority;
    struct str profile; /* text; null: the log's own throughout */
    time_ms from;       /* what is accepted from here on is decided by it */
};

/* A notification as it was decided last. */
struct rerun_decision {
    const struct referral_decided *rec;
    size_t order; /* of all that were given out */
};

struct rerun; /* what came of it */

/**
 * Run it; call from any thread. The caller closes *out, also after a failure.
 * ST_REJECT: the profile does not check. ST_FATAL: a core would have ended.
 */
MUST_CHECK enum status rerun_run(const struct rerun_options *options,
                                 struct rerun **out, struct err *err);
void rerun_close(struct rerun *r);

/** Ascending by notification_id; valid until rerun_close. */
const struct rerun_decision *rerun_decisions(const struct rerun *r, size_t *n);

#endif
