/** The verbs of `waymark`, one file each; main.c has them in a table. */
#ifndef WAYMARK_CLI_VERBS_H
#define WAYMARK_CLI_VERBS_H

#include "cli/cli.h"

extern const struct verb verb_send;
extern const struct verb verb_import;
extern const struct verb verb_template;
extern const struct verb verb_receipt;
extern const struct verb verb_token;
extern const struct verb verb_status;
extern const struct verb verb_case;
extern const struct verb verb_alerts;
extern const struct verb verb_why;
extern const struct verb verb_scorecard;
extern const struct verb verb_dead_letters;
extern const struct verb verb_reconcile;
extern const struct verb verb_balance;
extern const struct verb verb_republish;
extern const struct verb verb_recover;
extern const struct verb verb_profile;
extern const struct verb verb_queue;
extern const struct verb verb_backtest;
extern const struct verb verb_clock;
extern const struct verb verb_erase;
extern const struct verb verb_keys;
extern const struct verb verb_match;
extern const struct verb verb_due;
extern const struct verb verb_handovers;
extern const struct verb verb_missing;
extern const struct verb verb_caseload;
extern const struct verb verb_act;
extern const struct verb verb_ack;
extern const struct verb verb_simulate;
extern const struct verb verb_figures;
extern const struct verb verb_rebuild;
extern const struct verb verb_return;

#endif
