/** Stories of cases: what workers do with a family, and when they say so. */
#ifndef WAYMARK_CLI_CORE_SIM_CASE_H
#define WAYMARK_CLI_CORE_SIM_CASE_H

#include "cli/core/sim_world.h"

/* What a decision came to, as far as a story depends on it. */
enum sim_help {
    SIM_SINGLE_AGENCY,
    SIM_INTENSIVE,
    SIM_SOCIAL_CARE,
};

/* The notification by which activities name the case. Texts are borrowed. */
struct sim_key {
    struct str agency;
    struct str ref;
};

/**
 * A case from its decision at `decided` to its end, by way of the other side
 * where it is handed over. Returns when it ends, or about when if that is
 * after the plan's end.
 */
time_ms sim_case(struct sim_world *w, struct sim_child *child,
                 const struct sim_key *key, enum sim_help help,
                 time_ms decided);

/** One activity of early help about a notification's child: not of a case. */
void sim_desk_act(struct sim_world *w, const struct sim_child *child,
                  const struct sim_key *key, const char *activity,
                  time_ms occurred, time_ms sent);

#endif
