/**
 * Before an authority's writer starts: the log must hold no more of intake's
 * records than its database has given out (design.md section 2, "After a
 * restore or fail-over"). A number that the log has already is never given
 * out again.
 */
#ifndef WAYMARK_INTAKE_AGREE_H
#define WAYMARK_INTAKE_AGREE_H

#include "common/adapters/kafka.h"
#include "common/core/err.h"

struct agree_options {
    struct kafka_conn kafka;
    const char *conninfo; /* NULL or "": PG* */
    const char *schema;
    uint16_t partition;
};

/**
 * ST_FATAL, code "restore": the log is ahead, `waymark recover` takes its
 * records back in; code "fork": same number, other chain. ST_RETRY while one
 * of the two doesn't answer.
 */
MUST_CHECK enum status agree_with_log(const struct agree_options *options,
                                      struct err *err);

#endif
