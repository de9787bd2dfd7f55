/**
 * One web hook call: HTTPS to a host of the staff list's own, signed, without
 * redirects or proxy, to public addresses only.
 *
 * Headers: Waymark-Message (the same id at each attempt), Waymark-Timestamp
 * (seconds since 1970) and Waymark-Signature, "v1=" and the hex HMAC-SHA256
 * over timestamp, a dot, and the body. A receiver refuses what is older than
 * five minutes and what it has seen before.
 */
#ifndef WAYMARK_NOTIFIER_HOOK_H
#define WAYMARK_NOTIFIER_HOOK_H

#include "common/core/err.h"
#include "common/core/id.h"
#include "common/core/staff.h"
#include "common/core/time.h"

struct hook_options {
    const char *secret;  /* of the signature */
    const char *ca_file; /* "": the system's */
    bool loopback;       /* for tests: loopback may be called */
    int timeout_ms;
};

struct hook {
    struct str address;        /* "https://HOST/PATH", NUL-terminated */
    const struct texts *hosts; /* those allowed now */
    struct id message_id;
    time_ms at;
    struct str body;
};

/**
 * ST_OK: 2xx. ST_RETRY: no answer, 408, 425, 429 or 5xx; err.code "http-503",
 * "connect", "timeout", "cut", "tls", "size". ST_REJECT: any other 3xx and 4xx
 * ("http-302"), "host" that is not allowed, "address" that is not public.
 */
MUST_CHECK enum status hook_send(const struct hook_options *options,
                                 const struct hook *hook, struct err *err);

#endif
