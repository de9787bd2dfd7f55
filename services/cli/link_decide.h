/**
 * From weighed pairs to links. A pair over the threshold is a link, but where
 * the same record might mean two people who are not one (guards): then it
 * must lead by LINKAGE_LEAD, else people look. Within one file who is A and
 * B is also A and C where B is C, a chain being as sure as its weakest link.
 */
#ifndef WAYMARK_CLI_LINK_DECIDE_H
#define WAYMARK_CLI_LINK_DECIDE_H

#include "cli/link_pairs.h"

struct link {
    uint32_t a, b;
    int32_t total;   /* millibits; of a chain its weakest link's */
    uint8_t outcome; /* LINKAGE_SAME or LINKAGE_REVIEW */
    uint8_t guard;
    bool chained;
};

struct links {
    struct link *at; /* owned; the surest first */
    size_t n, room;
};

struct link_rules {
    bool one_to_one; /* nobody is in a file twice */
    bool chains;     /* within one file */
};

/** All links and reviews. ST_RETRY: no memory. */
MUST_CHECK enum status link_decide(const struct link_people *people,
                                   const struct link_pairs *pairs,
                                   const struct linkage_model *model,
                                   const struct link_rules *rules,
                                   struct links *out, struct err *err);
void links_free(struct links *links);

#endif
