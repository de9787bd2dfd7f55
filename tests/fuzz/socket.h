/** A server in the same process, spoken to over a Unix socket. */
#ifndef WAYMARK_TESTS_FUZZ_SOCKET_H
#define WAYMARK_TESTS_FUZZ_SOCKET_H

#include <stdbool.h>

#include "common/core/str.h"

struct socket_door {
    char path[64]; /* "": not open yet */
};

/** A place of its own for the server to listen, "unix:..."; removed at exit. */
const char *socket_bind(struct socket_door *door);

/**
 * Send `text` on a connection of its own, end that direction, and read all
 * answers until the server closes: true, or says no more: false. Always: what
 * comes first is an answer of HTTP, and none says 500.
 */
bool socket_exchange(const struct socket_door *door, struct str text);

#endif
