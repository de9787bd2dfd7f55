/** JSON documents as the core's raw trees. */
#ifndef WAYMARK_INTAKE_RAW_JSON_H
#define WAYMARK_INTAKE_RAW_JSON_H

#include "common/adapters/json.h"
#include "intake/core/raw.h"

/**
 * The tree of a document. Texts are borrowed from the document, numbers and
 * nodes are in `arena`.
 */
struct raw_value raw_of_json(struct arena *arena, const struct json *v);

#endif
