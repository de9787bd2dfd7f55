/**
 * What a replay can't know any more because a person's key was erased. The
 * live step saw the person, this one doesn't: so what the record gave out is
 * taken from the log as it stands there, and what follows from it, in other
 * records about the same children and in their rows, is declared and not
 * found to be wrong. Everything else is held against the log as ever.
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
    struct differ *differ; /* what is declared is counted and named there */
    const int64_t *turn; /* the one under way */
    int64_t confirmed;   /* up to this turn what isn't in the log never was */
};

struct witnessed; /* whom the erased records were about */

/** Fill `port`. Borrows what the options point to. NULL without memory. */
struct witnessed *witness_open(const struct witness_options *options,
                               struct witness *port);
void witness_close(struct witnessed *w);

/**
 * Does a value, an id or lines of ids, name a child or a notification of
 * which something was erased?
 */
bool witness_names(const struct witnessed *w, struct str value);

#endif
