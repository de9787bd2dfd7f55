/**
 * Who is let further when too many come at once. Behind the door are places
 * for requests; one that finds none, or whose agency has more than its share,
 * is not turned away unread: its messages about missing children are taken
 * (they need no place, and the door keeps handlers for them), the others are
 * told to come again.
 *
 * An agency's share is all places divided by the agencies that have any, and
 * three quarters where it is alone: so who comes second finds room.
 */
#ifndef WAYMARK_INTAKE_LOBBY_H
#define WAYMARK_INTAKE_LOBBY_H

#include <stdio.h>

#include "common/core/err.h"
#include "common/core/status.h"
#include "common/core/str.h"

#define LOBBY_BUSY "busy"   /* there is no place: 503 */
#define LOBBY_SHARE "share" /* this agency has its share: 429 */

struct lobby; /* any number of threads may use it at once */

/** ST_FATAL, code "memory". `places` is 1 or more. The caller owns *out. */
MUST_CHECK enum status lobby_open(size_t places, struct lobby **out,
                                  struct err *err);
/** NULL does nothing. */
void lobby_close(struct lobby *a);

/**
 * Ask for a place; NULL: it is given, to be returned by lobby_leave. Else one
 * of the codes above. A null agency is nobody in particular and may have all.
 * `agency_id` is borrowed until lobby_leave.
 */
const char *lobby_enter(struct lobby *a, struct str agency_id);
void lobby_leave(struct lobby *a, struct str agency_id);

/** How many found no place, by code, as Prometheus' text. */
void lobby_print(struct lobby *a, FILE *to);

#endif
