/**
 * A service in memory, without broker or database: its own pure core, stepped
 * record by record. What it has written stays in one working set for good, so
 * that nothing is ever loaded and nothing outlives the process.
 *
 * As in the engine what is due fires before a later record, a rejected record
 * leaves no trace, and what is given out gets the id that the engine would give
 * it. One thread; all that is handed in is borrowed until shadow_close.
 */
#ifndef WAYMARK_CLI_SHADOW_H
#define WAYMARK_CLI_SHADOW_H

#include "common/core/err.h"
#include "common/core/service.h"
#include "common/core/settings.h"

struct shadow;

/* What a step gave out; `body` is the type's struct. */
struct shadow_said {
    enum topic topic;
    enum record_type type;
    const void *body;
};

struct shadow_options {
    const struct service_def *def;
    const struct settings *settings; /* as they are at each step */
    uint16_t authority;
    struct str authority_name;
};

/** NULL without memory. */
struct shadow *shadow_open(const struct shadow_options *options);
/** What it gave out goes with it. NULL does nothing. */
void shadow_close(struct shadow *s);

/**
 * Apply one record. TimeAdvanced of the first input is passed on to every
 * output. ST_FATAL where the service would exit.
 */
MUST_CHECK enum status shadow_apply(struct shadow *s, const struct event *ev,
                                    struct err *err);

/** All that was given out since the beginning, in order. */
const struct shadow_said *shadow_said(const struct shadow *s, size_t *n);

#endif
