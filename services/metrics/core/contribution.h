/**
 * What a fact adds to the scorecard: a pure function from the fact alone to
 * a short list of figures. A change of a fact changes the KPI cells by the
 * new list less the old one, so that every correction undoes itself.
 *
 * The definitions are those of domain.md section 9.
 */
#ifndef WAYMARK_METRICS_CORE_CONTRIBUTION_H
#define WAYMARK_METRICS_CORE_CONTRIBUTION_H

#include <stddef.h>

#include "metrics/core/tables.h"

/* A notification with every need there is, and what else it counts in. */
#define CONTRIBUTIONS_MAX 32

/*
 * The members mean what they mean in struct kpi_cell. Each contribution_of_*
 * clears `out` first: what stood there is gone, nothing is added up.
 */
struct contributions {
    struct kpi_cell at[CONTRIBUTIONS_MAX];
    size_t n;
};

/**
 * Is this, by what was decided about it, a notification to early help (K01):
 * entry eh, or passed on by KE03 or A10 (KEN 5.3, 5.2)? Offers between the
 * sides are hand-overs and counted as such (domain.md section 12, row 7).
 * Says nothing of amendments and episodes.
 */
bool contribution_is_k01(const struct notification_fact *f);

/**
 * K01, once a notification and a missing episode; K06 for each of its needs,
 * and K14 where a final decision of entry csc stands. Texts are the fact's.
 */
void contribution_of_notification(const struct notification_fact *f,
                                  struct contributions *out);

/**
 * K35 (whose denominator is K30), K17 for an intent, K10 (as K10_net: +1 in the
 * month it opened, -1 in the month it ended, so that the cost of a change
 * doesn't grow with history), K11, K20 and the denominator of K21. A case that
 * was closed with rank 0-1 straight from screening (section 6, row 2), merged
 * into another or closed as in_error adds nothing. A transferred case ends, but
 * isn't closed.
 */
void contribution_of_case(const struct case_fact *f, struct contributions *out);

/** K12 and the numerator of K21, or K13, once accepted. */
void contribution_of_handover(const struct handover_fact *f,
                              struct contributions *out);

/**
 * K05, K07 and K08 of an allocation, K18 of a step in a programme, K19 a
 * judgement of an audit, K31 of an assessment's start. Says nothing of
 * refusals (count_work.c). Composed parts ("programme/stage",
 * "judgement/grade") are the arena's.
 */
void contribution_of_activity(struct arena *arena,
                              const struct activity_fact *f,
                              struct contributions *out);

/** K37 of a limit that stopped and isn't a planning figure; part: its id. */
void contribution_of_clock(const struct clock_fact *f,
                           struct contributions *out);

/** K38 of a missing episode whose child was found. */
void contribution_of_episode(const struct episode_fact *f,
                             struct contributions *out);

/** For those who fill `out`: append with what is unknown named as such. */
void contribution_add(struct contributions *out, struct kpi_cell c);

#endif
