/**
 * Records that people put aside because they ended the process that read them
 * (dead letters of code "kills"). A checker must not read them either.
 */
#ifndef WAYMARK_CLI_ASIDE_H
#define WAYMARK_CLI_ASIDE_H

#include "common/adapters/kafka.h"
#include "common/core/place.h"

struct aside;

/**
 * Those of `by` up to its dead letter `upto` (INT64_MAX: all), as dead-letters
 * has them; none where `upto` is 0. Caller closes. Statuses as in cli/stream.h.
 */
MUST_CHECK enum status aside_open(const struct kafka_conn *conn,
                                  uint16_t authority, enum service by,
                                  int64_t upto, struct aside **out,
                                  struct err *err);
void aside_close(struct aside *a);

/** Why that record was put aside, in the dead letter's words; STR_NULL: it was
 * not. */
struct str aside_why(const struct aside *a, const struct place *place);

#endif
