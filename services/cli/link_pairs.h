/**
 * Which pairs of records are worth comparing: those that agree in something
 * rare, or in any two things, but for groups so large that agreeing means
 * nothing. Each pair comes once.
 */
#ifndef WAYMARK_CLI_LINK_PAIRS_H
#define WAYMARK_CLI_LINK_PAIRS_H

#include "cli/link_file.h"

#define LINK_GROUP_ONE 60      /* records that agree in one thing */
#define LINK_GROUP_TWO 300     /* in two */
#define LINK_PAIRS_MAX 8000000 /* kept for deciding, 24 bytes each */

/* A pair, with its levels in four bits a field from the lowest. */
struct link_pair {
    uint32_t a, b;
    uint64_t levels;
    int32_t rare;     /* sum of rarities, millibits */
    uint16_t rare_in; /* bit f: field f has its rarity in that sum */
    uint8_t guard;    /* enum linkage_guard */
};

struct link_pairs {
    struct link_pair *at; /* owned */
    size_t n, room;
    uint64_t compared;
    bool cut; /* there were more than LINK_PAIRS_MAX */
};

/** Level of a field. */
int link_level(const struct link_pair *pair, size_t field);
/** Compare two records. */
struct link_pair link_pair_of(const struct link_people *people, uint32_t a,
                              uint32_t b);

/**
 * All pairs, across files where there are two, else within the one. Pairs
 * whose levels alone speak against them are left out. ST_RETRY: no memory.
 */
MUST_CHECK enum status link_pairs_find(const struct link_people *people,
                                       struct link_pairs *out, struct err *err);
void link_pairs_free(struct link_pairs *pairs);

#endif
