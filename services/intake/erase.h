/**
 * POST /v1/erasures: two people have the key of one record erased, and with it
 * what the record says of persons, wherever its bytes are. A second time it is
 * answered the same.
 */
#ifndef WAYMARK_INTAKE_ERASE_H
#define WAYMARK_INTAKE_ERASE_H

#include "common/adapters/http.h"
#include "intake/door.h"

/**
 * Answer such a request: 202 when the key is gone, 404 no such record, 409
 * nothing in it is sealed, 422 (R18 where the two are one) or 503.
 */
void erase_post(const struct door *door, const struct http_request *req,
                struct http_response *resp);

#endif
