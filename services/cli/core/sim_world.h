/**
 * What the stories of a made-up authority share: chance, working time, its
 * children, its workers and the letter box. Internal to sim*.c.
 */
#ifndef WAYMARK_CLI_CORE_SIM_WORLD_H
#define WAYMARK_CLI_CORE_SIM_WORLD_H

#include <stdbool.h>

#include "cli/core/draw.h"
#include "cli/core/sim.h"

struct sim_child {
    unsigned number; /* from 0; its name and NHS number come from it */
    bool has_nhs;
    date_d dob;
    char sex; /* M or F */
    const struct profile_locality *locality;
    struct str prefix; /* of its postcode */
    time_ms free_at;   /* no story of it before that */
};

struct sim_worker {
    bool sloppy;
    time_ms *until; /* ends of the cases it was given */
    size_t n, room;
};

/* Something to be sent, before its instant is settled. */
struct sim_letter {
    time_ms at;
    unsigned child, order;
    enum sim_door door;
    struct str body;
};

struct sim_world {
    struct arena *arena;
    const struct sim_options *options;
    struct draw draw;
    time_ms start, end;
    struct sim_child *children;
    size_t n_children, children_room;
    struct sim_worker *workers; /* by unit, staff_per_unit each */
    size_t n_units;
    struct sim_letter *letters;
    size_t n_letters, letters_room;
    unsigned refs;
};

#define SIM_SPAN(w, spans)                                                     \
    draw_span(&(w)->draw, spans, sizeof(spans) / sizeof((spans)[0]))

/** A child nobody knew, `age_first` to `age_last` years old at `at`. */
struct sim_child *sim_new_child(struct sim_world *w, time_ms at, int age_first,
                                int age_last);
/** Its JSON object. */
struct str sim_child_json(struct sim_world *w, const struct sim_child *c);
/** A reference that was not used before: "PREFIX-000017". */
struct str sim_ref(struct sim_world *w, const char *prefix);

/** `t`, or where the office is closed then, some minutes after it opens. */
time_ms sim_office(struct sim_world *w, time_ms t);
/** Some minute in the office, so many working days after that of `t`. */
time_ms sim_working(struct sim_world *w, time_ms t, int working_days);
/** Some minute in the office, so many days after `t`. */
time_ms sim_days(struct sim_world *w, time_ms t, int days);
/** RFC 3339 in UTC, in the arena. */
const char *sim_instant(struct sim_world *w, time_ms t);

/** Put a letter into the box: it goes at `at` or soon after. */
void sim_post(struct sim_world *w, const struct sim_child *c, time_ms at,
              enum sim_door door, struct str body);

/* A unit of the child's locality, and who there takes a case. */
struct sim_owner {
    const struct profile_unit *unit;
    size_t worker; /* index into workers */
};

/** Mostly who has fewest cases at `at`; holds it until `until`. */
struct sim_owner sim_owner(struct sim_world *w, const struct sim_child *c,
                           time_ms at, time_ms until);
/** "swale-1-w3", in the arena. */
const char *sim_worker_name(struct sim_world *w, const struct sim_owner *o);
bool sim_is_sloppy(const struct sim_world *w, const struct sim_owner *o);

#endif
