/**
 * POST /v1/configs: two people put a profile, calendar or staff list into
 * force. What does not check is refused with rule and reason, and what was in
 * force stays.
 */
#ifndef WAYMARK_INTAKE_ACTIVATE_H
#define WAYMARK_INTAKE_ACTIVATE_H

#include "common/adapters/http.h"
#include "intake/door.h"

/**
 * Answer such a request: 202 when it holds (`repeated` where it did before),
 * 422 (R18 where the two are one; "profile", "calendar" or "staff" where the
 * text does not check, the detail says why) or 503.
 */
void activate_post(const struct door *door, const struct http_request *req,
                   struct http_response *resp);

#endif
