/**
 * Messages as they should look, made from the tables of kinds: for OpenAPI,
 * and for tests that begin with a good message. Every example is accepted by
 * the door; its child is made up. Instants lie on 26 June 2015, so that wall
 * clock and log clock take them.
 */
#ifndef WAYMARK_INTAKE_CORE_EXAMPLE_H
#define WAYMARK_INTAKE_CORE_EXAMPLE_H

#include "common/core/arena.h"
#include "intake/core/kinds.h"

struct example_options {
    enum item_kind_of item;
    int code;             /* the kind or the activity; 0 for the others */
    struct str agency_id; /* the sender's */
    bool least;           /* only what must be there or a rule wants */
};

/**
 * An example in the arena. Its agency_ref says what it is an example of, so
 * that no two have the same key.
 */
struct raw_value example_of(struct arena *arena,
                            const struct example_options *options);

#endif
