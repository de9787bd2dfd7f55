/**
 * The clock for waits and measurements: it only goes forward, and nobody sets
 * it. It says nothing of the day: times of the domain come in records.
 */
#ifndef WAYMARK_COMMON_ENGINE_MONOTONIC_H
#define WAYMARK_COMMON_ENGINE_MONOTONIC_H

#include <stdint.h>

struct ticker; /* common/engine/port.h */

/** CLOCK_MONOTONIC in microseconds. */
int64_t monotonic_us(void);
/** The same in milliseconds. */
int64_t monotonic_ms(void);
/** It as the engine's ticker. */
struct ticker monotonic_ticker(void);

/** Stand still so long, or until a signal came. */
void monotonic_pause(int64_t ms);

#endif
