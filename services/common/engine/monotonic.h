/**
 * The clock for waits and measurements: it only goes forward, and nobody sets
 * it. It says nothing of the day: times of the domain come in records.
 */
#ifndef WAYMARK_COMMON_ENGINE_MONOTONIC_H
#define WAYMARK_COMMON_ENGINE_MONOTONIC_H

#include <stdint.h>

/** CLOCK_MONOTONIC in microseconds. */
int64_t monotonic_us(void);

#endif
