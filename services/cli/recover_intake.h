/**
 * Intake after a restore: what it accepted and published is in the log, its
 * receipts are not in the database. They are rebuilt from the log; where a
 * crash left one topic of intake behind another, the missing records are made
 * again from the one that is there.
 */
#ifndef WAYMARK_CLI_RECOVER_INTAKE_H
#define WAYMARK_CLI_RECOVER_INTAKE_H

#include "cli/cli.h"
#include "cli/retake.h"

struct recover_intake_options {
    const struct cli *cli;
    struct kafka_conn conn;
    uint16_t authority;
    const char *authority_name;
};

/**
 * Take the log's records into the schema intake, all in one transaction under
 * the shard's lock. Statuses as retake's, and before anything is written those
 * of recover_walk.h; ST_FATAL, code "lost": the log holds receipts of
 * notifications that it does not hold, so nobody has their text.
 */
MUST_CHECK enum status
recover_intake(const struct recover_intake_options *options,
               struct retaken *out, struct err *err);

#endif
