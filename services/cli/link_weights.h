/**
 * Weights as a file: CSV with the columns field, level, same_millibits,
 * chance_millibits; the prior is the row "prior".
 */
#ifndef WAYMARK_CLI_LINK_WEIGHTS_H
#define WAYMARK_CLI_LINK_WEIGHTS_H

#include <stdio.h>

#include "common/core/arena.h"
#include "common/core/err.h"
#include "triage/core/linkage.h"

void link_weights_print(FILE *to, const struct linkage_model *model);

/**
 * Weights and prior of *model; its limits stay, its source is the path.
 * ST_REJECT: a row is no weight, or one is missing.
 */
MUST_CHECK enum status link_weights_read(const char *path,
                                         struct linkage_model *model,
                                         struct arena *arena, struct err *err);

#endif
