/**
 * POST /v1/claims: somebody is at an item of a work queue, or gives it up.
 */
#ifndef WAYMARK_INTAKE_CLAIM_H
#define WAYMARK_INTAKE_CLAIM_H

#include "common/adapters/http.h"
#include "intake/door.h"

/**
 * Answer such a request: 202 with who has it now, 404 no such record, 409
 * "claimed" where another has it, 422 or 503.
 */
void claim_post(const struct door *door, const struct http_request *req,
                struct http_response *resp);

#endif
