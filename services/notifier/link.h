/**
 * Signed links: who may say "I have seen it" is whoever was told. The
 * signature is HMAC-SHA256 over all that the link says, so that neither alert
 * nor person nor date can be changed.
 */
#ifndef WAYMARK_NOTIFIER_LINK_H
#define WAYMARK_NOTIFIER_LINK_H

#include <stdbool.h>

#include "common/core/id.h"
#include "common/core/time.h"

#define LINK_HEX_SIZE 65 /* 64 digits and NUL */

struct link {
    char kind; /* 'a' an alert of the log, 'i' an incident of notifier's */
    struct id id;
    struct str authority;
    struct str person;
    time_ms expires_at; /* cut to seconds in the link */
};

/** HMAC-SHA256 of `text` as hex. `key` has at least one character. */
void link_sign(const char *key, struct str text, char out[LINK_HEX_SIZE]);

/** Write the link; false where `size` does not hold it. */
bool link_make(const struct link *link, const char *base, const char *key,
               char *out, size_t size);

/** What a link's query says, as it came. */
struct link_query {
    struct str kind, id, authority, person, expires, signature;
};

enum link_answer { LINK_GOOD, LINK_BAD, LINK_EXPIRED };

/** Is it ours, and still good at `now`? *out borrows from the query. */
enum link_answer link_check(const struct link_query *query, const char *key,
                            time_ms now, struct link *out);

#endif
