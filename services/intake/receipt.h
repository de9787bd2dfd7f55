/**
 * GET /v1/notifications/{id}: what was received, what was decided about it,
 * who holds it now and whether a person has seen it, as far as its sender may
 * know (domain.md section 11, "Feedback").
 */
#ifndef WAYMARK_INTAKE_RECEIPT_H
#define WAYMARK_INTAKE_RECEIPT_H

#include "common/adapters/http.h"
#include "intake/door.h"
#include "intake/progress.h"

/**
 * Answer such a request for `id`, the path's last part. `agency_id` is the
 * proved sender, or the null text where whoever comes is believed. 200 with
 * the receipt; 404 where there is none or where it is another agency's (the
 * two can't be told apart: ids are derived from references, which others could
 * guess); 503. `progress` NULL: only what was received is told.
 */
void receipt_get(const struct door *door, struct progress *progress,
                 struct str agency_id, struct str id,
                 struct http_response *resp);

#endif
