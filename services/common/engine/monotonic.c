#include "common/engine/monotonic.h"

#include <time.h>

#include "common/engine/port.h"

int64_t
monotonic_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
monotonic_ms(void)
{
    return monotonic_us() / 1000;
}

static int64_t
tick(void *self)
{
    (void)self;
    return monotonic_ms();
}

struct ticker
monotonic_ticker(void)
{
    return (struct ticker){ .now_ms = tick };
}

void
monotonic_pause(int64_t ms)
{
    struct timespec ts = { .tv_sec = ms / 1000,
                           .tv_nsec = (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&ts, NULL);
}
