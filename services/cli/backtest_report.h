/**
 * What two reruns of the same past say differently: counted by rule and by
 * unit, as text, JSON, a list of notifications and a chart.
 */
#ifndef WAYMARK_CLI_BACKTEST_REPORT_H
#define WAYMARK_CLI_BACKTEST_REPORT_H

#include <stdio.h>

#include "cli/rerun.h"

/* A notification that the other profile decides otherwise. */
struct changed {
    const struct referral_decided *then;
    const struct referral_decided *now;
    bool elsewhere; /* outcome or unit differs, not the rule alone */
};

/* Decisions by what they have in common, then and now. */
struct tally {
    struct str then; /* rule and outcome; or a unit, null in `now` */
    struct str now;
    size_t n_then;
    size_t n_now;
};

struct backtest_report {
    struct str old_version; /* of the last decision */
    struct str new_version;
    size_t decided; /* notifications within the time */
    struct changed *changed;
    size_t n_changed;
    size_t n_elsewhere;
    struct tally *rules; /* changed ones by "RULE outcome", then and now */
    size_t n_rules;
    struct tally *units; /* all of them, n_then and n_now */
    size_t n_units;
    size_t of_log; /* decisions that the log has */
    size_t as_log; /* that the rerun by its own profiles repeats */
};

/** Compare what was received in from..to; all of it is in `arena`. */
void backtest_compare(const struct rerun *then, const struct rerun *now,
                      time_ms from, time_ms to, struct arena *arena,
                      struct backtest_report *out);

/** On standard output. */
void backtest_print(const struct backtest_report *r);
void backtest_json(const struct backtest_report *r, struct arena *arena);
/** A line a notification, CSV with a heading. */
void backtest_list(const struct backtest_report *r, FILE *to);
/** Decisions by unit, then and now, as bars. */
void backtest_svg(const struct backtest_report *r, FILE *to);

#endif
