/**
 * Intake's HTTP endpoints:
 *
 *   POST /v1/notifications, /v1/activities, /v1/screenings, /v1/matches,
 *        /v1/indicators
 *        one object: 202 and its receipt, or a problem; an array, NDJSON or
 *        CSV (?kind=, ?agency= for rows that don't say): 207 and a list with
 *        a status a row (503 where none was taken because the world is not
 *        ready). Bodies may come packed with gzip
 *   POST /v1/configs                 a version into force (activate.h)
 *   POST /v1/claims                  who is at an item of a queue (claim.h)
 *   POST /v1/erasures                a person's key goes (erase.h)
 *   POST /v1/time {"at": instant}    the log clock's only source
 *   GET  /v1/notifications/ID        its receipt, and where it stands
 *   GET  /problems                what the codes mean (docs/problems.md)
 *   GET  /openapi.json               all of this, with every field and answer
 *   GET  /livez /readyz /metrics
 *
 * The authority is the header Waymark-Authority or ?authority=, or the only
 * one there is. Problems are those of RFC 9457 with `code` and `errors`.
 *
 * Who asks for anything below /v1 proves which agency it is (guard.h); else
 * 401. It sends records of its own only (R02, 403), and sees receipts of its
 * own only. Time is moved by agencies of the authority's own.
 */
#ifndef WAYMARK_INTAKE_HTTP_H
#define WAYMARK_INTAKE_HTTP_H

#include "common/adapters/http.h"
#include "intake/door.h"
#include "intake/guard.h"
#include "intake/progress.h"
#include "intake/publish.h"

/* An authority as it is served; its door is there from the start. */
struct served {
    struct door door;
    _Atomic(struct publish *) publish; /* NULL until log and database agree */
};

struct intake_http_options {
    const char *listen;
    bool any_address;
    int threads;
    const struct served *served; /* borrowed, as all here */
    size_t n;
    struct guard *guard; /* NULL: whoever comes is believed (AUTH=open) */
    struct progress *progress; /* NULL: receipts say what was received only */
};

struct intake_http;

MUST_CHECK enum status
intake_http_open(const struct intake_http_options *options,
                 struct intake_http **out, struct err *err);
/** Where it listens: "127.0.0.1:41234". */
const char *intake_http_address(const struct intake_http *h);
/** Lets running requests end. NULL does nothing. */
void intake_http_close(struct intake_http *h);

#endif
