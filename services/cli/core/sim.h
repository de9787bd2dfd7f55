/**
 * A made-up authority: what a year of its agencies and workers would send.
 *
 * A plan is a list of steps in the order in which they go through the door.
 * Each has the instant to which the log clock is moved before it. All is drawn
 * from the seed: same options, same plan to the byte. Nothing listens to what
 * the services answer, so a plan holds what workers do wrong as well: late,
 * forgotten and repeated messages, and activities that no longer fit.
 *
 * Children are numbers with made-up names ("Testchild Examplebcda") and NHS
 * numbers from the range kept for tests (999); one in ten has none. Two steps
 * about one child never share an instant, so that triage has heard what became
 * of the first (design.md section 2).
 */
#ifndef WAYMARK_CLI_CORE_SIM_H
#define WAYMARK_CLI_CORE_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "common/core/arena.h"
#include "common/core/calendar.h"
#include "common/core/profile.h"
#include "common/core/time.h"

/* Doors in the order in which one instant's steps go through them. */
enum sim_door {
    SIM_TIME, /* nothing but the clock */
    SIM_NOTIFICATION,
    SIM_SCREENING,
    SIM_ACTIVITY,
};

/** "/v1/notifications", ... */
const char *sim_door_path(enum sim_door door);

struct sim_step {
    time_ms at;
    enum sim_door door;
    struct str body; /* one JSON object; null with SIM_TIME */
};

/* Borrowed while a plan is made; the plan keeps nothing of them. */
struct sim_options {
    const struct profile *profile; /* with localities, units and postcodes */
    const struct calendar *cal;    /* covers first and two years from there */
    date_d first;                  /* local date of the first step */
    int days;                      /* 1 .. 400 */
    int notifications_a_month;     /* of 30.4 days; Kent's are 749 (KEN 6) */
    int staff_per_unit;            /* workers that take cases */
    uint64_t seed;
};

struct sim_plan {
    const struct sim_step *steps;
    size_t n;
    size_t notifications, screenings, activities, times;
};

/**
 * Make the plan, in `a`. It ends with the first instant after its last day:
 * what would be sent later is left out.
 */
void sim_make(struct arena *a, const struct sim_options *options,
              struct sim_plan *out);

#endif
