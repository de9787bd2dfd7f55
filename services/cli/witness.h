/**
 * What a replay can't know any more because a person's key was erased. The
 * live step saw the person, this one doesn't: so what the record gave out is
 * taken from the log as it stands there, and what follows from it, in other
 * records about the same children and in their rows, is declared and not
 * found to be wrong. Everything else is held against the log as ever.
 *
 * A recovery takes the same for its state: what the log says was decided about
 * them is stepped as decided, and comes out as the log has it to the byte.
 */
#ifndef WAYMARK_CLI_WITNESS_H
#define WAYMARK_CLI_WITNESS_H

#include "cli/differ.h"
#include "cli/stream.h"
#include "common/engine/port.h"

struct witness_options {
    struct stream *const *out; /* by topic; NULL where nothing is given out */
    struct origin own;         /* whose records these are */
    struct codec *codec;
    /* A replay's; NULL: a recovery, whose log may end before a record's end. */
    struct differ *differ; /* what is declared is counted and named there */
    /* A replay's, by topic: last number that the live side has given out. Where
     * the log ends before it, what is missing may be on its way. */
    const int64_t *given;
};

struct witnessed; /* whom the erased records were about */

/** Fill `port`: a replay's stands in, a recovery's recalls. Borrows what the
 * options point to. NULL without memory. */
struct witnessed *witness_open(const struct witness_options *options,
                               struct witness *port);
void witness_close(struct witnessed *w);

/** This notification was erased, and a decision named this child; ID_NONE if
 * that isn't known. ST_FATAL without memory. */
MUST_CHECK enum status witness_learn(struct witnessed *w,
                                     struct id notification_id,
                                     struct id child_id, struct err *err);

/**
 * Does a value name a child or a notification of which something was erased?
 * It is an id, lines of ids, or evidence that begins with whom it weighed.
 */
bool witness_names(const struct witnessed *w, struct str value);

#endif
