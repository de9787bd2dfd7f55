/**
 * What the daily feed has sent, in a file of the sender's: ids and hashes, no
 * names. A line of JSON about the whole, then one a child, by child_id. Beside
 * it FILE.next stands what was made last: it takes FILE's place once it was
 * sent (return_state_sent), so that a day that didn't get through is told
 * again.
 */
#ifndef WAYMARK_CLI_RETURN_STATE_H
#define WAYMARK_CLI_RETURN_STATE_H

#include "cli/cli.h"
#include "cli/core/daily.h"

struct return_state {
    struct daily_child *at; /* in the verb's arena */
    size_t n;
};

/**
 * Read it; where there is no such file nothing was sent yet. ST_REJECT, code
 * "state": it is no such file, is another authority's, or can't be read.
 */
MUST_CHECK enum status return_state_read(struct cli *cli, const char *path,
                                         struct str authority,
                                         struct return_state *out,
                                         struct err *err);

/** Write FILE.next: as of turn `turn` of tracker. ST_RETRY, code "file". */
MUST_CHECK enum status return_state_write(struct cli *cli, const char *path,
                                          struct str authority, int64_t turn,
                                          const struct return_state *state,
                                          struct err *err);

/** What was made last is sent: FILE.next becomes FILE. ST_RETRY, code
 * "file". */
MUST_CHECK enum status return_state_sent(struct cli *cli, const char *path,
                                         struct err *err);

#endif
