#include "common/host/lease.h"

#include <inttypes.h>

enum status
lease_check(int64_t lease_ms, int64_t beat_ms, int64_t wait_ms, struct err *err)
{
    if (2 * beat_ms + wait_ms <= lease_ms)
        return ST_OK;
    return err_set(err, ST_FATAL, "config",
                   "LEASE_MS: %" PRId64 " is less than two BEAT_MS (%" PRId64
                   ") and a WAIT_MS (%" PRId64
                   "): live owners would lose their lease",
                   lease_ms, beat_ms, wait_ms);
}
