/**
 * What was told of an authority's own children, as records to learn weights
 * from: each notification's word on its own (triage's table child_told), read
 * as triage compares it. Nothing is written, and who is who is not looked at.
 */
#ifndef WAYMARK_CLI_LINK_CHILDREN_H
#define WAYMARK_CLI_LINK_CHILDREN_H

#include <stdio.h>

#include "cli/link_file.h"
#include "common/adapters/pg.h"

#define LINK_AREA_MOST 100000000 /* children; a prior is no less than that */

/** The fields that triage weighs live: an enum linkage_field each. */
#define LINK_LIVE_N 8
extern const uint8_t link_live_fields[LINK_LIVE_N];

/**
 * Add all that was told in the shard, in a transaction that only reads. Texts
 * are kept in `arena`. ST_REJECT "size": over LINK_RECORDS_MAX; ST_RETRY as
 * pg_query.
 */
MUST_CHECK enum status link_children_read(struct link_people *people,
                                          struct pg *pg, int32_t shard,
                                          struct arena *arena, struct err *err);

/**
 * Print what a profile takes as "linkage": the weights of link_live_fields, and
 * as prior one in `area`, the children who live there (2 to LINK_AREA_MOST).
 * Lists of names are not in it: a profile keeps its own.
 */
void link_children_print(FILE *to, const struct linkage_model *model,
                         size_t n_told, int64_t area);

#endif
