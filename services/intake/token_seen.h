/**
 * A token is used once, at whichever instance. The table token_seen decides;
 * before it stands a memory that turns away what this instance has seen
 * without asking. The memory is bounded and may forget: the table doesn't,
 * until the token is refused for its age.
 *
 * A token counts as used when it was looked at, also where its request was
 * refused later: who sends again signs a new one.
 */
#ifndef WAYMARK_INTAKE_TOKEN_SEEN_H
#define WAYMARK_INTAKE_TOKEN_SEEN_H

#include "common/adapters/pg.h"
#include "intake/token.h"

/* ---- in memory ----------------------------------------------------------- */

struct token_memory; /* any number of threads may use one at once */

/**
 * Room for the last `n` to 2 * `n` tokens (n from 1 to 16 Mi, rounded up to a
 * power of two), 64 bytes for each of the n. ST_RETRY, code "memory". The
 * caller owns *out.
 */
MUST_CHECK enum status token_memory_open(size_t n, struct token_memory **out,
                                         struct err *err);
/** NULL does nothing. */
void token_memory_close(struct token_memory *m);

/** Note that token; ST_REJECT, code "token_replay", if it was noted before. */
MUST_CHECK enum status token_memory_use(struct token_memory *m,
                                        const struct token_caller *caller,
                                        struct err *err);

/* ---- in the database ----------------------------------------------------- */

/**
 * Send tokens (none of them ID_NONE) into the open pipeline, before any of
 * their requests has an effect; search_path is intake's. Returns the number of
 * the statement. They are inserted in the order of their hashes, so that two
 * instances never wait for each other in a ring.
 */
size_t token_seen_send(struct pg *pg, const struct token_caller *const *callers,
                       size_t n, struct arena *arena);

/**
 * Read its answer: fresh[i] says whether callers[i] may go on; else it is a
 * replay. Of two that are the same the first is fresh.
 */
void token_seen_read(const struct pg_result *res,
                     const struct token_caller *const *callers, size_t n,
                     struct arena *arena, bool *fresh);

/**
 * Drop what would be refused for its age anyway, a minute after, at most
 * 10,000 at a time; *n says how many. To be called about once a minute, by
 * any instance. Statuses as in pg.h.
 */
MUST_CHECK enum status token_seen_purge(struct pg *pg, int64_t *n,
                                        struct err *err);

#endif
