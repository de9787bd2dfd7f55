/**
 * Settings of the lease that only make sense together; --check asks, too.
 */
#ifndef WAYMARK_COMMON_HOST_LEASE_H
#define WAYMARK_COMMON_HOST_LEASE_H

#include <stdint.h>

#include "common/core/err.h"

/**
 * May an owner that beats every `beat_ms`, and waits up to `wait_ms` for a
 * record before it can, miss a beat without losing its lease of `lease_ms`?
 * ST_FATAL, code "config", naming the keys, where two live instances would
 * take the lease from each other.
 */
MUST_CHECK enum status lease_check(int64_t lease_ms, int64_t beat_ms,
                                   int64_t wait_ms, struct err *err);

#endif
