/**
 * The checker's part for intake, which has no core that could be replayed:
 * what it answered and published must follow from what it put into the log.
 */
#ifndef WAYMARK_CLI_RECONCILE_INTAKE_H
#define WAYMARK_CLI_RECONCILE_INTAKE_H

#include "cli/cli.h"
#include "cli/differ.h"

struct intake_options {
    const struct cli *cli;
    struct kafka_conn conn;
    const struct seal *seal; /* opens keys of persons */
    struct pg *live;    /* inside its snapshot of schema intake */
    const char *schema; /* to be made where it isn't there */
    uint16_t authority;
    uint32_t incarnation;
    int64_t turns; /* of the snapshot */
};

/**
 * Rebuild the receipts, and which keys of persons there are, from the topic
 * notifications and compare the tables;
 * pair receipts with notifications; recompute each chain of intake and hold
 * it against out_seq. Differences go to `differ`.
 */
MUST_CHECK enum status reconcile_intake(const struct intake_options *options,
                                        struct differ *differ,
                                        struct err *err);

#endif
